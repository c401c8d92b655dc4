//! Polygons that people draw their areas with: Osmosis `.poly` files and GeoJSON.
//!
//! Both readers give closed rings of at least three different corners, finite and inside the earth's range.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

mod poly;

pub use poly::parse_poly;

/// Corners that one area may have. Country outlines in use have 1,000 to 100,000; more is slow and gains nothing.
pub const MAX_POINTS: usize = 200_000;

/// Bytes that one area file may have: 200,000 corners with all digits.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

/// An area file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} (byte {offset}): {reason}")]
pub struct PolygonError {
    /// The line, from 1.
    pub line: usize,
    /// Where that line, or what is wrong in it, begins: bytes from the start.
    pub offset: usize,
    /// What is wrong.
    pub reason: PolygonErrorReason,
}

/// What is wrong with an area file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolygonErrorReason {
    /// No polygon in it.
    #[error("no polygon in the file")]
    Empty,
    /// Over [`MAX_BYTES`].
    #[error("over {MAX_BYTES} bytes; simplify the polygon")]
    TooLong,
    /// Over [`MAX_POINTS`].
    #[error("over {MAX_POINTS} points; simplify the polygon")]
    TooManyPoints,
    /// Not text.
    #[error("not UTF-8")]
    NotUtf8,
    /// The file ends inside a ring or a section.
    #[error("END is missing for the {0} that begins in line {1}")]
    MissingEnd(&'static str, usize),
    /// Not two numbers.
    #[error("expected a longitude and a latitude, found {0:?}")]
    NotAPosition(String),
    /// Not finite, or off the earth.
    #[error("position out of range: longitude {0}, latitude {1}; split polygons that cross the antimeridian")]
    OutOfRange(String, String),
    /// Fewer than three different corners.
    #[error("a ring needs at least three different corners")]
    DegenerateRing,
    /// A hole that lies in no ring of its section.
    #[error("this hole lies in no ring of its section")]
    StrayHole,
    /// Not JSON.
    #[error("not JSON: {0}")]
    Json(String),
    /// GeoJSON without an area, such as a line.
    #[error("expected a Polygon, MultiPolygon, Feature or collection of those, found {0}")]
    NotAnArea(String),
}

/// Closes the ring and drops repeated corners; `None` when fewer than three corners are left.
pub(crate) fn ring(points: impl IntoIterator<Item = Coord<f64>>) -> Option<LineString<f64>> {
    let mut points: Vec<_> = points.into_iter().collect();
    points.dedup();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    let different = points.iter().enumerate().filter(|(index, point)| !points[..(*index).min(3)].contains(point));
    if different.take(3).count() < 3 {
        return None;
    }
    let mut ring = LineString::new(points);
    ring.close();
    Some(ring)
}

/// The position, when it is finite and on the earth.
pub(crate) fn position(lon: f64, lat: f64) -> Result<Coord<f64>, PolygonErrorReason> {
    if (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat) {
        Ok(Coord { x: lon, y: lat })
    } else {
        Err(PolygonErrorReason::OutOfRange(lon.to_string(), lat.to_string()))
    }
}

/// Line number and byte offset of a position in text, for messages.
pub(crate) fn error_at(bytes: &[u8], offset: usize, reason: PolygonErrorReason) -> PolygonError {
    let before = &bytes[..offset.min(bytes.len())];
    PolygonError { line: 1 + before.iter().filter(|byte| **byte == b'\n').count(), offset, reason }
}

pub(crate) fn multi_polygon(polygons: Vec<Polygon<f64>>, bytes: &[u8]) -> Result<MultiPolygon<f64>, PolygonError> {
    if polygons.is_empty() {
        return Err(error_at(bytes, bytes.len(), PolygonErrorReason::Empty));
    }
    Ok(MultiPolygon::new(polygons))
}
