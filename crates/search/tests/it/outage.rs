//! The index equals the table after a day without a server, whatever else went wrong: seeded, in simulated time.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use fastrand::Rng;
use osmtracker_embedded::{Embedded, Options, Sqlite};
use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow,
    change_log::{ChangeLog, ChangeMark, Following, RowChange, StreamedChange, Verdict},
    ports::{Expected, PortError, Store},
};
use osmtracker_search::{Index, external_version, follow, reindex, take_up};
use osmtracker_testkit::search::{SearchFault, SearchServer};

use crate::support::{INDEX, changed, expected, held, listed, row, server, worked_on};

const SEEDS: u64 = 40;
/// A step is a quarter of an hour: two days in all, with one without a server in the middle.
const STEPS: i64 = 192;
const STEP_SECONDS: i64 = 900;
const OUTAGE: std::ops::Range<i64> = 48..144;
/// Few, so that much happens to each.
const CHANGESETS: u64 = 12;

/// A table that is edited at random.
struct World {
    rng: Rng,
    now: Timestamp,
    rows: BTreeMap<u64, ChangesetRow>,
}

impl World {
    fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), now: Timestamp(1_700_000_000), rows: BTreeMap::new() }
    }

    /// What happens to some row: it appears, changes, is worked on, is shown or not, goes.
    fn edit(&mut self) -> (Option<ChangesetRow>, Option<ChangesetRow>) {
        // Each edit is a moment of its own.
        self.now = self.now.plus_seconds(1);
        let id = self.rng.u64(1..=CHANGESETS);
        let before = self.rows.get(&id).cloned();
        let after = match &before {
            None => Some(ChangesetRow { first_written_at: self.now, listed: self.rng.u8(..4) > 0, ..row(id) }),
            Some(row) => match self.rng.u8(..10) {
                0..3 => Some(changed(row)),
                3..6 => Some(worked_on(row)),
                6..8 => Some(listed(row, !row.listed)),
                _ => None,
            },
        };
        let after = after.map(|row| ChangesetRow { updated_at: self.now, ..row });
        match &after {
            Some(row) => _ = self.rows.insert(id, row.clone()),
            None => _ = self.rows.remove(&id),
        }
        (before, after)
    }

    /// The server, at this step.
    fn weather(&mut self, server: &SearchServer, step: i64) {
        server.set_down(OUTAGE.contains(&step));
        match self.rng.u8(..8) {
            0 => server.close_index(INDEX),
            1 => server.forbid_writes(INDEX, "illegal_argument_exception"),
            _ => server.open_index(INDEX),
        }
        let faults = [
            SearchFault::Dropped,
            SearchFault::AnswerLost,
            SearchFault::TooManyRequests(None),
            SearchFault::Status(503),
            SearchFault::ItemsFailed(429),
        ];
        if self.rng.u8(..3) == 0 {
            let fault = *self.rng.choice(&faults).unwrap();
            server.fail_next(vec![fault; self.rng.usize(1..8)]);
        }
    }
}

fn assert_equal(seed: u64, server: &SearchServer, world: &World) {
    assert_eq!(held(server), expected(world.rows.values()), "seed {seed}");
    for (id, (version, _)) in server.documents(INDEX) {
        let row = &world.rows[&id.parse::<u64>().unwrap()];
        assert!(version <= external_version(row), "seed {seed}: changeset {id} has a version of the future");
    }
}

/// A log whose process dies at random: after entries were handed out, or before they are forgotten.
struct Dying<'a> {
    log: &'a Sqlite,
    fate: AtomicU32,
}

impl Dying<'_> {
    fn lives(&self) -> Result<(), PortError> {
        match self.fate.fetch_sub(1, Ordering::Relaxed) {
            0 => Err(PortError::Transient { what: "go on".to_owned(), source: "the process died".into() }),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl ChangeLog for Dying<'_> {
    async fn follow(&self, name: &str) -> Result<Following, PortError> {
        self.log.follow(name).await
    }

    async fn caught_up(&self) -> Result<(), PortError> {
        self.log.caught_up().await
    }

    async fn unfollow(&self) -> Result<(), PortError> {
        self.log.unfollow().await
    }

    async fn changes(&self, limit: usize) -> Result<Vec<RowChange>, PortError> {
        let changes = self.log.changes(limit).await?;
        self.lives().map(|()| changes)
    }

    async fn forget(&self, marks: &[ChangeMark]) -> Result<(), PortError> {
        self.lives()?;
        self.log.forget(marks).await
    }
}

async fn store(table: &Sqlite, before: Option<&ChangesetRow>, after: Option<&ChangesetRow>) {
    match (before, after) {
        (Some(before), None) => table.delete_changeset(before.id(), before.version).await.unwrap(),
        (before, Some(after)) => {
            let expected = before.map_or(Expected::Absent, |before| Expected::Version(before.version));
            table.put_changeset(after, expected).await.unwrap();
        }
        (None, None) => {}
    }
}

#[tokio::test]
async fn the_local_program_s_index_equals_its_table() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..SEEDS {
        let (server, index) = server().await;
        let data = folder.path().join(seed.to_string());
        let table = Embedded::open(&data, &Options::default()).unwrap().sqlite;
        local_days(seed, &server, &index, &table).await;
    }
}

