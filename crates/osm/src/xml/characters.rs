//! Characters and references: what XML allows, and what a raw value stands for.

use std::borrow::Cow;

use crate::error::ReadErrorKind;

/// Whether XML 1.0 allows the character in a document (its production `Char`).
pub(super) fn is_allowed(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// What an attribute's raw text stands for: references resolved, white space made spaces as XML demands.
#[inline]
pub(super) fn attribute_value(raw: &str) -> Result<Cow<'_, str>, ReadErrorKind> {
    if is_plain(raw) { Ok(Cow::Borrowed(raw)) } else { unescape(raw).map(Cow::Owned) }
}

/// Whether the text is what it stands for: allowed characters without `&`, `<` and white space other than spaces.
///
/// Branch-free over all bytes, so that the compiler can use vector instructions.
#[inline]
fn is_plain(raw: &str) -> bool {
    let mut special = false;
    let mut beyond_ascii = false;
    for &byte in raw.as_bytes() {
        special |= (byte < b' ') | (byte == b'&') | (byte == b'<');
        beyond_ascii |= byte >= 0x80;
    }
    if special {
        return false;
    }
    !beyond_ascii || !has_noncharacter(raw)
}

/// U+FFFE and U+FFFF are `EF BF BE` and `EF BF BF` in UTF-8.
fn has_noncharacter(raw: &str) -> bool {
    memchr::memchr_iter(0xef, raw.as_bytes()).any(|at| matches!(raw.as_bytes()[at..], [0xef, 0xbf, 0xbe | 0xbf, ..]))
}

fn unescape(raw: &str) -> Result<String, ReadErrorKind> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '&' => {
                let end = rest.find(';').ok_or_else(|| syntax("a reference is not closed by a semicolon"))?;
                text.push(reference(&rest[..end])?);
                rest = &rest[end + 1..];
            }
            '<' => return Err(syntax("< in an attribute value")),
            '\r' if rest.starts_with('\n') => {}
            '\t' | '\n' | '\r' => text.push(' '),
            c if is_allowed(c) => text.push(c),
            c => return Err(ReadErrorKind::ControlCharacter(c.into())),
        }
    }
    Ok(text)
}

/// What stands between `&` and `;`: one of the five predefined names or a number. There is no other without a
/// document type declaration.
pub(super) fn reference(name: &str) -> Result<char, ReadErrorKind> {
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => {
            let code = numeric_reference(name)
                .ok_or_else(|| syntax(&format!("unknown reference &{};", crate::error::excerpt(name))))?;
            char::from_u32(code).filter(|&c| is_allowed(c)).ok_or(ReadErrorKind::ControlCharacter(code))
        }
    }
}

/// The number in `#11` or `#xB`; what overflows is as wrong as any other number that names no character.
pub(super) fn numeric_reference(name: &str) -> Option<u32> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let all_digits = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    all_digits.then(|| u32::from_str_radix(digits, radix).unwrap_or(u32::MAX))
}

fn syntax(message: &str) -> ReadErrorKind {
    ReadErrorKind::Syntax(message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(raw: &str) -> Result<String, String> {
        attribute_value(raw).map(Cow::into_owned).map_err(|error| error.to_string())
    }

    #[test]
    fn references_are_resolved() {
        assert_eq!(value("&lt;a&gt; &amp; &quot;b&quot; &apos;").unwrap(), "<a> & \"b\" '");
        assert_eq!(value("&#228;&#xE4;&#x1F600;&#10;").unwrap(), "ää😀\n");
        assert_eq!(value("&amp;lt;").unwrap(), "&lt;", "once only");
    }

    #[test]
    fn unknown_and_broken_references_are_errors() {
        for raw in ["&nbsp;", "&", "&amp", "&;", "&#;", "&#x;", "&#xg;", "&#+9;", "&#-9;", "a < b"] {
            assert!(value(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn forbidden_characters_are_errors_raw_and_as_references() {
        for raw in
            ["\u{b}", "&#11;", "&#xB;", "&#0;", "&#xD800;", "&#x110000;", "&#99999999999;", "\u{ffff}", "\u{fffe}"]
        {
            assert!(matches!(attribute_value(raw), Err(ReadErrorKind::ControlCharacter(_))), "{raw:?}");
        }
        assert_eq!(value("\u{fffd}\u{7f}\u{85}ﾟ").unwrap(), "\u{fffd}\u{7f}\u{85}ﾟ");
    }

    #[test]
    fn raw_white_space_becomes_spaces() {
        assert_eq!(value("a\nb\tc\r\nd\re").unwrap(), "a b c d e");
    }
}
