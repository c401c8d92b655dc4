use std::time::Duration;

use osmtracker_osm::replication::parse_changesets_state;
use osmtracker_testkit::{
    Upstream,
    replay::{Pace, Replay, ReplayOptions},
    synth::{self, SynthOptions},
};

use crate::support::{api, changesets_path, feed, get, parse_feed, replay, small_world};

async fn stepped(upstream: Upstream) -> Replay {
    replay(upstream, ReplayOptions { pace: Pace::Stepped, ..ReplayOptions::default() }).await
}

async fn head(replay: &Replay) -> u64 {
    parse_changesets_state(&feed(replay, "changesets/state.yaml").await.body).unwrap().sequence.0
}

#[tokio::test]
async fn a_stepped_replay_publishes_round_by_round() {
    let replay = stepped(small_world()).await;
    let first = replay.first_sequence().0;
    assert_eq!(head(&replay).await, first);
    assert_eq!(feed(&replay, &format!("{}.osm.gz", changesets_path(first))).await.status, 200);
    assert_eq!(feed(&replay, &format!("{}.osm.gz", changesets_path(first + 1))).await.status, 404);
    assert_eq!(feed(&replay, &format!("{}.state.txt", changesets_path(first + 1))).await.status, 404);
    replay.advance(1);
    assert_eq!(head(&replay).await, first + 1);
    assert_eq!(replay.head_sequence().0, first + 1);
    assert_eq!(feed(&replay, &format!("{}.osm.gz", changesets_path(first + 1))).await.status, 200);
    replay.advance(1_000);
    assert_eq!(head(&replay).await, replay.last_sequence().0);
}

#[tokio::test]
async fn what_happens_later_is_not_there_yet() {
    let replay = stepped(small_world()).await;
    assert_eq!(api(&replay, "node/1").await.names(), ["1v1"]);
    assert_eq!(api(&replay, "node/1/2").await.status, 404);
    assert_eq!(api(&replay, "node/4").await.status, 200);
    assert_eq!(api(&replay, "changeset/2").await.status, 404);
    assert_eq!(api(&replay, "node/1/history").await.names(), ["1v1"]);
    replay.advance(1);
    assert_eq!(api(&replay, "node/1").await.names(), ["1v2"]);
    assert_eq!(api(&replay, "node/4").await.status, 410);
    assert_eq!(api(&replay, "changeset/2").await.status, 200);
}

#[tokio::test]
async fn an_augmented_diff_appears_minutes_after_the_closing() {
    let replay = stepped(small_world()).await;
    let url = format!("{}/changesets/1.adiff", replay.adiff_url());
    let json = format!("{}/1.json", replay.real_changesets_url());
    for (rounds, status, json_status) in [(0, 404, 403), (2, 404, 403), (1, 200, 200)] {
        replay.advance(rounds);
        assert_eq!((get(&url).await.status, get(&json).await.status), (status, json_status), "after {rounds} more");
    }
    let never = ReplayOptions { adiff_delay: None, ..ReplayOptions::default() };
    let without = crate::support::replay(small_world(), never).await;
    assert_eq!(get(&format!("{}/changesets/1.adiff", without.adiff_url())).await.status, 404);
}

#[tokio::test]
async fn replay_time_can_run_by_itself() {
    // 6,000 minutes a minute are a hundred rounds a second.
    let options = ReplayOptions { pace: Pace::Speed(6_000.0), ..ReplayOptions::default() };
    let replay = replay(small_world(), options).await;
    let start = std::time::Instant::now();
    while head(&replay).await < replay.last_sequence().0 {
        assert!(start.elapsed() < Duration::from_secs(10), "the head stands still");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn changesets_come_when_opened_when_closed_and_with_each_comment() {
    let upstream = synth::upstream(&SynthOptions { minutes: 15, ..SynthOptions::default() });
    let ids = upstream.changeset_ids();
    let replay = replay(upstream, ReplayOptions::default()).await;
    let mut states = std::collections::BTreeMap::<u64, Vec<(bool, u32, u32)>>::new();
    for sequence in replay.first_sequence().0..=replay.last_sequence().0 {
        let file = feed(&replay, &format!("{}.osm.gz", changesets_path(sequence))).await;
        for changeset in parse_feed(&file.body) {
            assert_eq!(changeset.comments_count as usize, changeset.discussion.len());
            let state = (changeset.open, changeset.num_changes, changeset.comments_count);
            states.entry(changeset.id.0).or_default().push(state);
        }
    }
    assert_eq!(states.len(), ids.len());
    for (id, states) in &states {
        assert!(states.is_sorted_by_key(|(open, changes, comments)| (!open, *changes, *comments)), "{id}: {states:?}");
        assert!(!states.last().unwrap().0, "{id} is closed in the end");
    }
    assert!(states.values().any(|states| states[0].0), "some are first seen open");
    assert!(states.values().flatten().any(|(.., comments)| *comments > 0), "some are talked about");
}
