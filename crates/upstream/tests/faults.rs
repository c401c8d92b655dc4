//! The fourteen faults of a replication feed: each is seen for what it is, and none makes the feed answer with less.
#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use osmtracker_osm::{
    ChangesetId, ChangesetSequence, Coordinate, Element, ElementData, ElementId, Tags, Timestamp, Version,
};
use osmtracker_pipeline::ports::{FeedError, ReplicationFeed};
use osmtracker_testkit::{
    FeedPlan, History, Upstream,
    faults::Fault,
    replay::{Pace, Replay, ReplayOptions, serve},
};
use osmtracker_upstream::{ChangesetsFeed, Client, ClientConfig, NoObserver};

/// Forty changesets, an hour apart, of one node each.
fn upstream() -> Upstream {
    let node = |n: i64| Element {
        id: ElementId(n),
        version: Version(1),
        visible: true,
        changeset: Some(ChangesetId(n.unsigned_abs())),
        timestamp: Some(Timestamp(1_700_000_000 + n * 3_600)),
        user: None,
        tags: Tags::new(),
        data: ElementData::Node { position: Coordinate::from_degrees(1.0, 2.0) },
    };
    let history = History::from_elements((1..=40).map(node));
    Upstream::from_history(history, Vec::new(), FeedPlan::DEFAULT)
}

struct World {
    replay: Replay,
    feed: ChangesetsFeed,
}

impl World {
    async fn new(pace: Pace) -> Self {
        let replay = serve(upstream(), ReplayOptions { pace, ..ReplayOptions::default() }).await.unwrap();
        let client = Client::new(ClientConfig::new("tests@example.org"), Arc::new(NoObserver)).unwrap();
        let feed = ChangesetsFeed::new(client, &replay.replication_url()).unwrap();
        Self { replay, feed }
    }

    async fn head(&self) -> String {
        outcome(self.feed.head().await)
    }

    async fn state(&self, sequence: ChangesetSequence) -> String {
        outcome(self.feed.timestamp(sequence).await)
    }

    async fn file(&self, sequence: ChangesetSequence) -> String {
        outcome(self.feed.changesets(sequence).await)
    }
}

fn outcome<T>(result: Result<T, FeedError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(FeedError::Missing { url }) if url.ends_with(".osm.gz") => "file missing".to_owned(),
        Err(FeedError::Missing { url }) if url.ends_with(".state.txt") => "state missing".to_owned(),
        Err(FeedError::Malformed { reason, .. }) => format!("malformed: {reason}"),
        Err(other) => format!("{other:?}"),
    }
}

#[tokio::test]
async fn each_fault_of_a_file_is_told_from_the_others() {
    let world = World::new(Pace::Instant).await;
    let last = world.replay.last_sequence();
    let whole = world.feed.changesets(last).await.unwrap();
    assert!(!whole.is_empty());
    for (fault, [head, state, file]) in [
        (Fault::DataMissing, ["ok", "ok", "file missing"]),
        (Fault::StateMissing, ["ok", "state missing", "ok"]),
        (Fault::NoSuchKey, ["ok", "state missing", "file missing"]),
        (Fault::StateTruncated { bytes: 20 }, ["malformed: byte ", "malformed: byte ", "ok"]),
        (Fault::EmptyFile, ["ok", "ok", "malformed: byte 0: the file is empty"]),
        (Fault::GzipTruncated, ["ok", "ok", "malformed: at byte "]),
        (Fault::BadCrc, ["ok", "ok", "malformed: at byte "]),
        (Fault::TwoGzipMembers, ["ok", "ok", "ok"]),
        (Fault::UnclosedXml, ["ok", "ok", "malformed: at byte "]),
        (Fault::ClockSkew { minutes: -10 }, ["ok", "ok", "ok"]),
    ] {
        world.replay.faults().on(fault);
        for (found, expected) in
            [(world.head().await, head), (world.state(last).await, state), (world.file(last).await, file)]
        {
            assert!(found.starts_with(expected), "{fault:?}: {found}, not {expected}");
        }
        if file == "ok" {
            assert_eq!(world.feed.changesets(last).await.unwrap(), whole, "{fault:?}");
        }
        world.replay.faults().clear();
    }
}

#[tokio::test]
async fn each_fault_of_the_head_shows_in_what_it_says() {
    let world = World::new(Pace::Stepped).await;
    world.replay.advance(3);
    let honest = world.feed.head().await.unwrap();
    assert_eq!(honest.sequence, world.replay.head_sequence());

    world.replay.faults().on(Fault::HeadStale);
    world.replay.advance(1);
    assert_eq!(world.feed.head().await.unwrap(), honest);
    world.replay.faults().clear();
    let honest = world.feed.head().await.unwrap();

    for (fault, expected) in [
        (Fault::HeadAheadOfFile, honest.sequence.0 + 1),
        (Fault::SequenceReset, honest.sequence.0 - 1_000),
        (Fault::SequenceJump, honest.sequence.0 + 1_000_000),
    ] {
        world.replay.faults().on(fault);
        let head = world.feed.head().await.unwrap();
        assert_eq!(head.sequence.0, expected, "{fault:?}");
        if head.sequence > honest.sequence {
            assert_eq!(world.file(honest.sequence.next()).await, "file missing", "{fault:?}");
            assert_eq!(world.state(honest.sequence.next()).await, "state missing", "{fault:?}");
        }
        world.replay.faults().clear();
    }
    for minutes in [-10, 10] {
        world.replay.faults().on(Fault::ClockSkew { minutes });
        let head = world.feed.head().await.unwrap();
        assert_eq!(head.sequence, honest.sequence);
        assert_eq!(head.timestamp.seconds_since(honest.timestamp), minutes * 60);
        world.replay.faults().clear();
    }
}

#[tokio::test]
async fn every_fault_of_the_list_is_covered_here() {
    let source = include_str!("faults.rs");
    for fault in Fault::REPLICATION {
        let name = format!("{fault:?}");
        let name = name.split([' ', '{']).next().unwrap();
        assert!(source.contains(&format!("Fault::{name}")), "{name}");
    }
}
