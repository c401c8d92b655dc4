//! The replication feeds: state files, data files, and what each fault of them becomes.
//!
//! | fault of the upstream | what the caller sees |
//! | --- | --- |
//! | head stale | the same [`FeedHead`] again; the tracker measures how long |
//! | head ahead of its file, data 404 | `changesets`: [`FeedError::Missing`] with the data file's address |
//! | state 404 | `timestamp`: [`FeedError::Missing`] with the state file's address |
//! | 200 with an S3 `NoSuchKey` body | as 404 |
//! | state truncated at any byte | [`FeedError::Malformed`], never a smaller number |
//! | empty file | [`FeedError::Malformed`]: `byte 0: the file is empty` |
//! | gzip truncated, bad CRC | [`FeedError::Malformed`] with the byte of the inflated document reached |
//! | two gzip members | read whole |
//! | valid gzip around unclosed XML | [`FeedError::Malformed`] with the byte |
//! | sequence reset lower | a [`FeedHead`] below the cursor: the tracker waits |
//! | sequence jump | a [`FeedHead`] far above it; files in between that are not there are [`FeedError::Missing`] |
//! | clock skew of ten minutes | another `timestamp`; nothing here compares it with a clock |
//!
//! No fault makes a method answer with fewer changesets than the file holds.

use async_trait::async_trait;
use osmtracker_osm::{
    Changeset, ChangesetSequence, MinuteSequence, OsmChange, Timestamp,
    replication::{ReplicationState, StateError, parse_changesets_state, parse_minute_state, sequence_path},
};
use osmtracker_pipeline::ports::{FeedError, FeedHead, ReplicationFeed};

use crate::{
    Base, Client, Operation, Request, Response, UpstreamError, formats,
    search::{Known, States, search},
};

/// Up to this file the states of the changesets feed are not consistent about their own number.
const LAST_DISPUTED_STATE: ChangesetSequence = ChangesetSequence(2_008_010);

/// The changesets feed.
#[derive(Clone)]
pub struct ChangesetsFeed {
    folder: Folder,
}

/// The minute feed of osmChange files.
#[derive(Clone)]
pub struct MinuteFeed {
    folder: Folder,
}

impl ChangesetsFeed {
    /// The feed in the folder `changesets/` below `replication_url`, such as
    /// `https://planet.openstreetmap.org/replication/`.
    ///
    /// # Errors
    /// [`UpstreamError::Config`] when the address cannot be used.
    pub fn new(client: Client, replication_url: &str) -> Result<Self, UpstreamError> {
        Ok(Self { folder: Folder::new(client, replication_url, "changesets")? })
    }

    async fn state(&self, sequence: ChangesetSequence) -> Result<FeedHead, FeedError> {
        let response = self.folder.sequence_file(sequence.0, "state.txt", Operation::ReplicationState).await?;
        let head = parsed(&response, parse_changesets_state).map(head_of)?;
        if head.sequence != sequence && sequence > LAST_DISPUTED_STATE {
            let reason = format!("it is the state of file {}, not of {sequence}", head.sequence);
            return Err(FeedError::Malformed { url: response.url, reason });
        }
        Ok(head)
    }
}

#[async_trait]
impl ReplicationFeed for ChangesetsFeed {
    async fn head(&self) -> Result<FeedHead, FeedError> {
        let response = self.folder.file("state.yaml", Operation::ReplicationState).await?;
        parsed(&response, parse_changesets_state).map(head_of)
    }

    async fn timestamp(&self, sequence: ChangesetSequence) -> Result<Timestamp, FeedError> {
        self.state(sequence).await.map(|state| state.timestamp)
    }

    async fn changesets(&self, sequence: ChangesetSequence) -> Result<Vec<Changeset>, FeedError> {
        let response = self.folder.sequence_file(sequence.0, "osm.gz", Operation::ReplicationFile).await?;
        formats::changesets(&response).map_err(UpstreamError::into_feed)
    }

    async fn sequence_at(&self, time: Timestamp) -> Result<ChangesetSequence, FeedError> {
        let head = self.head().await?;
        let head = Known { sequence: head.sequence.0, timestamp: head.timestamp };
        search(self, head, time).await.map(ChangesetSequence)
    }
}

