use std::fmt;

use osmtracker_analysis::{Digest, LabelMatch};
use osmtracker_osm::{Changeset, ChangesetId, ChangesetSequence, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a changeset stands. The names are public: they are metric labels and API values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Seen, nothing done yet.
    New,
    /// The filter looks at it.
    BoundsCheck,
    /// Passed the filter; waits for its analysis.
    BoundsChecked,
    /// Its metadata are being refreshed.
    Analysing1,
    /// Its author may still add to it; waits for its closing.
    Open,
    /// Closed; waits for a source to have its changes.
    Closed,
    /// Full analysis runs, under a lease.
    Analysing2,
    /// Queued again, after a failure, a lost lease or a request.
    Reanalysing,
    /// Analysed.
    Done,
    /// Failed; will be retried until the tries are used up.
    Quarantined,
}

impl State {
    /// All ten, in the order of the machine.
    pub const ALL: [Self; 10] = [
        Self::New,
        Self::BoundsCheck,
        Self::BoundsChecked,
        Self::Analysing1,
        Self::Open,
        Self::Closed,
        Self::Analysing2,
        Self::Reanalysing,
        Self::Done,
        Self::Quarantined,
    ];

    /// As in JSON, metrics and tables: `BOUNDS_CHECKED`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::BoundsCheck => "BOUNDS_CHECK",
            Self::BoundsChecked => "BOUNDS_CHECKED",
            Self::Analysing1 => "ANALYSING1",
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
            Self::Analysing2 => "ANALYSING2",
            Self::Reanalysing => "REANALYSING",
            Self::Done => "DONE",
            Self::Quarantined => "QUARANTINED",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is stored of a changeset that passed the filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangesetRow {
    /// Metadata, from the newest feed element seen.
    pub changeset: Changeset,
    /// Where in the feed `changeset` was read: an older element never replaces a newer one.
    pub feed: FeedPosition,
    /// Where it stands.
    pub state: State,
    /// Fencing: 1 at the first write, one more at each; every write names the version that it replaces.
    pub version: u64,
    /// When it was written for the first time. A row that was dropped and came back begins anew with version 1, and here
    /// it differs from the earlier one. 1970 in rows of releases that did not write it.
    #[serde(default)]
    pub first_written_at: Timestamp,
    /// When this row was last written.
    pub updated_at: Timestamp,
    /// When the supervisor has to look at it; absent when never.
    pub due_at: Option<Timestamp>,
    /// Who works on it, during `ANALYSING1` and `ANALYSING2`.
    pub lease: Option<Lease>,
    /// Failed tries since the last success.
    pub attempts: u32,
    /// Whether the tries are used up, in `QUARANTINED`: its final state, until an operator has it analysed again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given_up: bool,
    /// Why it is where it is, when that is not plain: what failed, what is waited for. Lower case, no stranger's words.
    pub reason: Option<String>,
    /// Labels with their evidence, of the filter stage and, once analysed, of the analysis stage.
    pub labels: Vec<LabelMatch>,
    /// Whether the site shows it: `false` while it is only a candidate for an area test `touches`, and for good when
    /// the analysis finds that nothing of it lies inside.
    pub listed: bool,
    /// What the analysis found, in short; absent until analysed.
    pub digest: Option<Digest>,
    /// Name of the source that answered (`adiff`, `osm-api`, `real-changesets`); absent until analysed.
    pub source: Option<String>,
    /// Earlier states, oldest first, at most [`ChangesetRow::HISTORY`].
    pub history: Vec<Transition>,
}

impl ChangesetRow {
    /// Transitions kept.
    pub const HISTORY: usize = 20;

    /// The changeset's id.
    #[must_use]
    pub fn id(&self) -> ChangesetId {
        self.changeset.id
    }
}

/// Place in the changesets feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FeedPosition {
    /// The file.
    pub sequence: ChangesetSequence,
    /// The element's place in the file, from 0.
    pub index: u32,
}

/// The right to work on something until a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who holds it: unique for each try.
    pub owner: String,
    /// When it runs out.
    pub until: Timestamp,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transition {
    /// The state that was entered.
    pub state: State,
    /// When.
    pub at: Timestamp,
    /// Why, when it is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
