//! The keys that have a variable of their own, and how texts of variables become values.

use super::{
    suggest::nearest,
    tree::{Node, Origin, Table, Value, parse_value},
};

/// How a variable's text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Digits, an underscore between them allowed.
    Integer,
    /// `true` or `false`.
    Bool,
    /// Separated by commas, or as in the file: `["a", "b"]`.
    List,
    /// As in the file alone.
    Toml,
}

/// Every key that is a single value or a list of them.
pub(super) const KEYS: &[(&str, Kind)] = &[
    ("area", Kind::Text),
    ("track", Kind::Toml),
    ("data", Kind::Text),
    ("serve", Kind::Bool),
    ("listen", Kind::Text),
    ("contact", Kind::Text),
    ("since", Kind::Text),
    ("from_sequence", Kind::Integer),
    ("until_caught_up", Kind::Bool),
    ("upstream.replication_url", Kind::Text),
    ("upstream.api_url", Kind::Text),
    ("upstream.adiff_url", Kind::Text),
    ("upstream.real_changesets_url", Kind::Text),
    ("upstream.sources", Kind::List),
    ("upstream.wait_for_adiff.over_elements", Kind::Integer),
    ("upstream.wait_for_adiff.minutes", Kind::Integer),
    ("upstream.connect_seconds", Kind::Integer),
    ("upstream.poll_seconds", Kind::Integer),
    ("upstream.read_seconds", Kind::Integer),
    ("upstream.total_seconds", Kind::Integer),
    ("upstream.attempts", Kind::Integer),
    ("upstream.allowed_hosts", Kind::List),
    ("upstream.allow_private", Kind::Bool),
    ("site.title", Kind::Text),
    ("site.area", Kind::Text),
    ("site.base_url", Kind::Text),
    ("site.notice", Kind::Text),
    ("site.osm_url", Kind::Text),
    ("site.osmcha_url", Kind::Text),
    ("site.achavi_url", Kind::Text),
    ("site.josm_url", Kind::Text),
    ("site.documents", Kind::List),
    ("site.basemap", Kind::Text),
    ("site.basemap_attribution", Kind::Text),
    ("pipeline.refresh_open_minutes", Kind::Integer),
    ("pipeline.refresh_meta_minutes", Kind::Integer),
    ("pipeline.retry_minutes", Kind::Integer),
    ("pipeline.max_attempts", Kind::Integer),
    ("pipeline.horizon_hours", Kind::Integer),
    ("pipeline.lease_seconds", Kind::Integer),
    ("pipeline.max_sequences", Kind::Integer),
    ("pipeline.window_rows", Kind::Integer),
    ("pipeline.publish_seconds", Kind::Integer),
    ("pipeline.status_seconds", Kind::Integer),
    ("pipeline.metrics", Kind::Bool),
    ("pipeline.concurrency.filter", Kind::Integer),
    ("pipeline.concurrency.analysis", Kind::Integer),
    ("api.requests_per_minute", Kind::Integer),
    ("search.url", Kind::Text),
    ("search.index", Kind::Text),
    ("search.credentials_file", Kind::Text),
    ("search.credentials_parameter", Kind::Text),
    ("search.ca_file", Kind::Text),
    ("search.allow_http", Kind::Bool),
    ("search.timeout_seconds", Kind::Integer),
    ("log.level", Kind::Text),
    ("log.format", Kind::Text),
];

/// What all variables of the program begin with.
const PREFIX: &str = "OSMTRACKER_";

/// Variables that are none of the configuration's: the file's own path, which the command line reads, and the folder of
/// captures that tests read.
const RESERVED: [&str; 2] = ["OSMTRACKER_CONFIG", "OSMTRACKER_DATA"];

/// Variables that tell functions which table, queues and buckets are theirs, and tests what to do, and those that hold
/// secrets, which `[[notify]]` names.
const RESERVED_PREFIXES: [&str; 3] = ["OSMTRACKER_AWS_", "OSMTRACKER_TEST_", "OSMTRACKER_SECRET_"];

/// The variable of a key: `OSMTRACKER_UPSTREAM_API_URL` for `upstream.api_url`.
///
/// `data` has `OSMTRACKER_DATA_DIR`: the shorter name is taken by the tests' folder of captures.
pub(super) fn variable(key: &str) -> String {
    match key {
        "data" => "OSMTRACKER_DATA_DIR".to_owned(),
        key => format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase()),
    }
}

/// Puts the variables' values over the tree's. Empty variables count as unset.
pub(super) fn overlay(
    tree: &mut Table,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Vec<(Origin, String)> {
    let mut mistakes = Vec::new();
    for (name, text) in variables {
        let reserved = RESERVED.contains(&name.as_str()) || RESERVED_PREFIXES.iter().any(|it| name.starts_with(it));
        if !name.starts_with(PREFIX) || reserved || text.is_empty() {
            continue;
        }
        let origin = Origin::Variable(name.clone());
        let Some((key, kind)) = KEYS.iter().find(|(key, _)| variable(key) == name) else {
            mistakes.push((origin, format!("no such variable; {}", unknown(&name))));
            continue;
        };
        match read(*kind, &text, &origin) {
            Ok(value) => tree.set(&key.split('.').collect::<Vec<_>>(), Node { origin, value }),
            Err(message) => mistakes.push((origin, message)),
        }
    }
    mistakes
}

/// What to do about a variable that nobody knows. What all names begin with does not make them alike.
fn unknown(name: &str) -> String {
    let bare = |name: &str| name.strip_prefix(PREFIX).unwrap_or(name).to_owned();
    let known: Vec<_> = KEYS.iter().map(|(key, _)| bare(&variable(key))).collect();
    match nearest(&bare(name), &known.iter().map(String::as_str).collect::<Vec<_>>()) {
        Some(near) => format!("did you mean `{PREFIX}{near}`?"),
        None => "unset it".to_owned(),
    }
}

fn read(kind: Kind, text: &str, origin: &Origin) -> Result<Value, String> {
    let trimmed = text.trim();
    match kind {
        Kind::Text => Ok(Value::Text(text.to_owned())),
        Kind::Integer => match trimmed.replace('_', "").parse() {
            Ok(number) => Ok(Value::Integer(Some(number))),
            Err(_) => Err(format!("must be a whole number, not {text:?}")),
        },
        Kind::Bool => match trimmed {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(format!("must be true or false, not {text:?}")),
        },
        Kind::List if !trimmed.starts_with('[') => {
            let items = trimmed.split(',').map(str::trim).filter(|item| !item.is_empty());
            let node = |item: &str| Node { origin: origin.clone(), value: Value::Text(item.to_owned()) };
            Ok(Value::List(items.map(node).collect()))
        }
        Kind::List | Kind::Toml => {
            parse_value(trimmed, origin).map_err(|reason| format!("must be written as in the file: {reason}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_keys_share_a_variable_and_none_has_a_reserved_one() {
        let names: BTreeSet<_> = KEYS.iter().map(|(key, _)| variable(key)).collect();
        assert_eq!(names.len(), KEYS.len());
        for name in names {
            assert!(!RESERVED.contains(&name.as_str()), "{name}");
            assert!(!RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)), "{name}");
        }
    }
}
