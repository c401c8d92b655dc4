use osmtracker_osm::xml;
use osmtracker_testkit::{Upstream, augmented::action_of, replay::ReplayOptions, require_data};

use crate::support::{api, feed, get, parse_feed, replay};

#[tokio::test]
async fn the_generated_world_is_served_from_its_archive() {
    let folder = require_data!("reference-world");
    let upstream = Upstream::open(&folder).unwrap();
    assert_eq!(upstream.changeset_ids().len(), 243);
    let replay = replay(upstream, ReplayOptions::default()).await;
    assert_eq!((replay.first_sequence().0, replay.last_sequence().0), (1, 2));
    let announced = feed(&replay, "changesets/000/000/002.osm.gz").await;
    assert_eq!(parse_feed(&announced.body).len(), 200);
    let beyond_the_head = feed(&replay, "changesets/000/000/100.osm.gz").await;
    assert_eq!(parse_feed(&beyond_the_head.body).len(), 1_000);
    let metadata = api(&replay, "changeset/70000038?include_discussion=true").await;
    assert!(metadata.text().contains("edge html_in_tags"));
}

/// The one changeset of that world that is never closed.
const STILL_OPEN: u64 = 70_000_043;

#[tokio::test]
async fn downloads_and_diffs_agree_with_the_history() {
    let folder = require_data!("reference-world");
    let replay = replay(Upstream::open(&folder).unwrap(), ReplayOptions::default()).await;
    let mut changes = 0;
    for id in replay.upstream().changeset_ids() {
        let download = api(&replay, &format!("changeset/{id}/download")).await;
        let mut recorded: Vec<_> = xml::parse_osm_change(&download.body)
            .unwrap()
            .changes
            .into_iter()
            .map(|(action, element)| (element.element_ref(), element.version, action))
            .collect();
        recorded.sort_unstable();
        let versions = replay.upstream().history().changeset(id);
        let mut derived: Vec<_> =
            versions.map(|version| (version.element_ref(), version.version, action_of(version))).collect();
        derived.sort_unstable();
        assert_eq!(derived, recorded, "changeset {id}");
        changes += recorded.len();
        if id.0 == STILL_OPEN {
            continue;
        }
        let adiff = get(&format!("{}/changesets/{id}.adiff", replay.adiff_url())).await;
        assert!(xml::parse_augmented_diff(&adiff.body).unwrap().actions.len() >= recorded.len());
    }
    assert_eq!(changes, 26_729);
}
