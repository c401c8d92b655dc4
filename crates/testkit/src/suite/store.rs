use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use osmtracker_osm::{ChangesetId, ChangesetSequence, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, State,
    ports::{Expected, ListingCursor, MetricsRow, PortError, Store},
};

use super::{
    Check, checks, eventually,
    records::*,
    rows::{HOSTILE, cursor, full_row, metrics, next, row},
    run_all,
};

/// Beside each other in the checks of concurrent writers.
const WRITERS: u64 = 12;

/// Makes stores for [`store_suite`].
#[async_trait]
pub trait StoreFactory: Send + Sync + 'static {
    /// An empty store.
    async fn store(&self) -> Arc<dyn Store>;
}

/// Checks an adapter of [`Store`].
///
/// # Panics
/// With the names of the checks that failed.
pub async fn store_suite<F: StoreFactory>(factory: F) {
    run_all("store", factory, all()).await;
}

fn all<F: StoreFactory>() -> &'static [Check<F>] {
    checks![
        a_written_row_is_read_back_whole,
        absent_rows_are_left_out,
        a_hundred_rows_are_read_at_once,
        a_write_for_an_absent_row_conflicts_when_there_is_one,
        a_write_for_a_version_conflicts_when_there_is_no_row,
        a_write_for_an_older_version_conflicts_and_changes_nothing,
        a_version_that_does_not_follow_is_refused_for_good,
        of_concurrent_first_writers_exactly_one_wins,
        of_concurrent_next_writers_exactly_one_wins,
        a_delete_needs_the_version_and_an_absent_row_is_no_error,
        due_rows_come_earliest_first_up_to_now,
        a_row_leaves_the_due_index_when_its_time_is_cleared_or_it_goes,
        recent_rows_come_newest_first_with_ties_by_highest_id,
        pages_of_the_listing_meet_without_gap_or_overlap,
        a_row_moves_in_the_listing_when_it_is_updated,
        state_counts_follow_writes_and_deletes,
        the_cursor_is_absent_at_first_and_read_back_whole,
        the_cursor_moves_from_the_expected_sequence_only,
        the_cursor_never_goes_down,
        of_concurrent_cursor_moves_exactly_one_wins,
        a_lease_is_held_against_others_until_it_runs_out,
        a_lease_is_prolonged_by_its_owner_alone,
        a_lease_given_back_is_free_and_others_cannot_give_it_back,
        leases_with_different_names_do_not_meet,
        of_concurrent_takers_exactly_one_gets_the_lease,
        a_record_is_absent_at_first_and_read_back_whole,
        a_record_is_written_over_the_expected_version_only,
        of_concurrent_writers_of_a_record_exactly_one_wins,
        records_with_different_keys_do_not_meet,
        a_record_stays_until_it_expires,
        counters_with_the_highest_sequence_stay,
        folding_removes_the_rows_and_writes_the_base,
        folding_conflicts_when_a_row_moved_and_changes_nothing,
        folding_conflicts_when_a_row_is_gone_and_changes_nothing,
        folding_conflicts_when_the_base_moved_and_changes_nothing,
    ]
}

async fn a_written_row_is_read_back_whole<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    let row = full_row(4711);
    put(&*store, &row).await;
    assert_eq!(read(&*store, 4711).await, Some(row.clone()));
    assert_eq!(store.recent(None, 10).await.expect("recent"), vec![row]);
}

async fn absent_rows_are_left_out<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    put(&*store, &row(2)).await;
    let found = store.changesets(&[1, 2, 3].map(ChangesetId)).await.expect("changesets");
    assert_eq!(found, vec![row(2)]);
    assert_eq!(store.changesets(&[]).await.expect("changesets"), Vec::new());
}

async fn a_hundred_rows_are_read_at_once<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    for id in 1..=100 {
        put(&*store, &full_row(id)).await;
    }
    let ids: Vec<_> = (1..=100).map(ChangesetId).collect();
    let mut found = store.changesets(&ids).await.expect("changesets");
    found.sort_by_key(ChangesetRow::id);
    assert_eq!(found, (1..=100).map(full_row).collect::<Vec<_>>());
}

