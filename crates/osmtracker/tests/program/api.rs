//! The API of the running program, as its own OpenAPI document describes it: every example in the document is asked, and
//! every answer is held against its schema.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    answer::{Answer, get, get_with},
    json_schema::violations,
    process::{PATIENCE, Running, eventually, osmtracker},
};

/// The demo, with all its changesets analysed and published.
fn demo() -> (TempDir, Running, SocketAddr) {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(osmtracker(folder.path(), &["demo", "--data", "data", "--listen", "127.0.0.1:0"]));
    let published = || {
        let stats = get(running.address(), "/api/v1/stats");
        let stats: Value = serde_json::from_slice(&stats.body).ok()?;
        (running.in_state("DONE") == 457 && stats["analysed"] == 457).then_some(())
    };
    eventually(2 * PATIENCE, published).expect("everything is published");
    let address = running.address();
    (folder, running, address)
}

/// Calls, each with the path of its example, its document and all examples of its optional parameters.
struct Call<'a> {
    path: String,
    operation: &'a Value,
    queries: Vec<(String, String)>,
}

fn calls(document: &Value) -> Vec<Call<'_>> {
    let paths = document["paths"].as_object().unwrap();
    let mut calls = Vec::new();
    for (template, item) in paths {
        let operation = &item["get"];
        let (mut path, mut queries) = (template.clone(), Vec::new());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let (name, example) = (parameter["name"].as_str().unwrap(), written(&parameter["example"]));
            if parameter["in"] == "path" {
                path = path.replace(&format!("{{{name}}}"), &example);
            } else {
                queries.push((name.to_owned(), example));
            }
        }
        calls.push(Call { path, operation, queries });
    }
    calls
}

/// An example as it stands in a query: lists with commas.
fn written(example: &Value) -> String {
    match example {
        Value::Array(items) => items.iter().map(written).collect::<Vec<_>>().join(","),
        Value::String(text) => text.replace(' ', "%20"),
        other => other.to_string(),
    }
}

#[track_caller]
fn assert_is_as_documented(document: &Value, call: &Call<'_>, path: &str, answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    let media_type = answer.header("content-type").unwrap().split(';').next().unwrap();
    let schema = &call.operation["responses"]["200"]["content"][media_type]["schema"];
    assert!(schema.is_object(), "{path}: {media_type} is not documented");
    if !media_type.contains("json") {
        return Value::Null;
    }
    let answer = serde_json::from_slice(&answer.body).unwrap();
    // References lead into the whole document.
    let mut root = schema.clone();
    root["components"] = document["components"].clone();
    let root = without_components(root);
    assert_eq!(violations(&root, &answer), Vec::<String>::new(), "{path}");
    answer
}

/// The schemas of the components as `$defs`, which is where the check looks.
fn without_components(mut root: Value) -> Value {
    let components = root.as_object_mut().unwrap().remove("components").unwrap();
    let text = root.to_string().replace("#/components/schemas/", "#/$defs/");
    let definitions = components["schemas"].to_string().replace("#/components/schemas/", "#/$defs/");
    let mut root: Value = serde_json::from_str(&text).unwrap();
    root["$defs"] = serde_json::from_str(&definitions).unwrap();
    root
}

#[test]
fn every_example_of_the_openapi_document_is_answered_as_documented() {
    let (_folder, _running, address) = demo();
    let document: Value = serde_json::from_slice(&get(address, "/api/v1/openapi.json").body).unwrap();
    let mut asked = 0;
    for call in calls(&document) {
        let plain = get(address, &call.path);
        assert_is_as_documented(&document, &call, &call.path, &plain);
        for (name, value) in &call.queries {
            let path = format!("{}?{name}={value}", call.path);
            assert_is_as_documented(&document, &call, &path, &get(address, &path));
            asked += 1;
        }
        for media_type in call.operation["responses"]["200"]["content"].as_object().unwrap().keys() {
            let answer = get_with(address, "GET", &call.path, &[("accept", media_type)]);
            assert_is_as_documented(&document, &call, &call.path, &answer);
            assert!(answer.header("content-type").unwrap().starts_with(media_type.as_str()), "{media_type}");
        }
    }
    assert!(asked >= 17, "{asked} examples of parameters");
}

/// Every filter's example leaves something out and something in, so that it shows what it is for.
#[test]
fn filters_of_the_examples_pass_some_of_the_recorded_changesets() {
    let (_folder, _running, address) = demo();
    let count = |query: &str| {
        let answer = get(address, &format!("/api/v1/changesets?limit=500&{query}"));
        let list: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(list["cursor"], Value::Null, "{query}");
        list["changesets"].as_array().unwrap().len()
    };
    assert_eq!(count("state=DONE"), 457);
    for (query, expected) in [
        ("label=road-work", 171),
        ("not_label=road-work", 286),
        ("user=mmahmud", count("user=MMAHMUD")),
        ("uid=8867110", 57),
        ("has_comments=true", 0),
        ("q=tigertamer", 57),
        ("bbox=-170.0,-19.2,-169.7,-18.9&label=mass-deletion", 2),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
    let large = count("min_changes=100");
    assert!(0 < large && large < 457, "{large}");
    assert_eq!(count("bbox=0,0,1,1"), 0);
}

#[test]
fn pages_of_the_list_have_every_changeset_once_in_the_order_of_the_last_update() {
    let (_folder, _running, address) = demo();
    let (mut places, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = get(address, &format!("/api/v1/changesets?limit=60{cursor}"));
        let list: Value = serde_json::from_slice(&answer.body).unwrap();
        places.extend(list["changesets"].as_array().unwrap().iter().map(|item| {
            let updated_at = item["pipeline"]["updated_at"].as_str().unwrap().to_owned();
            (updated_at, item["changeset"]["id"].as_u64().unwrap())
        }));
        let Some(next) = list["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(places.len(), 457);
    assert!(places.is_sorted_by(|a, b| a > b), "newest first, each once");
}

#[test]
fn a_changeset_is_the_same_over_the_api_and_on_the_site() {
    let (_folder, _running, address) = demo();
    let id = 104_481_700;
    let json = |path: &str| -> Value { serde_json::from_slice(&get(address, path).body).unwrap() };
    let mut over_the_api = json(&format!("/api/v1/changesets/{id}?include=elements,diff"));
    let fields = over_the_api.as_object_mut().unwrap();
    assert_eq!(fields.remove("pipeline").unwrap()["state"], json!("DONE"));
    let diff = fields.remove("diff").unwrap();
    assert_eq!(over_the_api, json(&format!("/changesets/{id}/analysis.json")));
    assert_eq!(diff, json(&format!("/changesets/{id}/diff.geojson")));
    let accept = |accept| get_with(address, "GET", &format!("/api/v1/changesets/{id}"), &[("accept", accept)]).body;
    assert_eq!(accept("application/geo+json"), get(address, &format!("/changesets/{id}/diff.geojson")).body);
    assert_eq!(accept("application/xml"), get(address, &format!("/changesets/{id}/changes.adiff")).body);
}
