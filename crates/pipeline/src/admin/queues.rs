use serde::Serialize;
use serde_json::Value;

use crate::{
    ports::{PortError, QueueName},
    steps::Ports,
};

/// How full a queue is, and what was put aside of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueReport {
    /// `filter`, `analysis` or `publish`.
    pub queue: &'static str,
    /// Waiting to be received.
    pub waiting: u64,
    /// Received and not acknowledged.
    pub in_flight: u64,
    /// Put aside.
    pub dead: u64,
    /// Age of the oldest waiting message in seconds; null where the queue does not tell.
    pub oldest_seconds: Option<u64>,
    /// The oldest of those put aside.
    pub dead_letters: Vec<DeadLetter>,
}

/// A message that was put aside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadLetter {
    /// As the queue names it.
    pub message_id: String,
    /// How often it was delivered.
    pub attempts: u32,
    /// What it says: JSON, or the text itself when it is none.
    pub body: Value,
}

/// All queues, with at most `letters` of the dead letters of each.
///
/// # Errors
/// When a queue fails.
pub async fn queues(ports: &Ports, letters: usize) -> Result<Vec<QueueReport>, PortError> {
    let mut reports = Vec::new();
    for queue in QueueName::ALL {
        let depth = ports.queue.depth(queue).await?;
        let dead = match depth.dead.min(letters as u64) {
            0 => Vec::new(),
            _ => ports.queue.dead_letters(queue, letters).await?,
        };
        reports.push(QueueReport {
            queue: queue.as_str(),
            waiting: depth.waiting,
            in_flight: depth.in_flight,
            dead: depth.dead,
            oldest_seconds: depth.oldest_seconds,
            dead_letters: dead
                .into_iter()
                .map(|letter| DeadLetter {
                    message_id: letter.message_id,
                    attempts: letter.attempts,
                    body: serde_json::from_str(&letter.body).unwrap_or(Value::String(letter.body)),
                })
                .collect(),
        });
    }
    Ok(reports)
}
