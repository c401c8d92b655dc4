use jiff::{Span, civil, tz::TimeZone};
use osmtracker_osm::{ChangesetSequence, Timestamp};

use super::reader::{Reader, Section};
use super::tree::Value;

/// Where following begins when nothing was followed yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StartFrom {
    /// With the newest file of the feed.
    Head,
    /// With this file.
    Sequence(ChangesetSequence),
    /// With the last file at or before a moment.
    Since(Moment),
}

/// A moment as people write it: a point in time, or so long ago.
#[derive(Clone, Copy, Debug)]
pub struct Moment(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    At(Timestamp),
    /// Positive.
    Ago(Span),
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (Kind::At(a), Kind::At(b)) => a == b,
            (Kind::Ago(a), Kind::Ago(b)) => a.fieldwise() == b.fieldwise(),
            _ => false,
        }
    }
}

impl Moment {
    /// The moment as seen from `now`; months and years are those of the calendar in UTC.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self.0 {
            Kind::At(timestamp) => timestamp,
            Kind::Ago(span) => {
                let now = jiff::Timestamp::from_second(now.0).unwrap_or(jiff::Timestamp::MAX).to_zoned(TimeZone::UTC);
                Timestamp(now.saturating_sub(span).timestamp().as_second())
            }
        }
    }
}

/// A text that is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no moment; write it as 2026-11-22T09:00Z, as 2026-11-22 (midnight UTC), or as \"2 hours ago\"")]
pub struct ParseMomentError(String);

impl std::str::FromStr for Moment {
    type Err = ParseMomentError;

    /// Reads RFC 3339 with or without seconds, a date and time or a date alone in UTC, and `2 hours ago`, `90m`, `P1D`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let at = point(text).map(|timestamp| Kind::At(Timestamp(timestamp.as_second())));
        let ago = || text.parse::<Span>().ok().filter(|span| !span.is_zero()).map(|span| Kind::Ago(span.abs()));
        at.or_else(ago).map(Self).ok_or_else(|| ParseMomentError(text.to_owned()))
    }
}

fn point(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok().or_else(|| {
        let civil: civil::DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

/// Reads `since` and `from_sequence`, of which one may be given.
pub(super) fn read(reader: &mut Reader<'_>, root: &mut Section) -> StartFrom {
    let since = reader.text(root, "since");
    let sequence = root.take("from_sequence");
    if let (Some(since), Some(_)) = (&since, &sequence) {
        reader.wrong(&since.origin, "`since` and `from_sequence` cannot both be given; remove one of them");
        return StartFrom::Head;
    }
    if let Some(node) = sequence {
        return match node.value {
            Value::Integer(Some(number)) if number > 0 => StartFrom::Sequence(ChangesetSequence(number.unsigned_abs())),
            other => {
                reader.wrong_kind("from_sequence", "a whole number above 0", &node.origin, &other);
                StartFrom::Head
            }
        };
    }
    let Some(since) = since else { return StartFrom::Head };
    match since.value.parse() {
        Ok(moment) => StartFrom::Since(moment),
        Err(error) => {
            let error: ParseMomentError = error;
            reader.wrong(&since.origin, error.to_string());
            StartFrom::Head
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> String {
        let now = "2026-11-22T09:38:43Z".parse().unwrap();
        text.parse::<Moment>().unwrap().at(now).to_string()
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        for (text, expected) in [
            ("2 hours ago", "2026-11-22T07:38:43Z"),
            ("2 hours", "2026-11-22T07:38:43Z"),
            ("90m", "2026-11-22T08:08:43Z"),
            ("1 day ago", "2026-11-21T09:38:43Z"),
            ("1 month ago", "2026-10-22T09:38:43Z"),
            ("P1DT1H", "2026-11-21T08:38:43Z"),
            ("2026-11-22T09:00Z", "2026-11-22T09:00:00Z"),
            ("2026-11-22T09:00:30Z", "2026-11-22T09:00:30Z"),
            ("2026-11-22T10:00+01:00", "2026-11-22T09:00:00Z"),
            ("2026-11-22 09:00", "2026-11-22T09:00:00Z"),
            ("2026-11-22T09:00", "2026-11-22T09:00:00Z"),
            ("2026-11-22", "2026-11-22T00:00:00Z"),
        ] {
            assert_eq!(at(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "yesterday", "2026-13-01", "0 hours", "hours ago", "2026"] {
            assert!(text.parse::<Moment>().is_err(), "{text:?}");
        }
    }
}
