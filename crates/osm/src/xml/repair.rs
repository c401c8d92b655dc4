//! Mends what makes an answer no XML although the server meant it: forbidden characters in a stranger's text.

use super::characters;

const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Puts U+FFFD in the place of each character that XML forbids, raw or as a numeric reference (`&#11;`), and tells how
/// many there were; `None` when there were none.
///
/// The API writes such characters into its answers when they occur in a comment, which makes the whole answer
/// unreadable for XML parsers. Bytes that are no UTF-8 stay as they are.
#[must_use]
pub fn repair_control_characters(document: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut repaired = Vec::new();
    let mut copied = 0;
    let mut count = 0;
    let mut at = 0;
    while at < document.len() {
        let length = forbidden_length(&document[at..]);
        if length == 0 {
            at += 1;
            continue;
        }
        repaired.extend_from_slice(&document[copied..at]);
        repaired.extend_from_slice(REPLACEMENT);
        at += length;
        copied = at;
        count += 1;
    }
    repaired.extend_from_slice(&document[copied..]);
    (count > 0).then_some((repaired, count))
}

/// Bytes of the forbidden character at the beginning, 0 when there is none.
fn forbidden_length(bytes: &[u8]) -> usize {
    match bytes {
        [b'\t' | b'\n' | b'\r', ..] => 0,
        [0..=0x1f, ..] => 1,
        [0xef, 0xbf, 0xbe | 0xbf, ..] => 3,
        [b'&', b'#', ..] => forbidden_reference_length(bytes),
        _ => 0,
    }
}

fn forbidden_reference_length(bytes: &[u8]) -> usize {
    // Leading zeros aside, the longest that names a character is `&#x10FFFF;`.
    const LONGEST: usize = 32;
    let Some(end) = memchr::memchr(b';', &bytes[..bytes.len().min(LONGEST)]) else { return 0 };
    let code = std::str::from_utf8(&bytes[1..end]).ok().and_then(characters::numeric_reference);
    match code.map(char::from_u32) {
        Some(Some(c)) if characters::is_allowed(c) => 0,
        Some(_) => end + 1,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_become_replacement_characters() {
        let (repaired, count) = repair_control_characters(b"a\x0bb&#11;c&#xB;d&#0;e\xef\xbf\xbff&#xD800;g").unwrap();
        assert_eq!(String::from_utf8(repaired).unwrap(), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}g");
        assert_eq!(count, 6);
    }

    #[test]
    fn what_is_allowed_stays() {
        for text in ["", "a\tb\nc\r\n", "&#10;&#x1F600;&amp;&#228;", "&#;", "&#x", "ä\u{fffd}😀", "&# 11;", "&"] {
            assert_eq!(repair_control_characters(text.as_bytes()), None, "{text:?}");
        }
    }
}
