//! Where in an expression's text a name stands: syntax trees carry rough places only.

use std::ops::Range;

/// Names and numbers of the text with their places. What is inside quotes is none.
pub(crate) fn words(source: &str) -> Vec<Range<usize>> {
    let bytes = source.as_bytes();
    let part_of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            quote @ (b'"' | b'\'') => at = after_text(bytes, at, quote),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
            }
            byte if part_of_word(byte) => {
                while at < bytes.len() && part_of_word(bytes[at]) {
                    at += 1;
                }
                words.push(start..at);
            }
            _ => at += 1,
        }
    }
    words
}

/// The end of a quoted text.
fn after_text(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The place of a word at or after a byte; else its first place; else everything.
pub(crate) fn find_word(source: &str, word: &str, from: usize) -> Range<usize> {
    let places = words(source).into_iter().filter(|range| &source[range.clone()] == word).collect::<Vec<_>>();
    let after = places.iter().find(|range| range.start >= from);
    after.or(places.first()).cloned().unwrap_or(0..source.len())
}

/// The deepest nesting of brackets, quoted text left out.
pub(crate) fn nesting(source: &str) -> usize {
    let bytes = source.as_bytes();
    let (mut depth, mut deepest, mut at) = (0usize, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                at = after_text(bytes, at, quote);
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
        at += 1;
    }
    deepest
}

/// The byte of a line and column, both from 1, columns in characters.
pub(crate) fn byte_of(source: &str, line: usize, column: usize) -> usize {
    let lines = source.split_inclusive('\n').take(line.saturating_sub(1));
    let start = lines.map(str::len).sum::<usize>();
    let rest = &source[start.min(source.len())..];
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_quotes_and_comments_are_none() {
        let source = r#"a.b == "a \" b" && 'c' in d // a
            || b"#;
        let found: Vec<_> = words(source).into_iter().map(|range| source[range].to_owned()).collect();
        assert_eq!(found, ["a", "b", "in", "d", "b"]);
        assert_eq!(find_word(source, "b", 3), source.len() - 1..source.len());
        assert_eq!(find_word(source, "b", 0), 2..3);
        assert_eq!(nesting("f([(1)], \"((((\")"), 3);
        assert_eq!(byte_of("å b\nc", 1, 3), 3);
        assert_eq!(byte_of("å b\nc", 2, 1), 5);
    }
}
