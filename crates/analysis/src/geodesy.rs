//! Metres on the sphere.

use osmtracker_osm::{Coordinate, WayNode};

/// The mean radius of the earth in metres (IUGG: two equatorial radii and a polar one, divided by three).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Metres between two positions, by the haversine formula.
pub(crate) fn distance_m(a: Coordinate, b: Coordinate) -> f64 {
    Point::from(a).distance_m(&Point::from(b))
}

/// A line's length, and whether all of it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct LineLength {
    /// Metres; segments with an unknown end add nothing.
    pub(crate) metres: f64,
    /// Whether every node has a position.
    pub(crate) complete: bool,
}

/// The length of a way.
pub(crate) fn line_length(nodes: &[WayNode]) -> LineLength {
    let mut metres = 0.0;
    let mut complete = true;
    let mut last: Option<Point> = None;
    for node in nodes {
        let point = node.position.map(Point::from);
        if let (Some(from), Some(to)) = (&last, &point) {
            metres += from.distance_m(to);
        }
        complete &= point.is_some();
        last = point;
    }
    LineLength { metres, complete }
}

/// Metres to the millimetre, never minus zero: shorter in JSON, and the same after a round trip.
pub(crate) fn to_millimetres(metres: f64) -> f64 {
    (metres * 1000.0).round() / 1000.0 + 0.0
}

/// A position in radians, with the cosine that two segments share.
struct Point {
    lon: f64,
    lat: f64,
    cos_lat: f64,
}

impl From<Coordinate> for Point {
    fn from(position: Coordinate) -> Self {
        let (lon, lat) = (position.lon_degrees().to_radians(), position.lat_degrees().to_radians());
        Self { lon, lat, cos_lat: lat.cos() }
    }
}

impl Point {
    fn distance_m(&self, other: &Self) -> f64 {
        let lat = ((other.lat - self.lat) / 2.0).sin();
        let lon = ((other.lon - self.lon) / 2.0).sin();
        let haversine = lat * lat + self.cos_lat * other.cos_lat * lon * lon;
        2.0 * EARTH_RADIUS_M * haversine.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: f64, lat: f64) -> Coordinate {
        Coordinate::from_degrees(lon, lat).unwrap()
    }

    #[test]
    fn a_degree_of_latitude_has_111_kilometres() {
        assert!((distance_m(at(9.0, 56.0), at(9.0, 57.0)) - 111_195.08).abs() < 0.01);
    }

    #[test]
    fn a_degree_of_longitude_shrinks_with_latitude() {
        let (equator, north) = (distance_m(at(0.0, 0.0), at(1.0, 0.0)), distance_m(at(0.0, 60.0), at(1.0, 60.0)));
        assert!((north / equator - 0.5).abs() < 1e-4, "{equator} {north}");
    }

    #[test]
    fn the_antimeridian_is_no_detour() {
        assert!(distance_m(at(179.999, 0.0), at(-179.999, 0.0)) < 223.0);
    }

    #[test]
    fn opposite_poles_are_half_a_circumference_apart() {
        assert!((distance_m(at(0.0, 90.0), at(120.0, -90.0)) - EARTH_RADIUS_M * std::f64::consts::PI).abs() < 0.01);
    }

    #[test]
    fn a_segment_with_an_unknown_end_adds_nothing() {
        let node = |id, position| WayNode { id: osmtracker_osm::ElementId(id), position };
        let known = [node(1, Some(at(0.0, 0.0))), node(2, Some(at(0.0, 1.0)))];
        let gap = [known[0], known[1], node(3, None), node(4, Some(at(5.0, 5.0)))];
        assert_eq!(line_length(&gap).metres, line_length(&known).metres);
        assert!(line_length(&known).complete && !line_length(&gap).complete);
    }
}
