//! Numbers, coordinates and truth values in attributes.

/// A number without a sign.
#[inline]
pub(super) fn unsigned(text: &str) -> Option<u64> {
    let digits = text.as_bytes();
    if digits.is_empty() {
        return None;
    }
    if digits.len() > 19 {
        return digits.iter().all(u8::is_ascii_digit).then(|| text.parse().ok()).flatten();
    }
    digits.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| value * 10 + u64::from(digit))
    })
}

/// A number that may be negative.
#[inline]
pub(super) fn signed(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(digits) => 0_i64.checked_sub_unsigned(unsigned(digits)?),
        None => i64::try_from(unsigned(text)?).ok(),
    }
}

/// `true` or `false`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

const LAT_LIMIT: i64 = 900_000_000;
const LON_LIMIT: i64 = 1_800_000_000;

/// A latitude in 1e-7 degrees.
#[inline]
pub(super) fn latitude(text: &str) -> Option<i32> {
    degrees(text, LAT_LIMIT)
}

/// A longitude in 1e-7 degrees.
#[inline]
pub(super) fn longitude(text: &str) -> Option<i32> {
    degrees(text, LON_LIMIT)
}

#[inline]
fn degrees(text: &str, limit: i64) -> Option<i32> {
    let value = fixed_point(text.as_bytes()).or_else(|| floating_point(text))?;
    if !(-limit..=limit).contains(&value) {
        return None;
    }
    i32::try_from(value).ok()
}

/// `-12.3456789` in 1e-7, at most three digits before the point and seven after it; `None` for all other forms.
#[inline]
fn fixed_point(text: &[u8]) -> Option<i64> {
    const POWERS: [i64; 8] = [10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > 11 {
        return None;
    }
    let mut value = 0_i64;
    let mut point = None;
    for (at, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            value = value * 10 + i64::from(digit);
        } else if byte == b'.' && point.is_none() && at > 0 {
            point = Some(at);
        } else {
            return None;
        }
    }
    let fraction = match point {
        Some(at) => digits.len() - at - 1,
        None if digits.is_empty() => return None,
        None => 0,
    };
    let value = value * POWERS.get(fraction)?;
    Some(if negative { -value } else { value })
}

/// All other forms: more digits, which are rounded, an exponent, a plus sign. Exact to 1e-7: a double has 15 digits.
#[cold]
fn floating_point(text: &str) -> Option<i64> {
    let is_decimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let value = is_decimal.then(|| text.parse::<f64>().ok()).flatten()? * crate::Coordinate::SCALE;
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates, and the caller checks the range")]
    value.is_finite().then(|| value.round() as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn coordinates_are_exact() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("0.0000001", Some(1)),
            ("-0.0000001", Some(-1)),
            ("48.7221143", Some(487_221_143)),
            ("48", Some(480_000_000)),
            ("48.", Some(480_000_000)),
            (".5", Some(5_000_000)),
            ("+1.5", Some(15_000_000)),
            ("-90.0000000", Some(-900_000_000)),
            ("90.00000000000", Some(900_000_000)),
            ("1.23456785", Some(12_345_679)),
            ("1.234567849999", Some(12_345_678)),
            ("-7.62939453125e-05", Some(-763)),
            ("1E1", Some(100_000_000)),
            ("00000000000001.5", Some(15_000_000)),
            ("90.0000001", None),
            ("1000", None),
            ("", None),
            ("-", None),
            (".", None),
            ("1.2.3", None),
            ("1,5", None),
            (" 1", None),
            ("NaN", None),
            ("inf", None),
            ("1e999", None),
            ("0x10", None),
            ("--1", None),
        ] {
            assert_eq!(latitude(text), expected, "{text:?}");
        }
        assert_eq!(longitude("-180"), Some(-1_800_000_000));
        assert_eq!(longitude("180.0000001"), None);
    }

    #[test]
    fn numbers_do_not_overflow() {
        assert_eq!(unsigned("18446744073709551615"), Some(u64::MAX));
        assert_eq!(unsigned("9999999999999999999"), Some(9_999_999_999_999_999_999));
        assert_eq!(signed("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(signed("9223372036854775807"), Some(i64::MAX));
        for text in ["", "-", "18446744073709551616", "+1", "1 ", "١", "1e3", "99999999999999999999999"] {
            assert_eq!(unsigned(text), None, "{text:?}");
        }
        for text in ["--1", "9223372036854775808", "-9223372036854775809", "+1", ""] {
            assert_eq!(signed(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_fixed_point_reads_is_what_was_written(value in -900_000_000_i32..=900_000_000) {
            let sign = if value < 0 { "-" } else { "" };
            let magnitude = value.unsigned_abs();
            let text = format!("{sign}{}.{:07}", magnitude / 10_000_000, magnitude % 10_000_000);
            prop_assert_eq!(latitude(&text), Some(value));
            prop_assert_eq!(latitude(&format!("{text}0000")), Some(value));
            prop_assert_eq!(floating_point(&text), Some(i64::from(value)));
        }
    }
}
