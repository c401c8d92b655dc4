use std::cmp::Ordering;

use osmtracker_analysis::{Digest, LabelMatch};
use osmtracker_osm::{BoundingBox, Changeset, ChangesetId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::geojson;

/// One changeset as the site lists it: what the rows of pages and feeds are made of.
///
/// Small enough that a window of thousands is one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Metadata.
    pub changeset: Changeset,
    /// How far it is, in the fields `state` and `reason`.
    #[serde(flatten)]
    pub progress: Progress,
    /// Its labels with the reasons.
    #[serde(default)]
    pub labels: Vec<LabelMatch>,
    /// What the analysis found, in short; absent until analysed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The source that the analysis used: `adiff`, `osm-api` or `real-changesets`; absent until analysed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What a reader is told about how far a changeset is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Progress {
    /// Closed; its analysis is still to come.
    Pending,
    /// Its author may still add to it; it is analysed once it is closed.
    Open,
    /// Analysed.
    Analysed,
    /// Its analysis failed.
    Quarantined {
        /// Why, in plain words that no stranger wrote.
        reason: String,
        /// Whether all tries were used: nobody will try again by himself.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        given_up: bool,
    },
}

impl Entry {
    /// The changeset's id.
    #[must_use]
    pub fn id(&self) -> ChangesetId {
        self.changeset.id
    }

    /// What lists are sorted by: when it was closed, or opened while it is open.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.changeset.closed_at.unwrap_or(self.changeset.created_at)
    }

    /// When what it tells last changed upstream: its closing or the newest comment. Atom's `updated`.
    #[must_use]
    pub fn updated(&self) -> Timestamp {
        self.last_comment().map_or(self.time(), |comment| comment.max(self.time()))
    }

    /// When the newest comment was written that the source gave.
    #[must_use]
    pub fn last_comment(&self) -> Option<Timestamp> {
        self.changeset.discussion.iter().map(|comment| comment.date).max()
    }

    /// Where it lies: the box of what really changed where that is known, else the changeset's own.
    #[must_use]
    pub fn bounds(&self) -> Option<BoundingBox> {
        geojson::box_of(self).map(|(bounds, _)| bounds)
    }

    /// The hour (UTC) that holds [`Self::time`], as in the key of its document: `2026-11-22T09`.
    #[must_use]
    pub fn hour(&self) -> String {
        let mut hour = self.time().to_string();
        hour.truncate("2026-11-22T09".len());
        hour
    }

    /// The order of lists: newest [`Self::time`] first, then highest id.
    #[must_use]
    pub fn newest_first(&self, other: &Self) -> Ordering {
        (other.time(), other.id()).cmp(&(self.time(), self.id()))
    }
}
