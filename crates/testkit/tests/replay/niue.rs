use std::{collections::BTreeMap, time::Instant};

use osmtracker_osm::{Action, ElementType};
use osmtracker_testkit::{Upstream, replay::ReplayOptions, require_data};
use serde_json::Value;

use crate::support::{changesets_path, feed, get, parse_feed, replay};

#[test]
fn the_embedded_history_is_whole_and_quick_to_open() {
    let start = Instant::now();
    let upstream = Upstream::niue();
    let took = start.elapsed();
    // About a second when nothing else runs; the demo waits for it.
    assert!(took.as_secs() < 20, "{took:?}");
    assert_eq!(upstream.changeset_ids().len(), 457);
    assert_eq!(upstream.history().len(), 66_553);
    assert_eq!(upstream.rounds().len(), 125);
    let deleted = upstream.changeset_ids().into_iter().flat_map(|id| upstream.history().changeset(id));
    let deleted: Vec<_> = deleted.filter(|version| !version.visible).collect();
    assert!(deleted.len() > 1_000, "{} deletions", deleted.len());
    assert!(deleted.iter().all(|version| version.position().is_none() && version.nodes().is_empty()));
}

#[test]
fn the_embedded_history_is_the_captured_file() {
    let path = require_data!("history/history-niue-230109.osm.pbf");
    let captured = Upstream::open(path).unwrap();
    let embedded = Upstream::niue();
    assert_eq!(captured.rounds(), embedded.rounds());
    for id in embedded.changeset_ids() {
        assert!(captured.history().changeset(id).eq(embedded.history().changeset(id)));
    }
}

#[tokio::test]
async fn every_changeset_closes_in_the_feed_with_the_times_of_its_edits() {
    let replay = replay(Upstream::niue(), ReplayOptions::default()).await;
    let mut last = BTreeMap::new();
    let mut seen_open = 0;
    for sequence in replay.first_sequence().0..=replay.last_sequence().0 {
        for changeset in parse_feed(&feed(&replay, &format!("{}.osm.gz", changesets_path(sequence))).await.body) {
            seen_open += u32::from(changeset.open);
            last.insert(changeset.id, changeset);
        }
    }
    assert_eq!(last.len(), 457);
    assert_eq!(last.values().map(|changeset| changeset.num_changes).sum::<u32>(), 66_553);
    assert!(last.values().all(|changeset| !changeset.open));
    assert!(seen_open > 50, "{seen_open} seen open first");
    let years = last.values().map(|changeset| changeset.created_at.to_string()[..4].to_owned());
    assert_eq!((years.clone().min().unwrap().as_str(), years.max().unwrap().as_str()), ("2007", "2023"));
}

#[tokio::test]
async fn augmented_diffs_agree_with_independent_counts() {
    let folder = require_data!("e2e-niue");
    let replay = replay(Upstream::niue(), ReplayOptions::default()).await;
    let mut changesets = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        let expected: Value = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
        let url = format!("{}/changesets/{}.adiff", replay.adiff_url(), expected["changeset"]);
        let diff = osmtracker_osm::xml::parse_augmented_diff(&get(&url).await.body).unwrap();
        compare(&diff, &expected);
        changesets += 1;
    }
    assert_eq!(changesets, 6);
}

fn compare(diff: &osmtracker_osm::AugmentedChange, expected: &Value) {
    let id = &expected["changeset"];
    let number = |key: &str| usize::try_from(expected[key].as_u64().unwrap()).unwrap();
    let own = || {
        diff.actions
            .iter()
            .filter(|action| action.old.as_ref().map(|old| old.version) != action.new.as_ref().map(|new| new.version))
    };
    assert_eq!(own().count(), number("elements"), "{id}");
    for action in Action::ALL {
        for kind in ElementType::ALL {
            let count = own().filter(|a| a.action == action && a.element_ref().unwrap().kind == kind).count();
            assert_eq!(count, number(&format!("{action}_{kind}")), "{id}: {action} {kind}");
        }
    }
    let modified = || own().filter(|a| a.action == Action::Modify).map(|a| (a.old.as_ref(), a.new.as_ref().unwrap()));
    let moved = modified().filter(|(old, new)| old.is_some_and(|old| old.position() != new.position())).count();
    assert_eq!(moved, number("nodes_moved"), "{id}");
    let ids = |element: &osmtracker_osm::Element| element.nodes().iter().map(|node| node.id).collect::<Vec<_>>();
    let reshaped = modified().filter(|(old, new)| old.is_some_and(|old| ids(old) != ids(new))).count();
    assert_eq!(reshaped, number("ways_nodelist_changed"), "{id}");
    let (mut added, mut removed, mut changed) = (0, 0, 0);
    for (old, new) in modified() {
        let old = old.map(|old| old.tags.clone()).unwrap_or_default();
        added += new.tags.iter().filter(|(key, _)| old.get(key).is_none()).count();
        removed += old.iter().filter(|(key, _)| new.tags.get(key).is_none()).count();
        changed += new.tags.iter().filter(|(key, value)| old.get(key).is_some_and(|old| old != *value)).count();
    }
    let counts = [number("tags_added"), number("tags_removed"), number("tags_changed")];
    assert_eq!([added, removed, changed], counts, "{id}: tags of modified elements");
}
