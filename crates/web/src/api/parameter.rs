//! Parameters: one description of each, from which they are read, refused and documented.

use osmtracker_pipeline::State;
use schemars::{Schema, json_schema};

/// A parameter of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) shape: Shape,
    pub(crate) place: Place,
    /// A value that the recorded data have an answer to.
    pub(crate) example: &'static str,
}

/// Where a parameter stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Query,
    Path,
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Digits.
    Integer { min: u64, max: u64, default: Option<u64> },
    /// `true` or `false`.
    Flag,
    /// That many characters at most, and one at least.
    Text { max: usize },
    /// Words from a closed list, separated by commas.
    Words { of: fn() -> Vec<&'static str> },
    /// Names of labels, separated by commas.
    Labels,
    /// A date and time, RFC 3339.
    Moment,
    /// `west,south,east,north`.
    Box,
    /// What an earlier answer gave.
    Cursor,
}

/// Names in one parameter, at most.
pub(crate) const MAX_NAMES: usize = 20;

/// Largest id that a store can hold.
pub(crate) const MAX_ID: u64 = i64::MAX.unsigned_abs();

/// As in the configuration's names of labels.
pub(crate) const LABEL_PATTERN: &str = "^[A-Za-z0-9_-]{1,64}$";

/// A moment of nine hexadecimal digits and an id of sixteen.
pub(crate) const CURSOR_PATTERN: &str = "^[0-9a-f]{9}[0-7][0-9a-f]{15}$";

pub(crate) fn states() -> Vec<&'static str> {
    State::ALL.iter().map(|state| state.as_str()).collect()
}

impl Shape {
    /// For people: `a whole number from 1 to 500`.
    pub(crate) fn limits(&self) -> String {
        match self {
            Self::Integer { min, max, .. } if *max == MAX_ID => format!("a whole number from {min}"),
            Self::Integer { min, max, .. } => format!("a whole number from {min} to {max}"),
            Self::Flag => "true or false".to_owned(),
            Self::Text { max } => format!("1 to {max} characters"),
            Self::Words { of } => format!("1 to {MAX_NAMES} of {}, separated by commas", of().join(", ")),
            Self::Labels => format!("1 to {MAX_NAMES} names of labels, separated by commas"),
            Self::Moment => "a date and time such as 2026-11-22T09:38:43Z".to_owned(),
            Self::Box => "west,south,east,north in degrees; a west beyond the east crosses the antimeridian".to_owned(),
            Self::Cursor => "the cursor of an earlier answer, as it was given".to_owned(),
        }
    }

    /// As JSON Schema.
    pub(crate) fn schema(&self) -> Schema {
        match self {
            Self::Integer { min, max, default: None } => {
                json_schema!({"type": "integer", "minimum": min, "maximum": max})
            }
            Self::Integer { min, max, default } => {
                json_schema!({"type": "integer", "minimum": min, "maximum": max, "default": default})
            }
            Self::Flag => json_schema!({"type": "boolean"}),
            Self::Text { max } => json_schema!({"type": "string", "minLength": 1, "maxLength": max}),
            Self::Words { of } => json_schema!({
                "type": "array", "items": {"type": "string", "enum": of()}, "minItems": 1, "maxItems": MAX_NAMES
            }),
            Self::Labels => json_schema!({
                "type": "array", "items": {"type": "string", "pattern": LABEL_PATTERN},
                "minItems": 1, "maxItems": MAX_NAMES
            }),
            Self::Moment => json_schema!({"type": "string", "format": "date-time"}),
            Self::Box => {
                let longitude = json_schema!({"type": "number", "minimum": -180, "maximum": 180});
                let latitude = json_schema!({"type": "number", "minimum": -90, "maximum": 90});
                json_schema!({
                    "type": "array", "prefixItems": [longitude, latitude, longitude, latitude],
                    "items": false, "minItems": 4, "maxItems": 4
                })
            }
            Self::Cursor => json_schema!({"type": "string", "pattern": CURSOR_PATTERN}),
        }
    }

    /// Whether values are separated by commas.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self, Self::Words { .. } | Self::Labels | Self::Box)
    }
}
