use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use osmtracker_osm::{Comment, Timestamp};
use osmtracker_pipeline::{State, config::Config, ports::QueueName};

use crate::world::{START, World, changeset, node_at, opened};

const EVERYTHING: &str = "[pipeline]\nhorizon_hours = 0\n";
/// Denmark; the position 9.5 E 56.0 N is well inside, 30 E 0 N is not.
const DENMARK: &str = "area = \"DK\"\n[pipeline]\nhorizon_hours = 0\n";

fn comment(date: Timestamp, text: &str) -> Comment {
    Comment { id: Some(1), date, user: None, text: text.to_owned() }
}

#[tokio::test]
async fn a_closed_changeset_is_analysed_and_published() {
    let world = World::new(EVERYTHING);
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    let row = world.row(1).await.unwrap();
    assert_eq!((row.state, row.listed, row.source.as_deref()), (State::Done, true, Some("osm-api")));
    for key in ["index.html", "views/index/feed.atom", "summary/index.html", "changesets/1/index.html"] {
        assert!(world.file(key).unwrap().contains("amenity") || key.starts_with("summary"), "{key}");
    }
    let analysis: serde_json::Value = serde_json::from_str(&world.file("changesets/1/analysis.json").unwrap()).unwrap();
    assert_eq!(analysis["summary"]["create"]["node"], 1);
    for key in ["changesets/1/diff.geojson", "changesets/1/changes.adiff", "status.json", "views/index/recent.json"] {
        assert!(world.file(key).is_some(), "{key}");
    }
}

