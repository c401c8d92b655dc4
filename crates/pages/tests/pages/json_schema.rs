//! Holds a document against a JSON Schema: the keywords that our schemas use, and no others.

use serde_json::{Map, Value};

/// What is wrong with `document`; empty when it is valid.
///
/// # Panics
/// When the schema uses a keyword that this check does not know.
pub(crate) fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let check = Check { root: schema };
    check.value(schema, document, "")
}

struct Check<'a> {
    root: &'a Value,
}

impl Check<'_> {
    fn value(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let schema = match schema {
            Value::Bool(true) => return Vec::new(),
            Value::Bool(false) => return vec![format!("{at}: nothing may stand here")],
            Value::Object(schema) => schema,
            other => panic!("no schema: {other}"),
        };
        schema.iter().flat_map(|(keyword, rule)| self.keyword(schema, keyword, rule, value, at)).collect()
    }

    fn keyword(
        &self,
        schema: &Map<String, Value>,
        keyword: &str,
        rule: &Value,
        value: &Value,
        at: &str,
    ) -> Vec<String> {
        let fail = |holds: bool, words: String| if holds { Vec::new() } else { vec![format!("{at}: {words}")] };
        let number = |rule: &Value| rule.as_f64().unwrap();
        match keyword {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" => Vec::new(),
            "$ref" => self.value(self.resolve(rule), value, at),
            "type" => fail(has_type(rule, value), format!("{value} is not of type {rule}")),
            "const" => fail(rule == value, format!("{value} is not {rule}")),
            "enum" => fail(rule.as_array().unwrap().contains(value), format!("{value} is none of {rule}")),
            "minimum" => fail(value.as_f64().is_none_or(|n| n >= number(rule)), format!("{value} < {rule}")),
            "maximum" => fail(value.as_f64().is_none_or(|n| n <= number(rule)), format!("{value} > {rule}")),
            "minItems" => fail(len(value).is_none_or(|n| n >= number(rule)), format!("fewer than {rule} items")),
            "maxItems" => fail(len(value).is_none_or(|n| n <= number(rule)), format!("more than {rule} items")),
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|key| {
                    let there = value.as_object().is_none_or(|object| object.contains_key(key.as_str().unwrap()));
                    fail(there, format!("{key} is missing"))
                })
                .collect(),
            "properties" => self.properties(rule, value, at),
            "additionalProperties" => self.additional(schema, rule, value, at),
            "items" => self.items(rule, value.as_array().map_or(&[], Vec::as_slice), 0, at, schema),
            "prefixItems" => {
                let pairs = rule.as_array().unwrap().iter().zip(value.as_array().into_iter().flatten());
                pairs.enumerate().flat_map(|(n, (rule, value))| self.value(rule, value, &format!("{at}/{n}"))).collect()
            }
            "allOf" => rule.as_array().unwrap().iter().flat_map(|rule| self.value(rule, value, at)).collect(),
            "anyOf" | "oneOf" => {
                let tries: Vec<_> = rule.as_array().unwrap().iter().map(|rule| self.value(rule, value, at)).collect();
                let fitting = tries.iter().filter(|violations| violations.is_empty()).count();
                let holds = if keyword == "oneOf" { fitting == 1 } else { fitting > 0 };
                fail(holds, format!("{fitting} of {keyword} fit: {tries:?}"))
            }
            other => panic!("{at}: keyword {other:?} is not known to this check"),
        }
    }

    fn resolve(&self, reference: &Value) -> &Value {
        let pointer = reference.as_str().unwrap().strip_prefix('#').expect("a reference within the schema");
        self.root.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    fn properties(&self, rules: &Value, value: &Value, at: &str) -> Vec<String> {
        let Some(object) = value.as_object() else { return Vec::new() };
        let rules = rules.as_object().unwrap().iter();
        let pairs = rules.filter_map(|(key, rule)| Some((key, rule, object.get(key)?)));
        pairs.flat_map(|(key, rule, value)| self.value(rule, value, &format!("{at}/{key}"))).collect()
    }

    fn additional(&self, schema: &Map<String, Value>, rule: &Value, value: &Value, at: &str) -> Vec<String> {
        let known = |key: &String| schema.get("properties").is_some_and(|rules| rules.get(key).is_some());
        let others = value.as_object().into_iter().flatten().filter(|(key, _)| !known(key));
        others.flat_map(|(key, value)| self.value(rule, value, &format!("{at}/{key}"))).collect()
    }

    fn items(&self, rule: &Value, values: &[Value], from: usize, at: &str, schema: &Map<String, Value>) -> Vec<String> {
        let prefix = schema.get("prefixItems").and_then(Value::as_array).map_or(from, Vec::len);
        let items = values.iter().enumerate().skip(prefix);
        items.flat_map(|(n, value)| self.value(rule, value, &format!("{at}/{n}"))).collect()
    }
}

fn len(value: &Value) -> Option<f64> {
    value.as_array().map(|items| items.len() as f64)
}

fn has_type(rule: &Value, value: &Value) -> bool {
    match rule {
        Value::Array(types) => types.iter().any(|rule| has_type(rule, value)),
        rule => match rule.as_str().unwrap() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("type {other:?} is not known to this check"),
        },
    }
}

#[test]
fn the_check_finds_what_is_wrong() {
    let schema = serde_json::json!({
        "type": "object", "required": ["id"],
        "properties": { "id": { "type": "integer", "minimum": 1 }, "kind": { "oneOf": [{ "const": "a" }, { "const": "b" }] } },
    });
    let count = |document: Value| violations(&schema, &document).len();
    assert_eq!(count(serde_json::json!({ "id": 1, "kind": "a" })), 0);
    assert_eq!(count(serde_json::json!({ "kind": "a" })), 1);
    assert_eq!(count(serde_json::json!({ "id": 0 })), 1);
    assert_eq!(count(serde_json::json!({ "id": "1" })), 1);
    assert_eq!(count(serde_json::json!({ "id": 1, "kind": "c" })), 1);
    assert_eq!(count(serde_json::json!([])), 1);
}
