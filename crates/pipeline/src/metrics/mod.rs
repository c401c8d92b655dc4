//! What is counted and measured, and how many processes' counts become one exposition.
//!
//! Each process counts in memory ([`Metrics`]) and puts everything it ever counted as one row ([`RowWriter`]), which is
//! idempotent; readers add the rows up ([`from_rows`]) and render them with the gauges of the table ([`render`]). The
//! supervisor folds rows of processes that are gone into a base row ([`plan_fold`]), so the sum never falls.

mod cost;
mod families;
mod fold;
mod labels;
mod render;
mod rows;
#[cfg(test)]
mod simulation;
mod snapshot;
mod usage;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use osmtracker_osm::{Gap, Timestamp};

use crate::ports::FeedCursor;
pub use cost::Ledger;
pub use families::Timer;
use families::{Counter, HistogramKind};
pub use fold::{BASE_OWNER, Fold, plan_fold};
pub use labels::{
    ApiOperation, CloudUnit, Component, Direction, Event, EventAction, FailureKind, NotifyKind, NotifyResult,
    ObjectKind, ProblemKind, RefusalStatus, RetryCause, SearchResult, SourceLabel, StepName,
};
pub use render::{Gauges, Generation, render};
pub use rows::{MetricsError, RowWriter, from_rows, to_row};
pub use snapshot::Snapshot;
use snapshot::Stamped;
pub use usage::Usage;

/// The counters of this process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    counted: Arc<Mutex<Snapshot>>,
}

impl Metrics {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A step took something in or gave something out.
    pub fn event(&self, event: Event, action: EventAction) {
        self.events(event, action, 1);
    }

    /// A step took `count` things in or gave them out.
    pub fn events(&self, event: Event, action: EventAction, count: u64) {
        self.add(Counter::Events(event, action), count);
    }

    /// Something took so long.
    pub fn time(&self, timer: Timer, took: Duration) {
        self.observe(HistogramKind::Time(timer), micros(took));
    }

    /// A file of the changesets feed is on the filter queue: how many changesets it held, how long handing it over
    /// took, and when.
    pub fn diff_tracked(&self, changesets: usize, took: Duration, now: Timestamp) {
        self.time(Timer::MinutelyDiff, took);
        let value = i64::try_from(changesets).unwrap_or(i64::MAX);
        let mut counted = self.lock();
        counted.set(render::CSETS_OBSERVED, Stamped { at: now, value });
        counted.set(render::PROCESSING_TIMESTAMP, Stamped { at: now, value: now.0 });
    }

    /// How far the feed was followed. Where [`Gauges::cursor`] is known, that one is shown.
    pub fn feed_position(&self, cursor: &FeedCursor) {
        let mut counted = self.lock();
        for (series, value) in render::feed_gauges(cursor) {
            counted.set(series, Stamped { at: cursor.checked_at, value });
        }
    }

    /// A call to the OSM API was made: bytes of the request's and the answer's bodies, as on the wire.
    pub fn api_call(&self, operation: ApiOperation, sent_bytes: u64, received_bytes: u64) {
        self.add(Counter::ApiEvents(operation), 1);
        self.add(Counter::ApiBytes(operation, Direction::Out), sent_bytes);
        self.add(Counter::ApiBytes(operation, Direction::In), received_bytes);
    }

    /// A changeset was downloaded from a source other than the OSM API.
    pub fn alt_source_download(&self, received_bytes: u64) {
        self.add(Counter::AltSourceDownloads, 1);
        self.add(Counter::AltSourceBytes, received_bytes);
    }

    /// A changeset was analysed: the [`crate::ports::ChangeSource::name`] of who answered, after how many calls, and
    /// what is missing.
    pub fn analysed(&self, source: &str, calls: u32, gaps: &[Gap]) {
        self.add(Counter::AnalysisSource(SourceLabel::of(source)), 1);
        self.observe(HistogramKind::ApiCalls, calls.into());
        for gap in gaps {
            self.add(Counter::Gaps(gap.kind), 1);
        }
    }

    /// Something is tried again.
    pub fn retry(&self, cause: RetryCause) {
        self.add(Counter::Retries(cause), 1);
    }

    /// An object was put into the site.
    pub fn written(&self, kind: ObjectKind, bytes: u64) {
        self.add(Counter::Written(kind), 1);
        self.add(Counter::WrittenBytes(kind), bytes);
    }

    /// This process, or this environment of a function, began its life.
    pub fn cold_start(&self, component: Component) {
        self.add(Counter::ColdStarts(component), 1);
    }

    /// The upstream answered with a status that means that it does not want us.
    pub fn refused(&self, status: u16, now: Timestamp) {
        let mut counted = self.lock();
        counted.add(&Counter::Refusals(RefusalStatus::of(status)).key(), 1);
        counted.set(snapshot::REFUSED_AT, Stamped { at: now, value: now.0 });
    }

    /// A step failed: for now, or for good.
    pub fn step_failed(&self, step: StepName, kind: FailureKind) {
        self.add(Counter::StepFailures(step, kind), 1);
    }

    /// An invocation of a function, or a step of the local program, is over.
    pub fn ran(&self, component: Component, took: Duration) {
        self.add(Counter::Runs(component), 1);
        self.add(Counter::RunTime(component), micros(took));
    }

    /// What this process has used since its start, and that it is alive.
    pub fn used(&self, component: Component, usage: &Usage, now: Timestamp) {
        let mut counted = self.lock();
        counted.raise(&Counter::CpuTime(component).key(), micros(usage.processor));
        let bytes = i64::try_from(usage.resident_bytes).unwrap_or(i64::MAX);
        counted.set(&render::resident_memory(component), Stamped { at: now, value: bytes });
        counted.set(&render::component_seen(component), Stamped { at: now, value: now.0 });
    }

    /// The search index was told of so many changesets.
    pub fn search_documents(&self, result: SearchResult, count: u64) {
        self.add(Counter::SearchDocuments(result), count);
    }

    /// How old the oldest change was that the search index was told of, or could not be told of.
    pub fn search_lag(&self, lag_seconds: i64, now: Timestamp) {
        self.lock().set(render::SEARCH_LAG.name, Stamped { at: now, value: lag_seconds });
    }

    /// The cloud will charge for something.
    pub fn charged(&self, unit: CloudUnit, units: f64) {
        // Finite and not negative, whatever the cloud says: a cast of floats saturates.
        self.add(Counter::CloudUnits(unit), (units * 1_000_000.0).round() as u64);
    }

    /// A message to a target was sent, or not.
    pub fn notified(&self, kind: NotifyKind, result: NotifyResult) {
        self.add(Counter::Notifications(kind, result), 1);
    }

    /// Everything counted so far.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.lock().clone()
    }

    fn add(&self, counter: Counter, count: u64) {
        self.lock().add(&counter.key(), count);
    }

    fn observe(&self, histogram: HistogramKind, value: u64) {
        self.lock().observe(histogram.family().name, histogram.bounds(), value);
    }

    fn lock(&self) -> MutexGuard<'_, Snapshot> {
        // Each change is a single addition: a thread that panicked cannot have left half of one.
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}
