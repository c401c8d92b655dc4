//! Polygons as edges under the even-odd rule.

use geo::{BoundingRect, Intersects, LineString, MultiPolygon, Orient, Polygon, orient::Direction, unary_union};
use osmtracker_osm::Coordinate;

use super::edges::Segment;

/// The edges of all polygons together. Where polygons overlap they are united first: the even-odd rule would make a
/// hole of what two of them cover.
pub(crate) fn outline(area: MultiPolygon<f64>) -> Vec<Segment> {
    // Uniting goes by the direction of rings, which files do not care about.
    let area = if overlaps(&area) { unary_union(&area.orient(Direction::Default).0) } else { area };
    area.iter().flat_map(rings).flat_map(ring_edges).collect()
}

/// Whether any two boxes meet; then uniting costs little and is right in every case.
fn overlaps(area: &MultiPolygon<f64>) -> bool {
    let mut boxes: Vec<_> = area.iter().filter_map(|polygon: &Polygon<f64>| polygon.bounding_rect()).collect();
    boxes.sort_by(|a, b| a.min().x.total_cmp(&b.min().x));
    boxes.iter().enumerate().any(|(index, first)| {
        boxes[index + 1..].iter().take_while(|next| next.min().x <= first.max().x).any(|next| first.intersects(next))
    })
}

fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

fn ring_edges(ring: &LineString<f64>) -> impl Iterator<Item = Segment> {
    let at = |point: geo::Coord<f64>| {
        let (lon, lat) = (point.x.clamp(-180.0, 180.0), point.y.clamp(-90.0, 90.0));
        Coordinate::from_degrees(lon, lat).expect("finite and within the map")
    };
    ring.lines().map(move |line| Segment { a: at(line.start), b: at(line.end) }).filter(|edge| edge.a != edge.b)
}
