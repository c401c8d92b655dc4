mod json;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ChangesetId, Coordinate, ElementId, ElementRef, ElementType, Tags, Timestamp, UserId, Version};

/// Who made an edit. The name is shared: a changeset's elements hold one copy of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// The account. Absent in a few very old documents that have a name alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<UserId>,
    /// The display name at the time the document was written; written by a stranger, so escape it.
    #[serde(rename = "user")]
    #[schemars(with = "String")]
    pub name: Arc<str>,
}

/// One version of an element.
///
/// In JSON the fields of [`ElementData`] and [`User`] stand beside the others:
/// `{"type":"node","id":1,"version":2,…,"uid":3,"user":"ann","position":[9.1,56.2]}`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
pub struct Element {
    /// Id within the type.
    pub id: ElementId,
    /// Version; 0 where the source does not tell (some old sides of augmented diffs).
    pub version: Version,
    /// Whether this version exists; `false` for a deletion.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub visible: bool,
    /// The changeset that made this version, where the source tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changeset: Option<ChangesetId>,
    /// When this version was made, where the source tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// The author. Absent for anonymous edits (before April 2009) and where the source does not tell.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Tags; empty for a deleted element.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// What the type alone has.
    #[serde(flatten)]
    pub data: ElementData,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// What only nodes, ways or relations have.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ElementData {
    /// A node.
    Node {
        /// Absent for deleted nodes in the API's answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<Coordinate>,
    },
    /// A way.
    Way {
        /// At most 2,000 by the API's limit; empty for a deleted way.
        nodes: Vec<WayNode>,
    },
    /// A relation.
    Relation {
        /// At most 32,000 by the API's limit; empty for a deleted relation.
        members: Vec<Member>,
    },
}

/// A node of a way, with its position where the source tells (augmented diffs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WayNode {
    /// The node.
    #[serde(rename = "ref")]
    pub id: ElementId,
    /// Where it stood at the time of this version of the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Coordinate>,
}

/// A member of a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// The type of the member.
    #[serde(rename = "type")]
    pub kind: ElementType,
    /// Its id.
    #[serde(rename = "ref")]
    pub id: ElementId,
    /// Its role, often empty; written by a stranger.
    #[serde(default)]
    pub role: Box<str>,
    /// Its geometry where the source tells (augmented diffs).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry: Option<MemberGeometry>,
}

impl Member {
    /// Type and id.
    #[must_use]
    pub fn element_ref(&self) -> ElementRef {
        ElementRef { kind: self.kind, id: self.id }
    }
}

/// Where a member of a relation lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MemberGeometry {
    /// A node's position.
    Node(Coordinate),
    /// A way's line; null in place of a node that is not known.
    Way(Vec<Option<Coordinate>>),
}

impl Element {
    /// The type.
    #[must_use]
    pub fn kind(&self) -> ElementType {
        match self.data {
            ElementData::Node { .. } => ElementType::Node,
            ElementData::Way { .. } => ElementType::Way,
            ElementData::Relation { .. } => ElementType::Relation,
        }
    }

    /// Type and id.
    #[must_use]
    pub fn element_ref(&self) -> ElementRef {
        ElementRef { kind: self.kind(), id: self.id }
    }

    /// The position of a node; `None` for other types and where it is not known.
    #[must_use]
    pub fn position(&self) -> Option<Coordinate> {
        match self.data {
            ElementData::Node { position } => position,
            _ => None,
        }
    }

    /// The nodes of a way; empty for other types.
    #[must_use]
    pub fn nodes(&self) -> &[WayNode] {
        match &self.data {
            ElementData::Way { nodes } => nodes,
            _ => &[],
        }
    }

    /// The members of a relation; empty for other types.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.data {
            ElementData::Relation { members } => members,
            _ => &[],
        }
    }
}
