//! Old sides and positions from a full history, as a source with all versions at hand would give them.

use std::collections::HashMap;

use osmtracker_osm::{
    Action, AugmentedAction, AugmentedChange, ChangesetId, Coordinate, Element, ElementData, ElementId, ElementRef,
    ElementType, OsmChange, Timestamp, Version,
};

/// Every version of every element.
pub(crate) struct History {
    versions: HashMap<ElementRef, Vec<Element>>,
}

/// The moment at which a way is drawn.
#[derive(Clone, Copy)]
enum Moment {
    Before(ChangesetId, Timestamp),
    EndOf(Timestamp),
}

impl History {
    pub(crate) fn of(elements: Vec<Element>) -> Self {
        let mut versions: HashMap<_, Vec<_>> = HashMap::new();
        for element in elements {
            versions.entry(element.element_ref()).or_default().push(element);
        }
        versions.values_mut().for_each(|versions| versions.sort_by_key(|element| element.version));
        Self { versions }
    }

    /// The change with the versions before, and with the nodes of ways where they stood.
    pub(crate) fn augment(&self, id: ChangesetId, change: OsmChange) -> AugmentedChange {
        let times = change.changes.iter().filter_map(|(_, element)| element.timestamp);
        let (first, last) = times
            .fold((Timestamp(i64::MAX), Timestamp(i64::MIN)), |(first, last), time| (first.min(time), last.max(time)));
        let actions = change.changes.into_iter().map(|(action, mut new)| {
            let before = Version(new.version.0 - 1);
            let mut old = self.version(new.element_ref(), before).cloned().filter(|_| action != Action::Create);
            old.iter_mut().for_each(|old| self.place(old, Moment::Before(id, first)));
            self.place(&mut new, Moment::EndOf(last));
            AugmentedAction { action, old, new: Some(new) }
        });
        AugmentedChange { actions: actions.collect(), gaps: Vec::new() }
    }

    fn version(&self, element: ElementRef, version: Version) -> Option<&Element> {
        self.versions.get(&element)?.iter().find(|element| element.version == version)
    }

    fn place(&self, way: &mut Element, moment: Moment) {
        if let ElementData::Way { nodes } = &mut way.data {
            nodes.iter_mut().for_each(|node| node.position = self.position(node.id, moment));
        }
    }

    fn position(&self, id: ElementId, moment: Moment) -> Option<Coordinate> {
        let versions = self.versions.get(&ElementRef { kind: ElementType::Node, id })?;
        let holds = |node: &&Element| match moment {
            Moment::Before(changeset, time) => node.changeset != Some(changeset) && node.timestamp <= Some(time),
            Moment::EndOf(time) => node.timestamp <= Some(time),
        };
        versions.iter().rev().filter(holds).find_map(Element::position)
    }
}
