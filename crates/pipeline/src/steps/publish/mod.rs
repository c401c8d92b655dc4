//! Publish: from rows that changed to pages, documents, lists and feeds.
//!
//! Details first, lists next, the window that says what was written last. So a publisher that dies in the middle
//! leaves nothing that its successor takes for written.

mod details;
mod lists;
mod status;
mod window;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use osmtracker_osm::ChangesetId;

use super::{Ports, StepError, notify};
use crate::{
    messages::{self, PublishAction, PublishItem, PublishMessage, SCHEMA},
    metrics::{Event, EventAction, Timer},
    ports::QueueName,
};

pub(super) use details::store_analysis;
pub use details::{entry, stored_analysis};
pub use lists::window_entries;
pub use status::write_status;
pub(super) use status::{generation, is_waiting, known_problems, write_problems, write_waiting};

/// What a publisher holds.
const LEASE: &str = "publisher";

/// How long a publisher may be silent before another takes over, in seconds.
const LEASE_SECONDS: i64 = 120;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublishOutcome {
    /// Changesets whose pages were written.
    pub updated: usize,
    /// Changesets whose pages were removed.
    pub removed: usize,
    /// The generation that readers see now.
    pub generation: u64,
}

/// The items of a message of the publish queue.
///
/// # Errors
/// [`StepError::Permanent`] for a body that is no such message.
pub fn read_publish_message(body: &str) -> Result<Vec<PublishItem>, StepError> {
    let message: PublishMessage = messages::read(body).map_err(|error| StepError::bad_message("publish", error))?;
    Ok(message.items)
}

/// Publishes the changesets of many messages at once; without items, whatever of the lists is not up to date.
///
/// # Errors
/// [`StepError::Busy`] when another publisher runs; else when a port fails.
pub async fn publish(ports: &Ports, items: &[PublishItem]) -> Result<PublishOutcome, StepError> {
    reserve_publication(ports).await?;
    let started = Instant::now();
    let outcome = run(ports, items).await;
    ports.metrics.time(Timer::Backend, started.elapsed());
    give_publication_up(ports).await?;
    outcome
}

/// Makes this owner the only one who publishes, before [`publish`], which ends that: what is gathered for a publication
/// must not be gathered by two.
///
/// # Errors
/// [`StepError::Busy`] when another publisher runs; else when the store fails.
pub async fn reserve_publication(ports: &Ports) -> Result<(), StepError> {
    let (now, owner) = (ports.now(), ports.owner.for_step());
    match ports.store.take_lease(LEASE, owner, now, now.plus_seconds(LEASE_SECONDS)).await? {
        true => Ok(()),
        false => Err(StepError::Busy { what: "the site" }),
    }
}

/// Lets others publish again.
///
/// # Errors
/// When the store fails.
pub async fn give_publication_up(ports: &Ports) -> Result<(), StepError> {
    Ok(ports.store.release_lease(LEASE, ports.owner.for_step()).await?)
}

/// How long what is to be published still gathers: lists are not written more often than `pipeline.publish_seconds`.
///
/// # Errors
/// When the site cannot be read.
pub async fn time_to_publication(ports: &Ports) -> Result<Duration, StepError> {
    let interval = ports.config.pipeline.publish;
    if interval.is_zero() {
        return Ok(interval);
    }
    let Some(last) = status::generation(ports).await? else { return Ok(Duration::ZERO) };
    let passed = ports.now().seconds_since(last.at).max(0);
    Ok(interval.saturating_sub(Duration::from_secs(passed.unsigned_abs())))
}

/// Lets the publisher write whatever of the lists is not up to date, although no changeset changed: a new release or
/// another configuration may render them otherwise.
///
/// # Errors
/// When the queue fails.
pub async fn ask_for_publication(ports: &Ports) -> Result<(), StepError> {
    let message = PublishMessage { schema: SCHEMA, items: Vec::new() };
    let body = serde_json::to_string(&message).expect("plain data with text keys");
    Ok(ports.queue.send(QueueName::Publish, vec![body]).await?)
}

async fn run(ports: &Ports, items: &[PublishItem]) -> Result<PublishOutcome, StepError> {
    let mut actions: BTreeMap<ChangesetId, PublishAction> = BTreeMap::new();
    for item in items {
        let action = actions.entry(item.id).or_insert(item.action);
        if item.action == PublishAction::Drop {
            *action = PublishAction::Drop;
        }
    }
    let changes = details::write(ports, actions).await?;
    let generation = lists::write(ports, &changes).await?;
    ports.metrics.event(Event::NewGeneration, EventAction::Out);
    details::forget(ports, &changes).await?;
    // The pages are there that a message links to.
    notify::ask(ports, &changes.updated).await?;
    write_status(ports, Some(generation)).await?;
    Ok(PublishOutcome { updated: changes.updated.len(), removed: changes.removed.len(), generation })
}
