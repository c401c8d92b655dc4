use std::time::Duration;

use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::ports::{FeedError, SourceError};

use crate::Refusal;

/// Why the upstream could not be read, by what the caller does next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// A configured address or the client's settings are wrong: stop the start and say so.
    #[error("{what}")]
    Config {
        /// What is wrong and how to mend it.
        what: String,
        /// The cause below, where there is one.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// An answer leads to an address that we do not ask. It will do so again.
    #[error("{url} leads to an address that is not asked")]
    Forbidden {
        /// What was asked for.
        url: String,
        /// Why the address is not asked.
        #[source]
        source: Refusal,
    },
    /// No usable answer after all tries: ask again later.
    #[error("no answer from {url} after {attempts} tries")]
    Unavailable {
        /// What was asked for.
        url: String,
        /// Tries made.
        attempts: u32,
        /// How long the server asks to wait from now.
        retry_after: Option<Duration>,
        /// The last failure.
        #[source]
        source: Cause,
    },
    /// The body passes a limit: it will do so again.
    #[error("the answer of {url} is over {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The body is not what it should be.
    #[error("{url} is not valid: {reason}")]
    Malformed {
        /// What was asked for.
        url: String,
        /// What is wrong, and at which byte where known.
        reason: String,
    },
    /// The body ends too early or its compression is damaged: the next answer may be whole.
    #[error("{url} is incomplete: {reason}")]
    Incomplete {
        /// What was asked for.
        url: String,
        /// Where it ends, and why that is too early.
        reason: String,
    },
    /// The server answered with a status that says no.
    #[error("{url} answers with status {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// HTTP status.
        status: u16,
    },
}

/// What went wrong in the last try.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The server answered that it cannot answer.
    #[error("status {0}")]
    Status(u16),
    /// No connection, no answer in time, or half an answer.
    #[error("the connection failed")]
    Http(#[source] reqwest::Error),
    /// The server asked all of us to wait longer than a request may.
    #[error("the server asked to wait")]
    AskedToWait,
}

impl UpstreamError {
    pub(crate) fn config(what: impl Into<String>) -> Self {
        Self::Config { what: what.into(), source: None }
    }

    /// As the feed's port says it.
    pub(crate) fn into_feed(self) -> FeedError {
        match self {
            Self::Malformed { url, reason } | Self::Incomplete { url, reason } => FeedError::Malformed { url, reason },
            Self::TooLarge { ref url, .. } => FeedError::Malformed { url: url.clone(), reason: self.to_string() },
            Self::Forbidden { url, source } => {
                FeedError::Malformed { url, reason: format!("leads to an address that is not asked: {source}") }
            }
            Self::Status { url, status: 404 | 410 } => FeedError::Missing { url },
            Self::Status { url, status } => FeedError::Refused { url, status },
            other => FeedError::Transient { what: what_of(&other), source: Box::new(other) },
        }
    }

    /// As the port of change sources says it, for a call on behalf of a changeset.
    pub(crate) fn into_source(self, source_name: &'static str, id: ChangesetId) -> SourceError {
        let what = format!("ask {source_name} for changeset {id}");
        match self {
            Self::Status { url, status } if status < 500 => SourceError::Refused { url, status },
            Self::Unavailable { retry_after, .. } => {
                SourceError::Transient { what, retry_after, source: Box::new(self) }
            }
            Self::Incomplete { .. } => SourceError::Transient { what, retry_after: None, source: Box::new(self) },
            other => SourceError::Permanent { what, source: Box::new(other) },
        }
    }
}

fn what_of(error: &UpstreamError) -> String {
    match error {
        UpstreamError::Unavailable { url, .. } => format!("fetch {url}"),
        other => other.to_string(),
    }
}
