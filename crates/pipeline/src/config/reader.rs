//! From the tree to typed values. Every mistake is noted and a stand-in returned, so that all are told at once.

use std::{
    collections::BTreeSet,
    ops::{Range, RangeInclusive},
    path::{Path, PathBuf},
};

use url::{Host, Url};

use super::{
    error::{ConfigErrors, Mistake, Place, place_in},
    suggest::suggestion,
    tree::{Node, Origin, Table, Value, offset_in_raw},
};

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

/// A table that is being read: what is left in it at the end, nobody knows.
#[derive(Debug)]
pub(super) struct Section {
    path: String,
    table: Table,
    asked: Vec<&'static str>,
}

impl Section {
    pub(super) fn new(path: &str, table: Table) -> Self {
        Self { path: path.to_owned(), table, asked: Vec::new() }
    }

    /// Takes a key's value out.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Node> {
        self.asked.push(key);
        self.table.entries.remove(key).map(|(_, node)| node)
    }

    /// All that is left, by name: for tables whose keys are names of the user's own.
    pub(super) fn take_all(&mut self) -> Vec<(Written<String>, Node)> {
        let entries = std::mem::take(&mut self.table.entries);
        entries.into_iter().map(|(value, (origin, node))| (Written { value, origin }, node)).collect()
    }
}

