use std::time::Instant;

/// An allowance as cgimap has it: bytes sent (before compression) are a debt that shrinks with time; who owes more
/// than `debt` is answered with 509 and `Retry-After` until the debt is below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// By how many bytes the debt shrinks each second; 204,800 on openstreetmap.org.
    pub bytes_per_second: u64,
    /// The debt that is allowed, in bytes; 250 MB on openstreetmap.org.
    pub debt: u64,
}

impl Bandwidth {
    /// What openstreetmap.org allows.
    pub const OSM: Self = Self { bytes_per_second: 204_800, debt: 250_000_000 };
}

/// What the clients owe.
#[derive(Debug)]
pub(super) struct Debt {
    bytes: u64,
    since: Instant,
}

impl Debt {
    pub(super) fn new() -> Self {
        Self { bytes: 0, since: Instant::now() }
    }

    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// Seconds to wait; `None` when the next answer may be sent.
    pub(super) fn wait(&mut self, allowed: Bandwidth, now: Instant) -> Option<u64> {
        let milliseconds = u64::try_from(now.duration_since(self.since).as_millis()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_sub(milliseconds.saturating_mul(allowed.bytes_per_second) / 1000);
        self.since = now;
        let beyond = self.bytes.checked_sub(allowed.debt).filter(|beyond| *beyond > 0)?;
        Some(beyond.div_ceil(allowed.bytes_per_second.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_debt_shrinks_with_time() {
        let allowed = Bandwidth { bytes_per_second: 100, debt: 1_000 };
        let (mut debt, start) = (Debt::new(), Instant::now());
        debt.since = start;
        debt.add(1_000);
        assert_eq!(debt.wait(allowed, start), None);
        debt.add(250);
        assert_eq!(debt.wait(allowed, start), Some(3));
        assert_eq!(debt.wait(allowed, start + Duration::from_secs(2)), Some(1));
        assert_eq!(debt.wait(allowed, start + Duration::from_secs(3)), None);
    }
}
