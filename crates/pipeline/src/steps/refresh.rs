//! Metadata of analysed changesets that the feed may not have told of.

use osmtracker_osm::{Changeset, ChangesetId};

use super::{Ports, StepError, filter::relabel, rows};
use crate::{
    ChangesetRow, FeedPosition, State,
    messages::PublishAction,
    metrics::{Event, EventAction, Timer},
    ports::{FeedCursor, SourceError},
    with_causes,
};

/// Changesets asked for in one run, in one call: the most that the API answers at once.
pub(super) const AT_ONCE: usize = 100;

/// Whether comments of this changeset may have been in files that were left out.
pub(super) fn is_wanted(ports: &Ports, row: &ChangesetRow, cursor: Option<&FeedCursor>) -> bool {
    let is_skipped = cursor.is_some_and(|cursor| cursor.has_skipped_since(row.feed.sequence));
    ports.config.pipeline.refresh_meta.is_some() && row.state == State::Done && is_skipped
}

/// Asks for the metadata of these changesets, at most [`AT_ONCE`], and takes them up: what the API says now is newer than
/// all that the feed told until the cursor. What cannot be had stays due.
pub(super) async fn refresh(ports: &Ports, ids: &[ChangesetId], cursor: &FeedCursor) -> Result<usize, StepError> {
    let started = std::time::Instant::now();
    let found = match ports.metadata.metadata(ids).await {
        Ok(found) => found,
        Err(error) => {
            told(&error);
            return Ok(0);
        }
    };
    ports.metrics.time(Timer::ChangesetRefresh, started.elapsed());
    ports.metrics.events(Event::Refresh, EventAction::In, ids.len() as u64);
    ports.metrics.events(Event::Refresh, EventAction::Out, found.len() as u64);
    let mut changed = Vec::new();
    for changeset in &found {
        if take_up(ports, changeset, cursor).await? {
            changed.push(changeset.id);
        }
    }
    ports.send_for_publication(&changed, PublishAction::Update).await?;
    Ok(found.len())
}

fn told(error: &SourceError) {
    tracing::warn!(error = with_causes(error), "discussions could not be refreshed and will be later");
}

/// Whether readers see a difference.
async fn take_up(ports: &Ports, changeset: &Changeset, cursor: &FeedCursor) -> Result<bool, StepError> {
    rows::update(ports, changeset.id, |row| {
        let Some(mut row) = row.filter(|row| row.state == State::Done && row.feed.sequence <= cursor.sequence) else {
            return (None, false);
        };
        let (was_listed, differs) = (row.listed, row.changeset != *changeset);
        row.changeset = changeset.clone();
        row.feed = FeedPosition { sequence: cursor.sequence, index: u32::MAX };
        relabel(&mut row, &ports.config.rules.filter(changeset));
        row.due_at = ports.horizon_of(changeset);
        let is_shown = row.listed || was_listed;
        (Some(row), differs && is_shown)
    })
    .await
}
