//! The bulk protocol: lines of JSON out, one answer an operation back.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Operation, What, client::Cause};

/// Which versions win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VersionType {
    /// Higher ones.
    External,
    /// Higher ones and the same: for documents that the same row now has otherwise.
    ExternalGte,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum ActionLine {
    Index(Target),
    Delete(Target),
}

#[derive(Serialize)]
struct Target {
    #[serde(rename = "_id")]
    id: String,
    version: u64,
    version_type: VersionType,
}

/// The lines of one operation. Serde escapes line breaks inside of texts, so each line is one.
pub(crate) fn lines(operation: &Operation, version_type: VersionType) -> Bytes {
    let target = Target { id: operation.id.to_string(), version: operation.version, version_type };
    let mut lines = Vec::new();
    match &operation.what {
        What::Put(document) => {
            push(&mut lines, &ActionLine::Index(target));
            push(&mut lines, document);
        }
        What::Delete => push(&mut lines, &ActionLine::Delete(target)),
    }
    lines.into()
}

fn push(lines: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(&mut *lines, value).expect("plain data with text keys, written to memory");
    lines.push(b'\n');
}

/// What became of one operation.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) status: u16,
    pub(crate) cause: Cause,
}

#[derive(Deserialize)]
struct Response {
    items: Vec<BTreeMap<String, RawItem>>,
}

#[derive(Deserialize)]
struct RawItem {
    #[serde(rename = "_id")]
    id: String,
    status: u16,
    #[serde(default)]
    error: Option<Cause>,
}

/// The items of an answer, one for each of these operations in their order; `None` when it is no such answer.
pub(crate) fn items(answer: &str, operations: &[&Operation]) -> Option<Vec<Item>> {
    let response: Response = serde_json::from_str(answer).ok()?;
    let items: Vec<RawItem> = response.items.into_iter().filter_map(|item| item.into_values().next()).collect();
    let fits = |(item, operation): (&RawItem, &&Operation)| item.id == operation.id.to_string();
    if items.len() != operations.len() || !items.iter().zip(operations).all(fits) {
        return None;
    }
    Some(items.into_iter().map(|item| Item { status: item.status, cause: item.error.unwrap_or_default() }).collect())
}
