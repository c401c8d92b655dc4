use std::collections::{HashMap, HashSet};

use osmtracker_osm::{
    ChangesetId, Coordinate, Element, ElementData, ElementId, ElementRef, ElementType, Member, Tags, Timestamp, User,
    Version, WayNode,
};

use super::{random::Random, texts};

/// Who edits, when, in which changeset.
pub(super) struct Edit {
    pub(super) changeset: ChangesetId,
    pub(super) timestamp: Timestamp,
    pub(super) user: User,
}

/// What is there, and how it came about.
pub(super) struct World {
    center: Coordinate,
    versions: Vec<Element>,
    /// Where the latest version of an element is in `versions`.
    latest: HashMap<ElementRef, usize>,
    /// Elements that are there, by type.
    alive: [Vec<ElementId>; 3],
    /// How many ways and relations use an element.
    uses: HashMap<ElementRef, u32>,
    next_id: i64,
}

/// The first element id, well above those of real data.
const FIRST_ID: i64 = 20_000_000_001;
/// How far from the centre, in 1e-7 degrees: about 10 km.
const REACH: u32 = 1_000_000;
/// How far a road or a house reaches from its first node.
const SPAN: u32 = 10_000;

impl World {
    pub(super) fn new(center: Coordinate) -> Self {
        Self {
            center,
            versions: Vec::new(),
            latest: HashMap::new(),
            alive: Default::default(),
            uses: HashMap::new(),
            next_id: FIRST_ID,
        }
    }

    pub(super) fn into_versions(self) -> Vec<Element> {
        self.versions
    }

    /// Makes exactly `count` versions.
    pub(super) fn upload(&mut self, edit: &Edit, count: u32, random: &mut Random) {
        let end = self.versions.len() + count as usize;
        while self.versions.len() < end {
            let room = end - self.versions.len();
            match random.below(20) {
                0..=3 if room > 5 => self.build_way(edit, room, random),
                0..=5 => self.create_node(edit, random),
                6..=8 => self.retag(edit, ElementType::Node, random),
                9..=11 => self.move_node(edit, random),
                12..=13 => self.retag(edit, ElementType::Way, random),
                14 => self.reshape(edit, random),
                15..=16 => self.delete(edit, random),
                17 => self.create_relation(edit, random),
                18 => self.change_members(edit, random),
                _ => self.restore(edit, random),
            }
        }
    }

    fn put(&mut self, edit: &Edit, id: ElementId, tags: Tags, data: ElementData, visible: bool) {
        let mut element = Element {
            id,
            version: Version(1),
            visible,
            changeset: Some(edit.changeset),
            timestamp: Some(edit.timestamp),
            user: Some(edit.user.clone()),
            tags,
            data,
        };
        let name = element.element_ref();
        if let Some(at) = self.latest.get(&name) {
            let before = &self.versions[*at];
            element.version = Version(before.version.0 + 1);
            used_by(before).iter().for_each(|name| *self.uses.entry(*name).or_default() -= 1);
        }
        used_by(&element).iter().for_each(|name| *self.uses.entry(*name).or_default() += 1);
        self.latest.insert(name, self.versions.len());
        let alive = &mut self.alive[name.kind as usize];
        match (visible, alive.iter().position(|other| *other == id)) {
            (true, None) => alive.push(id),
            (false, Some(at)) => {
                alive.swap_remove(at);
            }
            _ => {}
        }
        self.versions.push(element);
    }

    fn new_id(&mut self) -> ElementId {
        self.next_id += 1;
        ElementId(self.next_id - 1)
    }

    fn any(&self, kind: ElementType, random: &mut Random) -> Option<Element> {
        let alive = &self.alive[kind as usize];
        (!alive.is_empty()).then(|| {
            let id = alive[random.index(alive.len())];
            self.versions[self.latest[&ElementRef { kind, id }]].clone()
        })
    }

    fn create_node(&mut self, edit: &Edit, random: &mut Random) {
        let position = near(self.center, REACH, random);
        let id = self.new_id();
        self.put(edit, id, tags(texts::SHOPS, random), ElementData::Node { position: Some(position) }, true);
    }

    fn build_way(&mut self, edit: &Edit, room: usize, random: &mut Random) {
        let corner = near(self.center, REACH, random);
        let is_building = random.one_in(2);
        let length = if is_building { 4 } else { 3 + random.index(20) }.min(room - 1);
        let mut nodes = Vec::new();
        for _ in 0..length {
            let id = self.new_id();
            let position = Some(near(corner, SPAN, random));
            self.put(edit, id, Tags::new(), ElementData::Node { position }, true);
            nodes.push(WayNode { id, position: None });
        }
        if is_building {
            nodes.push(nodes[0]);
        }
        let id = self.new_id();
        let kind = if is_building { texts::BUILDINGS } else { texts::ROADS };
        self.put(edit, id, tags(kind, random), ElementData::Way { nodes }, true);
    }

