//! `[builtin]`: the labels with rules of their own, and their thresholds.

use osmtracker_analysis::rules::BuiltinConfig;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{
    reader::{Reader, Section},
    suggest::suggestion,
    tree::{Node, Value},
};

pub(super) fn read(reader: &mut Reader<'_>, mut section: Section) -> BuiltinConfig {
    let mut switches = Map::new();
    for (name, node) in section.take_all() {
        let Some(thresholds) = defaults(&name.value) else {
            let hint = suggestion(&name.value, BuiltinConfig::NAMES.iter().copied());
            reader.wrong(&name.origin, format!("there is no built-in label `{}`{hint}", name.value));
            continue;
        };
        if let Some(switch) = switch(reader, &name.value, &thresholds, node) {
            switches.insert(name.value, switch);
        }
    }
    BuiltinConfig::deserialize(Json::Object(switches)).expect("each part was checked")
}

/// Names of the labels that are on.
pub(super) fn switched_on(config: &BuiltinConfig) -> Vec<String> {
    let Ok(Json::Object(switches)) = serde_json::to_value(config) else { return Vec::new() };
    switches.into_iter().filter(|(_, switch)| *switch != Json::Bool(false)).map(|(name, _)| name).collect()
}

/// The thresholds that a label has when it is just switched on; `None` when there is no such label.
pub(super) fn defaults(name: &str) -> Option<Map<String, Json>> {
    let on = BuiltinConfig::deserialize(json!({ name: true })).ok()?;
    match serde_json::to_value(on).ok()?.get(name)? {
        Json::Object(thresholds) => Some(thresholds.clone()),
        _ => Some(Map::new()),
    }
}

fn switch(reader: &mut Reader<'_>, name: &str, known: &Map<String, Json>, node: Node) -> Option<Json> {
    let table = match node.value {
        Value::Bool(on) => return Some(Json::Bool(on)),
        Value::Table(table) => table,
        other => {
            let expected = if known.is_empty() { "true or false" } else { "true, false or a table of thresholds" };
            reader.wrong_kind(name, expected, &node.origin, &other);
            return None;
        }
    };
    let mut thresholds = Map::new();
    for (key, (origin, value)) in table.entries {
        let Some(default) = known.get(&key) else {
            let hint = suggestion(&key, known.keys().map(String::as_str));
            reader.wrong(&origin, format!("`{name}` has no threshold `{key}`{hint}"));
            continue;
        };
        let given = json(&value.value);
        if BuiltinConfig::deserialize(json!({ name: { &key: &given } })).is_err() {
            reader.wrong_kind(&key, expected(default), &value.origin, &value.value);
            continue;
        }
        thresholds.insert(key, given);
    }
    Some(Json::Object(thresholds))
}

/// What a threshold must be, by what it is when nothing is given.
fn expected(default: &Json) -> &'static str {
    match default {
        Json::Number(number) if number.is_f64() => "a number",
        Json::Number(_) => "a whole number, 0 or more",
        Json::Array(_) => "a list of texts",
        Json::Bool(_) => "true or false",
        _ => "text",
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) | Value::DateTime(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Bool(value) => json!(value),
        Value::List(items) => items.iter().map(|item| json(&item.value)).collect(),
        Value::Table(table) => {
            table.entries.iter().map(|(key, (_, node))| (key.clone(), json(&node.value))).collect::<Map<_, _>>().into()
        }
    }
}
