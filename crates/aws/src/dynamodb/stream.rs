//! What the stream of the table tells: records as Lambda hands them over.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use base64::{Engine, prelude::BASE64_STANDARD};
use osmtracker_osm::Timestamp;
use osmtracker_pipeline::{ChangesetRow, change_log::StreamedChange, with_causes};
use serde_json::Value;

use super::items::{self, Item};

/// What a record is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// The row of a changeset.
    Row(Box<StreamedChange>),
    /// Something else of the table: a cursor, a lease, counters.
    Other,
    /// It cannot be read, and never will.
    Garbled(String),
}

/// Reads a record.
pub(crate) fn told(record: &Value) -> Told {
    let change = &record["dynamodb"];
    let Some(pk) = change["Keys"]["pk"]["S"].as_str() else {
        return Told::Garbled("it has no key".to_owned());
    };
    if !pk.starts_with("CHANGESET#") {
        return Told::Other;
    }
    match (image(&change["OldImage"]), image(&change["NewImage"])) {
        (Ok(None), Ok(None)) => Told::Garbled("it holds neither the old nor the new image of the row".to_owned()),
        (Ok(before), Ok(after)) => {
            let seconds = change["ApproximateCreationDateTime"].as_f64().unwrap_or_default();
            Told::Row(Box::new(StreamedChange { before, after, at: Timestamp(seconds as i64) }))
        }
        (Err(reason), _) | (_, Err(reason)) => Told::Garbled(reason),
    }
}

fn image(image: &Value) -> Result<Option<ChangesetRow>, String> {
    let Some(attributes) = image.as_object() else { return Ok(None) };
    let read = |(name, value): (&String, &Value)| Some((name.clone(), attribute(value)?));
    let item: Item = attributes.iter().filter_map(read).collect();
    let row = items::row(&item).map_err(|error| with_causes(&error))?;
    Ok(Some(row))
}

/// Of the kinds of attributes those that rows have.
fn attribute(value: &Value) -> Option<AttributeValue> {
    let (kind, value) = value.as_object()?.iter().next()?;
    match (kind.as_str(), value.as_str()?) {
        ("S", text) => Some(AttributeValue::S(text.to_owned())),
        ("N", number) => Some(AttributeValue::N(number.to_owned())),
        ("B", bytes) => Some(AttributeValue::B(Blob::new(BASE64_STANDARD.decode(bytes).ok()?))),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use osmtracker_osm::ChangesetId;
    use serde_json::json;

    use super::*;

    /// A row as it is stored.
    pub(crate) fn row(id: u64, version: u64) -> ChangesetRow {
        let at = "2026-11-22T09:00:00Z";
        let row = json!({
            "changeset": { "id": id, "created_at": at, "open": false, "num_changes": 1, "tags": { "comment": "\n{\"a\"" } },
            "feed": { "sequence": 1, "index": 0 }, "state": "DONE", "version": version, "first_written_at": at,
            "updated_at": at, "due_at": null, "lease": null, "attempts": 0, "reason": null, "labels": [],
            "listed": true, "digest": null, "source": null, "history": [],
        });
        serde_json::from_value(row).unwrap()
    }

    /// An item as the stream writes it.
    fn written(item: &Item) -> Value {
        let attribute = |value: &AttributeValue| match value {
            AttributeValue::S(text) => json!({ "S": text }),
            AttributeValue::N(number) => json!({ "N": number }),
            AttributeValue::B(bytes) => json!({ "B": BASE64_STANDARD.encode(bytes.as_ref()) }),
            other => panic!("{other:?}"),
        };
        item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
    }

    /// A record as Lambda hands it over.
    pub(crate) fn record(sequence: u32, old: Option<&ChangesetRow>, new: Option<&ChangesetRow>) -> Value {
        let item = |row: &ChangesetRow| written(&items::of_row("x", row).unwrap());
        let id = new.or(old).unwrap().id();
        let mut change = json!({
            "ApproximateCreationDateTime": 1_795_338_000.0,
            "Keys": written(&items::row_key(id)),
            "SequenceNumber": format!("{sequence:021}"),
            "SizeBytes": 1_024,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        });
        old.iter().for_each(|row| change["OldImage"] = item(row));
        new.iter().for_each(|row| change["NewImage"] = item(row));
        let name = match (old, new) {
            (None, _) => "INSERT",
            (_, None) => "REMOVE",
            _ => "MODIFY",
        };
        json!({
            "eventID": format!("{sequence:032x}"), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1", "dynamodb": change,
            "eventSourceARN": "arn:aws:dynamodb:eu-central-1:1:table/osmtracker/stream/2026-11-22T09:00:00.000",
        })
    }

    #[test]
    fn records_are_rows_before_and_after() {
        let (one, two) = (row(7, 1), row(7, 2));
        let at = Timestamp(1_795_338_000);
        for (before, after) in [(None, Some(&one)), (Some(&one), Some(&two)), (Some(&two), None)] {
            let expected = StreamedChange { before: before.cloned(), after: after.cloned(), at };
            assert_eq!(told(&record(1, before, after)), Told::Row(Box::new(expected)));
        }
    }

    #[test]
    fn rows_that_time_to_live_removed_are_removed_as_others() {
        let mut expired = record(1, Some(&row(7, 3)), None);
        expired["userIdentity"] = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
        let Told::Row(change) = told(&expired) else { panic!("{expired}") };
        assert_eq!((change.before.map(|row| row.id()), change.after), (Some(ChangesetId(7)), None));
    }

    #[test]
    fn cursors_leases_and_counters_are_of_no_changeset() {
        for pk in ["CURSOR#changesets", "LEASE#tracker", "METRICS", "DAYS"] {
            let mut other = record(1, None, Some(&row(7, 1)));
            other["dynamodb"]["Keys"]["pk"]["S"] = json!(pk);
            assert_eq!(told(&other), Told::Other, "{pk}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_to_be_garbled() {
        let garble = |change: fn(&mut Value)| {
            let mut record = record(1, None, Some(&row(7, 1)));
            change(&mut record);
            told(&record)
        };
        for (what, change) in [
            ("not base64", (|it| it["dynamodb"]["NewImage"]["row"]["B"] = json!("?")) as fn(&mut Value)),
            ("not deflated", |it| it["dynamodb"]["NewImage"]["row"]["B"] = json!("AAAA")),
            ("no content", |it| it["dynamodb"]["NewImage"] = json!({})),
            ("another type", |it| it["dynamodb"]["NewImage"]["row"] = json!({ "L": [] })),
            ("no image", |it| it["dynamodb"]["NewImage"] = json!(null)),
            ("no key", |it| it["dynamodb"]["Keys"] = json!({})),
            ("no record", |it| *it = json!(17)),
        ] {
            assert!(matches!(garble(change), Told::Garbled(_)), "{what}");
        }
    }
}
