//! Metrics for readers: what was counted, and the gauges of this moment.

use osmtracker_pages::keys;

use super::{Ports, publish};
use crate::{
    metrics::{Gauges, MetricsError, ObjectKind, from_rows, plan_fold, render},
    ports::{ObjectMeta, PortError, PutCondition, QueueName},
};

/// The Prometheus text exposition: the counters of all processes, or of this one where none stores its counters, with
/// gauges of the table and the queues.
///
/// # Errors
/// When a port fails, or a stored row of counters cannot be read.
pub async fn metrics_text(ports: &Ports) -> Result<String, PortError> {
    let rows = ports.store.metrics().await?;
    let counted = if rows.is_empty() { ports.metrics.snapshot() } else { from_rows(&rows).map_err(unreadable)? };
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
    Ok(render(&counted, &gauges))
}

/// Writes the exposition to its public key, for those who scrape the site; removes it where it is not wanted (any more).
pub(super) async fn write_metrics(ports: &Ports) -> Result<(), PortError> {
    let key = format!("site/{}", keys::METRICS);
    if !ports.config.pipeline.metrics {
        return ports.site.delete(&[key]).await;
    }
    let text = metrics_text(ports).await?;
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    let meta = ObjectMeta { content_type, cache_control: "no-cache", content_encoding: None };
    ports.metrics.written(ObjectKind::Status, text.len() as u64);
    ports.site.put(&key, text.into(), meta, PutCondition::Always).await?;
    Ok(())
}

/// Adds the counters of processes that are gone to the base row, so that the rows stay few and the sum never falls.
pub(super) async fn fold_counters(ports: &Ports) -> Result<(), PortError> {
    let rows = ports.store.metrics().await?;
    let Some(fold) = plan_fold(&rows, ports.now()).map_err(unreadable)? else { return Ok(()) };
    match ports.store.fold_metrics(&fold.folded, &fold.base).await {
        // Somebody else folded, or a process came back: there is another turn.
        Err(PortError::Conflict { .. }) => Ok(()),
        result => result,
    }
}

fn unreadable(error: MetricsError) -> PortError {
    PortError::Permanent { what: "add the counters up".to_owned(), source: error.into() }
}
