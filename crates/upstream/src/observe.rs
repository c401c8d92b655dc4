use std::{
    fmt,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

/// What a call was for. The set is closed: it is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `changeset/ID?include_discussion=true`.
    Changeset,
    /// `changesets?changesets=…`.
    Changesets,
    /// `changeset/ID/download`.
    ChangesetDownload,
    /// `nodes?nodes=…`.
    Nodes,
    /// `ways?ways=…`.
    Ways,
    /// `relations?relations=…`.
    Relations,
    /// `TYPE/ID/history`.
    History,
    /// A state file of a replication feed.
    ReplicationState,
    /// A data file of a replication feed.
    ReplicationFile,
    /// A changeset's augmented diff, as XML or JSON.
    AltSource,
}

/// Which server's rules hold for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperationClass {
    /// The OSM API: two downloads at a time, and a `Retry-After` holds for all of them.
    Api,
    /// The replication feeds.
    Replication,
    /// Other sources of changes.
    AltSource,
}

impl Operation {
    /// All, for metrics that show zeros too.
    pub const ALL: [Self; 10] = [
        Self::Changeset,
        Self::Changesets,
        Self::ChangesetDownload,
        Self::Nodes,
        Self::Ways,
        Self::Relations,
        Self::History,
        Self::ReplicationState,
        Self::ReplicationFile,
        Self::AltSource,
    ];

    /// As in metric labels: `changeset_download`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changeset => "changeset",
            Self::Changesets => "changesets",
            Self::ChangesetDownload => "changeset_download",
            Self::Nodes => "nodes",
            Self::Ways => "ways",
            Self::Relations => "relations",
            Self::History => "history",
            Self::ReplicationState => "replication_state",
            Self::ReplicationFile => "replication_file",
            Self::AltSource => "alt_source",
        }
    }

    /// Which server's rules hold.
    #[must_use]
    pub const fn class(self) -> OperationClass {
        match self {
            Self::ReplicationState | Self::ReplicationFile => OperationClass::Replication,
            Self::AltSource => OperationClass::AltSource,
            _ => OperationClass::Api,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a request is tried again. The set is closed: it is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetryCause {
    /// Status 429 or 509: we asked for too much.
    RateLimited,
    /// Status 408 or another 5xx.
    ServerError,
    /// No answer in time.
    Timeout,
    /// Not connected, reset, or cut off in the middle of the answer.
    Connection,
}

impl RetryCause {
    /// All, for metrics that show zeros too.
    pub const ALL: [Self; 4] = [Self::RateLimited, Self::ServerError, Self::Timeout, Self::Connection];

    /// As in metric labels: `rate_limited`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
        }
    }
}

/// One HTTP exchange: each try and each redirect is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// What it was for.
    pub operation: Operation,
    /// The status; absent when no answer came.
    pub status: Option<u16>,
    /// Bytes of request line and headers, as HTTP/1.1 writes them.
    pub sent: u64,
    /// Bytes of status line, headers (as HTTP/1.1 writes them) and body, the body before inflating.
    pub received: u64,
    /// From connecting to the last byte.
    pub duration: Duration,
}

/// Who counts calls: the metrics of the program.
pub trait Observer: Send + Sync {
    /// An exchange is over.
    fn call(&self, call: &Call);

    /// A request is going to be tried again.
    fn retry(&self, operation: Operation, cause: RetryCause);
}

/// Counts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn call(&self, _: &Call) {}

    fn retry(&self, _: Operation, _: RetryCause) {}
}

/// Calls and bytes of one piece of work.
#[derive(Debug, Default)]
pub struct Tally {
    calls: AtomicU32,
    bytes: AtomicU64,
}

impl Tally {
    /// HTTP calls made, retries and redirects included.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Bytes received on the wire.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, call: &Call) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(call.received, Ordering::Relaxed);
    }
}
