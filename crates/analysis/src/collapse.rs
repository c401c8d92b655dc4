//! From the actions of a source to one entry an element: first old side, last new side.

use osmtracker_osm::{Action, AugmentedAction, ChangesetId, Element, ElementData, ElementRef, ElementType, Version};

use crate::{ElementChange, Note};

/// The elements of a changeset, before anything is found out about them.
#[derive(Debug, Default)]
pub(crate) struct Collapsed {
    /// What the changeset changed, by type and id.
    pub(crate) elements: Vec<ElementChange>,
    /// Ways with the same version on both sides, by id.
    pub(crate) same_version_ways: Vec<ElementChange>,
    /// Whether the document also holds versions that other changesets made.
    pub(crate) holds_foreign: bool,
}

/// Sorts, drops what is not the changeset's, and collapses.
///
/// A document of a whole minute holds versions made by several changesets; those whose new side names another
/// changeset are dropped. Ways with the same version on both sides name the changeset of their last author, so they
/// stay until it is known whose nodes moved; relations and nodes of that kind are context and are dropped.
pub(crate) fn collapse(changeset: ChangesetId, mut actions: Vec<AugmentedAction>) -> Collapsed {
    let mut collapsed = Collapsed::default();
    let mut steps = Vec::with_capacity(actions.len());
    for (place, action) in actions.iter_mut().enumerate() {
        if is_same_version(action) {
            collapsed.same_version_ways.extend(same_version_way(action));
        } else if is_foreign(changeset, action) {
            collapsed.holds_foreign = true;
        } else {
            steps.extend(action.element_ref().map(|element| Step { element, version: version_made(action), place }));
        }
    }
    // Steps are sorted and each side is moved once: whole actions are hundreds of bytes.
    steps.sort_unstable();
    let by_element = || steps.chunk_by(|a, b| a.element == b.element);
    collapsed.elements.reserve_exact(by_element().count());
    collapsed.elements.extend(by_element().map(|steps| collapse_element(steps, &mut actions)));
    collapsed.keep_ways_without_own_version();
    collapsed
}

impl Collapsed {
    fn keep_ways_without_own_version(&mut self) {
        let elements = &self.elements;
        let has_own =
            |way: &ElementChange| elements.binary_search_by_key(&way.element_ref(), ElementChange::element_ref).is_ok();
        self.same_version_ways.retain(|way| !has_own(way));
        self.same_version_ways.sort_by_key(|way| way.id);
        self.same_version_ways.dedup_by_key(|way| way.id);
    }
}

/// One version that the changeset made, and which action tells of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    element: ElementRef,
    version: Version,
    place: usize,
}

fn is_same_version(action: &AugmentedAction) -> bool {
    match (&action.old, &action.new) {
        (Some(old), Some(new)) => {
            action.action == Action::Modify && old.version == new.version && new.version != Version(0)
        }
        _ => false,
    }
}

fn is_foreign(changeset: ChangesetId, action: &AugmentedAction) -> bool {
    action.new.as_ref().and_then(|new| new.changeset).is_some_and(|id| id != changeset)
}

fn same_version_way(action: &mut AugmentedAction) -> Option<ElementChange> {
    let way = action.element_ref().filter(|element| element.kind == ElementType::Way)?;
    let (old, new) = (action.old.take(), action.new.take());
    Some(ElementChange { old, new, ..ElementChange::bare(way, Action::Modify) })
}

/// The version that an action made; where a deletion has no new side, the one after the old side's.
fn version_made(action: &AugmentedAction) -> Version {
    match (&action.new, &action.old) {
        (Some(new), _) => new.version,
        (None, Some(old)) => Version(old.version.0.saturating_add(1)),
        (None, None) => Version(0),
    }
}

/// Collapses the steps of one element, which are sorted. Of several entries for the same version, as careless sources
/// have them, the first counts.
fn collapse_element(steps: &[Step], actions: &mut [AugmentedAction]) -> ElementChange {
    let (first, last) = (steps[0], steps[steps.partition_point(|step| step.version < steps[steps.len() - 1].version)]);
    let (begin, end) = (actions[first.place].action, actions[last.place].action);
    let mut change = ElementChange {
        old: actions[first.place].old.take(),
        new: actions[last.place].new.take(),
        ..ElementChange::bare(first.element, end)
    };
    if first.version < last.version {
        change.steps = steps.iter().map(|step| step.version).collect();
        change.steps.dedup();
    }
    judge(&mut change, begin, first.version);
    for side in [&mut change.old, &mut change.new].into_iter().flatten().filter(|side| !side.visible) {
        strip(side);
    }
    change
}

/// Decides what the changeset did, all in all. `change.action` is what its last step did, `begin` what its first did.
fn judge(change: &mut ElementChange, begin: Action, first: Version) {
    let existed = existed(change.old.as_ref(), begin, first);
    let exists = change.action != Action::Delete && change.new.as_ref().is_none_or(|new| new.visible);
    if existed == Some(false) && first > Version(1) {
        change.notes.push(Note::Restored);
    }
    change.action = match (existed, exists) {
        (Some(false), true) if change.notes.is_empty() => Action::Create,
        (_, true) => Action::Modify,
        (_, false) => Action::Delete,
    };
    if existed == Some(false) && !exists {
        change.notes.push(Note::CreatedAndDeleted);
    }
    if let Some(new) = change.new.as_mut().filter(|_| !exists) {
        new.visible = false;
    }
}

/// Whether an element existed before the changeset; `None` when the source does not have the version before.
fn existed(old: Option<&Element>, begin: Action, first: Version) -> Option<bool> {
    match old {
        Some(old) => Some(old.visible),
        None if begin == Action::Create || first == Version(1) => Some(false),
        None => None,
    }
}

/// Removes what some sources repeat of the version before on a deleted element, so that all sources say the same.
fn strip(deleted: &mut Element) {
    deleted.tags = osmtracker_osm::Tags::new();
    deleted.data = match deleted.kind() {
        ElementType::Node => ElementData::Node { position: None },
        ElementType::Way => ElementData::Way { nodes: Vec::new() },
        ElementType::Relation => ElementData::Relation { members: Vec::new() },
    };
}
