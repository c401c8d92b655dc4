//! Areas of interest, ready for fast and exact tests.
//!
//! Positions and edges are integers of 1e-7 degrees, tests are exact in them. Edges are straight in longitude and
//! latitude, as in every OSM tool. The outline belongs to the area.

mod country;
mod edges;
mod prepared;
mod touches;
mod union;

use std::fmt;

use osmtracker_osm::{BoundingBox, Coordinate, geojson, polygon};

use self::{edges::Segment, prepared::Prepared};
use crate::suggest::closest;

pub use touches::touches;

/// 180 degrees east or west, which is one meridian.
const ANTIMERIDIAN: i32 = 1_800_000_000;

/// A named area: a country, or polygons that somebody drew.
pub struct Area {
    name: String,
    prepared: Prepared,
}

/// An area that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    /// No such country or subdivision.
    #[error("{code:?} is no country code such as DK, nor a subdivision such as US-TX{}", did_you_mean(suggestion.as_deref()))]
    UnknownCountry {
        /// What was asked for.
        code: String,
        /// A code that is nearly the same.
        suggestion: Option<String>,
    },
    /// The file is no area.
    #[error(transparent)]
    Polygon(#[from] polygon::PolygonError),
    /// Nothing is left of the polygons at a resolution of 1e-7 degrees (1 cm).
    #[error("the area is smaller than a centimetre")]
    TooSmall,
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |suggestion| format!("; did you mean {suggestion}?"))
}

impl Area {
    /// A country by its ISO 3166-1 code (`DK`), or one of the subdivisions that the data has by its ISO 3166-2 code
    /// (`US-TX`, `ES-CT`, …). Upper or lower case.
    ///
    /// The outlines are OpenStreetMap's (ODbL), simplified so that settlements and major roads are on the right side,
    /// and drawn for land: the sea belongs to no country.
    ///
    /// # Errors
    /// When there is no such code, with the nearest one.
    pub fn country(code: &str) -> Result<Self, AreaError> {
        let id = code.trim().to_ascii_uppercase();
        let Some(edges) = country::outline(&id) else {
            let suggestion = closest(&id, country::ids()).map(str::to_owned);
            return Err(AreaError::UnknownCountry { code: code.to_owned(), suggestion });
        };
        Self::new(&id, edges)
    }

    /// All codes that [`Area::country`] knows, ascending.
    #[must_use]
    pub fn country_codes() -> Vec<&'static str> {
        country::ids()
    }

    /// An area from an Osmosis polygon file.
    ///
    /// # Errors
    /// When the file is no polygon; see [`polygon::parse_poly`].
    pub fn from_poly(name: &str, bytes: &[u8]) -> Result<Self, AreaError> {
        Self::new(name, union::outline(polygon::parse_poly(bytes)?))
    }

    /// An area from GeoJSON: all its polygons together.
    ///
    /// # Errors
    /// When the file is no GeoJSON area; see [`geojson::parse_geojson`].
    pub fn from_geojson(name: &str, bytes: &[u8]) -> Result<Self, AreaError> {
        Self::new(name, union::outline(geojson::parse_geojson(bytes)?))
    }

    fn new(name: &str, edges: Vec<Segment>) -> Result<Self, AreaError> {
        let prepared = Prepared::new(edges).ok_or(AreaError::TooSmall)?;
        Ok(Self { name: name.to_owned(), prepared })
    }

    /// Its name, as rules refer to it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The smallest box around it. An area on both sides of the antimeridian has a box around the whole earth.
    #[must_use]
    pub fn bounds(&self) -> BoundingBox {
        self.prepared.bounds()
    }

    /// The number of edges of the outline.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.prepared.edges().len()
    }

    /// Whether the position is inside or on the outline. Longitudes 180 and -180 are the same.
    #[must_use]
    pub fn contains(&self, position: Coordinate) -> bool {
        self.prepared.contains(position)
            || (position.lon.abs() == ANTIMERIDIAN
                && self.prepared.contains(Coordinate { lon: -position.lon, lat: position.lat }))
    }

    /// Whether area and box have a position in common.
    #[must_use]
    pub fn intersects_box(&self, area: BoundingBox) -> bool {
        let meets_at = |lon: i32, edge: i32| {
            edge == lon && {
                let meridian = |lat| Coordinate { lon: -lon, lat };
                let strip = BoundingBox { min: meridian(area.min.lat), max: meridian(area.max.lat) };
                self.prepared.intersects_box(strip)
            }
        };
        self.prepared.intersects_box(area)
            || meets_at(ANTIMERIDIAN, area.max.lon)
            || meets_at(-ANTIMERIDIAN, area.min.lon)
    }

    /// Whether every position of the box is inside or on the outline.
    ///
    /// A box without width or height (two nodes exactly north of each other) that touches the outline is said to be
    /// outside: undecided is the safe answer there.
    #[must_use]
    pub fn contains_box(&self, area: BoundingBox) -> bool {
        if area.min == area.max {
            return self.contains(area.min);
        }
        self.prepared.contains_box(area)
    }

    /// Whether a position of the line is inside or on the outline. A single position is a line too. A segment over
    /// more than 180 degrees of longitude is taken to cross the antimeridian.
    #[must_use]
    pub fn intersects_line(&self, line: &[Coordinate]) -> bool {
        match line {
            [] => false,
            [position] => self.contains(*position),
            _ => line.windows(2).any(|pair| self.intersects_segment(pair[0], pair[1])),
        }
    }

    fn intersects_segment(&self, a: Coordinate, b: Coordinate) -> bool {
        if (i64::from(a.lon) - i64::from(b.lon)).abs() <= i64::from(ANTIMERIDIAN) {
            return self.contains(a) || self.contains(b) || self.prepared.intersects_segment(Segment { a, b });
        }
        let (east, west) = if a.lon > b.lon { (a, b) } else { (b, a) };
        let lat = crossing_latitude(east, west);
        let to = |end: Coordinate, lon: i32| Segment { a: end, b: Coordinate { lon, lat } };
        self.prepared.intersects_segment(to(east, ANTIMERIDIAN))
            || self.prepared.intersects_segment(to(west, -ANTIMERIDIAN))
    }

    /// Quick: `false` only when nothing inside the box can meet the area.
    fn may_meet(&self, bounds: BoundingBox) -> bool {
        self.prepared.bounds().intersects(bounds) || bounds.max.lon == ANTIMERIDIAN || bounds.min.lon == -ANTIMERIDIAN
    }

    /// The corners of the outline that the box holds.
    fn corners_in(&self, bounds: BoundingBox) -> impl Iterator<Item = Coordinate> {
        self.prepared.edges().iter().map(|edge| edge.a).filter(move |corner| edges::holds(bounds, *corner))
    }
}

/// Where a segment from the eastern to the western hemisphere meets the antimeridian, to the nearest 1e-7 degrees.
fn crossing_latitude(east: Coordinate, west: Coordinate) -> i32 {
    let before = i64::from(ANTIMERIDIAN) - i64::from(east.lon);
    let whole = before + i64::from(west.lon) + i64::from(ANTIMERIDIAN);
    let rise = i64::from(west.lat) - i64::from(east.lat);
    let lat = i64::from(east.lat) + if whole == 0 { 0 } else { rise * before / whole };
    i32::try_from(lat).expect("between two latitudes")
}

impl fmt::Debug for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Area").field("name", &self.name).field("edges", &self.edge_count()).finish()
    }
}
