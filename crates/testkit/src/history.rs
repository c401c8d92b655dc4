//! Every version of every element, indexed by element and by changeset.

use std::collections::{BTreeMap, HashMap};

use osmtracker_osm::{
    BoundingBox, ChangesetId, Coordinate, Element, ElementData, ElementId, ElementRef, ElementType, Timestamp, Version,
};

pub(crate) mod pbf;

/// The whole history of a set of elements, in memory: some 250 bytes a version.
#[derive(Debug, Default)]
pub struct History {
    elements: HashMap<ElementRef, Vec<Element>>,
    changesets: BTreeMap<ChangesetId, Vec<VersionRef>>,
    ways_of_node: HashMap<ElementId, Vec<ElementId>>,
}

/// Names one version of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionRef {
    /// The element.
    pub element: ElementRef,
    /// Its version.
    pub version: Version,
}

/// Why a version cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoVersion {
    /// There never was such a version.
    Unknown,
    /// It lies between versions that are there: it was redacted.
    Redacted,
}

impl History {
    /// Indexes versions, in whatever order they come. Deleted versions lose position, nodes, members and tags, as in
    /// the API's answers. Of a version that comes twice, the first one counts.
    #[must_use]
    pub fn from_elements(versions: impl IntoIterator<Item = Element>) -> Self {
        let mut history = Self::default();
        for version in versions {
            history.elements.entry(version.element_ref()).or_default().push(as_the_api_has_it(version));
        }
        for versions in history.elements.values_mut() {
            versions.sort_by_key(|version| version.version);
            versions.dedup_by_key(|version| version.version);
        }
        history.index_changesets();
        history.index_ways();
        history
    }

    fn index_changesets(&mut self) {
        let mut members: BTreeMap<ChangesetId, Vec<(Timestamp, VersionRef)>> = BTreeMap::new();
        for element in self.elements.values().flatten() {
            if let Some(id) = element.changeset {
                let name = VersionRef { element: element.element_ref(), version: element.version };
                members.entry(id).or_default().push((time(element), name));
            }
        }
        self.changesets = members
            .into_iter()
            .map(|(id, mut versions)| {
                versions.sort_by_key(|(time, name)| (*time, name.version, name.element));
                (id, versions.into_iter().map(|(_, name)| name).collect())
            })
            .collect();
    }

    fn index_ways(&mut self) {
        for way in self.elements.values().flatten() {
            for node in way.nodes() {
                let ways = self.ways_of_node.entry(node.id).or_default();
                if ways.last() != Some(&way.id) {
                    ways.push(way.id);
                }
            }
        }
        for ways in self.ways_of_node.values_mut() {
            ways.sort_unstable();
            ways.dedup();
        }
    }

    /// The number of element versions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.elements.values().map(Vec::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The changesets that made these versions, by id.
    pub fn changeset_ids(&self) -> impl ExactSizeIterator<Item = ChangesetId> {
        self.changesets.keys().copied()
    }

    /// The versions that a changeset made, in the order of the API's download: by time, version, type and id.
    pub fn changeset(&self, id: ChangesetId) -> impl Iterator<Item = &Element> {
        let names = self.changesets.get(&id).map_or(&[][..], Vec::as_slice);
        names.iter().filter_map(|name| self.version(name.element, name.version).ok())
    }

    /// All versions of an element that are not redacted, oldest first; empty when there is no such element.
    #[must_use]
    pub fn versions(&self, element: ElementRef) -> &[Element] {
        self.elements.get(&element).map_or(&[], Vec::as_slice)
    }

    /// One version of an element.
    ///
    /// # Errors
    /// When it is unknown or redacted.
    pub fn version(&self, element: ElementRef, version: Version) -> Result<&Element, NoVersion> {
        let versions = self.versions(element);
        match versions.binary_search_by_key(&version, |element| element.version) {
            Ok(at) => Ok(&versions[at]),
            Err(at) if at < versions.len() && version.0 > 0 => Err(NoVersion::Redacted),
            Err(_) => Err(NoVersion::Unknown),
        }
    }

    /// The latest version made at or before `at`.
    #[must_use]
    pub fn current(&self, element: ElementRef, at: Timestamp) -> Option<&Element> {
        self.versions(element).iter().rfind(|version| time(version) <= at)
    }

    /// The version before this one, if it is known: `None` for a first version and when the one before is redacted.
    #[must_use]
    pub fn previous(&self, element: &Element) -> Option<&Element> {
        let before = Version(element.version.0.checked_sub(1)?);
        self.version(element.element_ref(), before).ok()
    }

    /// Where a node stood at a time: the last position at or before it, else its first one.
    #[must_use]
    pub fn position_at(&self, node: ElementId, at: Timestamp) -> Option<Coordinate> {
        let versions = self.versions(ElementRef { kind: ElementType::Node, id: node });
        let until = versions.iter().rposition(|version| time(version) <= at).map_or(0, |at| at + 1);
        last_position(&versions[..until]).or_else(|| versions[until..].iter().find_map(Element::position))
    }

    fn last_position_before(&self, version: &Element) -> Option<Coordinate> {
        let versions = self.versions(version.element_ref());
        last_position(&versions[..versions.partition_point(|other| other.version < version.version)])
    }

    /// The ways that any version of which holds this node.
    #[must_use]
    pub fn ways_of(&self, node: ElementId) -> &[ElementId] {
        self.ways_of_node.get(&node).map_or(&[], Vec::as_slice)
    }

    /// The box of what some versions touched, as OSM computes it: old and new positions of nodes, the nodes of ways
    /// before and after; relations do not count.
    pub fn bounds<'a>(&self, versions: impl IntoIterator<Item = &'a Element>) -> Option<BoundingBox> {
        let mut touched = Vec::new();
        for version in versions {
            let (previous, at) = (self.previous(version), time(version));
            touched.extend(version.position());
            // The database keeps the place of a deleted node: one that is restored touches it, too.
            touched.extend(self.last_position_before(version));
            touched.extend(version.nodes().iter().filter_map(|node| self.position_at(node.id, at)));
            let before = previous.map_or(&[][..], Element::nodes);
            touched.extend(before.iter().filter_map(|node| self.position_at(node.id, at)));
        }
        BoundingBox::around(touched)
    }
}

/// When a version was made; versions without a time were there from the start.
pub(crate) fn time(element: &Element) -> Timestamp {
    element.timestamp.unwrap_or(Timestamp(i64::MIN))
}

/// The last position among some versions of a node.
pub(crate) fn last_position(versions: &[Element]) -> Option<Coordinate> {
    versions.iter().rev().find_map(Element::position)
}

fn as_the_api_has_it(mut element: Element) -> Element {
    if !element.visible {
        element.tags = osmtracker_osm::Tags::new();
        element.data = match element.data {
            ElementData::Node { .. } => ElementData::Node { position: None },
            ElementData::Way { .. } => ElementData::Way { nodes: Vec::new() },
            ElementData::Relation { .. } => ElementData::Relation { members: Vec::new() },
        };
    }
    element
}
