use osmtracker_analysis::{ElementChange, GeometryChange, Note};
use osmtracker_osm::{Action, Element, ElementType, Timestamp};

use super::{
    groups::{NodeLine, node_line},
    notes::{MemberRow, NoteLine, member_rows, note_lines},
};
use crate::{Site, text};

/// Untagged nodes that a way lists.
const NODES: usize = 50;

/// One element of the list.
pub(super) struct ElementView<'a> {
    site: &'a Site,
    change: &'a ElementChange,
    /// Untagged nodes that are shown under it.
    pub(super) nodes: Vec<NodeLine>,
    pub(super) nodes_more: usize,
    nodes_summary: String,
}

/// A tag on both sides.
pub(super) struct TagRow<'a> {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) word: &'static str,
    pub(super) key: &'a str,
    pub(super) old: Option<&'a str>,
    pub(super) new: Option<&'a str>,
}

/// Who made the version before, and when.
pub(super) struct Author<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) href: String,
    pub(super) time: Option<Timestamp>,
}

impl<'a> ElementView<'a> {
    pub(super) fn new(site: &'a Site, change: &'a ElementChange, nodes: &[&ElementChange]) -> Self {
        Self {
            site,
            change,
            nodes: nodes.iter().take(NODES).map(|node| node_line(site, node)).collect(),
            nodes_more: nodes.len().saturating_sub(NODES),
            nodes_summary: nodes_summary(nodes),
        }
    }

    /// `way-4711`, unique on the page.
    pub(super) fn anchor(&self) -> String {
        format!("{}-{}", self.change.kind, self.change.id)
    }

    /// `way/4711`.
    pub(super) fn name(&self) -> String {
        self.change.element_ref().to_string()
    }

    pub(super) fn label(&self) -> Option<&'a str> {
        self.change.label.as_deref()
    }

    pub(super) fn href(&self) -> String {
        self.site.element_url(self.change.element_ref())
    }

    pub(super) fn history(&self) -> String {
        self.site.history_url(self.change.element_ref())
    }

    /// `v7 → v8`, `v1`; with the steps between when the changeset made several.
    pub(super) fn versions(&self) -> String {
        let old = known_version(&self.change.old);
        let steps: Vec<_> = self.change.steps.iter().map(|version| version.0).collect();
        let made = if steps.is_empty() { known_version(&self.change.new).into_iter().collect() } else { steps };
        let mut versions: Vec<_> = old.into_iter().chain(made).collect();
        versions.dedup();
        versions.iter().map(|version| format!("v{version}")).collect::<Vec<_>>().join(" → ")
    }

    /// What about it changed, in a few words each.
    pub(super) fn badges(&self) -> Vec<String> {
        let mut badges = Vec::new();
        if self.change.action == Action::Modify && !self.change.tag_diff.is_empty() {
            badges.push(text::plural(self.change.tag_diff.len() as u64, "tag"));
        }
        badges.extend(self.change.geometry.as_ref().map(geometry_words));
        if !self.nodes_summary.is_empty() {
            badges.push(self.nodes_summary.clone());
        }
        badges.extend(self.change.notes.iter().filter_map(badge).map(str::to_owned));
        badges
    }

    pub(super) fn tags(&self) -> Vec<TagRow<'a>> {
        let row = |change: &'a osmtracker_analysis::TagChange| {
            let (class, sign, word) = match (&change.old, &change.new) {
                (None, _) => ("create", "+", "added"),
                (_, None) => ("delete", "−", "removed"),
                _ => ("modify", "±", "changed"),
            };
            TagRow { class, sign, word, key: &change.key, old: change.old.as_deref(), new: change.new.as_deref() }
        };
        self.change.tag_diff.iter().map(row).collect()
    }

    /// Whether nothing is known of a modified element before the changeset.
    pub(super) fn lacks_old(&self) -> bool {
        self.change.action == Action::Modify && self.change.old.is_none()
    }

    /// Tags that both sides have with the same value; all of them when there is nothing to compare with.
    pub(super) fn unchanged(&self) -> Vec<(&'a str, &'a str)> {
        let Some(new) = self.change.new.as_ref().filter(|_| self.change.action == Action::Modify) else {
            return Vec::new();
        };
        let changed = |key: &str| self.change.tag_diff.iter().any(|change| change.key == key);
        new.tags.iter().filter(|(key, _)| !changed(key)).collect()
    }

    pub(super) fn notes(&self) -> Vec<NoteLine> {
        note_lines(self.site, &self.change.notes)
    }

    pub(super) fn members(&self) -> Vec<MemberRow<'a>> {
        member_rows(self.site, &self.change.notes)
    }

    /// Members that changed and are not in [`Self::members`].
    pub(super) fn members_more(&self) -> usize {
        let changed = self.change.notes.iter().map(|note| match note {
            Note::MembersAdded { members } | Note::MembersRemoved { members } | Note::RolesChanged { members } => {
                members.len()
            }
            _ => 0,
        });
        changed.sum::<usize>().saturating_sub(super::notes::MEMBERS)
    }

    /// The author of the old side; `None` for created elements and where there is no old side.
    pub(super) fn previous(&self) -> Option<Author<'a>> {
        let old = self.change.old.as_ref()?;
        let name = old.user.as_ref().map(|user| &*user.name);
        Some(Author { name, href: self.site.user_url(name.unwrap_or_default()), time: old.timestamp })
    }

    /// How many members or nodes it has, of the newest side that has any.
    pub(super) fn size(&self) -> Option<String> {
        let sides = || self.change.new.iter().chain(&self.change.old).filter(|element| element.visible);
        match self.change.kind {
            ElementType::Node => None,
            ElementType::Way => sides().map(|way| text::plural(way.nodes().len() as u64, "node")).next(),
            ElementType::Relation => {
                sides().map(|relation| text::plural(relation.members().len() as u64, "member")).next()
            }
        }
    }
}

