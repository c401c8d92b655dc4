use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use osmtracker_embedded::{Embedded, EmbeddedError, Flush, Milliseconds, Options};

/// Time that passes only when it is told to.
#[derive(Default)]
pub(crate) struct ManualTime(AtomicI64);

impl ManualTime {
    pub(crate) fn starting_at(milliseconds: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(milliseconds)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Milliseconds for ManualTime {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) fn open(folder: &Path, time: &Arc<ManualTime>, max_deliveries: u32) -> Result<Embedded, EmbeddedError> {
    let clock = Arc::clone(time) as Arc<dyn Milliseconds>;
    Embedded::open(folder, &Options { max_deliveries, flush: Flush::ByKernel, clock })
}
