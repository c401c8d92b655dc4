//! A changesets feed that lies, in each of the fourteen ways: what `docs/upstream-faults.md` promises.

use std::path::Path;

use osmtracker_testkit::{
    Upstream,
    faults::{Fault, Place, Switch},
    replay::{Replay, ReplayOptions, RequestKind, serve},
    require_data,
};
use tempfile::TempDir;

use crate::{
    process::{Ended, PATIENCE, Running, eventually, follow, run},
    site::{Site, status},
    world::{ALL, Clean, minutes},
};

/// Files that are there before the fault.
const BEFORE: u64 = 3;
/// The file that faults of single files are on.
const BROKEN: u64 = 5;

/// The words of the log while something is waited for.
const WAITING: &str = "waiting for the changesets feed";

/// What the program does about a fault.
enum Expected {
    /// Nothing is amiss for it: the site is complete.
    GoesOn,
    /// It looks like a feed in which nothing happens: the lag grows.
    SeesNothingNew,
    /// It reads so many files and waits, and says this.
    Waits { read: u64, says: &'static str },
}

use Expected::{GoesOn, SeesNothingNew, Waits};

/// A test for each line: the fault, the file it is on (0: all that it can be on), what the program does.
macro_rules! outcomes {
    ($($name:ident: $fault:expr, $file:expr, $expected:expr;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                Case::new($fault, $file).await.check($expected).await;
            }
        )*
    };
}

outcomes! {
    a_stale_head_looks_like_a_quiet_feed: Fault::HeadStale, 0, SeesNothingNew;
    a_head_ahead_of_its_file_is_waited_for: Fault::HeadAheadOfFile, 0,
        Waits { read: 6, says: "006/000/007.osm.gz is missing although the head is beyond it" };
    a_missing_data_file_is_waited_for: Fault::DataMissing, BROKEN,
        Waits { read: 4, says: "006/000/005.osm.gz is missing although the head is beyond it" };
    a_missing_state_of_a_file_is_not_needed: Fault::StateMissing, 0, GoesOn;
    an_error_document_of_s3_is_a_missing_file: Fault::NoSuchKey, BROKEN,
        Waits { read: 4, says: "006/000/005.osm.gz is missing although the head is beyond it" };
    a_truncated_head_is_waited_for: Fault::StateTruncated { bytes: 20 }, 0,
        Waits { read: 3, says: "changesets/state.yaml is not valid: byte " };
    an_empty_file_is_waited_for: Fault::EmptyFile, BROKEN,
        Waits { read: 4, says: "006/000/005.osm.gz is not valid: byte 0: the file is empty" };
    a_truncated_gzip_stream_is_waited_for: Fault::GzipTruncated, BROKEN,
        Waits { read: 4, says: "006/000/005.osm.gz is not valid: at byte " };
    a_bad_crc_is_waited_for: Fault::BadCrc, BROKEN,
        Waits { read: 4, says: "006/000/005.osm.gz is not valid: at byte " };
    two_gzip_members_are_read_whole: Fault::TwoGzipMembers, 0, GoesOn;
    an_unclosed_document_is_waited_for: Fault::UnclosedXml, BROKEN,
        Waits { read: 4, says: "006/000/005.osm.gz is not valid: at byte " };
    a_sequence_reset_lower_is_waited_for: Fault::SequenceReset, 0,
        Waits { read: 3, says: "the head of the changesets feed went back to 5999006 from 6000003" };
    a_sequence_jump_is_followed_to_the_first_gap: Fault::SequenceJump, 0,
        Waits { read: 6, says: "006/000/007.osm.gz is missing although the head is beyond it" };
    a_clock_ten_minutes_ahead_changes_nothing: Fault::ClockSkew { minutes: 10 }, 0, GoesOn;
    a_clock_ten_minutes_behind_changes_nothing: Fault::ClockSkew { minutes: -10 }, 0, GoesOn;
}

#[test]
fn every_fault_of_the_list_has_a_test_and_is_documented() {
    let tests = include_str!("feed_faults.rs");
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/upstream-faults.md");
    let document = std::fs::read_to_string(document).unwrap();
    for fault in Fault::REPLICATION {
        let name = format!("{fault:?}");
        let name = name.split([' ', '{']).next().unwrap();
        assert!(tests.contains(&format!(": Fault::{name}")), "no test of {name}");
        assert!(document.contains(&format!("`{name}`")), "docs/upstream-faults.md does not say what {name} does");
    }
}

/// Six minutes of made-up editing, of which three are there when the fault begins.
struct Case {
    replay: Replay,
    folder: TempDir,
    fault: Fault,
    file: u64,
}

