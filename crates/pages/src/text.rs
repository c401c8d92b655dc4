//! Numbers, lengths, times and addresses as text.

use osmtracker_analysis::{Digest, Length, TypeCounts};
use osmtracker_osm::{ElementType, Timestamp};

/// `10,000`.
pub(crate) fn count(n: impl Into<u64>) -> String {
    let digits = n.into().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A length in a `usize` as [`count`] shows it.
pub(crate) fn count_of(n: usize) -> String {
    count(n as u64)
}

/// `1 way`, `2 ways`.
pub(crate) fn plural(n: impl Into<u64>, one: &str) -> String {
    let n = n.into();
    format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" })
}

/// `2 nodes, 1 way`; empty when there are none. `untagged` of the nodes are left out.
pub(crate) fn type_counts(counts: TypeCounts, untagged: u32) -> String {
    let parts = ElementType::ALL.into_iter().filter_map(|kind| {
        let skipped = if kind == ElementType::Node { untagged } else { 0 };
        let n = counts.of(kind).saturating_sub(skipped);
        (n > 0).then(|| plural(n, kind.as_str()))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// `850 m`, `1.2 km`, `120 km`, `4 cm`: two to three digits that say something.
pub(crate) fn metres(metres: f64) -> String {
    let size = metres.abs();
    if size >= 99_950.0 {
        format!("{:.0} km", metres / 1000.0)
    } else if size >= 999.5 {
        format!("{:.1} km", metres / 1000.0)
    } else if size >= 9.95 {
        format!("{metres:.0} m")
    } else if size >= 0.995 {
        format!("{metres:.1} m")
    } else {
        format!("{:.0} cm", metres * 100.0)
    }
}

/// A length with its sign, for differences: `+850 m`, `−1.2 km`.
pub(crate) fn signed_metres(value: f64) -> String {
    let sign = if value < 0.0 { "\u{2212}" } else { "+" };
    format!("{sign}{}", metres(value.abs()))
}

/// A length, or a dash when it rounds to nothing.
pub(crate) fn metres_or_dash(value: f64) -> String {
    if value.abs() < 0.5 { "–".to_owned() } else { metres(value) }
}

/// A difference, or a dash when it rounds to nothing.
pub(crate) fn signed_or_dash(value: f64) -> String {
    if value.abs() < 0.5 { "–".to_owned() } else { signed_metres(value) }
}

/// Sum of lengths.
pub(crate) fn sum<'a>(lengths: impl IntoIterator<Item = &'a Length>) -> Length {
    lengths.into_iter().fold(Length::default(), |sum, length| Length {
        created: sum.created + length.created,
        deleted: sum.deleted + length.deleted,
        changed: sum.changed + length.changed,
    })
}

/// What happened to ways of one kind: `+1.2 km, −300 m, ±20 m` (created, deleted, changed); empty when nothing did.
pub(crate) fn lengths(length: Length) -> String {
    let mut parts = Vec::new();
    if length.created >= 0.5 {
        parts.push(format!("+{}", metres(length.created)));
    }
    if length.deleted >= 0.5 {
        parts.push(format!("\u{2212}{}", metres(length.deleted)));
    }
    if length.changed.abs() >= 0.5 {
        parts.push(format!("{} by reshaping", signed_metres(length.changed)));
    }
    parts.join(", ")
}

/// `2026-11-22 09:38 UTC`.
pub(crate) fn time(time: Timestamp) -> String {
    let text = time.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(date), Some(minute)) => format!("{date} {minute} UTC"),
        _ => text,
    }
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`, so that it is one segment or one value of an address.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for nibble in [byte >> 4, byte & 15] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
    encoded
}

/// The text as an address that may be linked: `http` or `https`, one word, with a host.
pub(crate) fn web_address(text: &str) -> Option<&str> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.get(..scheme.len())?.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..]))?;
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    (plain && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')).then_some(text)
}

/// What a digest tells, on one line: `created 2 nodes, 1 way; + building=yes ×124; ± highway: track → path`.
pub(crate) fn one_line(digest: &Digest) -> String {
    let counts = crate::row::counts(&digest.summary).map(|counts| counts.to_string());
    let chips = crate::row::tag_chips(&digest.tag_diff, LINE_TAGS).into_iter().map(|chip| chip.to_string());
    counts.chain(chips).collect::<Vec<_>>().join("; ")
}

/// Tag changes of each kind that one line of text shows.
const LINE_TAGS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_read_well() {
        assert_eq!([0u32, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1u32, 2].map(|n| plural(n, "way")), ["1 way", "2 ways"]);
        let lengths = [0.04, 0.996, 14.24, 999.4, 999.6, 12_340.0, 120_400.0].map(metres);
        assert_eq!(lengths, ["4 cm", "1.0 m", "14 m", "999 m", "1.0 km", "12.3 km", "120 km"]);
        assert_eq!(signed_metres(-20.0), "\u{2212}20 m");
    }

    #[test]
    fn names_become_one_segment() {
        assert_eq!(percent_encode("a/b?c#d e%ü"), "a%2Fb%3Fc%23d%20e%25%C3%BC");
        assert_eq!(percent_encode("../.."), "..%2F..");
    }

    #[test]
    fn only_plain_web_addresses_are_linked() {
        for text in ["https://example.org/a?b=c", "HTTP://example.org", "https://[::1]/"] {
            assert_eq!(web_address(text), Some(text));
        }
        for text in [
            "javascript:alert(1)",
            " https://example.org",
            "https://example.org; survey",
            "https://",
            "https:///etc",
            "https://a\"b",
            "data:text/html,x",
            "//example.org",
            "httpsé://x",
            "é",
        ] {
            assert_eq!(web_address(text), None, "{text}");
        }
    }
}
