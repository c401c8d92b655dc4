//! What is known around one changeset, and how it becomes actions with geometry. No I/O.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use osmtracker_osm::{
    Action, AugmentedAction, Coordinate, Element, ElementData, ElementId, ElementRef, ElementType, Gap, GapKind,
    Member, MemberGeometry, OsmChange, Version, WayNode,
};

/// On which side of the changeset something stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// Versions that the changeset made and those before them, and foreign elements as they were at its end.
pub(super) struct Scene {
    changed: BTreeMap<ElementRef, Steps>,
    foreign: HashMap<ElementRef, Element>,
}

/// The versions of one element that the changeset made, and older ones that are known.
#[derive(Default)]
struct Steps {
    made: BTreeMap<Version, (Action, Element)>,
    older: BTreeMap<Version, Element>,
}

impl Steps {
    fn version(&self, version: Version) -> Option<&Element> {
        self.made.get(&version).map(|(_, element)| element).or_else(|| self.older.get(&version))
    }

    fn first(&self) -> Version {
        self.made.first_key_value().map_or(Version(0), |(version, _)| *version)
    }

    /// Known versions on a side, newest first.
    fn on_side(&self, side: Side) -> impl Iterator<Item = &Element> {
        let made = self.made.values().rev().map(|(_, element)| element);
        let first = self.first();
        // Versions between those that it made are somebody else's: they count for the end alone.
        let mut all: Vec<&Element> = made.chain(self.older.values()).collect();
        all.retain(|element| side == Side::After || element.version < first);
        all.sort_by_key(|element| std::cmp::Reverse(element.version));
        all.into_iter()
    }
}

fn before(version: Version) -> Option<Version> {
    version.0.checked_sub(1).filter(|version| *version > 0).map(Version)
}

impl Scene {
    pub(super) fn new(download: OsmChange) -> Self {
        let mut changed: BTreeMap<ElementRef, Steps> = BTreeMap::new();
        for (action, element) in download.changes {
            changed.entry(element.element_ref()).or_default().made.insert(element.version, (action, element));
        }
        Self { changed, foreign: HashMap::new() }
    }

    /// Previous versions that the download does not hold itself, by type, id and version.
    pub(super) fn wanted(&self) -> Vec<(ElementRef, Version)> {
        let steps =
            self.changed.iter().flat_map(|(element, steps)| steps.made.keys().map(move |made| (element, steps, made)));
        steps
            .filter_map(|(element, steps, made)| {
                before(*made).filter(|version| !steps.made.contains_key(version)).map(|version| (*element, version))
            })
            .collect()
    }

    /// Adds versions of changed elements.
    pub(super) fn add_versions(&mut self, elements: Vec<Element>) {
        for element in elements {
            if let Some(steps) = self.changed.get_mut(&element.element_ref()) {
                steps.older.insert(element.version, element);
            }
        }
    }

    /// Adds elements that the changeset did not change, as they were at its end.
    pub(super) fn add_foreign(&mut self, elements: Vec<Element>) {
        self.foreign.extend(elements.into_iter().map(|element| (element.element_ref(), element)));
    }

    /// Every known version of the changed elements.
    fn versions(&self) -> impl Iterator<Item = &Element> {
        self.changed
            .values()
            .flat_map(|steps| steps.made.values().map(|(_, element)| element).chain(steps.older.values()))
    }

    fn is_foreign(&self, kind: ElementType, id: ElementId) -> bool {
        !self.changed.contains_key(&ElementRef { kind, id })
    }

    /// Nodes that changed ways refer to and the changeset did not change, by id.
    pub(super) fn foreign_way_nodes(&self) -> Vec<ElementId> {
        self.foreign_nodes(self.versions().flat_map(Element::nodes)).into_iter().collect()
    }

    /// Members of one type of changed relations that the changeset did not change.
    pub(super) fn foreign_members(&self, kind: ElementType) -> BTreeSet<ElementId> {
        let members = self.versions().flat_map(Element::members).filter(|member| member.kind == kind);
        members.map(|member| member.id).filter(|id| self.is_foreign(kind, *id)).collect()
    }

    /// Nodes of foreign ways that the changeset did not change.
    pub(super) fn nodes_of_foreign(&self, ways: &[ElementId]) -> BTreeSet<ElementId> {
        self.foreign_nodes(self.foreign_ways(ways).flat_map(Element::nodes))
    }

    /// Those at the ends of the ways.
    pub(super) fn ends_of_foreign(&self, ways: &[ElementId]) -> BTreeSet<ElementId> {
        self.foreign_nodes(
            self.foreign_ways(ways).flat_map(|way| way.nodes().first().into_iter().chain(way.nodes().last())),
        )
    }

