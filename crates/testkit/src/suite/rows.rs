use osmtracker_osm::{Changeset, ChangesetId, ChangesetSequence, Comment, Tags, Timestamp, User, UserId};
use osmtracker_pipeline::{
    ChangesetRow, FeedPosition, Lease, State, Transition,
    ports::{FeedCursor, FeedFault, MetricsRow, SkippedFiles},
};

/// What strangers may write: quotes, SQL, markup, a NUL, direction marks, characters of four bytes.
pub(super) const HOSTILE: &str = "'; DROP TABLE changeset; --\" <script>&\0\u{202e}\u{1f5fa}\n";

/// The first version of a row.
pub(super) fn row(id: u64) -> ChangesetRow {
    ChangesetRow {
        changeset: Changeset {
            id: ChangesetId(id),
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
        feed: FeedPosition { sequence: ChangesetSequence(6_641_018), index: 7 },
        state: State::New,
        version: 1,
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

/// A row whose every simple field holds something, some of it hostile, some of it large.
pub(super) fn full_row(id: u64) -> ChangesetRow {
    let at = Timestamp(1_700_000_200);
    let user = Some(User { uid: Some(UserId(42)), name: HOSTILE.into() });
    let labels = serde_json::json!([{"name": HOSTILE, "evidence": [{"rule": "area touches DK", "value": HOSTILE}]}]);
    let plain = row(id);
    let comment = Comment { id: Some(1), date: at, user: user.clone(), text: HOSTILE.repeat(500) };
    ChangesetRow {
        changeset: Changeset {
            closed_at: Some(at),
            open: false,
            user,
            comments_count: 1,
            tags: [("comment", HOSTILE), ("source", "")].into_iter().collect(),
            discussion: vec![comment],
            ..plain.changeset
        },
        state: State::Analysing2,
        due_at: Some(at),
        lease: Some(Lease { owner: HOSTILE.to_owned(), until: at }),
        attempts: 4,
        given_up: true,
        reason: Some("waits for its augmented diff".to_owned()),
        labels: serde_json::from_value(labels).expect("labels as they are written"),
        listed: true,
        source: Some("osm-api".to_owned()),
        history: vec![Transition { state: State::New, at, reason: Some("seen".to_owned()) }],
        ..plain
    }
}

/// The version after `row`.
pub(super) fn next(row: &ChangesetRow) -> ChangesetRow {
    ChangesetRow { version: row.version + 1, ..row.clone() }
}

/// A cursor at `sequence`.
pub(super) fn cursor(sequence: u64) -> FeedCursor {
    FeedCursor {
        sequence: ChangesetSequence(sequence),
        timestamp: Timestamp(1_700_000_000),
        head_sequence: ChangesetSequence(sequence + 5),
        head_timestamp: Timestamp(1_700_000_300),
        checked_at: Timestamp(1_700_000_310),
        head_moved_at: Timestamp(1_700_000_305),
        waiting_for: Some("the file 006/641/019.osm.gz".to_owned()),
        fault: Some(FeedFault::Missing),
        skipped: vec![SkippedFiles {
            first: ChangesetSequence(6_641_000),
            last: ChangesetSequence(6_641_009),
            at: Timestamp(1_700_000_000),
        }],
        first_sequence: Some(ChangesetSequence(3)),
    }
}

/// Counters of `owner`.
pub(super) fn metrics(owner: &str, sequence: u64, snapshot: &str) -> MetricsRow {
    MetricsRow {
        owner: owner.to_owned(),
        sequence,
        updated_at: Timestamp(1_700_000_000),
        snapshot: snapshot.to_owned(),
    }
}