async fn a_write_for_an_absent_row_conflicts_when_there_is_one<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    put(&*store, &row(1)).await;
    let other = ChangesetRow { attempts: 9, ..row(1) };
    assert_conflict(store.put_changeset(&other, Expected::Absent).await);
    assert_eq!(read(&*store, 1).await, Some(row(1)));
}

async fn a_write_for_a_version_conflicts_when_there_is_no_row<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    assert_conflict(store.put_changeset(&next(&row(1)), Expected::Version(1)).await);
    assert_eq!(read(&*store, 1).await, None);
    assert_eq!(store.state_counts().await.expect("counts").values().sum::<u64>(), 0);
}

async fn a_write_for_an_older_version_conflicts_and_changes_nothing<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    let second = next(&ChangesetRow { state: State::Open, due_at: Some(Timestamp(50)), ..row(1) });
    put(&*store, &row(1)).await;
    put(&*store, &second).await;
    let late = ChangesetRow { state: State::Done, due_at: Some(Timestamp(10)), ..second.clone() };
    assert_conflict(store.put_changeset(&late, Expected::Version(1)).await);
    assert_eq!(read(&*store, 1).await, Some(second.clone()));
    eventually(vec![second], || recent(&*store, None, 10)).await;
    eventually(Vec::new(), || due(&*store, 49)).await;
    eventually(BTreeMap::from([(State::Open, 1)]), || counts(&*store)).await;
}

async fn a_version_that_does_not_follow_is_refused_for_good<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    let second = ChangesetRow { version: 2, ..row(1) };
    let refused = store.put_changeset(&second, Expected::Absent).await;
    assert!(matches!(refused, Err(PortError::Permanent { .. })), "{refused:?}");
    put(&*store, &row(1)).await;
    let third = ChangesetRow { version: 3, ..row(1) };
    let refused = store.put_changeset(&third, Expected::Version(1)).await;
    assert!(matches!(refused, Err(PortError::Permanent { .. })), "{refused:?}");
    assert_eq!(read(&*store, 1).await, Some(row(1)));
}

async fn of_concurrent_first_writers_exactly_one_wins<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    let winner = one_winner(&store, Expected::Absent, &row(1)).await;
    assert_eq!(read(&*store, 1).await, Some(winner));
}

async fn of_concurrent_next_writers_exactly_one_wins<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    put(&*store, &row(1)).await;
    let winner = one_winner(&store, Expected::Version(1), &next(&row(1))).await;
    assert_eq!(read(&*store, 1).await, Some(winner));
}

async fn a_delete_needs_the_version_and_an_absent_row_is_no_error<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    let id = ChangesetId(1);
    store.delete_changeset(id, 1).await.expect("delete of an absent row");
    put(&*store, &row(1)).await;
    put(&*store, &next(&row(1))).await;
    assert_conflict(store.delete_changeset(id, 1).await);
    assert_eq!(read(&*store, 1).await, Some(next(&row(1))));
    store.delete_changeset(id, 2).await.expect("delete");
    store.delete_changeset(id, 2).await.expect("delete again");
    assert_eq!(read(&*store, 1).await, None);
    put(&*store, &row(1)).await;
}

async fn due_rows_come_earliest_first_up_to_now<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    for (id, due_at) in [(1, Some(300)), (2, Some(100)), (3, None), (4, Some(200)), (5, Some(301))] {
        put(&*store, &ChangesetRow { due_at: due_at.map(Timestamp), ..row(id) }).await;
    }
    eventually(vec![2, 4, 1], || due(&*store, 300)).await;
    eventually(Vec::new(), || due(&*store, 99)).await;
    let first = store.due(Timestamp(300), 2).await.expect("due");
    assert_eq!(first, [2, 4].map(ChangesetId));
}

async fn a_row_leaves_the_due_index_when_its_time_is_cleared_or_it_goes<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    for id in 1..=3 {
        put(&*store, &ChangesetRow { due_at: Some(Timestamp(100)), ..row(id) }).await;
    }
    put(&*store, &next(&row(1))).await;
    store.delete_changeset(ChangesetId(2), 1).await.expect("delete");
    put(&*store, &next(&ChangesetRow { due_at: Some(Timestamp(400)), ..row(3) })).await;
    eventually(Vec::new(), || due(&*store, 399)).await;
    eventually(vec![3], || due(&*store, 400)).await;
}