    fn create_relation(&mut self, edit: &Edit, random: &mut Random) {
        let members: Vec<Member> = (0..=random.below(6)).filter_map(|_| self.member(random)).collect();
        let id = self.new_id();
        self.put(edit, id, tags(texts::RELATIONS, random), ElementData::Relation { members }, true);
    }

    fn member(&self, random: &mut Random) -> Option<Member> {
        let kind = if random.one_in(3) { ElementType::Node } else { ElementType::Way };
        let element = self.any(kind, random)?;
        Some(Member { kind, id: element.id, role: random.pick(texts::ROLES).into(), geometry: None })
    }

    fn retag(&mut self, edit: &Edit, kind: ElementType, random: &mut Random) {
        let Some(element) = self.any(kind, random) else { return self.create_node(edit, random) };
        let choice = match kind {
            ElementType::Node => texts::SHOPS,
            _ => texts::ROADS,
        };
        self.put(edit, element.id, tags(choice, random), element.data, true);
    }

    fn move_node(&mut self, edit: &Edit, random: &mut Random) {
        let Some(node) = self.any(ElementType::Node, random) else { return self.create_node(edit, random) };
        let position = node.position().map(|position| near(position, SPAN, random));
        self.put(edit, node.id, node.tags, ElementData::Node { position }, true);
    }

    /// Takes a node out of a way, puts one in, or turns it round.
    fn reshape(&mut self, edit: &Edit, random: &mut Random) {
        let (Some(way), Some(node)) = (self.any(ElementType::Way, random), self.any(ElementType::Node, random)) else {
            return self.create_node(edit, random);
        };
        let mut nodes = way.nodes().to_vec();
        match random.below(3) {
            0 if nodes.len() > 3 => drop(nodes.remove(1)),
            1 => nodes.insert(1, WayNode { id: node.id, position: None }),
            _ => nodes.reverse(),
        }
        self.put(edit, way.id, way.tags, ElementData::Way { nodes }, true);
    }

    fn change_members(&mut self, edit: &Edit, random: &mut Random) {
        let Some(relation) = self.any(ElementType::Relation, random) else {
            return self.create_relation(edit, random);
        };
        let mut members = relation.members().to_vec();
        match (random.below(3), members.len()) {
            (0, 2..) => members.swap(0, 1),
            (1, 1..) => members[0].role = random.pick(texts::ROLES).into(),
            _ => members.extend(self.member(random)),
        }
        self.put(edit, relation.id, relation.tags, ElementData::Relation { members }, true);
    }

    /// Deletes something that nothing uses.
    fn delete(&mut self, edit: &Edit, random: &mut Random) {
        let kind = match random.below(4) {
            0 => ElementType::Relation,
            1 => ElementType::Way,
            _ => ElementType::Node,
        };
        let unused = |name| self.uses.get(&name).is_none_or(|uses| *uses == 0);
        match self.any(kind, random).filter(|element| unused(element.element_ref())) {
            Some(element) => self.put(edit, element.id, Tags::new(), empty(kind), false),
            None => self.create_node(edit, random),
        }
    }

    /// Brings a deleted node back where it was.
    fn restore(&mut self, edit: &Edit, random: &mut Random) {
        let from = self.versions.len().saturating_sub(500);
        let deleted = self.versions[from..].iter().rev().find(|element| {
            let name = element.element_ref();
            !element.visible && name.kind == ElementType::Node && !self.versions[self.latest[&name]].visible
        });
        let Some(id) = deleted.map(|element| element.id) else { return self.create_node(edit, random) };
        let position = near(self.center, REACH, random);
        self.put(edit, id, tags(texts::SHOPS, random), ElementData::Node { position: Some(position) }, true);
    }
}

fn empty(kind: ElementType) -> ElementData {
    match kind {
        ElementType::Node => ElementData::Node { position: None },
        ElementType::Way => ElementData::Way { nodes: Vec::new() },
        ElementType::Relation => ElementData::Relation { members: Vec::new() },
    }
}

/// What a way or a relation refers to, each once.
fn used_by(element: &Element) -> HashSet<ElementRef> {
    let nodes = element.nodes().iter().map(|node| ElementRef { kind: ElementType::Node, id: node.id });
    nodes.chain(element.members().iter().map(Member::element_ref)).collect()
}

fn near(center: Coordinate, reach: u32, random: &mut Random) -> Coordinate {
    Coordinate { lon: center.lon + random.around(reach), lat: center.lat + random.around(reach) }
}

fn tags(choice: &[(&str, &[&str])], random: &mut Random) -> Tags {
    let mut tags = Tags::new();
    for (at, (key, values)) in choice.iter().enumerate() {
        if at == 0 || random.one_in(2) {
            tags.push(key, random.pick(values));
        }
    }
    tags
}
