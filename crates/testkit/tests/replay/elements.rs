use std::time::Duration;

use osmtracker_testkit::replay::{Bandwidth, ReplayOptions, RequestKind};

use crate::support::{api, get, replay, small_world};

#[tokio::test]
async fn a_multi_fetch_mixes_versions_and_current_ones() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    let answer = api(&replay, "nodes?nodes=2,1v1,1,3v1,1v1").await;
    assert_eq!(answer.names(), ["1v1", "1v2", "2v1", "3v1"]);
    let escaped = api(&replay, "nodes?nodes=2%2C3").await;
    assert_eq!(escaped.names(), ["2v1", "3v1"]);
    assert_eq!(api(&replay, "ways?ways=10,10v1").await.names(), ["10v1", "10v2"]);
    assert_eq!(replay.counters().requests(RequestKind::MultiFetch), 3);
}

#[tokio::test]
async fn a_multi_fetch_with_one_missing_version_is_a_404_without_a_body() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    for ids in ["1,2,99", "1v1,1v3", "5v2,1", "1v0"] {
        let answer = api(&replay, &format!("nodes?nodes={ids}")).await;
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{ids}");
        assert!(answer.header("error").is_some());
    }
    assert_eq!(api(&replay, "nodes?nodes=1,x").await.status, 400);
    assert_eq!(api(&replay, "nodes?ways=1").await.status, 404);
}

#[tokio::test]
async fn a_deleted_element_comes_back_invisible_and_without_a_place_in_a_multi_fetch_and_410_alone() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    let answer = api(&replay, "nodes?nodes=4").await;
    assert!(answer.text().contains(r#"<node id="4" visible="false" version="2""#), "{}", answer.text());
    assert!(!answer.text().contains("lat="));
    assert_eq!(api(&replay, "node/4").await.status, 410);
    assert_eq!(api(&replay, "node/99").await.status, 404);
    assert_eq!(api(&replay, "node/1").await.names(), ["1v2"]);
}

#[tokio::test]
async fn a_redacted_version_is_403_alone_and_absent_from_the_history() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    assert_eq!(api(&replay, "node/5/2").await.status, 403);
    assert_eq!(api(&replay, "node/5/4").await.status, 404);
    assert_eq!(api(&replay, "node/5/1").await.names(), ["5v1"]);
    assert_eq!(api(&replay, "node/5/history").await.names(), ["5v1", "5v3"]);
    assert_eq!(api(&replay, "node/99/history").await.status, 404);
}

#[tokio::test]
async fn full_answers_hold_the_members() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    assert_eq!(api(&replay, "way/10/full").await.names(), ["1v2", "2v1", "10v2"]);
    assert_eq!(api(&replay, "relation/20/full").await.names(), ["1v2", "2v1", "10v2", "20v1"]);
    assert_eq!(api(&replay, "node/1/full").await.status, 404);
}

#[tokio::test]
async fn a_url_over_the_limit_is_414() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    let prefix = format!("{}/api/0.6/nodes?nodes=", replay.api_url());
    let fitting = "1,".repeat(8_213 - prefix.len());
    let mut url = format!("{prefix}{fitting}");
    url.truncate(8_212);
    url.push('1');
    assert_ne!(get(&url).await.status, 414);
    assert_eq!(get(&format!("{url}1")).await.status, 414);
}

#[tokio::test]
async fn who_downloads_too_much_gets_509_until_the_debt_is_paid() {
    let bandwidth = Some(Bandwidth { bytes_per_second: 1, debt: 600 });
    let replay = replay(small_world(), ReplayOptions { bandwidth, ..ReplayOptions::default() }).await;
    assert_eq!(api(&replay, "node/1/history").await.status, 200);
    assert_eq!(api(&replay, "node/1/history").await.status, 200);
    let refused = api(&replay, "node/1/history").await;
    assert_eq!(refused.status, 509);
    assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    let state = crate::support::feed(&replay, "changesets/state.yaml").await;
    assert_eq!(state.status, 200, "the allowance is the API's alone");
}

