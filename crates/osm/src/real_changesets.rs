//! "real-changesets" JSON, schema 1: what augmented diffs held before there were static ones, one file a changeset.
//!
//! `{"metadata": {…, "tag": [{"k", "v"}]}, "elements": [{…, "old": {…}}]}`; every number is text. Read are also the list
//! of elements alone, the parser fixtures `[{"input": element, "output": …}]`, and whole minutes keyed by changeset.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use serde::Deserialize;

use crate::{
    Action, AugmentedAction, AugmentedChange, BoundingBox, Changeset, ChangesetId, Coordinate, Element, ElementData,
    ElementId, ElementType, Member, MemberGeometry, Tags, Timestamp, User, UserId, Version, WayNode,
};

/// Bytes of JSON that one document may have: 10,000 elements with long ways take 30 MB.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;

/// A document that is no real-changesets JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {reason}")]
pub struct RealChangesetError {
    /// Where, in bytes from the start; for a wrong value this is the end of its element or nearby.
    pub offset: usize,
    /// What is wrong.
    pub reason: String,
}

/// Reads the document of one changeset: its metadata where the document has some, and its changes.
///
/// # Errors
/// When it is no such JSON, is cut off, or a number, time or position in it is none.
pub fn parse_real_changeset(bytes: &[u8]) -> Result<(Option<Changeset>, AugmentedChange), RealChangesetError> {
    let mut names = Names::default();
    let (metadata, elements) = match parse::<Document<'_>>(bytes)? {
        Document::Changeset { metadata, elements } => (metadata, elements),
        Document::Elements(entries) => (None, entries.into_iter().map(Entry::into_element).collect()),
    };
    let at_end = |reason| RealChangesetError { offset: bytes.len(), reason };
    let metadata = metadata.map(|metadata| metadata.into_changeset(&mut names)).transpose().map_err(at_end)?;
    let change = change(elements, &mut names).map_err(at_end)?;
    Ok((metadata, change))
}

/// Reads a document that holds a minute, `{"CHANGESET": [elements]}`: each changeset with its changes, in order.
///
/// # Errors
/// As [`parse_real_changeset`].
pub fn parse_real_changesets_minute(bytes: &[u8]) -> Result<Vec<(ChangesetId, AugmentedChange)>, RealChangesetError> {
    let mut names = Names::default();
    let Minute(changesets) = parse(bytes)?;
    let read = |(id, elements): (Cow<'_, str>, Vec<RawElement<'_>>)| {
        Ok((ChangesetId(number(&id, "changeset")?), change(elements, &mut names)?))
    };
    changesets
        .into_iter()
        .map(read)
        .collect::<Result<_, String>>()
        .map_err(|reason| RealChangesetError { offset: bytes.len(), reason })
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, RealChangesetError> {
    if bytes.len() > MAX_BYTES {
        return Err(RealChangesetError { offset: MAX_BYTES, reason: format!("over {MAX_BYTES} bytes") });
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let before = bytes.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
        let offset = before.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1);
        RealChangesetError { offset, reason: error.to_string() }
    })
}

enum Document<'a> {
    Changeset { metadata: Option<Box<Metadata<'a>>>, elements: Vec<RawElement<'a>> },
    Elements(Vec<Entry<'a>>),
}

/// Told apart by hand: an untagged enum would copy every element first and lose the place of an error.
impl<'de> Deserialize<'de> for Document<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Document<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object with elements, or a list of elements")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let document = Whole::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Document::Changeset { metadata: document.metadata, elements: document.elements })
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Deserialize::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).map(Document::Elements)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow, default)]
    metadata: Option<Box<Metadata<'a>>>,
    #[serde(borrow)]
    elements: Vec<RawElement<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry<'a> {
    Fixture {
        #[serde(borrow)]
        input: Box<RawElement<'a>>,
    },
    Element(#[serde(borrow)] Box<RawElement<'a>>),
}

impl<'a> Entry<'a> {
    fn into_element(self) -> RawElement<'a> {
        match self {
            Self::Fixture { input: element } | Self::Element(element) => *element,
        }
    }
}

/// The entries in order of appearance.
struct Minute<'a>(Vec<(Cow<'a, str>, Vec<RawElement<'a>>)>);

impl<'de> Deserialize<'de> for Minute<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Minute<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object keyed by changeset")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Minute(pairs))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    created_at: Cow<'a, str>,
    #[serde(borrow, default)]
    closed_at: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    open: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    num_changes: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    comments_count: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    user: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    uid: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    min_lat: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    max_lat: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    min_lon: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    max_lon: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tag: Vec<RawTag<'a>>,
}

#[derive(Deserialize)]
struct RawTag<'a> {
    #[serde(borrow)]
    k: Cow<'a, str>,
    #[serde(borrow)]
    v: Cow<'a, str>,
}

#[derive(Deserialize)]
struct RawElement<'a> {
    #[serde(rename = "type")]
    kind: ElementType,
    #[serde(default)]
    action: Option<Action>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    version: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    visible: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    changeset: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    uid: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    user: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    lat: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    lon: Option<Cow<'a, str>>,
    #[serde(default)]
    tags: Tags,
    #[serde(borrow, default)]
    nodes: Vec<RawNode<'a>>,
    #[serde(borrow, default)]
    members: Vec<RawMember<'a>>,
    #[serde(borrow, default)]
    old: Option<Box<RawElement<'a>>>,
}

#[derive(Deserialize)]
struct RawNode<'a> {
    #[serde(rename = "ref", borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    lat: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    lon: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct RawMember<'a> {
    #[serde(rename = "type")]
    kind: ElementType,
    #[serde(rename = "ref", borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    role: Cow<'a, str>,
    #[serde(borrow, default)]
    lat: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    lon: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    nodes: Vec<RawNode<'a>>,
}

