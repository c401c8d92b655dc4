//! What the steps need from the world, one trait each. Adapters are in `crates/embedded`, `crates/upstream` and
//! `crates/aws`; `crates/testkit` holds the suite that every adapter of a port must pass.

use std::{collections::BTreeMap, error::Error as StdError, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use osmtracker_osm::{AugmentedChange, Changeset, ChangesetId, ChangesetSequence, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{ChangesetRow, State};

mod messenger;
mod queue_name;
mod record;

pub use messenger::{DeliveryError, Letter, Messenger, Receipt, Secret, Secrets};
pub use queue_name::QueueName;
pub use record::Record;

/// The cause under an error of a port.
pub type Source = Box<dyn StdError + Send + Sync>;

/// Why a port did not do what it was asked, by what the caller does next.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Somebody else wrote in between: read again, decide again.
    #[error("{what} was changed by somebody else in between")]
    Conflict {
        /// What was to be written: `changeset 4711`, `object site/index.html`.
        what: String,
    },
    /// Likely to work later: try again.
    #[error("{what}")]
    Transient {
        /// What was tried: `receive from the filter queue`.
        what: String,
        /// The cause.
        #[source]
        source: Source,
    },
    /// Will fail again in the same way: do not try again.
    #[error("{what}")]
    Permanent {
        /// What was tried.
        what: String,
        /// The cause.
        #[source]
        source: Source,
    },
}

/// The time of day.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// A message that was received and not yet acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where it came from.
    pub queue: QueueName,
    /// Stays the same over redeliveries.
    pub message_id: String,
    /// Names this delivery alone.
    pub receipt: String,
    /// JSON.
    pub body: String,
    /// How often it was delivered, this time included.
    pub attempts: u32,
}

/// How full a queue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Waiting to be received.
    pub waiting: u64,
    /// Received and not acknowledged, not yet visible again.
    pub in_flight: u64,
    /// Put aside after too many deliveries.
    pub dead: u64,
    /// Age of the oldest waiting message in seconds, 0 when none waits; `None` where the queue does not tell.
    pub oldest_seconds: Option<u64>,
}

/// Queues with at-least-once delivery and no promise of order, as SQS has them.
///
/// A message that was received becomes visible again when `visibility` has passed without [`Queue::acknowledge`]. After
/// the adapter's limit of deliveries it goes to the dead letters of its queue instead.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Stores all bodies. On an error some may have been stored: the caller sends all again.
    ///
    /// # Errors
    /// [`PortError::Permanent`] when a body passes [`crate::messages::MAX_BODY_BYTES`].
    async fn send(&self, queue: QueueName, bodies: Vec<String>) -> Result<(), PortError>;

    /// Up to `max` messages, hidden from other receivers for `visibility`. Returns at once, possibly with none.
    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, PortError>;

    /// Removes a delivered message. Doing so again, or after it became visible again, is no error; in the latter case
    /// it may be delivered once more.
    async fn acknowledge(&self, delivery: &Delivery) -> Result<(), PortError>;

    /// Hides a delivered message for `visibility` from now; zero gives it back at once.
    async fn extend(&self, delivery: &Delivery, visibility: Duration) -> Result<(), PortError>;

    /// Moves a delivered message to the dead letters at once: it failed in a way that no further delivery mends. A
    /// message that is gone, or visible again, needs nothing more.
    async fn put_aside(&self, delivery: &Delivery) -> Result<(), PortError>;

    /// How full the queue is.
    async fn depth(&self, queue: QueueName) -> Result<QueueDepth, PortError>;

    /// Up to `max` dead letters, oldest first, without removing them.
    async fn dead_letters(&self, queue: QueueName, max: usize) -> Result<Vec<Delivery>, PortError>;

    /// Moves all dead letters back to their queue with no deliveries counted; answers how many.
    async fn redrive(&self, queue: QueueName) -> Result<u64, PortError>;
}

/// What a row must be for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// There is no row.
    Absent,
    /// The row has this version.
    Version(u64),
}

/// A place in the listing by time of last update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListingCursor {
    /// When the last row of the page before was updated.
    pub updated_at: Timestamp,
    /// Its id.
    pub id: ChangesetId,
}

/// How far a feed was followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedCursor {
    /// The last file whose changesets are all on the filter queue.
    pub sequence: ChangesetSequence,
    /// The time of that file: when the upstream wrote it.
    pub timestamp: Timestamp,
    /// The newest file that the upstream has published, when last seen.
    pub head_sequence: ChangesetSequence,
    /// The time of that file.
    pub head_timestamp: Timestamp,
    /// When the head was last seen.
    pub checked_at: Timestamp,
    /// When the head was last seen to move.
    pub head_moved_at: Timestamp,
    /// What the tracker waits for, when something is wrong upstream; for people.
    pub waiting_for: Option<String>,
    /// What kind of fault that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FeedFault>,
    /// Files that an operator had it leave out, oldest first, at most [`FeedCursor::SKIPPED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedFiles>,
    /// The first file that was followed; `None` where a release wrote the first cursor that did not keep it.
    #[serde(default)]
    pub first_sequence: Option<ChangesetSequence>,
}

