//! The messages of one invocation.

use std::{collections::BTreeSet, time::Duration};

use futures_util::{StreamExt, stream};
use osmtracker_pipeline::{
    messages::PublishItem,
    metrics::{RetryCause, StepName},
    ports::{Delivery, QueueName},
    steps::{self, Ports, StepError},
    with_causes,
};

use super::{
    Deadline,
    event::{BatchResponse, Failure},
};

/// How long a message waits after its first failure that may not last; doubled for each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Longest such wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// With less time than this no further message is begun: it is given back as it is.
pub(super) const LEAST_TO_BEGIN: Duration = Duration::from_secs(10);
/// Between two looks whether another publisher is done.
const ANOTHER_PUBLISHER: Duration = Duration::from_millis(500);
/// A pause before a publication that is waited for rather than given back.
const SHORT: Duration = Duration::from_secs(2);
/// Changesets published at once. What is more comes in the next run, so that a backlog shrinks run by run.
const ITEMS_AT_ONCE: usize = 1_000;
/// Messages taken up at a time beyond those that the invocation was given.
const TAKEN_UP: usize = 100;
/// How much longer than the invocation can last those are hidden from others.
const HIDDEN_AFTER: Duration = Duration::from_secs(15);
/// Requests about single messages under way at a time.
const REQUESTS: usize = 16;

/// What became of messages so far.
pub(super) struct Batch<'a> {
    ports: &'a Ports,
    deadline: Deadline,
    /// Ids that the invocation was given: Lambda takes an answer about any other for a failure of all.
    given: BTreeSet<String>,
    failures: BTreeSet<String>,
    least_to_begin: Duration,
}

/// Why a message is not done.
enum Undone {
    Step(StepError),
    /// The time of the invocation was over before its step ended.
    Time,
    /// It was not begun, or it is not time for it: no failure.
    Later(Duration),
}

impl<'a> Batch<'a> {
    pub(super) fn new(ports: &'a Ports, deadline: Deadline, given: &[Delivery]) -> Self {
        let given = given.iter().map(|delivery| delivery.message_id.clone()).collect();
        Self { ports, deadline, given, failures: BTreeSet::new(), least_to_begin: LEAST_TO_BEGIN }
    }

    /// Begins no message with less time than this.
    pub(super) fn beginning_with(self, least_to_begin: Duration) -> Self {
        Self { least_to_begin, ..self }
    }

    pub(super) fn response(self) -> BatchResponse {
        let failure = |item_identifier| Failure { item_identifier };
        BatchResponse { batch_item_failures: self.failures.into_iter().map(failure).collect() }
    }

    /// Every message is to come again: what followed from their steps could not be sent.
    pub(super) async fn nothing_is_done(&mut self, deliveries: &[Delivery]) {
        let pauses = deliveries.iter().map(|delivery| (delivery, pause_after(delivery.attempts)));
        self.hide(pauses.collect()).await;
    }

    /// Runs a message's step, if there is time to begin and as long as there is time.
    pub(super) async fn work_on(&mut self, delivery: &Delivery, step: impl Future<Output = Result<(), StepError>>) {
        if self.deadline.left() < self.least_to_begin {
            return self.give_back(delivery, &Undone::Later(Duration::ZERO)).await;
        }
        match tokio::time::timeout(self.deadline.left(), step).await {
            Ok(Ok(())) => {}
            Ok(Err(StepError::Held { after, .. })) => self.give_back(delivery, &Undone::Later(after)).await,
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
            Ok(wait) if wait > SHORT => return self.give_all_back(&given, &Undone::Later(wait)).await,
            // Where messages were put off, others were too, and come again at this moment, to the second.
            Ok(wait) if given.iter().any(|delivery| delivery.attempts > 1) => tokio::time::sleep(wait + SHORT).await,
            Ok(wait) => tokio::time::sleep(wait).await,
            Err(error) => return self.give_all_back(&given, &Undone::Step(error)).await,
        }
        if let Err(undone) = self.reserve().await {
            return self.give_all_back(&given, &undone).await;
        }
        let mut reading = Reading::default();
        self.take(&mut reading, given).await;
        self.take_up_more(&mut reading).await;
        let done = self.published(reading, publish).await;
        // Those that the invocation was given are acknowledged by its answer.
        let ours = done.iter().filter(|delivery| !self.given.contains(&delivery.message_id));
        stream::iter(ours).for_each_concurrent(REQUESTS, |delivery| self.acknowledge(delivery)).await;
    }

    async fn acknowledge(&self, delivery: &Delivery) {
        if let Err(error) = self.ports.queue.acknowledge(delivery).await {
            tracing::warn!(error = with_causes(&error), "a published message will come again");
        }
    }

