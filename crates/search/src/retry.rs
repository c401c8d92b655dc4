use std::time::Duration;

/// How often and how patiently a request is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    /// Tries, the first included.
    pub tries: u32,
    /// Pause after the first failure; doubled for each further one, and stretched at random by up to a half.
    pub first: Duration,
    /// Longest pause, also of those that the server asks for.
    pub longest: Duration,
}

impl Default for Pauses {
    /// Five tries within some ten seconds: what lasts longer is the caller's to wait for.
    fn default() -> Self {
        Self { tries: 5, first: Duration::from_millis(500), longest: Duration::from_secs(10) }
    }
}

impl Pauses {
    /// The pause after this many failures; `None` when there is no further try.
    pub(crate) fn after(&self, failures: u32, retry_after: Option<Duration>) -> Option<Duration> {
        if failures >= self.tries {
            return None;
        }
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(16));
        let stretched = doubled.mul_f64(1.0 + fastrand::f64() / 2.0);
        Some(retry_after.unwrap_or_default().max(stretched).min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_end() {
        let pauses = Pauses { tries: 4, first: Duration::from_secs(1), longest: Duration::from_secs(3) };
        let between = |failures, from, to| {
            let pause = pauses.after(failures, None).unwrap().as_secs_f64();
            assert!((from..=to).contains(&pause), "{pause}");
        };
        between(1, 1.0, 1.5);
        between(2, 2.0, 3.0);
        between(3, 3.0, 3.0);
        assert_eq!(pauses.after(4, None), None);
        let asked = Some(Duration::from_secs(2));
        assert!(pauses.after(1, asked).unwrap() >= Duration::from_secs(2));
        assert_eq!(pauses.after(1, Some(Duration::from_secs(900))), Some(pauses.longest));
    }
}
