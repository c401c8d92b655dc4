//! The documents that an OSM upstream answers with, in the dialects of the programs that write them there: cgimap for
//! the API, `replicate_changesets.rb` for the changesets feed, osmdbt for the minute feed, OSMCha for augmented diffs.
//!
//! Written apart from the writers of `osmtracker-osm`, so that readers are not tested against their own mirror image.

use std::fmt::Write as _;

use osmtracker_osm::{
    Action, AugmentedAction, AugmentedChange, BoundingBox, Changeset, Comment, Coordinate, Element, ElementData,
    Member, MemberGeometry, Tags, User, WayNode,
};

use crate::augmented::action_of;

const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NOTICE: &str = "copyright=\"OpenStreetMap and contributors\" attribution=\"http://www.openstreetmap.org/copyright\" \
                      license=\"http://opendatacommons.org/licenses/odbl/1-0/\"";

/// Who writes a changeset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangesetDialect {
    /// `changes_count`; the discussion is always there, if empty. Raw control characters, as from the real server.
    ApiWithDiscussion,
    /// `changes_count`, no discussion.
    Api,
    /// `num_changes`; a discussion where there are comments; `?` for a control character.
    Feed,
}

/// An API answer with elements.
pub(crate) fn elements<'a>(elements: impl IntoIterator<Item = &'a Element>) -> String {
    document("osm", |out| {
        for version in elements {
            element(out, " ", version, Place::Nowhere);
        }
    })
}

/// An osmChange as the API's download has it: an action for each element.
pub(crate) fn download<'a>(versions: impl IntoIterator<Item = &'a Element>) -> String {
    document("osmChange", |out| {
        for version in versions {
            let action = action_of(version);
            let _ = writeln!(out, " <{action}>");
            element(out, "  ", version, Place::Nowhere);
            let _ = writeln!(out, " </{action}>");
        }
    })
}

/// An osmChange as the minute feed has it: sorted by type, id and version, neighbours of one action together.
pub(crate) fn minute<'a>(versions: impl IntoIterator<Item = &'a Element>) -> String {
    document("osmChange", |out| {
        let mut open: Option<Action> = None;
        for version in versions {
            let action = action_of(version);
            if open != Some(action) {
                close(out, open);
                let _ = writeln!(out, "  <{action}>");
                open = Some(action);
            }
            element(out, "    ", version, Place::Nowhere);
        }
        close(out, open);
    })
}

fn close(out: &mut String, open: Option<Action>) {
    if let Some(action) = open {
        let _ = writeln!(out, "  </{action}>");
    }
}

/// Changesets as the API or the feed has them.
pub(crate) fn changesets<'a>(list: impl IntoIterator<Item = &'a Changeset>, dialect: ChangesetDialect) -> String {
    document("osm", |out| {
        for changeset in list {
            write_changeset(out, changeset, dialect);
        }
    })
}

/// A document of changesets that are written already.
pub(crate) fn changeset_fragments<'a>(fragments: impl IntoIterator<Item = &'a str>) -> String {
    document("osm", |out| {
        for fragment in fragments {
            let _ = writeln!(out, " {fragment}");
        }
    })
}

/// An augmented diff in the dialect of OSMCha.
pub(crate) fn augmented_diff(change: &AugmentedChange) -> String {
    let mut out = format!("{PROLOGUE}<osm version=\"0.6\" generator=\"osmcha\" {NOTICE}>\n");
    for action in &change.actions {
        write_action(&mut out, action);
    }
    out.push_str("</osm>\n");
    out
}

fn write_action(out: &mut String, action: &AugmentedAction) {
    let _ = writeln!(out, "  <action type=\"{}\">", action.action);
    if let (Action::Create, None, Some(new)) = (action.action, &action.old, &action.new) {
        element(out, "    ", new, Place::Known);
    } else {
        for (name, side) in [("old", &action.old), ("new", &action.new)] {
            let _ = writeln!(out, "    <{name}>");
            side.iter().for_each(|side| element(out, "      ", side, Place::Known));
            let _ = writeln!(out, "    </{name}>");
        }
    }
    out.push_str("  </action>\n");
}

fn document(root: &str, content: impl FnOnce(&mut String)) -> String {
    let mut inside = String::new();
    content(&mut inside);
    let head = format!("{PROLOGUE}<{root} version=\"0.6\" generator=\"osmtracker replay\" {NOTICE}");
    if inside.is_empty() { format!("{head}/>\n") } else { format!("{head}>\n{inside}</{root}>\n") }
}

/// Whether way nodes and members carry positions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Known,
}

fn element(out: &mut String, indent: &str, element: &Element, place: Place) {
    let kind = element.kind();
    let _ = write!(out, "{indent}<{kind} id=\"{}\" visible=\"{}\"", element.id, element.visible);
    let _ = write!(out, " version=\"{}\"", element.version);
    if let Some(changeset) = element.changeset {
        let _ = write!(out, " changeset=\"{changeset}\"");
    }
    if let Some(timestamp) = element.timestamp {
        let _ = write!(out, " timestamp=\"{timestamp}\"");
    }
    author(out, element.user.as_ref());
    if let Some(position) = element.position() {
        position_attributes(out, position);
    }
    let start = out.len();
    out.push_str(">\n");
    let inner = out.len();
    content(out, indent, element, place);
    if out.len() == inner {
        out.truncate(start);
        out.push_str("/>\n");
    } else {
        let _ = writeln!(out, "{indent}</{kind}>");
    }
}