#[tokio::test]
async fn changesets_are_read_listed_and_downloaded() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    let read = |body: &[u8]| osmtracker_osm::xml::parse_changesets(body).unwrap();
    let with = api(&replay, "changeset/2?include_discussion=true").await;
    let without = api(&replay, "changeset/2").await;
    assert!(with.text().contains("<discussion/>") && !without.text().contains("discussion"));
    let changeset = &read(&without.body)[0];
    assert_eq!((changeset.num_changes, changeset.open, changeset.closed_at.is_some()), (2, false, true));
    assert_eq!(changeset.user.as_ref().unwrap().name.as_ref(), "user of 2");
    let bounds = changeset.bounds.unwrap();
    assert_eq!((bounds.min.lon, bounds.max.lon, bounds.min.lat, bounds.max.lat), (100, 400, 1_000, 1_500));

    let list = read(&api(&replay, "changesets?changesets=1,3,77,2").await.body);
    assert_eq!(list.iter().map(|changeset| changeset.id.0).collect::<Vec<_>>(), [3, 2, 1]);
    let many: Vec<String> = (1..=101).map(|id| id.to_string()).collect();
    assert_eq!(api(&replay, &format!("changesets?changesets={}", many.join(","))).await.status, 400);

    let download = osmtracker_osm::xml::parse_osm_change(&api(&replay, "changeset/2/download").await.body).unwrap();
    let changes: Vec<String> =
        download.changes.iter().map(|(action, element)| format!("{action} {}", element.element_ref())).collect();
    assert_eq!(changes, ["modify node/1", "delete node/4"]);
    for path in ["changeset/77", "changeset/77/download", "changeset/x", "map?bbox=1,2,3,4"] {
        assert_eq!(api(&replay, path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn answers_are_compressed_for_clients_that_ask() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    let url = format!("{}/api/0.6/changeset/1/download", replay.api_url());
    let raw = reqwest::Client::builder().no_gzip().build().unwrap().get(&url);
    let response = raw.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let inflated = crate::support::inflate(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(inflated, get(&url).await.body);
}

#[tokio::test]
async fn an_augmented_diff_has_ways_moved_through_their_nodes() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    let answer = get(&format!("{}/changesets/2.adiff", replay.adiff_url())).await;
    let diff = osmtracker_osm::xml::parse_augmented_diff(&answer.body).unwrap();
    let names: Vec<String> =
        diff.actions.iter().map(|action| format!("{} {}", action.action, action.element_ref().unwrap())).collect();
    assert_eq!(names, ["modify node/1", "delete node/4", "modify way/10"]);
    let (old, new) = (diff.actions[2].old.as_ref().unwrap(), diff.actions[2].new.as_ref().unwrap());
    assert_eq!((old.version, old.nodes().len()), (new.version, 3));
    assert_eq!(old.nodes()[0].position.unwrap().lon, 100);
    assert_eq!(new.nodes()[0].position.unwrap().lon, 150);
    assert_eq!(old.nodes()[1..], new.nodes()[1..]);

    let json = get(&format!("{}/2.json", replay.real_changesets_url())).await;
    let json: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
    assert_eq!(json["metadata"]["id"], "2");
    assert_eq!(json["elements"][0]["old"]["lat"], "0.0001");
    assert_eq!(json["elements"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn latency_is_added_and_at_most_two_at_once_can_be_told() {
    let options = ReplayOptions { latency: Duration::from_millis(60), ..ReplayOptions::default() };
    let replay = replay(small_world(), options).await;
    let start = std::time::Instant::now();
    tokio::join!(api(&replay, "node/1"), api(&replay, "node/2"), api(&replay, "node/3"));
    assert!(start.elapsed() >= Duration::from_millis(60));
    assert_eq!(replay.counters().most_api_calls_at_once(), 3);
    assert_eq!(replay.counters().api_calls(), 3);
}

#[tokio::test]
async fn shutting_down_frees_the_port() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    let address = replay.address();
    assert_eq!(api(&replay, "node/1").await.status, 200);
    replay.shutdown().await;
    assert!(crate::support::try_get(&format!("http://{address}/api/0.6/node/1")).await.is_err());
    let again = crate::support::replay(small_world(), ReplayOptions { listen: address, ..ReplayOptions::default() });
    assert_eq!(again.await.address(), address);
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it() {
    let first = replay(small_world(), ReplayOptions::default()).await;
    let options = ReplayOptions { listen: first.address(), ..ReplayOptions::default() };
    let error = osmtracker_testkit::replay::serve(small_world(), options).await.unwrap_err();
    assert!(error.to_string().contains(&first.address().to_string()), "{error}");
}
