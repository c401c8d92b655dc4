//! The index is made equal to the table, whatever was in it.

use std::sync::Arc;

use osmtracker_embedded::{Embedded, Options};
use osmtracker_pipeline::{
    ChangesetRow,
    ports::{Expected, Store},
};
use osmtracker_search::{Operation, RejectedChangeset, reindex, survey};
use osmtracker_testkit::search::SearchFault;

use crate::support::{bulks, changed, expected, held, listed, row, server, worked_on};

fn table() -> (tempfile::TempDir, Arc<osmtracker_embedded::Sqlite>) {
    let folder = tempfile::tempdir().unwrap();
    let embedded = Embedded::open(folder.path(), &Options::default()).unwrap();
    (folder, embedded.sqlite)
}

/// Puts rows as they are, each with all its versions before.
async fn put(store: &dyn Store, rows: &[ChangesetRow]) {
    for row in rows {
        for version in 1..=row.version {
            let row = ChangesetRow { version, ..row.clone() };
            let before = if version == 1 { Expected::Absent } else { Expected::Version(version - 1) };
            store.put_changeset(&row, before).await.unwrap();
        }
    }
}

#[tokio::test]
async fn every_listed_row_is_written_and_everything_else_deleted() {
    let ((_folder, store), (server, index)) = (table(), server().await);
    let mut rows: Vec<_> = (1..250).map(row).collect();
    for (place, row) in rows.iter_mut().enumerate() {
        row.updated_at = row.updated_at.plus_seconds(i64::try_from(place % 100).unwrap());
    }
    rows[7] = listed(&rows[7], false);
    rows[8] = changed(&rows[8]);
    put(&*store, &rows).await;
    // Before: too much, an old version, one that is not listed any more, one that is right.
    let before = [&row(1_000), &row(2_000), &row(8), &row(9), &rows[2]].map(Operation::of);
    index.apply(&before).await.unwrap();

    let planned = survey(&*store, &index).await.unwrap();
    assert_eq!((planned.rows, planned.surplus), (248, 3));
    let done = reindex(&*store, &index).await.unwrap();
    assert_eq!((done.indexed, done.newer, done.deleted), (248, 0, 3));
    assert_eq!(held(&server), expected(&rows));
    assert_eq!(survey(&*store, &index).await.unwrap().surplus, 0);
}

#[tokio::test]
async fn a_look_at_what_would_be_done_makes_nothing() {
    let ((_folder, store), (server, index)) = (table(), server().await);
    put(&*store, &[row(1)]).await;
    let planned = survey(&*store, &index).await.unwrap();
    assert_eq!((planned.rows, planned.surplus), (1, 0));
    assert_eq!(server.requests().into_iter().map(|it| it.line).collect::<Vec<_>>(), ["HEAD /osmtracker"]);
}

#[tokio::test]
async fn a_rebuild_writes_documents_that_only_a_release_has_changed() {
    let ((_folder, store), (server, index)) = (table(), server().await);
    put(&*store, &[row(1)]).await;
    // What an earlier release made of the same version of the row.
    let mut earlier = row(1);
    earlier.changeset.num_changes = 999;
    index.apply(&[Operation::of(&earlier)]).await.unwrap();
    reindex(&*store, &index).await.unwrap();
    assert_eq!(held(&server), expected(&[row(1)]));
}

#[tokio::test]
async fn a_rebuild_does_not_undo_what_is_newer() {
    let ((_folder, store), (server, index)) = (table(), server().await);
    put(&*store, &[row(1)]).await;
    let newer = changed(&worked_on(&row(1)));
    index.apply(&[Operation::of(&newer)]).await.unwrap();
    let done = reindex(&*store, &index).await.unwrap();
    assert_eq!((done.indexed, done.newer), (0, 1));
    assert_eq!(held(&server), expected(&[newer]));
}

#[tokio::test]
async fn an_empty_table_empties_the_index_page_by_page() {
    let ((_folder, store), (server, index)) = (table(), server().await);
    let operations: Vec<_> = (1..2_101).map(|id| Operation::of(&row(id))).collect();
    index.apply(&operations).await.unwrap();
    assert_eq!(reindex(&*store, &index).await.unwrap().deleted, 2_100);
    assert!(held(&server).is_empty());
    let searches = server.requests().into_iter().filter(|request| request.line.ends_with("/_search"));
    assert_eq!(searches.count(), 3);
}

#[tokio::test]
async fn what_the_server_never_takes_is_named_and_the_rest_goes_on() {
    let ((_folder, store), (server, index)) = (table(), server().await);
    put(&*store, &[row(1), row(2), row(3)]).await;
    server.reject("2");
    let done = reindex(&*store, &index).await.unwrap();
    let [RejectedChangeset { id, kind, .. }] = done.rejected.as_slice() else { panic!("{done:?}") };
    assert_eq!((id.0, kind.as_str()), (2, "document_parsing_exception"));
    assert_eq!(held(&server), expected(&[row(1), row(3)]));
}

#[tokio::test]
async fn a_rebuild_that_failed_can_be_started_again() {
    let ((_folder, store), (server, index)) = (table(), server().await);
    let rows: Vec<_> = (1..250).map(row).collect();
    put(&*store, &rows).await;
    reindex(&*store, &index).await.unwrap();
    server.fail_next([SearchFault::Status(503); 4]);
    reindex(&*store, &index).await.unwrap_err();
    reindex(&*store, &index).await.unwrap();
    assert_eq!(held(&server), expected(&rows));
    assert!(bulks(&server).iter().all(|body| body.lines().count() <= 2 * 100), "a page of rows each");
}