async fn local_days(seed: u64, server: &SearchServer, index: &Index, table: &Sqlite) {
    let mut world = World::new(seed);
    // A table that was there before the index, and an index that was there before the table.
    for _ in 0..10 {
        let (before, after) = world.edit();
        store(table, before.as_ref(), after.as_ref()).await;
    }
    index.apply(&[osmtracker_search::Operation::of(&row(999))]).await.unwrap();
    for step in 0..STEPS {
        world.now = world.now.plus_seconds(STEP_SECONDS);
        world.weather(server, step);
        for _ in 0..world.rng.u8(..6) {
            let (before, after) = world.edit();
            store(table, before.as_ref(), after.as_ref()).await;
        }
        let fate = if world.rng.u8(..3) == 0 { world.rng.u32(..4) } else { u32::MAX };
        let log = Dying { log: table, fate: AtomicU32::new(fate) };
        let _ = local_round(&log, table, index, world.rng.usize(1..6)).await;
    }
    server.forget_faults();
    server.open_index(INDEX);
    while !local_round(&Dying { log: table, fate: AtomicU32::new(u32::MAX) }, table, index, 100).await.unwrap() {}
    assert_equal(seed, server, &world);
}

/// As the worker of the local program: `true` when nothing is left.
async fn local_round(log: &Dying<'_>, table: &Sqlite, index: &Index, limit: usize) -> Result<bool, String> {
    if log.follow("an index").await.map_err(|error| error.to_string())? == Following::Begins {
        reindex(table, index).await.map_err(|error| error.to_string())?;
        log.caught_up().await.map_err(|error| error.to_string())?;
    }
    let followed = follow(log, index, limit).await.map_err(|error| error.to_string())?;
    Ok(followed.entries == 0)
}

#[tokio::test]
async fn a_deployment_s_index_equals_its_table() {
    for seed in 0..SEEDS {
        let (server, index) = server().await;
        let mut world = World::new(seed);
        // The stream keeps what was not taken up, for a day; its reader goes on where it was.
        let (mut stream, mut position) = (Vec::new(), 0);
        for step in 0..STEPS {
            world.now = world.now.plus_seconds(STEP_SECONDS);
            world.weather(&server, step);
            for _ in 0..world.rng.u8(..6) {
                let (before, after) = world.edit();
                stream.push(StreamedChange { before, after, at: world.now });
            }
            let batch = world.rng.usize(1..8);
            let end = stream.len().min(position + batch);
            let done = invocation(&index, &stream[position..end]).await;
            // The function was killed after its work: the same batch comes again.
            position += if world.rng.u8(..5) == 0 { 0 } else { done };
        }
        server.forget_faults();
        server.open_index(INDEX);
        while position < stream.len() {
            position += invocation(&index, &stream[position..stream.len().min(position + 100)]).await;
        }
        assert_equal(seed, &server, &world);
    }
}

/// As the function: how many of the changes, from the first, need not come again.
async fn invocation(index: &Index, changes: &[StreamedChange]) -> usize {
    match take_up(index, changes).await {
        Ok(taken) => taken.verdicts.iter().take_while(|verdict| **verdict == Verdict::Done).count(),
        Err(_) => 0,
    }
}

#[tokio::test]
async fn of_many_changes_of_a_row_the_last_one_is_sent() {
    let (server, index) = server().await;
    let (one, two) = (row(1), changed(&row(1)));
    let three = worked_on(&two);
    let change = |before: Option<&ChangesetRow>, after: Option<&ChangesetRow>| StreamedChange {
        before: before.cloned(),
        after: after.cloned(),
        at: Timestamp(0),
    };
    let changes = [change(None, Some(&one)), change(Some(&one), Some(&two)), change(Some(&two), Some(&three))];
    let taken = take_up(&index, &changes).await.unwrap();
    assert_eq!((taken.verdicts.len(), taken.outcomes.len()), (3, 1));
    assert_eq!(held(&server), expected(&[two]));
    let removal = [change(Some(&three), None)];
    assert_eq!(take_up(&index, &removal).await.unwrap().verdicts, [Verdict::Done]);
    assert!(held(&server).is_empty());
}

