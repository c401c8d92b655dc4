use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use osmtracker_osm::{ChangesetId, replication::write_changesets_state};

use super::*;
use crate::testing::{Hit, Reply, Server, bench, config, gzip};

const FILE: &str = r#"<osm><changeset id="1" created_at="2026-11-22T09:00:00Z" open="true" num_changes="0"/></osm>"#;
const STATE: &str = "---\nsequence: 6641017\nlast_run: 2026-11-22 09:38:43.352896000 +00:00\n";
const HEAD: ChangesetSequence = ChangesetSequence(6_641_018);

/// A feed whose answers to some paths are given; all others are 404.
async fn feed(replies: impl IntoIterator<Item = (&'static str, Reply)>) -> (Server, ChangesetsFeed) {
    let replies: BTreeMap<String, Reply> =
        replies.into_iter().map(|(path, reply)| (format!("/changesets/{path}"), reply)).collect();
    let server = Server::new(move |hit: &Hit| replies.get(&hit.target).cloned().unwrap_or(Reply::status(404))).await;
    let feed = ChangesetsFeed::new(bench(config()).client, &server.url).unwrap();
    (server, feed)
}

/// The same feed where every file has these bodies, one after the other.
async fn feed_in_turn(bodies: Vec<Vec<u8>>) -> (Server, ChangesetsFeed) {
    let server = Server::new(move |hit: &Hit| Reply::ok(bodies[hit.before].clone())).await;
    let feed = ChangesetsFeed::new(bench(config()).client, &server.url).unwrap();
    (server, feed)
}

fn reason(error: FeedError) -> String {
    match error {
        FeedError::Malformed { url, reason } => {
            assert!(url.ends_with("/changesets/006/641/018.osm.gz"), "{url}");
            reason
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_head_names_the_data_file() {
    let (_server, feed) = feed([("state.yaml", Reply::ok(STATE))]).await;
    let head = feed.head().await.unwrap();
    assert_eq!((head.sequence, head.timestamp.to_string().as_str()), (HEAD, "2026-11-22T09:38:43Z"));
}

#[tokio::test]
async fn a_missing_file_and_a_missing_state_are_told_apart_by_their_address() {
    let (_server, feed) = feed([]).await;
    for (error, ending) in [
        (feed.changesets(HEAD).await.unwrap_err(), "/changesets/006/641/018.osm.gz"),
        (feed.timestamp(HEAD).await.unwrap_err(), "/changesets/006/641/018.state.txt"),
        (feed.head().await.unwrap_err(), "/changesets/state.yaml"),
    ] {
        assert!(matches!(&error, FeedError::Missing { url } if url.ends_with(ending)), "{error:?}");
    }
}

#[tokio::test]
async fn no_such_key_with_status_200_is_missing() {
    let body = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>";
    let (_server, feed) =
        feed(["state.yaml", "006/641/018.state.txt", "006/641/018.osm.gz"].map(|path| (path, Reply::ok(body)))).await;
    assert!(matches!(feed.head().await, Err(FeedError::Missing { .. })));
    assert!(matches!(feed.timestamp(HEAD).await, Err(FeedError::Missing { .. })));
    assert!(matches!(feed.changesets(HEAD).await, Err(FeedError::Missing { .. })));
}

#[tokio::test]
async fn a_state_cut_at_any_byte_is_never_taken_for_a_smaller_number() {
    let cuts: Vec<&[u8]> = (1..STATE.len()).map(|end| &STATE.as_bytes()[..end]).collect();
    let (_server, feed) = feed_in_turn(cuts.iter().map(|cut| cut.to_vec()).collect()).await;
    for cut in cuts {
        for error in [feed.head().await.unwrap_err(), feed.timestamp(HEAD).await.unwrap_err()] {
            assert!(matches!(error, FeedError::Malformed { .. }), "{} bytes: {error:?}", cut.len());
        }
    }
}

#[tokio::test]
async fn the_state_of_another_file_is_malformed() {
    let (_server, feed) = feed([("006/641/017.state.txt", Reply::ok(STATE))]).await;
    let error = feed.timestamp(ChangesetSequence(6_641_017)).await.unwrap_err();
    assert!(matches!(&error, FeedError::Malformed { reason, .. } if reason.contains("6641018")), "{error:?}");
}

#[tokio::test]
async fn damaged_files_say_how_and_where() {
    let whole = gzip(FILE.as_bytes());
    let mut bad_crc = whole.clone();
    let crc = bad_crc.len() - 8;
    bad_crc[crc] ^= 0xff;
    let unclosed = FILE.trim_end_matches("</osm>");
    let mut bodies = vec![Vec::new(), bad_crc, gzip(unclosed.as_bytes())];
    bodies.extend((1..whole.len()).map(|end| whole[..end].to_vec()));
    let count = bodies.len();
    let (_server, feed) = feed_in_turn(bodies).await;
    let mut reasons = Vec::new();
    for _ in 0..count {
        reasons.push(reason(feed.changesets(HEAD).await.unwrap_err()));
    }
    assert_eq!(reasons[0], "byte 0: the file is empty");
    assert!(reasons[1..].iter().all(|reason| reason.starts_with("at byte ")), "{reasons:?}");
    assert!(reasons[2].starts_with(&format!("at byte {}: the document ends", unclosed.len())), "{}", reasons[2]);
}

#[tokio::test]
async fn whole_files_in_one_member_two_members_and_without_gzip_are_read() {
    let (first, second) = FILE.as_bytes().split_at(40);
    for body in [gzip(FILE.as_bytes()), [gzip(first), gzip(second)].concat(), FILE.as_bytes().to_vec()] {
        let (_server, feed) = feed([("006/641/018.osm.gz", Reply::ok(body))]).await;
        let changesets = feed.changesets(HEAD).await.unwrap();
        assert_eq!(changesets.iter().map(|changeset| changeset.id).collect::<Vec<_>>(), [ChangesetId(1)]);
    }
}

#[tokio::test]
async fn refusals_and_failures_are_not_taken_for_missing_files() {
    let (_server, feed) = feed([
        ("state.yaml", Reply::status(403)),
        ("006/641/018.osm.gz", Reply::status(503)),
        ("006/641/018.state.txt", Reply::redirect("http://169.254.169.254/")),
    ])
    .await;
    assert!(matches!(feed.head().await, Err(FeedError::Refused { status: 403, .. })));
    assert!(matches!(feed.changesets(HEAD).await, Err(FeedError::Transient { .. })));
    assert!(matches!(feed.timestamp(HEAD).await, Err(FeedError::Malformed { .. })));
}

#[tokio::test]
async fn a_moment_is_found_by_asking_states_alone() {
    let newest = 6_641_018u64;
    let start = "2014-04-05T00:00:00Z".parse::<Timestamp>().unwrap();
    let at = move |sequence: u64| start.plus_seconds(sequence as i64 * 60);
    let server = Server::new(move |hit| {
        let digits: String = hit.target.chars().filter(char::is_ascii_digit).collect();
        let sequence = digits.parse().unwrap_or(newest);
        // What is older than this was thrown away.
        if sequence < 5_000_000 || hit.target.ends_with("osm.gz") {
            return Reply::status(404);
        }
        let state = ReplicationState { sequence: ChangesetSequence(sequence), timestamp: at(sequence) };
        Reply::ok(write_changesets_state(&state))
    })
    .await;
    let bench = bench(config());
    let feed = ChangesetsFeed::new(bench.client.clone(), &server.url).unwrap();
    for (time, expected, most) in [
        (at(newest).plus_seconds(600), newest, 1),
        (at(newest - 120), newest - 120, 8),
        (at(newest - 120).plus_seconds(59), newest - 120, 8),
        (at(5_600_000).plus_seconds(1), 5_600_000, 50),
        (at(5_000_000), 5_000_000, 100),
        (start, 5_000_000, 110),
    ] {
        let before = server.hits().len();
        assert_eq!(feed.sequence_at(time).await.unwrap(), ChangesetSequence(expected));
        let asked = server.hits().len() - before;
        assert!(asked <= most, "{time}: asked {asked} times");
    }
}

#[tokio::test]
async fn the_recorded_feeds_are_read_whole() {
    let Some(folder) = recorded("recorded-upstream/replication") else { return };
    let server = Server::new(move |hit| match std::fs::read(folder.join(hit.target.trim_start_matches('/'))) {
        Ok(bytes) => Reply::ok(bytes),
        Err(_) => Reply::status(404),
    })
    .await;
    let bench = bench(config());
    let feed = ChangesetsFeed::new(bench.client.clone(), &server.url).unwrap();
    let head = feed.head().await.unwrap();
    assert_eq!(head.sequence, HEAD);
    let mut seen = std::collections::BTreeSet::new();
    let mut last = None;
    for sequence in 6_640_998..=head.sequence.0 {
        let timestamp = feed.timestamp(ChangesetSequence(sequence)).await.unwrap();
        // Two of them were written within one second.
        assert!(Some(timestamp) >= last);
        last = Some(timestamp);
        let changesets = feed.changesets(ChangesetSequence(sequence)).await.unwrap();
        seen.extend(changesets.into_iter().map(|changeset| changeset.id));
        let found = feed.sequence_at(timestamp).await.unwrap();
        assert!(found >= ChangesetSequence(sequence));
        assert_eq!(feed.timestamp(found).await.unwrap(), timestamp);
    }
    assert_eq!(feed.sequence_at(Timestamp(0)).await.unwrap(), ChangesetSequence(6_640_998));
    assert_eq!(seen.len(), 51);

    let minutes = MinuteFeed::new(bench.client, &server.url).unwrap();
    let head = minutes.head().await.unwrap();
    let mut changes = 0;
    for sequence in (6_790_998..=head.sequence.0).map(MinuteSequence) {
        let state = minutes.state(sequence).await.unwrap();
        assert!(state.timestamp <= head.timestamp);
        changes += minutes.changes(sequence).await.unwrap().changes.len();
    }
    assert!(changes > 30_000, "{changes}");
}

/// A folder of the real captures; `None`, said aloud, when they are not there.
fn recorded(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OSMTRACKER_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let folder = root.join(path);
    if !folder.exists() {
        eprintln!("skipped: no captures at {}; set OSMTRACKER_DATA to their folder", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn addresses_that_cannot_be_used_stop_the_start() {
    let client = || bench(config()).client;
    for url in ["", "planet.openstreetmap.org", "http://planet.openstreetmap.org/", "https://10.0.0.1/"] {
        let error = ChangesetsFeed::new(client(), url).err().unwrap();
        assert!(matches!(&error, UpstreamError::Config { what, .. } if what.contains("https://")), "{error:?}");
    }
    let observer = Arc::new(crate::NoObserver);
    assert!(Client::new(config(), observer).is_ok());
}
