//! The analysis document: the public shape of what was found. Every field says its unit.

use std::collections::BTreeMap;

use osmtracker_osm::{
    Action, BoundingBox, Coordinate, Element, ElementId, ElementRef, ElementType, Gap, UserId, Version,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one changeset really changed.
///
/// Several versions of one element inside the changeset are collapsed to the first old and the last new one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// Elements by action and type.
    pub summary: Summary,
    /// Tag changes of all elements added up, most frequent first, then by key and value.
    pub tag_diff: TagDiff,
    /// Tags of modified elements whose tags are all as before: geometry or members alone changed. Most frequent first.
    pub unchanged_tags: Vec<TagCount>,
    /// Each element that the changeset changed: nodes, ways, relations, each by id.
    pub elements: Vec<ElementChange>,
    /// Ways that only moved because their nodes did, where the source knows them; counted neither in `summary` nor in
    /// `mileage_m`. By id.
    pub moved_ways: Vec<ElementChange>,
    /// Nodes that stand elsewhere than before, farthest first.
    pub moved_nodes: Vec<MovedNode>,
    /// Whose earlier work was modified or deleted, most elements first. The changeset's own author is not among them,
    /// nor are authors that the source does not tell (old sides of untagged nodes in the static augmented diffs).
    pub affected_users: Vec<AffectedUser>,
    /// Metres of ways by what happened to them, geodesic on a sphere of the mean earth radius.
    pub mileage_m: Mileage,
    /// The box of what really changed.
    pub extent: Extent,
    /// Labels that this changeset got, each with the reason.
    pub labels: Vec<LabelMatch>,
    /// What could not be known, and why.
    pub gaps: Vec<Gap>,
}

/// Elements by action and type. An element that was created and deleted within the changeset is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Elements created.
    pub create: TypeCounts,
    /// Elements modified.
    pub modify: TypeCounts,
    /// Elements deleted.
    pub delete: TypeCounts,
    /// The untagged ones among the nodes above (a modified node counts when it has no tags before and after).
    pub untagged_nodes: ActionCounts,
}

/// A number of elements for each type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TypeCounts {
    /// Nodes, untagged ones included.
    pub node: u32,
    /// Ways.
    pub way: u32,
    /// Relations.
    pub relation: u32,
}

/// A number of elements for each action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionCounts {
    /// Created.
    pub create: u32,
    /// Modified.
    pub modify: u32,
    /// Deleted.
    pub delete: u32,
}

impl Summary {
    /// The counts of one action.
    #[must_use]
    pub fn of(&self, action: Action) -> TypeCounts {
        match action {
            Action::Create => self.create,
            Action::Modify => self.modify,
            Action::Delete => self.delete,
        }
    }

    /// All elements of all actions and types.
    #[must_use]
    pub fn total(&self) -> u32 {
        Action::ALL.into_iter().map(|action| self.of(action).total()).sum()
    }
}

impl TypeCounts {
    /// The count of one type.
    #[must_use]
    pub fn of(&self, kind: ElementType) -> u32 {
        match kind {
            ElementType::Node => self.node,
            ElementType::Way => self.way,
            ElementType::Relation => self.relation,
        }
    }

    /// All types together.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.node + self.way + self.relation
    }
}

/// Tag changes added up over all elements. Tags of created elements count as added, those of deleted ones as removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagDiff {
    /// `key=value` that appeared.
    pub create: Vec<TagCount>,
    /// Keys whose value changed.
    pub modify: Vec<TagChangeCount>,
    /// `key=value` that went away.
    pub delete: Vec<TagCount>,
}

/// A tag and on how many elements it was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TagCount {
    /// The key; written by a stranger.
    pub key: String,
    /// The value; written by a stranger.
    pub value: String,
    /// Elements.
    pub count: u32,
}

/// A tag's change of value and on how many elements it was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TagChangeCount {
    /// The key; written by a stranger.
    pub key: String,
    /// The value before.
    pub old: String,
    /// The value after.
    pub new: String,
    /// Elements.
    pub count: u32,
}

/// One element before and after the changeset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ElementChange {
    /// Type of the element.
    #[serde(rename = "type")]
    pub kind: ElementType,
    /// Its id.
    pub id: ElementId,
    /// What the changeset did to it, all in all.
    pub action: Action,
    /// Name for a reader: its `name`, else its most telling tag as `key=value`; absent when untagged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Versions that the changeset made of it, when more than one, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Version>,
    /// Tags that differ, in order of the new side, removed ones last. Created and restored elements differ from nothing,
    /// deleted ones to nothing; empty when the side before is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tag_diff: Vec<TagChange>,
    /// How its geometry changed; absent when it did not, and for created and deleted elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry: Option<GeometryChange>,
    /// What else happened, for a reader.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// The side before, with geometry; absent for created elements and where the source does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Element>,
    /// The side after, with geometry. For a deleted element it has version, author and time alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Element>,
}

impl ElementChange {
    /// Type and id.
    #[must_use]
    pub fn element_ref(&self) -> ElementRef {
        ElementRef { kind: self.kind, id: self.id }
    }
}

/// One tag of one element that differs: added (`old` absent), removed (`new` absent) or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagChange {
    /// The key; written by a stranger.
    pub key: String,
    /// The value before; absent when added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The value after; absent when removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// How an element's geometry differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum GeometryChange {
    /// A node stands elsewhere.
    Moved {
        /// Metres, geodesic.
        distance_m: f64,
    },
    /// A way has another list of nodes (it may also have moved). A closed way that only starts at another of its nodes
    /// has the same one. A node that occurs twice counts twice, the repeated one at the end of closed ways aside.
    Nodes {
        /// Nodes of the new list that the old one lacks.
        added: u32,
        /// Nodes of the old list that the new one lacks.
        removed: u32,
    },
    /// A way has the same nodes, and some of them stand elsewhere.
    Reshaped {
        /// Nodes of it that moved.
        moved: u32,
    },
    /// A relation has other members, roles or another order.
    Members,
}

