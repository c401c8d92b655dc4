//! What is remembered of a changeset and a target.

use osmtracker_osm::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Post;
use crate::{
    ChangesetRow, Lease,
    ports::{Expected, PortError, Record},
    steps::Ports,
};

/// Who is sending a message, and until when it is believed to be alive.
pub(super) type Sending = Lease;

/// What was told of a changeset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "lowercase")]
pub(super) enum Told {
    /// Nothing yet.
    Waiting {
        /// When it first was not taken; absent before, and again when it was put aside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failing_since: Option<Timestamp>,
    },
    /// It is being sent, or was when its sender ended.
    Sending(Sending),
    /// It was sent.
    Sent,
}

impl Told {
    /// Nothing was told, and nothing went wrong.
    pub(super) const NOTHING: Self = Self::Waiting { failing_since: None };
}

/// A record with what it says.
pub(super) struct Stored<T> {
    record: Record,
    pub(super) value: T,
}

impl<T: Serialize + DeserializeOwned> Stored<T> {
    /// What is remembered under the key, or this when nothing is.
    pub(super) async fn read_or(ports: &Ports, key: String, absent: T) -> Result<Self, PortError> {
        let Some(record) = ports.store.record(&key).await? else {
            let record = Record { key, version: 0, expires_at: None, value: String::new() };
            return Ok(Self { record, value: absent });
        };
        let value = serde_json::from_str(&record.value).map_err(|error| PortError::Permanent {
            what: format!("read what is remembered as {key}"),
            source: error.into(),
        })?;
        Ok(Self { record, value })
    }

    pub(super) fn is_new(&self) -> bool {
        self.record.version == 0
    }

    pub(super) fn version(&self) -> u64 {
        self.record.version
    }

    pub(super) fn expires(&mut self, at: Option<Timestamp>) {
        self.record.expires_at = at;
    }

    /// Writes a value over what was read.
    pub(super) async fn write(&mut self, ports: &Ports, value: T) -> Result<(), PortError> {
        let before = self.record.version;
        let expected = if before == 0 { Expected::Absent } else { Expected::Version(before) };
        let text = serde_json::to_string(&value).expect("plain data with text keys");
        let record = Record { version: before + 1, value: text, ..self.record.clone() };
        ports.store.put_record(&record, expected).await?;
        *self = Self { record, value };
        Ok(())
    }
}

/// How much longer than the changeset's row a memo is kept, in seconds: 30 days.
const LONGER: i64 = 30 * 24 * 3_600;

/// What is remembered of one changeset and one target.
pub(super) async fn of_changeset(post: &Post<'_>, row: &ChangesetRow) -> Result<Stored<Told>, PortError> {
    let key = format!("notify/{}/{}", post.target.name, row.id());
    let mut memo = Stored::read_or(post.ports, key, Told::NOTHING).await?;
    memo.expires(post.ports.horizon_of(&row.changeset).map(|at| at.plus_seconds(LONGER)));
    Ok(memo)
}
