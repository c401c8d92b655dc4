//! GeoJSON (RFC 7946) of OSM's geometry: what a writer of features needs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{BoundingBox, Coordinate, Element, ElementData, Member, MemberGeometry};

/// A collection of features with a few fields of our own.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeatureCollection<P, H> {
    /// Always `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: FeatureCollectionType,
    /// Version of this document's shape.
    pub schema: u32,
    /// Fields of our own.
    #[serde(flatten)]
    pub head: H,
    /// Box around everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bbox: Option<BoundingBox>,
    /// The features.
    pub features: Vec<Feature<P>>,
}

/// A feature.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Feature<P> {
    /// Always `Feature`.
    #[serde(rename = "type")]
    pub kind: FeatureType,
    /// Unique within the document.
    pub id: String,
    /// Where it is.
    pub geometry: Geometry,
    /// What it is.
    pub properties: P,
}

/// The value of `type`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub enum FeatureCollectionType {
    /// The one there is.
    FeatureCollection,
}

/// The value of `type`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub enum FeatureType {
    /// The one there is.
    Feature,
}

/// A geometry. Lines are never closed into polygons: whether a closed way is an area depends on its tags.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", content = "coordinates")]
pub enum Geometry {
    /// A position.
    Point(Coordinate),
    /// A line.
    LineString(Vec<Coordinate>),
    /// Pieces of a line of which parts are not known.
    MultiLineString(Vec<Vec<Coordinate>>),
    /// A box.
    Polygon([[Coordinate; 5]; 1]),
}

impl Geometry {
    /// A box; a point when it has no size.
    #[must_use]
    pub fn of_box(bounds: BoundingBox) -> Self {
        if bounds.min == bounds.max {
            return Self::Point(bounds.min);
        }
        let (west, south) = (bounds.min.lon, bounds.min.lat);
        let (east, north) = (bounds.max.lon, bounds.max.lat);
        let corner = |lon, lat| Coordinate { lon, lat };
        let start = corner(west, south);
        Self::Polygon([[start, corner(east, south), corner(east, north), corner(west, north), start]])
    }

    /// A line through the known positions, cut where one is not known; `None` when nothing can be drawn.
    pub fn of_line(positions: impl IntoIterator<Item = Option<Coordinate>>) -> Option<Self> {
        let mut lines = vec![Vec::new()];
        for position in positions {
            match (position, lines.last_mut()) {
                (Some(position), Some(line)) => line.push(position),
                _ => lines.push(Vec::new()),
            }
        }
        let first = lines.iter().flatten().next().copied();
        lines.retain(|line| line.len() > 1);
        match lines.len() {
            0 => first.map(Self::Point),
            1 => lines.pop().map(Self::LineString),
            _ => Some(Self::MultiLineString(lines)),
        }
    }

    /// A node's place or a way's line; `None` when not known, and for relations.
    #[must_use]
    pub fn of_element(element: &Element) -> Option<Self> {
        match &element.data {
            ElementData::Node { position } => position.map(Self::Point),
            ElementData::Way { nodes } => Self::of_line(nodes.iter().map(|node| node.position)),
            ElementData::Relation { .. } => None,
        }
    }

    /// Where a relation's member lies; `None` when not known.
    #[must_use]
    pub fn of_member(member: &Member) -> Option<Self> {
        match member.geometry.as_ref()? {
            MemberGeometry::Node(position) => Some(Self::Point(*position)),
            MemberGeometry::Way(positions) => Self::of_line(positions.iter().copied()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: i32) -> Coordinate {
        Coordinate { lon, lat: 560_000_000 }
    }

    #[test]
    fn a_line_is_cut_where_a_position_is_not_known() {
        let line = |positions: Vec<Option<i32>>| Geometry::of_line(positions.into_iter().map(|it| it.map(at)));
        assert_eq!(line(vec![Some(1), Some(2)]), Some(Geometry::LineString(vec![at(1), at(2)])));
        let pieces = Geometry::MultiLineString(vec![vec![at(1), at(2)], vec![at(4), at(5)]]);
        assert_eq!(line(vec![Some(1), Some(2), None, Some(4), Some(5)]), Some(pieces));
        assert_eq!(line(vec![None, Some(3), None]), Some(Geometry::Point(at(3))));
        assert_eq!(line(vec![None]), None);
    }

    #[test]
    fn geometries_are_written_as_the_rfc_says() {
        let json = serde_json::to_string(&Geometry::of_box(BoundingBox::of(at(95_000_000)))).unwrap();
        assert_eq!(json, r#"{"type":"Point","coordinates":[9.5,56.0]}"#);
    }
}
