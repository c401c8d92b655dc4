//! How things look as items of the table.

use std::{
    collections::HashMap,
    io::{Read, Write},
};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow,
    ports::{MetricsRow, PortError, Record},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::permanent;

/// An item, a key, or the values of an expression.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The sort key of what is alone in its partition.
pub(super) const ROW: &str = "ROW";

/// Parts of a day in the index `updated`, so that no partition of it takes all writes of the moment.
pub(super) const SHARDS: u64 = 8;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Most bytes of an inflated value: an item holds 400 KB, and text does not shrink more than a hundredfold in earnest.
const MAX_INFLATED: u64 = 64 << 20;

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn key(pk: &str, sk: &str) -> Item {
    [("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))].into()
}

pub(super) fn row_key(id: ChangesetId) -> Item {
    key(&format!("CHANGESET#{id}"), ROW)
}

pub(super) fn metrics_key(owner: &str) -> Item {
    key("METRICS", owner)
}

/// A moment and an id, so that their order as text is their order.
pub(super) fn moment_key(moment: Timestamp, id: ChangesetId) -> String {
    format!("{:012}#{:020}", moment.0.clamp(0, 999_999_999_999), id.0)
}

/// The place in the index `due`. What is never due comes after every moment.
pub(super) fn due_key(row: &ChangesetRow) -> String {
    match row.due_at {
        Some(due_at) => moment_key(due_at, row.id()),
        None => format!("~#{:020}", row.id().0),
    }
}

/// The id at the end of a key of an index.
pub(super) fn id_in(key: &str) -> Option<ChangesetId> {
    key.rsplit_once('#')?.1.parse().ok().map(ChangesetId)
}

/// The moment at the beginning of such a key.
pub(super) fn moment_in(key: &str) -> Option<Timestamp> {
    key.split_once('#')?.0.parse().ok().map(Timestamp)
}

/// The day of a moment, counted from 1970-01-01.
pub(super) fn day_of(moment: Timestamp) -> i64 {
    moment.0.div_euclid(DAY)
}

/// The partition of the index `updated` that holds a day's rows with such ids.
pub(super) fn day_key(day: i64, shard: u64) -> String {
    format!("{day}#{shard}")
}

pub(super) fn of_row(what: &str, row: &ChangesetRow) -> Result<Item, PortError> {
    let mut item = row_key(row.id());
    let shard = row.id().0 % SHARDS;
    item.insert("version".to_owned(), number(row.version));
    item.insert("state".to_owned(), text(row.state.as_str()));
    item.insert("due".to_owned(), text(due_key(row)));
    item.insert("day".to_owned(), text(day_key(day_of(row.updated_at), shard)));
    item.insert("updated".to_owned(), text(moment_key(row.updated_at, row.id())));
    item.insert("row".to_owned(), deflated(to_json(what, row)?.as_bytes()));
    Ok(item)
}

pub(super) fn row(item: &Item) -> Result<ChangesetRow, PortError> {
    let what = "read a stored row";
    let json = inflated(what, item.get("row"))?;
    // A newer release may have written it: once that is deployed everywhere, it is read.
    serde_json::from_slice(&json).map_err(|error| PortError::Transient { what: what.to_owned(), source: error.into() })
}

pub(super) fn of_metrics(row: &MetricsRow) -> Item {
    let mut item = metrics_key(&row.owner);
    item.insert("sequence".to_owned(), number(row.sequence));
    item.insert("updated_at".to_owned(), number(row.updated_at.0));
    item.insert("snapshot".to_owned(), deflated(row.snapshot.as_bytes()));
    item
}

pub(super) fn metrics(item: &Item) -> Result<MetricsRow, PortError> {
    let what = "read stored counters";
    let snapshot = inflated(what, item.get("snapshot"))?;
    Ok(MetricsRow {
        owner: string(what, item, "sk")?.to_owned(),
        sequence: integer(what, item, "sequence")?,
        updated_at: Timestamp(integer(what, item, "updated_at")?),
        snapshot: String::from_utf8(snapshot).map_err(|error| permanent(what, error))?,
    })
}

pub(super) fn record_key(key: &str) -> Item {
    self::key(&format!("RECORD#{key}"), ROW)
}

pub(super) fn of_record(record: &Record) -> Item {
    let mut item = record_key(&record.key);
    item.insert("version".to_owned(), number(record.version));
    item.insert("value".to_owned(), text(&record.value));
    if let Some(at) = record.expires_at {
        item.insert("expires".to_owned(), number(at.0));
    }
    item
}

pub(super) fn record(what: &str, key: &str, item: &Item) -> Result<Record, PortError> {
    let expires_at = item.contains_key("expires").then(|| integer(what, item, "expires")).transpose()?;
    Ok(Record {
        key: key.to_owned(),
        version: integer(what, item, "version")?,
        expires_at: expires_at.map(Timestamp),
        value: string(what, item, "value")?.to_owned(),
    })
}

pub(super) fn to_json(what: &str, value: &impl Serialize) -> Result<String, PortError> {
    serde_json::to_string(value).map_err(|error| permanent(what, error))
}

pub(super) fn json<T: DeserializeOwned>(what: &str, item: &Item) -> Result<T, PortError> {
    serde_json::from_str(string(what, item, "json")?).map_err(|error| permanent(what, error))
}

pub(super) fn string<'a>(what: &str, item: &'a Item, name: &str) -> Result<&'a str, PortError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| permanent(what, format!("it has no text {name:?}")))
}

fn integer<T: std::str::FromStr>(what: &str, item: &Item, name: &str) -> Result<T, PortError> {
    let value = item.get(name).and_then(|value| value.as_n().ok()?.parse().ok());
    value.ok_or_else(|| permanent(what, format!("it has no number {name:?}")))
}

/// A write is paid for by started KB: text is stored small.
fn deflated(bytes: &[u8]) -> AttributeValue {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes all");
    AttributeValue::B(Blob::new(encoder.finish().expect("memory takes all")))
}

fn inflated(what: &str, value: Option<&AttributeValue>) -> Result<Vec<u8>, PortError> {
    let blob = value.and_then(|value| value.as_b().ok()).ok_or_else(|| permanent(what, "it has no content"))?;
    let mut bytes = Vec::new();
    let mut decoder = DeflateDecoder::new(blob.as_ref()).take(MAX_INFLATED);
    decoder.read_to_end(&mut bytes).map_err(|error| permanent(what, error))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_moments_are_in_their_order_and_give_the_id_back() {
        let moments = [(-5, 1), (0, 1), (9, 2), (9, 10), (10, 1), (1_700_000_000, 7), (i64::MAX, 3)];
        let keys: Vec<_> = moments.map(|(moment, id)| moment_key(Timestamp(moment), ChangesetId(id))).to_vec();
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!(id_in(&keys[3]), Some(ChangesetId(10)));
        assert!(keys.iter().all(|key| key.as_str() < "~#00000000000000000001"));
        assert_eq!(id_in("~#00000000000000000001"), Some(ChangesetId(1)));
        assert_eq!(id_in("nothing"), None);
    }

    #[test]
    fn an_item_that_is_no_row_is_said_to_be_none() {
        let error = row(&row_key(ChangesetId(1))).expect_err("an item without content");
        assert!(matches!(error, PortError::Permanent { .. }));
        let mut item = row_key(ChangesetId(1));
        item.insert("row".to_owned(), deflated(b"{]"));
        assert!(matches!(row(&item), Err(PortError::Transient { .. })));
    }
}
