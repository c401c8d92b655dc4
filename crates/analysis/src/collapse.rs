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
pub(crate) fn collapse(changeset: ChangesetId, actions: Vec<AugmentedAction>) -> Collapsed {
    let mut collapsed = Collapsed::default();
    let mut own = Vec::with_capacity(actions.len());
    for action in actions {
        if is_same_version(&action) {
            collapsed.same_version_ways.extend(same_version_way(action));
        } else if is_foreign(changeset, &action) {
            collapsed.holds_foreign = true;
        } else {
            own.extend(action.element_ref().map(|element| Step { element, version: version_made(&action), action }));
        }
    }
    collapsed.elements = collapse_steps(own);
    let elements = &collapsed.elements;
    collapsed.same_version_ways.sort_by_key(|way| way.id);
    collapsed.same_version_ways.dedup_by_key(|way| way.id);
    collapsed
        .same_version_ways
        .retain(|way| elements.binary_search_by_key(&way.element_ref(), ElementChange::element_ref).is_err());
    collapsed
}

/// One version that the changeset made.
struct Step {
    element: ElementRef,
    version: Version,
    action: AugmentedAction,
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

fn same_version_way(action: AugmentedAction) -> Option<ElementChange> {
    let id = action.new.as_ref().filter(|new| new.kind() == ElementType::Way)?.id;
    Some(ElementChange {
        old: action.old,
        new: action.new,
        ..ElementChange::bare(ElementRef { kind: ElementType::Way, id }, Action::Modify)
    })
}

/// The version that an action made; where a deletion has no new side, the one after the old side's.
fn version_made(action: &AugmentedAction) -> Version {
    match (&action.new, &action.old) {
        (Some(new), _) => new.version,
        (None, Some(old)) => Version(old.version.0.saturating_add(1)),
        (None, None) => Version(0),
    }
}

fn collapse_steps(mut steps: Vec<Step>) -> Vec<ElementChange> {
    steps.sort_by_cached_key(|step| (step.element, step.version));
    let mut elements = Vec::with_capacity(steps.len());
    let mut steps = steps.into_iter().peekable();
    while let Some(first) = steps.next() {
        let mut merged = Merged::new(first);
        while let Some(next) = steps.next_if(|next| next.element == merged.element) {
            merged.add(next);
        }
        elements.push(merged.into_change());
    }
    elements
}

/// The steps of one element, merged as far as they were read.
struct Merged {
    element: ElementRef,
    first: Action,
    old: Option<Element>,
    last: Action,
    new: Option<Element>,
    versions: (Version, Version),
    steps: Vec<Version>,
}

impl Merged {
    fn new(step: Step) -> Self {
        let AugmentedAction { action, old, new } = step.action;
        let versions = (step.version, step.version);
        Self { element: step.element, first: action, old, last: action, new, versions, steps: Vec::new() }
    }

    /// Adds a later step. A second entry of the same version, as careless sources have it, changes nothing.
    fn add(&mut self, step: Step) {
        if step.version == self.versions.1 {
            return;
        }
        if self.steps.is_empty() {
            self.steps.push(self.versions.0);
        }
        self.steps.push(step.version);
        self.versions.1 = step.version;
        self.last = step.action.action;
        self.new = step.action.new;
    }

    fn into_change(mut self) -> ElementChange {
        let mut notes = Vec::new();
        let existed = self.existed();
        if existed == Some(false) && self.versions.0 > Version(1) {
            notes.push(Note::Restored);
        }
        let exists = self.last != Action::Delete && self.new.as_ref().is_none_or(|new| new.visible);
        let action = match (existed, exists) {
            (Some(false), true) if notes.is_empty() => Action::Create,
            (_, true) => Action::Modify,
            (_, false) => Action::Delete,
        };
        if existed == Some(false) && !exists {
            notes.push(Note::CreatedAndDeleted);
        }
        if let Some(new) = self.new.as_mut().filter(|_| !exists) {
            new.visible = false;
        }
        [&mut self.old, &mut self.new].into_iter().flatten().filter(|side| !side.visible).for_each(strip);
        let Self { element, old, new, steps, .. } = self;
        ElementChange { old, new, steps, notes, ..ElementChange::bare(element, action) }
    }

    /// Whether the element existed before the changeset; `None` when the source does not have the version before.
    fn existed(&self) -> Option<bool> {
        match &self.old {
            Some(old) => Some(old.visible),
            None if self.first == Action::Create || self.versions.0 == Version(1) => Some(false),
            None => None,
        }
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
