use osmtracker_osm::{ChangesetId, ChangesetSequence};

use super::changesets::{Selection, list};
use crate::{
    State,
    ports::{FeedCursor, FeedError, PortError, SkippedFiles},
    steps::{Ports, StepError, update},
};

/// Why an order was not given.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// It makes no sense: the message says what would.
    #[error("{0}")]
    Refused(String),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A step failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The feed did not answer.
    #[error(transparent)]
    Feed(#[from] FeedError),
}

/// What leaving files out would mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Skip {
    /// The files that are left out.
    pub files: SkippedFiles,
    /// Analysed changesets whose discussions the API is asked for afterwards, since those files may have told of them.
    pub to_refresh: Vec<ChangesetId>,
    cursor: FeedCursor,
}

/// Looks what it would mean to go on after this file.
///
/// # Errors
/// [`AdminError::Refused`] when that is not ahead of what was read and within what is published.
pub async fn plan_skip(ports: &Ports, last: ChangesetSequence) -> Result<Skip, AdminError> {
    let refused = |reason: String| Err(AdminError::Refused(reason));
    let Some(cursor) = ports.store.cursor().await? else {
        return refused(
            "nothing was followed yet; say where to begin with `osmtracker run --from-sequence`".to_owned(),
        );
    };
    let (read, head) = (cursor.sequence, cursor.head_sequence);
    if last <= read {
        return refused(format!(
            "file {last} is not ahead: everything up to {read} was read; to read files again, use `admin backfill`"
        ));
    }
    if last > head {
        return refused(format!("file {last} is not published yet: the head of the feed is {head}"));
    }
    let files = SkippedFiles { first: read.next(), last, at: ports.clock.now() };
    let done = list(ports, &Selection { states: vec![State::Done], ..Selection::default() }).await?;
    let may_have_missed = done.iter().filter(|row| row.feed.sequence < last).map(|row| row.id());
    Ok(Skip { files, to_refresh: may_have_missed.collect(), cursor })
}

/// Lets the tracker go on after a file, and remembers what was left out.
///
/// # Errors
/// [`AdminError::Refused`] when the tracker has moved on since the plan was made.
pub async fn skip(ports: &Ports, plan: &Skip) -> Result<(), AdminError> {
    let (before, last) = (plan.cursor.sequence, plan.files.last);
    let mut cursor = plan.cursor.clone();
    cursor.timestamp = ports.feed.timestamp(last).await?;
    cursor.sequence = last;
    (cursor.waiting_for, cursor.fault) = (None, None);
    cursor.skipped.push(plan.files);
    let surplus = cursor.skipped.len().saturating_sub(FeedCursor::SKIPPED);
    cursor.skipped.drain(..surplus);
    match ports.store.move_cursor(Some(before), &cursor).await {
        Err(PortError::Conflict { .. }) => {
            let reason =
                "the tracker has just read on; look at `admin replication show`, and whether it is still needed";
            return Err(AdminError::Refused(reason.to_owned()));
        }
        result => result?,
    }
    let Some(after) = ports.config.pipeline.refresh_meta else { return Ok(()) };
    let due = ports.clock.now().plus(after);
    for &id in &plan.to_refresh {
        update(ports, id, |row| {
            let row = row.filter(|row| row.state == State::Done).map(|mut row| {
                row.due_at = Some(row.due_at.map_or(due, |at| at.min(due)));
                row
            });
            (row, ())
        })
        .await?;
    }
    Ok(())
}
