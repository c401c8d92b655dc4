//! Writers. The same values always give the same bytes.

use std::io;

use super::characters;
use crate::{
    Action, AugmentedAction, Changeset, Comment, Coordinate, Element, ElementData, Member, MemberGeometry, Tags, User,
    WayNode,
};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const ROOT_ATTRIBUTES: &str = " version=\"0.6\" generator=\"osmtracker\" copyright=\"OpenStreetMap and contributors\" \
                               attribution=\"http://www.openstreetmap.org/copyright\" \
                               license=\"http://opendatacommons.org/licenses/odbl/1-0/\"";

/// Writes an augmented diff as OSMCha does: a created element stands in its action directly, other actions have `<old>`
/// and `<new>`. Reading it gives the same actions again.
///
/// Characters that XML forbids become U+FFFD. A member's geometry is written where it fits the member's type.
///
/// # Errors
/// When `out` fails.
pub fn write_augmented_diff<'a>(
    out: &mut impl io::Write,
    actions: impl IntoIterator<Item = &'a AugmentedAction>,
) -> io::Result<()> {
    document(out, "osm", actions, |xml, action| xml.augmented_action(action))
}

/// Writes osmChange as the API's download call does: each change in a block of its own.
///
/// # Errors
/// When `out` fails.
pub fn write_osm_change<'a>(
    out: &mut impl io::Write,
    changes: impl IntoIterator<Item = (Action, &'a Element)>,
) -> io::Result<()> {
    document(out, "osmChange", changes, |xml, (action, element)| {
        xml.line(1, &["<", action.as_str(), ">"]);
        xml.element(2, element, Visible::Always);
        xml.line(1, &["</", action.as_str(), ">"]);
    })
}

/// Writes elements as the API does.
///
/// # Errors
/// When `out` fails.
pub fn write_elements<'a>(out: &mut impl io::Write, elements: impl IntoIterator<Item = &'a Element>) -> io::Result<()> {
    document(out, "osm", elements, |xml, element| xml.element(1, element, Visible::Always))
}

/// Whose names the attributes of a changeset have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangesetDialect {
    /// The replication feed's: `num_changes`.
    Feed,
    /// The API's: `changes_count`.
    Api,
}

/// Writes changesets with their discussions.
///
/// # Errors
/// When `out` fails.
pub fn write_changesets<'a>(
    out: &mut impl io::Write,
    dialect: ChangesetDialect,
    changesets: impl IntoIterator<Item = &'a Changeset>,
) -> io::Result<()> {
    document(out, "osm", changesets, |xml, changeset| xml.changeset(dialect, changeset))
}

fn document<T>(
    out: &mut impl io::Write,
    root: &str,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Xml, T),
) -> io::Result<()> {
    let mut xml = Xml { text: String::new() };
    xml.push(&[DECLARATION, "<", root, ROOT_ATTRIBUTES, ">\n"]);
    for item in items {
        write(&mut xml, item);
        if xml.text.len() > 1 << 15 {
            out.write_all(xml.text.as_bytes())?;
            xml.text.clear();
        }
    }
    xml.push(&["</", root, ">\n"]);
    out.write_all(xml.text.as_bytes())
}

/// When an element says whether it is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visible {
    Always,
    /// Readers take it for visible otherwise.
    WhenDeleted,
}

struct Xml {
    text: String,
}

impl Xml {
    fn push(&mut self, parts: &[&str]) {
        for part in parts {
            self.text.push_str(part);
        }
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.text.push_str("  ");
        }
    }

    fn line(&mut self, depth: usize, parts: &[&str]) {
        self.indent(depth);
        self.push(parts);
        self.text.push('\n');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.push(&[" ", name, "=\""]);
        for c in value.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                // Readers make spaces of them when they stand there raw.
                '\t' => self.text.push_str("&#9;"),
                '\n' => self.text.push_str("&#10;"),
                '\r' => self.text.push_str("&#13;"),
                c => self.allowed(c),
            }
        }
        self.text.push('"');
    }

    fn escaped_text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '\r' => self.text.push_str("&#13;"),
                c => self.allowed(c),
            }
        }
    }

    fn allowed(&mut self, c: char) {
        self.text.push(if characters::is_allowed(c) { c } else { char::REPLACEMENT_CHARACTER });
    }

    fn number(&mut self, name: &str, value: impl itoa::Integer) {
        self.attribute(name, itoa::Buffer::new().format(value));
    }

    fn boolean(&mut self, name: &str, value: bool) {
        self.attribute(name, if value { "true" } else { "false" });
    }

    /// Degrees with seven digits after the point, as the API writes them.
    fn degrees(&mut self, name: &str, value: i32) {
        let magnitude = value.unsigned_abs();
        let fraction = 10_000_000 + magnitude % 10_000_000;
        self.push(&[" ", name, "=\""]);
        if value < 0 {
            self.text.push('-');
        }
        let mut digits = itoa::Buffer::new();
        self.text.push_str(digits.format(magnitude / 10_000_000));
        self.text.push('.');
        self.text.push_str(&digits.format(fraction)[1..]);
        self.text.push('"');
    }

    fn position(&mut self, position: Option<Coordinate>) {
        if let Some(Coordinate { lon, lat }) = position {
            self.degrees("lat", lat);
            self.degrees("lon", lon);
        }
    }

    fn user(&mut self, user: Option<&User>) {
        if let Some(user) = user {
            self.attribute("user", &user.name);
            if let Some(uid) = user.uid {
                self.number("uid", uid.0);
            }
        }
    }

    fn tags(&mut self, depth: usize, tags: &Tags) {
        for (key, value) in tags.iter() {
            self.indent(depth);
            self.text.push_str("<tag");
            self.attribute("k", key);
            self.attribute("v", value);
            self.text.push_str("/>\n");
        }
    }
}

