//! `status.json`: what open pages poll, and what tells a person that the site keeps up.

use std::collections::BTreeMap;

use osmtracker_pages::{self as pages, Status, StatusProblem, keys};

use super::details::{FRESH, public};
use crate::{
    State,
    metrics::{Generation, ObjectKind},
    ports::{ObjectMeta, PortError, PutCondition},
    steps::{Ports, StepError, problems::Problem},
};

/// Tries against others who write it.
const TRIES: usize = 5;

/// Writes `status.json`: the generation given (else the one that stands there) and how far the feed was followed.
///
/// # Errors
/// When a port fails.
pub async fn write_status(ports: &Ports, number: Option<u64>) -> Result<(), StepError> {
    write_with(ports, number, None).await
}

/// Writes `status.json` with what is wrong now.
pub(in crate::steps) async fn write_problems(ports: &Ports, problems: &[Problem]) -> Result<(), StepError> {
    write_with(ports, None, Some(problems)).await
}

async fn write_with(ports: &Ports, number: Option<u64>, problems: Option<&[Problem]>) -> Result<(), StepError> {
    update(ports, problems, |before| {
        let generation = match (number, before.and_then(generation_of)) {
            (Some(number), Some(before)) if before.number >= number => Some(before),
            (Some(number), _) => Some(Generation { number, at: ports.now() }),
            (None, before) => before,
        };
        (generation, before.and_then(|status| status.waiting_for.clone()))
    })
    .await
}

/// Says in `status.json` what is waited for before anything was read.
pub(in crate::steps) async fn write_waiting(ports: &Ports, reason: &str) -> Result<(), StepError> {
    update(ports, None, |before| (before.and_then(generation_of), Some(reason.to_owned()))).await
}

/// Writes the status over the one that was read: several functions do, and none must put an older generation back.
///
/// Problems that were not looked for are told as they were before. `decide` answers the generation, and what is waited for, which counts until there is a cursor, which knows better.
async fn update(
    ports: &Ports,
    problems: Option<&[Problem]>,
    decide: impl Fn(Option<&Status>) -> (Option<Generation>, Option<String>),
) -> Result<(), StepError> {
    let states = ports.store.state_counts().await?;
    for _ in 1..TRIES {
        match write(ports, &states, problems, &decide).await {
            Err(PortError::Conflict { .. }) => {}
            result => return Ok(result?),
        }
    }
    Ok(write(ports, &states, problems, &decide).await?)
}

async fn write(
    ports: &Ports,
    states: &BTreeMap<State, u64>,
    problems: Option<&[Problem]>,
    decide: impl Fn(Option<&Status>) -> (Option<Generation>, Option<String>),
) -> Result<(), PortError> {
    let stands = ports.site.get(&public(keys::STATUS)).await?;
    let before: Option<Status> = stands.as_ref().and_then(|object| serde_json::from_slice(&object.bytes).ok());
    let (generation, waiting) = decide(before.as_ref());
    let (now, cursor) = (ports.now(), ports.store.cursor().await?);
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
        problems: match problems {
            Some(problems) => problems.iter().map(StatusProblem::from).collect(),
            None => before.map(|status| status.problems).unwrap_or_default(),
        },
        states: states.iter().map(|(state, count)| (state.as_str().to_owned(), *count)).collect(),
    };
    let document = pages::status_json(&status);
    let meta = ObjectMeta { content_type: "application/json", cache_control: FRESH, content_encoding: None };
    let condition = stands.map_or(PutCondition::Absent, |object| PutCondition::Matches(object.etag));
    ports.metrics.written(ObjectKind::Status, document.len() as u64);
    ports.site.put(&public(keys::STATUS), document.into(), meta, condition).await.map(drop)
}

/// What readers were last told to be wrong, by its kind.
pub(in crate::steps) async fn known_problems(ports: &Ports) -> Result<Vec<String>, PortError> {
    let problems = stored(ports).await?.map(|status| status.problems).unwrap_or_default();
    Ok(problems.into_iter().map(|problem| problem.kind).collect())
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
