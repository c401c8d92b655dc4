//! `/metrics` of the local program: its own counters, and the gauges of its store.

use std::sync::Arc;

use async_trait::async_trait;
use osmtracker_pipeline::{
    metrics::{Gauges, render},
    ports::{PortError, QueueName},
    steps::Ports,
};
use osmtracker_web::MetricsText;

pub(crate) struct LocalMetrics(pub(crate) Arc<Ports>);

#[async_trait]
impl MetricsText for LocalMetrics {
    async fn render(&self) -> Result<String, String> {
        let gauges = self.gauges().await.map_err(|error| error.to_string())?;
        Ok(render(&self.0.metrics.snapshot(), &gauges))
    }
}

impl LocalMetrics {
    async fn gauges(&self) -> Result<Gauges, PortError> {
        let ports = &self.0;
        let mut gauges = Gauges {
            now: ports.clock.now(),
            states: ports.store.state_counts().await?,
            cursor: ports.store.cursor().await?,
            ..Gauges::default()
        };
        for queue in QueueName::ALL {
            gauges.queues.insert(queue, ports.queue.depth(queue).await?);
        }
        Ok(gauges)
    }
}
