//! The values that a request gives, read as the description of each parameter says. Whatever is not as described is
//! refused with the parameter's name and limits; the value itself is told to nobody.

use std::collections::BTreeMap;

use axum::http::{StatusCode, Uri};
use osmtracker_osm::{BoundingBox, ChangesetId, Coordinate, Timestamp};
use osmtracker_pipeline::ports::ListingCursor;

use super::parameter::{MAX_NAMES, Parameter, Place, Shape};
use crate::{
    percent::{Plus, decode},
    problem::Problem,
};

/// The query of a request.
#[derive(Debug)]
pub(crate) struct Given {
    parameters: &'static [Parameter],
    values: BTreeMap<&'static str, String>,
}

/// Whether parameters that a call does not have are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// A slip of the pen must not answer everything.
    Refused,
    /// As the predecessor did.
    Ignored,
}

/// A box in degrees, in one piece or, across the antimeridian, in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area(BoundingBox, Option<BoundingBox>);

impl Area {
    pub(crate) fn meets(self, other: BoundingBox) -> bool {
        self.0.intersects(other) || self.1.is_some_and(|second| second.intersects(other))
    }
}

impl Given {
    /// Takes the query apart.
    pub(crate) fn read(uri: &Uri, parameters: &'static [Parameter], unknown: Unknown) -> Result<Self, Problem> {
        let mut values = BTreeMap::new();
        for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name, Plus::Space);
            let known = parameters.iter().find(|parameter| Some(parameter.name) == name.as_deref());
            let Some(parameter) = known else {
                if unknown == Unknown::Ignored {
                    continue;
                }
                return Err(unknown_parameter(parameters));
            };
            let Some(value) = decode(value, Plus::Space) else { return Err(refused(parameter)) };
            if values.insert(parameter.name, value).is_some() {
                return Err(Problem::parameter(parameter.name, "given once"));
            }
        }
        Ok(Self { parameters, values })
    }

    pub(crate) fn integer(&self, name: &str) -> Result<Option<u64>, Problem> {
        let read = |value: &str, shape: &Shape| match shape {
            Shape::Integer { min, max, .. } => digits(value).filter(|number| (min..=max).contains(&number)),
            _ => None,
        };
        let default = match self.parameter(name).shape {
            Shape::Integer { default, .. } => default,
            _ => None,
        };
        Ok(self.value(name, read)?.or(default))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        self.value(name, |value, _| value.parse().ok())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        self.value(name, |value, shape| match shape {
            Shape::Text { max } => (1..=*max).contains(&value.chars().count()).then(|| value.to_owned()),
            _ => None,
        })
    }

    /// Words of a closed list, or names of labels; none when nothing is given.
    pub(crate) fn names(&self, name: &str) -> Result<Vec<String>, Problem> {
        let read = |value: &str, shape: &Shape| {
            let names: Vec<_> = value.split(',').map(str::to_owned).collect();
            let is_good = |name: &String| match shape {
                Shape::Words { of } => of().contains(&name.as_str()),
                _ => is_label(name),
            };
            (names.len() <= MAX_NAMES && names.iter().all(is_good)).then_some(names)
        };
        Ok(self.value(name, read)?.unwrap_or_default())
    }

    pub(crate) fn moment(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.value(name, |value, _| moment(value))
    }

    pub(crate) fn area(&self, name: &str) -> Result<Option<Area>, Problem> {
        self.value(name, |value, _| area(value))
    }

    pub(crate) fn cursor(&self, name: &str) -> Result<Option<ListingCursor>, Problem> {
        self.value(name, |value, _| read_cursor(value))
    }

    fn parameter(&self, name: &str) -> &'static Parameter {
        self.parameters.iter().find(|parameter| parameter.name == name).expect("a call asks for its own parameters")
    }

    fn value<T>(&self, name: &str, read: impl Fn(&str, &Shape) -> Option<T>) -> Result<Option<T>, Problem> {
        let parameter = self.parameter(name);
        let Some(value) = self.values.get(name) else { return Ok(None) };
        read(value, &parameter.shape).map(Some).ok_or_else(|| refused(parameter))
    }
}

fn refused(parameter: &Parameter) -> Problem {
    Problem::parameter(parameter.name, parameter.shape.limits())
}

fn unknown_parameter(parameters: &[Parameter]) -> Problem {
    let in_query = parameters.iter().filter(|parameter| parameter.place == Place::Query);
    let names: Vec<_> = in_query.map(|parameter| parameter.name).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Problem::new(StatusCode::BAD_REQUEST, format!("there is a parameter that this call does not have; it has: {known}"))
}

/// The id of a path.
pub(crate) fn id(text: &str) -> Result<ChangesetId, Problem> {
    let limits = super::calls::ID.shape.limits();
    let id = digits(text).filter(|id| (1..=super::parameter::MAX_ID).contains(id));
    id.map(ChangesetId).ok_or_else(|| Problem::parameter(super::calls::ID.name, limits))
}

