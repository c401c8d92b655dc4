use std::{collections::BTreeSet, time::Duration};

use osmtracker_osm::ChangesetId;

use crate::{
    ChangesetRow, State,
    messages::PublishAction,
    ports::{ListingCursor, PortError},
    steps::{Ports, StepError, enter, update},
};

/// Rows read at a time.
const PAGE: usize = 100;

/// Which changesets are meant. What is empty or `None` does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// In one of these states.
    pub states: Vec<State>,
    /// With one of these labels.
    pub labels: Vec<String>,
    /// Last written at least so long ago.
    pub older_than: Option<Duration>,
    /// Last written at most so long ago.
    pub newer_than: Option<Duration>,
    /// No more than so many.
    pub limit: Option<usize>,
}

impl Selection {
    fn holds(&self, row: &ChangesetRow, age: Duration) -> bool {
        let has_label = |name: &String| row.labels.iter().any(|label| label.name == *name);
        (self.states.is_empty() || self.states.contains(&row.state))
            && (self.labels.is_empty() || self.labels.iter().any(has_label))
            && self.older_than.is_none_or(|least| age >= least)
            && self.newer_than.is_none_or(|most| age <= most)
    }

    /// Whether rows beyond this age need not be read: listings go from the newest to the oldest.
    fn is_past(&self, age: Duration) -> bool {
        self.newer_than.is_some_and(|most| age > most)
    }
}

/// The rows that are meant, last written first. Reads rows until the limit, or the age, is reached.
///
/// # Errors
/// When the store fails.
pub async fn list(ports: &Ports, selection: &Selection) -> Result<Vec<ChangesetRow>, PortError> {
    let (now, limit) = (ports.clock.now(), selection.limit.unwrap_or(usize::MAX));
    let (mut found, mut seen, mut after) = (Vec::new(), BTreeSet::new(), None);
    loop {
        let rows = ports.store.recent(after, PAGE).await?;
        let is_last = rows.len() < PAGE;
        after = rows.last().map(|row| ListingCursor { updated_at: row.updated_at, id: row.id() }).or(after);
        for row in rows {
            let age = Duration::from_secs(now.seconds_since(row.updated_at).max(0).unsigned_abs());
            if found.len() >= limit || selection.is_past(age) {
                return Ok(found);
            }
            // A row that was written in between comes up twice.
            if selection.holds(&row, age) && seen.insert(row.id()) {
                found.push(row);
            }
        }
        if is_last {
            return Ok(found);
        }
    }
}

/// One row; `None` when there is none.
///
/// # Errors
/// When the store fails.
pub async fn show(ports: &Ports, id: ChangesetId) -> Result<Option<ChangesetRow>, PortError> {
    Ok(ports.store.changesets(&[id]).await?.pop())
}

/// Has changesets analysed again, whatever their state; answers which of them there are. Failed tries are forgotten.
///
/// # Errors
/// When store or queue fails; those before are ordered then, and asking again does no harm.
pub async fn reanalyse(ports: &Ports, ids: &[ChangesetId]) -> Result<Vec<ChangesetId>, StepError> {
    let mut ordered = Vec::new();
    for &id in ids {
        let (now, retry) = (ports.clock.now(), ports.config.pipeline.retry);
        let exists = update(ports, id, |row| {
            let row = row.map(|mut row| {
                enter(&mut row, State::Reanalysing, now, Some("an operator asked for it".to_owned()));
                row.attempts = 0;
                row.due_at = Some(now.plus(retry));
                row
            });
            let exists = row.is_some();
            (row, exists)
        })
        .await?;
        if exists {
            ordered.push(id);
        }
    }
    ports.send_for_analysis(&ordered).await?;
    Ok(ordered)
}

/// Has changesets taken from site, feeds and table. The next time that the feed tells of one, it comes back.
///
/// # Errors
/// When the queue fails.
pub async fn drop_changesets(ports: &Ports, ids: &[ChangesetId]) -> Result<(), StepError> {
    ports.send_for_publication(ids, PublishAction::Drop).await
}
