//! The recorded hour of a real server, end to end: every scenario in it has the outcome that `docs/scenarios.md` tells,
//! whichever source the changes come from.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::support::{finish, recorded, run};

/// What the documentation says of a changeset.
#[derive(Debug, PartialEq)]
struct Outcome {
    state: String,
    elements: u64,
    gaps: Vec<String>,
}

fn documented() -> BTreeMap<u64, Outcome> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, _, state, elements, gaps, _] = cells[..] else { return None };
        let gaps = gaps.split(", ").filter(|gap| !gap.is_empty()).map(str::to_owned).collect();
        let elements = elements.parse().ok()?;
        Some((id.parse().ok()?, Outcome { state: state.to_owned(), elements, gaps }))
    });
    rows.collect()
}

fn page_state(page: &str) -> &'static str {
    if page.contains("Still open:") { "open" } else { "unknown" }
}

fn outcome(data: &Path, id: u64) -> Outcome {
    let folder = data.join(format!("site/changesets/{id}"));
    let page = fs::read_to_string(folder.join("index.html")).unwrap_or_else(|error| panic!("page of {id}: {error}"));
    let Ok(text) = fs::read_to_string(folder.join("analysis.json")) else {
        return Outcome { state: page_state(&page).to_owned(), elements: 0, gaps: Vec::new() };
    };
    let analysis: Value = serde_json::from_str(&text).unwrap();
    let counts = ["create", "modify", "delete"].iter().flat_map(|action| {
        ["node", "way", "relation"].iter().map(|kind| analysis["summary"][*action][*kind].as_u64().unwrap())
    });
    let mut gaps: Vec<_> =
        analysis["gaps"].as_array().unwrap().iter().map(|gap| gap["kind"].as_str().unwrap().to_owned()).collect();
    gaps.sort();
    gaps.dedup();
    Outcome { state: analysis["state"].as_str().unwrap().to_owned(), elements: counts.sum(), gaps }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_scenario_has_its_documented_outcome() {
    let Some(replay) = recorded().await else { return };
    let folder = tempfile::tempdir().unwrap();
    finish(run(&replay, folder.path(), &[("OSMTRACKER_UPSTREAM_SOURCES", "osm-api")])).await;
    let documented = documented();
    assert_eq!(documented.len(), 51);
    for (id, expected) in &documented {
        assert_eq!(&outcome(folder.path(), *id), expected, "changeset {id}");
    }
    let pages = fs::read_dir(folder.path().join("site/changesets")).unwrap().count();
    assert_eq!(pages, 51, "one folder a changeset and no others");
    assert!(replay.counters().most_api_calls_at_once() <= 2, "the API's rule of two downloads at a time");
    replay.shutdown().await;
}

/// Gaps differ honestly: the API tells what was redacted, an augmented diff has just no old side there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn augmented_diffs_and_the_api_give_the_same_analysis() {
    let Some(replay) = recorded().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let [adiff, api] = ["adiff", "osm-api"].map(|source| folder.path().join(source));
    finish(run(&replay, &adiff, &[("OSMTRACKER_UPSTREAM_SOURCES", "adiff")])).await;
    finish(run(&replay, &api, &[("OSMTRACKER_UPSTREAM_SOURCES", "osm-api")])).await;
    let mut compared = 0;
    for entry in fs::read_dir(adiff.join("site/changesets")).unwrap() {
        let id = entry.unwrap().file_name();
        let read = |data: &Path| {
            let text = fs::read_to_string(data.join("site/changesets").join(&id).join("analysis.json")).ok()?;
            let mut analysis: Value = serde_json::from_str(&text).unwrap();
            for differs in ["source", "gaps"] {
                analysis.as_object_mut().unwrap().remove(differs).unwrap();
            }
            Some(analysis)
        };
        let (from_adiff, from_api) = (read(&adiff), read(&api));
        compared += usize::from(from_adiff.is_some());
        assert!(from_adiff == from_api, "changeset {id:?} differs");
    }
    assert_eq!(compared, 43);
    replay.shutdown().await;
}
