//! What travels on the queues: JSON with `schema` first, under 64 KB, many changesets a message.
//!
//! Readers accept the current schema and the one before it.

use osmtracker_osm::{Changeset, ChangesetId, ChangesetSequence, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The schema number that this version writes.
pub const SCHEMA: u32 = 1;

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A newer release wrote it: one that is just being deployed will read it.
    #[error("it has the schema {0}, and this release knows those up to {SCHEMA}")]
    Newer(u32),
    /// It is no such message.
    #[error(transparent)]
    Malformed(#[from] serde_json::Error),
}

/// Reads a message, whose schema is looked at before anything else of it.
///
/// # Errors
/// When it is of a newer release, or no such message.
pub fn read<T: DeserializeOwned>(body: &str) -> Result<T, ReadError> {
    #[derive(Deserialize)]
    struct Versioned {
        schema: u32,
    }
    match serde_json::from_str::<Versioned>(body)?.schema {
        newer if newer > SCHEMA => Err(ReadError::Newer(newer)),
        _ => Ok(serde_json::from_str(body)?),
    }
}

/// Largest body in bytes. SQS counts a request by started 64 KiB.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// To the filter: changesets as the feed had them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterMessage {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The file of the feed.
    pub sequence: ChangesetSequence,
    /// Place of the first changeset in the file, from 0; the others follow without gaps.
    pub first_index: u32,
    /// The feed's elements, whole; the oldest comments are left out where one alone would pass [`MAX_BODY_BYTES`].
    pub changesets: Vec<Changeset>,
}

/// To the analyser: one changeset whose row waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalyseMessage {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The changeset.
    pub id: ChangesetId,
}

/// To the publisher: rows that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishMessage {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What to do.
    pub items: Vec<PublishItem>,
}

/// One changeset for the publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishItem {
    /// The changeset.
    pub id: ChangesetId,
    /// What to do.
    pub action: PublishAction,
}

/// What the publisher does with a changeset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublishAction {
    /// Write its pages and documents from its row and analysis, or remove them when it is not listed any more.
    Update,
    /// Remove its pages and documents, then its row: it is past the horizon or was dropped by hand.
    Drop,
}

/// To the notifier: one changeset for one target, so that a target that does not answer keeps no other waiting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyMessage {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The target's name in the configuration.
    pub target: String,
    /// The changeset; absent: whatever the target's digest has gathered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ChangesetId>,
    /// When the message was sent: for people who look at what was put aside.
    pub asked_at: Timestamp,
}
