use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior};

use super::{Opener, change_log};
use crate::{EmbeddedError, Sqlite};

/// `osmt`: tells our files from those of other programs.
const APPLICATION_ID: u32 = 0x6f73_6d74;
/// Schema that this version writes, in `PRAGMA user_version`.
const VERSION: u32 = 4;

/// As the first version had it; what came later is made from that in [`bring_up_to_date`].
///
/// Bodies are apart from the rows that change with each delivery: an update writes its row anew with all its columns.
/// Each partial index is found only by statements that repeat its condition.
const SCHEMA: &str = "
CREATE TABLE changeset (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    updated_at INTEGER NOT NULL, -- seconds since 1970, as due_at
    due_at INTEGER,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX changeset_by_state ON changeset (state);
CREATE INDEX changeset_by_update ON changeset (updated_at, id);
CREATE INDEX changeset_by_due ON changeset (due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: receipts of removed messages stay unknown
    queue TEXT NOT NULL,
    sent_at INTEGER NOT NULL, -- milliseconds since 1970, as visible_at
    visible_at INTEGER NOT NULL DEFAULT 0, -- 0 when new or given back, so that no clock can hide it
    attempts INTEGER NOT NULL DEFAULT 0, -- deliveries that count towards the limit
    deliveries INTEGER NOT NULL DEFAULT 0, -- all: part of the receipt
    interruptions INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_by_queue ON message (queue, dead, id);
CREATE INDEX message_delivered ON message (queue, visible_at) WHERE attempts > 0 AND dead = 0;
CREATE TABLE message_body (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE feed_cursor (
    feed TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL -- seconds since 1970
) STRICT;
CREATE TABLE metrics (
    owner TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, -- seconds since 1970
    snapshot TEXT NOT NULL
) STRICT;
";

/// Counts of rows by state, kept as rows change: counting them would cost what is stored.
const COUNTED_STATES: &str = "
CREATE TABLE state_count (
    state TEXT PRIMARY KEY,
    rows INTEGER NOT NULL
) STRICT;
INSERT INTO state_count SELECT state, count(*) FROM changeset GROUP BY state;
DROP INDEX changeset_by_state;
CREATE TRIGGER changeset_added AFTER INSERT ON changeset BEGIN
    INSERT INTO state_count VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET rows = rows + 1;
END;
CREATE TRIGGER changeset_removed AFTER DELETE ON changeset BEGIN
    UPDATE state_count SET rows = rows - 1 WHERE state = old.state;
END;
CREATE TRIGGER changeset_moved AFTER UPDATE OF state ON changeset WHEN old.state <> new.state BEGIN
    UPDATE state_count SET rows = rows - 1 WHERE state = old.state;
    INSERT INTO state_count VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET rows = rows + 1;
END;
";

/// What steps remember under keys of their own.
const RECORDS: &str = "
CREATE TABLE record (
    key TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER, -- seconds since 1970
    value TEXT NOT NULL
) STRICT;
CREATE INDEX record_by_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
";

/// Opens the database and makes it when there is none or an empty one. Its owner checks it and takes over from the
/// process that used it before.
///
/// A file that is not ours is not even opened by SQLite, which would write to one with a left-over log.
pub(super) fn open(path: &Path, opener: Opener) -> Result<Connection, EmbeddedError> {
    let head = read_head(path).map_err(|source| EmbeddedError::Unusable { path: path.to_owned(), source })?;
    check_head(path, &head)?;
    open_checked(path, opener).map_err(|failure| match failure {
        Failure::Damaged(reason) => EmbeddedError::Damaged { path: path.to_owned(), reason },
        Failure::Sqlite(source) => EmbeddedError::from_sqlite(path.to_owned(), source),
    })
}

enum Failure {
    Damaged(String),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn open_checked(path: &Path, opener: Opener) -> Result<Connection, Failure> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    create_when_empty(&mut connection)?;
    if opener == Opener::Owner {
        check_content(&connection)?;
    }
    bring_up_to_date(&mut connection)?;
    // After the schema, so that the identity is in the file itself and not in its log alone.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // 16 MB of log between checkpoints, which are what waits for the disk.
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "journal_size_limit", 32 << 20)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    if opener == Opener::Owner {
        take_over(&mut connection)?;
    }
    Ok(connection)
}

fn create_when_empty(connection: &mut Connection) -> rusqlite::Result<()> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    if tables > 0 {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", 1)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.commit()
}

/// Takes a database of an older version through the steps since then, all or none of them.
fn bring_up_to_date(connection: &mut Connection) -> rusqlite::Result<()> {
    if version(connection)? == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&transaction)? < 2 {
        transaction.execute_batch(COUNTED_STATES)?;
    }
    if version(&transaction)? < 3 {
        transaction.execute_batch(change_log::SCHEMA)?;
    }
    if version(&transaction)? < 4 {
        transaction.execute_batch(RECORDS)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", (), |row| row.get(0))
}

fn check_content(connection: &Connection) -> Result<(), Failure> {
    let answer: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
    if answer == "ok" { Ok(()) } else { Err(Failure::Damaged(answer.replace('\n', " "))) }
}

/// What was in flight or leased belonged to a process that is gone: see [`Sqlite`].
fn take_over(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "UPDATE message SET visible_at = 0,
            attempts = attempts - (interruptions < ?1), interruptions = min(interruptions + 1, ?1)
        WHERE attempts > 0 AND dead = 0 AND visible_at > 0",
        [Sqlite::INTERRUPTIONS],
    )?;
    transaction.execute("DELETE FROM lease", ())?;
    transaction.commit()
}

/// The first 100 bytes of the file, fewer when it is shorter, none when it is absent.
fn read_head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut head).map(|_| head),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(head),
        Err(error) => Err(error),
    }
}

