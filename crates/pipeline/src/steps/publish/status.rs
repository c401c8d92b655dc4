//! `status.json`: what open pages poll, and what tells a person that the site keeps up.

use osmtracker_pages::{self as pages, Status, keys};

use super::details::{public, put};
use crate::{
    metrics::{Generation, ObjectKind},
    ports::PortError,
    steps::{Ports, StepError},
};

/// Writes `status.json`: the generation given (else the one that stands there) and how far the feed was followed.
///
/// # Errors
/// When a port fails.
pub async fn write_status(ports: &Ports, number: Option<u64>) -> Result<(), StepError> {
    let before = stored(ports).await?;
    let waiting = before.as_ref().and_then(|status| status.waiting_for.clone());
    let generation = match (number, before.as_ref().and_then(generation_of)) {
        (Some(number), Some(before)) if before.number == number => Some(before),
        (Some(number), _) => Some(Generation { number, at: ports.now() }),
        (None, before) => before,
    };
    write(ports, generation, waiting).await
}

/// Whether `status.json` is old enough to be written although nothing was published.
pub(in crate::steps) async fn is_due(ports: &Ports) -> Result<bool, PortError> {
    let interval = ports.config.pipeline.status;
    if interval.is_zero() {
        return Ok(true);
    }
    let written = stored(ports).await?.map(|status| status.published_at);
    Ok(written.is_none_or(|at| at.plus(interval) <= ports.now()))
}

/// Says in `status.json` what is waited for before anything was read.
pub(in crate::steps) async fn write_waiting(ports: &Ports, reason: &str) -> Result<(), StepError> {
    let generation = generation(ports).await?;
    write(ports, generation, Some(reason.to_owned())).await
}

/// `waiting` counts until there is a cursor, which knows better.
async fn write(ports: &Ports, generation: Option<Generation>, waiting: Option<String>) -> Result<(), StepError> {
    let (now, cursor) = (ports.now(), ports.store.cursor().await?);
    let states = ports.store.state_counts().await?;
    let cursor = cursor.as_ref();
    let status = Status {
        schema: pages::SCHEMA,
        generation: generation.map_or(0, |generation| generation.number),
        generated_at: generation.map(|generation| generation.at),
        sequence: cursor.map(|cursor| cursor.sequence),
        head_sequence: cursor.map(|cursor| cursor.head_sequence),
        timestamp: cursor.map(|cursor| cursor.timestamp),
        published_at: now,
        lag_seconds: cursor.map(|cursor| now.seconds_since(cursor.timestamp)),
        waiting_for: cursor.map_or(waiting, |cursor| cursor.waiting_for.clone()),
        states: states.into_iter().map(|(state, count)| (state.as_str().to_owned(), count)).collect(),
    };
    let document = pages::status_json(&status);
    put(ports, &public(keys::STATUS), document, "application/json", ObjectKind::Status).await
}

/// The generation that readers see, and when it was published; `None` before the first.
pub(in crate::steps) async fn generation(ports: &Ports) -> Result<Option<Generation>, PortError> {
    Ok(stored(ports).await?.as_ref().and_then(generation_of))
}

/// Whether readers are told that something is waited for.
pub(in crate::steps) async fn is_waiting(ports: &Ports) -> Result<bool, PortError> {
    Ok(stored(ports).await?.is_some_and(|status| status.waiting_for.is_some()))
}

fn generation_of(status: &Status) -> Option<Generation> {
    Some(Generation { number: status.generation, at: status.generated_at? })
}

/// The status as it stands; `None` when there is none that can be read.
async fn stored(ports: &Ports) -> Result<Option<Status>, PortError> {
    let object = ports.site.get(&public(keys::STATUS)).await?;
    Ok(object.and_then(|object| serde_json::from_slice(&object.bytes).ok()))
}
