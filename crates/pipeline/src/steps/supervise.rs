//! Supervise: what is due, and what everybody should see.

use osmtracker_osm::ChangesetId;

use super::{Ports, StepError, error::with_causes, exposition, publish, rows};
use crate::{ChangesetRow, State, messages::PublishAction, metrics::RetryCause, ports::QueueName};

/// Rows looked at in one run: the rest is due again a minute later.
const LIMIT: usize = 500;

/// Messages on the analysis queue beyond which what waits there is not sent once more.
const BACKLOG: u64 = 200;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SuperviseOutcome {
    /// Rows sent to the analyser again.
    pub queued: usize,
    /// Rows sent to the publisher to be dropped.
    pub dropped: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Nothing,
    Analyse,
    Drop,
}

/// Queues again what is due, lets go of what is past the horizon, and writes `status.json` and `metrics`.
///
/// # Errors
/// When a port fails.
pub async fn supervise(ports: &Ports) -> Result<SuperviseOutcome, StepError> {
    let due = ports.store.due(ports.now(), LIMIT).await?;
    let backlog = match due.is_empty() {
        true => 0,
        false => ports.queue.depth(QueueName::Analysis).await?.waiting,
    };
    let (mut to_analyse, mut to_drop, mut failed) = (Vec::new(), Vec::new(), None);
    for id in due {
        match look_at(ports, id).await {
            Ok(Decision::Nothing) => {}
            // Its message still waits among them: another would only make the queue longer. It is due again later.
            Ok(Decision::Analyse) if backlog > BACKLOG => {}
            Ok(Decision::Analyse) => to_analyse.push(id),
            Ok(Decision::Drop) => to_drop.push(id),
            // One row that cannot be read or written must not keep the others waiting.
            Err(error) => {
                tracing::error!(changeset.id = id.0, error = with_causes(&error), "a row could not be looked at");
                failed = Some(error);
            }
        }
    }
    ports.send_for_analysis(&to_analyse).await?;
    ports.send_for_publication(&to_drop, PublishAction::Drop).await?;
    if is_time_to_tell(ports).await? {
        publish::write_status(ports, None).await?;
        exposition::fold_counters(ports).await?;
        exposition::write_metrics(ports).await?;
    }
    failed.map_or(Ok(SuperviseOutcome { queued: to_analyse.len(), dropped: to_drop.len() }), Err)
}

/// Whether `status.json` and `metrics` are to be written: at most every `pipeline.status_seconds`, whoever asks.
async fn is_time_to_tell(ports: &Ports) -> Result<bool, StepError> {
    let (interval, now) = (ports.config.pipeline.status, ports.now());
    if interval.is_zero() {
        return Ok(true);
    }
    // Held by nobody who would prolong it or give it back: it is the time itself.
    let nobody = format!("until {}", now.plus(interval));
    Ok(ports.store.take_lease("status", &nobody, now, now.plus(interval)).await?)
}

/// Decides on one row and makes its next appointment, so that it comes again if what is sent now gets lost.
async fn look_at(ports: &Ports, id: ChangesetId) -> Result<Decision, StepError> {
    let now = ports.now();
    rows::update(ports, id, |row| match row {
        Some(row) if row.due_at.is_some_and(|due| due <= now) => decide(ports, row),
        _ => (None, Decision::Nothing),
    })
    .await
}

fn decide(ports: &Ports, mut row: ChangesetRow) -> (Option<ChangesetRow>, Decision) {
    let (now, config) = (ports.now(), &ports.config.pipeline);
    if ports.horizon_of(&row.changeset).is_some_and(|horizon| horizon <= now) {
        row.due_at = Some(now.plus(config.retry));
        return (Some(row), Decision::Drop);
    }
    match row.state {
        // A horizon that was taken out of the configuration.
        State::Done => row.due_at = ports.horizon_of(&row.changeset),
        // The state stays: the analyser asks for metadata, or knows that it has waited.
        State::Open | State::Closed => row.due_at = Some(now.plus(config.retry)),
        // What ends every analyser that takes it up, by its size or the time it takes, is not tried for ever.
        State::Analysing1 | State::Analysing2 if row.attempts + 1 >= config.max_attempts => {
            row.attempts += 1;
            ports.metrics.retry(RetryCause::LeaseLost);
            rows::enter(&mut row, State::Quarantined, now, Some("its analysis did not end in any try".to_owned()));
            row.due_at = ports.horizon_of(&row.changeset);
            return (Some(row), Decision::Nothing);
        }
        _ => {
            let is_lost = matches!(row.state, State::Analysing1 | State::Analysing2);
            row.attempts += u32::from(is_lost);
            let (reason, cause) = match row.state {
                State::Quarantined => ("tried again after a failure", RetryCause::Quarantine),
                State::Analysing1 | State::Analysing2 => ("its lease ran out", RetryCause::LeaseLost),
                _ => ("its message was lost", RetryCause::Step),
            };
            ports.metrics.retry(cause);
            rows::enter(&mut row, State::Reanalysing, now, Some(reason.to_owned()));
            row.due_at = Some(now.plus(config.retry));
        }
    }
    let decision = if row.state == State::Done { Decision::Nothing } else { Decision::Analyse };
    (Some(row), decision)
}
