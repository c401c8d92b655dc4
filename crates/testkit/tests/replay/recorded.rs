use std::path::Path;

use osmtracker_osm::{ChangesetId, xml};
use osmtracker_testkit::{Upstream, augmented::action_of, replay::ReplayOptions, require_data};

use crate::support::{api, feed, get, gunzip_file, inflate, replay};

fn ids(folder: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(folder.join("api/changeset")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".xml")?.parse().ok()).collect()
}

#[tokio::test]
async fn every_recorded_answer_is_served_byte_for_byte() {
    let folder = require_data!("recorded-upstream");
    let replay = replay(Upstream::open(&folder).unwrap(), ReplayOptions::default()).await;
    let ids = ids(&folder);
    assert_eq!(ids.len(), 51);
    for id in ids {
        let path = folder.join(format!("api/changeset/{id}"));
        let metadata = api(&replay, &format!("changeset/{id}?include_discussion=true")).await;
        assert_eq!(metadata.body, std::fs::read(path.with_extension("xml")).unwrap());
        let download = api(&replay, &format!("changeset/{id}/download")).await;
        assert_eq!(download.body, gunzip_file(path.with_extension("download.osc.gz")));
    }
    for file in ["changesets/state.yaml", "changesets/006/640/999.osm.gz", "changesets/006/641/000.state.txt"] {
        assert_eq!(feed(&replay, file).await.body, std::fs::read(folder.join("replication").join(file)).unwrap());
    }
    for file in ["minute/state.txt", "minute/006/790/997.state.txt", "minute/006/791/012.osc.gz"] {
        assert_eq!(feed(&replay, file).await.body, std::fs::read(folder.join("replication").join(file)).unwrap());
    }
}

/// What the history says that a changeset did is what the real server answered, in its order: so downloads that
/// nobody recorded are right, too.
#[test]
fn downloads_worked_out_from_the_history_equal_the_recorded_ones() {
    let folder = require_data!("recorded-upstream");
    let upstream = Upstream::open(&folder).unwrap();
    for id in ids(&folder) {
        let recorded = gunzip_file(folder.join(format!("api/changeset/{id}.download.osc.gz")));
        let recorded = xml::parse_osm_change(&recorded).unwrap().changes;
        let derived = upstream.history().changeset(ChangesetId(id)).map(|element| (action_of(element), element));
        let name = |action, element: &osmtracker_osm::Element| (action, element.element_ref(), element.version);
        let derived: Vec<_> = derived.map(|(action, element)| name(action, element)).collect();
        let recorded: Vec<_> = recorded.iter().map(|(action, element)| name(*action, element)).collect();
        assert_eq!(derived, recorded, "changeset {id}");
    }
}

#[tokio::test]
async fn boxes_and_counts_worked_out_from_the_history_equal_the_recorded_ones() {
    let folder = require_data!("recorded-upstream");
    let upstream = Upstream::open(&folder).unwrap();
    let mut compared = 0;
    for id in ids(&folder) {
        let document = std::fs::read(folder.join(format!("api/changeset/{id}.xml"))).unwrap();
        let Ok(changesets) = xml::parse_changesets(&document) else { continue };
        let recorded = &changesets[0];
        let versions = || upstream.history().changeset(ChangesetId(id));
        if versions().count() == recorded.num_changes as usize && versions().all(|version| version.members().is_empty())
        {
            assert_eq!(upstream.history().bounds(versions()), recorded.bounds, "changeset {id}");
            compared += 1;
        }
    }
    assert!(compared > 25, "{compared} compared");
}

#[tokio::test]
async fn a_redacted_version_is_403_and_left_out() {
    let folder = require_data!("recorded-upstream");
    let upstream = Upstream::open(&folder).unwrap();
    let redacted =
        upstream.changeset_ids().into_iter().flat_map(|id| upstream.history().changeset(id)).find(|version| {
            version.version.0 > 1 && upstream.history().previous(version).is_none() && version.version.0 < 10
        });
    let name = redacted.map(|version| (version.element_ref(), version.version.0 - 1)).expect("the scenario has one");
    let replay = replay(upstream, ReplayOptions::default()).await;
    let (element, version) = name;
    assert_eq!(api(&replay, &format!("{element}/{version}")).await.status, 403);
    assert_eq!(api(&replay, &format!("{element}/{}", version + 1)).await.status, 200);
    let query = format!("{0}s?{0}s={1}v{version}", element.kind, element.id);
    assert_eq!(api(&replay, &query).await.status, 404);
    assert!(!api(&replay, &format!("{element}/history")).await.names().contains(&format!("{}v{version}", element.id)));
}

#[tokio::test]
async fn changesets_are_listed_without_their_discussions() {
    let folder = require_data!("recorded-upstream");
    let replay = replay(Upstream::open(&folder).unwrap(), ReplayOptions::default()).await;
    let list = api(&replay, "changesets?changesets=175000003,20001298,175000009,1").await;
    assert!(!list.text().contains("discussion"));
    let list = xml::parse_changesets(&list.body).unwrap();
    assert_eq!(list.iter().map(|changeset| changeset.id.0).collect::<Vec<_>>(), [175_000_009, 175_000_003, 20_001_298]);
    let alone = api(&replay, "changeset/175000003").await;
    assert_eq!(xml::parse_changesets(&alone.body).unwrap()[0].comments_count, 2);
    assert!(!alone.text().contains("Please explain"));
}

#[tokio::test]
async fn closed_changesets_have_an_augmented_diff_and_open_ones_none() {
    let folder = require_data!("recorded-upstream");
    let replay = replay(Upstream::open(&folder).unwrap(), ReplayOptions::default()).await;
    for id in ids(&folder) {
        let document = std::fs::read_to_string(folder.join(format!("api/changeset/{id}.xml"))).unwrap();
        let adiff = get(&format!("{}/changesets/{id}.adiff", replay.adiff_url())).await;
        assert_eq!(adiff.status, if document.contains("open=\"true\"") { 404 } else { 200 }, "{id}");
        if adiff.status == 200 {
            let diff = xml::parse_augmented_diff(&adiff.body).unwrap();
            let download = gunzip_file(folder.join(format!("api/changeset/{id}.download.osc.gz")));
            assert!(diff.actions.len() >= xml::parse_osm_change(&download).unwrap().changes.len());
        }
    }
}

#[tokio::test]
async fn the_recorded_feed_parses_and_crosses_a_thousand() {
    let folder = require_data!("recorded-upstream");
    let replay = replay(Upstream::open(&folder).unwrap(), ReplayOptions::default()).await;
    assert_eq!((replay.first_sequence().0, replay.last_sequence().0), (6_640_998, 6_641_018));
    let mut seen = std::collections::BTreeSet::new();
    for round in replay.upstream().rounds() {
        let path = crate::support::changesets_path(round.sequence.0);
        let file = inflate(&feed(&replay, &format!("{path}.osm.gz")).await.body).unwrap();
        seen.extend(xml::parse_changesets(&file).unwrap().into_iter().map(|changeset| changeset.id.0));
    }
    assert_eq!(seen, ids(&folder).into_iter().collect());
}
