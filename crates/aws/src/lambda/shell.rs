//! What a function's environment keeps between invocations.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use lambda_runtime::{Diagnostic, Error};
use osmtracker_pipeline::{
    metrics::{Component, Metrics, RowWriter, Snapshot},
    ports::Clock,
    steps::{Owner, Ports},
};
use osmtracker_upstream::Upstream;
use tokio::sync::Mutex;

use super::{
    chain, failed,
    log::{self, Level},
};
use crate::{
    Clients, Configuration, ConfigurationError, ConfigurationObject, Deployment, DynamoDb, S3, Sqs, SystemClock,
};

/// After so long the configuration is looked at again: a request that mostly answers "unchanged".
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Downloads from the API at a time in one environment: there are up to two of the one function that makes them
/// (`maximum_concurrency`), and the API allows two in all.
const API_DOWNLOADS: usize = 1;

/// A function's environment.
pub(super) struct Shell {
    component: Component,
    name: String,
    objects: S3,
    store: Arc<DynamoDb>,
    queue: Arc<Sqs>,
    configuration: ConfigurationObject,
    level: Level,
    metrics: Metrics,
    counters: Mutex<Counters>,
    ready: Mutex<Option<Ready>>,
    was_invoked: AtomicBool,
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
        let clients = Clients::from_environment(&format!("osmtracker-{}", component.as_str())).await;
        let objects = S3::new(clients.s3, deployment.site_bucket, deployment.private_bucket);
        let environment = format!("{:016x}", fastrand::u64(..));
        let metrics = Metrics::new();
        metrics.cold_start(component);
        let shell = Arc::new(Self {
            component,
            name: format!("{}-{environment}", component.as_str()),
            configuration: ConfigurationObject::new(objects.clone(), deployment.config_key, variables()),
            store: Arc::new(DynamoDb::new(clients.dynamodb, deployment.table)),
            queue: Arc::new(Sqs::new(clients.sqs, deployment.queues)),
            objects,
            level,
            metrics,
            counters: Mutex::new(Counters { writer: RowWriter::new(component.as_str(), &environment), stored: None }),
            ready: Mutex::default(),
            was_invoked: AtomicBool::new(false),
        });
        tokio::spawn(store_counters_at_the_end(shell.clone()));
        Ok(shell)
    }

    /// Whether this is asked for the first time.
    pub(super) fn is_first_invocation(&self) -> bool {
        !self.was_invoked.swap(true, Ordering::Relaxed)
    }

    /// The ports under the newest configuration, and whether they are new. A configuration that turns out wrong while
    /// there is one that works is told of and left aside.
    pub(super) async fn ports(&self) -> Result<(Arc<Ports>, bool), Diagnostic> {
        let mut ready = self.ready.lock().await;
        if let Some(ready) = ready.as_ref().filter(|ready| ready.looked_at.elapsed() < LOOK_AGAIN) {
            return Ok((ready.ports.clone(), false));
        }
        let known = ready.as_ref().map(|ready| &ready.configuration);
        match (self.configuration.read(known).await.map(|read| read.map(|read| self.set_up(read))), ready.as_mut()) {
            (Ok(Some(Ok(new))), _) => {
                let ports = new.ports.clone();
                *ready = Some(new);
                Ok((ports, true))
            }
            (Ok(None), Some(ready)) => Ok((ready.look_again_later(), false)),
            (Err(error), Some(ready)) => {
                tracing::error!(error = chain(&error), "the configuration cannot be used; the one before stays");
                Ok((ready.look_again_later(), false))
            }
            (Ok(Some(Err(error))), Some(ready)) => {
                tracing::error!(error, "the configuration cannot be used; the one before stays");
                Ok((ready.look_again_later(), false))
            }
            (Err(error), None) => Err(failed(chain(&error))),
            (Ok(Some(Err(error))), None) => Err(failed(error)),
            (Ok(None), None) => Err(failed(chain(&ConfigurationError::Absent { key: String::new() }))),
        }
    }

    fn set_up(&self, configuration: Configuration) -> Result<Ready, String> {
        let config = configuration.config.clone();
        self.level.set(&config.log.level);
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let upstream = Upstream::new(&config, self.metrics.clone(), API_DOWNLOADS).map_err(|error| chain(&error))?;
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

    /// Stores what was counted, unless it is stored. What fails now is carried by the next invocation.
    pub(super) async fn store_counters(&self) {
        let mut counters = self.counters.lock().await;
        let snapshot = self.metrics.snapshot();
        if counters.stored.as_ref() == Some(&snapshot) {
            return;
        }
        match counters.writer.flush(&self.metrics, &*self.store, SystemClock.now()).await {
            Ok(()) => counters.stored = Some(snapshot),
            Err(error) => {
                let function = self.component.as_str();
                tracing::warn!(function, error = chain(&error), "the counters could not be stored");
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

/// When the process is told to end, what was counted and not stored is stored.
async fn store_counters_at_the_end(shell: Arc<Shell>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    terminate.recv().await;
    shell.store_counters().await;
    std::process::exit(0);
}
