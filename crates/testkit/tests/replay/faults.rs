use std::time::Duration;

use osmtracker_osm::{
    ChangesetSequence,
    replication::{ReplicationState, parse_changesets_state},
};
use osmtracker_testkit::{
    faults::{Fault, Place, Switch},
    replay::{Pace, Replay, ReplayOptions},
};

use crate::support::{Answer, api, changesets_path, feed, inflate, parse_feed, replay, small_world, try_get};

async fn stepped() -> Replay {
    let replay = replay(small_world(), ReplayOptions { pace: Pace::Stepped, ..ReplayOptions::default() }).await;
    replay.advance(1);
    replay
}

async fn head(replay: &Replay) -> ReplicationState<ChangesetSequence> {
    parse_changesets_state(&feed(replay, "changesets/state.yaml").await.body).unwrap()
}

async fn data(replay: &Replay, sequence: u64) -> Answer {
    feed(replay, &format!("{}.osm.gz", changesets_path(sequence))).await
}

async fn state(replay: &Replay, sequence: u64) -> Answer {
    feed(replay, &format!("{}.state.txt", changesets_path(sequence))).await
}

#[tokio::test]
async fn a_stale_head_stays_while_files_appear_and_jumps_when_it_ends() {
    let replay = stepped().await;
    let before = head(&replay).await;
    replay.faults().on(Fault::HeadStale);
    replay.advance(1);
    assert_eq!(head(&replay).await, before);
    assert_eq!(data(&replay, before.sequence.0 + 1).await.status, 200);
    replay.faults().off(Fault::HeadStale);
    assert_eq!(head(&replay).await.sequence.0, before.sequence.0 + 1);
}

#[tokio::test]
async fn a_head_ahead_announces_a_file_that_is_not_there() {
    let replay = stepped().await;
    let before = head(&replay).await.sequence.0;
    replay.faults().on(Fault::HeadAheadOfFile);
    assert_eq!(head(&replay).await.sequence.0, before + 1);
    assert_eq!(data(&replay, before + 1).await.status, 404);
    assert_eq!(state(&replay, before + 1).await.status, 404);
    assert_eq!(data(&replay, before).await.status, 200);
}

#[tokio::test]
async fn data_or_state_can_be_missing_alone() {
    let replay = stepped().await;
    let first = replay.first_sequence().0;
    replay.faults().on(Switch::new(Fault::DataMissing).at(first));
    assert_eq!((data(&replay, first).await.status, state(&replay, first).await.status), (404, 200));
    assert_eq!(data(&replay, first + 1).await.status, 200);
    replay.faults().clear();
    replay.faults().on(Fault::StateMissing);
    assert_eq!((data(&replay, first).await.status, state(&replay, first).await.status), (200, 404));
}

#[tokio::test]
async fn no_such_key_comes_with_status_200() {
    let replay = stepped().await;
    replay.faults().on(Fault::NoSuchKey);
    for answer in [data(&replay, replay.first_sequence().0).await, state(&replay, replay.first_sequence().0).await] {
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("<Code>NoSuchKey</Code>"));
    }
}

#[tokio::test]
async fn a_state_is_cut_off_at_any_byte() {
    let replay = stepped().await;
    let whole = feed(&replay, "changesets/state.yaml").await.body;
    for bytes in 0..whole.len() {
        replay.faults().clear();
        replay.faults().on(Fault::StateTruncated { bytes });
        assert_eq!(feed(&replay, "changesets/state.yaml").await.body, whole[..bytes]);
    }
    assert_eq!(state(&replay, replay.first_sequence().0).await.body.len(), whole.len() - 1);
}

#[tokio::test]
async fn damaged_files_are_damaged_as_said() {
    let replay = stepped().await;
    let first = replay.first_sequence().0;
    let whole = data(&replay, first).await.body;
    let expected = parse_feed(&whole);
    for fault in [Fault::EmptyFile, Fault::GzipTruncated, Fault::BadCrc, Fault::UnclosedXml, Fault::TwoGzipMembers] {
        replay.faults().clear();
        replay.faults().on(fault);
        let file = data(&replay, first).await;
        assert_eq!(file.status, 200);
        match fault {
            Fault::EmptyFile => assert!(file.body.is_empty()),
            Fault::GzipTruncated => assert_eq!(file.body, whole[..whole.len() / 2]),
            Fault::BadCrc => {
                assert_eq!(file.body.len(), whole.len());
                assert!(inflate(&file.body).unwrap_err().to_string().contains("corrupt"));
            }
            Fault::UnclosedXml => {
                let document = inflate(&file.body).unwrap();
                assert!(inflate(&whole).unwrap().starts_with(&document));
                assert!(osmtracker_osm::xml::parse_changesets(&document).is_err());
            }
            _ => assert_eq!(parse_feed(&file.body), expected, "two members are legal"),
        }
    }
}

