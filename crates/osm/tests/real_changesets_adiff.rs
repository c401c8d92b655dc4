//! Two formats of the same minutes, written by others from one source: both readers must give the same.

use std::{collections::HashMap, io::Read as _, path::PathBuf};

use osmtracker_osm::{
    AugmentedAction, ChangesetId, Element, ElementRef, Tags, Version, real_changesets::parse_real_changesets_minute,
    xml::parse_augmented_diff,
};

fn bytes(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("OSMTRACKER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into(), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    let stored = std::fs::read(&path).expect("a readable file");
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut inflated = Vec::new();
        flate2::read::MultiGzDecoder::new(stored.as_slice()).read_to_end(&mut inflated).expect("whole gzip");
        return Some(inflated);
    }
    Some(stored)
}

type Key = (Option<ChangesetId>, ElementRef, Option<Version>, Option<Version>);

fn key(changeset: Option<ChangesetId>, action: &AugmentedAction) -> Key {
    let version = |side: &Option<Element>| side.as_ref().map(|element| element.version);
    (changeset, action.element_ref().expect("one side"), version(&action.old), version(&action.new))
}

/// JSON objects do not keep the order of tags as XML does.
fn sorted(mut action: AugmentedAction) -> AugmentedAction {
    for element in [&mut action.old, &mut action.new].into_iter().flatten() {
        let mut tags: Vec<_> = element.tags.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        tags.sort();
        element.tags = tags.into_iter().collect::<Tags>();
    }
    action
}

#[test]
fn augmented_diffs_equal_the_parsed_json_beside_them() {
    for (minute, xml) in [("2360001", "2360001.adiff.gz"), ("2360002", "2360002.adiff"), ("2360005", "2360005.adiff")] {
        let Some(json) = bytes(&format!("real-changesets/{minute}.json.gz")) else { return };
        let Some(xml) = bytes(&format!("adiff/{xml}")) else { return };
        let diff = parse_augmented_diff(&xml).unwrap();
        let changesets = parse_real_changesets_minute(&json).unwrap();
        let mut from_xml: HashMap<Key, AugmentedAction> = HashMap::new();
        for action in diff.actions {
            let changeset = action.new.as_ref().and_then(|new| new.changeset);
            assert!(from_xml.insert(key(changeset, &action), sorted(action)).is_none());
        }
        let mut compared = 0;
        for (changeset, change) in changesets {
            for action in change.actions {
                let key = key(Some(changeset), &action);
                let expected = from_xml.remove(&key).unwrap_or_else(|| panic!("{minute}: {key:?} is not in the XML"));
                assert_eq!(sorted(action), expected, "{minute}: {key:?}");
                compared += 1;
            }
        }
        assert!(from_xml.is_empty(), "{minute}: not in the JSON: {:?}", from_xml.keys().collect::<Vec<_>>());
        assert!(compared > 600, "{minute}: {compared}");
    }
}
