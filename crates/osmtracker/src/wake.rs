//! A queue that wakes the workers of this process when something is sent.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use osmtracker_pipeline::ports::{Delivery, PortError, Queue, QueueDepth, QueueName};
use tokio::sync::Notify;

/// Wraps a queue; everything goes through unchanged.
pub(crate) struct WakingQueue {
    inner: Arc<dyn Queue>,
    sent: BTreeMap<QueueName, Notify>,
}

impl WakingQueue {
    pub(crate) fn new(inner: Arc<dyn Queue>) -> Self {
        Self { inner, sent: QueueName::ALL.into_iter().map(|queue| (queue, Notify::new())).collect() }
    }

    /// Until something is sent to the queue, or the time has passed: messages also come back by themselves.
    pub(crate) async fn wait(&self, queue: QueueName, at_most: Duration) {
        let sent = self.sent[&queue].notified();
        let _ = tokio::time::timeout(at_most, sent).await;
    }
}

#[async_trait]
impl Queue for WakingQueue {
    async fn send(&self, queue: QueueName, bodies: Vec<String>) -> Result<(), PortError> {
        self.inner.send(queue, bodies).await?;
        self.sent[&queue].notify_one();
        Ok(())
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
        let moved = self.inner.redrive(queue).await?;
        self.sent[&queue].notify_one();
        Ok(moved)
    }
}
