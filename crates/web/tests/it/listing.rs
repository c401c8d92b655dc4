use osmtracker_pipeline::{ChangesetRow, State};

use crate::world::{START, World, analysis, discussed, labelled, row, square};

#[tokio::test]
async fn the_list_has_what_was_updated_last_first() {
    let world = World::filled(3).await;
    let list = world.get("/api/v1/changesets").await;
    assert_eq!(list.ids(), [3, 2, 1]);
    let document = list.ok();
    assert_eq!(document["cursor"], serde_json::Value::Null);
    assert_eq!(document["schema"], 1);
    let first = &document["changesets"][0];
    assert_eq!(first["state"], "analysed", "as recent.json says it");
    assert_eq!(first["pipeline"]["state"], "DONE");
    assert_eq!(first["pipeline"]["updated_at"], "2026-11-22T09:03:00Z");
    assert_eq!(first["pipeline"]["version"], 1);
}

#[tokio::test]
async fn pages_together_are_the_list_each_row_once() {
    let world = World::filled(23).await;
    let (mut seen, mut pages, mut path) = (Vec::new(), 0, "/api/v1/changesets?limit=5".to_owned());
    loop {
        let page = world.get(&path).await;
        seen.extend(page.ids());
        pages += 1;
        let Some(cursor) = page.json()["cursor"].as_str().map(str::to_owned) else { break };
        path = format!("/api/v1/changesets?limit=5&cursor={cursor}");
    }
    assert_eq!(seen, (1..=23).rev().collect::<Vec<_>>());
    assert_eq!(pages, 5);
}

#[tokio::test]
async fn rows_of_one_second_are_parted_by_their_ids() {
    let world = World::new();
    for id in 1..=4 {
        world.put(&ChangesetRow { updated_at: START, ..row(id) }).await;
    }
    let first = world.get("/api/v1/changesets?limit=2").await;
    assert_eq!(first.ids(), [4, 3]);
    let cursor = first.json()["cursor"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("/api/v1/changesets?limit=2&cursor={cursor}")).await.ids(), [2, 1]);
}

#[tokio::test]
async fn a_row_updated_while_somebody_pages_moves_to_the_front_and_no_other_is_lost() {
    let world = World::filled(6).await;
    let first = world.get("/api/v1/changesets?limit=3").await;
    assert_eq!(first.ids(), [6, 5, 4]);
    let cursor = first.json()["cursor"].as_str().unwrap().to_owned();
    world.put(&ChangesetRow { version: 2, updated_at: START.plus_seconds(3_600), ..row(2) }).await;
    assert_eq!(world.get(&format!("/api/v1/changesets?cursor={cursor}")).await.ids(), [3, 1]);
    assert_eq!(world.get("/api/v1/changesets?limit=1").await.ids(), [2]);
}

#[tokio::test]
async fn what_the_site_does_not_show_is_in_no_list() {
    let world = World::filled(2).await;
    world.put(&ChangesetRow { listed: false, ..row(3) }).await;
    assert_eq!(world.get("/api/v1/changesets").await.ids(), [2, 1]);
    assert_eq!(world.get("/api/v1/changesets/3").await.ok()["pipeline"]["listed"], false);
}

/// Query, and the ids that pass.
const FILTERS: &[(&str, &[u64])] = &[
    ("state=OPEN", &[4]),
    ("state=OPEN,QUARANTINED", &[5, 4]),
    ("label=no-comment", &[3, 2]),
    ("label=mass-deletion,no-comment", &[3, 2]),
    ("not_label=no-comment", &[7, 6, 5, 4, 1]),
    ("label=no-comment&not_label=mass-deletion", &[2]),
    ("label=unheard-of", &[]),
    ("user=mapper+5", &[5]),
    ("user=MAPPER%205", &[5]),
    ("user=Mapper", &[]),
    ("uid=6", &[5]),
    ("editor=josm", &[7, 5, 4, 3, 2, 1]),
    ("editor=JOSM%2F1", &[7, 5, 4, 3, 2, 1]),
    ("editor=id", &[6]),
    ("editor=osm", &[]),
    ("bbox=10,10,10.5,10.5", &[7]),
    ("bbox=-5,-5,0,0", &[6, 5, 4, 3, 2]),
    ("bbox=20,20,21,21", &[1]),
    ("min_changes=5", &[7, 6, 5]),
    ("has_comments=true", &[6]),
    ("has_comments=false&min_changes=6", &[7]),
    ("q=WAS+das", &[6]),
    ("q=roads", &[7, 6, 5, 4, 3, 2, 1]),
    ("q=mapper%203", &[3]),
    ("q=.*", &[]),
    ("since=2026-11-22T09:06:00Z", &[7, 6]),
    ("until=2026-11-22T09:03:00Z", &[2, 1]),
    ("since=2026-11-22T10:03:00%2B01:00&until=2026-11-22T09:05:00Z", &[4, 3]),
    ("since=2030-01-01T00:00:00Z&until=2020-01-01T00:00:00Z", &[]),
    ("until=0001-01-01T00:00:00Z", &[]),
];

