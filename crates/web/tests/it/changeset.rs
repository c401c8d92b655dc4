use osmtracker_pipeline::{ChangesetRow, State, Transition};

use crate::world::{START, World, row};

const WHOLE: &str = "/api/v1/changesets/4711?include=elements,diff";

#[tokio::test]
async fn a_changeset_has_its_row_and_what_was_found_and_more_when_asked() {
    let world = World::new();
    world.put_analysed(4_711).await;
    let short = world.get("/api/v1/changesets/4711").await.ok();
    assert_eq!(short["changeset"]["id"], 4_711);
    assert_eq!(short["state"], "analysed");
    assert_eq!(short["source"], "adiff");
    assert_eq!(short["summary"]["delete"]["node"], 1);
    assert_eq!(short["pipeline"]["state"], "DONE");
    assert!(short.get("elements").is_none() && short.get("diff").is_none() && short.get("moved_nodes").is_none());
    let whole = world.get(WHOLE).await.ok();
    assert_eq!(whole["elements"][0]["label"], "amenity=bench");
    assert_eq!(whole["moved_ways"], serde_json::json!([]));
    assert_eq!(whole["diff"]["type"], "FeatureCollection");
}

#[tokio::test]
async fn everything_included_it_is_the_document_of_the_site() {
    let world = World::new();
    world.put_analysed(4_711).await;
    let mut whole = world.get("/api/v1/changesets/4711?include=elements").await.ok();
    whole.as_object_mut().unwrap().remove("pipeline").unwrap();
    let site = world.get("/changesets/4711/analysis.json").await.ok();
    let sorted = |value: &serde_json::Value| {
        value.as_object().unwrap().clone().into_iter().collect::<std::collections::BTreeMap<_, _>>()
    };
    assert_eq!(sorted(&whole), sorted(&site));
}

#[tokio::test]
async fn the_same_is_had_as_geojson_and_as_an_augmented_diff() {
    let world = World::new();
    world.put_analysed(4_711).await;
    for (accept, content_type, words) in [
        ("application/geo+json", "application/geo+json", "\"FeatureCollection\""),
        ("application/xml", "application/xml", "<osm"),
        ("*/*", "application/json", "\"pipeline\""),
    ] {
        let answer = world.ask("GET", "/api/v1/changesets/4711", &[("accept", accept)]).await;
        assert_eq!(answer.status, 200, "{accept}");
        assert_eq!(answer.header("content-type"), Some(content_type));
        assert_eq!(answer.header("vary"), Some("accept, accept-encoding"));
        assert!(answer.text().contains(words), "{accept}: {}", answer.text());
    }
    let refused = world.ask("GET", "/api/v1/changesets/4711", &[("accept", "text/csv")]).await;
    assert_eq!(refused.status, 406);
    assert!(refused.json()["detail"].as_str().unwrap().contains("application/geo+json"));
}

#[tokio::test]
async fn before_its_analysis_a_changeset_is_what_the_feed_told() {
    let world = World::new();
    world.put(&ChangesetRow { state: State::BoundsChecked, ..row(5) }).await;
    let document = world.get("/api/v1/changesets/5?include=elements,diff").await.ok();
    assert_eq!(document["state"], "pending");
    assert!(document.get("summary").is_none() && document.get("diff").is_none());
    let diff = world.ask("GET", "/api/v1/changesets/5", &[("accept", "application/geo+json")]).await;
    assert_eq!(diff.status, 404);
    assert!(diff.json()["detail"].as_str().unwrap().contains("not analysed yet"));
}

#[tokio::test]
async fn an_analysis_that_is_kept_privately_is_found_as_well() {
    let world = World::with("[site]\ndocuments = []");
    let row = world.put_analysed(5).await;
    let document = world.ports.site.get("site/changesets/5/analysis.json").await.unwrap().unwrap();
    world.ports.site.delete(&["site/changesets/5/analysis.json".to_owned()]).await.unwrap();
    world.object("analysis/5.json", String::from_utf8(document.bytes.to_vec()).unwrap()).await;
    assert_eq!(row.version, 1);
    assert_eq!(world.get("/api/v1/changesets/5").await.ok()["summary"]["delete"]["node"], 1);
}

#[tokio::test]
async fn a_damaged_document_is_an_error_that_says_nothing_of_its_content() {
    let world = World::new();
    world.put_analysed(5).await;
    world.object("site/changesets/5/analysis.json", "{\"secret\": ".to_owned()).await;
    let answer = world.get("/api/v1/changesets/5").await;
    assert_eq!(answer.status, 500);
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn what_is_no_id_is_refused_and_an_absent_one_is_not_found() {
    let world = World::new();
    for id in ["0", "-1", "abc", "1.0", "9223372036854775808", "%ff", "%00", "+1"] {
        for path in [format!("/api/v1/changesets/{id}"), format!("/api/v1/changesets/{id}/history")] {
            let problem = world.refused(&path).await;
            assert_eq!(problem["parameter"], "id", "{path}");
        }
    }
    for id in ["1", "9223372036854775807"] {
        let answer = world.get(&format!("/api/v1/changesets/{id}")).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let problem = world.refused("/api/v1/changesets/1?include=everything").await;
    assert_eq!(problem["limits"], "1 to 20 of elements, diff, separated by commas");
}

#[tokio::test]
async fn the_tag_changes_with_the_row_and_with_what_is_asked_for() {
    let world = World::new();
    let row = world.put_analysed(5).await;
    let path = "/api/v1/changesets/5";
    let tag = world.get(path).await.header("etag").unwrap().to_owned();
    let again = world.ask("GET", path, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), Some(&*tag));
    assert_eq!(again.header("cache-control"), Some("public, max-age=15"));
    let geojson = world.ask("GET", path, &[("if-none-match", &tag), ("accept", "application/geo+json")]).await;
    assert_eq!(geojson.status, 200);
    let more = world.ask("GET", "/api/v1/changesets/5?include=diff", &[("if-none-match", &tag)]).await;
    assert_eq!(more.status, 200);
    world.put(&ChangesetRow { version: 2, ..row }).await;
    assert_eq!(world.ask("GET", path, &[("if-none-match", &tag)]).await.status, 200);
}

#[tokio::test]
async fn the_tag_of_a_changeset_that_was_dropped_and_comes_back_is_another_one() {
    let world = World::new();
    let path = "/api/v1/changesets/5";
    world.put(&row(5)).await;
    let tag = world.get(path).await.header("etag").unwrap().to_owned();
    world.ports.store.delete_changeset(row(5).id(), 1).await.unwrap();
    let mut returned = row(5);
    returned.first_written_at = returned.first_written_at.plus_seconds(86_400);
    returned.changeset.num_changes += 1;
    world.put(&returned).await;
    assert_eq!(world.ask("GET", path, &[("if-none-match", &tag)]).await.status, 200);
}

#[tokio::test]
async fn the_history_has_states_times_and_reasons() {
    let world = World::new();
    let reason = Some("waits for its augmented diff".to_owned());
    let history = vec![
        Transition { state: State::BoundsChecked, at: START, reason: None },
        Transition { state: State::Closed, at: START.plus_seconds(5), reason },
    ];
    world.put(&ChangesetRow { history, ..row(5) }).await;
    let document = world.get("/api/v1/changesets/5/history").await.ok();
    let expected = serde_json::json!({"schema": 1, "id": 5, "history": [
        {"state": "BOUNDS_CHECKED", "at": "2026-11-22T09:00:00Z"},
        {"state": "CLOSED", "at": "2026-11-22T09:00:05Z", "reason": "waits for its augmented diff"},
    ]});
    assert_eq!(document, expected);
}