/// A finding about one element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Note {
    /// Nodes that the way gained.
    NodesAdded {
        /// In order of the new way.
        nodes: Vec<ElementId>,
    },
    /// Nodes that the way lost.
    NodesRemoved {
        /// In order of the old way.
        nodes: Vec<ElementId>,
    },
    /// The way runs the other way round, as far as its nodes are the same.
    Reversed,
    /// The way has the same nodes in another order, and is not just reversed.
    Reordered,
    /// Nodes that this way lost are in a way created in the same changeset: a split, or, for a deleted way that shares at
    /// least two nodes with it, a replacement.
    SplitInto {
        /// The ways that got them, by id.
        ways: Vec<ElementId>,
    },
    /// Nodes that this way lost were added to ways that the changeset modified; for a deleted way, at least two nodes.
    NodesMovedTo {
        /// The ways that got them, by id.
        ways: Vec<ElementId>,
    },
    /// Members that the relation gained.
    MembersAdded {
        /// In order of the new relation.
        members: Vec<MemberChange>,
    },
    /// Members that the relation lost.
    MembersRemoved {
        /// In order of the old relation.
        members: Vec<MemberChange>,
    },
    /// Members whose role changed.
    RolesChanged {
        /// In order of the new relation.
        members: Vec<MemberChange>,
    },
    /// The members that both sides have stand in another order.
    MembersReordered,
    /// A deleted element came back.
    Restored,
    /// It was created (or restored) and deleted within the changeset; it counts nowhere.
    CreatedAndDeleted,
}

/// A member of a relation that was added, removed or got another role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberChange {
    /// The type of the member.
    #[serde(rename = "type")]
    pub kind: ElementType,
    /// Its id.
    #[serde(rename = "ref")]
    pub id: ElementId,
    /// The role before; absent when added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_role: Option<String>,
    /// The role after; absent when removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_role: Option<String>,
}

/// A node that stands elsewhere than before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MovedNode {
    /// The node.
    pub id: ElementId,
    /// Where it stood.
    pub from: Coordinate,
    /// Where it stands.
    pub to: Coordinate,
    /// Metres, geodesic.
    pub distance_m: f64,
}

/// Whose earlier work was modified or deleted. Both `uid` and `user` are null for anonymous edits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AffectedUser {
    /// The account.
    pub uid: Option<UserId>,
    /// The name at the time of the earlier edit; written by a stranger.
    pub user: Option<String>,
    /// Elements whose previous version was theirs.
    pub elements: u32,
}

/// Metres of ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Length {
    /// Of ways created, where they end up.
    pub created: f64,
    /// Of ways deleted, where they last stood.
    pub deleted: f64,
    /// New minus old length of ways modified; negative when they got shorter. A restored way had no length before.
    pub changed: f64,
}

/// Metres of ways, all and by kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mileage {
    /// All ways, also those of no listed kind.
    #[serde(flatten)]
    pub total: Length,
    /// For `highway`, `cycleway`, `busway`, `railway` and `waterway`: by value. A way whose value changed counts its
    /// old length as deleted from the old value and its new length as created in the new value.
    pub by_type: BTreeMap<String, BTreeMap<String, Length>>,
}

/// The box of what really changed, before and after: nodes, whole ways, and of relations the members that changed (all
/// members when the relation was created, deleted or retagged), as far as the source knows where they lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Extent {
    /// Around the old sides; null when nothing had a place before.
    pub old: Option<BoundingBox>,
    /// Around the new sides; null when nothing has a place after.
    pub new: Option<BoundingBox>,
}

/// A label that a changeset got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LabelMatch {
    /// The label's name, from the configuration.
    pub name: String,
    /// Why: one entry a test that held.
    pub evidence: Vec<Evidence>,
}

/// One reason for a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What was tested, such as `area touches DK` or `deleted / all`.
    pub rule: String,
    /// The value seen, as text; may hold a stranger's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The threshold that it was held against, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
}

/// What a list shows of an analysis: small enough (under 4 KB compressed as a rule) for a table row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Digest {
    /// Elements by action and type.
    pub summary: Summary,
    /// The most frequent tag changes, at most [`Digest::TAGS`] of each kind.
    pub tag_diff: TagDiff,
    /// Tag changes that were left out of `tag_diff`, as a number of entries.
    pub tag_diff_more: u32,
    /// The most frequent unchanged tags, at most [`Digest::TAGS`].
    pub unchanged_tags: Vec<TagCount>,
    /// Entries left out of `unchanged_tags`.
    pub unchanged_tags_more: u32,
    /// Earlier authors, at most [`Digest::USERS`].
    pub affected_users: Vec<AffectedUser>,
    /// Entries left out of `affected_users`.
    pub affected_users_more: u32,
    /// Metres of ways.
    pub mileage_m: Mileage,
    /// Nodes that moved.
    pub moved_nodes: u32,
    /// The box of what really changed.
    pub extent: Extent,
    /// Gaps, as a number of entries.
    pub gaps: u32,
    /// Notes on elements, as a number.
    pub notes: u32,
}

impl Digest {
    /// Tag changes kept of each kind.
    pub const TAGS: usize = 12;
    /// Earlier authors kept.
    pub const USERS: usize = 10;
}
