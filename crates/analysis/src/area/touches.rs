use osmtracker_osm::{BoundingBox, Coordinate, Element, ElementData, ElementRef, MemberGeometry, Tags};

use super::{Area, edges::Segment};
use crate::{Analysis, ElementChange};

/// The first changed element whose old or new geometry has a position in common with the area: a node's position, a
/// way's line, the surface of a closed way that is one, the nodes and lines of a relation's members.
///
/// `elements` come first, then ways that only moved with their nodes, each in the order of the analysis. Segments of
/// which an end is not known are left out, and so are relations inside relations, which no source describes.
#[must_use]
pub fn touches(area: &Area, analysis: &Analysis) -> Option<ElementRef> {
    let change_touches = |change: &&ElementChange| {
        [&change.new, &change.old].into_iter().flatten().any(|element| element_touches(area, element))
    };
    analysis.elements.iter().chain(&analysis.moved_ways).find(change_touches).map(ElementChange::element_ref)
}

fn element_touches(area: &Area, element: &Element) -> bool {
    match &element.data {
        ElementData::Node { position } => position.is_some_and(|position| area.contains(position)),
        ElementData::Way { nodes } => {
            line_touches(area, nodes.iter().map(|node| node.position))
                || (is_surface(element) && surface_holds(nodes.iter().map(|node| node.position), area))
        }
        ElementData::Relation { members } => {
            members.iter().filter_map(|member| member.geometry.as_ref()).any(|geometry| match geometry {
                MemberGeometry::Node(position) => area.contains(*position),
                MemberGeometry::Way(line) => line_touches(area, line.iter().copied()),
            })
        }
    }
}

/// Whether a known part of the line touches the area. Most lines are rejected by their box.
fn line_touches(area: &Area, positions: impl Iterator<Item = Option<Coordinate>> + Clone) -> bool {
    let known = positions.clone().flatten();
    // A line over the antimeridian has a box around the earth, so the quick rejection never errs.
    if !BoundingBox::around(known).is_some_and(|bounds| area.may_meet(bounds)) {
        return false;
    }
    let mut last: Option<Coordinate> = None;
    for position in positions {
        let touches = match (last, position) {
            (Some(last), Some(position)) => area.intersects_line(&[last, position]),
            (None, Some(position)) => area.contains(position),
            (_, None) => false,
        };
        if touches {
            return true;
        }
        last = position;
    }
    false
}

/// Whether a closed way is a surface: all are but those that are lines by their tags.
/// <https://wiki.openstreetmap.org/wiki/Area>
fn is_surface(element: &Element) -> bool {
    let nodes = element.nodes();
    let closed = nodes.len() >= 4 && nodes.first().map(|node| node.id) == nodes.last().map(|node| node.id);
    let line = |tags: &Tags| ["highway", "barrier", "railway", "aerialway"].iter().any(|key| tags.contains_key(key));
    closed && (element.tags.get("area") == Some("yes") || !line(&element.tags))
}

/// Whether a part of the area lies inside the surface, when their outlines do not meet: one position of each part
/// decides, so all ends of edges inside the surface's box are looked at.
fn surface_holds(ring: impl Iterator<Item = Option<Coordinate>>, area: &Area) -> bool {
    let Some(ring) = ring.collect::<Option<Vec<_>>>() else { return false };
    let Some(bounds) = BoundingBox::around(ring.iter().copied()) else { return false };
    area.intersects_box(bounds) && area.corners_in(bounds).any(|corner| encloses(&ring, corner))
}

/// Even-odd rule.
fn encloses(ring: &[Coordinate], position: Coordinate) -> bool {
    let crosses = |pair: &&[Coordinate]| {
        let edge = Segment { a: pair[0], b: pair[1] };
        let upwards = edge.b.lat > position.lat;
        (edge.a.lat > position.lat) != upwards && edge.side(position).is_gt() == upwards
    };
    ring.windows(2).filter(crosses).count() % 2 == 1
}
