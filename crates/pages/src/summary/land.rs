//! The coasts of the world (Natural Earth) under the drawing of boxes.

use std::fmt::Write;

/// Rings one after another: the number of points, then the differences of longitude and latitude in hundredths of a degree;
/// all LEB128, differences zigzag encoded. Made by `site/build/land.mjs`.
const LAND: &[u8] = include_bytes!("../../assets/land.bin");
/// Units beyond the drawing's edges where land is cut, so that the cut itself is not seen.
const BEYOND: f64 = 10.0;
/// Points nearer to each other than this many units are one.
const FINEST: f64 = 1.5;

/// A point of the drawing, in its own units.
type Point = (f64, f64);

/// The land as the `d` of an SVG path, cut to a drawing of this size. `place` puts degrees of longitude and latitude on it.
pub(super) fn path(width: f64, height: f64, place: impl Fn(f64, f64) -> Point) -> String {
    let mut path = String::new();
    for ring in (Rings { rest: LAND }) {
        let ring: Vec<_> = ring.into_iter().map(|(lon, lat)| place(lon, lat)).collect();
        draw(&cut(ring, width, height), &mut path);
    }
    path
}

/// Reads the rings of [`LAND`]. What cannot be read ends it.
struct Rings {
    rest: &'static [u8],
}

impl Rings {
    fn unsigned(&mut self) -> Option<i64> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= i64::from(byte & 127) << shift;
            if byte & 128 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn difference(&mut self) -> Option<i64> {
        let zigzag = self.unsigned()?;
        Some((zigzag >> 1) ^ -(zigzag & 1))
    }
}

impl Iterator for Rings {
    type Item = Vec<Point>;

    fn next(&mut self) -> Option<Self::Item> {
        let points = self.unsigned()?;
        let (mut lon, mut lat) = (0, 0);
        let point = |_| {
            lon += self.difference()?;
            lat += self.difference()?;
            Some((lon as f64 / 100.0, lat as f64 / 100.0))
        };
        (0..points).map(point).collect()
    }
}

/// Sutherland and Hodgman: the ring without what lies beyond each of the four edges in turn.
fn cut(ring: Vec<Point>, width: f64, height: f64) -> Vec<Point> {
    let ring = cut_at(ring, |(x, _)| x + BEYOND);
    let ring = cut_at(ring, |(x, _)| width + BEYOND - x);
    let ring = cut_at(ring, |(_, y)| y + BEYOND);
    cut_at(ring, |(_, y)| height + BEYOND - y)
}

/// Keeps what lies where `inside` is not negative.
fn cut_at(ring: Vec<Point>, inside: impl Fn(Point) -> f64) -> Vec<Point> {
    let Some(mut before) = ring.last().copied() else { return ring };
    let mut kept = Vec::new();
    for point in ring {
        let (a, b) = (inside(before), inside(point));
        if (a < 0.0) != (b < 0.0) {
            let share = a / (a - b);
            kept.push((before.0 + (point.0 - before.0) * share, before.1 + (point.1 - before.1) * share));
        }
        if b >= 0.0 {
            kept.push(point);
        }
        before = point;
    }
    kept
}

/// Appends a ring in whole units, relative to each other: the shortest that a path can be.
fn draw(ring: &[Point], path: &mut String) {
    let mut drawn: Vec<(i64, i64)> = Vec::new();
    let mut last: Option<Point> = None;
    for &(x, y) in ring {
        if last.is_none_or(|(px, py)| (x - px).hypot(y - py) >= FINEST) {
            last = Some((x, y));
            drawn.push((x.round() as i64, y.round() as i64));
        }
    }
    let [first, rest @ ..] = drawn.as_slice() else { return };
    if rest.len() < 2 {
        return;
    }
    write!(path, "M{} {}l", first.0, first.1).expect("memory takes all");
    let mut at = first;
    for (n, point) in rest.iter().enumerate() {
        let (dx, dy) = (point.0 - at.0, point.1 - at.1);
        let space = if n == 0 || dx < 0 { "" } else { " " };
        let between = if dy < 0 { "" } else { " " };
        write!(path, "{space}{dx}{between}{dy}").expect("memory takes all");
        at = point;
    }
    path.push('z');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_land_is_read_to_its_end() {
        let mut rings = Rings { rest: LAND };
        let sizes: Vec<_> = rings.by_ref().map(|ring| ring.len()).collect();
        assert!(rings.rest.is_empty());
        assert!(sizes.len() > 1_000 && sizes.iter().all(|size| *size > 3));
    }

    #[test]
    fn a_small_island_is_drawn_from_near_and_nothing_from_elsewhere() {
        let near_niue = |lon: f64, lat: f64| ((lon + 170.1) * 1600.0, (-18.8 - lat) * 1600.0);
        let path = path(1000.0, 1000.0, near_niue);
        assert_eq!(path.matches('M').count(), 1, "{path}");
    }

    #[test]
    fn a_ring_that_comes_through_its_first_point_again_keeps_its_numbers_apart() {
        let mut path = String::new();
        draw(&[(5.0, 5.0), (9.0, 5.0), (9.0, 9.0), (5.0, 5.0), (8.0, 1.0), (4.0, 1.0)], &mut path);
        assert_eq!(path, "M5 5l4 0 0 4-4-4 3-4-4 0z");
    }

    #[test]
    fn a_ring_is_cut_at_the_edges() {
        let around = vec![(-100.0, -100.0), (200.0, -100.0), (200.0, 200.0), (-100.0, 200.0)];
        let cut = cut(around, 100.0, 50.0);
        let inside = |&(x, y): &Point| (-10.0..=110.0).contains(&x) && (-10.0..=60.0).contains(&y);
        assert!(cut.len() >= 4 && cut.iter().all(inside), "{cut:?}");
    }
}
