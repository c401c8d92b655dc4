//! Reading and writing rows under their versions.

use osmtracker_osm::{Changeset, ChangesetId, Timestamp};

use super::{Ports, StepError};
use crate::{
    ChangesetRow, FeedPosition, Lease, State, Transition,
    metrics::RetryCause,
    ports::{Expected, PortError},
};

/// Who runs a step, for leases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// One of many processes on the same store: a lease of another counts until it runs out.
    Shared(String),
    /// The only process on this store: a lease of any other belongs to a process that is gone.
    Alone(String),
}

impl Owner {
    /// Unique for each process that ever ran.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Shared(name) | Self::Alone(name) => name,
        }
    }

    /// Under which name a step that may run once at a time takes its lease. One that is alone takes over from its dead
    /// predecessor at once.
    pub(super) fn for_step(&self) -> &str {
        match self {
            Self::Shared(name) => name,
            Self::Alone(_) => "alone",
        }
    }

    /// Whether the lease keeps this owner from the work.
    pub(super) fn is_kept_out_by(&self, lease: Option<&Lease>, now: Timestamp) -> bool {
        match (self, lease) {
            (_, None) => false,
            (Self::Shared(_), Some(lease)) => lease.until > now,
            (Self::Alone(name), Some(lease)) => {
                let mine = lease.owner.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('/'));
                lease.until > now && mine
            }
        }
    }

    /// Unique for each try: the row's version goes up with it.
    pub(super) fn for_row(&self, row: &ChangesetRow) -> String {
        format!("{}/{}", self.name(), row.version)
    }
}

/// A row that is not stored yet.
pub(super) fn new_row(changeset: Changeset, feed: FeedPosition) -> ChangesetRow {
    ChangesetRow {
        changeset,
        feed,
        state: State::New,
        version: 0,
        first_written_at: Timestamp::default(),
        updated_at: Timestamp::default(),
        due_at: None,
        lease: None,
        attempts: 0,
        given_up: false,
        reason: None,
        labels: Vec::new(),
        listed: false,
        digest: None,
        source: None,
        history: Vec::new(),
    }
}

/// Puts the row into a state, which ends whatever lease and appointment the state before had.
pub(crate) fn enter(row: &mut ChangesetRow, state: State, at: Timestamp, reason: Option<String>) {
    row.lease = None;
    row.due_at = None;
    row.given_up = false;
    row.reason.clone_from(&reason);
    if row.state != state || row.history.is_empty() {
        row.history.push(Transition { state, at, reason });
        let surplus = row.history.len().saturating_sub(ChangesetRow::HISTORY);
        row.history.drain(..surplus);
    }
    row.state = state;
}

impl Ports {
    pub(super) async fn row(&self, id: ChangesetId) -> Result<Option<ChangesetRow>, PortError> {
        Ok(self.store.changesets(&[id]).await?.pop())
    }

    /// Writes the row over the version that it was read with; afterwards it holds the new version.
    pub(super) async fn write_row(&self, row: &mut ChangesetRow) -> Result<(), PortError> {
        let expected = if row.version == 0 { Expected::Absent } else { Expected::Version(row.version) };
        let mut written = row.clone();
        written.version += 1;
        written.updated_at = self.now();
        if row.version == 0 {
            written.first_written_at = written.updated_at;
        }
        self.store.put_changeset(&written, expected).await?;
        *row = written;
        Ok(())
    }

    /// When a changeset is to be dropped; `None` without a horizon.
    pub(super) fn horizon_of(&self, changeset: &Changeset) -> Option<Timestamp> {
        let horizon = self.config.pipeline.horizon?;
        let ended = changeset.closed_at.unwrap_or(changeset.created_at);
        Some(ended.plus_seconds(i64::try_from(horizon.as_secs()).unwrap_or(i64::MAX)))
    }
}

/// Reads, decides and writes again until nobody wrote in between; five tries.
///
/// `decide` answers what to write (`None`: nothing) and what to tell the caller.
pub(crate) async fn update<T>(
    ports: &Ports,
    id: ChangesetId,
    mut decide: impl FnMut(Option<ChangesetRow>) -> (Option<ChangesetRow>, T),
) -> Result<T, StepError> {
    for _ in 0..4 {
        let (row, answer) = decide(ports.row(id).await?);
        let Some(mut row) = row else { return Ok(answer) };
        match ports.write_row(&mut row).await {
            Err(PortError::Conflict { .. }) => ports.metrics.retry(RetryCause::Conflict),
            result => return result.map(|()| answer).map_err(StepError::from),
        }
    }
    let (row, answer) = decide(ports.row(id).await?);
    if let Some(mut row) = row {
        ports.write_row(&mut row).await?;
    }
    Ok(answer)
}
