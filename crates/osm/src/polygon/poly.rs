use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use super::{
    MAX_BYTES, MAX_POINTS, PolygonError, PolygonErrorReason as Reason, error_at, multi_polygon, position, ring,
};

/// Reads an Osmosis polygon file: a name, then rings that each end with `END`, then `END`. A ring whose name begins
/// with `!` is a hole in the rings of its section. Several sections may follow each other.
/// Format: <https://wiki.openstreetmap.org/wiki/Osmosis/Polygon_Filter_File_Format>
///
/// # Errors
/// With the line, when an `END` is missing, a position is none or off the earth, a ring has fewer than three corners,
/// a hole lies in no ring, or a limit is passed.
pub fn parse_poly(bytes: &[u8]) -> Result<MultiPolygon<f64>, PolygonError> {
    if bytes.len() > MAX_BYTES {
        return Err(error_at(bytes, MAX_BYTES, Reason::TooLong));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| error_at(bytes, error.valid_up_to(), Reason::NotUtf8))?;
    let mut lines = Lines::new(text.strip_prefix('\u{feff}').unwrap_or(text), text);
    let mut polygons = Vec::new();
    while let Some(name) = lines.next_filled() {
        polygons.append(&mut section(&mut lines, name.number)?);
    }
    multi_polygon(polygons, bytes)
}

struct Line<'a> {
    number: usize,
    offset: usize,
    text: &'a str,
}

impl Line<'_> {
    fn fail(&self, reason: Reason) -> PolygonError {
        PolygonError { line: self.number, offset: self.offset, reason }
    }
}

struct Lines<'a> {
    lines: std::str::Lines<'a>,
    number: usize,
    start: usize,
    end: usize,
    points: usize,
}

impl<'a> Lines<'a> {
    fn new(body: &'a str, whole: &'a str) -> Self {
        Self { lines: body.lines(), number: 0, start: whole.as_ptr() as usize, end: whole.len(), points: 0 }
    }

    /// The next line that is not blank, trimmed.
    fn next_filled(&mut self) -> Option<Line<'a>> {
        loop {
            let text = self.lines.next()?;
            self.number += 1;
            if !text.trim().is_empty() {
                let offset = text.as_ptr() as usize - self.start;
                return Some(Line { number: self.number, offset, text: text.trim() });
            }
        }
    }

    fn missing_end(&self, what: &'static str, began: usize) -> PolygonError {
        PolygonError { line: self.number.max(1), offset: self.end, reason: Reason::MissingEnd(what, began) }
    }
}

/// The rings of one section, up to its `END`.
fn section(lines: &mut Lines<'_>, began: usize) -> Result<Vec<Polygon<f64>>, PolygonError> {
    let (mut polygons, mut holes) = (Vec::new(), Vec::new());
    loop {
        let Some(name) = lines.next_filled() else { return Err(lines.missing_end("section", began)) };
        if name.text == "END" {
            break;
        }
        let points = points(lines, name.number)?;
        let ring = ring(points).ok_or_else(|| name.fail(Reason::DegenerateRing))?;
        if name.text.starts_with('!') {
            holes.push((name, ring));
        } else {
            polygons.push(Polygon::new(ring, Vec::new()));
        }
    }
    for (name, hole) in holes {
        let home = polygons.iter_mut().find(|polygon| lies_in(&hole, polygon.exterior()));
        home.ok_or_else(|| name.fail(Reason::StrayHole))?.interiors_push(hole);
    }
    Ok(polygons)
}

/// The positions of one ring, up to its `END`.
fn points(lines: &mut Lines<'_>, began: usize) -> Result<Vec<Coord<f64>>, PolygonError> {
    let mut points = Vec::new();
    loop {
        let Some(line) = lines.next_filled() else { return Err(lines.missing_end("ring", began)) };
        if line.text == "END" {
            return Ok(points);
        }
        lines.points += 1;
        if lines.points > MAX_POINTS {
            return Err(line.fail(Reason::TooManyPoints));
        }
        points.push(point(line.text).map_err(|reason| line.fail(reason))?);
    }
}

fn point(text: &str) -> Result<Coord<f64>, Reason> {
    let not_a_position = || Reason::NotAPosition(text.chars().take(40).collect());
    let mut parts = text.split_whitespace().map(str::parse::<f64>);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(lon)), Some(Ok(lat)), None) => position(lon, lat),
        _ => Err(not_a_position()),
    }
}

/// Whether a corner of the hole is inside the ring. Even-odd; a hole may share corners with its ring.
fn lies_in(hole: &LineString<f64>, outer: &LineString<f64>) -> bool {
    let inside = |point: &Coord<f64>| {
        let crossings = outer.lines().filter(|edge| {
            (edge.start.y > point.y) != (edge.end.y > point.y)
                && point.x
                    < (edge.end.x - edge.start.x) * (point.y - edge.start.y) / (edge.end.y - edge.start.y)
                        + edge.start.x
        });
        crossings.count() % 2 == 1
    };
    hole.coords().any(inside)
}
