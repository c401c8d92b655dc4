//! A generated world whose answers are known, worked out by another program from the same files.

use std::{collections::BTreeMap, path::Path, process::Command};

use osmtracker_analysis::{Analysis, TagChange, analyse};
use osmtracker_osm::{Action, AugmentedChange, ChangesetId, ElementType, gzip, xml};
use serde_json::Value;

use crate::{
    history::History,
    support::{data, read},
};

/// The changesets in which an element has several versions: the expectation counts each of them, we collapse them.
const COLLAPSED: [u64; 2] = [70_000_032, 70_000_033];

/// A changeset that restores a deleted node: the expectation compares it with the last version that was visible, we
/// with the deleted one before it, which has no tags. The augmented diffs do not have the former.
const RESTORED: u64 = 70_000_034;

#[test]
fn every_changeset_of_the_reference_world_is_found_as_expected() {
    let Some(folder) = data("reference-world") else { return };
    let unpacked = unpack(&folder);
    let history = read_history(&folder.join("full-history.osm.gz"));
    let mut seen = 0;
    for id in 70_000_001..=70_000_243 {
        let expected: Value = serde_json::from_slice(&read(&unpacked.join(format!("expected/{id}.json")))).unwrap();
        let changesets = xml::parse_changesets(&read(&unpacked.join(format!("changesets/{id}.xml")))).unwrap();
        let osm_change = xml::parse_osm_change(&read(&unpacked.join(format!("changesets/{id}.osc")))).unwrap();
        let change = history.augment(ChangesetId(id), osm_change);
        let analysis = analyse(&changesets[0], change.clone());
        let fresh = analyse(&changesets[0], without_modified_ways(change));
        let differences = differences(&expected, &analysis, &fresh);
        if !differences.is_empty() {
            assert!(COLLAPSED.contains(&id) || id == RESTORED, "{id}: {}", differences.join("\n"));
            eprintln!("{id} differs as documented: {}", differences.join("\n"));
        }
        seen += 1;
    }
    assert_eq!(seen, 243);
}

fn unpack(folder: &Path) -> std::path::PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reference-world");
    std::fs::create_dir_all(&target).unwrap();
    for archive in ["changesets.tar.xz", "expected.tar.xz"] {
        let tar = Command::new("tar").arg("-xJf").arg(folder.join(archive)).arg("-C").arg(&target).status().unwrap();
        assert!(tar.success(), "tar -xJf {archive}");
    }
    target
}

fn read_history(path: &Path) -> History {
    let bytes = std::fs::read(path).unwrap();
    let mut elements = Vec::new();
    let inflated = std::io::BufReader::new(gzip::gunzip(&bytes[..], 1 << 30));
    xml::read_elements_within(inflated, xml::Limits::FILE, |element| elements.push(element)).unwrap();
    History::of(elements)
}

/// Lengths by type of ways created and deleted alone: the expectation does not know those that were retagged.
fn without_modified_ways(mut change: AugmentedChange) -> AugmentedChange {
    change.actions.retain(|action| {
        action.action != Action::Modify || action.element_ref().is_some_and(|element| element.kind == ElementType::Node)
    });
    change
}

fn differences(expected: &Value, analysis: &Analysis, fresh: &Analysis) -> Vec<String> {
    let roads = || fresh.mileage_m.by_type.get("highway").into_iter().flat_map(BTreeMap::values);
    let lengths = [
        ("_all_create", analysis.mileage_m.total.created),
        ("_all_delete", -analysis.mileage_m.total.deleted),
        ("_navigable_create", roads().map(|length| length.created).sum()),
        ("_navigable_delete", -roads().map(|length| length.deleted).sum::<f64>()),
    ];
    let mut differences = Vec::new();
    for (field, metres) in lengths {
        let expected = expected["mileage_m"][field].as_f64().unwrap();
        if (expected - metres).abs() > 0.005 * expected.abs() + 0.001 {
            differences.push(format!("{field}: expected {expected}, found {metres}"));
        }
    }
    let mut compare = |what: &str, expected: BTreeMap<String, u64>, found: BTreeMap<String, u64>| {
        if expected != found {
            differences.push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    };
    let users = analysis.affected_users.iter().map(|user| (user.uid.map_or(0, |uid| uid.0), user));
    let users = users.map(|(uid, user)| (uid.to_string(), u64::from(user.elements)));
    compare("other_users", user_counts(&expected["other_users"]), users.collect());
    let diff = &analysis.tag_diff;
    let tags = |tags: &[osmtracker_analysis::TagCount]| {
        tags.iter().map(|tag| (format!("{}={}", tag.key, tag.value), u64::from(tag.count))).collect()
    };
    let changed =
        diff.modify.iter().map(|tag| (format!("{0}={1} --> {0}={2}", tag.key, tag.old, tag.new), u64::from(tag.count)));
    compare("tags added", plain_counts(&expected["tagdiff"]["create"]), tags(&diff.create));
    compare("tags removed", plain_counts(&expected["tagdiff"]["delete"]), tags(&diff.delete));
    compare("tags changed", plain_counts(&expected["tagdiff"]["modify"]), changed.collect());
    compare("tags kept", plain_counts(&expected["tags"]), kept_tags(analysis));
    differences
}

/// Tags that stayed on modified elements, whether or not others of the same element changed.
fn kept_tags(analysis: &Analysis) -> BTreeMap<String, u64> {
    let mut kept = BTreeMap::new();
    for element in analysis.elements.iter().filter(|element| element.action == Action::Modify) {
        let is_kept = |key: &str| !element.tag_diff.iter().any(|TagChange { key: changed, .. }| changed == key);
        let tags = element.new.iter().flat_map(|new| new.tags.iter()).filter(|(key, _)| is_kept(key));
        tags.for_each(|(key, value)| *kept.entry(format!("{key}={value}")).or_default() += 1);
    }
    kept
}

fn user_counts(users: &Value) -> BTreeMap<String, u64> {
    let users = users.as_object().unwrap().iter();
    users.map(|(uid, user)| (uid.clone(), user["edits"].as_u64().unwrap())).collect()
}

fn plain_counts(counts: &Value) -> BTreeMap<String, u64> {
    counts.as_object().unwrap().iter().map(|(tag, count)| (tag.clone(), count.as_u64().unwrap())).collect()
}