impl FeedCursor {
    /// Ranges of skipped files that are remembered.
    pub const SKIPPED: usize = 20;

    /// Whether the feed was not read to its end since it told of something: files after this one were left out.
    #[must_use]
    pub fn has_skipped_since(&self, sequence: ChangesetSequence) -> bool {
        self.skipped.iter().any(|files| files.last > sequence)
    }
}

/// What is wrong with the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedFault {
    /// A published file is absent.
    Missing,
    /// A published file is damaged.
    Malformed,
    /// The upstream refuses us.
    Refused,
    /// It does not answer, or not for now.
    Unreachable,
    /// Its head is behind what was read before.
    WentBack,
}

/// Files of the feed that were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedFiles {
    /// The first of them.
    pub first: ChangesetSequence,
    /// The last of them.
    pub last: ChangesetSequence,
    /// When that was decided.
    pub at: Timestamp,
}

/// One process's counters, whole, as it last put them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsRow {
    /// `function#environment`: unique for each process that ever ran.
    pub owner: String,
    /// One more at each put of the same owner.
    pub sequence: u64,
    /// When it was put.
    pub updated_at: Timestamp,
    /// The snapshot, opaque to the store.
    pub snapshot: String,
}

/// Rows of changesets, and the few rows beside them. Every write is conditional; there are no scans.
#[async_trait]
pub trait Store: Send + Sync {
    /// Rows by id, at most 100 at once, in no particular order; those that are absent are left out. Reads what was last written.
    async fn changesets(&self, ids: &[ChangesetId]) -> Result<Vec<ChangesetRow>, PortError>;

    /// Writes `row`, whose version must be one more than the expected one (1 when absent).
    ///
    /// # Errors
    /// [`PortError::Conflict`] when the stored row is not as expected: nothing is written then.
    async fn put_changeset(&self, row: &ChangesetRow, expected: Expected) -> Result<(), PortError>;

    /// Removes a row if it has this version; a row that is absent is no error.
    async fn delete_changeset(&self, id: ChangesetId, version: u64) -> Result<(), PortError>;

    /// Ids of rows with `due_at <= now`, earliest first. Costs what it answers, not what is stored.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ChangesetId>, PortError>;

    /// Rows by `updated_at`, newest first (ties: highest id first), after `after`. Fewer than `limit` mean that there are no
    /// more. A row that is written meanwhile moves to the front; a listing may be behind by moments.
    async fn recent(&self, after: Option<ListingCursor>, limit: usize) -> Result<Vec<ChangesetRow>, PortError>;

    /// The number of rows in each state; states without rows may be absent.
    async fn state_counts(&self) -> Result<BTreeMap<State, u64>, PortError>;

    /// How far the changesets feed was followed; `None` before the first time.
    async fn cursor(&self) -> Result<Option<FeedCursor>, PortError>;

    /// Writes the cursor if the stored one has this sequence (`None`: if there is none). Sequences never go down.
    ///
    /// # Errors
    /// [`PortError::Conflict`] when it has not.
    async fn move_cursor(&self, expected: Option<ChangesetSequence>, cursor: &FeedCursor) -> Result<(), PortError>;

    /// Takes or prolongs a named lease: `true` when `owner` now holds it until `until`, `false` when another holds it
    /// beyond `now`.
    async fn take_lease(&self, name: &str, owner: &str, now: Timestamp, until: Timestamp) -> Result<bool, PortError>;

    /// Gives a lease back; no error when `owner` does not hold it.
    async fn release_lease(&self, name: &str, owner: &str) -> Result<(), PortError>;

    /// What is remembered under a key, as it was last written; `None` when nothing is.
    async fn record(&self, key: &str) -> Result<Option<Record>, PortError>;

    /// Writes a record, whose version must be one more than the expected one (1 when absent).
    ///
    /// # Errors
    /// [`PortError::Conflict`] when the stored one is not as expected: nothing is written then.
    async fn put_record(&self, record: &Record, expected: Expected) -> Result<(), PortError>;

    /// Puts a process's counters, if its stored row has a lower sequence or is absent.
    async fn put_metrics(&self, row: &MetricsRow) -> Result<(), PortError>;

    /// All rows of counters.
    async fn metrics(&self) -> Result<Vec<MetricsRow>, PortError>;

    /// In one transaction: removes the folded rows if each still has the given sequence, and writes `base` if the
    /// stored base row has the sequence before it.
    ///
    /// # Errors
    /// [`PortError::Conflict`] when one of them changed: nothing is written then.
    async fn fold_metrics(&self, folded: &[MetricsRow], base: &MetricsRow) -> Result<(), PortError>;
}

/// Names a state of an object; changes with its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(pub String);

/// An object that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its content.
    pub bytes: Bytes,
    /// For a conditional put.
    pub etag: ETag,
}

/// What an object must be for a put to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutCondition {
    /// Whatever is there is replaced.
    Always,
    /// There is no such object.
    Absent,
    /// The object is in this state.
    Matches(ETag),
}