#[tokio::test]
async fn sequences_are_reset_and_jump() {
    let replay = stepped().await;
    let before = head(&replay).await.sequence.0;
    replay.faults().on(Fault::SequenceReset);
    assert_eq!(head(&replay).await.sequence.0, before - 1_000);
    replay.faults().clear();
    replay.faults().on(Fault::SequenceJump);
    assert_eq!(head(&replay).await.sequence.0, before + 1_000_000);
    assert_eq!(data(&replay, before + 500_000).await.status, 404);
}

#[tokio::test]
async fn the_clock_is_wrong_either_way() {
    let replay = stepped().await;
    let right = head(&replay).await;
    for minutes in [10, -10] {
        replay.faults().clear();
        replay.faults().on(Fault::ClockSkew { minutes });
        let wrong = head(&replay).await;
        assert_eq!(wrong.sequence, right.sequence);
        assert_eq!(wrong.timestamp.seconds_since(right.timestamp), minutes * 60);
        let answer = feed(&replay, "changesets/state.yaml").await;
        let date = jiff::fmt::rfc2822::parse(answer.header("date").unwrap()).unwrap().timestamp();
        let off = date.as_second() - jiff::Timestamp::now().as_second();
        assert!((off - minutes * 60).abs() < 30, "{off}");
    }
}

#[tokio::test]
async fn all_fourteen_faults_are_there_and_none_touches_the_api() {
    let replay = stepped().await;
    for fault in Fault::REPLICATION {
        replay.faults().on(fault);
    }
    assert_eq!(Fault::REPLICATION.len(), 14);
    assert_eq!(api(&replay, "node/1").await.status, 200);
    replay.faults().clear();
    assert_eq!(head(&replay).await.sequence, replay.head_sequence());
}

#[tokio::test]
async fn the_api_refuses_for_so_many_calls() {
    let replay = stepped().await;
    let cases = [
        (Fault::BandwidthExceeded { retry_after: 7 }, 509, Some("7")),
        (Fault::TooManyRequests { retry_after: 9 }, 429, Some("9")),
        (Fault::ServerError { status: 503 }, 503, None),
        (Fault::Forbidden, 403, None),
    ];
    for (fault, status, retry_after) in cases {
        replay.faults().on(Switch::new(fault).times(2));
        for _ in 0..2 {
            let answer = api(&replay, "node/1").await;
            assert_eq!((answer.status, answer.header("retry-after")), (status, retry_after));
        }
        assert_eq!(api(&replay, "node/1").await.status, 200);
    }
}

#[tokio::test]
async fn connections_break_before_and_within_the_answer() {
    let replay = stepped().await;
    let url = format!("{}/api/0.6/node/1", replay.api_url());
    for fault in [Fault::ConnectionReset, Fault::BodyCutOff] {
        replay.faults().on(Switch::new(fault).times(1));
        let error = try_get(&url).await.err().expect("the connection broke");
        assert_eq!(error.status(), None, "{error:?}");
        assert_eq!(try_get(&url).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn answers_can_be_slow_and_faults_can_be_moved_elsewhere() {
    let replay = stepped().await;
    let delay = Duration::from_millis(50);
    replay.faults().on(Switch::new(Fault::Slow { delay }).place(Place::Changesets).times(1));
    let start = std::time::Instant::now();
    head(&replay).await;
    assert!(start.elapsed() >= delay);
    replay.faults().on(Switch::new(Fault::ServerError { status: 500 }).place(Place::Adiffs));
    let adiff = try_get(&format!("{}/changesets/1.adiff", replay.adiff_url())).await.unwrap();
    assert_eq!(adiff.status, 500);
}
