//! A write that arrived although its acknowledgement was lost is made again by the client, and must not look like
//! somebody else's.

use osmtracker_osm::{Changeset, ChangesetId, Tags, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, FeedPosition, State,
    ports::{Expected, PortError, Store},
};

use crate::cloud::Cloud;

pub(crate) fn row(version: u64) -> ChangesetRow {
    ChangesetRow {
        changeset: Changeset {
            id: ChangesetId(4711),
            created_at: Timestamp(1_700_000_000),
            closed_at: None,
            open: true,
            user: None,
            bounds: None,
            num_changes: 3,
            comments_count: 0,
            tags: Tags::default(),
            discussion: Vec::new(),
        },
        feed: FeedPosition::default(),
        state: State::Open,
        version,
        first_written_at: Timestamp(1_700_000_100),
        updated_at: Timestamp(1_700_000_100),
        due_at: None,
        lease: None,
        attempts: 0,
        given_up: false,
        reason: None,
        labels: Vec::new(),
        listed: false,
        digest: None,
        source: None,
        history: Vec::new(),
    }
}

#[tokio::test]
async fn the_very_same_write_again_is_no_conflict_and_any_other_is() {
    let Some(cloud) = Cloud::start() else { return };
    let store = cloud.store().await;
    for _ in 0..2 {
        store.put_changeset(&row(1), Expected::Absent).await.unwrap();
    }
    for _ in 0..2 {
        store.put_changeset(&row(2), Expected::Version(1)).await.unwrap();
    }
    let other = ChangesetRow { attempts: 1, ..row(2) };
    let conflict = store.put_changeset(&other, Expected::Version(1)).await;
    assert!(matches!(conflict, Err(PortError::Conflict { .. })), "{conflict:?}");
    let late = store.put_changeset(&row(1), Expected::Absent).await;
    assert!(matches!(late, Err(PortError::Conflict { .. })), "{late:?}");
}
