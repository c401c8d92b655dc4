use osmtracker_osm::replication::{parse_changesets_state, parse_minute_state, sequence_path};
use osmtracker_testkit::{
    replay::{Replay, ReplayOptions, RequestKind},
    synth::{self, SynthOptions},
};

use crate::support::{changesets_path, feed, inflate, parse_feed, replay, small_world, try_get};

async fn synthesised() -> Replay {
    replay(synth::upstream(&SynthOptions::default()), ReplayOptions::default()).await
}

#[tokio::test]
async fn the_state_says_one_less_than_its_file() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    let head = feed(&replay, "changesets/state.yaml").await;
    let last = replay.last_sequence().0;
    assert!(head.text().contains(&format!("sequence: {}\n", last - 1)), "{}", head.text());
    let beside = feed(&replay, &format!("{}.state.txt", changesets_path(last))).await;
    assert_eq!(beside.body, head.body);
    assert_eq!(feed(&replay, &format!("{}.osm.gz", changesets_path(last))).await.status, 200);
    assert_eq!(feed(&replay, &format!("{}.osm.gz", changesets_path(last + 1))).await.status, 404);
}

#[tokio::test]
async fn times_of_states_go_up_and_no_changeset_is_from_the_future() {
    let replay = synthesised().await;
    let mut before = osmtracker_osm::Timestamp(0);
    for sequence in replay.first_sequence().0..=replay.last_sequence().0 {
        let state = feed(&replay, &format!("{}.state.txt", changesets_path(sequence))).await;
        let state = parse_changesets_state(&state.body).unwrap();
        assert_eq!(state.sequence.0, sequence);
        assert!(state.timestamp > before);
        before = state.timestamp;
        for changeset in parse_feed(&feed(&replay, &format!("{}.osm.gz", changesets_path(sequence))).await.body) {
            assert!(changeset.created_at <= state.timestamp);
            assert!(changeset.closed_at.is_none_or(|closed_at| closed_at <= state.timestamp));
        }
    }
    assert!(replay.counters().requests(RequestKind::ChangesetsData) >= 10);
}

#[tokio::test]
async fn the_minute_feed_holds_each_version_once_sorted() {
    let replay = synthesised().await;
    let head = parse_minute_state(&feed(&replay, "minute/state.txt").await.body).unwrap();
    let mut count = 0;
    let rounds = replay.upstream().rounds();
    assert_eq!(rounds[rounds.len() - 1].minute, head.sequence);
    for round in rounds {
        let path = format!("minute/{}", sequence_path(round.minute.0));
        let state = parse_minute_state(&feed(&replay, &format!("{path}.state.txt")).await.body).unwrap();
        assert_eq!((state.sequence, state.timestamp), (round.minute, round.time));
        let data = inflate(&feed(&replay, &format!("{path}.osc.gz")).await.body).unwrap();
        let change = osmtracker_osm::xml::parse_osm_change(&data).unwrap();
        let names: Vec<_> =
            change.changes.iter().map(|(_, element)| (element.element_ref(), element.version)).collect();
        assert!(names.is_sorted());
        count += names.len();
    }
    assert_eq!(count, replay.upstream().history().len());
}

#[tokio::test]
async fn the_planet_host_redirects() {
    let replay = replay(small_world(), ReplayOptions::default()).await;
    let through = try_get(&format!("{}/changesets/state.yaml", replay.redirected_replication_url())).await.unwrap();
    assert_eq!(through.body, feed(&replay, "changesets/state.yaml").await.body);
    assert_eq!(replay.counters().requests(RequestKind::Other), 1);
}

#[tokio::test]
async fn hostile_names_survive_the_feed() {
    let replay = synthesised().await;
    let mut names = std::collections::BTreeSet::new();
    for sequence in replay.first_sequence().0..=replay.last_sequence().0 {
        let file = feed(&replay, &format!("{}.osm.gz", changesets_path(sequence))).await;
        names.extend(parse_feed(&file.body).into_iter().map(|changeset| changeset.user.unwrap().name.to_string()));
    }
    for name in ["<script>alert(1)</script>", "a]]>b&amp;c", "\"><img src=x onerror=alert(1)>"] {
        assert!(names.contains(name), "{name} among {names:?}");
    }
}
