use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Element, ElementRef, Version};

/// What was done to an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Its first version.
    Create,
    /// A further version, also one that restores a deleted element.
    Modify,
    /// It is no longer visible.
    Delete,
}

impl Action {
    /// All, in the order that osmChange uses.
    pub const ALL: [Self; 3] = [Self::Create, Self::Modify, Self::Delete];

    /// `create`, `modify` or `delete`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Modify => "modify",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An osmChange document: new versions alone, in document order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OsmChange {
    /// Each change: what was done, and the version it made.
    pub changes: Vec<(Action, Element)>,
}

/// A change with its old and its new side, and what could not be had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AugmentedChange {
    /// One entry a version step, in document order; several for an element with several versions in one changeset.
    pub actions: Vec<AugmentedAction>,
    /// What is not in `actions` although it should be.
    pub gaps: Vec<Gap>,
}

/// One element before and after.
///
/// `create` has no old side, except for a restored element in sources that call that a creation. `delete` has a new
/// side with `visible: false` that holds version, author and time. A way whose nodes alone moved is a `modify` with
/// the same version on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AugmentedAction {
    /// What was done.
    pub action: Action,
    /// The version before, with geometry where known.
    pub old: Option<Element>,
    /// The version after.
    pub new: Option<Element>,
}

impl AugmentedAction {
    /// The element that this is about, from whichever side is there.
    #[must_use]
    pub fn element_ref(&self) -> Option<ElementRef> {
        self.new.as_ref().or(self.old.as_ref()).map(Element::element_ref)
    }
}

/// Something that an analysis cannot know, said plainly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// What kind of thing is missing.
    pub kind: GapKind,
    /// The element it is about; absent when it is about the whole changeset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<ElementRef>,
    /// The version of that element, where one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// One plain sentence for a reader: what is missing and why.
    pub detail: String,
}

/// Why something is missing. The set is closed: it is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// A version was redacted by OSM: it is hidden from everyone.
    Redacted,
    /// The previous version of a modified or deleted element could not be had.
    MissingOld,
    /// The position of a way's node, or of a relation's member, could not be had.
    MissingGeometry,
    /// Elements over a limit were left out.
    Truncated,
    /// The source's document was malformed and was repaired.
    Repaired,
}

impl GapKind {
    /// As in JSON and in metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redacted => "redacted",
            Self::MissingOld => "missing-old",
            Self::MissingGeometry => "missing-geometry",
            Self::Truncated => "truncated",
            Self::Repaired => "repaired",
        }
    }
}
