//! The attributes of one tag, read in place.

use std::borrow::Cow;

use super::{
    characters,
    limits::{ATTRIBUTES, VALUE_BYTES},
    values,
};
use crate::{
    ReadError, ReadErrorKind, Timestamp,
    error::{LimitReached, excerpt},
};

/// The attributes of one tag in document order.
#[derive(Debug)]
pub(super) struct Attributes<'t> {
    text: &'t str,
    at: usize,
    /// Offset of `text` in the document.
    offset: u64,
    count: usize,
    /// A bit for each name seen, by a hash: names are compared only when two have the same bit.
    seen: u64,
}

/// One attribute with its value as it stands in the document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'t> {
    pub(super) name: &'t str,
    raw: &'t str,
    offset: u64,
}

impl<'t> Attributes<'t> {
    /// `text` is what follows the tag's name.
    pub(super) fn new(text: &'t str, offset: u64) -> Self {
        Self { text, at: 0, offset, count: 0, seen: 0 }
    }

    /// The next attribute; `None` after the last one.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<Attribute<'t>>, ReadError> {
        let bytes = self.text.as_bytes();
        let before = self.at;
        let start = skip_space(bytes, before);
        if start == bytes.len() {
            return Ok(None);
        }
        if start == before {
            return Err(self.syntax(start, "no space before an attribute"));
        }
        let mut end = start;
        while end < bytes.len() && !is_space(bytes[end]) && bytes[end] != b'=' {
            end += 1;
        }
        let equals = skip_space(bytes, end);
        if end == start || bytes.get(equals) != Some(&b'=') {
            return Err(self.syntax(start, "an attribute without a value"));
        }
        let open = skip_space(bytes, equals + 1);
        let quote = match bytes.get(open) {
            Some(&quote) if matches!(quote, b'"' | b'\'') => quote,
            _ => return Err(self.syntax(start, "an attribute value without quotes")),
        };
        let first = open + 1;
        let Some(length) = find(quote, &bytes[first..]) else {
            return Err(self.syntax(start, "an attribute value is not closed"));
        };
        self.at = first + length + 1;
        self.count_name(start, end)?;
        Ok(Some(Attribute {
            name: &self.text[start..end],
            raw: &self.text[first..first + length],
            offset: self.offset + first as u64,
        }))
    }

    #[inline]
    fn count_name(&mut self, start: usize, end: usize) -> Result<(), ReadError> {
        let name = &self.text.as_bytes()[start..end];
        self.count += 1;
        // Tells the names of each OSM tag apart (but for one pair), found by trying.
        let hash = usize::from(name[1.min(name.len() - 1)]) + usize::from(name[name.len() - 1]) + name.len() * 2;
        let bit = 1 << (hash & 63);
        if self.seen & bit != 0 || self.count > ATTRIBUTES {
            self.check_name(start, end)?;
        }
        self.seen |= bit;
        Ok(())
    }

    #[cold]
    fn check_name(&self, start: usize, end: usize) -> Result<(), ReadError> {
        if self.count > ATTRIBUTES {
            let limit = LimitReached { what: "attributes in one element", limit: ATTRIBUTES as u64 };
            return Err(ReadError::new(self.offset + start as u64, limit.into()));
        }
        let mut earlier = Self::new(&self.text[..start], self.offset);
        while let Some(attribute) = earlier.next_unchecked() {
            if attribute == &self.text[start..end] {
                return Err(self.syntax(start, "an attribute occurs twice"));
            }
        }
        Ok(())
    }

    /// The names of attributes that [`Self::next`] has accepted already.
    fn next_unchecked(&mut self) -> Option<&'t str> {
        let bytes = self.text.as_bytes();
        let start = skip_space(bytes, self.at);
        let equals = start + memchr::memchr(b'=', bytes.get(start..)?)?;
        let open = skip_space(bytes, equals + 1);
        let length = memchr::memchr(*bytes.get(open)?, &bytes[open + 1..])?;
        self.at = open + length + 2;
        Some(self.text[start..equals].trim_end())
    }

    #[cold]
    fn syntax(&self, at: usize, message: &str) -> ReadError {
        ReadError::new(self.offset + at as u64, ReadErrorKind::Syntax(message.to_owned()))
    }
}

