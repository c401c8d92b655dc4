//! Who asks for notifications, and since when.

use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pages::{Entry, Progress};
use serde::{Deserialize, Serialize};

use super::{digest, memo::Stored};
use crate::{
    config::NotifyTarget,
    messages::{NotifyMessage, SCHEMA},
    ports::{PortError, QueueName},
    steps::{Ports, StepError},
};

/// Since when a target is told of changesets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    at: Timestamp,
}

/// Begins the time of every target that is new: what ended before it is not told, so that neither a fresh deployment nor a
/// new target sends a backlog. Called at the start, and again by the supervisor.
///
/// # Errors
/// When the store fails.
pub async fn begin_notifications(ports: &Ports) -> Result<(), StepError> {
    for target in &ports.config.notify {
        begun(ports, target).await?;
    }
    Ok(())
}

/// When a target's time began: now, if it has not yet.
pub(super) async fn begun(ports: &Ports, target: &NotifyTarget) -> Result<Timestamp, StepError> {
    let key = format!("notify/{}", target.name);
    let mut stored = Stored::read_or(ports, key.clone(), Begun { at: ports.now() }).await?;
    if stored.is_new() {
        let value = stored.value;
        match stored.write(ports, value).await {
            Ok(()) => tracing::info!(target = target.name, "notifications begin; earlier changesets are not told"),
            Err(PortError::Conflict { .. }) => stored = Stored::read_or(ports, key, value).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(stored.value.at)
}

/// Asks for a message about each of these that matches a target. Those that were told before are known later.
pub(in crate::steps) async fn ask(ports: &Ports, published: &[Entry]) -> Result<(), StepError> {
    let now = ports.now();
    let analysed = published.iter().filter(|entry| entry.progress == Progress::Analysed);
    let wanted = analysed.flat_map(|entry| {
        let targets = ports.config.notify.iter();
        let targets = targets.filter(|target| target.matches(&ports.config.site, &entry.labels));
        targets.map(|target| message(target, Some(entry.id()), now))
    });
    let bodies: Vec<_> = wanted.collect();
    if !bodies.is_empty() {
        ports.queue.send(QueueName::Notify, bodies).await?;
    }
    Ok(())
}

/// Asks for each digest whose time has come; at once for one that gathered and is none any more.
pub(in crate::steps) async fn ask_for_digests(ports: &Ports) -> Result<(), StepError> {
    let mut bodies = Vec::new();
    for target in &ports.config.notify {
        if digest::is_due(ports, target).await? {
            bodies.push(message(target, None, ports.now()));
        }
    }
    if !bodies.is_empty() {
        ports.queue.send(QueueName::Notify, bodies).await?;
    }
    Ok(())
}

fn message(target: &NotifyTarget, id: Option<ChangesetId>, asked_at: Timestamp) -> String {
    let message = NotifyMessage { schema: SCHEMA, target: target.name.clone(), id, asked_at };
    serde_json::to_string(&message).expect("plain data with text keys")
}
