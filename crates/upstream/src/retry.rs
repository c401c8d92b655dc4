use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::ClientConfig;

/// Waiting, behind a trait so that tests wait for nothing.
#[async_trait]
pub(crate) trait Timer: Send + Sync {
    /// Time since some fixed moment.
    fn now(&self) -> Duration;

    async fn sleep(&self, time: Duration);
}

/// The timer of the runtime.
#[derive(Debug)]
pub(crate) struct RuntimeTimer(tokio::time::Instant);

impl RuntimeTimer {
    pub(crate) fn new() -> Self {
        Self(tokio::time::Instant::now())
    }
}

#[async_trait]
impl Timer for RuntimeTimer {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// How long to wait after the failure of try number `attempt` (from 1): doubling, capped, and the upper half of it at
/// random, so that many clients do not come back in step.
pub(crate) fn backoff(config: &ClientConfig, attempt: u32, rng: &mut fastrand::Rng) -> Duration {
    let factor = 2u32.saturating_pow(attempt.saturating_sub(1));
    let full = config.first_backoff.saturating_mul(factor).min(config.max_backoff);
    full / 2 + full.mul_f64(rng.f64() / 2.0)
}

/// What `Retry-After` asks for: seconds, or a date, which is held against the server's own `Date` where there is one.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let date = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    Some(until.duration_since(date.unwrap_or(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_wait_doubles_up_to_its_cap_and_varies() {
        let config = ClientConfig::new("test");
        let mut rng = fastrand::Rng::with_seed(1);
        let mut waits = |attempt| [(); 50].map(|()| backoff(&config, attempt, &mut rng));
        for (attempt, full) in [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (40, 30)] {
            let full = Duration::from_secs(full);
            let seen = waits(attempt);
            assert!(seen.iter().all(|&wait| wait >= full / 2 && wait <= full), "{attempt}: {seen:?}");
            assert!(seen.iter().any(|wait| wait != &seen[0]));
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Sun, 22 Nov 2026 10:00:00 GMT").unwrap();
        for (pairs, expected) in [
            (&[][..], None),
            (&[("retry-after", "17")], Some(17)),
            (&[("retry-after", " 3 ")], Some(3)),
            (&[("retry-after", "Sun, 22 Nov 2026 10:01:30 GMT")], Some(90)),
            (&[("retry-after", "Sun, 22 Nov 2026 09:00:00 GMT")], Some(0)),
            // The server's clock is an hour ahead: its own date is what counts.
            (&[("retry-after", "Sun, 22 Nov 2026 11:00:10 GMT"), ("date", "Sun, 22 Nov 2026 11:00:00 GMT")], Some(10)),
            (&[("retry-after", "99999999999999999999999")], Some(u64::from(u32::MAX))),
            (&[("retry-after", "soon")], None),
        ] {
            assert_eq!(retry_after(&headers(pairs), now), expected.map(Duration::from_secs), "{pairs:?}");
        }
    }
}
