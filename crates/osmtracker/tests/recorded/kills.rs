//! Killed with SIGKILL at random moments, the program ends with the same site as when nobody killed it.

use std::time::{Duration, Instant};

use crate::support::{differing, finish, recorded, run, site};

const KILLS: u32 = 200;

/// A small generator of its own, so that a failure can be repeated: the seed is printed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_kills_change_nothing_of_the_site() {
    let Some(replay) = recorded().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed");
    let started = Instant::now();
    finish(run(&replay, &undisturbed, &[])).await;
    let whole = started.elapsed();
    let expected = site(&undisturbed);
    let seed = 0x5eed_0000_0000_0001 ^ u64::from(std::process::id());
    eprintln!("seed {seed:#x}; a run without kills takes {whole:?}");
    let mut random = Random(seed);
    let (mut kills, mut rounds) = (0, 0);
    while kills < KILLS {
        rounds += 1;
        let data = folder.path().join(format!("round-{rounds}"));
        kills += kill_until_done(&replay, &data, whole, &mut random).await;
        let seen = site(&data);
        let differing = differing(&expected, &seen);
        assert!(differing.is_empty(), "after {kills} kills, in round {rounds}: {differing:?} differ");
        std::fs::remove_dir_all(&data).unwrap();
    }
    eprintln!("{kills} kills in {rounds} rounds");
    replay.shutdown().await;
}

/// Starts the program and kills it, again and again, until it once ends by itself. Answers the number of kills.
async fn kill_until_done(
    replay: &osmtracker_testkit::replay::Replay,
    data: &std::path::Path,
    whole: Duration,
    random: &mut Random,
) -> u32 {
    for kills in 0.. {
        let mut child = run(replay, data, &[]).stderr(std::process::Stdio::null()).spawn().unwrap();
        // Mostly within the work of a run, now and then before it has begun.
        let longest = u64::try_from(whole.as_micros()).unwrap() / 3;
        tokio::time::sleep(Duration::from_micros(random.below(longest))).await;
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "ended by itself with {status}");
            return kills;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // A run that makes no progress in so many tries never will: let it end.
        if kills == 40 {
            finish(run(replay, data, &[])).await;
            return kills + 1;
        }
    }
    unreachable!("the loop has no end")
}