/// How an object is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectMeta {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Cache-Control`.
    pub cache_control: &'static str,
    /// `Content-Encoding` of the bytes as given.
    pub content_encoding: Option<&'static str>,
}

/// Objects by key, strongly consistent, as S3 has them. Keys under `site/` are public; all others are private.
#[async_trait]
pub trait SiteStore: Send + Sync {
    /// The object; `None` when absent.
    async fn get(&self, key: &str) -> Result<Option<Object>, PortError>;

    /// Puts the whole object or nothing: a reader never sees half of it.
    ///
    /// # Errors
    /// [`PortError::Conflict`] when the condition does not hold.
    async fn put(&self, key: &str, bytes: Bytes, meta: ObjectMeta, condition: PutCondition) -> Result<ETag, PortError>;

    /// Removes objects; absent ones are no error.
    async fn delete(&self, keys: &[String]) -> Result<(), PortError>;

    /// Whether readers get an object with the `Content-Encoding` that it was put with. A folder of files cannot tell it.
    fn keeps_encodings(&self) -> bool {
        false
    }

    /// Keys with this prefix, sorted. For administration: no step calls it.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError>;
}

/// The head of the changesets feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedHead {
    /// The newest file published. The head state is the commit marker: never read past it.
    pub sequence: ChangesetSequence,
    /// When the upstream wrote it.
    pub timestamp: Timestamp,
}

/// Why the feed did not answer, by what the tracker does next: it always stops, waits and says what for.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// A file at or below the head is not there. A fault upstream; never skipped.
    #[error("{url} is missing although the head is beyond it")]
    Missing {
        /// The file.
        url: String,
    },
    /// A file is there and is not what it should be: truncated, damaged, another document.
    #[error("{url} is not valid: {reason}")]
    Malformed {
        /// The file.
        url: String,
        /// What is wrong with it, and at which byte.
        reason: String,
    },
    /// The upstream refuses us (403, 406, …): a person must act.
    #[error("{url} refuses us with status {status}")]
    Refused {
        /// The file.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Likely to work later.
    #[error("{what}")]
    Transient {
        /// What was tried.
        what: String,
        /// The cause.
        #[source]
        source: Source,
    },
}

impl FeedError {
    /// What kind of fault it is.
    #[must_use]
    pub const fn fault(&self) -> FeedFault {
        match self {
            Self::Missing { .. } => FeedFault::Missing,
            Self::Malformed { .. } => FeedFault::Malformed,
            Self::Refused { .. } => FeedFault::Refused,
            Self::Transient { .. } => FeedFault::Unreachable,
        }
    }
}

/// The changesets feed.
#[async_trait]
pub trait ReplicationFeed: Send + Sync {
    /// The newest published file.
    async fn head(&self) -> Result<FeedHead, FeedError>;

    /// When a file was written, from its state.
    async fn timestamp(&self, sequence: ChangesetSequence) -> Result<Timestamp, FeedError>;

    /// The changesets of a file, in its order.
    async fn changesets(&self, sequence: ChangesetSequence) -> Result<Vec<Changeset>, FeedError>;

    /// The last file written at or before `time` (the first one there is, when all are later), in O(log n) requests.
    async fn sequence_at(&self, time: Timestamp) -> Result<ChangesetSequence, FeedError>;
}

/// A change and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcedChange {
    /// Old and new versions.
    pub change: AugmentedChange,
    /// [`ChangeSource::name`] of the one that answered.
    pub source: &'static str,
    /// HTTP calls made, retries included.
    pub calls: u32,
    /// Bytes received on the wire.
    pub bytes: u64,
}

/// Why a source did not answer, by what the caller does next.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Not there yet, or never: ask the next source, or this one later.
    #[error("{source_name} does not have changeset {id}")]
    NotFound {
        /// [`ChangeSource::name`].
        source_name: &'static str,
        /// The changeset.
        id: ChangesetId,
    },
    /// Likely to work later.
    #[error("{what}")]
    Transient {
        /// What was tried.
        what: String,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// The cause.
        #[source]
        source: Source,
    },
    /// The upstream refuses us (403, 406, 509 for long): a person must act.
    #[error("{url} refuses us with status {status}")]
    Refused {
        /// What was asked for.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Will fail again in the same way.
    #[error("{what}")]
    Permanent {
        /// What was tried.
        what: String,
        /// The cause.
        #[source]
        source: Source,
    },
}

/// Where old and new versions come from.
#[async_trait]
pub trait ChangeSource: Send + Sync {
    /// `adiff`, `osm-api`, `real-changesets`: a metric label and a field of the document.
    fn name(&self) -> &'static str;

    /// All changes of a closed changeset.
    async fn changes(&self, changeset: &Changeset) -> Result<SourcedChange, SourceError>;
}

/// Where a changeset's metadata come from when the feed may have missed them.
#[async_trait]
pub trait MetadataSource: Send + Sync {
    /// Metadata with discussion, at most 100 changesets at once; those that are absent are left out.
    async fn metadata(&self, ids: &[ChangesetId]) -> Result<Vec<Changeset>, SourceError>;
}
