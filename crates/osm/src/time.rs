use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A moment in whole seconds since 1970-01-01T00:00:00Z, which is OSM's own resolution.
///
/// Displayed and serialised as `2026-11-22T09:38:43Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// Text that is no date and time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time such as 2026-11-22T09:38:43Z: {0:?}")]
pub struct ParseTimestampError(pub String);

impl Timestamp {
    /// Seconds from `earlier` to this one; negative when this one is the earlier.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment and so long, in whole seconds.
    #[must_use]
    pub fn plus(self, duration: std::time::Duration) -> Self {
        self.plus_seconds(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
    }

    /// This moment and so many seconds.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// Reads RFC 3339; also the variants of replication state: a space for the `T`, fractions, ` +00:00` or ` Z`.
    /// Fractions are cut off.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if let Some(timestamp) = parse_iso_seconds(s.as_bytes()) {
            return Ok(timestamp);
        }
        let mut text = s.trim().replacen(' ', "T", 1).replace(' ', "");
        if text.ends_with("UTC") {
            text.replace_range(text.len() - 3.., "Z");
        }
        text.parse::<jiff::Timestamp>()
            .map(|timestamp| Self(timestamp.as_nanosecond().div_euclid(1_000_000_000) as i64))
            .map_err(|_| ParseTimestampError(s.to_owned()))
    }
}

/// The one form that OSM writes millions of times: `2016-07-16T06:28:02Z`.
fn parse_iso_seconds(text: &[u8]) -> Option<Timestamp> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
    if separators.iter().any(|&(at, byte)| text[at] != byte) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        text[range]
            .iter()
            .try_fold(0i64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let month_days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=month_days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days of the civil calendar with years that begin in March, so that the leap day is the last one.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, year_of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(Timestamp(days * 86_400 + hour * 3_600 + minute * 60 + second))
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_form_agrees_with_jiff() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2004-02-29T23:59:59Z",
            "2016-07-16T06:28:02Z",
            "2000-03-01T00:00:00Z",
            "2100-02-28T12:00:00Z",
        ] {
            let expected = text.parse::<jiff::Timestamp>().unwrap().as_second();
            assert_eq!(parse_iso_seconds(text.as_bytes()), Some(Timestamp(expected)), "{text}");
            assert_eq!(Timestamp(expected).to_string(), text);
        }
        for text in ["2001-02-29T00:00:00Z", "2001-13-01T00:00:00Z", "2001-01-01T24:00:00Z", "2001-01-01 00:00:00Z"] {
            assert_eq!(parse_iso_seconds(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_forms_of_replication_state_are_read() {
        let expected = "2018-11-25T14:07:02Z".parse::<Timestamp>().unwrap();
        for text in [
            "2018-11-25 14:07:02.069617000 +00:00",
            "2018-11-25 14:07:02.069617000 Z",
            "2018-11-25 14:07:02 Z",
            "2018-11-25 14:07:02 UTC",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap(), expected, "{text}");
        }
        assert!("yesterday".parse::<Timestamp>().is_err());
    }
}