fn content(out: &mut String, indent: &str, element: &Element, place: Place) {
    match &element.data {
        ElementData::Node { .. } => {}
        ElementData::Way { nodes } => nodes.iter().for_each(|node| way_node(out, indent, *node, place)),
        ElementData::Relation { members } => members.iter().for_each(|m| write_member(out, indent, m, place)),
    }
    write_tags(out, indent, &element.tags);
}

fn way_node(out: &mut String, indent: &str, node: WayNode, place: Place) {
    let _ = write!(out, "{indent} <nd ref=\"{}\"", node.id);
    if let (Some(position), Place::Known) = (node.position, place) {
        position_attributes(out, position);
    }
    out.push_str("/>\n");
}

fn write_member(out: &mut String, indent: &str, member: &Member, place: Place) {
    let _ = write!(out, "{indent} <member type=\"{}\" ref=\"{}\" role=\"", member.kind, member.id);
    escape(out, &member.role);
    out.push('"');
    match &member.geometry {
        Some(MemberGeometry::Node(position)) if place == Place::Known => {
            position_attributes(out, *position);
            out.push_str("/>\n");
        }
        Some(MemberGeometry::Way(line)) if place == Place::Known => {
            out.push_str(">\n");
            for position in line {
                let _ = write!(out, "{indent}  <nd");
                position.iter().for_each(|position| position_attributes(out, *position));
                out.push_str("/>\n");
            }
            let _ = writeln!(out, "{indent} </member>");
        }
        _ => out.push_str("/>\n"),
    }
}

fn write_tags(out: &mut String, indent: &str, tags: &Tags) {
    for (key, value) in tags.iter() {
        let _ = write!(out, "{indent} <tag k=\"");
        escape(out, key);
        out.push_str("\" v=\"");
        escape(out, value);
        out.push_str("\"/>\n");
    }
}

fn write_changeset(out: &mut String, changeset: &Changeset, dialect: ChangesetDialect) {
    let _ = write!(out, " <changeset id=\"{}\" created_at=\"{}\"", changeset.id, changeset.created_at);
    if let Some(closed_at) = changeset.closed_at {
        let _ = write!(out, " closed_at=\"{closed_at}\"");
    }
    let _ = write!(out, " open=\"{}\"", changeset.open);
    if dialect == ChangesetDialect::Feed {
        let _ = write!(out, " num_changes=\"{}\"", changeset.num_changes);
    }
    author(out, changeset.user.as_ref());
    changeset.bounds.iter().for_each(|bounds| bounds_attributes(out, *bounds));
    let _ = write!(out, " comments_count=\"{}\"", changeset.comments_count);
    if dialect != ChangesetDialect::Feed {
        let _ = write!(out, " changes_count=\"{}\"", changeset.num_changes);
    }
    out.push_str(">\n");
    write_tags(out, " ", &changeset.tags);
    write_discussion(out, changeset, dialect);
    out.push_str(" </changeset>\n");
}

fn write_discussion(out: &mut String, changeset: &Changeset, dialect: ChangesetDialect) {
    match dialect {
        ChangesetDialect::Api => return,
        _ if !changeset.discussion.is_empty() => {}
        ChangesetDialect::ApiWithDiscussion => return out.push_str("  <discussion/>\n"),
        ChangesetDialect::Feed => return,
    }
    out.push_str("  <discussion>\n");
    changeset.discussion.iter().for_each(|comment| write_comment(out, comment, dialect));
    out.push_str("  </discussion>\n");
}

fn write_comment(out: &mut String, comment: &Comment, dialect: ChangesetDialect) {
    out.push_str("   <comment");
    if let Some(id) = comment.id {
        let _ = write!(out, " id=\"{id}\"");
    }
    let _ = write!(out, " date=\"{}\"", comment.date);
    author(out, comment.user.as_ref());
    out.push_str(">\n    <text>");
    match dialect {
        ChangesetDialect::Feed => escape(out, &comment.text.replace(is_forbidden_in_xml, "?")),
        _ => escape(out, &comment.text),
    }
    out.push_str("</text>\n   </comment>\n");
}

fn author(out: &mut String, user: Option<&User>) {
    let Some(user) = user else { return };
    out.push_str(" user=\"");
    escape(out, &user.name);
    out.push('"');
    if let Some(uid) = user.uid {
        let _ = write!(out, " uid=\"{uid}\"");
    }
}

fn bounds_attributes(out: &mut String, bounds: BoundingBox) {
    for (name, value) in [
        ("min_lat", bounds.min.lat),
        ("min_lon", bounds.min.lon),
        ("max_lat", bounds.max.lat),
        ("max_lon", bounds.max.lon),
    ] {
        attribute(out, name, value);
    }
}

fn position_attributes(out: &mut String, position: Coordinate) {
    attribute(out, "lat", position.lat);
    attribute(out, "lon", position.lon);
}

/// Seven decimals, as cgimap writes them.
fn attribute(out: &mut String, name: &str, value: i32) {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let _ = write!(out, " {name}=\"{sign}{}.{:07}\"", value / 10_000_000, value % 10_000_000);
}

fn is_forbidden_in_xml(c: char) -> bool {
    c < ' ' && !matches!(c, '\t' | '\n' | '\r')
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_near_zero_keep_their_sign() {
        let mut out = String::new();
        position_attributes(&mut out, Coordinate { lon: -1, lat: 1_800_000_000 });
        assert_eq!(out, r#" lat="180.0000000" lon="-0.0000001""#);
    }

    #[test]
    fn names_cannot_leave_their_attribute() {
        let mut out = String::new();
        escape(&mut out, "\"><script>&'\n");
        assert_eq!(out, "&quot;&gt;&lt;script&gt;&amp;&apos;&#10;");
    }
}
