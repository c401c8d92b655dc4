//! What a store does with records.

use std::sync::Arc;

use osmtracker_osm::Timestamp;
use osmtracker_pipeline::ports::{Expected, PortError, Record, Store};

use super::{StoreFactory, rows::HOSTILE};

/// Beside each other in the check of concurrent writers.
const WRITERS: u64 = 12;

/// Long before any test is run, and long after.
const LONG_AGO: Timestamp = Timestamp(1_000);
const FAR_AWAY: Timestamp = Timestamp(7_000_000_000);

fn record(key: &str, version: u64, value: &str) -> Record {
    Record { key: key.to_owned(), version, expires_at: None, value: value.to_owned() }
}

async fn read(store: &dyn Store, key: &str) -> Option<Record> {
    store.record(key).await.expect("record")
}

pub(super) async fn a_record_is_absent_at_first_and_read_back_whole<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    assert_eq!(read(&*store, "notify/ops/1").await, None);
    for (number, value) in [HOSTILE, "{}", "\u{1f600} \n\t"].into_iter().enumerate() {
        let expires_at = (number % 2 == 0).then_some(FAR_AWAY);
        let written = Record { expires_at, ..record(&format!("notify/ops/{number}"), 1, value) };
        store.put_record(&written, Expected::Absent).await.expect("put");
        assert_eq!(read(&*store, &written.key).await, Some(written));
    }
}

pub(super) async fn a_record_is_written_over_the_expected_version_only<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    let (first, second) = (record("k", 1, "a"), record("k", 2, "b"));
    let refused = store.put_record(&second, Expected::Version(1)).await;
    assert!(matches!(refused, Err(PortError::Conflict { .. })), "{refused:?}");
    store.put_record(&first, Expected::Absent).await.expect("put");
    let again = store.put_record(&record("k", 1, "c"), Expected::Absent).await;
    assert!(matches!(again, Err(PortError::Conflict { .. })), "{again:?}");
    store.put_record(&second, Expected::Version(1)).await.expect("put");
    let late = store.put_record(&record("k", 2, "c"), Expected::Version(1)).await;
    assert!(matches!(late, Err(PortError::Conflict { .. })), "{late:?}");
    let wrong = store.put_record(&record("k", 7, "c"), Expected::Version(2)).await;
    assert!(matches!(wrong, Err(PortError::Permanent { .. })), "{wrong:?}");
    assert_eq!(read(&*store, "k").await, Some(second));
}

pub(super) async fn of_concurrent_writers_of_a_record_exactly_one_wins<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.push(tokio::spawn(async move {
            let record = record("k", 1, &writer.to_string());
            store.put_record(&record, Expected::Absent).await.is_ok().then_some(record)
        }));
    }
    let mut winners = Vec::new();
    for writer in writers {
        winners.extend(writer.await.expect("a writer"));
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(read(&*store, "k").await, winners.pop());
}

pub(super) async fn records_with_different_keys_do_not_meet<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    for key in ["notify/a", "notify/a/1", "notify/a/digest", "notify/ab"] {
        assert_eq!(read(&*store, key).await, None);
        store.put_record(&record(key, 1, key), Expected::Absent).await.expect("put");
    }
    assert_eq!(read(&*store, "notify/a").await, Some(record("notify/a", 1, "notify/a")));
}

/// One that has expired may be there or not, and must not hinder a new one from being written over what is there.
pub(super) async fn a_record_stays_until_it_expires<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    let old = Record { expires_at: Some(LONG_AGO), ..record("old", 1, "o") };
    let kept = Record { expires_at: Some(FAR_AWAY), ..record("kept", 1, "k") };
    store.put_record(&old, Expected::Absent).await.expect("put");
    store.put_record(&kept, Expected::Absent).await.expect("put");
    store.put_record(&record("new", 1, "n"), Expected::Absent).await.expect("put");
    let expected = match read(&*store, "old").await {
        Some(found) => {
            assert_eq!(found, old);
            Expected::Version(1)
        }
        None => Expected::Absent,
    };
    let version = if expected == Expected::Absent { 1 } else { 2 };
    store.put_record(&record("old", version, "again"), expected).await.expect("put");
    assert_eq!(read(&*store, "old").await, Some(record("old", version, "again")));
    assert_eq!(read(&*store, "kept").await, Some(kept));
}
