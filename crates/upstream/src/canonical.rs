use std::cmp::Reverse;

use osmtracker_osm::{AugmentedAction, AugmentedChange, ElementRef, Version};

/// Brings a change into the one order that all sources share: by type (nodes, ways, relations), id and version; gaps
/// by kind, element and version, each once.
pub(crate) fn canonical(mut change: AugmentedChange) -> AugmentedChange {
    change.actions.sort_by_key(place);
    change.gaps.sort();
    change.gaps.dedup();
    change
}

/// An action without any side would sort first; the readers make none.
fn place(action: &AugmentedAction) -> (Option<ElementRef>, Version, Reverse<bool>) {
    let version = action.new.as_ref().or(action.old.as_ref()).map_or(Version(0), |element| element.version);
    (action.element_ref(), version, Reverse(action.old.is_none()))
}