impl Xml {
    fn augmented_action(&mut self, action: &AugmentedAction) {
        self.line(1, &["<action type=\"", action.action.as_str(), "\">"]);
        match (action.action, &action.old, &action.new) {
            (Action::Create, None, Some(new)) => self.element(2, new, Visible::WhenDeleted),
            (_, old, new) => {
                self.side("old", old.as_ref(), Visible::WhenDeleted);
                let visible = if action.action == Action::Delete { Visible::Always } else { Visible::WhenDeleted };
                self.side("new", new.as_ref(), visible);
            }
        }
        self.line(1, &["</action>"]);
    }

    fn side(&mut self, name: &str, element: Option<&Element>, visible: Visible) {
        if let Some(element) = element {
            self.line(2, &["<", name, ">"]);
            self.element(3, element, visible);
            self.line(2, &["</", name, ">"]);
        }
    }

    fn element(&mut self, depth: usize, element: &Element, visible: Visible) {
        let kind = element.kind().as_str();
        self.indent(depth);
        self.push(&["<", kind]);
        self.number("id", element.id.0);
        if visible == Visible::Always || !element.visible {
            self.boolean("visible", element.visible);
        }
        if element.version.0 != 0 {
            self.number("version", element.version.0);
        }
        if let Some(changeset) = element.changeset {
            self.number("changeset", changeset.0);
        }
        if let Some(timestamp) = element.timestamp {
            self.attribute("timestamp", &timestamp.to_string());
        }
        self.user(element.user.as_ref());
        self.position(element.position());
        if element.tags.is_empty() && element.nodes().is_empty() && element.members().is_empty() {
            self.text.push_str("/>\n");
            return;
        }
        self.text.push_str(">\n");
        match &element.data {
            ElementData::Node { .. } => {}
            ElementData::Way { nodes } => nodes.iter().for_each(|node| self.way_node(depth + 1, node)),
            ElementData::Relation { members } => members.iter().for_each(|member| self.member(depth + 1, member)),
        }
        self.tags(depth + 1, &element.tags);
        self.line(depth, &["</", kind, ">"]);
    }

    fn way_node(&mut self, depth: usize, node: &WayNode) {
        self.indent(depth);
        self.text.push_str("<nd");
        self.number("ref", node.id.0);
        self.position(node.position);
        self.text.push_str("/>\n");
    }

    fn member(&mut self, depth: usize, member: &Member) {
        self.indent(depth);
        self.push(&["<member type=\"", member.kind.as_str(), "\""]);
        self.number("ref", member.id.0);
        self.attribute("role", &member.role);
        match (&member.geometry, member.kind) {
            (Some(MemberGeometry::Node(position)), crate::ElementType::Node) => {
                self.position(Some(*position));
                self.text.push_str("/>\n");
            }
            (Some(MemberGeometry::Way(line)), crate::ElementType::Way) if !line.is_empty() => {
                self.text.push_str(">\n");
                for &position in line {
                    self.indent(depth + 1);
                    self.text.push_str("<nd");
                    self.position(position);
                    self.text.push_str("/>\n");
                }
                self.line(depth, &["</member>"]);
            }
            _ => self.text.push_str("/>\n"),
        }
    }
}

impl Xml {
    fn changeset(&mut self, dialect: ChangesetDialect, changeset: &Changeset) {
        self.indent(1);
        self.text.push_str("<changeset");
        self.number("id", changeset.id.0);
        self.attribute("created_at", &changeset.created_at.to_string());
        if let Some(closed_at) = changeset.closed_at {
            self.attribute("closed_at", &closed_at.to_string());
        }
        self.boolean("open", changeset.open);
        if dialect == ChangesetDialect::Feed {
            self.number("num_changes", changeset.num_changes);
        }
        self.user(changeset.user.as_ref());
        if let Some(bounds) = changeset.bounds {
            self.degrees("min_lat", bounds.min.lat);
            self.degrees("min_lon", bounds.min.lon);
            self.degrees("max_lat", bounds.max.lat);
            self.degrees("max_lon", bounds.max.lon);
        }
        self.number("comments_count", changeset.comments_count);
        if dialect == ChangesetDialect::Api {
            self.number("changes_count", changeset.num_changes);
        }
        if changeset.tags.is_empty() && changeset.discussion.is_empty() {
            self.text.push_str("/>\n");
            return;
        }
        self.text.push_str(">\n");
        self.tags(2, &changeset.tags);
        self.discussion(&changeset.discussion);
        self.line(1, &["</changeset>"]);
    }

    fn discussion(&mut self, comments: &[Comment]) {
        if comments.is_empty() {
            return;
        }
        self.line(2, &["<discussion>"]);
        for comment in comments {
            self.indent(3);
            self.text.push_str("<comment");
            if let Some(id) = comment.id {
                self.number("id", id);
            }
            self.attribute("date", &comment.date.to_string());
            self.user(comment.user.as_ref());
            self.text.push_str(">\n");
            self.indent(4);
            self.text.push_str("<text>");
            self.escaped_text(&comment.text);
            self.text.push_str("</text>\n");
            self.line(3, &["</comment>"]);
        }
        self.line(2, &["</discussion>"]);
    }
}
