//! The local program's shell around the steps: receives, calls the step, acknowledges.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use osmtracker_pipeline::{
    ports::{Delivery, QueueName},
    steps::{self, Ports, Start, StepError, TrackLimits, TrackOutcome},
};
use tokio::sync::watch;

use crate::wake::WakingQueue;

/// How long a received message is hidden from others. Nothing else uses this folder's queues, so it only has to be
/// longer than any step takes.
const VISIBILITY: Duration = Duration::from_secs(900);

/// How long a worker sleeps when its queue is empty and nothing is sent.
const IDLE: Duration = Duration::from_millis(500);

/// How long a message waits after its step failed.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How long the publisher lets changes gather, so that many changesets cost one writing of the lists.
const GATHER: Duration = Duration::from_millis(700);

/// Pauses of the tracker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Between looks at the head.
    pub(crate) poll: Duration,
    /// After which the program ends by itself.
    pub(crate) end: End,
}

/// When the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// When it is told to.
    Never,
    /// When the head is processed and every queue is empty.
    CaughtUp,
}

/// What the progress display shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) tracked: Option<TrackOutcome>,
    pub(crate) files: u64,
    pub(crate) changesets: u64,
    pub(crate) kept: u64,
    pub(crate) analysed: u64,
    pub(crate) generation: u64,
}

/// The workers of one process.
#[derive(Clone)]
pub(crate) struct Workers {
    ports: Arc<Ports>,
    queue: Arc<WakingQueue>,
    stop: watch::Sender<bool>,
    seen: Arc<Mutex<Seen>>,
}

impl Workers {
    pub(crate) fn new(ports: Ports, queue: Arc<WakingQueue>) -> Self {
        Self { ports: Arc::new(ports), queue, stop: watch::Sender::new(false), seen: Arc::default() }
    }

    /// Lets every worker end after what it is doing.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Runs until stopped, or caught up.
    pub(crate) async fn run(&self, start: Start, pace: Pace) -> Result<()> {
        steps::publish(&self.ports, &[]).await.context("write the first pages")?;
        let analysers = self.ports.config.pipeline.concurrency.analysis;
        let mut tasks = tokio::task::JoinSet::new();
        let workers = self.clone();
        tasks.spawn(async move { workers.track(start, pace).await });
        for _ in 0..self.ports.config.pipeline.concurrency.filter {
            let workers = self.clone();
            tasks.spawn(async move { workers.each(QueueName::Filter, 10).await });
        }
        for _ in 0..analysers {
            let workers = self.clone();
            tasks.spawn(async move { workers.each(QueueName::Analysis, 1).await });
        }
        let workers = self.clone();
        tasks.spawn(async move { workers.publish().await });
        let workers = self.clone();
        tasks.spawn(async move { workers.supervise().await });
        let mut result = Ok(());
        while let Some(ended) = tasks.join_next().await {
            let ended = ended.context("a worker panicked").and_then(|ended| ended);
            if ended.is_err() && result.is_ok() {
                result = ended;
            }
            self.stop();
        }
        steps::write_status(&self.ports, None).await.context("write status.json")?;
        result
    }