impl Case {
    async fn new(fault: Fault, file: u64) -> Self {
        Self { replay: minutes(BEFORE).await, folder: tempfile::tempdir().unwrap(), fault, file }
    }

    fn follow(&self) -> Running {
        Running::start(follow(
            &self.replay,
            self.folder.path(),
            "data",
            &["--until-caught-up", "--listen", "127.0.0.1:0"],
        ))
    }

    fn sequence(&self, files: u64) -> u64 {
        self.replay.first_sequence().0 + files - 1
    }

    async fn check(self, expected: Expected) {
        let clean = Clean::new().await;
        let first = self.follow().end().expect_code(0);
        assert_eq!(first.numbers()[0], BEFORE);
        self.begin();
        let running = self.follow();
        let mut ends = vec![first];
        match expected {
            GoesOn => ends.push(running.end().expect_code(0)),
            SeesNothingNew => {
                ends.push(running.end().expect_code(0));
                self.assert_stands_at(BEFORE, self.sequence(BEFORE));
                self.replay.faults().clear();
                ends.push(self.follow().end().expect_code(0));
            }
            Waits { read, says } => {
                self.assert_waits(&running, read, says);
                self.replay.faults().clear();
                ends.push(running.end().expect_code(0));
            }
        }
        self.assert_same(&clean, &ends);
    }

    fn begin(&self) {
        let switch = Switch::new(self.fault);
        self.replay.faults().on(if self.file == 0 { switch } else { switch.at(self.sequence(self.file)) });
        self.replay.advance(usize::try_from(ALL - BEFORE).unwrap());
    }

    /// The log, the metrics and `status.json` say so, and it stays so for several looks at the feed.
    fn assert_waits(&self, running: &Running, read: u64, says: &str) {
        running.wait_for_words(says, 1, 0);
        assert_eq!(running.metric("osmtracker_minutely_diff_waiting"), Some(1));
        let data = self.folder.path().join("data");
        let waiting =
            || status(&data).filter(|status| status["waiting_for"].as_str().is_some_and(|it| it.contains(says)));
        assert!(eventually(PATIENCE, waiting).is_some(), "status.json says what is waited for: {:?}", status(&data));
        running.wait_for_words(WAITING, 3, running.stderr().len());
        self.assert_stands_at(read, self.sequence(read));
        let metric = |name| running.metric(name).unwrap();
        assert_eq!(metric("osmtracker_minutely_diff_latest_seqno"), i64::try_from(self.sequence(read)).unwrap());
        let (generated, processed) =
            (metric("osmtracker_metrics_generated_timestamp_seconds"), metric("osmtracker_minutely_diff_timestamp"));
        assert!(generated - processed > 60, "the lag shows: {generated} against {processed}");
    }

    /// Nothing beyond this file was read, and the lag shows.
    fn assert_stands_at(&self, files: u64, sequence: u64) {
        let status = status(&self.folder.path().join("data")).unwrap();
        assert_eq!(status["sequence"], sequence, "after {files} files: {status}");
        assert!(status["lag_seconds"].as_i64().unwrap() > 60, "{status}");
    }

