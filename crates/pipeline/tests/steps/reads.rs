//! What a run of the supervisor reads.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use osmtracker_osm::{ChangesetId, ChangesetSequence, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, State,
    ports::{Clock, Expected, FeedCursor, ListingCursor, MetricsRow, PortError, Record, Store},
    steps::{self, Ports},
};

use crate::world::{World, changeset, node_at};

/// A store that counts what is asked of it, and how many rows it answers.
struct Counting {
    inner: Arc<dyn Store>,
    calls: AtomicU64,
    rows: AtomicU64,
}

impl Counting {
    fn called<T>(&self, answer: Result<T, PortError>, rows: impl Fn(&T) -> usize) -> Result<T, PortError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(answer.as_ref().map_or(0, rows) as u64, Ordering::Relaxed);
        answer
    }

    fn read(&self) -> (u64, u64) {
        (self.calls.swap(0, Ordering::Relaxed), self.rows.swap(0, Ordering::Relaxed))
    }
}

#[async_trait]
impl Store for Counting {
    async fn changesets(&self, ids: &[ChangesetId]) -> Result<Vec<ChangesetRow>, PortError> {
        self.called(self.inner.changesets(ids).await, Vec::len)
    }

    async fn put_changeset(&self, row: &ChangesetRow, expected: Expected) -> Result<(), PortError> {
        self.called(self.inner.put_changeset(row, expected).await, |()| 1)
    }

    async fn delete_changeset(&self, id: ChangesetId, version: u64) -> Result<(), PortError> {
        self.called(self.inner.delete_changeset(id, version).await, |()| 1)
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ChangesetId>, PortError> {
        self.called(self.inner.due(now, limit).await, Vec::len)
    }

    async fn recent(&self, after: Option<ListingCursor>, limit: usize) -> Result<Vec<ChangesetRow>, PortError> {
        self.called(self.inner.recent(after, limit).await, Vec::len)
    }

    async fn state_counts(&self) -> Result<BTreeMap<State, u64>, PortError> {
        self.called(self.inner.state_counts().await, BTreeMap::len)
    }

    async fn cursor(&self) -> Result<Option<FeedCursor>, PortError> {
        self.called(self.inner.cursor().await, |_| 1)
    }

    async fn move_cursor(&self, expected: Option<ChangesetSequence>, cursor: &FeedCursor) -> Result<(), PortError> {
        self.called(self.inner.move_cursor(expected, cursor).await, |()| 1)
    }

    async fn take_lease(&self, name: &str, owner: &str, now: Timestamp, until: Timestamp) -> Result<bool, PortError> {
        self.called(self.inner.take_lease(name, owner, now, until).await, |_| 1)
    }

    async fn release_lease(&self, name: &str, owner: &str) -> Result<(), PortError> {
        self.called(self.inner.release_lease(name, owner).await, |()| 1)
    }

    async fn record(&self, key: &str) -> Result<Option<Record>, PortError> {
        self.called(self.inner.record(key).await, |_| 1)
    }

    async fn put_record(&self, record: &Record, expected: Expected) -> Result<(), PortError> {
        self.called(self.inner.put_record(record, expected).await, |()| 1)
    }

    async fn put_metrics(&self, row: &MetricsRow) -> Result<(), PortError> {
        self.called(self.inner.put_metrics(row).await, |()| 1)
    }

    async fn metrics(&self) -> Result<Vec<MetricsRow>, PortError> {
        self.called(self.inner.metrics().await, Vec::len)
    }

    async fn fold_metrics(&self, folded: &[MetricsRow], base: &MetricsRow) -> Result<(), PortError> {
        self.called(self.inner.fold_metrics(folded, base).await, |()| 1)
    }
}

/// Analysed rows that are due in a year.
async fn store_up_to(store: &dyn Store, pattern: &ChangesetRow, now: Timestamp, ids: std::ops::Range<u64>) {
    for id in ids {
        let mut row = pattern.clone();
        row.changeset.id = ChangesetId(1_000 + id);
        (row.version, row.due_at) = (1, Some(now.plus_seconds(365 * 86_400)));
        store.put_changeset(&row, Expected::Absent).await.unwrap();
    }
}

/// Makes twenty rows due: open ones, whose time to be looked at has come.
async fn make_due(store: &dyn Store, pattern: &ChangesetRow, now: Timestamp) {
    for id in 0..20 {
        let mut row = pattern.clone();
        row.changeset.id = ChangesetId(100 + id);
        (row.state, row.due_at) = (State::Open, Some(now));
        let stands = store.changesets(&[row.id()]).await.unwrap().pop();
        row.version = stands.as_ref().map_or(1, |row| row.version + 1);
        let expected = stands.map_or(Expected::Absent, |row| Expected::Version(row.version));
        store.put_changeset(&row, expected).await.unwrap();
    }
}

#[tokio::test]
async fn the_supervisor_reads_what_is_due_and_not_what_is_stored() {
    let world = World::new("[pipeline]\nhorizon_hours = 0\n");
    world.upstream.publish(vec![changeset(1, 9.5, 56.0)]);
    world.upstream.change(1, node_at(1, 9.5, 56.0));
    world.settle().await.unwrap();
    let pattern = world.row(1).await.unwrap();
    let counting = Arc::new(Counting {
        inner: world.ports.store.clone(),
        calls: AtomicU64::default(),
        rows: AtomicU64::default(),
    });
    let ports = Ports { store: counting.clone(), ..world.ports.clone() };
    let mut read = Vec::new();
    for stored in [0..100, 100..100_000] {
        store_up_to(&*world.ports.store, &pattern, world.clock.now(), stored).await;
        make_due(&*world.ports.store, &pattern, world.clock.now()).await;
        let outcome = steps::supervise(&ports).await.unwrap();
        assert_eq!(outcome.queued, 20);
        read.push(counting.read());
    }
    assert_eq!(read[0], read[1], "calls and rows with 100 and with 100,000 rows");
    assert!(read[0].1 < 100, "{read:?}");
}
