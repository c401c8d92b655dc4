//! Supervise: what is due, and what everybody should see.

use osmtracker_osm::ChangesetId;

use super::{Ports, StepError, exposition, publish, rows};
use crate::{ChangesetRow, State, messages::PublishAction, metrics::RetryCause};

/// Rows looked at in one run: the rest is due again a minute later.
const LIMIT: usize = 500;

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
    let now = ports.now();
    let due = ports.store.due(now, LIMIT).await?;
    let (mut to_analyse, mut to_drop) = (Vec::new(), Vec::new());
    for id in due {
        match look_at(ports, id).await? {
            Decision::Nothing => {}
            Decision::Analyse => to_analyse.push(id),
            Decision::Drop => to_drop.push(id),
        }
    }
    ports.send_for_analysis(&to_analyse).await?;
    ports.send_for_publication(&to_drop, PublishAction::Drop).await?;
    if publish::is_due(ports).await? {
        publish::write_status(ports, None).await?;
        exposition::fold_counters(ports).await?;
        exposition::write_metrics(ports).await?;
    }
    Ok(SuperviseOutcome { queued: to_analyse.len(), dropped: to_drop.len() })
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
        _ => {
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