#[tokio::test]
async fn a_poisoned_change_is_told_and_the_others_are_done() {
    let (server, index) = server().await;
    server.reject("2");
    let changes = [1, 2, 3].map(|id| StreamedChange { before: None, after: Some(row(id)), at: Timestamp(0) });
    let verdicts = take_up(&index, &changes).await.unwrap().verdicts;
    assert!(matches!(&verdicts[1], Verdict::Never { kind, .. } if kind == "document_parsing_exception"));
    assert_eq!((&verdicts[0], &verdicts[2]), (&Verdict::Done, &Verdict::Done));
}

#[tokio::test]
async fn what_the_server_never_takes_does_not_stay_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let table = Embedded::open(folder.path(), &Options::default()).unwrap().sqlite;
    let (server, index) = server().await;
    table.follow("an index").await.unwrap();
    for id in 1..4 {
        store(&table, None, Some(&row(id))).await;
    }
    server.reject("2");
    let followed = follow(&*table, &index, 10).await.unwrap();
    assert_eq!((followed.entries, followed.outcomes.len()), (3, 3));
    assert_eq!(follow(&*table, &index, 10).await.unwrap().entries, 0);
    assert_eq!(held(&server), expected(&[row(1), row(3)]));
}

#[tokio::test]
async fn what_a_closed_index_does_not_take_waits_until_it_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let table = Embedded::open(folder.path(), &Options::default()).unwrap().sqlite;
    let (server, index) = server().await;
    table.follow("an index").await.unwrap();
    index.apply(&[osmtracker_search::Operation::of(&row(9))]).await.unwrap();
    server.close_index(INDEX);
    for id in 1..4 {
        store(&table, None, Some(&row(id))).await;
    }
    let error = follow(&*table, &index, 10).await.unwrap_err().to_string();
    assert_eq!(error, "the server does not take a document now: 400 index_closed_exception");
    let changes = [4, 5].map(|id| StreamedChange { before: None, after: Some(row(id)), at: Timestamp(0) });
    assert_eq!(take_up(&index, &changes).await.unwrap().verdicts, vec![Verdict::Later; 2]);
    server.open_index(INDEX);
    assert_eq!(follow(&*table, &index, 10).await.unwrap().entries, 3);
    assert_eq!(take_up(&index, &changes).await.unwrap().verdicts, vec![Verdict::Done; 2]);
    assert_eq!(held(&server), expected(&[1, 2, 3, 4, 5, 9].map(row)));
}

#[tokio::test]
async fn a_document_that_breaks_the_server_does_not_hold_the_stream_up() {
    let (server, index) = server().await;
    server.reject_with("2", 500, "null_pointer_exception");
    let changes = [1, 2, 3].map(|id| StreamedChange { before: None, after: Some(row(id)), at: Timestamp(0) });
    let verdicts = take_up(&index, &changes).await.unwrap().verdicts;
    assert!(matches!(&verdicts[..], [Verdict::Done, Verdict::Never { .. }, Verdict::Done]), "{verdicts:?}");
}

/// The log of the store itself, beyond what the simulation sees.
#[tokio::test]
async fn a_log_without_a_follower_is_empty_and_another_follower_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let table = Arc::clone(&Embedded::open(folder.path(), &Options::default()).unwrap().sqlite);
    store(&table, None, Some(&row(1))).await;
    assert_eq!(table.follow("a").await.unwrap(), Following::Begins);
    assert_eq!(table.changes(10).await.unwrap(), []);
    store(&table, None, Some(&row(2))).await;
    assert_eq!(table.follow("a").await.unwrap(), Following::Begins, "it never caught up");
    table.caught_up().await.unwrap();
    assert_eq!(table.follow("a").await.unwrap(), Following::Continues);
    let [change] = table.changes(10).await.unwrap().try_into().unwrap();
    assert_eq!((change.mark.id, change.before, change.now.row().id()), (2, Some(None), ChangesetId(2)));
    assert_eq!(table.follow("b").await.unwrap(), Following::Begins);
    assert_eq!(table.changes(10).await.unwrap(), []);
    table.unfollow().await.unwrap();
    store(&table, None, Some(&row(3))).await;
    assert_eq!(table.changes(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_change_while_the_last_is_under_way_is_not_forgotten_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let table = Embedded::open(folder.path(), &Options::default()).unwrap().sqlite;
    table.follow("a").await.unwrap();
    store(&table, None, Some(&row(1))).await;
    let under_way = table.changes(10).await.unwrap();
    store(&table, Some(&row(1)), Some(&changed(&row(1)))).await;
    table.forget(&[under_way[0].mark]).await.unwrap();
    let [change] = table.changes(10).await.unwrap().try_into().unwrap();
    assert_eq!((change.before, change.now.row()), (None, &changed(&row(1))), "what the index has is not known");
}
