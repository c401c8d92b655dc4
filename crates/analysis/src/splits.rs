//! Where the nodes went that ways lost: splits, joins and redrawn ways.

use std::ops::Range;

use osmtracker_osm::{Action, ElementId, ElementType};

use crate::{ElementChange, Note};

/// Ways named for one lost node, at most. A hostile changeset can pass one node round among thousands of ways, and
/// the notes would grow with the square of that.
const WAYS_PER_NODE: usize = 50;

/// Nodes that a deleted way must share with another one: a single one is a mere junction.
const NODES_OF_A_LINE: usize = 2;

/// Adds [`Note::SplitInto`] and [`Note::NodesMovedTo`] to ways that lost nodes to ways that gained them here.
///
/// A created way gained all its nodes, a modified one those that it had not before. A deleted way lost all its nodes.
pub(crate) fn note_moved_nodes(elements: &mut [ElementChange]) {
    let start = elements.partition_point(|element| element.kind < ElementType::Way);
    let end = elements.partition_point(|element| element.kind <= ElementType::Way);
    let ways = &mut elements[start..end];
    if !ways.iter().any(|way| !lost(way).is_empty()) {
        return;
    }
    let gains = Gains::of(ways);
    let notes: Vec<_> = ways.iter().map(|way| gains.notes(way)).collect();
    for (way, notes) in ways.iter_mut().zip(notes) {
        way.notes.extend(notes);
    }
}

/// Nodes that the way lost, each once.
fn lost(way: &ElementChange) -> Vec<ElementId> {
    match way.action {
        Action::Create => Vec::new(),
        Action::Modify => noted(way, |note| match note {
            Note::NodesRemoved { nodes } => Some(nodes),
            _ => None,
        }),
        Action::Delete => distinct(way.before().known().into_iter().flat_map(|old| old.nodes()).map(|node| node.id)),
    }
}

/// Nodes that the way gained, each once.
fn gained(way: &ElementChange) -> Vec<ElementId> {
    match way.action {
        Action::Create => distinct(way.after().known().into_iter().flat_map(|new| new.nodes()).map(|node| node.id)),
        Action::Modify => noted(way, |note| match note {
            Note::NodesAdded { nodes } => Some(nodes),
            _ => None,
        }),
        Action::Delete => Vec::new(),
    }
}

fn noted(way: &ElementChange, nodes: impl Fn(&Note) -> Option<&Vec<ElementId>>) -> Vec<ElementId> {
    distinct(way.notes.iter().filter_map(nodes).flatten().copied())
}

fn distinct(ids: impl Iterator<Item = ElementId>) -> Vec<ElementId> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Which way gained which node.
struct Gains {
    /// By node, then by way.
    created: Vec<(ElementId, ElementId)>,
    /// By node, then by way.
    modified: Vec<(ElementId, ElementId)>,
}

impl Gains {
    fn of(ways: &[ElementChange]) -> Self {
        let by = |action| {
            let ways = ways.iter().filter(|way| way.action == action);
            let mut gains: Vec<_> = ways.flat_map(|way| gained(way).into_iter().map(|node| (node, way.id))).collect();
            gains.sort_unstable();
            gains
        };
        Self { created: by(Action::Create), modified: by(Action::Modify) }
    }

    fn notes(&self, way: &ElementChange) -> Vec<Note> {
        let lost = lost(way);
        let least = if way.action == Action::Delete { NODES_OF_A_LINE } else { 1 };
        let winners = |gains| winners(gains, &lost, way.id, least);
        let (created, modified) = (winners(&self.created), winners(&self.modified));
        let split = (!created.is_empty()).then_some(Note::SplitInto { ways: created });
        let moved = (!modified.is_empty()).then_some(Note::NodesMovedTo { ways: modified });
        [split, moved].into_iter().flatten().collect()
    }
}

/// The ways that gained at least `least` of the lost nodes, by id.
fn winners(gains: &[(ElementId, ElementId)], lost: &[ElementId], loser: ElementId, least: usize) -> Vec<ElementId> {
    let gained = lost.iter().flat_map(|&node| gains[range_of(gains, node)].iter().take(WAYS_PER_NODE));
    let mut ways: Vec<_> = gained.map(|&(_, way)| way).filter(|&way| way != loser).collect();
    ways.sort_unstable();
    ways.chunk_by(|a, b| a == b).filter(|nodes| nodes.len() >= least).map(|nodes| nodes[0]).collect()
}

fn range_of(gains: &[(ElementId, ElementId)], node: ElementId) -> Range<usize> {
    let start = gains.partition_point(|gain| gain.0 < node);
    start..start + gains[start..].partition_point(|gain| gain.0 == node)
}