async fn recent_rows_come_newest_first_with_ties_by_highest_id<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    for (id, updated_at) in [(5, 10), (9, 20), (10, 20), (100, 20), (7, 30)] {
        put(&*store, &updated(id, updated_at)).await;
    }
    eventually(vec![7, 100, 10, 9, 5], || recent_ids(&*store, None, 10)).await;
    eventually(vec![7, 100], || recent_ids(&*store, None, 2)).await;
}

async fn pages_of_the_listing_meet_without_gap_or_overlap<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    // Ties are longer than a page.
    let rows: Vec<_> = (1..=23).map(|id| updated(id, i64::try_from(id).expect("small") / 7)).collect();
    for row in &rows {
        put(&*store, row).await;
    }
    let mut expected = rows;
    expected.sort_by_key(|row| std::cmp::Reverse((row.updated_at, row.id())));
    eventually(expected, || all_pages(&*store, 3)).await;
}

async fn a_row_moves_in_the_listing_when_it_is_updated<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    put(&*store, &updated(1, 10)).await;
    put(&*store, &updated(2, 20)).await;
    put(&*store, &next(&updated(1, 30))).await;
    eventually(vec![1, 2], || recent_ids(&*store, None, 10)).await;
}

async fn state_counts_follow_writes_and_deletes<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    eventually(BTreeMap::new(), || counts(&*store)).await;
    for id in 1..=3 {
        put(&*store, &row(id)).await;
    }
    put(&*store, &next(&ChangesetRow { state: State::Quarantined, ..row(2) })).await;
    store.delete_changeset(ChangesetId(3), 1).await.expect("delete");
    eventually(BTreeMap::from([(State::New, 1), (State::Quarantined, 1)]), || counts(&*store)).await;
}

async fn the_cursor_is_absent_at_first_and_read_back_whole<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    assert_eq!(store.cursor().await.expect("cursor"), None);
    store.move_cursor(None, &cursor(7)).await.expect("first move");
    assert_eq!(store.cursor().await.expect("cursor"), Some(cursor(7)));
}

async fn the_cursor_moves_from_the_expected_sequence_only<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    assert_conflict(store.move_cursor(Some(ChangesetSequence(6)), &cursor(7)).await);
    assert_eq!(store.cursor().await.expect("cursor"), None);
    store.move_cursor(None, &cursor(7)).await.expect("first move");
    assert_conflict(store.move_cursor(None, &cursor(8)).await);
    assert_conflict(store.move_cursor(Some(ChangesetSequence(6)), &cursor(8)).await);
    assert_eq!(store.cursor().await.expect("cursor"), Some(cursor(7)));
    store.move_cursor(Some(ChangesetSequence(7)), &cursor(9)).await.expect("move");
    // The head may move while the sequence stays.
    let waiting = osmtracker_pipeline::ports::FeedCursor { head_sequence: ChangesetSequence(77), ..cursor(9) };
    store.move_cursor(Some(ChangesetSequence(9)), &waiting).await.expect("move of the head");
    assert_eq!(store.cursor().await.expect("cursor"), Some(waiting));
}

async fn the_cursor_never_goes_down<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    store.move_cursor(None, &cursor(7)).await.expect("first move");
    store.move_cursor(Some(ChangesetSequence(7)), &cursor(6)).await.expect_err("a move down");
    assert_eq!(store.cursor().await.expect("cursor"), Some(cursor(7)));
}

async fn of_concurrent_cursor_moves_exactly_one_wins<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    for expected in [None, Some(ChangesetSequence(0))] {
        let writers = (0..WRITERS).map(|_| {
            let store = Arc::clone(&store);
            let to = cursor(expected.map_or(0, |before| before.0 + 1));
            tokio::spawn(async move { store.move_cursor(expected, &to).await })
        });
        assert_eq!(winners(writers.collect()).await.len(), 1);
    }
}

async fn a_lease_is_held_against_others_until_it_runs_out<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    assert!(take(&*store, "download", "a", 100, 160).await);
    assert!(!take(&*store, "download", "b", 159, 200).await);
    assert!(take(&*store, "download", "b", 160, 200).await, "a lease until now is not beyond now");
    assert!(!take(&*store, "download", "a", 161, 300).await);
}

