//! What an invocation sends to the publisher, in as few messages as possible.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::{
    messages::{PublishAction, PublishItem, PublishMessage, SCHEMA},
    ports::{Delivery, PortError, Queue, QueueDepth, QueueName},
    steps,
};

/// Publish items in a message: about 50 bytes each.
const ITEMS_A_MESSAGE: usize = 500;

/// Holds what is sent to the publish queue until the end of the invocation; everything else goes through.
///
/// Each step sends its own small message. An invocation works on many messages, and those that it works on are done
/// only once it has answered: until then what it holds back can be lost without harm, for it is then sent again.
pub(super) struct Gathering {
    inner: Arc<dyn Queue>,
    items: Mutex<BTreeMap<ChangesetId, PublishAction>>,
}

impl Gathering {
    pub(super) fn new(inner: Arc<dyn Queue>) -> Self {
        Self { inner, items: Mutex::default() }
    }

    /// Sends what was held back.
    pub(super) async fn flush(&self) -> Result<(), PortError> {
        let items = mem::take(&mut *self.items.lock().unwrap_or_else(PoisonError::into_inner));
        let items: Vec<_> = items.into_iter().map(|(id, action)| PublishItem { id, action }).collect();
        let message = |items: &[PublishItem]| {
            let message = PublishMessage { schema: SCHEMA, items: items.to_vec() };
            serde_json::to_string(&message).expect("plain data with text keys")
        };
        let bodies: Vec<_> = items.chunks(ITEMS_A_MESSAGE).map(message).collect();
        if bodies.is_empty() { Ok(()) } else { self.inner.send(QueueName::Publish, bodies).await }
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
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        for item in read.into_iter().flatten() {
            let action = items.entry(item.id).or_insert(item.action);
            if item.action == PublishAction::Drop {
                *action = PublishAction::Drop;
            }
        }
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
