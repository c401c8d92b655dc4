//! Finds the file of a moment in a feed whose states are asked for one by one, some of which may be gone.

use async_trait::async_trait;
use osmtracker_osm::Timestamp;
use osmtracker_pipeline::ports::FeedError;

/// Seconds between two files: what both feeds aim at. Only the first guess depends on it.
const PERIOD: i64 = 60;

/// A file whose time is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) sequence: u64,
    pub(crate) timestamp: Timestamp,
}

/// What is asked.
#[async_trait]
pub(crate) trait States: Sync {
    /// The time of a file; `None` when its state is not there.
    async fn time_of(&self, sequence: u64) -> Result<Option<Timestamp>, FeedError>;
}

/// The last file at or before `time`, or the first one there is when all are later.
///
/// Asks O(log n) times for a feed of n files, plus O(log² n) at most for each gap that it comes upon. Files that stand alone
/// amid a long gap may be taken for missing too; where times are out of order (a skewed clock), the answer is right to
/// within the disorder.
pub(crate) async fn search(states: &impl States, head: Known, time: Timestamp) -> Result<u64, FeedError> {
    if head.timestamp <= time {
        return Ok(head.sequence);
    }
    let mut range = Range { floor: 0, low: None, high: head, time, step: 0 };
    while range.high.sequence - range.floor > 1 {
        let guess = range.guess();
        match states.time_of(guess).await? {
            Some(timestamp) => range.narrow(Known { sequence: guess, timestamp }),
            None => cross_gap(states, &mut range, guess).await?,
        }
    }
    Ok(range.low.unwrap_or(range.high).sequence)
}

/// What is still possible: the answer is `low` or above it, and below `high`.
struct Range {
    /// Files up to here are not to be asked any more.
    floor: u64,
    /// The last file known to be at or before the time.
    low: Option<Known>,
    /// The first file known to be later.
    high: Known,
    time: Timestamp,
    step: u32,
}

impl Range {
    fn narrow(&mut self, found: Known) {
        if found.timestamp <= self.time {
            self.low = Some(found);
            self.floor = found.sequence;
        } else {
            self.high = found;
        }
    }

    /// Where to ask next, strictly inside the range: by time as long as that goes well, in the middle every other time,
    /// so that a feed with an odd rhythm costs no more than twice the plain bisection.
    fn guess(&mut self) -> u64 {
        self.step += 1;
        let (floor, high) = (self.floor, self.high.sequence);
        let middle = floor + (high - floor) / 2;
        let guess = match self.low {
            Some(low) if self.step % 2 == 1 => {
                let span = self.high.timestamp.seconds_since(low.timestamp).max(1) as u128;
                let part = self.time.seconds_since(low.timestamp).max(0) as u128;
                low.sequence + (u128::from(high - low.sequence) * part / span) as u64
            }
            None if self.step <= 6 => {
                // Twice as far back at each miss.
                let back = (self.high.timestamp.seconds_since(self.time) / PERIOD + 1) as u64;
                high.saturating_sub(back.saturating_mul(1 << (self.step - 1)))
            }
            _ => middle,
        };
        guess.clamp(floor + 1, high - 1)
    }
}

/// `guess` is missing: finds the file above its gap and, if that one is later than the time, the one below it.
async fn cross_gap(states: &impl States, range: &mut Range, guess: u64) -> Result<(), FeedError> {
    let above = edge_above(states, guess, range.high).await?;
    if above.timestamp <= range.time {
        range.narrow(above);
        return Ok(());
    }
    range.high = above;
    match edge_below(states, guess, range.floor).await? {
        Some(below) if below.timestamp > range.time => range.high = below,
        below => {
            // Nothing is left between this one, or what was known before, and the gap's upper end.
            range.low = below.or(range.low);
            range.floor = above.sequence - 1;
        }
    }
    Ok(())
}

/// The first file above a gap: in doubling steps from its near side until there is one, so that the far side of a
/// short gap is not jumped over, then by bisection.
async fn edge_above(states: &impl States, gap: u64, high: Known) -> Result<Known, FeedError> {
    let (mut missing, mut found, mut step) = (gap, high, 1);
    while found == high && missing + 1 < high.sequence {
        // Where the next step would leave the range, small ones again.
        step = if missing + step < high.sequence { step } else { 1 };
        match states.time_of(missing + step).await? {
            Some(timestamp) => found = Known { sequence: missing + step, timestamp },
            None => missing += step,
        }
        step *= 2;
    }
    while found.sequence - missing > 1 {
        let sequence = missing + (found.sequence - missing) / 2;
        match states.time_of(sequence).await? {
            Some(timestamp) => found = Known { sequence, timestamp },
            None => missing = sequence,
        }
    }
    Ok(found)
}

