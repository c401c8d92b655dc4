use osmtracker_osm::ChangesetSequence;
use osmtracker_pipeline::{
    ports::{FeedCursor, SkippedFiles},
    steps::publish,
};
use serde_json::{Value, json};

use crate::world::{START, World, cursor, row};

#[tokio::test]
async fn replication_tells_where_it_began_how_far_it_is_and_how_far_behind() {
    let world = World::new();
    let before = world.get("/api/v1/replication").await.ok();
    assert_eq!((&before["last_sequence"], &before["gaps"]), (&Value::Null, &json!([])));
    world.follow(&cursor()).await;
    world.clock.advance(30);
    let document = world.get("/api/v1/replication").await.ok();
    let expected = json!({
        "schema": 1,
        "first_sequence": 6_641_000, "last_sequence": 6_641_018, "last_timestamp": "2026-11-22T08:58:30Z",
        "head_sequence": 6_641_020, "head_timestamp": "2026-11-22T08:59:50Z", "head_moved_at": "2026-11-22T08:59:55Z",
        "checked_at": "2026-11-22T09:00:00Z", "behind": 2, "lag_seconds": 120, "gaps": []
    });
    assert_eq!(document, expected);
}

#[tokio::test]
async fn a_file_that_is_missing_upstream_is_the_gap_at_which_the_tracker_waits() {
    let world = World::new();
    world.follow(&FeedCursor { waiting_for: Some("006/641/019.osm.gz is missing".to_owned()), ..cursor() }).await;
    let document = world.get("/api/v1/replication").await.ok();
    assert_eq!(
        document["gaps"],
        json!([{"first": 6_641_019, "last": 6_641_019, "reason": "006/641/019.osm.gz is missing"}])
    );
}

#[tokio::test]
async fn files_that_an_operator_left_out_are_gaps_as_well() {
    let world = World::new();
    let [first, last] = [6_641_005, 6_641_007].map(ChangesetSequence);
    world.follow(&FeedCursor { skipped: vec![SkippedFiles { first, last, at: START }], ..cursor() }).await;
    let document = world.get("/api/v1/replication").await.ok();
    let reason = "left out by an operator at 2026-11-22T09:00:00Z";
    assert_eq!(document["gaps"], json!([{"first": 6_641_005, "last": 6_641_007, "reason": reason}]));
}

const RULES: &str = r#"
[[labels]]
name = "large"
title = "Large"
when = "changeset.num_changes > 1000"
[builtin]
mass-deletion = { deleted = 50 }
[[views]]
name = "look-here"
title = "Worth a look"
any = ["large"]
"#;

#[tokio::test]
async fn labels_come_with_their_rules_and_views_with_their_places() {
    let world = World::with(RULES);
    let labels = world.get("/api/v1/labels").await.ok();
    assert_eq!(labels["labels"][0], json!({"name": "large", "title": "Large", "rule": "changeset.num_changes > 1000"}));
    assert!(labels["labels"][1]["rule"].as_str().unwrap().contains("50"), "{labels}");
    let views = world.get("/api/v1/views").await.ok();
    let found: Vec<_> = views["views"].as_array().unwrap().iter().map(|view| (&view["name"], &view["page"])).collect();
    assert_eq!(
        found,
        [(&json!("index"), &json!("index.html")), (&json!("look-here"), &json!("views/look-here/index.html"))]
    );
    assert_eq!(views["views"][1]["any"], json!(["large"]));
}

#[tokio::test]
async fn stats_are_the_totals_of_what_the_site_shows() {
    let world = World::new();
    assert_eq!(world.get("/api/v1/stats").await.ok()["changesets"], 0);
    let analysed = world.put_analysed(5).await;
    world.put(&row(6)).await;
    let items = [analysed.id(), row(6).id()].map(|id| osmtracker_pipeline::messages::PublishItem {
        id,
        action: osmtracker_pipeline::messages::PublishAction::Update,
    });
    publish(&world.ports, &items).await.unwrap();
    let stats = world.get("/api/v1/stats").await.ok();
    assert_eq!((&stats["changesets"], &stats["analysed"], &stats["users"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!(stats["summary"]["delete"]["node"], 1);
    assert_eq!(stats["tag_diff"]["delete"], json!([{"key": "amenity", "value": "bench", "count": 1}]));
    assert_eq!(stats["period"], json!({"from": "2026-11-22T09:05:00Z", "to": "2026-11-22T09:06:00Z"}));
    assert_eq!(stats["most_active"].as_array().unwrap().len(), 2);
    let page = world.get("/summary/").await;
    assert_eq!(page.status, 200, "the page with the same totals is beside it");
}

#[tokio::test]
async fn it_is_ready_once_something_is_published() {
    let world = World::new();
    assert_eq!(world.get("/healthz").await.text(), "ok\n");
    let early = world.get("/readyz").await;
    assert_eq!((early.status, early.header("retry-after")), (503, Some("60")));
    publish(&world.ports, &[]).await.unwrap();
    let ready = world.get("/readyz").await;
    assert_eq!((ready.status, ready.header("cache-control")), (200, Some("no-store")));
    let metrics = world.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(metrics.text().contains("osmtracker_changeset_cnt{state=\"DONE\"} 0"));
}
