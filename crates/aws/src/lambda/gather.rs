//! What an invocation sends to the publisher, in as few messages as possible.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::{
    messages::{PublishAction, PublishItem, PublishMessage, SCHEMA},
    ports::{Delivery, PortError, Queue, QueueDepth, QueueName},
    steps, with_causes,
};

/// Publish items in a message: about 50 bytes each.
const ITEMS_A_MESSAGE: usize = 500;

/// After so long what is held back is sent although the invocation goes on.
const OLD: Duration = Duration::from_secs(2);

/// Holds what is sent to the publish queue for a moment, at most until the end of the invocation; everything else goes through.
///
/// Each step sends its own small message. An invocation works on many messages, and those that it works on are done
/// only once it has answered: until then what it holds back can be lost without harm, for it is then sent again.
pub(super) struct Gathering {
    inner: Arc<dyn Queue>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    items: BTreeMap<ChangesetId, PublishAction>,
    since: Option<Instant>,
}

impl Gathering {
    pub(super) fn new(inner: Arc<dyn Queue>) -> Self {
        Self { inner, held: Mutex::default() }
    }

    /// Sends what was held back if the first of it waits for some seconds: a long invocation is not to keep readers
    /// waiting. A failure is left to [`Gathering::flush`].
    pub(super) async fn flush_if_old(&self) {
        let is_old =
            self.held.lock().unwrap_or_else(PoisonError::into_inner).since.is_some_and(|since| since.elapsed() >= OLD);
        if is_old && let Err(error) = self.flush().await {
            tracing::warn!(error = with_causes(&error), "what is to be published is sent later");
        }
    }

    /// Sends what was held back; keeps it when that fails.
    pub(super) async fn flush(&self) -> Result<(), PortError> {
        let held = mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        let items: Vec<_> = held.items.into_iter().map(|(id, action)| PublishItem { id, action }).collect();
        let message = |items: &[PublishItem]| {
            let message = PublishMessage { schema: SCHEMA, items: items.to_vec() };
            serde_json::to_string(&message).expect("plain data with text keys")
        };
        let bodies: Vec<_> = items.chunks(ITEMS_A_MESSAGE).map(message).collect();
        if bodies.is_empty() {
            return Ok(());
        }
        let sent = self.inner.send(QueueName::Publish, bodies).await;
        if sent.is_err() {
            self.add(items);
        }
        sent
    }

    fn add(&self, items: impl IntoIterator<Item = PublishItem>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.since.get_or_insert_with(Instant::now);
        for item in items {
            let action = held.items.entry(item.id).or_insert(item.action);
            if item.action == PublishAction::Drop {
                *action = PublishAction::Drop;
            }
        }
    }

    /// `false` when one of the bodies is no message that holds items.
    fn hold(&self, bodies: &[String]) -> bool {
        let Ok(read) = bodies.iter().map(|body| steps::read_publish_message(body)).collect::<Result<Vec<_>, _>>()
        else {
            return false;
        };
        if read.iter().any(Vec::is_empty) {
            return false;
        }
        self.add(read.into_iter().flatten());
        true
    }
}

#[async_trait]
impl Queue for Gathering {
    async fn send(&self, queue: QueueName, bodies: Vec<String>) -> Result<(), PortError> {
        if queue == QueueName::Publish && self.hold(&bodies) {
            return Ok(());
        }
        self.inner.send(queue, bodies).await
    }

    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, PortError> {
        self.inner.receive(queue, max, visibility).await
    }

    async fn acknowledge(&self, delivery: &Delivery) -> Result<(), PortError> {
        self.inner.acknowledge(delivery).await
    }

    async fn extend(&self, delivery: &Delivery, visibility: Duration) -> Result<(), PortError> {
        self.inner.extend(delivery, visibility).await
    }

    async fn put_aside(&self, delivery: &Delivery) -> Result<(), PortError> {
        self.inner.put_aside(delivery).await
    }

    async fn depth(&self, queue: QueueName) -> Result<QueueDepth, PortError> {
        self.inner.depth(queue).await
    }

    async fn dead_letters(&self, queue: QueueName, max: usize) -> Result<Vec<Delivery>, PortError> {
        self.inner.dead_letters(queue, max).await
    }

    async fn redrive(&self, queue: QueueName) -> Result<u64, PortError> {
        self.inner.redrive(queue).await
    }
}
