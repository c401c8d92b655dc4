//! The augmented diff of a changeset, worked out from the history.
//!
//! One action for each version that the changeset made, in the order of the download; then, by id, one for each way
//! that it changed only through its nodes, with the same version on both sides. Geometry: nodes that the changeset
//! itself changed stand where they stood before it on the first old side of an element, and where they stand at its
//! end on all other sides; nodes that it did not change stand where they are at its end, on both sides, so that what
//! others did meanwhile does not look like its doing. A previous version that was redacted is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use osmtracker_osm::{
    Action, AugmentedAction, AugmentedChange, ChangesetId, Coordinate, Element, ElementData, ElementId, ElementRef,
    ElementType, Member, MemberGeometry, Timestamp, Version, WayNode,
};

use crate::history::{History, last_position, time};

/// What the API's download calls a version: the first one is a creation, an invisible one a deletion.
#[must_use]
pub fn action_of(element: &Element) -> Action {
    match (element.visible, element.version) {
        (false, _) => Action::Delete,
        (true, Version(0 | 1)) => Action::Create,
        (true, _) => Action::Modify,
    }
}

/// Old and new versions with geometry of everything that a changeset did up to `until`. No gaps are told: the format
/// has no place for them.
#[must_use]
pub fn augmented_change(history: &History, id: ChangesetId, until: Timestamp) -> AugmentedChange {
    let versions: Vec<&Element> = history.changeset(id).filter(|version| time(version) <= until).collect();
    let Some(end) = versions.iter().map(|version| time(version)).max() else { return AugmentedChange::default() };
    let scene = Scene::new(history, &versions, end);
    let mut actions = scene.steps(&versions);
    actions.extend(scene.moved_ways());
    AugmentedChange { actions, gaps: Vec::new() }
}

/// The changeset's view of the world: where everything was before it, and is after it.
struct Scene<'a> {
    history: &'a History,
    end: Timestamp,
    /// First and last version of each element that the changeset changed.
    changed: BTreeMap<ElementRef, (Version, Version)>,
    moved: BTreeSet<ElementId>,
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

impl<'a> Scene<'a> {
    fn new(history: &'a History, versions: &[&Element], end: Timestamp) -> Self {
        let mut changed = BTreeMap::new();
        for version in versions {
            let span = changed.entry(version.element_ref()).or_insert((version.version, version.version));
            *span = (span.0.min(version.version), span.1.max(version.version));
        }
        let mut scene = Self { history, end, changed, moved: BTreeSet::new() };
        scene.moved = scene.moved_nodes();
        scene
    }

    fn moved_nodes(&self) -> BTreeSet<ElementId> {
        let nodes = self.changed.keys().filter(|element| element.kind == ElementType::Node);
        nodes
            .map(|node| node.id)
            .filter(|node| {
                let (before, after) = (self.position(*node, Side::Before), self.position(*node, Side::After));
                before.is_some() && after.is_some() && before != after
            })
            .collect()
    }

    fn steps(&self, versions: &[&Element]) -> Vec<AugmentedAction> {
        let mut steps: HashMap<ElementRef, u32> = HashMap::new();
        versions
            .iter()
            .map(|version| {
                let step = steps.entry(version.element_ref()).or_default();
                let side = if *step == 0 { Side::Before } else { Side::After };
                *step += 1;
                self.step(version, side)
            })
            .collect()
    }

    fn step(&self, version: &Element, old_side: Side) -> AugmentedAction {
        let action = action_of(version);
        let previous = self.history.previous(version);
        let old = previous.map(|previous| self.with_geometry(previous, old_side));
        let mut new = self.with_geometry(version, Side::After);
        if let (ElementData::Node { position }, false) = (&mut new.data, version.visible) {
            *position = previous.and_then(Element::position);
        }
        AugmentedAction { action, old, new: Some(new) }
    }

    fn moved_ways(&self) -> Vec<AugmentedAction> {
        let ways: BTreeSet<ElementId> =
            self.moved.iter().flat_map(|node| self.history.ways_of(*node)).copied().collect();
        ways.into_iter().filter_map(|id| self.moved_way(ElementRef { kind: ElementType::Way, id })).collect()
    }

    fn moved_way(&self, way: ElementRef) -> Option<AugmentedAction> {
        if self.changed.contains_key(&way) {
            return None;
        }
        let version = self.history.current(way, self.end).filter(|version| version.visible)?;
        version.nodes().iter().any(|node| self.moved.contains(&node.id)).then(|| AugmentedAction {
            action: Action::Modify,
            old: Some(self.with_geometry(version, Side::Before)),
            new: Some(self.with_geometry(version, Side::After)),
        })
    }

    fn with_geometry(&self, element: &Element, side: Side) -> Element {
        let data = match &element.data {
            ElementData::Node { position } => ElementData::Node { position: *position },
            ElementData::Way { nodes } => ElementData::Way { nodes: self.placed(nodes, side) },
            ElementData::Relation { members } => ElementData::Relation {
                members: members
                    .iter()
                    .map(|member| Member { geometry: self.member_geometry(member, side), ..member.clone() })
                    .collect(),
            },
        };
        Element { data, ..element.clone() }
    }

    fn placed(&self, nodes: &[WayNode], side: Side) -> Vec<WayNode> {
        nodes.iter().map(|node| WayNode { id: node.id, position: self.position(node.id, side) }).collect()
    }

    fn member_geometry(&self, member: &Member, side: Side) -> Option<MemberGeometry> {
        match member.kind {
            ElementType::Node => self.position(member.id, side).map(MemberGeometry::Node),
            ElementType::Way => {
                let way = self.as_of(member.element_ref(), side)?;
                let line = way.nodes().iter().map(|node| self.position(node.id, side)).collect();
                way.visible.then_some(MemberGeometry::Way(line))
            }
            ElementType::Relation => None,
        }
    }

    /// The version of an element that stood before the changeset, or stands after it.
    fn as_of(&self, element: ElementRef, side: Side) -> Option<&'a Element> {
        let versions = self.history.versions(element);
        let newest = |keep: &dyn Fn(&Element) -> bool| versions.iter().rfind(|version| keep(version));
        match (self.changed.get(&element), side) {
            (Some((first, _)), Side::Before) => newest(&|version| version.version < *first),
            (Some((_, last)), Side::After) => newest(&|version| version.version <= *last),
            (None, _) => newest(&|version| time(version) <= self.end),
        }
    }

    fn position(&self, node: ElementId, side: Side) -> Option<Coordinate> {
        let name = ElementRef { kind: ElementType::Node, id: node };
        let versions = self.history.versions(name);
        match (self.changed.get(&name), side) {
            (Some((first, _)), Side::Before) => {
                let until = versions.partition_point(|version| version.version < *first);
                last_position(&versions[..until])
            }
            (Some((_, last)), Side::After) => {
                let until = versions.partition_point(|version| version.version <= *last);
                last_position(&versions[..until])
            }
            (None, _) => self.history.position_at(node, self.end),
        }
    }
}
