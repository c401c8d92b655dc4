//! What is in a document, and that each field has its place in the mapping.

use osmtracker_osm::{BoundingBox, Comment, Timestamp, User, UserId};
use osmtracker_pipeline::{ChangesetRow, Lease, State};
use osmtracker_search::{Document, Operation, Outcome, What, template};
use serde_json::{Value, json};

use crate::support::{INDEX, changed, listed, row, server, worked_on};

/// A row with everything in it.
fn full_row() -> ChangesetRow {
    let mut row = row(4_711);
    let user = Some(User { uid: Some(UserId(42)), name: "a mapper".into() });
    row.changeset.user.clone_from(&user);
    row.changeset.tags =
        [("comment", "Cycleways"), ("created_by", "iD 2.30"), ("source", "survey")].into_iter().collect();
    row.changeset.comments_count = 1;
    row.changeset.discussion =
        vec![Comment { id: Some(1), date: Timestamp(1_700_000_100), user, text: "Why?".to_owned() }];
    row.labels = serde_json::from_value(json!([{ "name": "inside", "evidence": [{ "rule": "area" }] }])).unwrap();
    row.source = Some("adiff".to_owned());
    row.digest = Some(serde_json::from_value(digest()).unwrap());
    row
}

fn digest() -> Value {
    let counts = |node, way| json!({ "node": node, "way": way, "relation": 0 });
    json!({
        "summary": { "create": counts(2, 1), "modify": counts(0, 1), "delete": counts(1, 0),
            "untagged_nodes": { "create": 2, "modify": 0, "delete": 1 } },
        "tag_diff": {
            "create": [{ "key": "highway", "value": "cycleway", "count": 1 }],
            "modify": [{ "key": "surface", "old": "dirt", "new": "asphalt", "count": 1 }],
            "delete": [{ "key": "note", "value": "x", "count": 1 }],
        },
        "tag_diff_more": 0, "unchanged_tags": [], "unchanged_tags_more": 0,
        "affected_users": [{ "uid": 7, "user": "another", "elements": 1 }, { "uid": 8, "user": null, "elements": 1 }],
        "affected_users_more": 0,
        "mileage_m": { "created": 120.5, "deleted": 0.0, "changed": -3.0, "by_type": {} },
        "moved_nodes": 1,
        "extent": { "old": [12.5, 55.6, 12.6, 55.7], "new": [12.4, 55.6, 12.5, 55.8] },
        "gaps": 1, "notes": 2,
    })
}

#[test]
fn a_document_says_what_the_site_lists() {
    let counts = |node, way| json!({ "node": node, "way": way, "relation": 0 });
    let expected = json!({
        "id": 4_711, "state": "analysed",
        "created_at": "2023-11-14T22:13:20Z", "closed_at": "2023-11-14T22:14:20Z",
        "user": { "name": "a mapper", "uid": 42 },
        "comment": "Cycleways", "editor": "iD 2.30", "source": "survey",
        "num_changes": 3, "comments_count": 1,
        "discussion": [{ "date": "2023-11-14T22:15:00Z", "user": "a mapper", "text": "Why?" }],
        "labels": ["inside"],
        "extent": { "type": "envelope", "coordinates": [[12.4, 55.8], [12.6, 55.6]] },
        "center": [12.5, 55.7],
        "analysis": {
            "changes_from": "adiff",
            "created": counts(2, 1), "modified": counts(0, 1), "deleted": counts(1, 0),
            "tags": {
                "keys": ["highway", "note", "surface"], "added": ["highway=cycleway"],
                "changed_from": ["surface=dirt"], "changed_to": ["surface=asphalt"], "removed": ["note=x"],
            },
            "mileage_m": { "created": 120.5, "deleted": 0.0, "changed": -3.0 },
            "moved_nodes": 1, "affected_users": ["another"], "gaps": 1, "notes": 2,
        },
    });
    assert_eq!(serde_json::to_value(Document::of(&full_row())).unwrap(), expected);
}

/// Names of all fields in a document, or in a mapping.
fn fields(value: &Value, path: &str, into: &mut Vec<String>) {
    let values = match value {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    };
    for (name, value) in values.into_iter().filter_map(Value::as_object).flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        fields(value, &path, into);
        into.push(path);
    }
}

