//! `status.json`: what open pages poll, and what tells a person that the site keeps up.

use osmtracker_pages::{self as pages, Status, keys};

use super::details::{public, put};
use crate::{
    metrics::ObjectKind,
    steps::{Ports, StepError},
};

/// Writes `status.json`: the generation given (else the one that stands there) and how far the feed was followed.
///
/// # Errors
/// When a port fails.
pub async fn write_status(ports: &Ports, generation: Option<u64>) -> Result<(), StepError> {
    let key = public(keys::STATUS);
    let generation = match generation {
        Some(generation) => generation,
        None => stored_generation(ports, &key).await?,
    };
    let status = read_status(ports, generation).await?;
    put(ports, &key, pages::status_json(&status), "application/json", ObjectKind::Status).await
}

async fn read_status(ports: &Ports, generation: u64) -> Result<Status, StepError> {
    let (now, cursor) = (ports.now(), ports.store.cursor().await?);
    let states = ports.store.state_counts().await?;
    let cursor = cursor.as_ref();
    Ok(Status {
        schema: pages::SCHEMA,
        generation,
        sequence: cursor.map(|cursor| cursor.sequence),
        head_sequence: cursor.map(|cursor| cursor.head_sequence),
        timestamp: cursor.map(|cursor| cursor.timestamp),
        published_at: now,
        lag_seconds: cursor.map(|cursor| now.seconds_since(cursor.timestamp)),
        waiting_for: cursor.and_then(|cursor| cursor.waiting_for.clone()),
        states: states.into_iter().map(|(state, count)| (state.as_str().to_owned(), count)).collect(),
    })
}

/// The generation in the status as it stands; 0 when there is none that can be read.
async fn stored_generation(ports: &Ports, key: &str) -> Result<u64, StepError> {
    let object = ports.site.get(key).await?;
    let status = object.and_then(|object| serde_json::from_slice::<Status>(&object.bytes).ok());
    Ok(status.map_or(0, |status| status.generation))
}
