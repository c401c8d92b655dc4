use osmtracker_osm::Timestamp;
use osmtracker_pipeline::{
    change_log::{ChangeLog, ChangeMark, RowChange, RowNow},
    ports::PortError,
};

use crate::{Index, Operation, Outcome, SearchError};

/// Why a round did not come to its end. What it was about stays in the log.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] PortError),
    /// The index failed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The server is there and does not take some documents now.
    #[error("the server does not take a document now: {0}")]
    Undone(String),
}

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Followed {
    /// Entries of the log that were seen to. None: it is empty.
    pub entries: usize,
    /// What became of each operation that was sent.
    pub outcomes: Vec<(Operation, Outcome)>,
    /// When the oldest of the rows, as far as they are there, was written.
    pub oldest: Option<Timestamp>,
}

/// Takes up to `limit` changes from the log into the index, and forgets those that are there. What the server will never
/// take is forgotten as well: its outcome says why.
///
/// # Errors
/// When log or index fail. What was not done stays in the log, and comes again.
pub async fn follow(log: &dyn ChangeLog, index: &Index, limit: usize) -> Result<Followed, FollowError> {
    let changes = log.changes(limit).await?;
    let there = changes.iter().filter(|change| matches!(change.now, RowNow::There(_)));
    let oldest = there.map(|change| change.now.row().updated_at).min();
    let planned: Vec<(ChangeMark, Option<Operation>)> =
        changes.iter().map(|change| (change.mark, operation(change))).collect();
    let operations: Vec<_> = planned.iter().filter_map(|(_, operation)| operation.clone()).collect();
    let outcomes = index.apply(&operations).await?;
    let undone: Vec<u64> = operations
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| matches!(outcome, Outcome::Undone(_)))
        .map(|(operation, _)| operation.id.0)
        .collect();
    let done: Vec<_> = planned.iter().map(|(mark, _)| *mark).filter(|mark| !undone.contains(&mark.id)).collect();
    log.forget(&done).await?;
    if let Some(Outcome::Undone(reason)) = outcomes.iter().find(|outcome| matches!(outcome, Outcome::Undone(_))) {
        return Err(FollowError::Undone(reason.clone()));
    }
    Ok(Followed { entries: changes.len(), outcomes: operations.into_iter().zip(outcomes).collect(), oldest })
}

/// As the stream of a table would have it. Where it is not known what the index has, it is told in any case.
fn operation(change: &RowChange) -> Option<Operation> {
    match (&change.before, &change.now) {
        (Some(before), RowNow::There(now)) => Operation::between(before.as_ref(), Some(now)),
        (None, RowNow::There(now)) => Some(Operation::of(now)),
        (_, RowNow::Gone(last)) => Some(Operation::gone(last)),
    }
}
