use std::time::Duration;

use async_trait::async_trait;
use osmtracker_pipeline::{
    messages::MAX_BODY_BYTES,
    ports::{Delivery, PortError, Queue, QueueDepth, QueueName},
};
use rusqlite::{Connection, Row, params};

use crate::{
    Sqlite,
    clock::milliseconds,
    sqlite::{store::limit, worker::Failure},
};

pub(super) const PUT_ASIDE: &str = "UPDATE message SET dead = 1
    WHERE queue = ?1 AND attempts > 0 AND dead = 0 AND visible_at <= ?2 AND attempts >= ?3";
pub(super) const DELIVERABLE: &str = "SELECT id, deliveries, body, attempts FROM message JOIN message_body USING (id)
    WHERE queue = ?1 AND dead = 0 AND visible_at <= ?2 ORDER BY id LIMIT ?3";
pub(super) const DEAD: &str = "SELECT id, deliveries, body, attempts FROM message JOIN message_body USING (id)
    WHERE queue = ?1 AND dead = 1 ORDER BY id LIMIT ?2";
const DELIVER: &str =
    "UPDATE message SET attempts = attempts + 1, deliveries = deliveries + 1, visible_at = ?2 WHERE id = ?1";
pub(super) const COUNT: &str = "SELECT count(*) FROM message WHERE queue = ?1 AND dead = ?2";
pub(super) const IN_FLIGHT: &str =
    "SELECT count(*) FROM message WHERE queue = ?1 AND attempts > 0 AND dead = 0 AND visible_at > ?2";
pub(super) const OLDEST: &str =
    "SELECT sent_at FROM message WHERE queue = ?1 AND dead = 0 AND visible_at <= ?2 ORDER BY id LIMIT 1";

#[async_trait]
impl Queue for Sqlite {
    async fn send(&self, queue: QueueName, bodies: Vec<String>) -> Result<(), PortError> {
        let what = format!("send to the {} queue", queue.as_str());
        if let Some(body) = bodies.iter().find(|body| body.len() > MAX_BODY_BYTES) {
            let source = format!("a body has {} bytes, at most {MAX_BODY_BYTES} are allowed", body.len()).into();
            return Err(PortError::Permanent { what, source });
        }
        let now = self.clock.now_ms();
        self.worker.call(what, move |connection| insert(connection, queue, &bodies, now)).await
    }

    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, PortError> {
        let (now, max_deliveries) = (self.clock.now_ms(), self.max_deliveries_of(queue));
        let until = now.saturating_add(milliseconds(visibility));
        let job = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            transaction.prepare_cached(PUT_ASIDE)?.execute(params![queue.as_str(), now, max_deliveries])?;
            let deliveries = deliver(&transaction, queue, now, max, until)?;
            transaction.commit()?;
            Ok(deliveries)
        };
        self.worker.call(format!("receive from the {} queue", queue.as_str()), job).await
    }

    async fn acknowledge(&self, delivery: &Delivery) -> Result<(), PortError> {
        let Some((id, number)) = parse_receipt(delivery) else { return Ok(()) };
        let job = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let removed = transaction
                .prepare_cached("DELETE FROM message WHERE id = ?1 AND deliveries = ?2")?
                .execute([id, number])?;
            if removed > 0 {
                transaction.prepare_cached("DELETE FROM message_body WHERE id = ?1")?.execute([id])?;
            }
            Ok(transaction.commit()?)
        };
        self.worker.call(format!("acknowledge on the {} queue", delivery.queue.as_str()), job).await
    }

    async fn extend(&self, delivery: &Delivery, visibility: Duration) -> Result<(), PortError> {
        let Some((id, number)) = parse_receipt(delivery) else { return Ok(()) };
        let until = if visibility.is_zero() { 0 } else { self.clock.now_ms().saturating_add(milliseconds(visibility)) };
        let job = move |connection: &mut Connection| {
            connection
                .prepare_cached("UPDATE message SET visible_at = ?3 WHERE id = ?1 AND deliveries = ?2 AND dead = 0")?
                .execute([id, number, until])?;
            Ok(())
        };
        self.worker.call(format!("extend on the {} queue", delivery.queue.as_str()), job).await
    }

    async fn put_aside(&self, delivery: &Delivery) -> Result<(), PortError> {
        let Some((id, number)) = parse_receipt(delivery) else { return Ok(()) };
        let job = move |connection: &mut Connection| {
            connection
                .prepare_cached("UPDATE message SET dead = 1 WHERE id = ?1 AND deliveries = ?2")?
                .execute([id, number])?;
            Ok(())
        };
        self.worker.call(format!("put aside on the {} queue", delivery.queue.as_str()), job).await
    }

    async fn depth(&self, queue: QueueName) -> Result<QueueDepth, PortError> {
        let (now, max_deliveries) = (self.clock.now_ms(), self.max_deliveries_of(queue));
        let job = move |connection: &mut Connection| {
            connection.prepare_cached(PUT_ASIDE)?.execute(params![queue.as_str(), now, max_deliveries])?;
            measure(connection, queue, now)
        };
        self.worker.call(format!("measure the {} queue", queue.as_str()), job).await
    }

    async fn dead_letters(&self, queue: QueueName, max: usize) -> Result<Vec<Delivery>, PortError> {
        let (now, max_deliveries) = (self.clock.now_ms(), self.max_deliveries_of(queue));
        let job = move |connection: &mut Connection| {
            connection.prepare_cached(PUT_ASIDE)?.execute(params![queue.as_str(), now, max_deliveries])?;
            let mut statement = connection.prepare_cached(DEAD)?;
            let rows = statement.query_map(params![queue.as_str(), limit(max)], |row| delivery(queue, row))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        self.worker.call(format!("read dead letters of the {} queue", queue.as_str()), job).await
    }

    async fn redrive(&self, queue: QueueName) -> Result<u64, PortError> {
        let (now, max_deliveries) = (self.clock.now_ms(), self.max_deliveries_of(queue));
        let job = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            transaction.prepare_cached(PUT_ASIDE)?.execute(params![queue.as_str(), now, max_deliveries])?;
            let moved = transaction.execute(
                "UPDATE message SET dead = 0, attempts = 0, interruptions = 0, visible_at = 0
                WHERE queue = ?1 AND dead = 1",
                [queue.as_str()],
            )?;
            transaction.commit()?;
            Ok(moved as u64)
        };
        self.worker.call(format!("redrive the {} queue", queue.as_str()), job).await
    }
}

