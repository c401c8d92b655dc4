use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A position on WGS 84 in OSM's own resolution: integers of 1e-7 degrees, so that equality is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coordinate {
    /// Longitude in 1e-7 degrees, -1_800_000_000 ..= 1_800_000_000.
    pub lon: i32,
    /// Latitude in 1e-7 degrees, -900_000_000 ..= 900_000_000.
    pub lat: i32,
}

impl Coordinate {
    /// Units in a degree.
    pub const SCALE: f64 = 1e7;

    /// The nearest representable position; `None` when a value is not finite or out of range.
    #[must_use]
    pub fn from_degrees(lon: f64, lat: f64) -> Option<Self> {
        let in_range = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
        #[expect(clippy::cast_possible_truncation, reason = "in range, so within i32 after scaling")]
        in_range.then(|| Self { lon: (lon * Self::SCALE).round() as i32, lat: (lat * Self::SCALE).round() as i32 })
    }

    /// Longitude in degrees.
    #[must_use]
    pub fn lon_degrees(self) -> f64 {
        f64::from(self.lon) / Self::SCALE
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn lat_degrees(self) -> f64 {
        f64::from(self.lat) / Self::SCALE
    }
}

/// Serialised as GeoJSON does: `[lon, lat]` in degrees.
impl Serialize for Coordinate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.lon_degrees(), self.lat_degrees()].serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Coordinate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [lon, lat] = <[f64; 2]>::deserialize(deserializer)?;
        Self::from_degrees(lon, lat)
            .ok_or_else(|| serde::de::Error::custom(format_args!("position out of range: [{lon}, {lat}]")))
    }
}

impl JsonSchema for Coordinate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Coordinate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A GeoJSON position, [longitude, latitude] in degrees, WGS 84.",
            "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2
        })
    }
}

/// A box in longitude and latitude, edges included. OSM's boxes never cross the antimeridian: an edit on both sides
/// of it has a box around the whole earth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoundingBox {
    /// South-western corner.
    pub min: Coordinate,
    /// North-eastern corner.
    pub max: Coordinate,
}

impl BoundingBox {
    /// The box of one position.
    #[must_use]
    pub fn of(position: Coordinate) -> Self {
        Self { min: position, max: position }
    }

    /// The smallest box around all positions; `None` without any.
    pub fn around(positions: impl IntoIterator<Item = Coordinate>) -> Option<Self> {
        positions.into_iter().fold(None, |bounds, position| match bounds {
            None => Some(Self::of(position)),
            Some(bounds) => Some(bounds.including(position)),
        })
    }

    /// The smallest box that holds this one and the position.
    #[must_use]
    pub fn including(self, position: Coordinate) -> Self {
        self.union(Self::of(position))
    }

    /// The smallest box that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            min: Coordinate { lon: self.min.lon.min(other.min.lon), lat: self.min.lat.min(other.min.lat) },
            max: Coordinate { lon: self.max.lon.max(other.max.lon), lat: self.max.lat.max(other.max.lat) },
        }
    }

    /// Whether the two have a point in common, edges included.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.min.lon <= other.max.lon
            && other.min.lon <= self.max.lon
            && self.min.lat <= other.max.lat
            && other.min.lat <= self.max.lat
    }

    /// The centre, rounded towards the south-west.
    #[must_use]
    pub fn center(self) -> Coordinate {
        let middle = |a: i32, b: i32| {
            i32::try_from((i64::from(a) + i64::from(b)).div_euclid(2)).expect("between two i32 values")
        };
        Coordinate { lon: middle(self.min.lon, self.max.lon), lat: middle(self.min.lat, self.max.lat) }
    }
}

/// Serialised as GeoJSON does: `[west, south, east, north]` in degrees.
impl Serialize for BoundingBox {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.min.lon_degrees(), self.min.lat_degrees(), self.max.lon_degrees(), self.max.lat_degrees()]
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BoundingBox {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [west, south, east, north] = <[f64; 4]>::deserialize(deserializer)?;
        let corner = |lon, lat| {
            Coordinate::from_degrees(lon, lat).ok_or_else(|| serde::de::Error::custom("bounding box out of range"))
        };
        Ok(Self { min: corner(west, south)?, max: corner(east, north)? })
    }
}

impl JsonSchema for BoundingBox {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BoundingBox".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A GeoJSON bounding box, [west, south, east, north] in degrees, WGS 84.",
            "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4
        })
    }
}
