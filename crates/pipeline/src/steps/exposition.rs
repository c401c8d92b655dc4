//! Metrics for readers: what was counted, and the gauges of this moment.

use osmtracker_pages::keys;

use super::{Ports, publish};
use crate::{
    metrics::{Gauges, ObjectKind, render},
    ports::{ObjectMeta, PortError, PutCondition, QueueName},
};

/// The Prometheus text exposition: this process's counters with gauges of the table and the queues.
///
/// # Errors
/// When a port fails.
pub async fn metrics_text(ports: &Ports) -> Result<String, PortError> {
    let mut gauges = Gauges {
        now: ports.now(),
        states: ports.store.state_counts().await?,
        cursor: ports.store.cursor().await?,
        generation: publish::generation(ports).await?,
        waiting_for_the_first: publish::is_waiting(ports).await?,
        ..Gauges::default()
    };
    for queue in QueueName::ALL {
        gauges.queues.insert(queue, ports.queue.depth(queue).await?);
    }
    Ok(render(&ports.metrics.snapshot(), &gauges))
}

/// Writes the exposition to its public key, for those who scrape the site.
pub(super) async fn write_metrics(ports: &Ports) -> Result<(), PortError> {
    let text = metrics_text(ports).await?;
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    let meta = ObjectMeta { content_type, cache_control: "no-cache", content_encoding: None };
    ports.metrics.written(ObjectKind::Status, text.len() as u64);
    ports.site.put(&format!("site/{}", keys::METRICS), text.into(), meta, PutCondition::Always).await?;
    Ok(())
}
