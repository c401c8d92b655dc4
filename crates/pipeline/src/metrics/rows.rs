use osmtracker_osm::Timestamp;

use super::{BASE_OWNER, Metrics, Snapshot};
use crate::ports::{MetricsRow, PortError, Store};

/// Seconds without a confirmed put after which a process goes on under another owner: well before
/// [`super::fold::IDLE_SECONDS`], when its old row may be folded and writing it again would count it twice.
pub(super) const REUSE_SECONDS: i64 = 30 * 60;

/// Times that a put is sent before [`RowWriter::flush`] gives up.
const PUTS: u32 = 4;

/// A stored row that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("metrics row of {owner:?} is not a snapshot; delete it to go on without its counts")]
pub struct MetricsError {
    /// Whose row.
    pub owner: String,
    #[source]
    source: serde_json::Error,
}

/// The row that holds everything that `metrics` counted.
#[must_use]
pub fn to_row(metrics: &Metrics, owner: &str, sequence: u64, now: Timestamp) -> MetricsRow {
    row_of(&metrics.snapshot(), owner, sequence, now)
}

/// The sum of all rows, the base row among them.
///
/// # Errors
/// When a row is not a snapshot. Leaving it out would let counters fall.
pub fn from_rows(rows: &[MetricsRow]) -> Result<Snapshot, MetricsError> {
    let mut sum = Snapshot::default();
    for row in rows {
        sum.merge(&read(row)?);
    }
    Ok(sum)
}

pub(super) fn row_of(snapshot: &Snapshot, owner: &str, sequence: u64, now: Timestamp) -> MetricsRow {
    MetricsRow {
        owner: owner.to_owned(),
        sequence,
        updated_at: now,
        snapshot: serde_json::to_string(snapshot).expect("maps of text and numbers are valid JSON"),
    }
}

pub(super) fn read(row: &MetricsRow) -> Result<Snapshot, MetricsError> {
    serde_json::from_str(&row.snapshot).map_err(|source| MetricsError { owner: row.owner.clone(), source })
}

/// Makes the rows of one process.
///
/// A process that could not put its row for half an hour, because it was frozen or the table was away, goes on under a
/// new owner and leaves the old row behind: nothing is counted twice when the supervisor has folded it. What the last
/// unconfirmed put held is then given up, in case it did arrive.
#[derive(Debug)]
pub struct RowWriter {
    process: String,
    epoch: u32,
    sequence: u64,
    /// What earlier owners' rows hold.
    settled: Snapshot,
    /// What the newest row holds, together with `settled`.
    sent: Snapshot,
    /// When this owner's row was last known to be fresh: confirmed, or sent for the first time.
    fresh_at: Option<Timestamp>,
}

impl RowWriter {
    /// For one process that never ran before: the function's name and something unique for its environment.
    #[must_use]
    pub fn new(function: &str, environment: &str) -> Self {
        let process = format!("{function}#{environment}");
        debug_assert_ne!(process, BASE_OWNER, "has a hash sign");
        Self { process, epoch: 0, sequence: 0, settled: Snapshot::default(), sent: Snapshot::default(), fresh_at: None }
    }

    /// The next row to put. Put it until that succeeds, then say so to [`Self::confirm`].
    pub fn next_row(&mut self, metrics: &Metrics, now: Timestamp) -> MetricsRow {
        if self.fresh_at.is_some_and(|at| now.seconds_since(at) >= REUSE_SECONDS) {
            self.epoch += 1;
            self.sequence = 0;
            self.settled = self.sent.clone();
            self.fresh_at = None;
        }
        self.sequence += 1;
        self.fresh_at = self.fresh_at.or(Some(now));
        self.sent = metrics.snapshot();
        row_of(&self.sent.since(&self.settled), &self.owner(), self.sequence, now)
    }

    /// The row was put for certain.
    pub fn confirm(&mut self, row: &MetricsRow) {
        if row.owner == self.owner() {
            self.fresh_at = self.fresh_at.max(Some(row.updated_at));
        }
    }

    /// Puts everything counted so far.
    ///
    /// # Errors
    /// When the store fails for good or again and again; the next flush carries the counts.
    pub async fn flush(&mut self, metrics: &Metrics, store: &dyn Store, now: Timestamp) -> Result<(), PortError> {
        let row = self.next_row(metrics, now);
        let mut puts = 1;
        loop {
            match store.put_metrics(&row).await {
                Err(PortError::Transient { .. }) if puts < PUTS => puts += 1,
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        self.confirm(&row);
        Ok(())
    }

    fn owner(&self) -> String {
        match self.epoch {
            0 => self.process.clone(),
            epoch => format!("{}#{epoch}", self.process),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Component, Event, EventAction};

    #[test]
    fn rows_of_several_processes_add_up() {
        let (a, b) = (Metrics::new(), Metrics::new());
        a.events(Event::Filter, EventAction::In, 3);
        b.events(Event::Filter, EventAction::In, 4);
        b.cold_start(Component::Analyser);
        let rows = [to_row(&a, "filter#1", 7, Timestamp(10)), to_row(&b, "analyser#1", 1, Timestamp(11))];
        let sum = from_rows(&rows).unwrap();
        assert_eq!(sum.counter("osmtracker_events{event=\"filter\",action=\"in\"}"), 7);
        assert_eq!(sum.counter("osmtracker_cold_starts_total{component=\"analyser\"}"), 1);
    }

    #[test]
    fn a_row_that_is_no_snapshot_is_named() {
        let row = MetricsRow { owner: "filter#1".into(), sequence: 1, updated_at: Timestamp(0), snapshot: "{]".into() };
        let error = from_rows(&[row]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "metrics row of \"filter#1\" is not a snapshot; delete it to go on without its counts"
        );
    }

    #[test]
    fn a_process_that_slept_goes_on_under_another_owner_with_what_is_new() {
        let (metrics, mut writer) = (Metrics::new(), RowWriter::new("tracker", "e1"));
        metrics.events(Event::Filter, EventAction::Out, 5);
        let first = writer.next_row(&metrics, Timestamp(0));
        writer.confirm(&first);
        metrics.events(Event::Filter, EventAction::Out, 2);
        let second = writer.next_row(&metrics, Timestamp(REUSE_SECONDS));
        assert_eq!((first.owner.as_str(), second.owner.as_str()), ("tracker#e1", "tracker#e1#1"));
        assert_eq!(second.sequence, 1);
        let sum = from_rows(&[first, second]).unwrap();
        assert_eq!(sum.counter("osmtracker_events{event=\"filter\",action=\"out\"}"), 7);
    }

    #[test]
    fn series_of_a_newer_version_survive() {
        let newer = r#"{"counters":{"osmtracker_of_tomorrow":3},"something":1}"#;
        let row = MetricsRow { owner: "a#1".into(), sequence: 1, updated_at: Timestamp(0), snapshot: newer.to_owned() };
        assert_eq!(from_rows(&[row.clone(), row]).unwrap().counter("osmtracker_of_tomorrow"), 6);
    }
}
