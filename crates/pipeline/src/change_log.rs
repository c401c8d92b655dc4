//! What changed in the table, for somebody who keeps a copy of it elsewhere: a search index.
//!
//! On AWS the stream of the table tells that. A store on one machine keeps a log of its own.

use async_trait::async_trait;
use osmtracker_osm::Timestamp;

use crate::{ChangesetRow, ports::PortError};

/// How a follower of the log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Following {
    /// The log holds everything that changed since the copy was equal to the table.
    Continues,
    /// The log holds what changes from now on: the copy has to be made equal to the table first.
    Begins,
}

/// A row that changed, at least once.
#[derive(Clone, Debug, PartialEq)]
pub struct RowChange {
    /// Names this state of the log's entry.
    pub mark: ChangeMark,
    /// The row as the copy has it; `None` when that is not known, for the entry was handed out before.
    pub before: Option<Option<ChangesetRow>>,
    /// The row as it is now.
    pub now: RowNow,
}

/// A row as it is now.
#[derive(Clone, Debug, PartialEq)]
pub enum RowNow {
    /// It is there.
    There(Box<ChangesetRow>),
    /// It was removed; this is how it last was.
    Gone(Box<ChangesetRow>),
}

impl RowNow {
    /// The row, or what was last of it.
    #[must_use]
    pub fn row(&self) -> &ChangesetRow {
        match self {
            Self::There(row) | Self::Gone(row) => row,
        }
    }
}

/// Names an entry of the log as it was when it was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeMark {
    /// The changeset.
    pub id: u64,
    /// Goes up whenever the row changes.
    pub serial: i64,
}

/// The log of what changed, one entry a row however often it changed. It has one follower, and is empty without one.
#[async_trait]
pub trait ChangeLog: Send + Sync {
    /// Begins or goes on to log for the follower with this name; another one's entries are forgotten.
    async fn follow(&self, name: &str) -> Result<Following, PortError>;

    /// The copy is equal to the table but for what the log holds.
    async fn caught_up(&self) -> Result<(), PortError>;

    /// Ends the logging, and forgets everything.
    async fn unfollow(&self) -> Result<(), PortError>;

    /// The rows that changed longest ago, at most `limit`. They stay in the log.
    async fn changes(&self, limit: usize) -> Result<Vec<RowChange>, PortError>;

    /// Forgets entries, but for those whose rows have changed since they were handed out.
    async fn forget(&self, marks: &[ChangeMark]) -> Result<(), PortError>;
}

/// A change as the stream of a table tells it, in the order of the changes of that row.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamedChange {
    /// The row before; `None` when there was none.
    pub before: Option<ChangesetRow>,
    /// The row after; `None` when it was removed.
    pub after: Option<ChangesetRow>,
    /// When it happened.
    pub at: Timestamp,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The copy has it, or a later one.
    Done,
    /// It is to come again.
    Later,
    /// It will never be taken: it is put aside.
    Never {
        /// In a word that no stranger wrote.
        kind: String,
        /// As the other side says it; not for logs.
        reason: String,
    },
}
