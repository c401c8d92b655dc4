//! Nodes, ways and relations, the same in all formats.

use std::{io::BufRead, sync::Arc};

use super::{
    document::{Content, Document, Node, Tag},
    limits,
    tags::TagList,
    users::Users,
};
use crate::{
    ChangesetId, Coordinate, Element, ElementData, ElementId, ElementType, Member, MemberGeometry, ReadError,
    Timestamp, Version, WayNode,
};

/// Builds elements; its buffers serve one element after the other.
#[derive(Debug)]
pub(super) struct ElementReader {
    users: Users,
    tags: TagList,
    nodes: Vec<WayNode>,
    members: Vec<Member>,
    line: Vec<Option<Coordinate>>,
    /// Positions in all members of this relation so far.
    positions: usize,
}

/// What the tag of an element says.
#[derive(Debug)]
pub(super) struct Header {
    kind: ElementType,
    id: ElementId,
    version: Version,
    visible: Option<bool>,
    changeset: Option<ChangesetId>,
    timestamp: Option<Timestamp>,
    uid: Option<i64>,
    user: Option<Arc<str>>,
    position: Option<Coordinate>,
    content: Content,
}

/// What is true of an element whose tag does not say whether it is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visibility {
    /// It is.
    Visible,
    /// It is not: it stands where deletions stand.
    Deleted,
    /// It is not, whatever the tag says.
    AlwaysDeleted,
}

impl ElementReader {
    pub(super) fn new() -> Self {
        Self {
            users: Users::new(),
            tags: TagList::new(),
            nodes: Vec::new(),
            members: Vec::new(),
            line: Vec::new(),
            positions: 0,
        }
    }

    /// Reads the tag; `None` when it is no element's.
    #[inline]
    pub(super) fn header(&mut self, tag: &Tag<'_>) -> Result<Option<Header>, ReadError> {
        let kind = match tag.name() {
            "node" => ElementType::Node,
            "way" => ElementType::Way,
            "relation" => ElementType::Relation,
            _ => return Ok(None),
        };
        let mut id = None;
        let mut place = Place::default();
        let mut header = Header {
            kind,
            id: ElementId(0),
            version: Version(0),
            visible: None,
            changeset: None,
            timestamp: None,
            uid: None,
            user: None,
            position: None,
            content: tag.content,
        };
        let mut attributes = tag.attributes();
        while let Some(attribute) = attributes.next()? {
            match attribute.name {
                "id" => id = Some(attribute.signed()?),
                "lat" => place.lat = Some(attribute.latitude()?),
                "lon" => place.lon = Some(attribute.longitude()?),
                "version" => header.version = Version(attribute.small()?),
                "timestamp" => header.timestamp = Some(attribute.timestamp()?),
                "changeset" => header.changeset = changeset_id(attribute.signed()?),
                "uid" => header.uid = Some(attribute.signed()?),
                "user" => header.user = Some(self.users.share(&attribute.text()?)),
                "visible" => header.visible = Some(attribute.boolean()?),
                _ => {}
            }
        }
        header.id = ElementId(id.ok_or_else(|| tag.missing("id"))?);
        header.position = place.position(tag)?;
        Ok(Some(header))
    }

    /// Reads what the element holds, up to its end.
    #[inline]
    pub(super) fn finish<R: BufRead>(
        &mut self,
        doc: &mut Document<R>,
        header: Header,
        visibility: Visibility,
    ) -> Result<Element, ReadError> {
        self.tags.clear();
        self.nodes.clear();
        self.members.clear();
        self.positions = 0;
        if header.content == Content::Open {
            self.children(doc)?;
        }
        let visible = match visibility {
            Visibility::Visible => header.visible.unwrap_or(true),
            Visibility::Deleted => header.visible.unwrap_or(false),
            Visibility::AlwaysDeleted => false,
        };
        let data = match header.kind {
            ElementType::Node => ElementData::Node { position: header.position },
            ElementType::Way => ElementData::Way { nodes: self.nodes.clone() },
            ElementType::Relation => ElementData::Relation { members: self.members.drain(..).collect() },
        };
        Ok(Element {
            id: header.id,
            version: header.version,
            visible,
            changeset: header.changeset,
            timestamp: header.timestamp,
            user: self.users.user(header.user, header.uid),
            tags: self.tags.take(),
            data,
        })
    }

