use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{BoundingBox, ChangesetId, Tags, Timestamp, User};

/// A changeset's metadata, as the changesets feed and the API give it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changeset {
    /// Its id.
    pub id: ChangesetId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was closed; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Whether its author may still add to it. Open changesets close after an hour of idleness or 24 hours.
    pub open: bool,
    /// The author; absent for accounts that hide their edits and for deleted ones, in some answers.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The box of everything it touched; absent when empty or when only relations changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
    /// Element versions in it (`num_changes` of the feed, `changes_count` of the API), redacted ones included.
    pub num_changes: u32,
    /// Comments in its discussion that are visible.
    #[serde(default)]
    pub comments_count: u32,
    /// Its tags: `comment`, `created_by`, `source`, …
    #[serde(default)]
    pub tags: Tags,
    /// The discussion, oldest first. May be empty although `comments_count` is not, when the source leaves it out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discussion: Vec<Comment>,
}

impl Changeset {
    /// The comment that its author gave it; `None` when absent or blank.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.tags.get("comment").filter(|comment| !comment.trim().is_empty())
    }
}

/// A comment in the discussion of a changeset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// Its id, in sources since January 2025.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// When it was written.
    pub date: Timestamp,
    /// Who wrote it.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// What was written; by a stranger, so escape it.
    pub text: String,
}