fn known_version(side: &Option<Element>) -> Option<u32> {
    side.as_ref().map(|element| element.version.0).filter(|version| *version > 0)
}

fn geometry_words(change: &GeometryChange) -> String {
    match change {
        GeometryChange::Moved { distance_m } => format!("moved {}", text::metres(*distance_m)),
        GeometryChange::Nodes { added: 0, removed: 0 } => "node list".to_owned(),
        GeometryChange::Nodes { added, removed: 0 } => format!("{} added", text::plural(*added, "node")),
        GeometryChange::Nodes { added: 0, removed } => format!("{} removed", text::plural(*removed, "node")),
        GeometryChange::Nodes { added, removed } => {
            format!("{} added, {} removed", text::plural(*added, "node"), text::count(*removed))
        }
        GeometryChange::Reshaped { moved } => format!("reshaped: {} moved", text::plural(*moved, "node")),
        GeometryChange::Members => "members".to_owned(),
    }
}

/// Findings that matter at a glance.
fn badge(note: &Note) -> Option<&'static str> {
    match note {
        Note::Reversed => Some("reversed"),
        Note::Reordered => Some("reordered"),
        Note::SplitInto { .. } => Some("split"),
        Note::Restored => Some("restored"),
        Note::CreatedAndDeleted => Some("created and deleted here"),
        Note::RolesChanged { .. } => Some("roles"),
        _ => None,
    }
}

/// `untagged nodes: 12 created, 3 modified`; empty without any.
fn nodes_summary(nodes: &[&ElementChange]) -> String {
    let of = |action| nodes.iter().filter(|node| node.action == action).count();
    let parts = Action::ALL.map(|action| (of(action), crate::row::word(action)));
    let parts: Vec<_> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", text::count_of(*n))).collect();
    if parts.is_empty() { String::new() } else { format!("untagged nodes: {}", parts.join(", ")) }
}
