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
    let key = public(keys::STATUS);
    let before = generation(ports).await?;
    let generation = match (number, before) {
        (Some(number), Some(before)) if before.number == number => Some(before),
        (Some(number), _) => Some(Generation { number, at: ports.now() }),
        (None, before) => before,
    };
    let status = read_status(ports, generation).await?;
    put(ports, &key, pages::status_json(&status), "application/json", ObjectKind::Status).await
}

async fn read_status(ports: &Ports, generation: Option<Generation>) -> Result<Status, StepError> {
    let (now, cursor) = (ports.now(), ports.store.cursor().await?);
    let states = ports.store.state_counts().await?;
    let cursor = cursor.as_ref();
    Ok(Status {
        schema: pages::SCHEMA,
        generation: generation.map_or(0, |generation| generation.number),
        generated_at: generation.map(|generation| generation.at),
        sequence: cursor.map(|cursor| cursor.sequence),
        head_sequence: cursor.map(|cursor| cursor.head_sequence),
        timestamp: cursor.map(|cursor| cursor.timestamp),
        published_at: now,
        lag_seconds: cursor.map(|cursor| now.seconds_since(cursor.timestamp)),
        waiting_for: cursor.and_then(|cursor| cursor.waiting_for.clone()),
        states: states.into_iter().map(|(state, count)| (state.as_str().to_owned(), count)).collect(),
    })
}

/// The generation that readers see, and when it was last told; `None` before the first.
pub(in crate::steps) async fn generation(ports: &Ports) -> Result<Option<Generation>, PortError> {
    let object = ports.site.get(&public(keys::STATUS)).await?;
    let status = object.and_then(|object| serde_json::from_slice::<Status>(&object.bytes).ok());
    Ok(status.and_then(|status| Some(Generation { number: status.generation, at: status.generated_at? })))
}