#[test]
fn every_field_is_in_the_mapping_and_every_one_in_the_mapping_is_in_a_document() {
    let (mut written, mut mapped) = (Vec::new(), Vec::new());
    let mut document = serde_json::to_value(Document::of(&full_row())).unwrap();
    document["extent"] = json!(null);
    fields(&document, "", &mut written);
    fields(&template(INDEX)["template"]["mappings"]["properties"], "", &mut mapped);
    let mut mapped: Vec<_> = mapped
        .into_iter()
        .map(|path| path.replace(".properties", ""))
        .filter(|path| !["type", "format", "ignore_above"].iter().any(|setting| path.ends_with(&format!(".{setting}"))))
        .collect();
    written.sort();
    mapped.sort();
    mapped.dedup();
    assert_eq!(written, mapped);
}

/// Every field of the mapping is in the documentation, with its type.
#[test]
fn the_documentation_has_every_field() {
    let docs = include_str!("../../../../docs/search.md");
    let mut mapped = Vec::new();
    fields(&template(INDEX)["template"]["mappings"]["properties"], "", &mut mapped);
    let typed = mapped.iter().filter_map(|path| path.strip_suffix(".type"));
    for path in typed.map(|path| path.replace(".properties", "")) {
        assert!(docs.contains(&format!("`{path}`")), "docs/search.md does not know {path}");
    }
}

#[tokio::test]
async fn every_box_is_a_shape_that_servers_take() {
    let (_server, index) = server().await;
    let boxes = [
        [12.0, 55.0, 13.0, 56.0],
        [12.0, 55.0, 12.0, 55.0],
        [12.0, 55.0, 12.0, 56.0],
        [12.0, 55.0, 13.0, 55.0],
        [-180.0, -90.0, 180.0, 90.0],
        [179.9999999, -90.0, 180.0, -89.9999999],
    ];
    let rows = (1..).zip(boxes).map(|(id, corners)| {
        let mut row = row(id);
        row.changeset.bounds = Some(serde_json::from_value::<BoundingBox>(json!(corners)).unwrap());
        row
    });
    let operations: Vec<_> = rows.map(|row| Operation::of(&row)).collect();
    assert_eq!(index.apply(&operations).await.unwrap(), vec![Outcome::Indexed; boxes.len()]);
}

#[tokio::test]
async fn the_largest_and_the_longest_that_strangers_write_are_taken() {
    let (_server, index) = server().await;
    let mut row = full_row();
    let long = "ü".repeat(40_000);
    row.changeset.tags = ["comment", "created_by", "source"].into_iter().map(|key| (key, long.as_str())).collect();
    row.changeset.user = Some(User { uid: Some(UserId(u64::try_from(i64::MAX).unwrap())), name: long.as_str().into() });
    row.labels[0].name = long.clone();
    row.digest.as_mut().unwrap().tag_diff.create[0].value = long;
    row.digest.as_mut().unwrap().mileage_m.total.created = f64::NAN;
    row.digest.as_mut().unwrap().moved_nodes = u32::MAX;
    assert_eq!(index.apply(&[Operation::of(&row)]).await.unwrap(), [Outcome::Indexed]);
}

#[test]
fn only_a_change_of_the_document_is_told() {
    let plain = row(1);
    let leased = ChangesetRow {
        lease: Some(Lease { owner: "x".to_owned(), until: Timestamp(0) }),
        due_at: Some(Timestamp(0)),
        attempts: 3,
        ..worked_on(&plain)
    };
    assert_eq!(Operation::between(Some(&plain), Some(&leased)), None);
    assert_eq!(Operation::between(Some(&plain), Some(&changed(&plain))), Some(Operation::of(&changed(&plain))));
    let reanalysed = ChangesetRow { state: State::Open, ..worked_on(&plain) };
    assert!(Operation::between(Some(&plain), Some(&reanalysed)).is_some(), "readers see it");
}

#[test]
fn a_row_that_is_not_listed_is_not_in_the_index() {
    let (shown, hidden) = (row(1), listed(&row(1), false));
    assert_eq!(Operation::between(None, Some(&hidden)), None);
    assert_eq!(Operation::between(Some(&hidden), None), None);
    assert_eq!(Operation::between(Some(&hidden), Some(&listed(&hidden, false))), None);
    let away = Operation::between(Some(&shown), Some(&hidden)).unwrap();
    assert_eq!((away.what, away.version), (What::Delete, Operation::of(&shown).version + 1));
    let back = Operation::between(Some(&hidden), Some(&listed(&hidden, true))).unwrap();
    assert!(matches!(back.what, What::Put(_)) && back.version > away.version);
    let gone = Operation::between(Some(&shown), None).unwrap();
    assert_eq!((gone.what, gone.version), (What::Delete, Operation::of(&shown).version + 1));
}
