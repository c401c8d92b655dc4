//! The local program's shell around the steps: receives, calls the step, acknowledges.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use osmtracker_pipeline::{
    State,
    metrics::{Component, RetryCause, StepName},
    ports::{Delivery, Messenger, QueueName},
    steps::{self, Pauses, Ports, Start, StepError, SuperviseOutcome, TrackLimits, TrackOutcome},
    with_causes,
};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use crate::{counters::Counters, search::Search, wake::WakingQueue};

/// How long a received message is hidden from others. Nothing else uses this folder's queues, so it only has to be
/// longer than any step takes.
const VISIBILITY: Duration = Duration::from_secs(900);

/// How long a worker sleeps when its queue is empty and nothing is sent.
const IDLE: Duration = Duration::from_millis(500);

/// How long a message waits after its step failed.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How long workers may go on after they were told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// The same for notifiers, longer than a receiver may take to answer: of what is dropped before, nobody knows whether it was
/// sent.
const GRACE_OF_NOTIFIERS: Duration = Duration::from_secs(25);

/// How long the publisher lets changes gather, so that many changesets cost one writing of the lists.
const GATHER: Duration = Duration::from_millis(700);

/// Notifications sent at a time: one receiver that does not answer must not keep all others waiting.
const NOTIFIERS: usize = 4;

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
    counters: Arc<Counters>,
    search: Arc<Search>,
    messenger: Arc<dyn Messenger>,
    pauses: Arc<Pauses>,
    stop: watch::Sender<bool>,
    seen: Arc<Mutex<Seen>>,
}

impl Workers {
    pub(crate) fn new(
        ports: Ports,
        queue: Arc<WakingQueue>,
        counters: Arc<Counters>,
        search: Search,
        messenger: Arc<dyn Messenger>,
    ) -> Self {
        let (stop, pauses, seen) = (watch::Sender::new(false), Arc::default(), Arc::default());
        Self { ports: Arc::new(ports), queue, counters, search: Arc::new(search), messenger, pauses, stop, seen }
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
        self.redrive().await?;
        self.search.begin().await.context("begin to follow the table for the search index")?;
        steps::begin_notifications(&self.ports).await.context("begin notifications")?;
        steps::publish(&self.ports, &[]).await.context("write the first pages")?;
        let config = &self.ports.config;
        let notifiers = if config.notify.is_empty() { 0 } else { NOTIFIERS };
        let concurrency = config.pipeline.concurrency;
        let mut tasks = JoinSet::new();
        // Those that are not waited for longer than the others.
        let mut hasty = Vec::new();
        let workers = self.clone();
        hasty.push(tasks.spawn(async move { workers.track(start, pace).await }));
        for (queue, number, batch) in [
            (QueueName::Filter, concurrency.filter, 10),
            (QueueName::Analysis, concurrency.analysis, 1),
            (QueueName::Notify, notifiers, 1),
        ] {
            for _ in 0..number {
                let workers = self.clone();
                let task = tasks.spawn(async move { workers.each(queue, batch).await });
                hasty.extend((queue != QueueName::Notify).then_some(task));
            }
        }
        let workers = self.clone();
        hasty.push(tasks.spawn(async move { workers.publish().await }));
        let workers = self.clone();
        hasty.push(tasks.spawn(async move { workers.supervise().await }));
        let search = self.search.clone();
        let stopped = self.stop.subscribe();
        hasty.push(tasks.spawn(async move { search.follow(stopped).await }));
        let result = self.join(tasks, &hasty).await;
        steps::write_status(&self.ports, None).await.context("write status.json")?;
        self.counters.store().await.context("store the counters")?;
        result.and(self.say_what_is_left().await)
    }

    /// Waits until all workers ended. When one does, all shall; what then takes long is dropped where it stands, which
    /// every step survives, sooner where it is `hasty`.
    async fn join(&self, mut tasks: JoinSet<Result<()>>, hasty: &[AbortHandle]) -> Result<()> {
        let mut result = Ok(());
        let mut stopped = self.stop.subscribe();
        let graces = async {
            let _ = stopped.wait_for(|stopped| *stopped).await;
            tokio::time::sleep(GRACE).await;
            hasty.iter().for_each(AbortHandle::abort);
            tokio::time::sleep(GRACE_OF_NOTIFIERS.saturating_sub(GRACE)).await;
        };
        let mut graces = std::pin::pin!(graces);
        loop {
            let ended = tokio::select! {
                ended = tasks.join_next() => ended,
                () = &mut graces => {
                    tasks.shutdown().await;
                    return result;
                }
            };
            match ended {
                None => return result,
                Some(Err(dropped)) if dropped.is_cancelled() => {}
                Some(ended) => result = result.and(ended.context("a worker panicked").and_then(|ended| ended)),
            }
            self.stop();
        }
    }

