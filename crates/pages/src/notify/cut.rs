//! Escaping and cutting at once: a text that is cut after it was escaped may end in half an escape.

/// How a service counts the length of a text.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    /// As JavaScript does: most chats.
    Utf16,
    /// Matrix.
    Byte,
}

impl Unit {
    pub(super) fn length(self, text: &str) -> usize {
        match self {
            Self::Utf16 => text.encode_utf16().count(),
            Self::Byte => text.len(),
        }
    }
}

/// The text, each character as `escape` writes it, at most `limit` long; a cut one ends with `…`.
pub(super) fn escaped(text: &str, unit: Unit, limit: usize, escape: impl Fn(char, &mut String)) -> String {
    let mark = unit.length("…");
    let (mut out, mut length) = (String::new(), 0);
    // Where the text is cut if it turns out too long.
    let mut end = 0;
    for c in text.chars() {
        let before = out.len();
        escape(c, &mut out);
        length += unit.length(&out[before..]);
        if length > limit {
            out.truncate(end);
            out.push('…');
            return out;
        }
        if length + mark <= limit {
            end = out.len();
        }
    }
    out
}

/// As it is.
pub(super) fn plain(c: char, out: &mut String) {
    out.push(c);
}

/// Slack: <https://docs.slack.dev/messaging/formatting-message-text>, "Escaping text". Mentions and links need `<`.
pub(super) fn slack(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        c => out.push(c),
    }
}

/// Discord: a backslash takes its meaning from any sign, so that nothing is formatted, linked, or a mention.
pub(super) fn discord(c: char, out: &mut String) {
    if c.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(c);
}

/// HTML, for Matrix.
pub(super) fn html(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_falls_into_an_escape_or_a_character() {
        let text = "a<b&c😀d".repeat(3);
        for limit in 3..60 {
            for (unit, escape) in [(Unit::Utf16, slack as fn(char, &mut String)), (Unit::Byte, html)] {
                let cut = escaped(&text, unit, limit, escape);
                assert!(unit.length(&cut) <= limit, "{limit}: {cut}");
                let whole = escaped(&text, unit, usize::MAX, escape);
                let kept = cut.strip_suffix('…').unwrap_or(&cut);
                assert!(whole.starts_with(kept), "{limit}: {cut}");
                assert!(kept.matches('&').count() == kept.matches(';').count(), "{limit}: {cut}");
            }
        }
        assert_eq!(escaped("abc", Unit::Utf16, 3, plain), "abc");
        assert_eq!(escaped("abcd", Unit::Utf16, 3, plain), "ab…");
    }
}
