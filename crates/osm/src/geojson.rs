//! GeoJSON polygons (RFC 7946) as areas.

use geo_types::{LineString, MultiPolygon, Polygon};
use serde::Deserialize;

use crate::polygon::{
    MAX_BYTES, MAX_POINTS, PolygonError, PolygonErrorReason as Reason, error_at, multi_polygon, position, ring,
};

/// Collections may nest; deeper than this nobody draws by hand.
const MAX_DEPTH: usize = 16;

/// Reads a Polygon, MultiPolygon, Feature, FeatureCollection or GeometryCollection. All polygons in it are one area.
///
/// # Errors
/// When it is no JSON, holds a geometry that is no area or no area at all, a position is off the earth, a ring has
/// fewer than three corners, or a limit is passed.
pub fn parse_geojson(bytes: &[u8]) -> Result<MultiPolygon<f64>, PolygonError> {
    if bytes.len() > MAX_BYTES {
        return Err(error_at(bytes, MAX_BYTES, Reason::TooLong));
    }
    let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let object: Object = serde_json::from_slice(json).map_err(|error| json_error(bytes, &error))?;
    let mut reader = Reader { polygons: Vec::new(), points: 0 };
    reader.object(object, 0).map_err(|reason| error_at(bytes, 0, reason))?;
    multi_polygon(reader.polygons, bytes)
}

/// Any GeoJSON object; which fields must be there depends on `type`.
#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: Option<Coordinates>,
    #[serde(default)]
    geometry: Option<Box<Object>>,
    #[serde(default)]
    features: Vec<Object>,
    #[serde(default)]
    geometries: Vec<Object>,
}

type Ring = Vec<Vec<f64>>;

#[derive(Deserialize)]
#[serde(untagged)]
enum Coordinates {
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
    Other(serde::de::IgnoredAny),
}

struct Reader {
    polygons: Vec<Polygon<f64>>,
    points: usize,
}

impl Reader {
    fn object(&mut self, object: Object, depth: usize) -> Result<(), Reason> {
        let not_an_area = |kind: &str| Reason::NotAnArea(kind.chars().take(40).collect());
        if depth > MAX_DEPTH {
            return Err(not_an_area("too many nested collections"));
        }
        match (object.kind.as_str(), object.coordinates) {
            ("Polygon", Some(Coordinates::Polygon(rings))) => self.polygon(&rings),
            ("MultiPolygon", Some(Coordinates::MultiPolygon(polygons))) => {
                polygons.iter().try_for_each(|rings| self.polygon(rings))
            }
            // An empty list reads as a polygon; it has no area.
            ("MultiPolygon", Some(Coordinates::Polygon(rings))) if rings.is_empty() => Ok(()),
            ("Feature", _) => match object.geometry {
                Some(geometry) => self.object(*geometry, depth + 1),
                None => Ok(()),
            },
            ("FeatureCollection", _) => self.all(object.features, depth),
            ("GeometryCollection", _) => self.all(object.geometries, depth),
            (kind @ ("Polygon" | "MultiPolygon"), _) => Err(not_an_area(&format!("a malformed {kind}"))),
            (kind, _) => Err(not_an_area(kind)),
        }
    }

    fn all(&mut self, objects: Vec<Object>, depth: usize) -> Result<(), Reason> {
        objects.into_iter().try_for_each(|object| self.object(object, depth + 1))
    }

    fn polygon(&mut self, rings: &[Ring]) -> Result<(), Reason> {
        let mut rings = rings.iter().map(|ring| self.ring(ring)).collect::<Result<Vec<_>, _>>()?.into_iter();
        if let Some(outer) = rings.next() {
            self.polygons.push(Polygon::new(outer, rings.collect()));
        }
        Ok(())
    }

    fn ring(&mut self, positions: &[Vec<f64>]) -> Result<LineString<f64>, Reason> {
        self.points += positions.len();
        if self.points > MAX_POINTS {
            return Err(Reason::TooManyPoints);
        }
        let points = positions.iter().map(|numbers| match numbers.as_slice() {
            // A third number is the height.
            [lon, lat] | [lon, lat, _] => position(*lon, *lat),
            other => Err(Reason::NotAPosition(format!("{} numbers", other.len()))),
        });
        ring(points.collect::<Result<Vec<_>, _>>()?).ok_or(Reason::DegenerateRing)
    }
}

fn json_error(bytes: &[u8], error: &serde_json::Error) -> PolygonError {
    let line_start = bytes.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let offset = line_start.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1);
    let message = error.to_string();
    let reason = message.split(" at line ").next().unwrap_or_default().chars().take(120).collect();
    PolygonError { line: error.line().max(1), offset, reason: Reason::Json(reason) }
}
