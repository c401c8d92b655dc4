//! Who sends notifications, and where their secrets are kept.

use std::time::Duration;

use async_trait::async_trait;

use super::{PortError, Source};
use crate::config::{NotifyTarget, SecretPlace};

/// A message, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The same for each try: a receiver knows the message again by it. Letters, digits and `-`.
    pub key: String,
    /// What it is about: messages of one group are taken in their order.
    pub group: String,
    /// Subject of a mail: ASCII.
    pub subject: String,
    /// In the target's form.
    pub body: String,
}

/// What a receiver said when it took a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// For people: `status 204`. No secret, and nothing that a stranger wrote.
    pub answer: String,
}

/// Why a message was not sent. No part of it holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Not now: try again later. The receiver may have taken it all the same, if it did not answer.
    #[error("{what}")]
    Transient {
        /// What happened.
        what: String,
        /// How long the receiver asks to wait.
        retry_after: Option<Duration>,
        /// The cause, where there is one.
        #[source]
        source: Option<Source>,
    },
    /// It will not be taken in any later try either: a person must act.
    #[error("{what}")]
    Permanent {
        /// What happened, and what to do.
        what: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Source>,
    },
}

/// Sends messages to targets.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Sends one message, in one try.
    async fn deliver(&self, target: &NotifyTarget, letter: &Letter) -> Result<Receipt, DeliveryError>;
}

/// A secret. It is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret to itself. Spaces and line ends around it do not count.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The secret, for who has to use it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Where secrets are kept.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Reads one.
    ///
    /// # Errors
    /// [`PortError::Permanent`] when it is not there or empty: a person must act.
    async fn read(&self, place: &SecretPlace) -> Result<Secret, PortError>;

    /// Forgets what is kept of one, since it was refused. Whether something was that had been kept for some time: then the
    /// next reading may bring another.
    fn forget(&self, _place: &SecretPlace) -> bool {
        false
    }
}