#[tokio::test]
async fn an_open_changeset_is_listed_and_waits_for_its_closing() {
    let world = World::new(EVERYTHING);
    let closed = changeset(1, 9.5, 56.0);
    world.upstream.publish(vec![opened(&closed)]);
    world.settle().await.unwrap();
    assert_eq!(world.row(1).await.unwrap().state, State::Open);
    assert!(world.file("changesets/1/index.html").is_some());
    assert_eq!(world.upstream.asked.load(Ordering::SeqCst), 0);
    world.upstream.publish(vec![closed]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    assert_eq!(world.row(1).await.unwrap().state, State::Done);
}

#[tokio::test]
async fn an_open_changeset_whose_closing_the_feed_missed_is_asked_for() {
    let world = World::new(EVERYTHING);
    let closed = changeset(1, 9.5, 56.0);
    world.upstream.publish(vec![opened(&closed)]);
    world.settle().await.unwrap();
    world.upstream.metadata.lock().unwrap().insert(closed.id, closed);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.clock.advance(Duration::from_secs(61 * 60));
    world.settle().await.unwrap();
    assert_eq!(world.row(1).await.unwrap().state, State::Done);
}

#[tokio::test]
async fn what_only_the_box_touches_is_not_listed() {
    let world = World::new(DENMARK);
    // A box from Denmark to the middle of Africa, and one node at its far end.
    let mut wide = changeset(1, 9.5, 56.0);
    wide.bounds = Some(wide.bounds.unwrap().union(changeset(2, 30.0, 0.0).bounds.unwrap()));
    world.upstream.publish(vec![wide, changeset(2, 30.0, 0.0), changeset(3, 9.5, 56.0)]);
    for (id, lon, lat) in [(1, 30.0, 0.0), (2, 30.0, 0.0), (3, 9.5, 56.0)] {
        world.upstream.change(id, node_at(id, lon, lat));
    }
    world.settle().await.unwrap();
    let row = world.row(1).await.unwrap();
    assert_eq!((row.state, row.listed), (State::Done, false), "a candidate that the analysis refuses");
    assert!(world.file("changesets/1/index.html").is_none());
    assert!(world.row(2).await.is_none(), "its box misses the area");
    assert!(world.row(3).await.unwrap().listed);
    assert!(world.file("index.html").unwrap().contains("changesets/3/"));
}

#[tokio::test]
async fn every_changeset_of_the_world_begins_without_a_box_and_gets_no_row() {
    let world = World::new(DENMARK);
    let mut fresh = opened(&changeset(1, 9.5, 56.0));
    fresh.bounds = None;
    fresh.num_changes = 0;
    let mut empty = changeset(2, 9.5, 56.0);
    empty.bounds = None;
    empty.num_changes = 0;
    world.upstream.publish(vec![fresh, empty]);
    world.settle().await.unwrap();
    assert!(world.row(1).await.is_none() && world.row(2).await.is_none());
}

#[tokio::test]
async fn a_comment_refreshes_the_pages_and_analyses_nothing() {
    let world = World::new(EVERYTHING);
    let mut commented = changeset(1, 9.5, 56.0);
    world.upstream.publish(vec![commented.clone()]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    commented.comments_count = 1;
    commented.discussion = vec![comment(START, "why this bench?")];
    world.upstream.publish(vec![commented]);
    world.settle().await.unwrap();
    assert_eq!(world.upstream.asked.load(Ordering::SeqCst), 1);
    for key in ["changesets/1/index.html", "discussions/index.html", "changesets/1/analysis.json"] {
        assert!(world.file(key).unwrap().contains("why this bench?"), "{key}");
    }
}

#[tokio::test]
async fn a_message_that_comes_late_does_not_bring_back_the_old() {
    let world = World::new(EVERYTHING);
    let closed = changeset(1, 9.5, 56.0);
    world.upstream.publish(vec![opened(&closed)]);
    world.upstream.publish(vec![closed]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    let before = (world.row(1).await.unwrap().version, world.site());
    let late = r#"{"schema":1,"sequence":1,"first_index":0,"changesets":[{"id":1,"created_at":"2026-11-22T09:01:00Z","open":true,"num_changes":0}]}"#;
    world.ports.queue.send(QueueName::Filter, vec![late.to_owned()]).await.unwrap();
    world.settle().await.unwrap();
    assert_eq!((world.row(1).await.unwrap().version, world.site()), before);
}

#[tokio::test]
async fn a_failed_analysis_is_tried_again_and_then_shown() {
    let world = World::new(EVERYTHING);
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.settle().await.unwrap();
    let row = world.row(1).await.unwrap();
    assert_eq!((row.state, row.attempts), (State::Quarantined, 1));
    assert!(world.file("changesets/1/index.html").is_some(), "the page says that it failed");
    world.settle().await.unwrap();
    assert_eq!(world.upstream.asked.load(Ordering::SeqCst), 1, "not before it is due");
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.clock.advance(Duration::from_secs(11 * 60));
    world.settle().await.unwrap();
    let row = world.row(1).await.unwrap();
    assert_eq!((row.state, row.attempts), (State::Done, 0));
    let states: Vec<_> = row.history.iter().map(|step| step.state).collect();
    use State::{Analysing2, BoundsChecked, Done, Quarantined, Reanalysing};
    assert_eq!(states, [BoundsChecked, Analysing2, Quarantined, Reanalysing, Analysing2, Done]);
}

#[tokio::test]
async fn retries_end_at_the_limit() {
    let world = World::new("[pipeline]\nhorizon_hours = 0\nmax_attempts = 3\n");
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    for _ in 0..6 {
        world.settle().await.unwrap();
        world.clock.advance(Duration::from_secs(11 * 60));
    }
    let row = world.row(1).await.unwrap();
    assert_eq!((row.state, row.attempts, row.due_at), (State::Quarantined, 3, None));
}

#[tokio::test]
async fn what_is_past_the_horizon_leaves_table_and_site() {
    let world = World::new("[pipeline]\nhorizon_hours = 24\n");
    world.upstream.publish(vec![changeset(1, 9.5, 56.0), changeset(2, 9.5, 56.0)]);
    for id in [1, 2] {
        world.upstream.change(id, node_at(id, 9.5, 56.0));
    }
    world.settle().await.unwrap();
    world.clock.advance(Duration::from_secs(23 * 3_600 + 90));
    world.settle().await.unwrap();
    assert!(world.row(1).await.is_none() && world.row(2).await.is_some());
    assert!(world.file("changesets/1/index.html").is_none() && world.file("changesets/2/index.html").is_some());
    let index = world.file("index.html").unwrap();
    assert!(!index.contains("changesets/1/") && index.contains("changesets/2/"));
}

#[tokio::test]
async fn more_rows_than_the_window_holds_stay_reachable_by_the_hour() {
    let world = World::new("[pipeline]\nhorizon_hours = 0\nwindow_rows = 100\n");
    let all: Vec<_> = (1..=400).map(|id| changeset(id, 9.5, 56.0)).collect();
    for one in &all {
        world.upstream.change(one.id.0, node_at(one.id.0, 9.5, 56.0));
    }
    for some in all.chunks(40) {
        world.upstream.publish(some.to_vec());
    }
    world.settle().await.unwrap();
    let shown = |world: &World| {
        let mut ids: Vec<_> = world
            .site()
            .iter()
            .filter(|(key, _)| key.starts_with("hours/"))
            .flat_map(|(_, document)| {
                let hour: serde_json::Value = serde_json::from_slice(document).unwrap();
                let items = hour["items"].as_array().unwrap();
                items.iter().map(|item| item["_osmtracker"]["changeset"]["id"].as_u64().unwrap()).collect::<Vec<_>>()
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    assert!(shown(&world).starts_with(&(1..=300).collect::<Vec<_>>()), "{:?}", shown(&world));
    // A late comment on a row that left the window changes its hour's document.
    let mut commented = all[0].clone();
    commented.comments_count = 1;
    commented.discussion = vec![comment(START, "an old one")];
    world.upstream.publish(vec![commented]);
    world.settle().await.unwrap();
    assert!(world.file("hours/2026-11-22T09.json").unwrap().contains("an old one"));
    assert!(shown(&world).starts_with(&(1..=300).collect::<Vec<_>>()));
}

#[tokio::test]
async fn a_comment_on_what_is_past_the_horizon_starts_nothing() {
    let world = World::new("[pipeline]\nhorizon_hours = 24\n");
    let mut old = changeset(1, 9.5, 56.0);
    old.created_at = START.plus_seconds(-3 * 86_400);
    old.closed_at = Some(old.created_at);
    old.comments_count = 1;
    old.discussion = vec![comment(START, "years later")];
    world.upstream.publish(vec![old]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    assert!(world.row(1).await.is_none());
    assert_eq!(world.upstream.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_was_given_up_leaves_with_the_horizon() {
    let world = World::new("[pipeline]\nhorizon_hours = 24\nmax_attempts = 1\n");
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.settle().await.unwrap();
    assert_eq!(world.row(1).await.unwrap().state, State::Quarantined);
    world.clock.advance(Duration::from_secs(25 * 3_600));
    world.settle().await.unwrap();
    assert!(world.row(1).await.is_none() && world.file("changesets/1/index.html").is_none());
}

#[tokio::test]
async fn an_analysis_that_cannot_be_read_is_made_again_and_harms_no_other() {
    let world = World::new(EVERYTHING);
    let mut commented = changeset(1, 9.5, 56.0);
    world.upstream.publish(vec![commented.clone()]);
    for id in [1, 2] {
        world.upstream.change(id, node_at(id, 9.5, 56.0));
    }
    world.settle().await.unwrap();
    let document = world.folder.path().join("site/changesets/1/analysis.json");
    std::fs::write(&document, "{\"broken").unwrap();
    commented.comments_count = 1;
    commented.discussion = vec![comment(START, "hm")];
    world.upstream.publish(vec![commented, changeset(2, 9.5, 56.0)]);
    world.settle().await.unwrap();
    assert_eq!(world.row(1).await.unwrap().state, State::Done);
    assert!(world.file("changesets/1/analysis.json").unwrap().contains("amenity"));
    assert!(world.file("changesets/2/index.html").is_some());
}

#[tokio::test]
async fn documents_that_are_not_configured_any_more_do_not_stay_public() {
    let world = World::new(EVERYTHING);
    let mut commented = changeset(1, 9.5, 56.0);
    world.upstream.publish(vec![commented.clone()]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    let mut narrow = world;
    let config = Config::parse("[pipeline]\nhorizon_hours = 0\n[site]\ndocuments = []\n").unwrap();
    narrow.ports.config = Arc::new(config);
    commented.comments_count = 1;
    commented.discussion = vec![comment(START, "hm")];
    narrow.upstream.publish(vec![commented]);
    narrow.settle().await.unwrap();
    for key in ["analysis.json", "diff.geojson", "changes.adiff"] {
        assert!(narrow.file(&format!("changesets/1/{key}")).is_none(), "{key}");
    }
    assert!(narrow.file("changesets/1/index.html").unwrap().contains("amenity"), "the page still has the elements");
}
