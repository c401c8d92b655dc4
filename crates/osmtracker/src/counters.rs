//! The counters of the local program: kept in its data folder, so that a restart does not let them fall.

use async_trait::async_trait;
use osmtracker_pipeline::{
    metrics::{Component, RowWriter, Usage},
    ports::PortError,
    steps::{Ports, metrics_text},
};
use osmtracker_web::MetricsText;
use tokio::sync::Mutex;

/// What this process counted, and how it is stored.
pub(crate) struct Counters {
    ports: Ports,
    writer: Mutex<RowWriter>,
}

impl Counters {
    /// Of a process that just began.
    pub(crate) fn new(ports: Ports) -> Self {
        let writer = Mutex::new(RowWriter::new(Component::Local.as_str(), ports.owner.name()));
        Self { ports, writer }
    }

    /// Stores everything counted so far. What is shown afterwards never falls, however this process ends.
    pub(crate) async fn store(&self) -> Result<(), PortError> {
        let now = self.ports.clock.now();
        if let Some(usage) = usage() {
            self.ports.metrics.used(Component::Local, &usage, now);
        }
        self.writer.lock().await.flush(&self.ports.metrics, &*self.ports.store, now).await
    }
}

#[async_trait]
impl MetricsText for Counters {
    async fn render(&self) -> Result<String, PortError> {
        self.store().await?;
        metrics_text(&self.ports).await
    }
}

/// `None` on systems other than Linux.
fn usage() -> Option<Usage> {
    let read = |name| std::fs::read_to_string(format!("/proc/self/{name}")).ok();
    Usage::parse(&read("stat")?, &read("status")?)
}
