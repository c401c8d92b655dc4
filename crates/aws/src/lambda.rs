//! The shell around a function: what runs once, what runs at each invocation, and how a step's outcome becomes an
//! answer to Lambda.
//!
//! A function is a `main` that names its component and its step:
//!
//! ```no_run
//! use osmtracker_aws::lambda;
//! use osmtracker_pipeline::{metrics::Component, steps};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), lambda::Error> {
//!     lambda::for_each_message(Component::Filter, async |ports, body| {
//!         steps::filter(ports, body).await.map(drop)
//!     })
//!     .await
//! }
//! ```

mod batch;
mod changes;
mod cloudwatch;
mod event;
mod gather;
mod http;
mod log;
mod shell;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub use changes::for_each_change;
use futures_util::FutureExt;
pub use http::{for_each_request, response};
pub use lambda_runtime::Error;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use osmtracker_osm::Timestamp;
use osmtracker_pipeline::{
    messages::PublishItem,
    metrics::Component,
    ports::QueueName,
    steps::{Observation, Ports, StepError},
    with_causes,
};
use serde_json::Value;
use tracing::Instrument;

use batch::Batch;
use cloudwatch::CloudWatch;
use event::{BatchResponse, QueueEvent};
use gather::Gathering;
use shell::Shell;

/// Left of an invocation's time for what comes after the step: counters, the answer.
const RESERVE: Duration = Duration::from_secs(5);

/// When an invocation has to end, and how much of that is left.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: tokio::time::Instant,
    moment: Timestamp,
}

impl Deadline {
    fn of(context: &lambda_runtime::Context) -> Self {
        let left = context.deadline().duration_since(std::time::SystemTime::now()).unwrap_or_default();
        let left = left.saturating_sub(RESERVE);
        let milliseconds = i64::try_from(context.deadline).unwrap_or(i64::MAX);
        let moment = Timestamp(milliseconds / 1_000 - i64::try_from(RESERVE.as_secs()).expect("five seconds"));
        Self { at: tokio::time::Instant::now() + left, moment }
    }

    /// When a step must be done: five seconds before Lambda ends the invocation.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        self.moment
    }

    /// Time left until then.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.at.saturating_duration_since(tokio::time::Instant::now())
    }
}

/// Runs a function that a schedule starts (or events that mean "look now"): one step an invocation, which gets the
/// deadline. A failed step is a failed invocation; whether it is made again is the schedule's business.
///
/// # Errors
/// When the environment is not that of a function of ours, or the runtime ends.
pub async fn on_schedule<F>(component: Component, step: F) -> Result<(), Error>
where
    F: AsyncFn(&Scheduled<'_>) -> Result<(), StepError>,
{
    let shell = Shell::start(component).await?;
    let (shell, step) = (&shell, &step);
    run(shell, async |event: LambdaEvent<Value>| {
        let deadline = Deadline::of(&event.context);
        let ports = shell.ports().await?;
        let scheduled = Scheduled { ports: &ports, deadline, is_new: shell.is_new(), cloudwatch: shell.cloudwatch() };
        let done = tokio::time::timeout(deadline.left(), step(&scheduled)).await;
        let done = done.map_err(|_| failed("its time was over"))?;
        done.map_err(|error| shell.step_failed(&error))?;
        shell.succeeded();
        // An event source mapping takes an answer without failures as success; a schedule looks at none.
        Ok(BatchResponse::default())
    })
    .await
}

/// What a scheduled step works with.
pub struct Scheduled<'a> {
    /// The ports.
    pub ports: &'a Ports,
    /// When it must be done.
    pub deadline: Deadline,
    /// Whether this environment, or its configuration, is new: for the first few runs that succeed, since other
    /// functions take some time to be of the same release and configuration.
    pub is_new: bool,
    cloudwatch: &'a CloudWatch,
}

impl Scheduled<'_> {
    /// Tells CloudWatch what its alarms watch: nine metrics, in a line of the log.
    pub fn tell_cloudwatch(&self, seen: &Observation) {
        self.cloudwatch.tell(seen);
    }
}

