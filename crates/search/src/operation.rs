use std::collections::BTreeMap;

use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::ChangesetRow;

use crate::Document;

/// Bits of an external version that are the row's own; the moment of its first writing is above them.
const OWN_BITS: u32 = 20;

/// What the index is told of one changeset.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The changeset: the document's id.
    pub id: ChangesetId,
    /// The document's version, which the index compares.
    pub version: u64,
    /// What becomes of the document.
    pub what: What,
}

/// What becomes of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It is this one.
    Put(Box<Document>),
    /// It goes.
    Delete,
}

impl Operation {
    /// Makes the index say what the row says.
    #[must_use]
    pub fn of(row: &ChangesetRow) -> Self {
        let what = Document::of(row).map_or(What::Delete, |document| What::Put(Box::new(document)));
        Self { id: row.id(), version: external_version(row), what }
    }

    /// Takes the document of a row that was removed away; `last` is the row as it was.
    #[must_use]
    pub fn gone(last: &ChangesetRow) -> Self {
        Self { id: last.id(), version: external_version(last) + 1, what: What::Delete }
    }

    /// What a change of a row means for the index; `None` when its document is the same before and after, or was in
    /// neither.
    #[must_use]
    pub fn between(before: Option<&ChangesetRow>, after: Option<&ChangesetRow>) -> Option<Self> {
        match (before, after) {
            (None, None) => None,
            (Some(before), None) => before.listed.then(|| Self::gone(before)),
            (before, Some(after)) => {
                let (old, new) = (before.and_then(Document::of), Document::of(after));
                (old != new).then(|| Self::of(after))
            }
        }
    }
}

/// The version of a row's document: the row's version, and above it when the row was first written.
///
/// A row that was dropped and comes back begins with version 1 again. The index remembers the version of a deletion for a
/// while, and would refuse it.
#[must_use]
pub fn external_version(row: &ChangesetRow) -> u64 {
    let born = row.first_written_at.0.clamp(0, (1 << 40) - 1).unsigned_abs();
    (born << OWN_BITS) + row.version.min((1 << OWN_BITS) - 2)
}

/// The last operation of each changeset, with its place: those before it are overtaken.
pub(crate) fn last_of_each<T>(operations: impl IntoIterator<Item = (T, Operation)>) -> Vec<(T, Operation)> {
    let mut last: BTreeMap<ChangesetId, usize> = BTreeMap::new();
    let operations: Vec<_> = operations.into_iter().collect();
    for (place, (_, operation)) in operations.iter().enumerate() {
        last.insert(operation.id, place);
    }
    let is_last = |(place, (mark, operation)): (usize, (T, Operation))| {
        (last[&operation.id] == place).then_some((mark, operation))
    };
    operations.into_iter().enumerate().filter_map(is_last).collect()
}
