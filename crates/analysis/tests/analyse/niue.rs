//! Six real changesets of Niue, with counts that were worked out by another program.

use std::fs;

use osmtracker_analysis::{Analysis, GeometryChange, TypeCounts, analyse};
use osmtracker_osm::{Action, ChangesetId, ElementType, xml};
use serde_json::Value;

use crate::{
    history::History,
    support::{changeset, data, read},
};

#[test]
fn every_changeset_of_niue_has_the_counts_of_its_expectation() {
    let Some(folder) = data("e2e-niue") else { return };
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let expected: Value = serde_json::from_slice(&read(&path.join("expected.json"))).unwrap();
        let id = expected["changeset"].as_u64().unwrap();
        let uid = expected["uid"].as_str().unwrap().parse().unwrap();
        let history = History::of(xml::parse_elements(&read(&path.join("history.osm"))).unwrap());
        let change = xml::parse_osm_change(&read(&path.join("download.osc"))).unwrap();
        let change = history.augment(ChangesetId(id), change);
        let analysis = analyse(&changeset(id, Some((uid, expected["user"].as_str().unwrap()))), change);
        for (field, found) in counts(&analysis) {
            assert_eq!(expected[&field].as_u64(), Some(found as u64), "{field} of {id}");
        }
        assert!(analysis.gaps.is_empty(), "{:?}", analysis.gaps);
        seen += 1;
    }
    assert_eq!(seen, 6);
}

fn counts(analysis: &Analysis) -> Vec<(String, usize)> {
    let mut counts = Vec::new();
    for action in Action::ALL {
        let by_type: TypeCounts = analysis.summary.of(action);
        counts.extend(ElementType::ALL.map(|kind| (format!("{action}_{kind}"), by_type.of(kind) as usize)));
    }
    let modified = || analysis.elements.iter().filter(|element| element.action == Action::Modify);
    let tags = |is: fn(bool, bool) -> bool| {
        modified().flat_map(|element| &element.tag_diff).filter(|tag| is(tag.old.is_some(), tag.new.is_some())).count()
    };
    let changed_lists = modified().filter(|way| matches!(way.geometry, Some(GeometryChange::Nodes { .. })));
    counts.push(("elements".to_owned(), analysis.summary.total() as usize));
    counts.push(("tags_added".to_owned(), tags(|old, new| !old && new)));
    counts.push(("tags_removed".to_owned(), tags(|old, new| old && !new)));
    counts.push(("tags_changed".to_owned(), tags(|old, new| old && new)));
    counts.push(("nodes_moved".to_owned(), analysis.moved_nodes.len()));
    counts.push(("ways_nodelist_changed".to_owned(), changed_lists.count()));
    counts
}
