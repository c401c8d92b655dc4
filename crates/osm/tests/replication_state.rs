//! State files: real ones, cut at every byte, and the off-by-one of the changesets feed.

use std::path::PathBuf;

use osmtracker_osm::{
    ChangesetSequence, MinuteSequence, Timestamp,
    replication::{
        ReplicationState, StateErrorReason, parse_changesets_state, parse_minute_state, sequence_path,
        write_changesets_state, write_minute_state,
    },
};
use proptest::prelude::*;

/// The folder of real data, or `None` with a loud line when it is not there.
fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OSMTRACKER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into(), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Every proper prefix is refused, or says exactly the same.
fn assert_never_shorter<S: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    parse: impl Fn(&[u8]) -> Option<ReplicationState<S>>,
) {
    let whole = parse(bytes).expect("the whole state is fine");
    for end in 0..bytes.len() {
        if let Some(state) = parse(&bytes[..end]) {
            assert_eq!(state, whole, "cut at byte {end}");
        }
    }
}

#[test]
fn the_changesets_state_names_the_data_file_since_2008004() {
    let parse = |sequence: u64| {
        let text = format!("---\nlast_run: 2018-11-25 14:07:02.069617000 +00:00\nsequence: {sequence}\n");
        parse_changesets_state(text.as_bytes()).unwrap()
    };
    assert_eq!(parse(6_641_017).sequence, ChangesetSequence(6_641_018));
    assert_eq!(parse(2_008_004).sequence, ChangesetSequence(2_008_005));
    assert_eq!(parse(2_008_003).sequence, ChangesetSequence(2_008_004));
    assert_eq!(parse(2_008_002).sequence, ChangesetSequence(2_008_002));
    assert_eq!(parse(1).timestamp, time("2018-11-25T14:07:02Z"));
}

#[test]
fn both_orders_and_the_older_time_style_are_read() {
    let state = parse_changesets_state(b"sequence: 1392226\r\nlast_run: 2015-07-07 02:02:01.949763878 Z\r\n").unwrap();
    assert_eq!(state.sequence, ChangesetSequence(1_392_226));
    assert_eq!(state.timestamp, time("2015-07-07T02:02:01Z"));
}

#[test]
fn a_changesets_state_cut_at_any_byte_is_never_a_smaller_number() {
    for text in [
        "---\nlast_run: 2015-07-07 02:02:01.949763878 Z\nsequence: 1392226\n",
        "---\nsequence: 6641017\nlast_run: 2026-11-22 09:38:43.352896000 +00:00\n",
    ] {
        assert_never_shorter(text.as_bytes(), |bytes| parse_changesets_state(bytes).ok());
        for end in 0..text.len() {
            parse_changesets_state(&text.as_bytes()[..end]).expect_err("cut off");
        }
    }
}

#[test]
fn what_is_no_changesets_state_is_refused_with_place_and_reason() {
    let reason = |text: &str| parse_changesets_state(text.as_bytes()).unwrap_err();
    assert_eq!(reason("").reason, StateErrorReason::Empty);
    assert_eq!(reason("---\nsequence: 5\n").reason, StateErrorReason::Missing("last_run"));
    assert_eq!(reason("sequence: 5\nsequence: 6\n").to_string(), "byte 12: the key sequence is there twice");
    let minus = "last_run: 2015-07-07 02:02:01 Z\nsequence: -5\n";
    assert_eq!(reason(minus).to_string(), "byte 32: not a sequence number: \"-5\"");
    assert!(matches!(
        reason("sequence: 99999999999999999999\nlast_run: 2015-07-07 02:02:01 Z\n").reason,
        StateErrorReason::Sequence(_)
    ));
    assert!(matches!(reason("<?xml version=\"1.0\"?>\n<Error>\n").reason, StateErrorReason::Line(_)));
    assert!(matches!(reason("sequence: 5\nlast_run: soon\n").reason, StateErrorReason::Timestamp(_)));
    assert_eq!(parse_changesets_state(b"\xff\n").unwrap_err().reason, StateErrorReason::NotUtf8);
    assert_eq!(parse_changesets_state(&vec![b'\n'; 70_000]).unwrap_err().reason, StateErrorReason::TooLong);
}

#[test]
fn a_minute_state_has_escaped_colons_comments_and_other_keys() {
    let text = "#Mon Feb 20 09:49:04 UTC 2017\ntxnMaxQueried=1005150451\nsequenceNumber=2325481\n\
                timestamp=2017-02-20T09\\:49\\:02Z\ntxnReadyList=\ntxnActiveList=1,2\n";
    let state = parse_minute_state(text.as_bytes()).unwrap();
    assert_eq!(state.sequence, MinuteSequence(2_325_481));
    assert_eq!(state.timestamp, time("2017-02-20T09:49:02Z"));
    assert_never_shorter(text.as_bytes(), |bytes| parse_minute_state(bytes).ok());
    let no_such_key = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code></Error>\n";
    assert!(parse_minute_state(no_such_key.as_bytes()).is_err());
}

#[test]
fn every_state_file_of_the_real_data_is_read() {
    let Some(minutes) = data("minute-replication") else { return };
    let mut read = 0;
    for entry in std::fs::read_dir(minutes).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().ends_with(".state.txt") {
            let bytes = std::fs::read(entry.path()).unwrap();
            let parse = |bytes: &[u8]| parse_minute_state(bytes).ok();
            assert_never_shorter(&bytes, parse);
            read += 1;
        }
    }
    assert_eq!(read, 5);
    let Some(feed) = data("recorded-upstream/replication/changesets") else { return };
    let head = parse_changesets_state(&std::fs::read(feed.join("state.yaml")).unwrap()).unwrap();
    assert_eq!(head.sequence, ChangesetSequence(6_641_018));
    for sequence in 6_640_998..=6_641_018 {
        let path = feed.join(format!("{}.state.txt", sequence_path(sequence)));
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(parse_changesets_state(&bytes).unwrap().sequence, ChangesetSequence(sequence), "{}", path.display());
        assert_never_shorter(&bytes, |bytes| parse_changesets_state(bytes).ok());
    }
    for name in ["state.yaml", "state_1912325.yaml"] {
        let Some(path) = data(&format!("changeset-replication/{name}")) else { return };
        parse_changesets_state(&std::fs::read(path).unwrap()).unwrap();
    }
}

#[test]
fn sequences_become_paths() {
    assert_eq!(sequence_path(6_217_368), "006/217/368");
    assert_eq!(sequence_path(0), "000/000/000");
    assert_eq!(sequence_path(6_641_000), "006/641/000");
    assert_eq!(sequence_path(999_999_999), "999/999/999");
}

proptest! {
    #[test]
    fn written_states_are_read_back(sequence in 1u64..1_000_000_000, seconds in 0i64..4_000_000_000) {
        // The number 2008003 stands for two files; only the later one comes back.
        prop_assume!(sequence != 2_008_003);
        let changesets = ReplicationState { sequence: ChangesetSequence(sequence), timestamp: Timestamp(seconds) };
        prop_assert_eq!(parse_changesets_state(write_changesets_state(&changesets).as_bytes()).unwrap(), changesets);
        let minutes = ReplicationState { sequence: MinuteSequence(sequence), timestamp: Timestamp(seconds) };
        prop_assert_eq!(parse_minute_state(write_minute_state(&minutes).as_bytes()).unwrap(), minutes);
    }

    #[test]
    fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_changesets_state(&bytes);
        let _ = parse_minute_state(&bytes);
    }
}
