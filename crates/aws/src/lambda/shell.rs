//! What a function's environment keeps between invocations.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use lambda_runtime::{Diagnostic, Error};
use osmtracker_pipeline::{
    metrics::{CloudUnit, Component, Metrics, RowWriter, Snapshot, StepName, Usage},
    ports::Clock,
    steps::{Owner, Ports, StepError},
    with_causes,
};
use osmtracker_upstream::Upstream;
use tokio::sync::Mutex;

use super::{
    cloudwatch::CloudWatch,
    failed,
    log::{self, Level},
};
use crate::{Clients, Configuration, ConfigurationObject, Deployment, DynamoDb, S3, Sqs, SystemClock};

/// After so long the configuration is looked at again: a request that mostly answers "unchanged".
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Successful runs after which a new release or configuration has reached the other functions: some minutes.
const NEW_RUNS: u32 = 3;

/// Downloads from the API at a time in one environment: there are up to two of the one function that makes them
/// (`maximum_concurrency`), and the API allows two in all.
const API_DOWNLOADS: usize = 1;

/// A function's environment.
pub(super) struct Shell {
    component: Component,
    name: String,
    clients: Clients,
    objects: S3,
    store: Arc<DynamoDb>,
    queue: Arc<Sqs>,
    cloudwatch: CloudWatch,
    configuration: ConfigurationObject,
    level: Level,
    metrics: Metrics,
    /// What Lambda charges each second of.
    memory_gb: f64,
    counters: Mutex<Counters>,
    ready: Mutex<Option<Ready>>,
    was_invoked: AtomicBool,
    /// Whether the invocation at hand is to leave no trace in the table.
    is_untold: AtomicBool,
    /// Runs for which everything still counts as new.
    new_for: AtomicU32,
}

/// Ports under a configuration.
struct Ready {
    configuration: Configuration,
    looked_at: Instant,
    ports: Arc<Ports>,
}

/// What of the counters is stored.
struct Counters {
    writer: RowWriter,
    stored: Option<Snapshot>,
}

impl Shell {
    /// Sets up what does not depend on the configuration.
    pub(super) async fn start(component: Component) -> Result<Arc<Self>, Error> {
        let level = log::start();
        let deployment = Deployment::from_variables(|name| std::env::var(name).ok())?;
        let metrics = Metrics::new();
        let application = format!("osmtracker-{}", component.as_str());
        let clients = Clients::from_environment(&application, metrics.clone()).await;
        let objects = S3::new(clients.s3.clone(), deployment.site_bucket, deployment.private_bucket);
        let environment = format!("{:016x}", fastrand::u64(..));
        metrics.cold_start(component);
        let shell = Arc::new(Self {
            component,
            name: format!("{}-{environment}", component.as_str()),
            configuration: ConfigurationObject::new(objects.clone(), deployment.config_key, variables()),
            // The table has the deployment's name.
            cloudwatch: CloudWatch::new(deployment.table.clone()),
            store: Arc::new(DynamoDb::new(clients.dynamodb.clone(), deployment.table)),
            queue: Arc::new(Sqs::new(clients.sqs.clone(), deployment.queues)),
            objects,
            clients,
            level,
            metrics,
            memory_gb: memory_gb(std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().as_deref()),
            counters: Mutex::new(Counters { writer: RowWriter::new(component.as_str(), &environment), stored: None }),
            ready: Mutex::default(),
            was_invoked: AtomicBool::new(false),
            is_untold: AtomicBool::new(false),
            new_for: AtomicU32::new(0),
        });
        tokio::spawn(store_counters_at_the_end(shell.clone()));
        tracing::info!(start_ms = since_start_ms(), "started");
        Ok(shell)
    }

    /// Who tells CloudWatch of this deployment.
    pub(super) fn cloudwatch(&self) -> &CloudWatch {
        &self.cloudwatch
    }

    /// The clients of this environment.
    pub(super) fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Whether this is asked for the first time.
    pub(super) fn is_first_invocation(&self) -> bool {
        !self.was_invoked.swap(true, Ordering::Relaxed)
    }

    /// Whether configuration and release are new to this environment.
    pub(super) fn is_new(&self) -> bool {
        self.new_for.load(Ordering::Relaxed) > 0
    }

    /// The invocation at hand had nothing to do, and is not counted: what a follower of the table stores of itself would
    /// invoke it again, without end, where the mapping does not filter.
    pub(super) fn leave_untold(&self) {
        self.is_untold.store(true, Ordering::Relaxed);
    }

    /// Whether that was said since this was last asked.
    pub(super) fn is_untold(&self) -> bool {
        self.is_untold.swap(false, Ordering::Relaxed)
    }

    /// An invocation is over.
    pub(super) fn ran(&self, took: Duration) {
        self.metrics.ran(self.component, took);
        self.metrics.charged(CloudUnit::GbSecond, took.as_secs_f64() * self.memory_gb);
    }

