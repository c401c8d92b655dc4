use std::time::Duration;

use osmtracker_osm::{ChangesetSequence, Timestamp};

use super::AdminError;
use crate::{
    metrics::{Event, EventAction},
    ports::QueueName,
    steps::{Ports, filter_messages},
};

/// Files that are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackfillPlan {
    /// The first.
    pub first: ChangesetSequence,
    /// The last: what comes after it, the tracker reads by itself.
    pub last: ChangesetSequence,
}

impl BackfillPlan {
    /// How many they are.
    #[must_use]
    pub fn files(&self) -> u64 {
        (self.last.0 + 1).saturating_sub(self.first.0)
    }
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backfill {
    /// Files read.
    pub files: u64,
    /// Changesets in them, all of which went to the filter.
    pub changesets: u64,
}

/// Finds the files that the upstream wrote between two moments, as far as the tracker has read.
///
/// # Errors
/// [`AdminError::Refused`] when there are none; else when feed or store fails.
pub async fn plan_backfill(ports: &Ports, since: Timestamp, until: Timestamp) -> Result<BackfillPlan, AdminError> {
    let refused = |reason: &str| Err(AdminError::Refused(reason.to_owned()));
    if since >= until {
        return refused("--since has to be before --until");
    }
    let Some(cursor) = ports.store.cursor().await? else {
        return refused("nothing was followed yet; say where to begin with `osmtracker run --since`");
    };
    let first = ports.feed.sequence_at(since).await?;
    let last = ports.feed.sequence_at(until).await?.min(cursor.sequence);
    if first > last {
        return refused("the tracker has not read so far yet: it will come to these files by itself");
    }
    Ok(BackfillPlan { first, last })
}

/// Sends everything in these files to the filter once more, at most `files_a_minute`. What is known stays as it is, so
/// that this may be broken off and begun again.
///
/// # Errors
/// When feed or queue fails; what was sent stays sent.
pub async fn backfill(
    ports: &Ports,
    plan: BackfillPlan,
    files_a_minute: u32,
    mut progress: impl FnMut(Backfill),
) -> Result<Backfill, AdminError> {
    let mut pace = tokio::time::interval(Duration::from_secs(60) / files_a_minute.max(1));
    let mut done = Backfill::default();
    for sequence in (plan.first.0..=plan.last.0).map(ChangesetSequence) {
        pace.tick().await;
        let changesets = ports.feed.changesets(sequence).await?;
        let count = changesets.len() as u64;
        let bodies = filter_messages(sequence, changesets);
        if !bodies.is_empty() {
            ports.queue.send(QueueName::Filter, bodies).await?;
        }
        ports.metrics.events(Event::Filter, EventAction::In, count);
        done = Backfill { files: done.files + 1, changesets: done.changesets + count };
        progress(done);
    }
    Ok(done)
}
