//! The OpenAPI document: committed, current, and true.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use crate::world::World;

fn committed() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json")
}

/// `OSMTRACKER_TEST_WRITE=1` writes what is to be committed.
#[test]
fn the_committed_document_is_current() {
    let document = osmtracker_web::openapi_document();
    if std::env::var_os("OSMTRACKER_TEST_WRITE").is_some() {
        std::fs::write(committed(), &document).unwrap();
    }
    let found = std::fs::read_to_string(committed()).unwrap_or_default();
    let differ = document.lines().zip(found.lines()).find(|(new, old)| new != old);
    assert!(
        document == found,
        "docs/openapi.json is not current ({differ:?}): run OSMTRACKER_TEST_WRITE=1 cargo nextest run --workspace -E \
         'test(the_committed_document_is_current)'"
    );
}

#[tokio::test]
async fn it_is_served_and_every_path_in_it_answers() {
    let world = World::new();
    let served = world.get("/api/v1/openapi.json").await;
    assert_eq!(served.text(), osmtracker_web::openapi_document());
    let document = served.ok();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(operations.insert(item["get"]["operationId"].as_str().unwrap().to_owned()), "{path}");
        let answer = world.get(&path.replace("{id}", "0")).await;
        let documented = item["get"]["responses"].as_object().unwrap();
        assert!(documented.contains_key(&answer.status.to_string()), "{path}: {}", answer.status);
    }
    assert!(operations.len() >= 15, "{operations:?}");
}

/// A client knows nothing of our code, and answers may get fields.
#[test]
fn it_speaks_to_strangers() {
    let document = osmtracker_web::openapi_document();
    for ours in ["[`", "`]", "crate", "`None`", "\"additionalProperties\": false"] {
        assert!(!document.contains(ours), "{ours}");
    }
    let document: Value = serde_json::from_str(&document).unwrap();
    let responses = |path: &str| document["paths"][path]["get"]["responses"].as_object().unwrap();
    assert!(!responses("/healthz").contains_key("400") && responses("/api/v1/labels").contains_key("400"));
}

/// Every `$ref` names something that is there.
#[test]
fn no_reference_leads_nowhere() {
    let document: Value = serde_json::from_str(&osmtracker_web::openapi_document()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[tokio::test]
async fn the_page_for_people_has_every_call_with_its_parameters() {
    let world = World::with("[site]\ntitle = '<script>alert(1)</script>'");
    let page = world.get("/api/v1/").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let html = page.text();
    assert!(!html.contains("<script>alert"), "words of the configuration are escaped");
    let document: Value = serde_json::from_str(&osmtracker_web::openapi_document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(html.contains(&format!("GET {path}</code>")), "{path}");
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            assert!(html.contains(&format!("{name}</code></th>")), "{name} of {path}");
        }
    }
    assert!(html.contains("href=\"../../api/v1/changesets?limit=5\""), "examples are links within the site");
}
