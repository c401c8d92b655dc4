//! Interrupted runs: they end soon, and the next start goes on where they were.

use std::time::{Duration, Instant};

use osmtracker_testkit::{
    faults::{Fault, Switch},
    replay::Replay,
};
use tempfile::TempDir;

use crate::{
    process::{PATIENCE, Running, eventually, follow, run},
    site::{Site, status},
    world::{ALL, Clean, minutes},
};

const SOON: Duration = Duration::from_secs(10);

fn to_the_end(replay: &Replay, folder: &TempDir) {
    run(follow(replay, folder.path(), "data", &["--until-caught-up", "--no-serve"])).expect_code(0);
}

/// Waits until so many files are read.
#[track_caller]
fn wait_for_file(running: &Running, replay: &Replay, files: u64) {
    let wanted = i64::try_from(replay.first_sequence().0 + files - 1).unwrap();
    let is_read = || running.metric("osmtracker_minutely_diff_latest_seqno").filter(|read| *read >= wanted);
    eventually(PATIENCE, is_read).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_ends_soon_and_the_next_one_continues() {
    let clean = Clean::new().await;
    for signal in ["-INT", "-TERM"] {
        let (replay, folder) = (minutes(ALL).await, tempfile::tempdir().unwrap());
        replay.set_latency(Duration::from_millis(150));
        for _ in 0..2 {
            let running = Running::start(follow(&replay, folder.path(), "data", &["--listen", "127.0.0.1:0"]));
            wait_for_file(&running, &replay, 2);
            let start = Instant::now();
            running.signal(signal);
            let end = running.end().expect_code(0);
            assert!(start.elapsed() < SOON, "{signal} took {:?}", start.elapsed());
            assert!(end.stderr.contains("stopping; again to stop at once"), "{}", end.stderr);
        }
        let states = status(&folder.path().join("data")).unwrap()["states"].clone();
        replay.set_latency(Duration::ZERO);
        to_the_end(&replay, &folder);
        clean.site.assert_same(&Site::read(&folder.path().join("data")), &format!("{signal} at {states}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_interrupt_ends_at_once_and_loses_nothing_either() {
    let (replay, folder) = (minutes(ALL).await, tempfile::tempdir().unwrap());
    replay.faults().on(Switch::new(Fault::Slow { delay: Duration::from_secs(50) }));
    let running = Running::start(follow(&replay, folder.path(), "data", &["--listen", "127.0.0.1:0"]));
    wait_for_file(&running, &replay, ALL);
    let start = Instant::now();
    running.interrupt();
    running.wait_for_words("stopping; again to stop at once", 1, 0);
    running.interrupt();
    running.end().expect_code(130);
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    replay.faults().clear();
    to_the_end(&replay, &folder);
    Clean::new().await.site.assert_same(&Site::read(&folder.path().join("data")), "after two interrupts");
}
