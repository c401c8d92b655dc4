//! How a way's list of nodes differs, and where the nodes went that it lost.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use osmtracker_osm::{Coordinate, ElementId, WayNode};

use crate::{GeometryChange, Note, counting::count};

/// What differs between two versions of a way.
#[derive(Debug, Default)]
pub(crate) struct WayDifference {
    /// How the line changed.
    pub(crate) geometry: Option<GeometryChange>,
    /// Nodes added, nodes removed, reversed, reordered.
    pub(crate) notes: Vec<Note>,
}

/// Compares two versions of a way.
///
/// A node that occurs twice counts twice, so that closing an open way adds its first node again. When both versions
/// are closed, the repeated node at the end is left out of the comparison, and a ring that only starts at another of
/// its nodes is the same ring.
pub(crate) fn compare(old: &[WayNode], new: &[WayNode]) -> WayDifference {
    if ids(old).eq(ids(new)) {
        return WayDifference { geometry: reshaped(moved_in_step(old, new)), notes: Vec::new() };
    }
    let shape = if is_closed(old) && is_closed(new) { Shape::Ring } else { Shape::Line };
    let (old_ids, new_ids) = (shape.ids(old), shape.ids(new));
    if shape.is_same(&old_ids, &new_ids) {
        return WayDifference { geometry: reshaped(moved_by_id(old, new)), notes: Vec::new() };
    }
    let (added, kept_new) = split_by(&new_ids, &old_ids);
    let (removed, kept_old) = split_by(&old_ids, &new_ids);
    let geometry = Some(GeometryChange::Nodes { added: count(added.len()), removed: count(removed.len()) });
    let order = order_note(shape, &kept_old, &kept_new, added.is_empty() && removed.is_empty());
    let added = (!added.is_empty()).then_some(Note::NodesAdded { nodes: added });
    let removed = (!removed.is_empty()).then_some(Note::NodesRemoved { nodes: removed });
    WayDifference { geometry, notes: [added, removed, order].into_iter().flatten().collect() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Line,
    Ring,
}

impl Shape {
    fn ids(self, nodes: &[WayNode]) -> Vec<ElementId> {
        let distinct = nodes.len() - usize::from(self == Self::Ring);
        ids(&nodes[..distinct]).collect()
    }

    fn is_same(self, a: &[ElementId], b: &[ElementId]) -> bool {
        match self {
            Self::Line => a == b,
            Self::Ring => a.len() == b.len() && from_least_rotation(a).eq(from_least_rotation(b)),
        }
    }

    /// The fewest nodes that have a direction.
    fn directed(self) -> usize {
        match self {
            Self::Line => 2,
            Self::Ring => 3,
        }
    }
}

fn ids(nodes: &[WayNode]) -> impl ExactSizeIterator<Item = ElementId> {
    nodes.iter().map(|node| node.id)
}

/// A ring of the data model; a list of one node that stands twice is one too.
fn is_closed(nodes: &[WayNode]) -> bool {
    nodes.len() > 1 && nodes.first().map(|node| node.id) == nodes.last().map(|node| node.id)
}

/// The ids of `list` that `other` lacks, and those that it has, each in order of `list`.
fn split_by(list: &[ElementId], other: &[ElementId]) -> (Vec<ElementId>, Vec<ElementId>) {
    let mut left: HashMap<ElementId, u32, RandomState> = HashMap::default();
    for id in other {
        *left.entry(*id).or_default() += 1;
    }
    list.iter().partition(|id| match left.get_mut(id) {
        Some(0) | None => true,
        Some(left) => {
            *left -= 1;
            false
        }
    })
}

/// Says how the nodes that both sides have run. `Reordered` is said of ways with the very same nodes alone.
fn order_note(shape: Shape, old: &[ElementId], new: &[ElementId], same_nodes: bool) -> Option<Note> {
    if shape.is_same(old, new) {
        return None;
    }
    let backwards: Vec<_> = new.iter().rev().copied().collect();
    if new.len() >= shape.directed() && shape.is_same(old, &backwards) {
        return Some(Note::Reversed);
    }
    same_nodes.then_some(Note::Reordered)
}

/// The ring from that of its nodes that makes the least sequence: the same for all rotations, in linear time.
fn from_least_rotation(ring: &[ElementId]) -> impl Iterator<Item = ElementId> {
    let start = least_rotation(ring);
    ring[start..].iter().chain(&ring[..start]).copied()
}

fn least_rotation(ring: &[ElementId]) -> usize {
    let length = ring.len();
    let (mut a, mut b, mut same) = (0, 1, 0);
    while a < length && b < length && same < length {
        match ring[(a + same) % length].cmp(&ring[(b + same) % length]) {
            std::cmp::Ordering::Equal => {
                same += 1;
                continue;
            }
            std::cmp::Ordering::Greater => a += same + 1,
            std::cmp::Ordering::Less => b += same + 1,
        }
        b += usize::from(a == b);
        same = 0;
    }
    a.min(b)
}

fn reshaped(moved: u32) -> Option<GeometryChange> {
    (moved > 0).then_some(GeometryChange::Reshaped { moved })
}

/// Nodes that moved, in two lists of the same ids in the same order.
fn moved_in_step(old: &[WayNode], new: &[WayNode]) -> u32 {
    let mut moved: Vec<_> =
        old.iter().zip(new).filter(|(old, new)| differ(old.position, new.position)).map(|(node, _)| node.id).collect();
    moved.sort_unstable();
    moved.dedup();
    count(moved.len())
}

/// Nodes that moved, in two lists of the same ids in any order.
fn moved_by_id(old: &[WayNode], new: &[WayNode]) -> u32 {
    let mut sorted = [old.to_vec(), new.to_vec()];
    for nodes in &mut sorted {
        nodes.sort_by_key(|node| node.id);
        nodes.dedup_by_key(|node| node.id);
    }
    moved_in_step(&sorted[0], &sorted[1])
}

fn differ(old: Option<Coordinate>, new: Option<Coordinate>) -> bool {
    old.is_some() && new.is_some() && old != new
}