    /// Each file was read once, each changeset asked for once, and the site is the one without faults.
    fn assert_same(&self, clean: &Clean, ends: &[Ended]) {
        let data = self.folder.path().join("data");
        let read: u64 = ends.iter().map(|end| end.numbers()[0]).sum();
        assert_eq!(read, ALL, "each file once");
        let asked = self.replay.counters().requests(RequestKind::ChangesetDownload);
        assert_eq!(asked, clean.downloads, "each changeset once");
        let status = status(&data).unwrap();
        assert_eq!(
            (&status["sequence"], &status["waiting_for"]),
            (&self.sequence(ALL).into(), &serde_json::Value::Null)
        );
        clean.site.assert_same(&Site::read(&data), &format!("{:?}", self.fault));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_cut_off_anywhere_is_never_taken_for_an_earlier_one() {
    let case = Case::new(Fault::HeadStale, 0).await;
    case.follow().end().expect_code(0);
    let length = "last_run: 2026-11-01 00:00:00.000000000 +00:00\nsequence: 6000003".len();
    case.replay.faults().on(Fault::StateTruncated { bytes: 0 });
    case.replay.advance(usize::try_from(ALL - BEFORE).unwrap());
    let running = case.follow();
    for bytes in [0, 1, 9, 30, length - 16, length - 8, length - 7, length - 1] {
        case.replay.faults().clear();
        case.replay.faults().on(Fault::StateTruncated { bytes });
        running.wait_for_words(WAITING, 2, running.stderr().len());
        assert!(!running.stderr().contains("went back"), "{bytes} bytes\n{}", running.stderr());
    }
    case.replay.faults().clear();
    running.end().expect_code(0);
    Clean::new().await.site.assert_same(&Site::read(&case.folder.path().join("data")), "after all cuts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_folder_waits_for_its_first_file_and_skips_none() {
    let case = Case::new(Fault::DataMissing, 1).await;
    case.begin();
    let running = case.follow();
    running.wait_for_words("006/000/001.osm.gz is missing", 2, 0);
    assert_eq!(running.metric("osmtracker_minutely_diff_waiting"), Some(1));
    case.replay.faults().clear();
    let end = running.end().expect_code(0);
    case.assert_same(&Clean::new().await, &[end]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_does_not_answer_is_waited_for_with_the_reason() {
    let case = Case::new(Fault::HeadStale, 0).await;
    case.follow().end().expect_code(0);
    case.replay.advance(usize::try_from(ALL - BEFORE).unwrap());
    for (fault, says) in [
        (Fault::ServerError { status: 503 }, "status 503"),
        (Fault::ConnectionReset, "the connection failed"),
        (Fault::Forbidden, "refuses us with status 403"),
    ] {
        case.replay.faults().on(Switch::new(fault).place(Place::Changesets));
        let mut command =
            follow(&case.replay, case.folder.path(), "data", &["--until-caught-up", "--listen", "127.0.0.1:0"]);
        command.env("OSMTRACKER_UPSTREAM_ATTEMPTS", "1");
        let running = Running::start(command);
        running.wait_for_words(says, 1, 0);
        assert_eq!(running.metric("osmtracker_minutely_diff_waiting"), Some(1), "{fault:?}");
        running.interrupt();
        running.end().expect_code(0);
        case.assert_stands_at(BEFORE, case.sequence(BEFORE));
        case.replay.faults().clear();
    }
    case.follow().end().expect_code(0);
    Clean::new().await.site.assert_same(&Site::read(&case.folder.path().join("data")), "after refusals");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_hour_of_a_recorded_server_ends_in_the_same_site_as_a_good_one() {
    let path = require_data!("recorded-upstream");
    let replay = serve(Upstream::open(path).unwrap(), ReplayOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let good = run(follow(&replay, folder.path(), "good", &["--until-caught-up", "--no-serve"])).expect_code(0);
    let first = replay.first_sequence().0;
    let faults = replay.faults();
    let of_files = [
        Fault::DataMissing,
        Fault::NoSuchKey,
        Fault::EmptyFile,
        Fault::GzipTruncated,
        Fault::BadCrc,
        Fault::UnclosedXml,
    ];
    let broken = |number: usize| first + 1 + 3 * number as u64;
    for (number, fault) in of_files.into_iter().enumerate() {
        faults.on(Switch::new(fault).at(broken(number)));
    }
    for harmless in [Fault::StateMissing, Fault::TwoGzipMembers, Fault::ClockSkew { minutes: 10 }] {
        faults.on(harmless);
    }
    let running =
        Running::start(follow(&replay, folder.path(), "bad", &["--until-caught-up", "--listen", "127.0.0.1:0"]));
    for (number, fault) in of_files.into_iter().enumerate() {
        let sequence = broken(number);
        let name = format!("{:03}/{:03}.osm.gz", sequence / 1_000 % 1_000, sequence % 1_000);
        running.wait_for_words(&name, 1, 0);
        assert_eq!(
            running.metric("osmtracker_minutely_diff_latest_seqno"),
            i64::try_from(sequence - 1).ok(),
            "{fault:?}"
        );
        for (of_head, says) in
            [(Fault::StateTruncated { bytes: 33 }, "state.yaml is not valid"), (Fault::SequenceReset, "went back to")]
        {
            faults.on(of_head);
            running.wait_for_words(says, 1, running.stderr().len());
            faults.off(of_head);
        }
        if number + 1 == of_files.len() {
            faults.on(Fault::HeadAheadOfFile);
        }
        faults.off(fault);
    }
    running.wait_for_words("006/641/019.osm.gz is missing", 1, 0);
    faults.off(Fault::HeadAheadOfFile);
    faults.on(Fault::SequenceJump);
    running.wait_for_words("006/641/019.osm.gz is missing", 1, running.stderr().len());
    faults.clear();
    let bad = running.end().expect_code(0);
    assert_eq!(bad.numbers(), good.numbers(), "every file and changeset once");
    let read = |data| Site::read(&folder.path().join(data));
    assert_eq!(read("good").changesets().len(), 51);
    read("good").assert_same(&read("bad"), "after a bad hour");
}