    /// A person should not take "caught up" for "all is well".
    async fn say_what_is_left(&self) -> Result<()> {
        let waits = [State::Closed, State::Reanalysing, State::Quarantined];
        let states = self.ports.store.state_counts().await?;
        let left: u64 = waits.iter().filter_map(|state| states.get(state)).sum();
        if left > 0 {
            tracing::warn!(changesets = left, "some changesets wait for a later try; start again to go on");
        }
        self.look_for_dead_letters().await.map(drop).context("look for dead letters")
    }

    /// Says when messages were put aside: they failed in a way that no retry mends.
    async fn look_for_dead_letters(&self) -> Result<u64, StepError> {
        let mut all = 0;
        for queue in QueueName::ALL {
            let dead = self.ports.queue.depth(queue).await?.dead;
            if dead > 0 {
                tracing::error!(
                    queue = queue.as_str(),
                    dead,
                    "messages were put aside; they are tried again at the next start"
                );
            }
            all += dead;
        }
        Ok(all)
    }

    /// Gives messages that an earlier run put aside another chance.
    async fn redrive(&self) -> Result<()> {
        for queue in QueueName::ALL {
            let moved = self.ports.queue.redrive(queue).await.context("take up what was put aside")?;
            if moved > 0 {
                tracing::warn!(queue = queue.as_str(), moved, "messages that were put aside are tried again");
            }
        }
        Ok(())
    }

    async fn track(&self, start: Start, pace: Pace) -> Result<()> {
        let limits = TrackLimits { sequences: self.ports.config.pipeline.max_sequences.into(), until: None };
        while !self.is_stopped() {
            let tracked = self.timed(steps::track(&self.ports, start, limits)).await;
            let tracked = self.counted(StepName::Track, tracked);
            let Some(outcome) = self.tolerate("the tracker", tracked).await? else { continue };
            let files = match outcome {
                TrackOutcome::CaughtUp { files, .. }
                | TrackOutcome::Behind { files, .. }
                | TrackOutcome::Waiting { files, .. } => files,
                TrackOutcome::Busy => 0,
            };
            let is_behind = matches!(outcome, TrackOutcome::Behind { .. });
            let is_caught_up = matches!(outcome, TrackOutcome::CaughtUp { .. });
            self.tell_of_waiting(&outcome);
            self.note(|seen| {
                seen.files += files;
                seen.tracked = Some(outcome);
            });
            if is_caught_up && pace.end == End::CaughtUp && self.drained().await? {
                self.stop();
            } else if !is_behind {
                self.sleep(pace.poll).await;
            }
        }
        Ok(())
    }

    /// Warns once of what is waited for; at later looks it is no news.
    fn tell_of_waiting(&self, outcome: &TrackOutcome) {
        let before = self.seen().tracked;
        let known =
            |reason: &String| matches!(&before, Some(TrackOutcome::Waiting { reason: known, .. }) if known == reason);
        match outcome {
            TrackOutcome::Waiting { reason, .. } if known(reason) => {
                tracing::info!(reason, "still waiting for the changesets feed");
            }
            TrackOutcome::Waiting { reason, .. } => tracing::warn!(reason, "waiting for the changesets feed"),
            _ => {}
        }
    }

    /// Waits until every queue is empty; `false` when stopped before.
    async fn drained(&self) -> Result<bool> {
        while !self.is_stopped() {
            let rest = self.rest().await;
            if self.tolerate("the look at the queues", rest).await? == Some(0) {
                return Ok(true);
            }
            self.sleep(Duration::from_millis(50)).await;
        }
        Ok(false)
    }

    /// Messages that are waiting or being worked on. Notifications that a receiver did not take are tried for a day: no
    /// end is put off for them.
    async fn rest(&self) -> Result<u64, StepError> {
        let mut rest = 0;
        for queue in QueueName::ALL {
            let depth = self.ports.queue.depth(queue).await?;
            rest += depth.waiting + if queue == QueueName::Notify { 0 } else { depth.in_flight };
        }
        Ok(rest)
    }

    async fn sleep(&self, at_most: Duration) {
        let mut stopped = self.stop.subscribe();
        let _ = tokio::time::timeout(at_most, stopped.wait_for(|stopped| *stopped)).await;
    }

    /// Calls the queue's step for each message and acknowledges what it finished.
    async fn each(&self, queue: QueueName, batch: usize) -> Result<()> {
        while !self.is_stopped() {
            let round = self.round(queue, batch).await;
            self.tolerate("a worker", round).await?;
        }
        Ok(())
    }

    async fn round(&self, queue: QueueName, batch: usize) -> Result<(), StepError> {
        for delivery in self.receive(queue, batch).await? {
            self.finish(&delivery).await?;
        }
        Ok(())
    }

