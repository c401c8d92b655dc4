use std::collections::BTreeSet;

use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow,
    ports::{ListingCursor, PortError, Store},
};
use serde::Serialize;

use crate::{Index, Operation, Outcome, Rejection, SearchError, What, index::Known};

/// Rows read at a time: as many as a store answers by id.
const ROWS: usize = 100;
/// Documents listed at a time.
const DOCUMENTS: usize = 1_000;
/// Passes over the table before it is taken for one that changes faster than it can be read.
const PASSES: usize = 10;

/// What a rebuild did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reindexed {
    /// Documents written.
    pub indexed: u64,
    /// Documents that were newer in the index than in the row when that was read.
    pub newer: u64,
    /// Documents deleted, since their row is gone or not listed.
    pub deleted: u64,
    /// Changesets whose documents the server will never take.
    pub rejected: Vec<RejectedChangeset>,
}

/// A changeset whose document the server will never take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RejectedChangeset {
    /// The changeset.
    pub id: ChangesetId,
    /// Type of the error.
    pub kind: String,
    /// The server's reason.
    pub reason: String,
}

/// What a rebuild would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// Rows that are listed: documents that there should be.
    pub rows: u64,
    /// Documents in the index without such a row.
    pub surplus: u64,
}

/// Why a rebuild ended before its time. Beginning anew does no harm.
#[derive(Debug, thiserror::Error)]
pub enum ReindexError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
    /// The index failed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The server is there and does not take some documents now.
    #[error("the server does not take a document now: {0}; the rebuild ends here and can be started again")]
    Undone(String),
}

/// Makes the index equal to the table: writes the document of each row, also where the index knows that version, and
/// deletes documents without a row. Reads both in pages; versions keep it from undoing what changes meanwhile.
///
/// # Errors
/// When store or index fail.
pub async fn reindex(store: &dyn Store, index: &Index) -> Result<Reindexed, ReindexError> {
    let mut done = Reindexed::default();
    let mut begin = Newest::default();
    // A row that is written during a pass may escape it: the next one reads what was written since the last began.
    for _ in 0..PASSES {
        let newest = pass(store, index, &begin, &mut done).await?;
        if newest == begin {
            break;
        }
        begin = newest;
    }
    delete_surplus(store, index, &mut done).await?;
    Ok(done)
}

/// The rows of the second in which the newest was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Newest {
    at: Option<Timestamp>,
    rows: BTreeSet<(ChangesetId, u64)>,
}

impl Newest {
    fn note(&mut self, row: &ChangesetRow) {
        let at = *self.at.get_or_insert(row.updated_at);
        if row.updated_at == at {
            self.rows.insert((row.id(), row.version));
        }
    }

    /// Whether a row was written after these, so that a pass that began with them may have missed it.
    fn is_before(&self, row: &ChangesetRow) -> bool {
        let is_one_of_them = self.rows.contains(&(row.id(), row.version));
        self.at.is_none_or(|at| row.updated_at >= at) && !is_one_of_them
    }
}

/// Writes rows from the newest back to those that `begin` is before; answers the newest.
async fn pass(store: &dyn Store, index: &Index, begin: &Newest, done: &mut Reindexed) -> Result<Newest, ReindexError> {
    let (mut newest, mut after) = (Newest::default(), None);
    loop {
        let rows = store.recent(after, ROWS).await?;
        rows.iter().for_each(|row| newest.note(row));
        let fresh = rows.iter().filter(|row| begin.is_before(row)).map(Operation::of);
        let operations: Vec<_> = fresh.filter(|operation| matches!(operation.what, What::Put(_))).collect();
        write(index, &operations, done).await?;
        let last = rows.last();
        if rows.len() < ROWS || last.is_some_and(|last| begin.at.is_some_and(|at| last.updated_at < at)) {
            return Ok(newest);
        }
        after = last.map(|row| ListingCursor { updated_at: row.updated_at, id: row.id() });
    }
}

async fn write(index: &Index, operations: &[Operation], done: &mut Reindexed) -> Result<(), ReindexError> {
    let outcomes = index.apply_again(operations).await?;
    for (operation, outcome) in operations.iter().zip(outcomes) {
        match outcome {
            Outcome::Indexed => done.indexed += 1,
            Outcome::Conflict => done.newer += 1,
            Outcome::Deleted => done.deleted += 1,
            Outcome::Undone(reason) => return Err(ReindexError::Undone(reason)),
            Outcome::Rejected(Rejection { kind, reason }) => {
                done.rejected.push(RejectedChangeset { id: operation.id, kind, reason });
            }
        }
    }
    Ok(())
}

async fn delete_surplus(store: &dyn Store, index: &Index, done: &mut Reindexed) -> Result<(), ReindexError> {
    index.refresh().await?;
    let mut after = None;
    loop {
        let known = index.known(after, DOCUMENTS).await?;
        for known in known.chunks(ROWS) {
            write(index, &surplus(store, known).await?, done).await?;
        }
        match known.last() {
            Some(last) if known.len() == DOCUMENTS => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

/// Deletions of those that no listed row stands behind.
async fn surplus(store: &dyn Store, known: &[Known]) -> Result<Vec<Operation>, PortError> {
    let ids: Vec<_> = known.iter().map(|known| known.id).collect();
    let rows = store.changesets(&ids).await?;
    let listed: BTreeSet<_> = rows.iter().filter(|row| row.listed).map(ChangesetRow::id).collect();
    let surplus = known.iter().filter(|known| !listed.contains(&known.id));
    // One above the document's own: whatever was written since is above that.
    Ok(surplus.map(|known| Operation { id: known.id, version: known.version + 1, what: What::Delete }).collect())
}

/// Looks what a rebuild would do, and makes nothing.
///
/// # Errors
/// When store or index fail.
pub async fn survey(store: &dyn Store, index: &Index) -> Result<Survey, ReindexError> {
    let mut survey = Survey::default();
    let mut after = None;
    loop {
        let rows = store.recent(after, ROWS).await?;
        survey.rows += rows.iter().filter(|row| row.listed).count() as u64;
        after = rows.last().map(|row| ListingCursor { updated_at: row.updated_at, id: row.id() });
        if rows.len() < ROWS {
            break;
        }
    }
    if !index.exists().await? {
        return Ok(survey);
    }
    index.refresh().await?;
    let mut after = None;
    loop {
        let known = index.known(after, DOCUMENTS).await?;
        for known in known.chunks(ROWS) {
            survey.surplus += surplus(store, known).await?.len() as u64;
        }
        match known.last() {
            Some(last) if known.len() == DOCUMENTS => after = Some(last.id),
            _ => return Ok(survey),
        }
    }
}
