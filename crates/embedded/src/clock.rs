use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use osmtracker_osm::Timestamp;
use osmtracker_pipeline::ports::Clock;

/// Time for the visibility of messages, finer than [`Clock`].
pub trait Milliseconds: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00Z. Should not go down while the process runs.
    fn now_ms(&self) -> i64;
}

/// The system's time.
///
/// As [`Clock`] it follows every correction of the system's time. As [`Milliseconds`] it runs on evenly from the time
/// of its making, so that a correction neither hides messages for long nor shows them early.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    made_at_ms: i64,
    made: Instant,
}

impl SystemClock {
    /// Starts at the system's time.
    #[must_use]
    pub fn new() -> Self {
        Self { made_at_ms: milliseconds(since_epoch()), made: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(milliseconds(since_epoch()) / 1000)
    }
}

impl Milliseconds for SystemClock {
    fn now_ms(&self) -> i64 {
        self.made_at_ms.saturating_add(milliseconds(self.made.elapsed()))
    }
}

/// Whole milliseconds; the largest number when there are more than fit.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A system whose time is before 1970 has no time yet: its time is taken as 1970.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