    /// Reads messages as far as their items fit; those beyond come again at once.
    async fn take(&mut self, reading: &mut Reading, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            if reading.is_full() {
                self.give_back(&delivery, &Undone::Later(Duration::ZERO)).await;
                continue;
            }
            match steps::read_publish_message(&delivery.body) {
                Ok(items) => reading.messages.push((delivery, items)),
                Err(error) => self.give_back(&delivery, &Undone::Step(error)).await,
            }
        }
    }

    async fn take_up_more(&mut self, reading: &mut Reading) {
        while !reading.is_full() {
            let hidden = self.deadline.left() + HIDDEN_AFTER;
            let more = match self.ports.queue.receive(QueueName::Publish, TAKEN_UP, hidden).await {
                Ok(more) => more,
                Err(error) => {
                    tracing::warn!(error = with_causes(&error), "no further messages are taken up");
                    return;
                }
            };
            if more.is_empty() {
                return;
            }
            self.take(reading, more).await;
        }
    }

    /// Publishes all at once, and message by message when one of them spoils the whole. Answers those that are done.
    async fn published(
        &mut self,
        reading: Reading,
        publish: impl AsyncFn(&[PublishItem]) -> Result<(), StepError>,
    ) -> Vec<Delivery> {
        let Reading { messages } = reading;
        if messages.is_empty() {
            if let Err(error) = steps::give_publication_up(self.ports).await {
                tracing::warn!(error = with_causes(&error), "a lease is kept until it runs out");
            }
            return Vec::new();
        }
        let items: Vec<_> = messages.iter().flat_map(|(_, items)| items).copied().collect();
        let mut done = Vec::new();
        match self.once(&items, &publish).await {
            Ok(()) => done.extend(messages.into_iter().map(|(delivery, _)| delivery)),
            Err(Undone::Step(error)) if !error.is_transient() && messages.len() > 1 => {
                for (delivery, items) in messages {
                    match self.once(&items, &publish).await {
                        Ok(()) => done.push(delivery),
                        Err(undone) => self.give_back(&delivery, &undone).await,
                    }
                }
            }
            Err(undone) => {
                let deliveries: Vec<_> = messages.into_iter().map(|(delivery, _)| delivery).collect();
                self.give_all_back(&deliveries, &undone).await;
            }
        }
        done
    }

    /// Waits until no other publisher is at work, so that one alone takes up what waits. If that one has just
    /// published, it is not time again.
    async fn reserve(&self) -> Result<(), Undone> {
        while self.deadline.left() >= self.least_to_begin {
            match steps::reserve_publication(self.ports).await {
                Err(StepError::Busy { .. }) => tokio::time::sleep(ANOTHER_PUBLISHER).await,
                Err(error) => return Err(Undone::Step(error)),
                Ok(()) => return Ok(()),
            }
            match steps::time_to_publication(self.ports).await {
                Ok(wait) if wait > SHORT => return Err(Undone::Later(wait)),
                Ok(_) => {}
                Err(error) => return Err(Undone::Step(error)),
            }
        }
        Err(Undone::Later(SHORT))
    }

    async fn once(
        &self,
        items: &[PublishItem],
        publish: &impl AsyncFn(&[PublishItem]) -> Result<(), StepError>,
    ) -> Result<(), Undone> {
        let published = tokio::time::timeout(self.deadline.left(), publish(items)).await;
        published.map_err(|_| Undone::Time)?.map_err(Undone::Step)
    }

    async fn give_all_back(&mut self, deliveries: &[Delivery], undone: &Undone) {
        let Some(first) = deliveries.first() else { return };
        self.tell(first, undone);
        self.hide(deliveries.iter().map(|delivery| (delivery, pause(delivery, undone))).collect()).await;
    }

    /// Lets a message come again, or puts it aside when that would change nothing.
    async fn give_back(&mut self, delivery: &Delivery, undone: &Undone) {
        self.tell(delivery, undone);
        if matches!(undone, Undone::Step(error) if !error.is_transient()) {
            match self.ports.queue.put_aside(delivery).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(error = with_causes(&error), "a message could not be put aside");
                }
            }
        }
        self.hide(vec![(delivery, pause(delivery, undone))]).await;
    }

    fn tell(&self, delivery: &Delivery, undone: &Undone) {
        let (queue, attempts) = (delivery.queue.as_str(), delivery.attempts);
        if let Undone::Step(error) = undone
            && let Some(kind) = error.failure()
        {
            self.ports.metrics.step_failed(StepName::of(delivery.queue), kind);
        }
        match undone {
            Undone::Step(error) if error.is_transient() => {
                let error = with_causes(error);
                tracing::warn!(queue, attempts, error, "a step failed and will be tried again");
            }
            Undone::Step(error) => {
                let (message, error) = (&delivery.message_id, with_causes(error));
                tracing::error!(queue, attempts, message, error, "a message cannot be processed and is put aside");
            }
            Undone::Time => {
                tracing::warn!(queue, attempts, "the time did not suffice; a message is given back");
            }
            Undone::Later(_) => return,
        }
        self.ports.metrics.retry(RetryCause::Step);
    }

    /// Reports messages as not done, and hides each for a while.
    async fn hide(&mut self, pauses: Vec<(&Delivery, Duration)>) {
        let given = pauses.iter().map(|(delivery, _)| &delivery.message_id).filter(|id| self.given.contains(*id));
        self.failures.extend(given.cloned());
        let queue = &self.ports.queue;
        stream::iter(pauses)
            .for_each_concurrent(REQUESTS, |(delivery, pause)| async move {
                if let Err(error) = queue.extend(delivery, pause).await {
                    // It then comes again when the queue's own time has passed.
                    tracing::warn!(error = with_causes(&error), "a message could not be given back");
                }
            })
            .await;
    }
}

/// Publish messages that are worked on together.
#[derive(Default)]
struct Reading {
    messages: Vec<(Delivery, Vec<PublishItem>)>,
}

impl Reading {
    fn is_full(&self) -> bool {
        self.messages.iter().map(|(_, items)| items.len()).sum::<usize>() >= ITEMS_AT_ONCE
    }
}

fn pause(delivery: &Delivery, undone: &Undone) -> Duration {
    match undone {
        Undone::Step(error) if error.is_transient() => error.retry_after().unwrap_or(pause_after(delivery.attempts)),
        Undone::Step(_) | Undone::Time => Duration::ZERO,
        Undone::Later(wait) => *wait,
    }
}

fn pause_after(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2u32.saturating_pow(attempts.saturating_sub(1))).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