    fn children<R: BufRead>(&mut self, doc: &mut Document<R>) -> Result<(), ReadError> {
        loop {
            match doc.next()? {
                Node::Open(tag) => {
                    let content = tag.content;
                    match tag.name() {
                        "nd" => {
                            self.way_node(&tag)?;
                            doc.close(content)?;
                        }
                        "tag" => {
                            self.tags.push(&tag)?;
                            doc.close(content)?;
                        }
                        "member" => {
                            self.member(&tag)?;
                            self.member_geometry(doc, content)?;
                        }
                        _ => {
                            let unknown = tag.unknown();
                            doc.skip(unknown)?;
                        }
                    }
                }
                Node::Text(text) => return Err(text.unexpected()),
                Node::Ignored => {}
                Node::Close | Node::End => return Ok(()),
            }
        }
    }

    #[inline]
    fn way_node(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let (id, position) = nd(tag)?;
        let id = ElementId(id.ok_or_else(|| tag.missing("ref"))?);
        if self.nodes.len() == limits::WAY_NODES {
            return Err(tag.limit("nodes in one way", limits::WAY_NODES));
        }
        self.nodes.push(WayNode { id, position });
        Ok(())
    }

    #[inline]
    fn member(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let (mut kind, mut id, mut role, mut place) = (None, None, Box::default(), Place::default());
        let mut attributes = tag.attributes();
        while let Some(attribute) = attributes.next()? {
            match attribute.name {
                "type" => kind = Some(attribute.parse("node, way or relation", element_type)?),
                "ref" => id = Some(attribute.signed()?),
                "role" => role = attribute.text()?.into(),
                "lat" => place.lat = Some(attribute.latitude()?),
                "lon" => place.lon = Some(attribute.longitude()?),
                _ => {}
            }
        }
        if self.members.len() == limits::MEMBERS {
            return Err(tag.limit("members in one relation", limits::MEMBERS));
        }
        let kind = kind.ok_or_else(|| tag.missing("type"))?;
        let id = ElementId(id.ok_or_else(|| tag.missing("ref"))?);
        let position = place.position(tag)?.filter(|_| kind == ElementType::Node);
        self.members.push(Member { kind, id, role, geometry: position.map(MemberGeometry::Node) });
        Ok(())
    }

    /// Reads what the member pushed last holds: the nodes of a way.
    #[inline]
    fn member_geometry<R: BufRead>(&mut self, doc: &mut Document<R>, content: Content) -> Result<(), ReadError> {
        if content == Content::Empty {
            return Ok(());
        }
        self.line.clear();
        loop {
            match doc.next()? {
                Node::Open(tag) => {
                    let content = tag.content;
                    if tag.name() == "nd" {
                        self.line.push(nd(&tag)?.1);
                        self.positions += 1;
                        if self.positions > limits::MEMBER_POSITIONS {
                            return Err(tag.limit("positions in one relation", limits::MEMBER_POSITIONS));
                        }
                        doc.close(content)?;
                    } else {
                        let unknown = tag.unknown();
                        doc.skip(unknown)?;
                    }
                }
                Node::Text(text) => return Err(text.unexpected()),
                Node::Ignored => {}
                Node::Close | Node::End => break,
            }
        }
        if let Some(member) = self.members.last_mut()
            && member.kind == ElementType::Way
            && !self.line.is_empty()
        {
            member.geometry = Some(MemberGeometry::Way(self.line.clone()));
        }
        Ok(())
    }
}

/// The attributes of an `nd`: which node, and where it stands.
#[inline]
fn nd(tag: &Tag<'_>) -> Result<(Option<i64>, Option<Coordinate>), ReadError> {
    let (mut id, mut place) = (None, Place::default());
    let mut attributes = tag.attributes();
    while let Some(attribute) = attributes.next()? {
        match attribute.name {
            "ref" => id = Some(attribute.signed()?),
            "lat" => place.lat = Some(attribute.latitude()?),
            "lon" => place.lon = Some(attribute.longitude()?),
            _ => {}
        }
    }
    Ok((id, place.position(tag)?))
}

/// A latitude and a longitude that are there both or not at all.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    lat: Option<i32>,
    lon: Option<i32>,
}

impl Place {
    #[inline]
    fn position(self, tag: &Tag<'_>) -> Result<Option<Coordinate>, ReadError> {
        match (self.lon, self.lat) {
            (Some(lon), Some(lat)) => Ok(Some(Coordinate { lon, lat })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(tag.missing("lat")),
            (None, Some(_)) => Err(tag.missing("lon")),
        }
    }
}

fn element_type(text: &str) -> Option<ElementType> {
    ElementType::ALL.into_iter().find(|kind| kind.as_str() == text)
}

/// Some programs write 0 or -1 where they do not know the changeset.
fn changeset_id(id: i64) -> Option<ChangesetId> {
    u64::try_from(id).ok().filter(|&id| id != 0).map(ChangesetId)
}
