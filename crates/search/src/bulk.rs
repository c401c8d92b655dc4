//! The bulk protocol: lines of JSON out, one answer an operation back.

use std::collections::BTreeMap;

use bytes::Bytes;
use osmtracker_osm::ChangesetId;
use serde::{Deserialize, Serialize};

use crate::{Operation, What, client::Cause, index::Held};

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

/// The lines that write a document as it stands in the index.
pub(crate) fn lines_of_held(held: &Held) -> Vec<u8> {
    let target = Target { id: held.id.to_string(), version: held.version, version_type: VersionType::ExternalGte };
    let mut lines = Vec::new();
    push(&mut lines, &ActionLine::Index(target));
    // Line breaks of the server's own, between the fields; those inside of texts are escaped.
    lines.extend(held.source.get().bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')));
    lines.push(b'\n');
    lines
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

/// The items of an answer, one for each of these changesets in their order; `None` when it is no such answer.
pub(crate) fn items(answer: &str, ids: &[ChangesetId]) -> Option<Vec<Item>> {
    let response: Response = serde_json::from_str(answer).ok()?;
    let items: Vec<RawItem> = response.items.into_iter().filter_map(|item| item.into_values().next()).collect();
    let fits = |(item, id): (&RawItem, &ChangesetId)| item.id == id.to_string();
    if items.len() != ids.len() || !items.iter().zip(ids).all(fits) {
        return None;
    }
    Some(items.into_iter().map(|item| Item { status: item.status, cause: item.error.unwrap_or_default() }).collect())
}
