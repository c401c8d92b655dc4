//! Changesets, in the dialects of the replication feed and of the API.

use std::io::BufRead;

use super::{
    document::{Content, Document, Node, Tag},
    limits,
    tags::TagList,
    users::Users,
};
use crate::{BoundingBox, Changeset, ChangesetId, Comment, Coordinate, ReadError, Tags};

/// Reads one changeset after the other.
#[derive(Debug)]
pub(super) struct ChangesetReader {
    users: Users,
    tags: TagList,
}

impl ChangesetReader {
    pub(super) fn new() -> Self {
        Self { users: Users::new(), tags: TagList::new() }
    }

    /// Reads the tag alone; [`Self::children`] adds what it holds.
    pub(super) fn header(&mut self, tag: &Tag<'_>) -> Result<Changeset, ReadError> {
        let (mut id, mut created_at, mut closed_at, mut open) = (None, None, None, None);
        let (mut name, mut uid) = (None, None);
        let (mut num_changes, mut comments_count) = (0, 0);
        let mut corners = Corners::default();
        let mut attributes = tag.attributes();
        while let Some(attribute) = attributes.next()? {
            match attribute.name {
                "id" => id = Some(attribute.unsigned()?),
                "created_at" => created_at = Some(attribute.timestamp()?),
                "closed_at" => closed_at = Some(attribute.timestamp()?),
                "open" => open = Some(attribute.boolean()?),
                "user" => name = Some(self.users.share(&attribute.text()?)),
                "uid" => uid = Some(attribute.signed()?),
                "num_changes" | "changes_count" => num_changes = attribute.small()?,
                "comments_count" => comments_count = attribute.small()?,
                "min_lat" => corners.min_lat = Some(attribute.latitude()?),
                "max_lat" => corners.max_lat = Some(attribute.latitude()?),
                "min_lon" => corners.min_lon = Some(attribute.longitude()?),
                "max_lon" => corners.max_lon = Some(attribute.longitude()?),
                _ => {}
            }
        }
        let open = open.unwrap_or(closed_at.is_none());
        Ok(Changeset {
            id: ChangesetId(id.ok_or_else(|| tag.missing("id"))?),
            created_at: created_at.ok_or_else(|| tag.missing("created_at"))?,
            // While it is open, the feed tells when it would be closed.
            closed_at: closed_at.filter(|_| !open),
            open,
            user: self.users.user(name, uid),
            bounds: corners.bounds(tag)?,
            num_changes,
            comments_count,
            tags: Tags::new(),
            discussion: Vec::new(),
        })
    }

    /// Adds tags and discussion.
    pub(super) fn children<R: BufRead>(
        &mut self,
        doc: &mut Document<R>,
        changeset: &mut Changeset,
    ) -> Result<(), ReadError> {
        self.tags.clear();
        loop {
            match doc.next()? {
                Node::Open(tag) => {
                    let content = tag.content;
                    match tag.name() {
                        "tag" => {
                            self.tags.push(&tag)?;
                            doc.close(content)?;
                        }
                        "discussion" if content == Content::Empty => {}
                        "discussion" => self.discussion(doc, &mut changeset.discussion)?,
                        _ => {
                            let unknown = tag.unknown();
                            doc.skip(unknown)?;
                        }
                    }
                }
                Node::Text(text) => return Err(text.unexpected()),
                Node::Ignored => {}
                Node::Close | Node::End => break,
            }
        }
        changeset.tags = self.tags.take();
        Ok(())
    }

    fn discussion<R: BufRead>(&mut self, doc: &mut Document<R>, comments: &mut Vec<Comment>) -> Result<(), ReadError> {
        loop {
            match doc.next()? {
                Node::Open(tag) if tag.name() == "comment" => {
                    if comments.len() == limits::COMMENTS {
                        return Err(tag.limit("comments in one discussion", limits::COMMENTS));
                    }
                    let (mut comment, visible) = self.comment(&tag)?;
                    if tag.content == Content::Open {
                        comment.text = comment_text(doc)?;
                    }
                    // Moderators see hidden comments; nobody else should.
                    if visible {
                        comments.push(comment);
                    }
                }
                Node::Open(tag) => {
                    let unknown = tag.unknown();
                    doc.skip(unknown)?;
                }
                Node::Text(text) => return Err(text.unexpected()),
                Node::Ignored => {}
                Node::Close | Node::End => return Ok(()),
            }
        }
    }

    /// The comment without its text, and whether it is visible.
    fn comment(&mut self, tag: &Tag<'_>) -> Result<(Comment, bool), ReadError> {
        let (mut id, mut date, mut name, mut uid, mut visible) = (None, None, None, None, true);
        let mut attributes = tag.attributes();
        while let Some(attribute) = attributes.next()? {
            match attribute.name {
                "id" => id = Some(attribute.unsigned()?),
                "date" => date = Some(attribute.timestamp()?),
                "user" => name = Some(self.users.share(&attribute.text()?)),
                "uid" => uid = Some(attribute.signed()?),
                "visible" => visible = attribute.boolean()?,
                _ => {}
            }
        }
        let date = date.ok_or_else(|| tag.missing("date"))?;
        Ok((Comment { id, date, user: self.users.user(name, uid), text: String::new() }, visible))
    }
}

fn comment_text<R: BufRead>(doc: &mut Document<R>) -> Result<String, ReadError> {
    let mut text = String::new();
    loop {
        match doc.next()? {
            Node::Open(tag) if tag.name() == "text" => {
                let content = tag.content;
                text = doc.text(content, limits::COMMENT_BYTES)?;
            }
            Node::Open(tag) => {
                let unknown = tag.unknown();
                doc.skip(unknown)?;
            }
            Node::Text(text) => return Err(text.unexpected()),
            Node::Ignored => {}
            Node::Close | Node::End => return Ok(text),
        }
    }
}

/// The four edges of a box, there all or not at all.
#[derive(Debug, Default)]
struct Corners {
    min_lat: Option<i32>,
    max_lat: Option<i32>,
    min_lon: Option<i32>,
    max_lon: Option<i32>,
}

impl Corners {
    fn bounds(self, tag: &Tag<'_>) -> Result<Option<BoundingBox>, ReadError> {
        if [self.min_lat, self.max_lat, self.min_lon, self.max_lon].iter().all(Option::is_none) {
            return Ok(None);
        }
        let edge = |value: Option<i32>, name| value.ok_or_else(|| tag.missing(name));
        let corners = [
            Coordinate { lon: edge(self.min_lon, "min_lon")?, lat: edge(self.min_lat, "min_lat")? },
            Coordinate { lon: edge(self.max_lon, "max_lon")?, lat: edge(self.max_lat, "max_lat")? },
        ];
        Ok(BoundingBox::around(corners))
    }
}