impl<'t> Attribute<'t> {
    /// The value as text.
    #[inline]
    pub(super) fn text(&self) -> Result<Cow<'t, str>, ReadError> {
        if self.raw.len() > VALUE_BYTES {
            let limit = LimitReached { what: "bytes in one attribute", limit: VALUE_BYTES as u64 };
            return Err(ReadError::new(self.offset, limit.into()));
        }
        characters::attribute_value(self.raw).map_err(|kind| ReadError::new(self.offset, kind))
    }

    #[inline]
    pub(super) fn unsigned(&self) -> Result<u64, ReadError> {
        self.parse("a whole number", values::unsigned)
    }

    #[inline]
    pub(super) fn signed(&self) -> Result<i64, ReadError> {
        self.parse("a whole number", values::signed)
    }

    #[inline]
    pub(super) fn small(&self) -> Result<u32, ReadError> {
        self.parse("a whole number below 4294967296", |text| u32::try_from(values::unsigned(text)?).ok())
    }

    #[inline]
    pub(super) fn latitude(&self) -> Result<i32, ReadError> {
        self.parse("a latitude from -90 to 90", values::latitude)
    }

    #[inline]
    pub(super) fn longitude(&self) -> Result<i32, ReadError> {
        self.parse("a longitude from -180 to 180", values::longitude)
    }

    #[inline]
    pub(super) fn timestamp(&self) -> Result<Timestamp, ReadError> {
        self.parse("a date and time such as 2026-11-22T09:38:43Z", |text| text.parse().ok())
    }

    #[inline]
    pub(super) fn boolean(&self) -> Result<bool, ReadError> {
        self.parse("true or false", values::boolean)
    }

    /// The value by any rule; `expected` says what the rule wants.
    #[inline]
    pub(super) fn parse<T>(&self, expected: &'static str, rule: impl Fn(&str) -> Option<T>) -> Result<T, ReadError> {
        match rule(self.raw) {
            Some(value) => Ok(value),
            None => self.parse_escaped(expected, rule),
        }
    }

    /// A number may be written with references, although nobody does.
    #[cold]
    fn parse_escaped<T>(&self, expected: &'static str, rule: impl Fn(&str) -> Option<T>) -> Result<T, ReadError> {
        let text = self.text()?;
        rule(&text).ok_or_else(|| {
            let (attribute, value) = (excerpt(self.name), excerpt(&text));
            ReadError::new(self.offset, ReadErrorKind::BadAttribute { attribute, value, expected })
        })
    }
}

/// Finds a byte that is near: most values have under sixteen bytes, so a call of a vector routine does not pay.
#[inline]
fn find(needle: u8, bytes: &[u8]) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let pattern = LOW * u64::from(needle);
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate().take(4) {
        let equal = u64::from_le_bytes(*word) ^ pattern;
        // The lowest high bit that is set marks the first byte that is zero.
        let found = equal.wrapping_sub(LOW) & !equal & HIGH;
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    if words.len() > 4 {
        return memchr::memchr(needle, &bytes[32..]).map(|at| at + 32);
    }
    rest.iter().position(|&byte| byte == needle).map(|at| words.len() * 8 + at)
}

#[inline]
fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && is_space(bytes[at]) {
        at += 1;
    }
    at
}

#[inline]
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let mut attributes = Attributes::new(text, 100);
        let mut pairs = Vec::new();
        while let Some(attribute) = attributes.next().map_err(|error| error.to_string())? {
            pairs.push((attribute.name.to_owned(), attribute.text().map_err(|error| error.to_string())?.into_owned()));
        }
        Ok(pairs)
    }

    #[test]
    fn both_quotes_and_any_space_are_read() {
        let pairs = read(" a=\"1\"\n\tb = '\"' c='>'  ").unwrap();
        let expected = [("a", "1"), ("b", "\""), ("c", ">")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs, expected);
        assert_eq!(read("").unwrap(), []);
    }

    #[test]
    fn what_is_no_attribute_is_an_error_at_its_byte() {
        for (text, error) in [
            (" a", "at byte 101: not well-formed XML: an attribute without a value"),
            (" a=1", "at byte 101: not well-formed XML: an attribute value without quotes"),
            (" a=", "at byte 101: not well-formed XML: an attribute value without quotes"),
            (" =\"1\"", "at byte 101: not well-formed XML: an attribute without a value"),
            (" a=\"1\"b=\"2\"", "at byte 106: not well-formed XML: no space before an attribute"),
            (" a=\"1", "at byte 101: not well-formed XML: an attribute value is not closed"),
            (" a=\"1\" b=\"2\" a=\"3\"", "at byte 113: not well-formed XML: an attribute occurs twice"),
            (" a=\"&x;\"", "at byte 104: not well-formed XML: unknown reference &x;"),
        ] {
            assert_eq!(read(text).unwrap_err(), error, "{text:?}");
        }
    }

    #[test]
    fn names_with_the_same_hash_are_told_apart() {
        let names: Vec<String> = (0..ATTRIBUTES).map(|n| format!("x{n:02}")).collect();
        let text: String = names.iter().map(|name| format!(" {name} = \"1\"")).collect();
        assert_eq!(read(&text).unwrap().len(), ATTRIBUTES);
        let error = read(&format!("{text} y=\"1\"")).unwrap_err();
        assert!(error.ends_with("more than 64 attributes in one element"), "{error}");
    }

    #[test]
    fn the_closing_quote_is_found_at_any_distance() {
        for length in 0..100 {
            let text = format!("{}\"{}", "é".repeat(length / 2) + &"x".repeat(length % 2), "\"x".repeat(20));
            assert_eq!(find(b'"', text.as_bytes()), Some(length));
            assert_eq!(find(b'\'', text.as_bytes()), None);
        }
    }

    #[test]
    fn numbers_may_be_written_with_references() {
        let mut attributes = Attributes::new(" id=\"&#49;2\"", 0);
        assert_eq!(attributes.next().unwrap().unwrap().unsigned().unwrap(), 12);
    }
}
