//! The configuration before it is understood: values with the place that each came from.

use std::{collections::BTreeMap, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Bytes of the file.
    File(Range<usize>),
    /// An environment variable.
    Variable(String),
    /// A flag.
    Flag(&'static str),
}

/// A value and its origin.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// `None`: beyond 64 bits.
    Integer(Option<i64>),
    Float(f64),
    Bool(bool),
    List(Vec<Node>),
    Table(Table),
    DateTime(String),
}

/// Keys with the origin of the key itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    pub(super) entries: BTreeMap<String, (Origin, Node)>,
}

impl Value {
    /// What a person calls this kind of value.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(Some(_)) => "a whole number",
            Self::Integer(None) => "a number beyond 64 bits",
            Self::Float(_) => "a fraction",
            Self::Bool(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::DateTime(_) => "a date",
        }
    }
}

impl Table {
    /// Puts a value at a path of keys, over whatever stands there.
    pub(super) fn set(&mut self, path: &[&str], node: Node) {
        let [first, rest @ ..] = path else { return };
        if rest.is_empty() {
            self.entries.insert((*first).to_owned(), (node.origin.clone(), node));
            return;
        }
        let table = || Node { origin: node.origin.clone(), value: Value::Table(Self::default()) };
        let (_, child) = self.entries.entry((*first).to_owned()).or_insert_with(|| (node.origin.clone(), table()));
        if let Value::Table(child) = &mut child.value {
            child.set(rest, node);
        }
    }

    /// Puts all of `over` over this; tables are merged, everything else is replaced.
    pub(super) fn merge(&mut self, over: Self) {
        for (key, (origin, node)) in over.entries {
            match (self.entries.get_mut(&key).map(|(_, below)| &mut below.value), node.value) {
                (Some(Value::Table(below)), Value::Table(above)) => below.merge(above),
                // What should be a table and is none is a mistake that the reader tells.
                (Some(_), Value::Table(_)) => {}
                (_, value) => _ = self.entries.insert(key, (origin, Node { origin: node.origin, value })),
            }
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.entries.remove(key);
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }
}

/// Reads a file. What is no TOML is left out and told, with its range.
pub(super) fn parse(text: &str) -> (Table, Vec<(Range<usize>, String)>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let errors = errors.iter().map(|error| (error.span().unwrap_or(0..0), error.message().to_owned())).collect();
    (table(document.into_inner()), errors)
}

/// Reads one value as in a file, such as `["adiff", "osm-api"]`; all of it comes from `origin`.
pub(super) fn parse_value(text: &str, origin: &Origin) -> Result<Value, String> {
    let parsed = DeValue::parse(text).map_err(|error| error.message().to_owned())?;
    Ok(relocated(value(parsed.into_inner()), origin))
}

fn relocated(value: Value, origin: &Origin) -> Value {
    let node = |node: Node| Node { origin: origin.clone(), value: relocated(node.value, origin) };
    match value {
        Value::List(items) => Value::List(items.into_iter().map(node).collect()),
        other => other,
    }
}

fn table(parsed: DeTable<'_>) -> Table {
    let entries = parsed
        .into_iter()
        .map(|(key, value)| {
            let origin = Origin::File(key.span());
            (key.into_inner().into_owned(), (origin, node(value)))
        })
        .collect();
    Table { entries }
}

fn node(parsed: Spanned<DeValue<'_>>) -> Node {
    Node { origin: Origin::File(parsed.span()), value: value(parsed.into_inner()) }
}

fn value(parsed: DeValue<'_>) -> Value {
    match parsed {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(datetime) => Value::DateTime(datetime.to_string()),
        DeValue::Array(items) => Value::List(items.into_iter().map(node).collect()),
        DeValue::Table(parsed) => Value::Table(table(parsed)),
    }
}

/// Where, in the file's own bytes, a place of a text value is.
///
/// `raw` is the value as written, quotes and escapes included; `at` a byte of what it means.
pub(super) fn offset_in_raw(raw: &str, at: usize) -> usize {
    let delimiter = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| raw.starts_with(quotes)).unwrap_or("");
    let literal = delimiter.starts_with('\'');
    let mut offset = delimiter.len();
    if delimiter.len() == 3 {
        // A line break right after the opening quotes does not belong to the value.
        offset += ["\r\n", "\n"].into_iter().find(|end| raw[offset..].starts_with(end)).map_or(0, str::len);
    }
    let mut meant = 0;
    loop {
        let (width, means) = if literal { plain(&raw[offset..]) } else { basic(&raw[offset..]) };
        if width == 0 || (means > 0 && meant + means > at) {
            return offset.min(raw.len().saturating_sub(delimiter.len()));
        }
        offset += width;
        meant += means;
    }
}