    /// The step of a function without messages failed.
    pub(super) fn step_failed(&self, error: &StepError) -> Diagnostic {
        let step = if self.component == Component::Tracker { StepName::Track } else { StepName::Supervise };
        if let Some(kind) = error.failure() {
            self.metrics.step_failed(step, kind);
        }
        failed(with_causes(error))
    }

    /// A run has succeeded.
    pub(super) fn succeeded(&self) {
        let _ = self.new_for.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |runs| runs.checked_sub(1));
    }

    /// The ports under the newest configuration. One that turns out wrong while there is one that works is told of and
    /// left aside.
    pub(super) async fn ports(&self) -> Result<Arc<Ports>, Diagnostic> {
        let mut ready = self.ready.lock().await;
        if let Some(ready) = ready.as_ref().filter(|ready| ready.looked_at.elapsed() < LOOK_AGAIN) {
            return Ok(ready.ports.clone());
        }
        match (self.read(ready.as_ref()).await, ready.as_mut()) {
            (Ok(Some(new)), _) => {
                self.new_for.store(NEW_RUNS, Ordering::Relaxed);
                Ok(ready.insert(new).ports.clone())
            }
            (Ok(None), Some(ready)) => Ok(ready.look_again_later()),
            (Err(reason), Some(ready)) => {
                tracing::error!(reason, "the configuration cannot be used; the one before stays");
                Ok(ready.look_again_later())
            }
            (Err(reason), None) => Err(failed(reason)),
            (Ok(None), None) => Err(failed("the configuration is unchanged although none was read")),
        }
    }

    /// Everything under the configuration as it is now; `None` when it is the known one.
    async fn read(&self, known: Option<&Ready>) -> Result<Option<Ready>, String> {
        let known = known.map(|ready| &ready.configuration);
        let read = self.configuration.read(known).await.map_err(|error| with_causes(&error))?;
        read.map(|configuration| self.set_up(configuration)).transpose()
    }

    fn set_up(&self, configuration: Configuration) -> Result<Ready, String> {
        let config = configuration.config.clone();
        self.level.set(&config.log.level);
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let upstream =
            Upstream::new(&config, self.metrics.clone(), API_DOWNLOADS).map_err(|error| with_causes(&error))?;
        let ports = Ports {
            clock: Arc::new(SystemClock),
            queue: self.queue.clone(),
            store: self.store.clone(),
            site: Arc::new(self.objects.clone()),
            feed: upstream.feed,
            sources: upstream.sources,
            metadata: upstream.metadata,
            metrics: self.metrics.clone(),
            config,
            owner: Owner::Shared(self.name.clone()),
        };
        Ok(Ready { configuration, looked_at: Instant::now(), ports: Arc::new(ports) })
    }

    /// Stores what was counted, unless it is stored, or the function may write nothing. What fails now is carried by the next invocation.
    pub(super) async fn store_counters(&self) {
        if self.component == Component::Api {
            return;
        }
        let mut counters = self.counters.lock().await;
        if let Some(usage) = usage() {
            self.metrics.used(self.component, &usage, SystemClock.now());
        }
        let snapshot = self.metrics.snapshot();
        if counters.stored.as_ref() == Some(&snapshot) {
            return;
        }
        match counters.writer.flush(&self.metrics, &*self.store, SystemClock.now()).await {
            Ok(()) => counters.stored = Some(snapshot),
            Err(error) => {
                let function = self.component.as_str();
                tracing::warn!(function, error = with_causes(&error), "the counters could not be stored");
            }
        }
    }
}

/// The environment, without what is no text.
fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

impl Ready {
    fn look_again_later(&mut self) -> Arc<Ports> {
        self.looked_at = Instant::now();
        self.ports.clone()
    }
}

/// What this process has used.
fn usage() -> Option<Usage> {
    let read = |name| std::fs::read_to_string(format!("/proc/self/{name}")).ok();
    Usage::parse(&read("stat")?, &read("status")?)
}

/// From the megabytes that Lambda says.
fn memory_gb(megabytes: Option<&str>) -> f64 {
    megabytes.and_then(|megabytes| megabytes.parse::<f64>().ok()).unwrap_or_default() / 1_024.0
}

/// Milliseconds since this process was started, by the system's own account; to its ticks of ten.
fn since_start_ms() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let started: u64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let uptime: f64 = std::fs::read_to_string("/proc/uptime").ok()?.split_whitespace().next()?.parse().ok()?;
    Some(((uptime * 1_000.0) as u64).saturating_sub(started * 10))
}

/// When the process is told to end, what was counted and not stored is stored.
async fn store_counters_at_the_end(shell: Arc<Shell>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    terminate.recv().await;
    shell.store_counters().await;
    std::process::exit(0);
}
