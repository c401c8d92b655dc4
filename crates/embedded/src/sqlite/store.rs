use std::collections::BTreeMap;

use async_trait::async_trait;
use osmtracker_osm::{ChangesetId, ChangesetSequence, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, State,
    ports::{Expected, FeedCursor, ListingCursor, MetricsRow, PortError, Record, Store},
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::de::DeserializeOwned;

use crate::{Sqlite, sqlite::worker::Failure};

/// As in DynamoDB, so that a caller that asks for more is found out here.
const MAX_IDS: usize = 100;
/// The one feed that has a cursor.
const FEED: &str = "changesets";
/// Every row comes after it in the listing.
const BEFORE_ALL: ListingCursor =
    ListingCursor { updated_at: Timestamp(i64::MAX), id: ChangesetId(i64::MAX.unsigned_abs()) };

const INSERT: &str = "INSERT INTO changeset (id, version, state, updated_at, due_at, json)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING";
const UPDATE: &str = "UPDATE changeset SET version = ?2, state = ?3, updated_at = ?4, due_at = ?5, json = ?6
    WHERE id = ?1 AND version = ?2 - 1";
pub(super) const DUE: &str = "SELECT id FROM changeset WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2";
pub(super) const RECENT: &str = "SELECT json FROM changeset WHERE (updated_at, id) < (?1, ?2)
    ORDER BY updated_at DESC, id DESC LIMIT ?3";
pub(super) const STATE_COUNTS: &str = "SELECT state, rows FROM state_count WHERE rows > 0";
const TAKE_LEASE: &str = "INSERT INTO lease (name, owner, until) VALUES (?1, ?2, ?3)
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
    WHERE lease.owner = excluded.owner OR lease.until <= ?4";
const INSERT_RECORD: &str = "INSERT INTO record (key, version, expires_at, value) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO NOTHING";
const UPDATE_RECORD: &str = "UPDATE record SET version = ?2, expires_at = ?3, value = ?4
    WHERE key = ?1 AND version = ?2 - 1";
/// A few at each new record: as many go as come.
pub(super) const FORGET_RECORDS: &str = "DELETE FROM record WHERE key IN
    (SELECT key FROM record WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 2)";
const PUT_METRICS: &str = "INSERT INTO metrics (owner, sequence, updated_at, snapshot) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (owner) DO UPDATE SET sequence = excluded.sequence, updated_at = excluded.updated_at,
        snapshot = excluded.snapshot
    WHERE metrics.sequence < excluded.sequence";

#[async_trait]
impl Store for Sqlite {
    async fn changesets(&self, ids: &[ChangesetId]) -> Result<Vec<ChangesetRow>, PortError> {
        let what = "read changesets";
        if ids.len() > MAX_IDS {
            let cause = format!("{} ids at once, at most {MAX_IDS} are allowed", ids.len());
            return Err(Failure::permanent(cause).into_port(what.to_owned()));
        }
        let ids = ids.to_vec();
        let texts = self
            .worker
            .call(what, move |connection| {
                let mut select = connection.prepare_cached("SELECT json FROM changeset WHERE id = ?1")?;
                let mut texts: Vec<String> = Vec::with_capacity(ids.len());
                for id in ids {
                    texts.extend(select.query_row([id.0], |row| row.get(0)).optional()?);
                }
                Ok(texts)
            })
            .await?;
        parse_all(&texts)
    }

    async fn put_changeset(&self, row: &ChangesetRow, expected: Expected) -> Result<(), PortError> {
        let (id, version, state) = (row.id(), row.version, row.state.as_str());
        let (updated_at, due_at) = (row.updated_at.0, row.due_at.map(|due_at| due_at.0));
        let name = format!("changeset {id}");
        let what = format!("write {name}");
        let before = follows(version, expected).map_err(|cause| Failure::permanent(cause).into_port(what.clone()))?;
        let sql = if before == 0 { INSERT } else { UPDATE };
        let json = serde_json::to_string(row).map_err(|error| Failure::permanent(error).into_port(what.clone()))?;
        self.worker
            .call(what, move |connection| {
                let values = params![id.0, version, state, updated_at, due_at, json];
                written(connection.prepare_cached(sql)?.execute(values)?, name)
            })
            .await
    }

    async fn delete_changeset(&self, id: ChangesetId, version: u64) -> Result<(), PortError> {
        self.worker
            .call(format!("delete changeset {id}"), move |connection| {
                let removed = connection
                    .prepare_cached("DELETE FROM changeset WHERE id = ?1 AND version = ?2")?
                    .execute([id.0, version])?;
                let is_there = connection.prepare_cached("SELECT 1 FROM changeset WHERE id = ?1")?.exists([id.0])?;
                if removed == 0 && is_there { Err(Failure::Conflict(format!("changeset {id}"))) } else { Ok(()) }
            })
            .await
    }

    async fn due(&self, now: Timestamp, limit_to: usize) -> Result<Vec<ChangesetId>, PortError> {
        self.worker
            .call("read due changesets", move |connection| {
                let mut select = connection.prepare_cached(DUE)?;
                let ids = select.query_map([now.0, limit(limit_to)], |row| row.get(0).map(ChangesetId))?;
                Ok(ids.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn recent(&self, after: Option<ListingCursor>, limit_to: usize) -> Result<Vec<ChangesetRow>, PortError> {
        let texts: Vec<String> = self
            .worker
            .call("list changesets", move |connection| {
                let after = after.unwrap_or(BEFORE_ALL);
                let values = params![after.updated_at.0, after.id.0, limit(limit_to)];
                let mut select = connection.prepare_cached(RECENT)?;
                let texts = select.query_map(values, |row| row.get(0))?;
                Ok(texts.collect::<Result<_, _>>()?)
            })
            .await?;
        parse_all(&texts)
    }

    async fn state_counts(&self) -> Result<BTreeMap<State, u64>, PortError> {
        let counts: BTreeMap<String, u64> = self
            .worker
            .call("count changesets", |connection| {
                let mut select = connection.prepare_cached(STATE_COUNTS)?;
                let counts = select.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(counts.collect::<Result<_, _>>()?)
            })
            .await?;
        Ok(State::ALL.into_iter().filter_map(|state| Some((state, *counts.get(state.as_str())?))).collect())
    }

    async fn cursor(&self) -> Result<Option<FeedCursor>, PortError> {
        let text: Option<String> = self
            .worker
            .call("read the cursor", |connection| {
                let mut select = connection.prepare_cached("SELECT json FROM feed_cursor WHERE feed = ?1")?;
                Ok(select.query_row([FEED], |row| row.get(0)).optional()?)
            })
            .await?;
        text.map(|text| parse(&text)).transpose()
    }

    async fn move_cursor(&self, expected: Option<ChangesetSequence>, cursor: &FeedCursor) -> Result<(), PortError> {
        let what = "move the cursor";
        let sequence = cursor.sequence;
        if let Some(before) = expected.filter(|before| *before > sequence) {
            let cause = format!("sequence {sequence} is below {before}");
            return Err(Failure::permanent(cause).into_port(what.to_owned()));
        }
        let json =
            serde_json::to_string(cursor).map_err(|error| Failure::permanent(error).into_port(what.to_owned()))?;
        self.worker
            .call(what, move |connection| {
                let rows = match expected {
                    None => connection
                        .prepare_cached("INSERT INTO feed_cursor VALUES (?1, ?2, ?3) ON CONFLICT (feed) DO NOTHING")?
                        .execute(params![FEED, sequence.0, json])?,
                    Some(before) => connection
                        .prepare_cached(
                            "UPDATE feed_cursor SET sequence = ?2, json = ?3 WHERE feed = ?1 AND sequence = ?4",
                        )?
                        .execute(params![FEED, sequence.0, json, before.0])?,
                };
                written(rows, "the cursor".to_owned())
            })
            .await
    }

    async fn take_lease(&self, name: &str, owner: &str, now: Timestamp, until: Timestamp) -> Result<bool, PortError> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.worker
            .call(format!("take the lease {name}"), move |connection| {
                let values = params![name, owner, until.0, now.0];
                Ok(connection.prepare_cached(TAKE_LEASE)?.execute(values)? > 0)
            })
            .await
    }

    async fn release_lease(&self, name: &str, owner: &str) -> Result<(), PortError> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.worker
            .call(format!("release the lease {name}"), move |connection| {
                connection
                    .prepare_cached("DELETE FROM lease WHERE name = ?1 AND owner = ?2")?
                    .execute([name, owner])?;
                Ok(())
            })
            .await
    }

    async fn record(&self, key: &str) -> Result<Option<Record>, PortError> {
        let key = key.to_owned();
        self.worker
            .call(format!("read the record {key}"), move |connection| {
                let mut select =
                    connection.prepare_cached("SELECT version, expires_at, value FROM record WHERE key = ?1")?;
                let record = select.query_row([&key], |row| {
                    let expires_at = row.get::<_, Option<i64>>(1)?.map(Timestamp);
                    Ok(Record { key: key.clone(), version: row.get(0)?, expires_at, value: row.get(2)? })
                });
                Ok(record.optional()?)
            })
            .await
    }

    async fn put_record(&self, record: &Record, expected: Expected) -> Result<(), PortError> {
        let (record, now) = (record.clone(), self.clock.now_ms() / 1_000);
        let name = format!("the record {}", record.key);
        let what = format!("write {name}");
        let before =
            follows(record.version, expected).map_err(|cause| Failure::permanent(cause).into_port(what.clone()))?;
        self.worker
            .call(what, move |connection| {
                let sql = if before == 0 { INSERT_RECORD } else { UPDATE_RECORD };
                let expires_at = record.expires_at.map(|at| at.0);
                let values = params![record.key, record.version, expires_at, record.value];
                written(connection.prepare_cached(sql)?.execute(values)?, name)?;
                if before == 0 {
                    connection.prepare_cached(FORGET_RECORDS)?.execute([now])?;
                }
                Ok(())
            })
            .await
    }

    async fn put_metrics(&self, row: &MetricsRow) -> Result<(), PortError> {
        let row = row.clone();
        self.worker
            .call(format!("write counters of {}", row.owner), move |connection| {
                insert_metrics(connection, &row)?;
                Ok(())
            })
            .await
    }

    async fn metrics(&self) -> Result<Vec<MetricsRow>, PortError> {
        self.worker
            .call("read counters", |connection| {
                let mut select = connection
                    .prepare_cached("SELECT owner, sequence, updated_at, snapshot FROM metrics ORDER BY owner")?;
                let rows = select.query_map((), |row| {
                    Ok(MetricsRow {
                        owner: row.get(0)?,
                        sequence: row.get(1)?,
                        updated_at: Timestamp(row.get(2)?),
                        snapshot: row.get(3)?,
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn fold_metrics(&self, folded: &[MetricsRow], base: &MetricsRow) -> Result<(), PortError> {
        let (folded, base) = (folded.to_vec(), base.clone());
        self.worker
            .call("fold counters", move |connection| {
                let transaction = connection.transaction()?;
                for row in &folded {
                    remove_metrics(&transaction, row)?;
                }
                write_base(&transaction, &base)?;
                Ok(transaction.commit()?)
            })
            .await
    }
}

/// As SQLite counts rows: a limit beyond its numbers is none.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The version that a write replaces, 0 for none; an error when the new one does not follow it.
fn follows(version: u64, expected: Expected) -> Result<u64, String> {
    let before = match expected {
        Expected::Absent => 0,
        Expected::Version(before) => before,
    };
    match before.checked_add(1) == Some(version) {
        true => Ok(before),
        false => Err(format!("version {version} does not follow version {before}")),
    }
}

/// A conditional write wrote one row, or its condition did not hold.
fn written(rows: usize, name: String) -> Result<(), Failure> {
    if rows == 0 { Err(Failure::Conflict(name)) } else { Ok(()) }
}

fn insert_metrics(connection: &Connection, row: &MetricsRow) -> Result<usize, Failure> {
    let values = params![row.owner, row.sequence, row.updated_at.0, row.snapshot];
    Ok(connection.prepare_cached(PUT_METRICS)?.execute(values)?)
}

fn remove_metrics(transaction: &Transaction<'_>, row: &MetricsRow) -> Result<(), Failure> {
    let removed = transaction
        .prepare_cached("DELETE FROM metrics WHERE owner = ?1 AND sequence = ?2")?
        .execute(params![row.owner, row.sequence])?;
    written(removed, format!("counters of {}", row.owner))
}

/// An absent base row stands for sequence 0.
fn write_base(transaction: &Transaction<'_>, base: &MetricsRow) -> Result<(), Failure> {
    let stored: Option<u64> = transaction
        .prepare_cached("SELECT sequence FROM metrics WHERE owner = ?1")?
        .query_row([&base.owner], |row| row.get(0))
        .optional()?;
    if stored.unwrap_or(0).checked_add(1) != Some(base.sequence) {
        return Err(Failure::Conflict(format!("counters of {}", base.owner)));
    }
    insert_metrics(transaction, base)?;
    Ok(())
}

fn parse_all(texts: &[String]) -> Result<Vec<ChangesetRow>, PortError> {
    texts.iter().map(|text| parse(text)).collect()
}

pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, PortError> {
    serde_json::from_str(text).map_err(|error| Failure::permanent(error).into_port("read a stored row".to_owned()))
}
