//! The case folders: `NAME/change.adiff` and what must be found, `NAME/expected.json`.
//!
//! The changeset is number 100, by `mapper` (user 1). What is expected is a pattern: of an object, the fields that it
//! names must match (all of them, under `by_type`); lists must match entry by entry; `null` stands for null or absent;
//! metres may differ by a part in ten thousand.

use std::{fs, path::Path};

use osmtracker_analysis::analyse;
use osmtracker_osm::xml;
use serde_json::{Map, Value};

use crate::support::changeset;

#[test]
fn every_case_is_found_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert!(names.len() >= 50, "{} cases", names.len());
    let mut mismatches = Vec::new();
    for name in names {
        let case = folder.join(&name);
        let change = xml::parse_augmented_diff(&fs::read(case.join("change.adiff")).unwrap()).unwrap();
        let expected: Value = serde_json::from_slice(&fs::read(case.join("expected.json")).unwrap()).unwrap();
        let found = serde_json::to_value(analyse(&changeset(100, Some((1, "mapper"))), change)).unwrap();
        compare(&expected, &found, &name.display().to_string(), &mut mismatches);
    }
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
}

fn compare(expected: &Value, found: &Value, path: &str, mismatches: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => compare_fields(expected, found, path, mismatches),
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (place, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(expected, found, &format!("{path}[{place}]"), mismatches);
            }
        }
        (Value::Number(expected), Value::Number(found)) if is_near(expected.as_f64(), found.as_f64()) => {}
        _ if expected == found => {}
        _ => mismatches.push(format!("{path}: expected {expected}, found {found}")),
    }
}

fn compare_fields(expected: &Map<String, Value>, found: &Map<String, Value>, path: &str, mismatches: &mut Vec<String>) {
    if path.contains(".by_type") && expected.len() != found.len() {
        mismatches.push(format!("{path}: expected {expected:?}, found {found:?}"));
    }
    for (field, expected) in expected {
        let found = found.get(field).unwrap_or(&Value::Null);
        compare(expected, found, &format!("{path}.{field}"), mismatches);
    }
}

fn is_near(expected: Option<f64>, found: Option<f64>) -> bool {
    expected.zip(found).is_some_and(|(expected, found)| (expected - found).abs() <= expected.abs() * 1e-4)
}