async fn a_lease_is_prolonged_by_its_owner_alone<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    assert!(take(&*store, "download", "a", 100, 160).await);
    assert!(take(&*store, "download", "a", 150, 260).await);
    assert!(!take(&*store, "download", "b", 200, 300).await);
    assert!(take(&*store, "download", "a", 500, 560).await, "its owner may take it again after it ran out");
}

async fn a_lease_given_back_is_free_and_others_cannot_give_it_back<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    store.release_lease("download", "a").await.expect("release of a lease that nobody holds");
    assert!(take(&*store, "download", "a", 100, 160).await);
    store.release_lease("download", "b").await.expect("release by another");
    assert!(!take(&*store, "download", "b", 110, 170).await);
    store.release_lease("download", "a").await.expect("release");
    assert!(take(&*store, "download", "b", 110, 170).await);
}

async fn leases_with_different_names_do_not_meet<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    assert!(take(&*store, "download/1", "a", 100, 160).await);
    assert!(take(&*store, "download/2", "b", 100, 160).await);
    assert!(take(&*store, HOSTILE, "b", 100, 160).await);
    assert!(!take(&*store, "download/1", "b", 100, 160).await);
}

async fn of_concurrent_takers_exactly_one_gets_the_lease<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    let takers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { take(&*store, "download", &format!("taker {number}"), 100, 160).await })
        })
        .collect();
    let mut taken = 0;
    for taker in takers {
        taken += u32::from(taker.await.expect("a taker that does not panic"));
    }
    assert_eq!(taken, 1);
}

async fn counters_with_the_highest_sequence_stay<F: StoreFactory>(factory: Arc<F>) {
    let store = factory.store().await;
    assert_eq!(sorted_metrics(&*store).await, Vec::new());
    for (sequence, snapshot) in [(1, "one"), (3, "three"), (2, "two, late"), (3, "three, again")] {
        store.put_metrics(&metrics("filter#1", sequence, snapshot)).await.expect("put");
    }
    store.put_metrics(&metrics("filter#2", 1, HOSTILE)).await.expect("put");
    let expected = vec![metrics("filter#1", 3, "three"), metrics("filter#2", 1, HOSTILE)];
    eventually(expected, || sorted_metrics(&*store)).await;
}

async fn folding_removes_the_rows_and_writes_the_base<F: StoreFactory>(factory: Arc<F>) {
    let store = with_metrics(&*factory).await;
    let (a, b) = (metrics("a", 2, "a2"), metrics("b", 5, "b5"));
    store.fold_metrics(&[a], &metrics("base", 1, "a2")).await.expect("first fold");
    store.fold_metrics(&[b], &metrics("base", 2, "a2+b5")).await.expect("second fold");
    eventually(vec![metrics("base", 2, "a2+b5"), metrics("c", 1, "c1")], || sorted_metrics(&*store)).await;
}

async fn folding_conflicts_when_a_row_moved_and_changes_nothing<F: StoreFactory>(factory: Arc<F>) {
    let store = with_metrics(&*factory).await;
    let folded = [metrics("a", 2, "a2"), metrics("b", 4, "b4")];
    assert_fold_conflicts(&*store, &folded, &metrics("base", 1, "sum")).await;
}

async fn folding_conflicts_when_a_row_is_gone_and_changes_nothing<F: StoreFactory>(factory: Arc<F>) {
    let store = with_metrics(&*factory).await;
    let folded = [metrics("a", 2, "a2"), metrics("gone", 1, "")];
    assert_fold_conflicts(&*store, &folded, &metrics("base", 1, "sum")).await;
}

async fn folding_conflicts_when_the_base_moved_and_changes_nothing<F: StoreFactory>(factory: Arc<F>) {
    let store = with_metrics(&*factory).await;
    let folded = [metrics("a", 2, "a2")];
    assert_fold_conflicts(&*store, &folded, &metrics("base", 2, "sum")).await;
    store.fold_metrics(&[], &metrics("base", 1, "")).await.expect("first base");
    assert_fold_conflicts(&*store, &folded, &metrics("base", 1, "sum")).await;
    assert_fold_conflicts(&*store, &folded, &metrics("base", 3, "sum")).await;
}