/// Digits alone: what else Rust takes for a number is no number in a query.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// As [`super::parameter::LABEL_PATTERN`] says.
fn is_label(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// RFC 3339, with the last moment there is for those that an offset puts beyond it.
fn moment(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    // What else the reader of replication states takes is no RFC 3339.
    let (date, time) = (bytes.get(..10)?, bytes.get(10)?);
    if !date.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') || !b"Tt".contains(time) || text.contains(' ') {
        return None;
    }
    let text = text.to_ascii_uppercase();
    text.parse().ok().or_else(|| {
        let local = format!("{}Z", text.get(..19)?).parse::<Timestamp>().ok()?;
        is_offset(text.get(19..)?).then_some(local)
    })
}

/// `Z` or `+01:00`, after a fraction or none.
fn is_offset(text: &str) -> bool {
    let rest = text.strip_prefix('.').map_or(text, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let [sign, hours @ ..] = rest.as_bytes() else { return false };
    let is_digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    matches!(hours, [a, b, b':', c, d] if b"+-".contains(sign) && is_digits(&[*a, *b, *c, *d]))
}

fn area(text: &str) -> Option<Area> {
    let numbers: Vec<f64> = text.split(',').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let [west, south, east, north] = numbers[..] else { return None };
    let (a, b) = (Coordinate::from_degrees(west, south)?, Coordinate::from_degrees(east, north)?);
    let (south, north) = (a.lat.min(b.lat), a.lat.max(b.lat));
    let piece = |west, east| BoundingBox {
        min: Coordinate { lon: west, lat: south },
        max: Coordinate { lon: east, lat: north },
    };
    const EDGE: i32 = 1_800_000_000;
    Some(if a.lon <= b.lon {
        Area(piece(a.lon, b.lon), None)
    } else {
        Area(piece(a.lon, EDGE), Some(piece(-EDGE, b.lon)))
    })
}

/// Writes a place in the listing.
pub(crate) fn write_cursor(cursor: ListingCursor) -> String {
    format!("{:09x}{:016x}", cursor.updated_at.0.clamp(0, 0xf_ffff_ffff), cursor.id.0)
}

fn read_cursor(text: &str) -> Option<ListingCursor> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 25 || !text.bytes().all(is_plain) {
        return None;
    }
    let updated_at = Timestamp(i64::from_str_radix(&text[..9], 16).ok()?);
    let id = i64::from_str_radix(&text[9..], 16).ok()?;
    Some(ListingCursor { updated_at, id: ChangesetId(id.unsigned_abs()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        for (at, id) in [(0, 1), (1_795_338_000, 137_003_062), (0xf_ffff_ffff, i64::MAX.unsigned_abs())] {
            let cursor = ListingCursor { updated_at: Timestamp(at), id: ChangesetId(id) };
            assert_eq!(read_cursor(&write_cursor(cursor)), Some(cursor));
        }
        for text in
            ["", "0", "06b0291d08000000000000001", "06b0291d0000000000000000g", "06B0291d00000000000000001", "ø"]
        {
            assert_eq!(read_cursor(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_those_of_rfc_3339() {
        for text in [
            "2026-11-22T09:38:43Z",
            "2026-11-22t09:38:43.5z",
            "2026-11-22T10:38:43+01:00",
            "9999-12-31T23:59:59-23:59",
            "0001-01-01T00:00:00+23:59",
            "2016-12-31T23:59:60Z",
        ] {
            assert!(moment(text).is_some(), "{text}");
        }
        assert_eq!(moment("2026-11-22T10:38:43+01:00"), moment("2026-11-22T09:38:43Z"));
        for text in
            ["", "2026-11-22", "2026-11-22 09:38:43Z", "2026-11-22T09:38:43", "2026-02-30T09:38:43Z", "yesterday"]
        {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_box_may_cross_the_antimeridian() {
        let at = |lon, lat| BoundingBox::of(Coordinate::from_degrees(lon, lat).unwrap());
        let fiji = area("177,-20,-178,-12").unwrap();
        assert!(fiji.meets(at(179.0, -17.0)) && fiji.meets(at(-179.0, -17.0)));
        assert!(!fiji.meets(at(0.0, -17.0)) && !fiji.meets(at(179.0, 17.0)));
        assert_eq!(area("1,2,3,4"), area("1,4,3,2"), "either latitude may come first");
        for text in ["", "1,2,3", "1,2,3,4,5", "1,2,3,91", "nan,2,3,4", "inf,2,3,4", "a,b,c,d", "1, 2,3,4"] {
            assert_eq!(area(text), None, "{text}");
        }
    }
}
