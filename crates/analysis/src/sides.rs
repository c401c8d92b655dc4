//! What was there before and after, told apart from what the source does not have.

use osmtracker_osm::{Action, Element, ElementRef};

use crate::{ElementChange, Note};

/// One side of a change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side<'a> {
    /// The element did not exist, or not any more.
    Nothing,
    /// The version that existed.
    Known(&'a Element),
    /// It existed, and the source does not have it.
    Unknown,
}

impl<'a> Side<'a> {
    /// The version, where it existed and is known.
    pub(crate) fn known(self) -> Option<&'a Element> {
        match self {
            Self::Known(element) => Some(element),
            Self::Nothing | Self::Unknown => None,
        }
    }

    /// Whether it existed or not, and how, is known.
    pub(crate) fn is_certain(self) -> bool {
        !matches!(self, Self::Unknown)
    }
}

impl ElementChange {
    /// An entry about which nothing has been found out yet.
    pub(crate) fn bare(element: ElementRef, action: Action) -> Self {
        Self {
            kind: element.kind,
            id: element.id,
            action,
            label: None,
            steps: Vec::new(),
            tag_diff: Vec::new(),
            geometry: None,
            notes: Vec::new(),
            old: None,
            new: None,
        }
    }

    /// The side before the changeset.
    pub(crate) fn before(&self) -> Side<'_> {
        match &self.old {
            Some(old) if old.visible => Side::Known(old),
            Some(_) => Side::Nothing,
            None if self.action == Action::Create || self.came_from_nothing() => Side::Nothing,
            None => Side::Unknown,
        }
    }

    /// The side after the changeset.
    pub(crate) fn after(&self) -> Side<'_> {
        match &self.new {
            Some(new) if new.visible => Side::Known(new),
            None if self.action != Action::Delete => Side::Unknown,
            _ => Side::Nothing,
        }
    }

    /// Both sides, where both existed and are known.
    pub(crate) fn both(&self) -> Option<(&Element, &Element)> {
        self.before().known().zip(self.after().known())
    }

    /// Whether it counts in a summary: it was there before or is there after.
    pub(crate) fn counts(&self) -> bool {
        !self.notes.contains(&Note::CreatedAndDeleted)
    }

    fn came_from_nothing(&self) -> bool {
        self.notes.iter().any(|note| matches!(note, Note::Restored | Note::CreatedAndDeleted))
    }
}
