use std::fmt::{self, Write};

/// The escaper of all templates: HTML and XML, text and attributes.
///
/// Beside the five characters of markup it replaces what neither HTML nor XML 1.0 may hold (controls other than tab
/// and line ends, noncharacters) with U+FFFD: strangers' words hold them, and one would make a whole feed unreadable.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Markup;

impl askama::filters::Escaper for Markup {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let mut plain = 0;
        for (at, c) in string.char_indices() {
            let Some(escape) = escape_of(c) else { continue };
            dest.write_str(&string[plain..at])?;
            dest.write_str(escape)?;
            plain = at + c.len_utf8();
        }
        dest.write_str(&string[plain..])
    }
}

fn escape_of(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ if is_illegal(c) => Some("\u{FFFD}"),
        _ => None,
    }
}

/// Whether a document may not hold the character, even as a reference.
fn is_illegal(c: char) -> bool {
    let noncharacter = ('\u{FDD0}'..='\u{FDEF}').contains(&c) || (u32::from(c) & 0xFFFE) == 0xFFFE;
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || noncharacter
}
