//! Elements as JSON objects.
//!
//! By hand, because `#[serde(flatten)]` reads each object into a tree of values first, which costs time and memory for
//! a changeset of 10,000 elements. The schema is still derived, from the attributes of
//! [`Element`].

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Element, ElementData, Member, User, WayNode, is_yes, yes};
use crate::{ChangesetId, Coordinate, ElementId, ElementType, Tags, Timestamp, UserId, Version};

#[derive(Serialize)]
struct Written<'a> {
    #[serde(rename = "type")]
    kind: ElementType,
    id: ElementId,
    version: Version,
    #[serde(skip_serializing_if = "is_yes")]
    visible: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    changeset: Option<ChangesetId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Tags::is_empty")]
    tags: &'a Tags,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Coordinate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<&'a [WayNode]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<&'a [Member]>,
}

#[derive(Deserialize)]
struct Read {
    #[serde(rename = "type")]
    kind: ElementType,
    id: ElementId,
    version: Version,
    #[serde(default = "yes")]
    visible: bool,
    changeset: Option<ChangesetId>,
    timestamp: Option<Timestamp>,
    uid: Option<UserId>,
    user: Option<Arc<str>>,
    #[serde(default)]
    tags: Tags,
    position: Option<Coordinate>,
    nodes: Option<Vec<WayNode>>,
    members: Option<Vec<Member>>,
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (position, nodes, members) = match &self.data {
            ElementData::Node { position } => (*position, None, None),
            ElementData::Way { nodes } => (None, Some(&**nodes), None),
            ElementData::Relation { members } => (None, None, Some(&**members)),
        };
        let written = Written {
            kind: self.kind(),
            id: self.id,
            version: self.version,
            visible: self.visible,
            changeset: self.changeset,
            timestamp: self.timestamp,
            uid: self.user.as_ref().and_then(|user| user.uid),
            user: self.user.as_ref().map(|user| &*user.name),
            tags: &self.tags,
            position,
            nodes,
            members,
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::deserialize(deserializer)?;
        let data = match read.kind {
            ElementType::Node => ElementData::Node { position: read.position },
            ElementType::Way => ElementData::Way { nodes: read.nodes.ok_or_else(|| D::Error::missing_field("nodes"))? },
            ElementType::Relation => {
                ElementData::Relation { members: read.members.ok_or_else(|| D::Error::missing_field("members"))? }
            }
        };
        Ok(Self {
            id: read.id,
            version: read.version,
            visible: read.visible,
            changeset: read.changeset,
            timestamp: read.timestamp,
            user: read.user.map(|name| User { uid: read.uid, name }),
            tags: read.tags,
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_one_flat_object() {
        let json = concat!(
            r#"{"type":"node","id":1,"version":2,"changeset":4,"timestamp":"2026-11-22T09:38:43Z","uid":3,"#,
            r#""user":"ann","tags":{"shop":"bakery"},"position":[9.1,56.2]}"#
        );
        let element: Element = serde_json::from_str(json).unwrap();
        assert_eq!(element.position(), Coordinate::from_degrees(9.1, 56.2));
        assert_eq!(element.user.as_ref().map(|user| (user.uid, &*user.name)), Some((Some(UserId(3)), "ann")));
        assert_eq!(serde_json::to_string(&element).unwrap(), json);
    }

    #[test]
    fn a_deleted_way_keeps_its_type_and_little_else() {
        let json = r#"{"type":"way","id":1,"version":2,"visible":false,"nodes":[]}"#;
        let element: Element = serde_json::from_str(json).unwrap();
        assert!(!element.visible && element.user.is_none());
        assert_eq!(serde_json::to_string(&element).unwrap(), json);
    }

    #[test]
    fn a_relation_without_members_is_refused() {
        let error = serde_json::from_str::<Element>(r#"{"type":"relation","id":1,"version":2}"#).unwrap_err();
        assert!(error.to_string().contains("members"), "{error}");
    }

    #[test]
    fn the_schema_says_the_same() {
        let schema = schemars::schema_for!(Element);
        let text = serde_json::to_string(&schema).unwrap();
        for field in ["type", "uid", "user", "position", "nodes", "members", "visible"] {
            assert!(text.contains(&format!("\"{field}\"")), "{field} in {text}");
        }
    }
}
