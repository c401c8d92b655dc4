//! The messages of one invocation.

use std::{collections::BTreeSet, time::Duration};

use osmtracker_pipeline::{
    messages::PublishItem,
    metrics::RetryCause,
    ports::{Delivery, QueueName},
    steps::{self, Ports, StepError},
};

use super::{
    Deadline,
    event::{BatchResponse, Failure},
};

/// How long a message waits after its first failure that may not last; doubled for each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Longest such wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// Between two tries to publish within an invocation: another publisher is done in about that time.
const ANOTHER_PUBLISHER: Duration = Duration::from_millis(500);
/// A pause before a publication that is waited for rather than given back.
const SHORT: Duration = Duration::from_secs(2);
/// Messages taken up beyond those that the invocation was given.
const TAKEN_UP: usize = 1_000;
/// How long those are hidden from others: longer than an invocation can last.
const HIDDEN: Duration = Duration::from_secs(900);
/// Below this a publication is not begun: its messages come again.
const LEAST_TO_PUBLISH: Duration = Duration::from_secs(10);

/// What became of messages so far.
pub(super) struct Batch<'a> {
    ports: &'a Ports,
    deadline: Deadline,
    failures: Vec<Failure>,
}

/// Why a message is not done.
enum Undone {
    Step(StepError),
    /// The time of the invocation was over before its step ended, or began.
    Time,
}

impl<'a> Batch<'a> {
    pub(super) fn new(ports: &'a Ports, deadline: Deadline) -> Self {
        Self { ports, deadline, failures: Vec::new() }
    }

    pub(super) fn response(self) -> BatchResponse {
        BatchResponse { batch_item_failures: self.failures }
    }

    /// Every message is to come again: what followed from their steps could not be sent.
    pub(super) async fn nothing_is_done(&mut self, deliveries: &[Delivery]) {
        self.failures.clear();
        for delivery in deliveries {
            self.hide(delivery, pause_after(delivery.attempts)).await;
        }
    }