    /// One message. What may work later is tried here until it does: giving it back would count as a delivery, and after
    /// a few of those a message is put aside.
    async fn finish(&self, delivery: &Delivery) -> Result<(), StepError> {
        loop {
            let result = self.timed(self.step(delivery)).await;
            let result = self.counted(StepName::of(delivery.queue), result);
            let Err(error) = result else { return Ok(self.ports.queue.acknowledge(delivery).await?) };
            if let StepError::Held { after, .. } = error {
                return Ok(self.ports.queue.extend(delivery, after).await?);
            }
            log_failure(delivery, &error);
            self.ports.metrics.retry(RetryCause::Step);
            if !error.is_transient() {
                return Ok(self.ports.queue.put_aside(delivery).await?);
            }
            // Others must not wait behind a message that waits long.
            if let Some(after) = error.retry_after() {
                return Ok(self.ports.queue.extend(delivery, after).await?);
            }
            self.sleep(AGAIN_AFTER).await;
            if self.is_stopped() {
                return Ok(self.ports.queue.extend(delivery, AGAIN_AFTER).await?);
            }
        }
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
            QueueName::Notify => {
                let outcome = steps::notify(&self.ports, &*self.messenger, &self.pauses, &delivery.body).await?;
                tracing::debug!(?outcome, "notified");
            }
        }
        Ok(())
    }

    async fn receive(&self, queue: QueueName, batch: usize) -> Result<Vec<Delivery>, StepError> {
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

    async fn publish(&self) -> Result<()> {
        while !self.is_stopped() {
            let round = self.publish_round().await;
            self.tolerate("the publisher", round).await?;
        }
        Ok(())
    }

    async fn publish_round(&self) -> Result<(), StepError> {
        let mut deliveries = self.receive(QueueName::Publish, 100).await?;
        if deliveries.is_empty() {
            return Ok(());
        }
        self.sleep(GATHER.max(steps::time_to_publication(&self.ports).await?)).await;
        deliveries.extend(self.ports.queue.receive(QueueName::Publish, 1_000, VISIBILITY).await?);
        let mut items = Vec::new();
        for delivery in &deliveries {
            match steps::read_publish_message(&delivery.body) {
                Ok(read) => items.extend(read),
                Err(_) => return self.one_by_one(&deliveries).await,
            }
        }
        let published = self.timed(steps::publish(&self.ports, &items)).await;
        match self.counted(StepName::Publish, published) {
            Ok(outcome) => {
                self.note(|seen| seen.generation = outcome.generation);
                for delivery in &deliveries {
                    self.ports.queue.acknowledge(delivery).await?;
                }
                Ok(())
            }
            Err(error) if error.is_transient() => self.give_back(&deliveries, error).await,
            // One of them is at fault: the others must not suffer.
            Err(_) => self.one_by_one(&deliveries).await,
        }
    }

    async fn one_by_one(&self, deliveries: &[Delivery]) -> Result<(), StepError> {
        for delivery in deliveries {
            self.finish(delivery).await?;
        }
        Ok(())
    }

    async fn give_back(&self, deliveries: &[Delivery], error: StepError) -> Result<(), StepError> {
        for delivery in deliveries {
            self.ports.queue.extend(delivery, AGAIN_AFTER).await?;
        }
        Err(error)
    }

    async fn supervise(&self) -> Result<()> {
        let mut dead = 0;
        while !self.is_stopped() {
            self.tolerate("the storing of counters", self.counters.store().await.map_err(StepError::from)).await?;
            let supervised = self.timed(steps::supervise(&self.ports)).await;
            let supervised = supervised.and_then(SuperviseOutcome::complete);
            let supervised = self.counted(StepName::Supervise, supervised);
            self.tolerate("the supervisor", supervised).await?;
            if self.dead_letters().await > dead {
                dead = self.look_for_dead_letters().await.unwrap_or(dead);
            }
            self.sleep(Duration::from_secs(5)).await;
        }
        Ok(())
    }

    async fn dead_letters(&self) -> u64 {
        let mut all = 0;
        for queue in QueueName::ALL {
            all += self.ports.queue.depth(queue).await.map_or(0, |depth| depth.dead);
        }
        all
    }

    /// Counts a run of a step with its time.
    async fn timed<T>(&self, step: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let result = step.await;
        self.ports.metrics.ran(Component::Local, started.elapsed());
        result
    }

    /// Counts a failure of a step.
    fn counted<T>(&self, step: StepName, result: Result<T, StepError>) -> Result<T, StepError> {
        result.inspect_err(|error| {
            if let Some(kind) = error.failure() {
                self.ports.metrics.step_failed(step, kind);
            }
        })
    }

    /// Lets a worker live through what may work later; `None` then, after a pause.
    async fn tolerate<T>(&self, what: &str, result: Result<T, StepError>) -> Result<Option<T>> {
        match result {
            Err(error) if error.is_transient() => {
                tracing::warn!(error = with_causes(&error), "{what} failed and will try again");
                self.sleep(AGAIN_AFTER).await;
                Ok(None)
            }
            result => result.map(Some).context(what.to_owned()),
        }
    }
}

fn log_failure(delivery: &Delivery, error: &StepError) {
    let queue = delivery.queue.as_str();
    let cause = with_causes(error);
    if error.is_transient() {
        tracing::warn!(queue, attempts = delivery.attempts, error = cause, "a step failed and will be tried again");
    } else {
        tracing::error!(queue, message = delivery.message_id, error = cause, "a message cannot be processed");
    }
}
