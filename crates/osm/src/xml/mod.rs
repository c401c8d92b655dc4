//! OSM's XML: changesets, elements, osmChange and augmented diffs, read and written.
//!
//! Readers hand each item to a closure as soon as it is complete, so memory does not grow with the document. Items that
//! were handed over before an error are no reason to trust the document: collect first where that matters, or use the
//! `parse_…` functions. All input is hostile: [`limits`] bound what it may ask for, document type declarations are
//! refused, forbidden characters, text between elements, an unclosed document and anything after its end are errors.
//! Elements and attributes that are not known are passed over, as the formats' own extension rule; reports of a
//! server that broke off (`<error>` of the API, `<remark>` of Overpass) are errors.

mod attributes;
mod augmented;
mod changeset;
mod characters;
mod document;
mod element;
mod gauge;
pub mod limits;
mod repair;
mod tags;
mod users;
mod values;
mod write;

use std::io::BufRead;

use document::{Content, Document, Node};
use element::{ElementReader, Visibility};

pub use limits::Limits;
pub use repair::repair_control_characters;
pub use write::{ChangesetDialect, write_augmented_diff, write_changesets, write_elements, write_osm_change};

use crate::{Action, AugmentedAction, AugmentedChange, Changeset, Element, OsmChange, ReadError};

/// Reads changesets: a file of the changesets feed (inflated) or an answer of the API, `<osm><changeset …/>…</osm>`.
///
/// Both dialects of attributes are read. `closed_at` is left out of open changesets, where the feed has the time at
/// which they would be closed. Comments that only moderators see are left out.
///
/// # Errors
/// What is wrong and at which byte. See [the module](self) for what is refused.
pub fn read_changesets(input: impl BufRead, mut each: impl FnMut(Changeset)) -> Result<(), ReadError> {
    let mut doc = Document::new(input, Limits::ANSWER);
    let mut changesets = changeset::ChangesetReader::new();
    if doc.open_root("osm")? == Content::Empty {
        return doc.finish();
    }
    loop {
        match doc.next()? {
            Node::Open(tag) if tag.name() == "changeset" => {
                let mut changeset = changesets.header(&tag)?;
                if tag.content == Content::Open {
                    changesets.children(&mut doc, &mut changeset)?;
                }
                each(changeset);
            }
            Node::Open(tag) => {
                let unknown = tag.unknown();
                doc.skip(unknown)?;
            }
            Node::Text(text) => return Err(text.unexpected()),
            Node::Ignored => {}
            Node::Close | Node::End => return doc.finish(),
        }
    }
}

/// Reads an osmChange document: what was done, and the version that it made, in document order.
///
/// Blocks may hold one element or many. Elements in `<delete>` are never visible; they may have no position, nodes,
/// members and tags.
///
/// # Errors
/// As for [`read_changesets`].
pub fn read_osm_change(input: impl BufRead, mut each: impl FnMut(Action, Element)) -> Result<(), ReadError> {
    let mut doc = Document::new(input, Limits::ANSWER);
    let mut elements = ElementReader::new();
    if doc.open_root("osmChange")? == Content::Empty {
        return doc.finish();
    }
    loop {
        match doc.next()? {
            Node::Open(tag) => match (action(tag.name()), tag.content) {
                (Some(_), Content::Empty) => {}
                (Some(action), Content::Open) => osm_change_block(&mut doc, &mut elements, action, &mut each)?,
                (None, _) => {
                    let unknown = tag.unknown();
                    doc.skip(unknown)?;
                }
            },
            Node::Text(text) => return Err(text.unexpected()),
            Node::Ignored => {}
            Node::Close | Node::End => return doc.finish(),
        }
    }
}