fn insert(connection: &mut Connection, queue: QueueName, bodies: &[String], now: i64) -> Result<(), Failure> {
    let transaction = connection.transaction()?;
    {
        let mut message = transaction.prepare_cached("INSERT INTO message (queue, sent_at) VALUES (?1, ?2)")?;
        let mut message_body = transaction.prepare_cached("INSERT INTO message_body (id, body) VALUES (?1, ?2)")?;
        for body in bodies {
            let id = message.insert(params![queue.as_str(), now])?;
            message_body.execute(params![id, body])?;
        }
    }
    Ok(transaction.commit()?)
}

fn deliver(
    connection: &Connection,
    queue: QueueName,
    now: i64,
    max: usize,
    until: i64,
) -> rusqlite::Result<Vec<Delivery>> {
    let mut deliverable = connection.prepare_cached(DELIVERABLE)?;
    let mut deliver = connection.prepare_cached(DELIVER)?;
    let rows = deliverable.query_map(params![queue.as_str(), now, limit(max)], |row| {
        let id: i64 = row.get(0)?;
        let delivery = delivery(queue, row)?;
        Ok((id, row.get::<_, i64>(1)?, delivery))
    })?;
    // Read to the end before the first update: a statement that runs must not see its own rows change.
    let found = rows.collect::<Result<Vec<_>, _>>()?;
    found
        .into_iter()
        .map(|(id, number, delivery)| {
            deliver.execute([id, until])?;
            Ok(Delivery { receipt: receipt(id, number + 1), attempts: delivery.attempts + 1, ..delivery })
        })
        .collect()
}

/// From columns `id, deliveries, body, attempts`.
fn delivery(queue: QueueName, row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let id: i64 = row.get(0)?;
    Ok(Delivery {
        queue,
        message_id: id.to_string(),
        receipt: receipt(id, row.get(1)?),
        body: row.get(2)?,
        attempts: row.get(3)?,
    })
}

fn measure(connection: &Connection, queue: QueueName, now: i64) -> Result<QueueDepth, Failure> {
    let number = |sql: &str, second: i64| -> rusqlite::Result<u64> {
        connection.prepare_cached(sql)?.query_row(params![queue.as_str(), second], |row| row.get(0))
    };
    let (alive, dead, in_flight) = (number(COUNT, 0)?, number(COUNT, 1)?, number(IN_FLIGHT, now)?);
    let mut oldest = connection.prepare_cached(OLDEST)?;
    let sent_at = oldest.query_map(params![queue.as_str(), now], |row| row.get(0))?.next().transpose()?;
    let age_ms = sent_at.map_or(0, |sent_at: i64| now.saturating_sub(sent_at).max(0));
    let oldest_seconds = Some(age_ms.unsigned_abs() / 1000);
    Ok(QueueDepth { waiting: alive.saturating_sub(in_flight), in_flight, dead, oldest_seconds })
}

fn receipt(id: i64, number: i64) -> String {
    format!("{id}.{number}")
}

/// `None` for a receipt that is none of ours: it names no message, so there is nothing to do.
fn parse_receipt(delivery: &Delivery) -> Option<(i64, i64)> {
    let (id, number) = delivery.receipt.split_once('.')?;
    Some((id.parse().ok()?, number.parse().ok()?))
}