    /// Runs a message's step, as long as there is time.
    pub(super) async fn work_on(&mut self, delivery: &Delivery, step: impl Future<Output = Result<(), StepError>>) {
        match tokio::time::timeout(self.deadline.left(), step).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.give_back(delivery, &Undone::Step(error)).await,
            Err(_) => self.give_back(delivery, &Undone::Time).await,
        }
    }

    /// Publishes the items of all messages at once, together with whatever else waits on the queue: one writing of the
    /// lists however many messages there are. Before its time they are all given back until then.
    pub(super) async fn work_together(
        &mut self,
        given: Vec<Delivery>,
        publish: impl AsyncFn(&[PublishItem]) -> Result<(), StepError>,
    ) {
        match steps::time_to_publication(self.ports).await {
            Ok(wait) if wait > SHORT => return self.put_off(&given, wait).await,
            Ok(wait) => tokio::time::sleep(wait).await,
            Err(error) => return self.give_all_back(&given, &Undone::Step(error)).await,
        }
        let is_given: BTreeSet<_> = given.iter().map(|delivery| delivery.message_id.clone()).collect();
        let mut all = given;
        match self.ports.queue.receive(QueueName::Publish, TAKEN_UP, HIDDEN).await {
            Ok(more) => all.extend(more),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "no further messages are taken up"),
        }
        for delivery in self.published(all, publish).await {
            // Those that the invocation was given are acknowledged by its answer.
            if !is_given.contains(&delivery.message_id)
                && let Err(error) = self.ports.queue.acknowledge(&delivery).await
            {
                tracing::warn!(error = &error as &dyn std::error::Error, "a published message will come again");
            }
        }
    }

    /// Publishes all at once, and message by message when one of them spoils the whole. Answers those that are done.
    async fn published(
        &mut self,
        deliveries: Vec<Delivery>,
        publish: impl AsyncFn(&[PublishItem]) -> Result<(), StepError>,
    ) -> Vec<Delivery> {
        let (mut good, mut items) = (Vec::new(), Vec::new());
        for delivery in deliveries {
            match steps::read_publish_message(&delivery.body) {
                Ok(read) => {
                    items.extend_from_slice(&read);
                    good.push((delivery, read));
                }
                Err(error) => self.give_back(&delivery, &Undone::Step(error)).await,
            }
        }
        if good.is_empty() {
            return Vec::new();
        }
        let mut done = Vec::new();
        match self.until_published(&items, &publish).await {
            Ok(()) => done.extend(good.into_iter().map(|(delivery, _)| delivery)),
            Err(Undone::Step(error)) if !error.is_transient() && good.len() > 1 => {
                for (delivery, items) in good {
                    match self.until_published(&items, &publish).await {
                        Ok(()) => done.push(delivery),
                        Err(undone) => self.give_back(&delivery, &undone).await,
                    }
                }
            }
            Err(undone) => {
                let deliveries: Vec<_> = good.into_iter().map(|(delivery, _)| delivery).collect();
                self.give_all_back(&deliveries, &undone).await;
            }
        }
        done
    }

    /// It is no failure that the time has not come.
    async fn put_off(&mut self, deliveries: &[Delivery], wait: Duration) {
        for delivery in deliveries {
            self.hide(delivery, wait).await;
        }
    }

    async fn give_all_back(&mut self, deliveries: &[Delivery], undone: &Undone) {
        for delivery in deliveries {
            self.give_back(delivery, undone).await;
        }
    }

    /// Tries until it works or fails for good: most often another publisher is at work and soon done.
    async fn until_published(
        &self,
        items: &[PublishItem],
        publish: &impl AsyncFn(&[PublishItem]) -> Result<(), StepError>,
    ) -> Result<(), Undone> {
        loop {
            let left = self.deadline.left();
            let published = tokio::time::timeout(left, publish(items)).await.map_err(|_| Undone::Time)?;
            match published {
                Err(error) if error.is_transient() && self.deadline.left() > LEAST_TO_PUBLISH => {
                    tracing::info!(error = &error as &dyn std::error::Error, "publishing waits");
                    tokio::time::sleep(ANOTHER_PUBLISHER).await;
                }
                result => return result.map_err(Undone::Step),
            }
        }
    }

    /// Lets a message come again: soon when nothing will change (it is then put aside soon), else after a pause.
    async fn give_back(&mut self, delivery: &Delivery, undone: &Undone) {
        let (queue, attempts) = (delivery.queue.as_str(), delivery.attempts);
        let pause = match undone {
            Undone::Step(error) if error.is_transient() => {
                let error = error as &dyn std::error::Error;
                tracing::warn!(queue, attempts, error, "a step failed and will be tried again");
                pause_after(attempts)
            }
            Undone::Step(error) => {
                let (message, error) = (&delivery.message_id, error as &dyn std::error::Error);
                tracing::error!(queue, attempts, message, error, "a message cannot be processed");
                Duration::ZERO
            }
            Undone::Time => {
                tracing::warn!(queue, attempts, "the time did not suffice; a message is given back");
                Duration::ZERO
            }
        };
        self.ports.metrics.retry(RetryCause::Step);
        self.hide(delivery, pause).await;
    }

    /// Reports a message as not done, and hides it for a while.
    async fn hide(&mut self, delivery: &Delivery, pause: Duration) {
        if let Err(error) = self.ports.queue.extend(delivery, pause).await {
            // It then comes again when the queue's own time has passed.
            let queue = delivery.queue.as_str();
            tracing::warn!(queue, error = &error as &dyn std::error::Error, "a message could not be given back");
        }
        self.failures.push(Failure { item_identifier: delivery.message_id.clone() });
    }
}

fn pause_after(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2u32.saturating_pow(attempts.saturating_sub(1))).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