async fn put(store: &dyn Store, row: &ChangesetRow) {
    let expected = if row.version == 1 { Expected::Absent } else { Expected::Version(row.version - 1) };
    store.put_changeset(row, expected).await.expect("put");
}

async fn read(store: &dyn Store, id: u64) -> Option<ChangesetRow> {
    store.changesets(&[ChangesetId(id)]).await.expect("changesets").pop()
}

async fn recent(store: &dyn Store, after: Option<ListingCursor>, limit: usize) -> Vec<ChangesetRow> {
    store.recent(after, limit).await.expect("recent")
}

async fn recent_ids(store: &dyn Store, after: Option<ListingCursor>, limit: usize) -> Vec<u64> {
    recent(store, after, limit).await.iter().map(|row| row.id().0).collect()
}

async fn all_pages(store: &dyn Store, size: usize) -> Vec<ChangesetRow> {
    let mut rows: Vec<ChangesetRow> = Vec::new();
    loop {
        let after = rows.last().map(|row| ListingCursor { updated_at: row.updated_at, id: row.id() });
        let page = recent(store, after, size).await;
        assert!(page.len() <= size, "asked for {size}, got {}", page.len());
        // A short page is the end.
        let is_last = page.len() < size;
        rows.extend(page);
        if is_last {
            return rows;
        }
    }
}

async fn due(store: &dyn Store, now: i64) -> Vec<u64> {
    store.due(Timestamp(now), 10).await.expect("due").iter().map(|id| id.0).collect()
}

/// Without zeros: states without rows may be absent.
async fn counts(store: &dyn Store) -> BTreeMap<State, u64> {
    let counts = store.state_counts().await.expect("counts");
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

async fn take(store: &dyn Store, name: &str, owner: &str, now: i64, until: i64) -> bool {
    store.take_lease(name, owner, Timestamp(now), Timestamp(until)).await.expect("take")
}

async fn sorted_metrics(store: &dyn Store) -> Vec<MetricsRow> {
    let mut rows = store.metrics().await.expect("metrics");
    rows.sort_by(|a, b| a.owner.cmp(&b.owner));
    rows
}

async fn with_metrics<F: StoreFactory>(factory: &F) -> Arc<dyn Store> {
    let store = factory.store().await;
    for row in [metrics("a", 2, "a2"), metrics("b", 5, "b5"), metrics("c", 1, "c1")] {
        store.put_metrics(&row).await.expect("put");
    }
    store
}

async fn assert_fold_conflicts(store: &dyn Store, folded: &[MetricsRow], base: &MetricsRow) {
    let before = sorted_metrics(store).await;
    assert_conflict(store.fold_metrics(folded, base).await);
    assert_eq!(sorted_metrics(store).await, before);
}

fn updated(id: u64, updated_at: i64) -> ChangesetRow {
    ChangesetRow { updated_at: Timestamp(updated_at), ..row(id) }
}

fn assert_conflict(result: Result<(), PortError>) {
    assert!(matches!(result, Err(PortError::Conflict { .. })), "expected a conflict, got {result:?}");
}

/// Many write different contents of `row` at once; answers the one that was written.
async fn one_winner(store: &Arc<dyn Store>, expected: Expected, row: &ChangesetRow) -> ChangesetRow {
    let rows: Vec<_> = (0..WRITERS)
        .map(|number| ChangesetRow { attempts: u32::try_from(number).expect("small"), ..row.clone() })
        .collect();
    let writers = rows.iter().cloned().map(|row| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.put_changeset(&row, expected).await })
    });
    let won = winners(writers.collect()).await;
    assert_eq!(won.len(), 1, "writers that won: {won:?}");
    rows[won[0]].clone()
}

/// The places of the writers that won; all others must have met a conflict.
async fn winners(writers: Vec<tokio::task::JoinHandle<Result<(), PortError>>>) -> Vec<usize> {
    let mut won = Vec::new();
    for (place, writer) in writers.into_iter().enumerate() {
        match writer.await.expect("a writer that does not panic") {
            Ok(()) => won.push(place),
            lost => assert_conflict(lost),
        }
    }
    won
}
