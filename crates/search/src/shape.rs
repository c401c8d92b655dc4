use osmtracker_osm::{BoundingBox, Coordinate};
use serde::Serialize;

/// A box as a `geo_shape`.
///
/// An envelope, not a polygon: of a polygon wider than half the world the engines take the other side. A box without
/// width or height is a line or a point: as an envelope it has no area, and is refused.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", content = "coordinates", rename_all = "lowercase")]
pub(crate) enum Shape {
    /// `[lon, lat]`.
    Point(Coordinate),
    /// From one end to the other.
    LineString([Coordinate; 2]),
    /// North-western and south-eastern corner.
    Envelope([Coordinate; 2]),
}

impl Shape {
    /// The shape of a box.
    pub(crate) fn of(bounds: BoundingBox) -> Self {
        let BoundingBox { min, max } = bounds;
        if min == max {
            Self::Point(min)
        } else if min.lon == max.lon || min.lat == max.lat {
            Self::LineString([min, max])
        } else {
            Self::Envelope([Coordinate { lon: min.lon, lat: max.lat }, Coordinate { lon: max.lon, lat: min.lat }])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(bounds: [f64; 4]) -> String {
        let bounds = serde_json::from_value(serde_json::json!(bounds)).unwrap();
        serde_json::to_string(&Shape::of(bounds)).unwrap()
    }

    #[test]
    fn boxes_become_what_the_engines_take() {
        assert_eq!(json([12.0, 55.0, 13.0, 56.0]), r#"{"type":"envelope","coordinates":[[12.0,56.0],[13.0,55.0]]}"#);
        assert_eq!(json([12.0, 55.0, 12.0, 55.0]), r#"{"type":"point","coordinates":[12.0,55.0]}"#);
        assert_eq!(json([12.0, 55.0, 13.0, 55.0]), r#"{"type":"linestring","coordinates":[[12.0,55.0],[13.0,55.0]]}"#);
        let world = json([-180.0, -90.0, 180.0, 90.0]);
        assert_eq!(world, r#"{"type":"envelope","coordinates":[[-180.0,90.0],[180.0,-90.0]]}"#);
    }
}