/// Bytes of the first character, and bytes that it means: the same.
fn plain(raw: &str) -> (usize, usize) {
    let width = raw.chars().next().map_or(0, char::len_utf8);
    (width, width)
}

/// Bytes of the first character or escape of a basic string, and bytes that it means.
fn basic(raw: &str) -> (usize, usize) {
    let Some(escaped) = raw.strip_prefix('\\') else { return plain(raw) };
    let code = |digits: usize| {
        let code = escaped.get(1..=digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        (2 + digits, code.and_then(char::from_u32).map_or(1, char::len_utf8))
    };
    match escaped.chars().next() {
        Some('x') => code(2),
        Some('u') => code(4),
        Some('U') => code(8),
        Some(c) if c.is_ascii_whitespace() => {
            let rest = escaped.trim_start_matches([' ', '\t', '\r', '\n']);
            (raw.len() - rest.len(), 0)
        }
        Some(c) => (1 + c.len_utf8(), 1),
        None => (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each character of the value is found where it was written.
    #[test]
    fn places_inside_texts_are_found_behind_quotes_escapes_and_line_ends() {
        for (raw, needle) in [
            ("\"abc X\"", "X"),
            ("'a\\b X'", "X"),
            ("'''\nline one\n  X'''", "X"),
            ("\"\"\"\r\none\r\nX two\"\"\"", "X"),
            (r#""\t\"\\ X""#, "X"),
            (r#""\u00e4 ä \U0001F600 X""#, "X"),
            (r#""\x41 \e X""#, "X"),
            ("\"\"\"one \\\n     X\"\"\"", "X"),
            ("\"\"\"a \"quote\" X\"\"\"", "X"),
        ] {
            let Value::Text(meant) = parse_value(raw, &Origin::Flag("-")).unwrap() else { panic!("{raw}") };
            let at = meant.find(needle).unwrap();
            assert_eq!(offset_in_raw(raw, at), raw.find(needle).unwrap(), "{raw}");
        }
    }

    #[test]
    fn the_end_of_a_text_is_before_its_closing_quotes() {
        assert_eq!(offset_in_raw("\"abc\"", 3), 4);
        assert_eq!(offset_in_raw("'''abc'''", 99), 6);
    }

    #[test]
    fn every_syntax_error_of_a_file_is_told() {
        let (table, errors) = parse("a = \nb = 2\nc = [1,\nb = 3\n");
        assert!(errors.len() >= 2, "{errors:?}");
        assert!(table.contains("b"));
    }

    #[test]
    fn a_value_set_at_a_path_replaces_what_stands_there() {
        let (mut table, _) = parse("[a]\nb = 1\nc = 2\n");
        let node = Node { origin: Origin::Flag("--b"), value: Value::Bool(true) };
        table.set(&["a", "b"], node.clone());
        let Value::Table(inner) = &table.entries["a"].1.value else { panic!() };
        assert_eq!(inner.entries["b"].1, node);
        assert_eq!(inner.entries["c"].1.value, Value::Integer(Some(2)));
    }
}
