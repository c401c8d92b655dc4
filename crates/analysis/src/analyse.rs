use osmtracker_osm::{Action, AugmentedChange, Changeset, Coordinate, Element, ElementData, ElementType, Tags};

use crate::{
    Analysis, ElementChange, GeometryChange, MovedNode, Note, Summary, affected_users,
    collapse::{Collapsed, collapse},
    element_name, extent, gaps,
    geodesy::{distance_m, to_millimetres},
    mileage,
    positions::NodePositions,
    relations, splits, tag_diff, ways,
};

/// Works out what a changeset really changed. Labels are left empty: rules decide them, on what this finds.
///
/// `change` may hold its actions in any order, several for one element, and, as the documents of whole minutes do,
/// those of other changesets, which are left out.
///
/// - Several versions of an element collapse to the side before the first and the side after the last. When another
///   changeset made a version in between, its part is in the difference too.
/// - What was neither there before nor is there after counts nowhere; it is listed with [`Note::CreatedAndDeleted`].
/// - What was deleted before and is there after is modified, with [`Note::Restored`], and differs from nothing. A
///   source's creation of a version above 1 is such a case too.
/// - The nodes of ways stand where they did before the changeset on old sides, and where they do at its end on new ones.
/// - A same-version way is listed in `moved_ways` when one of its nodes stands elsewhere, and, in a document that
///   holds other changesets too, when this one moved such a node.
/// - Deleted sides keep version, author and time alone, whatever the source repeats.
///
/// The result does not depend on the order of actions. It takes time in proportion to the input, whatever is in it.
#[must_use]
pub fn analyse(changeset: &Changeset, change: AugmentedChange) -> Analysis {
    let Collapsed { mut elements, mut same_version_ways, holds_foreign } = collapse(changeset.id, change.actions);
    place_ways(&mut elements, &mut same_version_ways, holds_foreign);
    elements.iter_mut().for_each(describe);
    same_version_ways.iter_mut().for_each(describe);
    same_version_ways.retain(|way| way.geometry.is_some());
    splits::note_moved_nodes(&mut elements);
    Analysis {
        summary: summarise(&elements),
        tag_diff: tag_diff::add_up(&elements),
        unchanged_tags: tag_diff::unchanged(&elements),
        moved_nodes: moved_nodes(&elements),
        affected_users: affected_users::add_up(changeset.user.as_ref(), &elements),
        mileage_m: mileage::add_up(&elements),
        extent: extent::around(&elements),
        labels: Vec::new(),
        gaps: gaps::gather(change.gaps, &elements),
        moved_ways: same_version_ways,
        elements,
    }
}

fn place_ways(elements: &mut [ElementChange], same_version_ways: &mut Vec<ElementChange>, holds_foreign: bool) {
    let positions = NodePositions::of(elements);
    let ways = elements.iter_mut().filter(|element| element.kind == ElementType::Way);
    ways.chain(&mut *same_version_ways).for_each(|way| positions.place(way));
    if holds_foreign {
        same_version_ways
            .retain(|way| way.new.as_ref().is_some_and(|way| way.nodes().iter().any(|node| positions.moved(node.id))));
    }
}

/// Fills label, tag diff, geometry and the notes that the element alone tells.
fn describe(change: &mut ElementChange) {
    change.label = element_name::of(change);
    let no_tags = Tags::new();
    if change.before().is_certain() && change.after().is_certain() {
        let old = change.before().known().map_or(&no_tags, |old| &old.tags);
        let new = change.after().known().map_or(&no_tags, |new| &new.tags);
        change.tag_diff = tag_diff::compare(old, new);
    }
    let difference = change.both().map(|(old, new)| compare_geometry(old, new));
    if let Some((geometry, notes)) = difference {
        change.geometry = geometry;
        change.notes.extend(notes);
    }
}

fn compare_geometry(old: &Element, new: &Element) -> (Option<GeometryChange>, Vec<Note>) {
    match (&old.data, &new.data) {
        (ElementData::Node { position: Some(old) }, ElementData::Node { position: Some(new) }) => {
            (moved(*old, *new), Vec::new())
        }
        (ElementData::Way { nodes: old }, ElementData::Way { nodes: new }) => {
            let difference = ways::compare(old, new);
            (difference.geometry, difference.notes)
        }
        (ElementData::Relation { members: old }, ElementData::Relation { members: new }) => {
            match relations::compare(old, new) {
                Some(notes) => (Some(GeometryChange::Members), notes),
                None => (None, Vec::new()),
            }
        }
        _ => (None, Vec::new()),
    }
}

fn moved(from: Coordinate, to: Coordinate) -> Option<GeometryChange> {
    (from != to).then(|| GeometryChange::Moved { distance_m: to_millimetres(distance_m(from, to)) })
}

fn summarise(elements: &[ElementChange]) -> Summary {
    let mut summary = Summary::default();
    for change in elements.iter().filter(|change| change.counts()) {
        let counts = match change.action {
            Action::Create => &mut summary.create,
            Action::Modify => &mut summary.modify,
            Action::Delete => &mut summary.delete,
        };
        *match change.kind {
            ElementType::Node => &mut counts.node,
            ElementType::Way => &mut counts.way,
            ElementType::Relation => &mut counts.relation,
        } += 1;
        if is_untagged_node(change) {
            *match change.action {
                Action::Create => &mut summary.untagged_nodes.create,
                Action::Modify => &mut summary.untagged_nodes.modify,
                Action::Delete => &mut summary.untagged_nodes.delete,
            } += 1;
        }
    }
    summary
}

/// A node that is known to have no tags, before and after.
fn is_untagged_node(change: &ElementChange) -> bool {
    let sides = [change.before(), change.after()];
    change.kind == ElementType::Node
        && sides.iter().all(|side| side.is_certain() && side.known().is_none_or(|node| node.tags.is_empty()))
}

fn moved_nodes(elements: &[ElementChange]) -> Vec<MovedNode> {
    let moved = |change: &ElementChange| {
        let Some(GeometryChange::Moved { distance_m }) = change.geometry else { return None };
        let (old, new) = change.both()?;
        Some(MovedNode { id: change.id, from: old.position()?, to: new.position()?, distance_m })
    };
    let mut nodes: Vec<_> = elements.iter().filter_map(moved).collect();
    nodes.sort_by(|a, b| b.distance_m.total_cmp(&a.distance_m).then(a.id.cmp(&b.id)));
    nodes
}
