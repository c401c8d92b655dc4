use std::collections::{BTreeMap, BTreeSet};

use osmtracker_analysis::{Analysis, ElementChange};
use osmtracker_osm::{Action, Element, ElementId, ElementRef, ElementType};

use super::{MAX_ELEMENTS, OPEN_DETAILS, element::ElementView};
use crate::{Site, row, text};

/// Untagged nodes outside of ways that the page lists.
const LOOSE_NODES: usize = 200;

/// The element list: by action, then by type.
pub(super) struct Groups<'a> {
    pub(super) groups: Vec<Group<'a>>,
    /// Untagged nodes that are in no way of this list.
    pub(super) loose: Vec<NodeLine>,
    /// Those that are not listed.
    pub(super) loose_more: usize,
    /// Elements on the page, and all there are; untagged nodes are in neither.
    pub(super) shown: usize,
    pub(super) total: usize,
    pub(super) open_details: bool,
}

/// What was created, modified, deleted, or moved with its nodes.
pub(super) struct Group<'a> {
    pub(super) anchor: &'static str,
    pub(super) title: &'static str,
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) total: String,
    pub(super) types: Vec<TypeGroup<'a>>,
}

pub(super) struct TypeGroup<'a> {
    pub(super) title: &'static str,
    pub(super) total: String,
    pub(super) elements: Vec<ElementView<'a>>,
}

/// An untagged node under the way that it belongs to.
pub(super) struct NodeLine {
    pub(super) action: Action,
    pub(super) id: ElementId,
    pub(super) href: String,
    /// `moved 14 m`, `created`.
    pub(super) words: String,
}

/// Untagged nodes by the way that shows them.
type Folded<'a> = BTreeMap<ElementId, Vec<&'a ElementChange>>;

impl<'a> Groups<'a> {
    pub(super) fn of(site: &'a Site, analysis: &'a Analysis) -> Self {
        let (folded, loose) = fold(analysis);
        let listed = |change: &&ElementChange| !is_untagged_node(change);
        let elements: Vec<_> = analysis.elements.iter().filter(listed).collect();
        let total = elements.len() + analysis.moved_ways.len();
        let mut list = List { site, folded, room: MAX_ELEMENTS };
        let mut groups = Vec::new();
        for action in Action::ALL {
            let of_action: Vec<_> = elements.iter().copied().filter(|change| change.action == action).collect();
            groups.extend(list.group(action.as_str(), title(action), action.as_str(), row::sign(action), &of_action));
        }
        let moved: Vec<_> = analysis.moved_ways.iter().collect();
        groups.extend(list.group("moved", "Moved with their nodes", "moved", "↔", &moved));
        Self {
            groups,
            loose: loose.iter().take(LOOSE_NODES).map(|change| node_line(site, change)).collect(),
            loose_more: loose.len().saturating_sub(LOOSE_NODES),
            shown: MAX_ELEMENTS - list.room,
            total,
            open_details: total <= OPEN_DETAILS,
        }
    }

    pub(super) fn shown(&self) -> String {
        text::count_of(self.shown)
    }

    pub(super) fn total(&self) -> String {
        text::count_of(self.total)
    }
}

fn title(action: Action) -> &'static str {
    match action {
        Action::Create => "Created",
        Action::Modify => "Modified",
        Action::Delete => "Deleted",
    }
}

/// Makes groups while there is room.
struct List<'a> {
    site: &'a Site,
    folded: Folded<'a>,
    room: usize,
}

impl<'a> List<'a> {
    fn group(
        &mut self,
        anchor: &'static str,
        title: &'static str,
        class: &'static str,
        sign: &'static str,
        changes: &[&'a ElementChange],
    ) -> Option<Group<'a>> {
        let total = text::count_of(changes.len());
        let types = [(ElementType::Node, "Nodes"), (ElementType::Way, "Ways"), (ElementType::Relation, "Relations")]
            .into_iter()
            .filter_map(|(kind, title)| self.type_group(title, changes.iter().copied().filter(|c| c.kind == kind)))
            .collect();
        (!changes.is_empty()).then_some(Group { anchor, title, class, sign, total, types })
    }

    fn type_group(
        &mut self,
        title: &'static str,
        changes: impl Iterator<Item = &'a ElementChange>,
    ) -> Option<TypeGroup<'a>> {
        let changes: Vec<_> = changes.collect();
        let elements: Vec<_> = changes.iter().take(self.room).map(|change| self.element(change)).collect();
        self.room -= elements.len();
        let total = text::count_of(changes.len());
        (!changes.is_empty()).then_some(TypeGroup { title, total, elements })
    }

    fn element(&self, change: &'a ElementChange) -> ElementView<'a> {
        let nodes = match change.kind {
            ElementType::Way => self.folded.get(&change.id).map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        ElementView::new(self.site, change, nodes)
    }
}

/// Each untagged node goes under the first way that has or had it; those without one are loose.
fn fold(analysis: &Analysis) -> (Folded<'_>, Vec<&ElementChange>) {
    let untagged: Vec<_> = analysis.elements.iter().filter(|change| is_untagged_node(change)).collect();
    let wanted: BTreeSet<_> = untagged.iter().map(|change| change.id).collect();
    let mut way_of = BTreeMap::new();
    for way in analysis.elements.iter().chain(&analysis.moved_ways).filter(|change| change.kind == ElementType::Way) {
        let sides = way.new.iter().chain(&way.old).flat_map(Element::nodes);
        for node in sides.filter(|node| wanted.contains(&node.id)) {
            way_of.entry(node.id).or_insert(way.id);
        }
    }
    let mut folded = Folded::new();
    let mut loose = Vec::new();
    for change in untagged {
        match way_of.get(&change.id) {
            Some(way) => folded.entry(*way).or_default().push(change),
            None => loose.push(change),
        }
    }
    (folded, loose)
}

fn is_untagged_node(change: &ElementChange) -> bool {
    let untagged = |side: &Option<Element>| side.as_ref().is_none_or(|element| element.tags.is_empty());
    change.kind == ElementType::Node && untagged(&change.old) && untagged(&change.new) && change.tag_diff.is_empty()
}

/// What happened to an untagged node, on one line.
pub(super) fn node_line(site: &Site, change: &ElementChange) -> NodeLine {
    let words = match (change.action, &change.geometry) {
        (Action::Modify, Some(osmtracker_analysis::GeometryChange::Moved { distance_m })) => {
            format!("moved {}", text::metres(*distance_m))
        }
        (action, _) => row::word(action).to_owned(),
    };
    let href = site.element_url(ElementRef { kind: ElementType::Node, id: change.id });
    NodeLine { action: change.action, id: change.id, href, words }
}
