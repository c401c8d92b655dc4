//! Targets that take no messages just now.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use osmtracker_osm::Timestamp;

/// Pauses between tries: as long as the target has failed, within these.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(900);
/// Longest wait that a receiver may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3_600);
/// Longer than the request takes that finds out whether a target takes messages again.
const PROBE: Duration = Duration::from_secs(25);

/// Which targets take no messages just now, as far as this process has seen; the next one finds out by itself.
///
/// While a target is paused, its messages are held back without a request, so that it takes no time of those for others. When
/// the pause is over one message goes ahead; the others follow when it was taken.
#[derive(Debug, Default)]
pub struct Pauses(Mutex<BTreeMap<String, Pause>>);

#[derive(Clone, Copy, Debug)]
struct Pause {
    /// When it first failed after it last took a message.
    since: Timestamp,
    until: Timestamp,
}

impl Pauses {
    /// Whether a message may go to the target now; if not, how long it has to wait.
    pub(super) fn turn(&self, target: &str, now: Timestamp) -> Result<(), Duration> {
        let mut pauses = self.lock();
        let Some(pause) = pauses.get_mut(target) else { return Ok(()) };
        let left = pause.until.seconds_since(now);
        if left > 0 {
            let left = Duration::from_secs(left.unsigned_abs());
            // After the one that goes ahead, so that they need not be held back twice.
            return Err(if left > PROBE { left + PROBE } else { left });
        }
        pause.until = now.plus(PROBE);
        Ok(())
    }

    /// The target answered for good, with a yes or a no.
    pub(super) fn answered(&self, target: &str) {
        self.lock().remove(target);
    }

    /// The target did not take a message, and may later. Answers how long all of its messages wait.
    pub(super) fn failed(&self, target: &str, now: Timestamp, asked_for: Option<Duration>) -> Duration {
        let mut pauses = self.lock();
        let asked_for = asked_for.map(|wait| wait.clamp(Duration::from_secs(1), LONGEST_WAIT));
        let (since, wait) = match (pauses.get(target), asked_for) {
            // One that takes only so many a minute says when it takes the next.
            (None, Some(asked_for)) => (now, asked_for),
            (known, asked_for) => {
                let since = known.map_or(now, |pause| pause.since);
                let age = Duration::from_secs(now.seconds_since(since).max(0).unsigned_abs());
                (since, age.clamp(FIRST_PAUSE, LONGEST_PAUSE).max(asked_for.unwrap_or_default()))
            }
        };
        pauses.insert(target.to_owned(), Pause { since, until: now.plus(wait) });
        wait
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Pause>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_target_that_fails_is_asked_by_one_message_after_a_pause_that_grows() {
        let (pauses, mut now) = (Pauses::default(), Timestamp(1_000));
        let mut waits = Vec::new();
        for _ in 0..12 {
            assert_eq!(pauses.turn("a", now), Ok(()), "one goes ahead");
            let wait = pauses.failed("a", now, None);
            let others = if wait > PROBE { wait + PROBE } else { wait };
            assert_eq!(pauses.turn("a", now), Err(others), "the others wait");
            assert_eq!(pauses.turn("b", now), Ok(()), "those for others do not");
            waits.push(wait.as_secs());
            now = now.plus(wait);
        }
        assert_eq!(waits, [5, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
        assert_eq!(pauses.turn("a", now), Ok(()));
        assert_eq!(pauses.turn("a", now), Err(PROBE), "while one is under way");
        pauses.answered("a");
        assert_eq!((pauses.turn("a", now), pauses.turn("a", now)), (Ok(()), Ok(())));
    }

    #[test]
    fn one_that_takes_so_many_a_minute_is_asked_when_it_says_and_one_that_goes_on_failing_less_often() {
        let (pauses, now) = (Pauses::default(), Timestamp(1_000));
        assert_eq!(pauses.failed("a", now, Some(SECOND)), SECOND);
        assert_eq!(pauses.failed("a", now.plus(SECOND), Some(SECOND)), FIRST_PAUSE);
        assert_eq!(pauses.failed("a", now.plus(100 * SECOND), Some(SECOND)), 100 * SECOND);
        assert_eq!(pauses.failed("a", now.plus(100 * SECOND), Some(400 * SECOND)), 400 * SECOND);
        assert_eq!(pauses.failed("b", now, Some(100_000 * SECOND)), LONGEST_WAIT);
        assert_eq!(pauses.failed("c", now, Some(Duration::ZERO)), SECOND);
    }
}