    fn foreign_ways(&self, ways: &[ElementId]) -> impl Iterator<Item = &Element> {
        ways.iter().filter_map(|id| self.foreign.get(&ElementRef { kind: ElementType::Way, id: *id }))
    }

    fn foreign_nodes<'a>(&self, nodes: impl Iterator<Item = &'a WayNode>) -> BTreeSet<ElementId> {
        nodes.map(|node| node.id).filter(|id| self.is_foreign(ElementType::Node, *id)).collect()
    }

    /// A gap for each changed relation some members of which have no place.
    pub(super) fn unlocated_members(&self) -> Vec<Gap> {
        let relations = self.changed.iter().filter(|(element, _)| element.kind == ElementType::Relation);
        relations.filter_map(|(element, steps)| self.unlocated_members_of(*element, steps)).collect()
    }

    fn unlocated_members_of(&self, relation: ElementRef, steps: &Steps) -> Option<Gap> {
        let versions = steps.made.values().map(|(_, element)| element).chain(steps.older.values());
        let members: BTreeSet<ElementRef> = versions
            .flat_map(Element::members)
            .filter(|member| member.kind != ElementType::Relation)
            .map(Member::element_ref)
            .collect();
        let lost = members.iter().filter(|member| !self.is_located(**member)).count();
        let detail = format!("{lost} of its {} members have no place here", members.len());
        (lost > 0).then_some(Gap { kind: GapKind::MissingGeometry, element: Some(relation), version: None, detail })
    }

    /// Whether an element has a place on any side. One that was deleted has none, which is no gap.
    fn is_located(&self, element: ElementRef) -> bool {
        self.changed.contains_key(&element) || self.foreign.contains_key(&element)
    }

    /// The actions, with geometry.
    pub(super) fn into_actions(self) -> Vec<AugmentedAction> {
        let mut actions = Vec::new();
        for steps in self.changed.values() {
            for (version, (action, made)) in &steps.made {
                actions.push(self.action(steps, *action, *version, made));
            }
        }
        actions
    }

    fn action(&self, steps: &Steps, action: Action, version: Version, made: &Element) -> AugmentedAction {
        let side = if version == steps.first() { Side::Before } else { Side::After };
        let previous = before(version).and_then(|version| steps.version(version));
        let mut new = self.with_geometry(made, Side::After);
        if let (ElementData::Node { position }, false) = (&mut new.data, made.visible) {
            // The API gives deleted nodes no position: they lie where they last lay.
            *position = position.or_else(|| previous.and_then(Element::position));
        }
        AugmentedAction { action, old: previous.map(|previous| self.with_geometry(previous, side)), new: Some(new) }
    }

    fn with_geometry(&self, element: &Element, side: Side) -> Element {
        let mut element = element.clone();
        match &mut element.data {
            ElementData::Node { .. } => {}
            ElementData::Way { nodes } => self.place_nodes(nodes, side),
            ElementData::Relation { members } => {
                for member in members {
                    member.geometry = self.member_geometry(member, side);
                }
            }
        }
        element
    }

    fn place_nodes(&self, nodes: &mut [WayNode], side: Side) {
        for node in nodes {
            node.position = self.position(node.id, side);
        }
    }

    fn member_geometry(&self, member: &Member, side: Side) -> Option<MemberGeometry> {
        match member.kind {
            ElementType::Node => self.position(member.id, side).map(MemberGeometry::Node),
            ElementType::Way => {
                let way = self.as_of(member.element_ref(), side).filter(|way| way.visible)?;
                Some(MemberGeometry::Way(way.nodes().iter().map(|node| self.position(node.id, side)).collect()))
            }
            ElementType::Relation => None,
        }
    }

    /// The version of an element that stood before the changeset, or stands after it.
    fn as_of(&self, element: ElementRef, side: Side) -> Option<&Element> {
        match self.changed.get(&element) {
            Some(steps) => steps.on_side(side).next(),
            None => self.foreign.get(&element),
        }
    }

    /// Where a node stood before the changeset, or stands after it; a deleted one where it last stood.
    fn position(&self, node: ElementId, side: Side) -> Option<Coordinate> {
        let node = ElementRef { kind: ElementType::Node, id: node };
        match self.changed.get(&node) {
            Some(steps) => steps.on_side(side).find_map(Element::position),
            None => self.foreign.get(&node).and_then(Element::position),
        }
    }
}
