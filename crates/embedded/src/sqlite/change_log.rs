use async_trait::async_trait;
use osmtracker_pipeline::{
    ChangesetRow,
    change_log::{ChangeLog, ChangeMark, Following, RowChange, RowNow},
    ports::PortError,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    store::{limit, parse},
    worker::Failure,
};
use crate::Sqlite;

/// The log's tables, and the triggers that fill it while it has a follower.
///
/// One entry a row: `before` is the row as the follower has it, as long as the entry was not handed out; `gone` the row
/// as it last was, when it was removed.
pub(super) const SCHEMA: &str = "
CREATE TABLE follower (
    name TEXT PRIMARY KEY,
    is_caught_up INTEGER NOT NULL
) STRICT;
CREATE TABLE changed (
    id INTEGER PRIMARY KEY,
    serial INTEGER NOT NULL,
    before TEXT,
    is_before_known INTEGER NOT NULL,
    gone TEXT
) STRICT;
CREATE INDEX changed_by_serial ON changed (serial);
CREATE TRIGGER changeset_added_logged AFTER INSERT ON changeset WHEN EXISTS (SELECT 1 FROM follower) BEGIN
    INSERT INTO changed VALUES (new.id, (SELECT coalesce(max(serial), 0) + 1 FROM changed), NULL, 1, NULL)
    ON CONFLICT (id) DO UPDATE SET serial = excluded.serial, gone = NULL;
END;
CREATE TRIGGER changeset_changed_logged AFTER UPDATE ON changeset WHEN EXISTS (SELECT 1 FROM follower) BEGIN
    INSERT INTO changed VALUES (new.id, (SELECT coalesce(max(serial), 0) + 1 FROM changed), old.json, 1, NULL)
    ON CONFLICT (id) DO UPDATE SET serial = excluded.serial;
END;
CREATE TRIGGER changeset_removed_logged AFTER DELETE ON changeset WHEN EXISTS (SELECT 1 FROM follower) BEGIN
    INSERT INTO changed VALUES (old.id, (SELECT coalesce(max(serial), 0) + 1 FROM changed), old.json, 1, old.json)
    ON CONFLICT (id) DO UPDATE SET serial = excluded.serial, gone = excluded.gone;
END;
";

pub(super) const CHANGES: &str = "SELECT changed.id, serial, before, is_before_known, changeset.json, gone
    FROM changed LEFT JOIN changeset ON changeset.id = changed.id ORDER BY serial LIMIT ?1";

#[async_trait]
impl ChangeLog for Sqlite {
    async fn follow(&self, name: &str) -> Result<Following, PortError> {
        let name = name.to_owned();
        self.worker
            .call("begin to log changes", move |connection| {
                let transaction = connection.transaction()?;
                let known: Option<bool> = transaction
                    .query_row("SELECT is_caught_up FROM follower WHERE name = ?1", [&name], |row| row.get(0))
                    .optional()?;
                if known.is_none() {
                    forget_all(&transaction)?;
                    transaction.execute("INSERT INTO follower VALUES (?1, 0)", [&name])?;
                }
                transaction.commit()?;
                Ok(if known == Some(true) { Following::Continues } else { Following::Begins })
            })
            .await
    }

    async fn caught_up(&self) -> Result<(), PortError> {
        self.worker
            .call("note that the log is followed", |connection| {
                connection.execute("UPDATE follower SET is_caught_up = 1", ())?;
                Ok(())
            })
            .await
    }

    async fn unfollow(&self) -> Result<(), PortError> {
        self.worker
            .call("end the log of changes", |connection| {
                let transaction = connection.transaction()?;
                forget_all(&transaction)?;
                Ok(transaction.commit()?)
            })
            .await
    }

    async fn changes(&self, limit_to: usize) -> Result<Vec<RowChange>, PortError> {
        let entries = self
            .worker
            .call("read the log of changes", move |connection| {
                let transaction = connection.transaction()?;
                let entries = read(&transaction, limit_to)?;
                let mut hand_out = transaction
                    .prepare_cached("UPDATE changed SET before = NULL, is_before_known = 0 WHERE id = ?1")?;
                for entry in &entries {
                    hand_out.execute([entry.id])?;
                }
                drop(hand_out);
                transaction.commit()?;
                Ok(entries)
            })
            .await?;
        entries.into_iter().map(Entry::into_change).collect()
    }

    async fn forget(&self, marks: &[ChangeMark]) -> Result<(), PortError> {
        let marks = marks.to_vec();
        self.worker
            .call("forget changes", move |connection| {
                let transaction = connection.transaction()?;
                let mut delete = transaction.prepare_cached("DELETE FROM changed WHERE id = ?1 AND serial = ?2")?;
                for mark in marks {
                    delete.execute(params![mark.id, mark.serial])?;
                }
                drop(delete);
                Ok(transaction.commit()?)
            })
            .await
    }
}

fn forget_all(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DELETE FROM follower; DELETE FROM changed;")
}

/// An entry as it is stored.
struct Entry {
    id: u64,
    serial: i64,
    before: Option<String>,
    is_before_known: bool,
    now: Option<String>,
    gone: Option<String>,
}

fn read(connection: &Connection, limit_to: usize) -> Result<Vec<Entry>, Failure> {
    let mut select = connection.prepare_cached(CHANGES)?;
    let entries = select.query_map([limit(limit_to)], |row: &Row<'_>| {
        Ok(Entry {
            id: row.get(0)?,
            serial: row.get(1)?,
            before: row.get(2)?,
            is_before_known: row.get(3)?,
            now: row.get(4)?,
            gone: row.get(5)?,
        })
    })?;
    Ok(entries.collect::<Result<_, _>>()?)
}

impl Entry {
    fn into_change(self) -> Result<RowChange, PortError> {
        let row = |text: &String| parse::<ChangesetRow>(text);
        let before = self.before.as_ref().map(row).transpose()?;
        let now = match (&self.now, &self.gone) {
            (Some(now), _) => RowNow::There(Box::new(row(now)?)),
            (None, Some(gone)) => RowNow::Gone(Box::new(row(gone)?)),
            (None, None) => {
                let cause = format!("changeset {} is neither there nor gone", self.id);
                return Err(Failure::permanent(cause).into_port("read the log of changes".to_owned()));
            }
        };
        let mark = ChangeMark { id: self.id, serial: self.serial };
        Ok(RowChange { mark, before: self.is_before_known.then_some(before), now })
    }
}