/// One shared copy of each user name.
#[derive(Default)]
struct Names(HashSet<Arc<str>>);

impl Names {
    fn user(&mut self, uid: Option<&str>, name: Option<&str>) -> Result<Option<User>, String> {
        let Some(name) = name else { return Ok(None) };
        let uid = uid.map(|uid| number(uid, "uid")).transpose()?.map(UserId);
        let name = self.0.get(name).cloned().unwrap_or_else(|| {
            let shared: Arc<str> = name.into();
            self.0.insert(Arc::clone(&shared));
            shared
        });
        Ok(Some(User { uid, name }))
    }
}

impl Metadata<'_> {
    fn into_changeset(self, names: &mut Names) -> Result<Changeset, String> {
        let corner = |lon: &Option<_>, lat: &Option<_>| position(lon.as_deref(), lat.as_deref());
        let min = corner(&self.min_lon, &self.min_lat)?;
        let max = corner(&self.max_lon, &self.max_lat)?;
        let count = |text: Option<Cow<'_, str>>, what| text.map_or(Ok(0), |text| number(&text, what));
        Ok(Changeset {
            id: ChangesetId(number(&self.id, "id")?),
            created_at: time(&self.created_at)?,
            closed_at: self.closed_at.as_deref().map(time).transpose()?,
            open: self.open.as_deref() == Some("true"),
            user: names.user(self.uid.as_deref(), self.user.as_deref())?,
            bounds: min.zip(max).map(|(min, max)| BoundingBox { min, max }),
            num_changes: count(self.num_changes, "num_changes")?,
            comments_count: count(self.comments_count, "comments_count")?,
            tags: self.tag.iter().map(|tag| (&tag.k, &tag.v)).collect(),
            discussion: Vec::new(),
        })
    }
}

fn change(elements: Vec<RawElement<'_>>, names: &mut Names) -> Result<AugmentedChange, String> {
    let read = |element: RawElement<'_>| {
        let what = format!("{}/{}", element.kind, element.id);
        action(element, names).map_err(|reason| format!("{what}: {reason}"))
    };
    let actions = elements.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(AugmentedChange { actions, gaps: Vec::new() })
}

fn action(mut element: RawElement<'_>, names: &mut Names) -> Result<AugmentedAction, String> {
    let old = element.old.take().map(|old| old.into_element(names)).transpose()?;
    let action = element.action.ok_or("the action is missing")?;
    let mut new = element.into_element(names)?;
    new.visible &= action != Action::Delete;
    Ok(AugmentedAction { action, old, new: Some(new) })
}

impl RawElement<'_> {
    fn into_element(self, names: &mut Names) -> Result<Element, String> {
        let data = match self.kind {
            ElementType::Node => ElementData::Node { position: position(self.lon.as_deref(), self.lat.as_deref())? },
            ElementType::Way => {
                ElementData::Way { nodes: self.nodes.iter().map(RawNode::way_node).collect::<Result<_, _>>()? }
            }
            ElementType::Relation => {
                ElementData::Relation { members: self.members.iter().map(RawMember::member).collect::<Result<_, _>>()? }
            }
        };
        Ok(Element {
            id: ElementId(number(&self.id, "id")?),
            version: Version(self.version.map_or(Ok(0), |version| number(&version, "version"))?),
            visible: self.visible.as_deref() != Some("false"),
            changeset: self.changeset.map(|id| number(&id, "changeset")).transpose()?.map(ChangesetId),
            timestamp: self.timestamp.as_deref().map(time).transpose()?,
            user: names.user(self.uid.as_deref(), self.user.as_deref())?,
            tags: self.tags,
            data,
        })
    }
}

impl RawNode<'_> {
    fn position(&self) -> Result<Option<Coordinate>, String> {
        position(self.lon.as_deref(), self.lat.as_deref())
    }

    fn way_node(&self) -> Result<WayNode, String> {
        let id = self.id.as_deref().ok_or("a node of a way has no ref")?;
        Ok(WayNode { id: ElementId(number(id, "ref")?), position: self.position()? })
    }
}

impl RawMember<'_> {
    fn member(&self) -> Result<Member, String> {
        let geometry = match self.kind {
            ElementType::Node => position(self.lon.as_deref(), self.lat.as_deref())?.map(MemberGeometry::Node),
            ElementType::Way if self.nodes.is_empty() => None,
            ElementType::Way => {
                Some(MemberGeometry::Way(self.nodes.iter().map(RawNode::position).collect::<Result<_, _>>()?))
            }
            ElementType::Relation => None,
        };
        Ok(Member { kind: self.kind, id: ElementId(number(&self.id, "ref")?), role: (&*self.role).into(), geometry })
    }
}

fn number<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{what} is no number: {:?}", excerpt(text)))
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("not a date and time: {:?}", excerpt(text)))
}

/// A position when both numbers are there; an error when one is alone, is no number or is off the earth.
fn position(lon: Option<&str>, lat: Option<&str>) -> Result<Option<Coordinate>, String> {
    let (lon, lat) = match (lon, lat) {
        (None, None) => return Ok(None),
        (Some(lon), Some(lat)) => (lon, lat),
        _ => return Err("a position with lon or lat alone".to_owned()),
    };
    let position = Coordinate::from_degrees(number(lon, "lon")?, number(lat, "lat")?);
    position.map(Some).ok_or_else(|| format!("position out of range: {:?}, {:?}", excerpt(lon), excerpt(lat)))
}

fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}
