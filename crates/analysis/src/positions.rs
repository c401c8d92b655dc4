//! Where the nodes of ways stand: on the old side before the changeset, on the new side at its end.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use osmtracker_osm::{Coordinate, Element, ElementData, ElementId, ElementType};

use crate::ElementChange;

/// Positions of the nodes that the changeset changed.
#[derive(Debug, Default)]
pub(crate) struct NodePositions {
    nodes: HashMap<ElementId, Positions, RandomState>,
}

#[derive(Clone, Copy, Debug)]
struct Positions {
    old: Option<Coordinate>,
    new: Option<Coordinate>,
}

impl NodePositions {
    /// Reads them from the collapsed changes of nodes.
    pub(crate) fn of(elements: &[ElementChange]) -> Self {
        let nodes = elements.iter().take_while(|element| element.kind == ElementType::Node);
        Self {
            nodes: nodes
                .map(|node| (node.id, Positions { old: position(&node.old), new: position(&node.new) }))
                .collect(),
        }
    }

    /// Whether the changeset moved this node.
    pub(crate) fn moved(&self, id: ElementId) -> bool {
        self.nodes.get(&id).is_some_and(|node| node.old.is_some() && node.new.is_some() && node.old != node.new)
    }

    /// Puts the nodes of a way where they stand.
    ///
    /// The changeset's own nodes win over what the source says of the way: some sources take the positions when the
    /// way's version was made, which is not the end of the changeset.
    pub(crate) fn place(&self, way: &mut ElementChange) {
        if self.nodes.is_empty() {
            return;
        }
        self.place_side(&mut way.old, |node| node.old);
        self.place_side(&mut way.new, |node| node.new);
    }

    fn place_side(&self, side: &mut Option<Element>, position: impl Fn(&Positions) -> Option<Coordinate>) {
        let Some(Element { data: ElementData::Way { nodes }, .. }) = side else { return };
        for node in nodes {
            if let Some(known) = self.nodes.get(&node.id).and_then(&position) {
                node.position = Some(known);
            }
        }
    }
}

fn position(side: &Option<Element>) -> Option<Coordinate> {
    side.as_ref().and_then(Element::position)
}
