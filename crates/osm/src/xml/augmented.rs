//! The actions of augmented diffs.

use std::io::BufRead;

use super::{
    document::{Content, Document, Node, Tag},
    element::{ElementReader, Visibility},
};
use crate::{Action, AugmentedAction, ReadError};

/// The `type` of an action.
pub(super) fn action_type(tag: &Tag<'_>) -> Result<Action, ReadError> {
    let mut action = None;
    let mut attributes = tag.attributes();
    while let Some(attribute) = attributes.next()? {
        if attribute.name == "type" {
            action = Some(attribute.parse("create, modify or delete", super::action)?);
        }
    }
    action.ok_or_else(|| tag.missing("type"))
}

/// Which version of the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

/// Reads what an action holds.
pub(super) fn sides<R: BufRead>(
    doc: &mut Document<R>,
    elements: &mut ElementReader,
    action: Action,
    content: Content,
) -> Result<AugmentedAction, ReadError> {
    let mut read = AugmentedAction { action, old: None, new: None };
    if content == Content::Empty {
        return Ok(read);
    }
    loop {
        match doc.next()? {
            Node::Open(tag) => match (side(tag.name()), tag.content) {
                (Some(_), Content::Empty) => {}
                (Some(side), Content::Open) => one_side(doc, elements, side, &mut read)?,
                (None, _) => match elements.header(&tag)? {
                    Some(header) => {
                        check_free(&read, Side::New, &tag)?;
                        read.new = Some(elements.finish(doc, header, visibility(action, Side::New))?);
                    }
                    None => {
                        let unknown = tag.unknown();
                        doc.skip(unknown)?;
                    }
                },
            },
            Node::Text(text) => return Err(text.unexpected()),
            Node::Ignored => {}
            Node::Close | Node::End => return Ok(read),
        }
    }
}

/// Reads an `<old>` or a `<new>`.
fn one_side<R: BufRead>(
    doc: &mut Document<R>,
    elements: &mut ElementReader,
    side: Side,
    read: &mut AugmentedAction,
) -> Result<(), ReadError> {
    loop {
        match doc.next()? {
            Node::Open(tag) => match elements.header(&tag)? {
                Some(header) => {
                    check_free(read, side, &tag)?;
                    let element = elements.finish(doc, header, visibility(read.action, side))?;
                    match side {
                        Side::Old => read.old = Some(element),
                        Side::New => read.new = Some(element),
                    }
                }
                None => {
                    let unknown = tag.unknown();
                    doc.skip(unknown)?;
                }
            },
            Node::Text(text) => return Err(text.unexpected()),
            Node::Ignored => {}
            Node::Close | Node::End => return Ok(()),
        }
    }
}

fn side(name: &str) -> Option<Side> {
    match name {
        "old" => Some(Side::Old),
        "new" => Some(Side::New),
        _ => None,
    }
}

fn visibility(action: Action, side: Side) -> Visibility {
    match (action, side) {
        (Action::Delete, Side::New) => Visibility::Deleted,
        _ => Visibility::Visible,
    }
}

/// An action is about one element, so each side is there once.
fn check_free(read: &AugmentedAction, side: Side, tag: &Tag<'_>) -> Result<(), ReadError> {
    let taken = match side {
        Side::Old => read.old.is_some(),
        Side::New => read.new.is_some(),
    };
    if taken { Err(tag.unexpected_in("action")) } else { Ok(()) }
}
