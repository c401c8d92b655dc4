use std::time::Duration;

use crate::messages::ReadError;
use crate::metrics::FailureKind;
use crate::ports::{FeedError, PortError, Source, SourceError};

/// Why a step did not finish, by what its caller does with the message.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Somebody else is just doing it: try again in a moment.
    #[error("somebody else is at work on {what}")]
    Busy {
        /// What is worked on.
        what: &'static str,
    },
    /// Likely to work later: leave the message on its queue.
    #[error("{what}")]
    Transient {
        /// What was tried.
        what: String,
        /// The cause.
        #[source]
        source: Source,
    },
    /// Not now, and it is known when: give the message back for so long.
    #[error("{what}")]
    Later {
        /// What was tried.
        what: String,
        /// How long to wait.
        after: Duration,
        /// The cause.
        #[source]
        source: Source,
    },
    /// Nothing was tried, since it is not its turn: give the message back for so long.
    #[error("{what} waits for its turn")]
    Held {
        /// What waits.
        what: String,
        /// How long to wait.
        after: Duration,
    },
    /// Will fail again in the same way: log it and put the message aside.
    #[error("{what}")]
    Permanent {
        /// What was tried.
        what: String,
        /// The cause.
        #[source]
        source: Source,
    },
}

impl StepError {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient { .. } | Self::Busy { .. } | Self::Later { .. } | Self::Held { .. })
    }

    /// What kind of failure it is; `None` when it is none: somebody else is just at it, or it is not its turn.
    #[must_use]
    pub fn failure(&self) -> Option<FailureKind> {
        match self {
            Self::Busy { .. } | Self::Held { .. } => None,
            Self::Transient { .. } | Self::Later { .. } => Some(FailureKind::Transient),
            Self::Permanent { .. } => Some(FailureKind::Permanent),
        }
    }

    /// How long to wait before the next try, where that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Later { after, .. } | Self::Held { after, .. } => Some(*after),
            _ => None,
        }
    }

    pub(super) fn bad_message(queue: &str, error: ReadError) -> Self {
        let what = format!("read a message of the {queue} queue");
        match error {
            ReadError::Newer(_) => Self::Transient { what, source: error.into() },
            ReadError::Malformed(_) => Self::Permanent { what, source: error.into() },
        }
    }
}

impl From<PortError> for StepError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Conflict { .. } => {
                Self::Transient { what: "write against others".to_owned(), source: error.into() }
            }
            PortError::Transient { what, source } => Self::Transient { what, source },
            PortError::Permanent { what, source } => Self::Permanent { what, source },
        }
    }
}

impl From<FeedError> for StepError {
    fn from(error: FeedError) -> Self {
        Self::Transient { what: "follow the changesets feed".to_owned(), source: error.into() }
    }
}

impl From<SourceError> for StepError {
    fn from(error: SourceError) -> Self {
        let what = "ask the upstream".to_owned();
        match error {
            SourceError::Permanent { .. } => Self::Permanent { what, source: error.into() },
            _ => Self::Transient { what, source: error.into() },
        }
    }
}
