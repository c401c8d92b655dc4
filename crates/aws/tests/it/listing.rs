//! Listings read an index that is behind the table by moments.

use aws_sdk_dynamodb::types::AttributeValue;
use osmtracker_aws::DynamoDb;
use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow,
    ports::{Expected, ListingCursor, Store},
};

use crate::{cloud::Cloud, lost_acknowledgements::row};

const DAY: i64 = 86_400;

async fn put(store: &DynamoDb, id: u64, updated_at: i64) {
    let mut row = row(1);
    row.changeset.id = ChangesetId(id);
    row.updated_at = Timestamp(updated_at);
    store.put_changeset(&row, Expected::Absent).await.unwrap();
}

/// What the index says of a row that is not there any more, or has moved: a key without it.
async fn put_stale_key(cloud: &Cloud, table: &str, id: u64, updated_at: i64) {
    let request = cloud.clients.dynamodb.put_item().table_name(table);
    let request =
        request.item("pk", AttributeValue::S(format!("STALE#{id}"))).item("sk", AttributeValue::S("ROW".to_owned()));
    let request = request.item("day", AttributeValue::S(format!("{}#{}", updated_at / DAY, id % 8)));
    request.item("updated", AttributeValue::S(format!("{updated_at:012}#{id:020}"))).send().await.unwrap();
}

fn ids(rows: &[ChangesetRow]) -> Vec<u64> {
    rows.iter().map(|row| row.id().0).collect()
}

fn after(row: &ChangesetRow) -> Option<ListingCursor> {
    Some(ListingCursor { updated_at: row.updated_at, id: row.id() })
}

#[tokio::test]
async fn a_page_is_full_although_rows_of_its_keys_are_gone_or_moved() {
    let Some(cloud) = Cloud::start() else { return };
    let table = cloud.table().await;
    let store = DynamoDb::new(cloud.clients.dynamodb.clone(), table.clone());
    // Two days. Of 100 to 103 only keys are left; 7 was written meanwhile, and its old key is still there.
    let base = 20_000 * DAY;
    for (id, updated_at) in [(7, base + 70), (5, base + 50), (4, base + 40), (2, base - 20), (1, base - 30)] {
        put(&store, id, updated_at).await;
    }
    for (id, updated_at) in [(100, base + 60), (101, base + 45), (102, base - 5), (103, base - 25), (7, base + 1)] {
        put_stale_key(&cloud, &table, id, updated_at).await;
    }
    assert_eq!(ids(&store.recent(None, 2).await.unwrap()), [7, 5]);
    assert_eq!(ids(&store.recent(None, 4).await.unwrap()), [7, 5, 4, 2]);
    assert_eq!(ids(&store.recent(None, 5).await.unwrap()), [7, 5, 4, 2, 1]);
    assert_eq!(ids(&store.recent(None, 9).await.unwrap()), [7, 5, 4, 2, 1]);
    let (mut walked, mut place) = (Vec::new(), None);
    loop {
        let page = store.recent(place, 1).await.unwrap();
        let Some(last) = page.last() else { break };
        place = after(last);
        walked.extend(ids(&page));
    }
    assert_eq!(walked, [7, 5, 4, 2, 1], "each once, and a walk never goes back up");
}

#[tokio::test]
async fn a_row_whose_moment_was_put_back_does_not_hide_those_between() {
    let Some(cloud) = Cloud::start() else { return };
    let table = cloud.table().await;
    let store = DynamoDb::new(cloud.clients.dynamodb.clone(), table.clone());
    let base = 20_000 * DAY;
    for (id, updated_at) in [(5, base + 50), (7, base + 10), (4, base + 30)] {
        put(&store, id, updated_at).await;
    }
    put_stale_key(&cloud, &table, 7, base + 40).await;
    assert_eq!(ids(&store.recent(None, 2).await.unwrap()), [5, 4]);
    assert_eq!(ids(&store.recent(None, 9).await.unwrap()), [5, 4, 7]);
}
