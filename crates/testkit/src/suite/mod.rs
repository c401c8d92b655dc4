//! What every adapter of a port must do: one suite a port.
//!
//! A suite takes a factory, runs its checks one after the other, each on a fresh adapter, and panics at the end with the
//! names of those that failed. The names say the behaviour; the panics above that message say what was seen.
//!
//! The checks ask for nothing beyond the contract in [`osmtracker_pipeline::ports`], so that they hold for SQS, DynamoDB
//! and S3 as well: no order on queues, counts and indexes that follow with a little delay, receives that answer less
//! than there is. What an adapter promises beyond that it tests itself.

mod queue;
mod records;
mod rows;
mod site_store;
mod store;

use std::{fmt::Debug, pin::Pin, sync::Arc, time::Duration};

pub use queue::{QueueFactory, queue_suite};
pub use site_store::{SiteStoreFactory, site_store_suite};
pub use store::{StoreFactory, store_suite};

/// Reads again, this many times, what an adapter may show with a delay.
const TRIES: u32 = 40;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(50);

type Run<F> = fn(Arc<F>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// One behaviour.
struct Check<F> {
    name: &'static str,
    run: Run<F>,
}

/// `[Check]` of functions `async fn name(factory: Arc<F>)`. A function that is not listed is dead code, so the compiler
/// finds a check that was forgotten.
macro_rules! checks {
    ($($name:ident),+ $(,)?) => {
        &[$($crate::suite::Check { name: stringify!($name), run: |factory| Box::pin($name(factory)) }),+]
    };
}
use checks;

/// Runs all checks, also after one has failed.
async fn run_all<F: Send + Sync + 'static>(suite: &str, factory: F, checks: &[Check<F>]) {
    let factory = Arc::new(factory);
    let mut failed = Vec::new();
    for check in checks {
        if tokio::spawn((check.run)(Arc::clone(&factory))).await.is_err() {
            failed.push(check.name);
        }
    }
    assert!(
        failed.is_empty(),
        "{suite} suite: {} of {} checks failed: {}",
        failed.len(),
        checks.len(),
        failed.join(", ")
    );
}

/// Waits until `read` answers `expected`, for adapters whose indexes and counts follow with a delay.
async fn eventually<T: PartialEq + Debug, F: Future<Output = T>>(expected: T, mut read: impl FnMut() -> F) {
    let mut seen = read().await;
    for _ in 0..TRIES {
        if seen == expected {
            return;
        }
        tokio::time::sleep(PAUSE).await;
        seen = read().await;
    }
    assert_eq!(seen, expected);
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn holds(_: Arc<()>) {}

    async fn does_not_hold(_: Arc<()>) {
        panic!("on purpose");
    }

    #[tokio::test]
    #[should_panic(expected = "sample suite: 1 of 3 checks failed: does_not_hold")]
    async fn a_suite_runs_all_checks_and_names_those_that_failed() {
        run_all("sample", (), checks![holds, does_not_hold, holds]).await;
    }
}
