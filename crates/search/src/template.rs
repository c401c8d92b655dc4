//! The index template. It says nothing that only one of the two engines understands.

use serde_json::{Value, json};

/// Longest keyword that is searched, in characters: a longer one is kept and not searched. Lucene refuses terms of more
/// than 32,766 bytes, and with them the document.
const IGNORE_ABOVE: u32 = 1_024;

/// Goes up with each change of the mapping.
pub const MAPPING_VERSION: u32 = 1;

/// The template of an index with this name, as `PUT _index_template/NAME` takes it.
#[must_use]
pub fn template(index: &str) -> Value {
    json!({
        "index_patterns": [index],
        "priority": 200,
        "version": MAPPING_VERSION,
        "_meta": { "description": "Changesets as osmtracker found them" },
        "template": {
            "settings": { "index": { "refresh_interval": "5s" } },
            "mappings": mappings(),
        },
    })
}

/// `dynamic` is off, not strict: a document of a later release has fields that this mapping does not know.
fn mappings() -> Value {
    let counts = || json!({ "properties": { "node": count(), "way": count(), "relation": count() } });
    json!({
        "dynamic": false,
        "properties": {
            "id": { "type": "long" },
            "state": keyword(),
            "created_at": date(),
            "closed_at": date(),
            "user": { "properties": { "name": keyword(), "uid": { "type": "long" } } },
            "comment": text(),
            "editor": keyword(),
            "source": text(),
            "num_changes": count(),
            "comments_count": count(),
            "discussion": { "properties": { "date": date(), "user": keyword(), "text": text() } },
            "labels": keyword(),
            "extent": { "type": "geo_shape" },
            "center": { "type": "geo_point" },
            "analysis": { "properties": {
                "changes_from": keyword(),
                "created": counts(),
                "modified": counts(),
                "deleted": counts(),
                "tags": { "properties": {
                    "keys": keyword(),
                    "added": keyword(),
                    "changed_from": keyword(),
                    "changed_to": keyword(),
                    "removed": keyword(),
                } },
                "mileage_m": { "properties": {
                    "created": { "type": "double" },
                    "deleted": { "type": "double" },
                    "changed": { "type": "double" },
                } },
                "moved_nodes": count(),
                "affected_users": keyword(),
                "gaps": count(),
                "notes": count(),
            } },
        },
    })
}

fn keyword() -> Value {
    json!({ "type": "keyword", "ignore_above": IGNORE_ABOVE })
}

fn text() -> Value {
    json!({ "type": "text" })
}

/// Counts are `u32`.
fn count() -> Value {
    json!({ "type": "long" })
}

fn date() -> Value {
    json!({ "type": "date", "format": "strict_date_time_no_millis" })
}
