//! What scripts written for the predecessor of 2020 find. Shapes are those of its own tests (`apiserver/test`).

use osmtracker_pipeline::{ChangesetRow, State};
use serde_json::json;

use crate::world::{World, cursor, labelled, row};

#[tokio::test]
async fn the_list_has_the_predecessor_s_fields_newest_first() {
    let world = World::new();
    world.put(&labelled(10, &["no-comment"])).await;
    world.put(&ChangesetRow { state: State::Analysing2, listed: false, ..row(20) }).await;
    let document = world.get("/api/v0.1/changesets").await.ok();
    assert_eq!(document["timestamp"], "2026-11-22T09:00:00+00:00");
    let expected = json!({
        "cid": 10, "state": "DONE", "labels": ["no-comment"],
        "queued": "2026-11-22T09:09:00+00:00", "updated": "2026-11-22T09:10:00+00:00",
        "refreshed": "2026-11-22T09:10:00+00:00", "state_changed": "2026-11-22T09:10:00+00:00",
        "source": {"type": "changesets", "sequenceno": 6_641_018, "observed": "2026-11-22T09:09:00+00:00"}
    });
    assert_eq!(document["changesets"][1], expected);
    assert_eq!(document["changesets"][0]["state"], "ANALYZING2", "as the predecessor spelt it");
}

#[tokio::test]
async fn limit_and_state_are_as_they_were() {
    let world = World::filled(3).await;
    world.put(&ChangesetRow { state: State::Reanalysing, ..row(4) }).await;
    for (query, count) in [
        ("", 4),
        ("?limit=0", 4),
        ("?limit=2", 2),
        ("?limit=100000", 4),
        ("?state=DONE", 3),
        ("?state=REANALYZING", 1),
        ("?state=REANALYSING", 1),
        ("?unheard=of", 4),
    ] {
        let document = world.get(&format!("/api/v0.1/changesets{query}")).await.ok();
        assert_eq!(document["changesets"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(world.refused("/api/v0.1/changesets?limit=x").await["parameter"], "limit");
}

#[tokio::test]
async fn one_changeset_has_its_metadata_and_an_absent_one_is_404() {
    let world = World::filled(1).await;
    let document = world.get("/api/v0.1/changeset/1").await.ok();
    assert_eq!((&document["cid"], &document["meta"]["tags"]["comment"]), (&json!(1), &json!("Roads and paths")));
    assert_eq!(world.get("/api/v0.1/changeset/10000").await.status, 404);
    assert_eq!(world.get("/api/0.1/nonexistent").await.status, 404);
}

#[tokio::test]
async fn replication_is_the_pointer_that_the_predecessor_described() {
    let world = World::new();
    assert_eq!(world.get("/api/v0.1/replication").await.status, 404);
    world.follow(&cursor()).await;
    let expected = json!({"difftype": "changesets", "seqno": 6_641_018, "timestamp": "2026-11-22T08:58:30+00:00"});
    assert_eq!(world.get("/api/v0.1/replication").await.ok(), expected);
}
