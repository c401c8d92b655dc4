//! Real augmented diffs: what belongs to which changeset, and what the document looks like.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use osmtracker_analysis::{Analysis, Digest, PhraseKind, analyse, one_line, text_summary};
use osmtracker_osm::{Action, AugmentedAction, AugmentedChange, ChangesetId, ElementType, xml};
use serde_json::Value;

use crate::{
    history::History,
    support::{changeset, data, read},
};

#[test]
fn a_minute_falls_into_its_changesets_without_rest() {
    for name in ["2360001.adiff.gz", "2360002.adiff", "2360005.adiff", "annotated_diff.xml"] {
        let Some(path) = data("adiff").map(|folder| folder.join(name)) else { return };
        let minute = xml::parse_augmented_diff(&read(&path)).unwrap();
        let is_context = |action: &&AugmentedAction| {
            action.old.as_ref().zip(action.new.as_ref()).is_some_and(|(old, new)| old.version == new.version)
        };
        let context_ways = minute.actions.iter().filter(is_context).filter(|action| kind(action) == ElementType::Way);
        let own = minute.actions.iter().filter(|action| !is_context(action));
        let ids: BTreeSet<_> = own.clone().filter_map(|action| action.new.as_ref()?.changeset).collect();
        let analyses: Vec<_> = ids.iter().map(|id| analyse(&changeset(id.0, None), minute.clone())).collect();
        let total: u32 = analyses.iter().map(|analysis| analysis.summary.total()).sum();
        let moved_ways: usize = analyses.iter().map(|analysis| analysis.moved_ways.len()).sum();
        assert_eq!(total as usize, own.count(), "{name}");
        assert_eq!(moved_ways, context_ways.count(), "{name}");
        for analysis in &analyses {
            assert!(analysis.gaps.is_empty(), "{name}: {:?}", analysis.gaps);
            assert_eq!(&through_json(analysis), analysis, "{name}");
        }
    }
}

fn kind(action: &AugmentedAction) -> ElementType {
    action.element_ref().unwrap().kind
}

#[test]
fn changed_tags_of_modified_elements_are_those_that_another_program_found() {
    let Some(folder) = data("adiff") else { return };
    let mut seen = 0;
    for (id, change, expected) in changesets_with_expectation(&folder) {
        let analysis = analyse(&changeset(id.0, None), change);
        let modified = analysis.elements.iter().filter(|element| element.action == Action::Modify);
        for tag in modified.flat_map(|element| &element.tag_diff) {
            for value in [&tag.old, &tag.new].into_iter().flatten() {
                assert!(expected[&tag.key].contains(value), "{}={value} of {id}", tag.key);
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "{seen} values");
}

fn changesets_with_expectation(
    folder: &std::path::Path,
) -> Vec<(ChangesetId, AugmentedChange, BTreeMap<String, BTreeSet<String>>)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let expectations = files.filter(|path| path.to_string_lossy().ends_with(".expected.json"));
    let load = |path: PathBuf| {
        let adiff = PathBuf::from(path.to_string_lossy().replace(".expected.json", ".adiff"));
        let id = adiff.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let change = xml::parse_augmented_diff(&read(&adiff)).unwrap();
        (id, change, serde_json::from_slice(&read(&path)).unwrap())
    };
    expectations.map(load).collect()
}

#[test]
fn authors_that_the_source_leaves_out_are_not_taken_for_anonymous() {
    let Some(folder) = data("adiff") else { return };
    for (id, change, _) in changesets_with_expectation(&folder) {
        let analysis = analyse(&changeset(id.0, Some((8_794_039, "jake-low"))), change);
        assert!(analysis.affected_users.iter().all(|user| user.uid.is_some() && user.user.is_some()), "{id}");
    }
}

#[test]
fn ten_thousand_recorded_elements_survive_json() {
    let Some(folder) = data("recorded-upstream") else { return };
    let history = History::of(xml::parse_elements(&read(&folder.join("history.osm.gz"))).unwrap());
    let mut largest = 0;
    for entry in fs::read_dir(folder.join("api/changeset")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(id) = name.strip_suffix(".download.osc.gz") else { continue };
        let metadata = path.with_file_name(format!("{id}.xml"));
        let user = xml::parse_changesets(&read(&metadata)).ok().and_then(|changesets| changesets[0].user.clone());
        let mut changeset = changeset(id.parse().unwrap(), None);
        changeset.user = user;
        let change = history.augment(changeset.id, xml::parse_osm_change(&read(&path)).unwrap());
        let analysis = analyse(&changeset, change);
        assert_eq!(through_json(&analysis), analysis, "{id}");
        let digest = Digest::of(&analysis);
        assert_eq!(digest.summary, analysis.summary);
        assert!(serde_json::to_string(&digest).unwrap().len() < 32_000, "{id}");
        let phrases = text_summary(&changeset, &digest);
        assert_eq!(phrases[0].kind, PhraseKind::Title);
        assert!(phrases.iter().all(|phrase| !phrase.text.chars().any(char::is_control)), "{}", one_line(&phrases));
        largest = largest.max(analysis.elements.len());
    }
    assert!(largest >= 10_000, "{largest} elements");
}

fn through_json(analysis: &Analysis) -> Analysis {
    serde_json::from_str(&serde_json::to_string(analysis).unwrap()).unwrap()
}

#[test]
fn the_document_has_the_public_shape() {
    let shape: Value = serde_json::to_value(Analysis::default()).unwrap();
    let fields: Vec<_> = shape.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "summary",
        "tag_diff",
        "unchanged_tags",
        "elements",
        "moved_ways",
        "moved_nodes",
        "affected_users",
        "mileage_m",
        "extent",
        "labels",
        "gaps",
    ];
    assert_eq!(fields, expected);
    assert_eq!(shape["mileage_m"], serde_json::json!({"created": 0.0, "deleted": 0.0, "changed": 0.0, "by_type": {}}));
}