    async fn track(&self, start: Start, pace: Pace) -> Result<()> {
        let limits = TrackLimits { sequences: self.ports.config.pipeline.max_sequences.into(), until: None };
        while !self.is_stopped() {
            let outcome = match steps::track(&self.ports, start, limits).await {
                Ok(outcome) => outcome,
                Err(error) if error.is_transient() => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the tracker failed and will try again");
                    self.sleep(AGAIN_AFTER).await;
                    continue;
                }
                Err(error) => return Err(error).context("follow the changesets feed"),
            };
            let files = match outcome {
                TrackOutcome::CaughtUp { files, .. }
                | TrackOutcome::Behind { files, .. }
                | TrackOutcome::Waiting { files, .. } => files,
                TrackOutcome::Busy => 0,
            };
            let is_behind = matches!(outcome, TrackOutcome::Behind { .. });
            let is_caught_up = matches!(outcome, TrackOutcome::CaughtUp { .. });
            self.note(|seen| {
                seen.files += files;
                seen.tracked = Some(outcome);
            });
            if is_caught_up && pace.end == End::CaughtUp && self.drained().await? {
                self.stop();
            } else if !is_behind {
                let pause = if pace.end == End::CaughtUp { IDLE.min(pace.poll) } else { pace.poll };
                self.sleep(pause).await;
            }
        }
        Ok(())
    }

    /// Waits until every queue is empty; `false` when stopped before.
    async fn drained(&self) -> Result<bool> {
        while !self.is_stopped() {
            let mut rest = 0;
            for queue in QueueName::ALL {
                let depth = self.ports.queue.depth(queue).await?;
                rest += depth.waiting + depth.in_flight;
            }
            if rest == 0 {
                return Ok(true);
            }
            self.sleep(Duration::from_millis(50)).await;
        }
        Ok(false)
    }

    async fn sleep(&self, at_most: Duration) {
        let mut stopped = self.stop.subscribe();
        let _ = tokio::time::timeout(at_most, stopped.wait_for(|stopped| *stopped)).await;
    }

    /// Calls the queue's step for each message and acknowledges what it finished.
    async fn each(&self, queue: QueueName, batch: usize) -> Result<()> {
        while !self.is_stopped() {
            for delivery in self.receive(queue, batch).await? {
                let result = self.step(&delivery).await;
                self.settle(&delivery, result).await?;
            }
        }
        Ok(())
    }

    async fn step(&self, delivery: &Delivery) -> Result<(), StepError> {
        match delivery.queue {
            QueueName::Filter => {
                let outcome = steps::filter(&self.ports, &delivery.body).await?;
                self.note(|seen| {
                    seen.changesets += outcome.seen as u64;
                    seen.kept += outcome.to_analyse as u64;
                });
            }
            QueueName::Analysis => {
                let outcome = steps::analyse(&self.ports, &delivery.body).await?;
                tracing::debug!(?outcome, "analysed");
                self.note(|seen| seen.analysed += 1);
            }
            QueueName::Publish => {
                steps::publish(&self.ports, &steps::read_publish_message(&delivery.body)?).await?;
            }
        }
        Ok(())
    }

    async fn receive(&self, queue: QueueName, batch: usize) -> Result<Vec<Delivery>> {
        let deliveries = self.ports.queue.receive(queue, batch, VISIBILITY).await?;
        if deliveries.is_empty() {
            let mut stopped = self.stop.subscribe();
            tokio::select! {
                () = self.queue.wait(queue, IDLE) => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        }
        Ok(deliveries)
    }

    /// Acknowledges a finished message; one that failed comes again, up to the queue's limit of deliveries.
    async fn settle(&self, delivery: &Delivery, result: Result<(), StepError>) -> Result<()> {
        let Err(error) = result else {
            return self.ports.queue.acknowledge(delivery).await.context("acknowledge a message");
        };
        log_failure(delivery, &error);
        let pause = if error.is_transient() { AGAIN_AFTER } else { Duration::ZERO };
        self.ports.queue.extend(delivery, pause).await.context("give a message back")
    }

    async fn publish(&self) -> Result<()> {
        while !self.is_stopped() {
            let mut deliveries = self.receive(QueueName::Publish, 100).await?;
            if deliveries.is_empty() {
                continue;
            }
            self.sleep(GATHER).await;
            deliveries.extend(self.ports.queue.receive(QueueName::Publish, 1_000, VISIBILITY).await?);
            self.publish_all(deliveries).await?;
        }
        Ok(())
    }

    async fn publish_all(&self, deliveries: Vec<Delivery>) -> Result<()> {
        let (mut items, mut good) = (Vec::new(), Vec::new());
        for delivery in deliveries {
            match steps::read_publish_message(&delivery.body) {
                Ok(read) => {
                    items.extend(read);
                    good.push(delivery);
                }
                Err(error) => self.settle(&delivery, Err(error)).await?,
            }
        }
        let result = steps::publish(&self.ports, &items).await;
        if let Ok(outcome) = &result {
            self.note(|seen| seen.generation = outcome.generation);
        }
        match result {
            Ok(_) => {
                for delivery in &good {
                    self.settle(delivery, Ok(())).await?;
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the publisher failed and will try again");
                for delivery in &good {
                    self.ports.queue.extend(delivery, AGAIN_AFTER).await.context("give a message back")?;
                }
            }
        }
        Ok(())
    }

    async fn supervise(&self) -> Result<()> {
        while !self.is_stopped() {
            self.tolerate("the supervisor", async { steps::supervise(&self.ports).await.map(drop) }).await?;
            self.sleep(Duration::from_secs(5)).await;
        }
        Ok(())
    }

    async fn tolerate(&self, what: &str, step: impl Future<Output = Result<(), StepError>>) -> Result<()> {
        match step.await {
            Err(error) if error.is_transient() => {
                tracing::warn!(error = &error as &dyn std::error::Error, "{what} failed and will try again");
                Ok(())
            }
            result => result.context(what.to_owned()),
        }
    }
}

fn log_failure(delivery: &Delivery, error: &StepError) {
    let queue = delivery.queue.as_str();
    let cause = error as &dyn std::error::Error;
    if error.is_transient() {
        tracing::warn!(queue, attempts = delivery.attempts, error = cause, "a step failed and will be tried again");
    } else {
        tracing::error!(queue, message = delivery.message_id, error = cause, "a message cannot be processed");
    }
}
