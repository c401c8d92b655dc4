//! `SIGKILL` loses nothing that was answered.
//!
//! The test starts itself as a child that writes and says what was answered, kills it at a random moment, and looks into
//! the data folder: thirty times on the same folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use bytes::Bytes;
use osmtracker_embedded::{Embedded, Options};
use osmtracker_osm::{Changeset, ChangesetId, ChangesetSequence, Tags, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, FeedPosition, State,
    ports::{Expected, FeedCursor, ObjectMeta, PutCondition, Queue, QueueName, SiteStore, Store},
};

const FOLDER: &str = "OSMTRACKER_TEST_KILL_FOLDER";
const ROUNDS: u64 = 30;
/// Changesets that the child writes in turn.
const IDS: u64 = 10;
const LONG: Duration = Duration::from_secs(3600);

/// What the child was told had been done.
#[derive(Default)]
struct Answered {
    versions: BTreeMap<u64, u64>,
    objects: BTreeMap<u64, u64>,
    sent: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
    /// Said before the acknowledgement, so that one without an answer is known.
    may_be_acknowledged: BTreeSet<String>,
    cursor: u64,
}

#[test]
fn nothing_that_was_answered_is_lost_when_the_process_is_killed_thirty_times() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return runtime().block_on(write_until_killed(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut answered = Answered::default();
    let mut random = 0x2545_f491_4f6c_dd1d_u64 ^ u64::from(std::process::id());
    for round in 0..ROUNDS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let delay = Duration::from_micros((random >> 33) % 60_000);
        let from = if round % 3 == 0 { From::Spawn } else { From::Start };
        for line in run_child(folder.path(), from, delay) {
            answered.note(&line);
        }
        runtime().block_on(answered.check(folder.path()));
    }
    assert!(answered.cursor > 20, "the children did too little: {} turns", answered.cursor);
    assert!(!answered.acknowledged.is_empty(), "no child acknowledged a message");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// What the time of the kill is counted from.
#[derive(PartialEq)]
enum From {
    /// The child may be opening the folder.
    Spawn,
    /// The child writes.
    Start,
}

/// Complete lines that the child wrote until it was killed.
fn run_child(folder: &Path, from: From, delay: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "kill::nothing_that_was_answered_is_lost_when_the_process_is_killed_thirty_times",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let (lines, received) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut text = BufReader::new(stdout);
        let mut line = String::new();
        while text.read_line(&mut line).is_ok_and(|length| length > 0) {
            if let Some(report) = line.strip_suffix('\n').and_then(|line| line.strip_prefix("kill: ")) {
                lines.send(report.to_owned()).unwrap();
            }
            line.clear();
        }
    });
    if from == From::Start {
        assert_eq!(received.recv().expect("the child opens the folder"), "start");
    }
    thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    received.into_iter().collect()
}

impl Answered {
    fn note(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        let number = |place: usize| -> u64 { words[place].parse().unwrap() };
        match words[0] {
            "start" => {}
            "row" => drop(self.versions.insert(number(1), number(2))),
            "object" => drop(self.objects.insert(number(1), number(2))),
            "sent" => drop(self.sent.insert(words[1].to_owned())),
            "acknowledging" => drop(self.may_be_acknowledged.insert(words[1].to_owned())),
            "acknowledged" => drop(self.acknowledged.insert(words[1].to_owned())),
            "cursor" => self.cursor = number(1),
            other => panic!("the child said {other:?}"),
        }
    }

    /// What was answered is there; what was not answered may be there as well, whole.
    async fn check(&mut self, folder: &Path) {
        let Embedded { sqlite, site } = Embedded::open(folder, &Options::default()).unwrap();
        let ids: Vec<_> = (0..IDS).map(ChangesetId).collect();
        let rows = sqlite.changesets(&ids).await.unwrap();
        let stored: BTreeMap<_, _> = rows.iter().map(|row| (row.id().0, row.version)).collect();
        for (id, version) in &self.versions {
            assert!(stored.get(id) >= Some(version), "row {id} version {version} is lost: {:?}", stored.get(id));
        }
        assert_eq!(sqlite.recent(None, 100).await.unwrap().len(), stored.len());
        assert_eq!(sqlite.state_counts().await.unwrap().values().sum::<u64>(), stored.len() as u64);
        for (&id, &number) in &self.objects {
            let object = site.get(&key(id)).await.unwrap().expect("an object that was put");
            assert!(whole(&object.bytes) >= number, "object {id} number {number} is lost");
        }
        assert!(sqlite.cursor().await.unwrap().map_or(0, |cursor| cursor.sequence.0) >= self.cursor, "the cursor fell");
        self.check_messages(&*sqlite).await;
    }