/// Checks identity and schema in the header: <https://www.sqlite.org/fileformat2.html#the_database_header>.
fn check_head(path: &Path, head: &[u8]) -> Result<(), EmbeddedError> {
    let foreign = |reason: &str| Err(EmbeddedError::Foreign { path: path.to_owned(), reason: reason.to_owned() });
    if head.is_empty() {
        return Ok(());
    }
    if !head.starts_with(b"SQLite format 3\0") {
        return foreign("not a SQLite file");
    }
    if head.len() < 100 {
        let reason = format!("it ends after {} bytes", head.len());
        return Err(EmbeddedError::Damaged { path: path.to_owned(), reason });
    }
    if number_at(head, 68) != APPLICATION_ID {
        return foreign("a SQLite file of another program");
    }
    let found = number_at(head, 60);
    if found > VERSION {
        return Err(EmbeddedError::TooNew { path: path.to_owned(), found: found.into(), known: VERSION.into() });
    }
    Ok(())
}

fn number_at(head: &[u8], offset: usize) -> u32 {
    head[offset..offset + 4].iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{change_log, queue, store};

    fn plan(connection: &Connection, sql: &str) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let values = vec![rusqlite::types::Value::Integer(1); statement.parameter_count()];
        let lines =
            statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>("detail")).unwrap();
        lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn statements_find_their_rows_by_index_and_sort_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("osmtracker.sqlite"), Opener::Owner).unwrap();
        for (sql, index) in [
            (store::DUE, "changeset_by_due"),
            (store::RECENT, "changeset_by_update"),
            (change_log::CHANGES, "changed_by_serial"),
            (store::FORGET_RECORDS, "record_by_expiry"),
            (queue::DELIVERABLE, "message_by_queue"),
            (queue::DEAD, "message_by_queue"),
            (queue::OLDEST, "message_by_queue"),
            (queue::COUNT, "COVERING INDEX message_by_queue"),
            (queue::PUT_ASIDE, "message_delivered"),
            (queue::IN_FLIGHT, "message_delivered"),
        ] {
            let plan = plan(&connection, sql);
            assert!(plan.contains(index), "{sql}\n{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
        }
    }

    #[test]
    fn an_empty_file_as_a_killed_first_start_leaves_it_becomes_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("osmtracker.sqlite");
        std::fs::write(&path, b"").unwrap();
        open(&path, Opener::Owner).unwrap();
        let head = read_head(&path).unwrap();
        assert_eq!((number_at(&head, 68), number_at(&head, 60)), (APPLICATION_ID, VERSION));
    }
}