#[tokio::test]
async fn each_filter_passes_what_it_says() {
    let world = World::new();
    let mut moved = row(1);
    moved.digest = Some(osmtracker_analysis::Digest::of(&analysis()));
    moved.digest.as_mut().unwrap().extent.new = Some(square(20.0, 20.0));
    let mut far = row(7);
    far.changeset.bounds = Some(square(10.0, 10.0));
    let mut with_id = discussed(6, "Was ist das? was DAS");
    with_id.changeset.tags = [("created_by", "iD 2.30"), ("comment", "roads")].into_iter().collect();
    let rows = [
        moved,
        labelled(2, &["no-comment"]),
        labelled(3, &["mass-deletion", "no-comment"]),
        ChangesetRow { state: State::Open, ..row(4) },
        ChangesetRow { state: State::Quarantined, ..row(5) },
        with_id,
        far,
    ];
    for row in rows {
        world.put(&row).await;
    }
    for (query, expected) in FILTERS {
        let list = world.get(&format!("/api/v1/changesets?{query}")).await;
        assert_eq!(list.ids(), *expected, "{query}");
        assert_eq!(list.json()["cursor"], serde_json::Value::Null, "{query}");
    }
}

#[tokio::test]
async fn one_request_reads_two_thousand_rows_at_most_and_says_where_to_go_on() {
    let world = World::filled(2_005).await;
    let first = world.get("/api/v1/changesets?uid=99").await;
    assert_eq!(first.ids(), Vec::<u64>::new());
    let cursor = first.json()["cursor"].as_str().unwrap().to_owned();
    let rest = world.get(&format!("/api/v1/changesets?cursor={cursor}")).await;
    assert_eq!(rest.ids(), [5, 4, 3, 2, 1]);
    let last = world.get(&format!("/api/v1/changesets?uid=99&cursor={cursor}")).await;
    assert_eq!(last.json()["cursor"], serde_json::Value::Null);
}

/// Queries that are refused, the parameter, and what its limits say.
const WRONG: &[(&str, &str, &str)] = &[
    ("limit=0", "limit", "from 1 to 500"),
    ("limit=501", "limit", "from 1 to 500"),
    ("limit=", "limit", "a whole number"),
    ("limit=%2B5", "limit", "a whole number"),
    ("limit=5.0", "limit", "a whole number"),
    ("limit=99999999999999999999999", "limit", "from 1 to 500"),
    ("limit=5&limit=6", "limit", "given once"),
    ("state=CLOSED,done", "state", "BOUNDS_CHECKED"),
    ("state=", "state", "1 to 20 of"),
    ("label=a%20b", "label", "1 to 20 names"),
    ("not_label=a,,b", "not_label", "1 to 20 names"),
    ("user=", "user", "1 to 255 characters"),
    ("user=%ff", "user", "1 to 255 characters"),
    ("uid=-1", "uid", "a whole number from 1"),
    ("bbox=1,2,3", "bbox", "west,south,east,north"),
    ("bbox=181,2,3,4", "bbox", "west,south,east,north"),
    ("since=yesterday", "since", "a date and time such as 2026-11-22T09:38:43Z"),
    ("until=2026-11-22", "until", "a date and time"),
    ("min_changes=4294967296", "min_changes", "from 0 to 4294967295"),
    ("has_comments=yes", "has_comments", "true or false"),
    ("has_comments", "has_comments", "true or false"),
    ("cursor=1", "cursor", "as it was given"),
    ("cursor=06b0291d0ffffffffffffffff", "cursor", "as it was given"),
];

#[tokio::test]
async fn a_wrong_parameter_is_named_with_its_limits_and_never_repeated() {
    let world = World::new();
    for (query, parameter, limits) in WRONG {
        let problem = world.refused(&format!("/api/v1/changesets?{query}")).await;
        assert_eq!(problem["parameter"], *parameter, "{query}");
        assert!(problem["limits"].as_str().unwrap().contains(limits), "{query}: {problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with(&format!("{parameter} must be ")), "{query}");
        assert_eq!(problem["status"], 400);
    }
    let long = "x".repeat(201);
    let problem = world.refused(&format!("/api/v1/changesets?q={long}")).await;
    assert_eq!(problem["limits"], "1 to 200 characters");
    assert!(!problem.to_string().contains(&long));
    assert_eq!(world.get(&format!("/api/v1/changesets?q={}", "ø".repeat(200))).await.status, 200);
}

#[tokio::test]
async fn a_parameter_that_the_call_does_not_have_is_refused_with_those_it_has() {
    let world = World::new();
    let problem = world.refused("/api/v1/changesets?labels=no-comment").await;
    assert!(problem["detail"].as_str().unwrap().contains("not_label, user"), "{problem}");
    assert!(!problem.to_string().contains("labels="));
    world.refused("/api/v1/labels?limit=3").await;
    world.refused("/api/v1/changesets/1/history?include=diff").await;
}