/// The last file below a gap and above `floor`, in the same way.
async fn edge_below(states: &impl States, gap: u64, floor: u64) -> Result<Option<Known>, FeedError> {
    let (mut missing, mut found, mut step) = (gap, None, 1);
    while found.is_none() && missing > floor + 1 {
        step = if missing > floor + step { step } else { 1 };
        let sequence = missing - step;
        match states.time_of(sequence).await? {
            Some(timestamp) => found = Some(Known { sequence, timestamp }),
            None => missing = sequence,
        }
        step *= 2;
    }
    let Some(mut low) = found else { return Ok(None) };
    while missing - low.sequence > 1 {
        let sequence = low.sequence + (missing - low.sequence) / 2;
        match states.time_of(sequence).await? {
            Some(timestamp) => low = Known { sequence, timestamp },
            None => missing = sequence,
        }
    }
    Ok(Some(low))
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        sync::atomic::{AtomicU32, Ordering},
    };

    use futures_util::FutureExt as _;

    use super::*;

    /// Files with their times.
    type Feed = BTreeMap<u64, i64>;

    struct Counting<'a>(&'a Feed, AtomicU32);

    #[async_trait]
    impl States for Counting<'_> {
        async fn time_of(&self, sequence: u64) -> Result<Option<Timestamp>, FeedError> {
            assert!(sequence > 0);
            self.1.fetch_add(1, Ordering::Relaxed);
            Ok(self.0.get(&sequence).copied().map(Timestamp))
        }
    }

    fn run(feed: &Feed, time: i64) -> (u64, u32) {
        let (&sequence, &timestamp) = feed.last_key_value().unwrap();
        let states = Counting(feed, AtomicU32::new(0));
        let head = Known { sequence, timestamp: Timestamp(timestamp) };
        let found = search(&states, head, Timestamp(time)).now_or_never().unwrap().unwrap();
        (found, states.1.into_inner())
    }

    fn expected(feed: &Feed, time: i64) -> u64 {
        let at_or_before = feed.iter().rev().find(|(_, timestamp)| **timestamp <= time);
        *at_or_before.or_else(|| feed.first_key_value()).unwrap().0
    }

    #[test]
    fn every_moment_of_a_small_feed_with_gaps_is_found() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..300 {
            // Older files thrown away, and a gap with enough files on either side.
            let first = rng.u64(1..50);
            let gap = first + rng.u64(40..80);
            let missing = gap..gap + rng.u64(0..20);
            let files = (first..missing.end + rng.u64(41..100)).filter(|n| !missing.contains(n));
            let feed: Feed = files.map(|n| (n, n as i64 * 60 + rng.i64(-25..25))).collect();
            for time in (0..12_000).step_by(37) {
                assert_eq!(run(&feed, time).0, expected(&feed, time), "{time} in {feed:?}");
            }
        }
    }

    #[test]
    fn a_feed_of_200_000_files_is_searched_in_few_questions() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut clock = 0;
        let mut next = |n: u64| {
            // Long pauses and bursts.
            clock += if n.is_multiple_of(1_000) { rng.i64(0..40_000) } else { rng.i64(1..120) };
            clock
        };
        let mut feed: Feed = (1..=200_000).map(|n| (n, next(n))).collect();
        feed.retain(|n, _| !(80_000..80_320).contains(n) && *n >= 1_000);
        let files: Vec<(u64, i64)> = feed.iter().map(|(sequence, time)| (*sequence, *time)).collect();
        let right = |time| files[files.partition_point(|file| file.1 <= time).saturating_sub(1)].0;
        let (first, last) = (files[0].1, files[files.len() - 1].1);
        let mut most = 0;
        for time in (first - 100..last + 100).step_by(19_991) {
            let (found, asked) = run(&feed, time);
            assert_eq!(found, right(time));
            most = most.max(asked);
        }
        assert!(most <= 150, "{most}");
        // Some hours back, as people mostly ask: a handful.
        for hours in 1..12 {
            let (found, asked) = run(&feed, last - hours * 3_600);
            assert_eq!(found, right(last - hours * 3_600));
            assert!(asked <= 24, "{asked} for {hours} h");
        }
    }

    #[test]
    fn a_clock_that_jumps_back_ten_minutes_does_not_trap_the_search() {
        let feed: Feed = (1..=2_000).map(|n| (n, n as i64 * 60 - if n % 100 < 15 { 600 } else { 0 })).collect();
        for time in (0..120_000).step_by(31) {
            let (found, asked) = run(&feed, time);
            let right = expected(&feed, time);
            assert!(found.abs_diff(right) <= 25 && asked <= 40, "{time}: {found} for {right}, {asked} questions");
        }
    }
}