    async fn check_messages(&self, queue: &dyn Queue) {
        let mut there = BTreeSet::new();
        loop {
            let deliveries = queue.receive(QueueName::Filter, 100, LONG).await.unwrap();
            if deliveries.is_empty() {
                break;
            }
            there.extend(deliveries.into_iter().map(|delivery| delivery.body));
        }
        let back: Vec<_> = self.acknowledged.intersection(&there).collect();
        assert!(back.is_empty(), "acknowledged messages came again: {back:?}");
        let lost: Vec<_> =
            self.sent.difference(&there).filter(|&body| !self.may_be_acknowledged.contains(body)).collect();
        assert!(lost.is_empty(), "messages are lost: {lost:?}");
        assert_eq!(queue.depth(QueueName::Filter).await.unwrap().dead, 0);
    }
}

fn key(id: u64) -> String {
    format!("site/changesets/{id}/index.html")
}

/// The number that an object repeats a thousand times.
fn content(number: u64) -> Bytes {
    number.to_le_bytes().repeat(1000).into()
}

fn whole(bytes: &Bytes) -> u64 {
    let number = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    assert!(*bytes == content(number), "half an object");
    number
}

fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    // On a line of its own: the test harness writes to the same stream.
    stdout.write_all(format!("\nkill: {line}\n").as_bytes()).unwrap();
    stdout.flush().unwrap();
}

/// Goes on from what is stored; says each thing after it was answered.
async fn write_until_killed(folder: &Path) {
    let Embedded { sqlite, site } = Embedded::open(&PathBuf::from(folder), &Options::default()).unwrap();
    say("start");
    let mut before = sqlite.cursor().await.unwrap().map(|cursor| cursor.sequence);
    loop {
        let number = before.map_or(1, |sequence| sequence.0 + 1);
        let id = number % IDS;
        // Never said again: the child after this one may begin with the same number.
        let body = format!("{number}/{}", std::process::id());
        sqlite.send(QueueName::Filter, vec![body.clone()]).await.unwrap();
        say(&format!("sent {body}"));
        let version = write_row(&*sqlite, id).await;
        say(&format!("row {id} {version}"));
        let meta = ObjectMeta { content_type: "text/html", cache_control: "", content_encoding: None };
        site.put(&key(id), content(number), meta, PutCondition::Always).await.unwrap();
        say(&format!("object {id} {number}"));
        if number % 3 == 0 {
            let delivery = sqlite.receive(QueueName::Filter, 1, LONG).await.unwrap().remove(0);
            say(&format!("acknowledging {}", delivery.body));
            sqlite.acknowledge(&delivery).await.unwrap();
            say(&format!("acknowledged {}", delivery.body));
        }
        sqlite.move_cursor(before, &cursor(number)).await.unwrap();
        say(&format!("cursor {number}"));
        before = Some(ChangesetSequence(number));
    }
}

async fn write_row(store: &dyn Store, id: u64) -> u64 {
    let stored = store.changesets(&[ChangesetId(id)]).await.unwrap().pop();
    let version = stored.map_or(0, |row| row.version);
    let expected = if version == 0 { Expected::Absent } else { Expected::Version(version) };
    store.put_changeset(&row(id, version + 1), expected).await.unwrap();
    version + 1
}

fn row(id: u64, version: u64) -> ChangesetRow {
    let at = Timestamp(1_700_000_000);
    ChangesetRow {
        changeset: Changeset {
            id: ChangesetId(id),
            created_at: at,
            closed_at: None,
            open: true,
            user: None,
            bounds: None,
            num_changes: 0,
            comments_count: 0,
            tags: Tags::default(),
            discussion: Vec::new(),
        },
        feed: FeedPosition::default(),
        state: State::New,
        version,
        first_written_at: at,
        updated_at: at,
        due_at: Some(at),
        lease: None,
        attempts: 0,
        given_up: false,
        reason: None,
        labels: Vec::new(),
        listed: true,
        digest: None,
        source: None,
        history: Vec::new(),
    }
}

fn cursor(sequence: u64) -> FeedCursor {
    let at = Timestamp(1_700_000_000);
    FeedCursor {
        sequence: ChangesetSequence(sequence),
        timestamp: at,
        head_sequence: ChangesetSequence(sequence),
        head_timestamp: at,
        checked_at: at,
        head_moved_at: at,
        waiting_for: None,
        fault: None,
        skipped: Vec::new(),
        first_sequence: None,
    }
}
