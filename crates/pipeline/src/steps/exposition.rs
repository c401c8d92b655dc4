//! Metrics for readers: what was counted, and the gauges of this moment.

use osmtracker_osm::Timestamp;
use osmtracker_pages::keys;

use super::{
    Ports,
    problems::{Facts, Problem, problems},
    publish,
};
use crate::{
    metrics::{Gauges, Ledger, MetricsError, ObjectKind, Snapshot, from_rows, plan_fold, render},
    ports::{ETag, ObjectMeta, PortError, PutCondition, QueueName},
};

/// Where what was charged for on each day is kept.
const LEDGER: &str = "operations/ledger.json";

/// Everything that can be told of this moment.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// The counters of all processes, or of this one where none stores its counters.
    pub counted: Snapshot,
    /// What is looked up.
    pub gauges: Gauges,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl Observation {
    /// The Prometheus text exposition.
    #[must_use]
    pub fn text(&self) -> String {
        render(&self.counted, &self.gauges)
    }
}

/// Looks at counters, table, queues and site.
///
/// # Errors
/// When a port fails, or a stored row of counters cannot be read.
pub async fn observe(ports: &Ports) -> Result<Observation, PortError> {
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
    let problems = problems(&Facts {
        now: gauges.now,
        cursor: gauges.cursor.as_ref(),
        queues: &gauges.queues,
        states: &gauges.states,
        counted: &counted,
    });
    gauges.problems = problems.iter().map(|problem| problem.kind).collect();
    if counted.is_charged() {
        gauges.cost = ledger(ports).await?.0.estimate(&counted, gauges.now);
    }
    Ok(Observation { counted, gauges, problems })
}

/// The Prometheus text exposition of this moment.
///
/// # Errors
/// As [`observe`].
pub async fn metrics_text(ports: &Ports) -> Result<String, PortError> {
    Ok(observe(ports).await?.text())
}

/// Writes the exposition to its public key, for those who scrape the site; removes it where it is not wanted (any more).
pub(super) async fn write_metrics(ports: &Ports, observation: &Observation) -> Result<(), PortError> {
    let key = format!("site/{}", keys::METRICS);
    if !ports.config.pipeline.metrics {
        return ports.site.delete(&[key]).await;
    }
    let text = observation.text();
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

/// Keeps what was charged for until now, once a day.
pub(super) async fn keep_ledger(ports: &Ports, counted: &Snapshot, now: Timestamp) -> Result<(), PortError> {
    if !counted.is_charged() {
        return Ok(());
    }
    let (mut ledger, stands) = ledger(ports).await?;
    if !ledger.note(counted, now) {
        return Ok(());
    }
    let document = serde_json::to_vec(&ledger).expect("plain data with text keys");
    let meta = ObjectMeta { content_type: "application/json", cache_control: "no-store", content_encoding: None };
    let condition = stands.map_or(PutCondition::Absent, PutCondition::Matches);
    match ports.site.put(LEDGER, document.into(), meta, condition).await {
        Err(PortError::Conflict { .. }) => Ok(()),
        result => result.map(drop),
    }
}

/// The ledger as it stands; a fresh one when it is absent or cannot be read.
async fn ledger(ports: &Ports) -> Result<(Ledger, Option<ETag>), PortError> {
    let Some(object) = ports.site.get(LEDGER).await? else { return Ok((Ledger::default(), None)) };
    Ok((serde_json::from_slice(&object.bytes).unwrap_or_default(), Some(object.etag)))
}

fn unreadable(error: MetricsError) -> PortError {
    PortError::Permanent { what: "add the counters up".to_owned(), source: error.into() }
}
