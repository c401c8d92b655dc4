use osmtracker_analysis::{Analysis, ElementChange};
use osmtracker_osm::AugmentedAction;

/// `changesets/ID/changes.adiff`: the changeset as an augmented diff that other tools read.
///
/// One action an element, from its first old to its last new version; ways that only moved with their nodes come
/// after the elements that the changeset itself changed.
#[must_use]
pub fn augmented_diff(analysis: &Analysis) -> String {
    let actions: Vec<_> = analysis.elements.iter().chain(&analysis.moved_ways).map(action).collect();
    let mut xml = Vec::new();
    osmtracker_osm::xml::write_augmented_diff(&mut xml, &actions).expect("writing to memory does not fail");
    String::from_utf8(xml).expect("the writer writes UTF-8")
}

fn action(change: &ElementChange) -> AugmentedAction {
    AugmentedAction { action: change.action, old: change.old.clone(), new: change.new.clone() }
}