#[async_trait]
impl States for ChangesetsFeed {
    async fn time_of(&self, sequence: u64) -> Result<Option<Timestamp>, FeedError> {
        match self.state(ChangesetSequence(sequence)).await {
            Ok(state) => Ok(Some(state.timestamp)),
            Err(FeedError::Missing { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

impl MinuteFeed {
    /// The feed in the folder `minute/` below `replication_url`.
    ///
    /// # Errors
    /// [`UpstreamError::Config`] when the address cannot be used.
    pub fn new(client: Client, replication_url: &str) -> Result<Self, UpstreamError> {
        Ok(Self { folder: Folder::new(client, replication_url, "minute")? })
    }

    /// The newest published file. Never read past it.
    ///
    /// # Errors
    /// As the table of faults says.
    pub async fn head(&self) -> Result<ReplicationState<MinuteSequence>, FeedError> {
        let response = self.folder.file("state.txt", Operation::ReplicationState).await?;
        parsed(&response, parse_minute_state)
    }

    /// The state that was written with a file.
    ///
    /// # Errors
    /// As the table of faults says; also [`FeedError::Malformed`] when it is the state of another file.
    pub async fn state(&self, sequence: MinuteSequence) -> Result<ReplicationState<MinuteSequence>, FeedError> {
        let response = self.folder.sequence_file(sequence.0, "state.txt", Operation::ReplicationState).await?;
        let state = parsed(&response, parse_minute_state)?;
        if state.sequence == sequence {
            return Ok(state);
        }
        let reason = format!("it is the state of file {}, not of {sequence}", state.sequence);
        Err(FeedError::Malformed { url: response.url, reason })
    }

    /// The changes of a file, in its order.
    ///
    /// # Errors
    /// As the table of faults says.
    pub async fn changes(&self, sequence: MinuteSequence) -> Result<OsmChange, FeedError> {
        let response = self.folder.sequence_file(sequence.0, "osc.gz", Operation::ReplicationFile).await?;
        formats::osm_change(&response).map_err(UpstreamError::into_feed)
    }
}

/// A folder of sequences.
#[derive(Clone)]
struct Folder {
    client: Client,
    base: Base,
}

impl Folder {
    fn new(client: Client, replication_url: &str, feed: &str) -> Result<Self, UpstreamError> {
        let base = client.folder(&format!("{}/{feed}", replication_url.trim_end_matches('/')))?;
        Ok(Self { client, base })
    }

    async fn sequence_file(&self, sequence: u64, ending: &str, operation: Operation) -> Result<Response, FeedError> {
        self.file(&format!("{}.{ending}", sequence_path(sequence)), operation).await
    }

    /// A file that is there and is not empty.
    async fn file(&self, path: &str, operation: Operation) -> Result<Response, FeedError> {
        let url = self.base.url().join(path).expect("paths of sequences are plain");
        let request = Request { base: &self.base, url, operation };
        let response = self.client.get(&request).await.and_then(Response::ok).map_err(UpstreamError::into_feed)?;
        if response.body.is_empty() {
            return Err(FeedError::Malformed { url: response.url, reason: "byte 0: the file is empty".to_owned() });
        }
        if is_no_such_key(&response.body) {
            return Err(FeedError::Missing { url: response.url });
        }
        Ok(response)
    }
}

/// S3's message for a missing object, which some set-ups send with status 200.
fn is_no_such_key(body: &[u8]) -> bool {
    let beginning = String::from_utf8_lossy(&body[..body.len().min(1024)]);
    beginning.contains("<Error>") && beginning.contains("<Code>NoSuchKey</Code>")
}

fn head_of(state: ReplicationState<ChangesetSequence>) -> FeedHead {
    FeedHead { sequence: state.sequence, timestamp: state.timestamp }
}

fn parsed<S>(
    response: &Response,
    parse: impl FnOnce(&[u8]) -> Result<ReplicationState<S>, StateError>,
) -> Result<ReplicationState<S>, FeedError> {
    parse(&response.body).map_err(|error| FeedError::Malformed { url: response.url.clone(), reason: error.to_string() })
}

#[cfg(test)]
mod tests;
