use super::tree::{Node, Origin, Table, Value};

/// What the flags of a command say, as text where the file has text: it is checked like the file's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--area`.
    pub area: Option<String>,
    /// `--data`.
    pub data: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `Some(false)`: `--no-serve`.
    pub serve: Option<bool>,
    /// `--contact`.
    pub contact: Option<String>,
    /// `--replication-url`.
    pub replication_url: Option<String>,
    /// `--api-url`.
    pub api_url: Option<String>,
    /// `--since`.
    pub since: Option<String>,
    /// `--from-sequence`.
    pub from_sequence: Option<u64>,
    /// `Some(true)`: `--until-caught-up`.
    pub until_caught_up: Option<bool>,
    /// `--log-level`.
    pub log_level: Option<String>,
    /// `--log-format`.
    pub log_format: Option<String>,
}

/// Puts the flags' values over the tree's.
pub(super) fn overlay(tree: &mut Table, flags: &Overrides) {
    let text = |value: &Option<String>| value.clone().map(Value::Text);
    let number = |value: u64| Value::Integer(i64::try_from(value).ok());
    let values: [(&str, &'static str, Option<Value>); 12] = [
        ("area", "--area", text(&flags.area)),
        ("data", "--data", text(&flags.data)),
        ("listen", "--listen", text(&flags.listen)),
        ("serve", "--no-serve", flags.serve.map(Value::Bool)),
        ("contact", "--contact", text(&flags.contact)),
        ("upstream.replication_url", "--replication-url", text(&flags.replication_url)),
        ("upstream.api_url", "--api-url", text(&flags.api_url)),
        ("since", "--since", text(&flags.since)),
        ("from_sequence", "--from-sequence", flags.from_sequence.map(number)),
        ("until_caught_up", "--until-caught-up", flags.until_caught_up.map(Value::Bool)),
        ("log.level", "--log-level", text(&flags.log_level)),
        ("log.format", "--log-format", text(&flags.log_format)),
    ];
    for (key, flag, value) in values {
        let Some(value) = value else { continue };
        let path: Vec<_> = key.split('.').collect();
        tree.set(&path, Node { origin: Origin::Flag(flag), value });
    }
}