/// Runs a function that handles the messages of its queue one by one.
///
/// A message whose step fails comes again after a pause that grows; one that will fail again in the same way is put
/// aside. What the time does not suffice for is given back.
///
/// # Errors
/// As [`on_schedule`].
pub async fn for_each_message<F>(component: Component, step: F) -> Result<(), Error>
where
    F: AsyncFn(&Ports, &str) -> Result<(), StepError>,
{
    let queue = queue_of(component);
    let shell = Shell::start(component).await?;
    let (shell, step) = (&shell, &step);
    run(shell, async |event: LambdaEvent<QueueEvent>| {
        let deadline = Deadline::of(&event.context);
        let ports = shell.ports().await?;
        let gathering = Arc::new(Gathering::new(ports.queue.clone()));
        let ports = Ports { queue: gathering.clone(), ..Ports::clone(&ports) };
        let deliveries = event.payload.deliveries(queue);
        let mut batch = Batch::new(&ports, deadline, &deliveries).beginning_with(least_to_begin(component));
        for delivery in &deliveries {
            batch.work_on(delivery, step(&ports, &delivery.body)).await;
            gathering.flush_if_old().await;
        }
        if let Err(error) = gathering.flush().await {
            tracing::warn!(
                error = with_causes(&error),
                "what is to be published could not be sent; all messages come again"
            );
            batch.nothing_is_done(&deliveries).await;
        }
        Ok(batch.response())
    })
    .await
}

/// Runs a function that takes up many publish messages at once.
///
/// # Errors
/// As [`on_schedule`].
pub async fn for_all_items<F>(component: Component, step: F) -> Result<(), Error>
where
    F: AsyncFn(&Ports, &[PublishItem]) -> Result<(), StepError>,
{
    let queue = queue_of(component);
    let shell = Shell::start(component).await?;
    let (shell, step) = (&shell, &step);
    run(shell, async |event: LambdaEvent<QueueEvent>| {
        let deadline = Deadline::of(&event.context);
        let ports = shell.ports().await?;
        let deliveries = event.payload.deliveries(queue);
        let mut batch = Batch::new(&ports, deadline, &deliveries);
        batch.work_together(deliveries, async |items| step(&ports, items).await).await;
        Ok(batch.response())
    })
    .await
}

/// What a step may take that should not be broken off: a message that is being sent.
const fn least_to_begin(component: Component) -> Duration {
    match component {
        Component::Notifier => Duration::from_secs(30),
        _ => batch::LEAST_TO_BEGIN,
    }
}

/// The queue whose messages a component gets.
fn queue_of(component: Component) -> QueueName {
    match component {
        Component::Filter => QueueName::Filter,
        Component::Publisher => QueueName::Publish,
        Component::Notifier => QueueName::Notify,
        _ => QueueName::Analysis,
    }
}

/// Answers invocations until Lambda ends the process. Whatever an invocation counted is stored before it ends.
async fn run<E, H>(shell: &Arc<Shell>, handle: H) -> Result<(), Error>
where
    E: for<'de> serde::Deserialize<'de>,
    H: AsyncFn(LambdaEvent<E>) -> Result<BatchResponse, Diagnostic>,
{
    let handle = &handle;
    let invoke = move |event: LambdaEvent<E>| {
        // An error span: at any level, lines say which invocation they are of.
        let span = tracing::error_span!(
            "invocation",
            request_id = event.context.request_id,
            cold_start = shell.is_first_invocation()
        );
        let invocation = async move {
            let started = Instant::now();
            let result = handle(event).await;
            if let Err(failure) = &result {
                tracing::error!(error = failure.error_message, "the invocation failed");
            }
            if !shell.is_untold() {
                shell.ran(started.elapsed());
                shell.store_counters().await;
            }
            let given_back = result.as_ref().map_or(0, |response| response.batch_item_failures.len());
            let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(given_back, duration_ms, "done");
            result
        };
        // On the heap: inside each other, the futures of all layers are deeper than the compiler looks.
        invocation.instrument(span).boxed_local()
    };
    lambda_runtime::run(service_fn(invoke)).await
}

/// An error of a port with its causes, for a line of the log.
#[must_use]
pub fn said(error: osmtracker_pipeline::ports::PortError) -> String {
    with_causes(&error)
}

fn failed(reason: impl Into<String>) -> Diagnostic {
    Diagnostic { error_type: "osmtracker".to_owned(), error_message: reason.into() }
}