fn osm_change_block<R: BufRead>(
    doc: &mut Document<R>,
    elements: &mut ElementReader,
    action: Action,
    each: &mut impl FnMut(Action, Element),
) -> Result<(), ReadError> {
    let visibility = if action == Action::Delete { Visibility::AlwaysDeleted } else { Visibility::Visible };
    loop {
        match doc.next()? {
            Node::Open(tag) => match elements.header(&tag)? {
                Some(header) => each(action, elements.finish(doc, header, visibility)?),
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

/// Reads elements, `<osm><node …/>…</osm>`: multi-fetch, history, full and map answers of the API.
///
/// # Errors
/// As for [`read_changesets`].
pub fn read_elements(input: impl BufRead, each: impl FnMut(Element)) -> Result<(), ReadError> {
    read_elements_within(input, Limits::ANSWER, each)
}

/// Reads elements as [`read_elements`] does, also from full-history files, with [`Limits::FILE`].
///
/// # Errors
/// As for [`read_changesets`].
pub fn read_elements_within(
    input: impl BufRead,
    limits: Limits,
    mut each: impl FnMut(Element),
) -> Result<(), ReadError> {
    let mut doc = Document::new(input, limits);
    let mut elements = ElementReader::new();
    if doc.open_root("osm")? == Content::Empty {
        return doc.finish();
    }
    loop {
        match doc.next()? {
            Node::Open(tag) => match elements.header(&tag)? {
                Some(header) => each(elements.finish(&mut doc, header, Visibility::Visible)?),
                None => {
                    let unknown = tag.unknown();
                    doc.skip(unknown)?;
                }
            },
            Node::Text(text) => return Err(text.unexpected()),
            Node::Ignored => {}
            Node::Close | Node::End => return doc.finish(),
        }
    }
}

/// Reads an augmented diff, `<osm><action type="…">…</action>…</osm>`, as OSMCha and Overpass write it.
///
/// An element that stands in its action directly is the new side. The new side of a deletion is not visible unless it
/// says so. A side that is absent or empty is `None`.
///
/// # Errors
/// As for [`read_changesets`].
pub fn read_augmented_diff(input: impl BufRead, mut each: impl FnMut(AugmentedAction)) -> Result<(), ReadError> {
    let mut doc = Document::new(input, Limits::ANSWER);
    let mut elements = ElementReader::new();
    if doc.open_root("osm")? == Content::Empty {
        return doc.finish();
    }
    loop {
        match doc.next()? {
            Node::Open(tag) if tag.name() == "action" => {
                let (action, content) = (augmented::action_type(&tag)?, tag.content);
                each(augmented::sides(&mut doc, &mut elements, action, content)?);
            }
            Node::Open(tag) => {
                let unknown = tag.unknown();
                doc.skip(unknown)?;
            }
            Node::Text(text) => return Err(text.unexpected()),
            Node::Ignored => {}
            Node::Close | Node::End => return doc.finish(),
        }
    }
}

/// All changesets of a document, see [`read_changesets`].
///
/// # Errors
/// As for [`read_changesets`].
pub fn parse_changesets(document: &[u8]) -> Result<Vec<Changeset>, ReadError> {
    let mut changesets = Vec::new();
    read_changesets(document, |changeset| changesets.push(changeset))?;
    Ok(changesets)
}

/// All changes of a document, see [`read_osm_change`].
///
/// # Errors
/// As for [`read_changesets`].
pub fn parse_osm_change(document: &[u8]) -> Result<OsmChange, ReadError> {
    let mut changes = Vec::new();
    read_osm_change(document, |action, element| changes.push((action, element)))?;
    Ok(OsmChange { changes })
}

/// All elements of a document, see [`read_elements`].
///
/// # Errors
/// As for [`read_changesets`].
pub fn parse_elements(document: &[u8]) -> Result<Vec<Element>, ReadError> {
    let mut elements = Vec::new();
    read_elements(document, |element| elements.push(element))?;
    Ok(elements)
}

/// All actions of a document, see [`read_augmented_diff`]; `gaps` is empty.
///
/// # Errors
/// As for [`read_changesets`].
pub fn parse_augmented_diff(document: &[u8]) -> Result<AugmentedChange, ReadError> {
    let mut actions = Vec::new();
    read_augmented_diff(document, |action| actions.push(action))?;
    Ok(AugmentedChange { actions, gaps: Vec::new() })
}

fn action(name: &str) -> Option<Action> {
    Action::ALL.into_iter().find(|action| action.as_str() == name)
}