/// Reads values and collects mistakes.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    file: Option<(PathBuf, &'a str)>,
    mistakes: Vec<Mistake>,
    /// Full paths of the keys that were looked for.
    asked: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: Option<(PathBuf, &'a str)>) -> Self {
        Self { file, mistakes: Vec::new(), asked: BTreeSet::new() }
    }

    /// Notes a mistake.
    pub(super) fn wrong(&mut self, origin: &Origin, message: impl Into<String>) {
        let place = self.place(origin);
        self.mistakes.push(Mistake { place, message: message.into() });
    }

    /// Notes that something is missing altogether.
    pub(super) fn missing(&mut self, message: impl Into<String>) {
        self.mistakes.push(Mistake { place: Place::Missing, message: message.into() });
    }

    /// Notes a mistake at some bytes of a text value.
    pub(super) fn wrong_inside(&mut self, origin: &Origin, range: Range<usize>, message: impl Into<String>) {
        let inner = match (origin, &self.file) {
            (Origin::File(span), Some((_, source))) => {
                let raw = &source[span.clone()];
                let (start, end) = (offset_in_raw(raw, range.start), offset_in_raw(raw, range.end));
                Origin::File(span.start + start..span.start + end.max(start))
            }
            _ => origin.clone(),
        };
        self.wrong(&inner, message);
    }

    /// Everything noted, in the order of the file.
    pub(super) fn finish(mut self) -> Result<BTreeSet<String>, ConfigErrors> {
        if self.mistakes.is_empty() {
            return Ok(self.asked);
        }
        self.mistakes.sort_by(|a, b| a.place.cmp(&b.place));
        self.mistakes.dedup();
        Err(ConfigErrors { mistakes: self.mistakes })
    }

    fn place(&self, origin: &Origin) -> Place {
        match (origin, &self.file) {
            (Origin::File(range), Some((path, source))) => place_in(path.clone(), source, range.clone()),
            (Origin::File(_), None) => Place::Missing,
            (Origin::Variable(name), _) => Place::Variable(name.clone()),
            (Origin::Flag(name), _) => Place::Flag((*name).to_owned()),
        }
    }

    /// Notes the keys that are left as unknown.
    pub(super) fn done(&mut self, mut section: Section) {
        for (key, _) in section.take_all() {
            let hint = suggestion(&key.value, section.asked.iter().copied());
            let place = if section.path.is_empty() { String::new() } else { format!(" in [{}]", section.path) };
            self.wrong(&key.origin, format!("unknown key `{}`{place}{hint}", key.value));
        }
        let full = |key: &str| if section.path.is_empty() { key.to_owned() } else { format!("{}.{key}", section.path) };
        self.asked.extend(section.asked.iter().map(|key| full(key)));
    }

    /// A table inside another; an empty one when absent.
    pub(super) fn section(&mut self, parent: &mut Section, key: &'static str) -> Section {
        let path = if parent.path.is_empty() { key.to_owned() } else { format!("{}.{key}", parent.path) };
        let table = match parent.take(key) {
            None => Table::default(),
            Some(node) => self.table(key, node).unwrap_or_default(),
        };
        Section::new(&path, table)
    }

    /// A list of tables (`[[key]]`), each with the place where it begins.
    pub(super) fn sections(&mut self, parent: &mut Section, key: &'static str) -> Vec<Written<Section>> {
        let Some(node) = parent.take(key) else { return Vec::new() };
        let Value::List(items) = node.value else {
            self.wrong(&node.origin, format!("`{key}` must be a list of tables: begin each with [[{key}]]"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            let origin = item.origin.clone();
            if let Some(table) = self.table(key, item) {
                sections.push(Written { value: Section::new(key, table), origin });
            }
        }
        sections
    }

    fn table(&mut self, key: &str, node: Node) -> Option<Table> {
        match node.value {
            Value::Table(table) => Some(table),
            other => {
                self.wrong_kind(key, "a table", &node.origin, &other);
                None
            }
        }
    }

    pub(super) fn wrong_kind(&mut self, key: &str, expected: &str, origin: &Origin, found: &Value) {
        self.wrong(origin, format!("`{key}` must be {expected}, not {}", found.kind()));
    }

    /// A text and its origin; `None` when absent or wrong.
    pub(super) fn text(&mut self, section: &mut Section, key: &'static str) -> Option<Written<String>> {
        let node = section.take(key)?;
        self.as_text(key, node)
    }

    pub(super) fn as_text(&mut self, key: &str, node: Node) -> Option<Written<String>> {
        match node.value {
            Value::Text(value) => Some(Written { value, origin: node.origin }),
            other => {
                self.wrong_kind(key, "text", &node.origin, &other);
                None
            }
        }
    }

    /// `true` or `false`; `None` when absent or wrong.
    pub(super) fn bool(&mut self, section: &mut Section, key: &'static str) -> Option<bool> {
        match section.take(key)? {
            Node { value: Value::Bool(value), .. } => Some(value),
            Node { value, origin } => {
                self.wrong_kind(key, "true or false", &origin, &value);
                None
            }
        }
    }

    /// A whole number in a range.
    pub(super) fn integer(
        &mut self,
        section: &mut Section,
        key: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> u32 {
        let Some(Node { value, origin }) = section.take(key) else { return default };
        let number = match value {
            Value::Integer(Some(number)) => number,
            other => {
                self.wrong_kind(key, "a whole number", &origin, &other);
                return default;
            }
        };
        match u32::try_from(number).ok().filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                self.wrong(&origin, format!("`{key}` must be from {} to {}, not {number}", range.start(), range.end()));
                default
            }
        }
    }

    /// A list of texts; `None` when absent.
    pub(super) fn texts(&mut self, section: &mut Section, key: &'static str) -> Option<Vec<Written<String>>> {
        let node = section.take(key)?;
        Some(self.as_texts(key, node))
    }

    pub(super) fn as_texts(&mut self, key: &str, node: Node) -> Vec<Written<String>> {
        match node.value {
            Value::List(items) => {
                let what = format!("an entry of `{key}`");
                items.into_iter().filter_map(|item| self.entry(&what, item)).collect()
            }
            other => {
                self.wrong_kind(key, "a list of texts", &node.origin, &other);
                Vec::new()
            }
        }
    }

    fn entry(&mut self, what: &str, node: Node) -> Option<Written<String>> {
        match node.value {
            Value::Text(value) => Some(Written { value, origin: node.origin }),
            other => {
                self.wrong(&node.origin, format!("{what} must be text, not {}", other.kind()));
                None
            }
        }
    }

    /// One of a few words; notes a mistake for any other.
    pub(super) fn choice<T: Copy>(&mut self, key: &str, text: &Written<String>, choices: &[(&str, T)]) -> Option<T> {
        let found = choices.iter().find(|(name, _)| *name == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let hint = suggestion(&text.value, choices.iter().map(|(name, _)| *name));
            self.wrong(&text.origin, format!("`{key}` does not know {:?}{hint}", text.value));
        }
        found
    }

    /// An address with a host and nothing behind the path; the default when absent or wrong.
    pub(super) fn url(&mut self, section: &mut Section, key: &'static str, default: &str, plain: PlainHttp) -> Url {
        let given = self.text(section, key).and_then(|text| self.as_url(key, &text, plain));
        given.unwrap_or_else(|| default.parse().expect("defaults are addresses"))
    }

    pub(super) fn as_url(&mut self, key: &str, text: &Written<String>, plain: PlainHttp) -> Option<Url> {
        match check_url(&text.value, plain) {
            Ok(url) => Some(url),
            Err(reason) => {
                self.wrong(&text.origin, format!("`{key}` {reason}: {:?}", text.value));
                None
            }
        }
    }

    /// A file's path: one in the configuration file is relative to that file, others to the working directory.
    pub(super) fn path(&self, text: &Written<String>) -> PathBuf {
        let base = match (&text.origin, &self.file) {
            (Origin::File(_), Some((path, _))) => path.parent().unwrap_or(Path::new("")),
            _ => Path::new(""),
        };
        base.join(&text.value)
    }
}

/// Whether an address may be without encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlainHttp {
    /// Where it stays on this machine.
    Loopback,
    /// Anywhere: a mirror in one's own network, or a link that only browsers follow.
    Anywhere,
}

fn check_url(text: &str, plain: PlainHttp) -> Result<Url, &'static str> {
    const EXAMPLE: &str = "must be an address with a host, such as https://example.org/path";
    let url = Url::parse(text).map_err(|_| EXAMPLE)?;
    let host = url.host().ok_or(EXAMPLE)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must hold no user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end with its path, without ? or #");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if plain == PlainHttp::Anywhere || is_loopback(&host) => Ok(url),
        "http" => Err("must begin with https:// (or set upstream.allow_private = true for a mirror of your own)"),
        _ => Err("must begin with https://"),
    }
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}
