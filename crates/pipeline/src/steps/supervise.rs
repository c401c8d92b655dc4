//! Supervise: what is due, and what everybody should see.

use osmtracker_osm::ChangesetId;

use super::{
    Ports, StepError,
    exposition::{self, Observation},
    notify,
    problems::Problem,
    publish, refresh, rows,
};
use crate::{
    ChangesetRow, State,
    messages::PublishAction,
    metrics::{ProblemKind, RetryCause},
    ports::{FeedCursor, QueueName},
    with_causes,
};

/// Rows looked at in one run: the rest is due again a minute later.
const LIMIT: usize = 500;

/// Messages on the analysis queue beyond which what waits there is not sent once more.
const BACKLOG: u64 = 200;

/// What a run did.
#[derive(Debug, Default)]
pub struct SuperviseOutcome {
    /// Rows sent to the analyser again.
    pub queued: usize,
    /// Rows sent to the publisher to be dropped.
    pub dropped: usize,
    /// Rows whose metadata were asked for.
    pub refreshed: usize,
    /// What was seen, when it was time to look.
    pub observation: Option<Observation>,
    /// Why a row could not be looked at: all else was done, and it is due again.
    pub failed: Option<StepError>,
}

impl SuperviseOutcome {
    /// The failure of a row as that of the whole.
    ///
    /// # Errors
    /// When a row could not be looked at.
    pub fn complete(mut self) -> Result<Self, StepError> {
        self.failed.take().map_or(Ok(self), Err)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Nothing,
    Analyse,
    Drop,
    Refresh,
    /// It will not be tried again: the page says so.
    GiveUp,
}

/// Queues again what is due, lets go of what is past the horizon, writes `status.json` and `metrics`, and says what is
/// wrong.
///
/// # Errors
/// When a port fails; a row that alone cannot be looked at is [`SuperviseOutcome::failed`].
pub async fn supervise(ports: &Ports) -> Result<SuperviseOutcome, StepError> {
    let due = ports.store.due(ports.now(), LIMIT).await?;
    let mut outcome = SuperviseOutcome::default();
    if !due.is_empty() {
        outcome.failed = see_to(ports, due, &mut outcome).await?;
    }
    notify::begin_notifications(ports).await?;
    notify::ask_for_digests(ports).await?;
    if is_time_to_tell(ports).await? {
        outcome.observation = Some(tell(ports).await?);
    }
    Ok(outcome)
}

/// Looks at each row that is due. Answers why one of them could not be looked at.
async fn see_to(
    ports: &Ports,
    due: Vec<ChangesetId>,
    outcome: &mut SuperviseOutcome,
) -> Result<Option<StepError>, StepError> {
    let backlog = ports.queue.depth(QueueName::Analysis).await?.waiting;
    let cursor = ports.store.cursor().await?;
    let (mut to_analyse, mut to_drop, mut to_refresh, mut given_up) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut failed = None;
    for id in due {
        let may_refresh = to_refresh.len() < refresh::AT_ONCE;
        match look_at(ports, id, cursor.as_ref(), may_refresh).await {
            Ok(Decision::Nothing) => {}
            // Its message still waits among them: another would only make the queue longer. It is due again later.
            Ok(Decision::Analyse) if backlog > BACKLOG => {}
            Ok(Decision::Analyse) => to_analyse.push(id),
            Ok(Decision::Drop) => to_drop.push(id),
            Ok(Decision::Refresh) => to_refresh.push(id),
            Ok(Decision::GiveUp) => given_up.push(id),
            // One row that cannot be read or written must not keep the others waiting.
            Err(error) => {
                tracing::error!(changeset.id = id.0, error = with_causes(&error), "a row could not be looked at");
                failed = Some(error);
            }
        }
    }
    ports.send_for_analysis(&to_analyse).await?;
    ports.send_for_publication(&to_drop, PublishAction::Drop).await?;
    ports.send_for_publication(&given_up, PublishAction::Update).await?;
    if let Some(cursor) = cursor.filter(|_| !to_refresh.is_empty()) {
        outcome.refreshed = refresh::refresh(ports, &to_refresh, &cursor).await?;
    }
    (outcome.queued, outcome.dropped) = (to_analyse.len(), to_drop.len());
    Ok(failed)
}

/// Tells readers and operators how things stand.
async fn tell(ports: &Ports) -> Result<Observation, StepError> {
    exposition::fold_counters(ports).await?;
    let observation = exposition::observe(ports).await?;
    log_changes(&publish::known_problems(ports).await?, &observation.problems);
    publish::write_problems(ports, &observation.problems).await?;
    exposition::write_metrics(ports, &observation).await?;
    exposition::keep_ledger(ports, &observation.counted, observation.gauges.now).await?;
    Ok(observation)
}

/// Each problem once when it begins, and once when it is over.
fn log_changes(known: &[String], problems: &[Problem]) {
    for problem in problems.iter().filter(|problem| !known.iter().any(|kind| kind == problem.kind.as_str())) {
        let (kind, text) = (problem.kind.as_str(), &problem.text);
        match problem.kind {
            ProblemKind::UpstreamRefuses | ProblemKind::DeadLetters => tracing::error!(kind, "{text}"),
            _ => tracing::warn!(kind, "{text}"),
        }
    }
    for kind in known.iter().filter(|kind| !problems.iter().any(|problem| problem.kind.as_str() == **kind)) {
        tracing::info!(kind, "a problem is over");
    }
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
async fn look_at(
    ports: &Ports,
    id: ChangesetId,
    cursor: Option<&FeedCursor>,
    may_refresh: bool,
) -> Result<Decision, StepError> {
    let now = ports.now();
    rows::update(ports, id, |row| match row {
        Some(row) if row.due_at.is_none_or(|due| due > now) => (None, Decision::Nothing),
        Some(row) if refresh::is_wanted(ports, &row, cursor) && !is_past(ports, &row) => match may_refresh {
            true => (Some(due_again(ports, row)), Decision::Refresh),
            false => (None, Decision::Nothing),
        },
        Some(row) => decide(ports, row),
        _ => (None, Decision::Nothing),
    })
    .await
}

fn is_past(ports: &Ports, row: &ChangesetRow) -> bool {
    ports.horizon_of(&row.changeset).is_some_and(|horizon| horizon <= ports.now())
}

fn due_again(ports: &Ports, row: ChangesetRow) -> ChangesetRow {
    ChangesetRow { due_at: Some(ports.now().plus(ports.config.pipeline.retry)), ..row }
}

fn decide(ports: &Ports, mut row: ChangesetRow) -> (Option<ChangesetRow>, Decision) {
    let (now, config) = (ports.now(), &ports.config.pipeline);
    if is_past(ports, &row) {
        return (Some(due_again(ports, row)), Decision::Drop);
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
            row.given_up = true;
            row.due_at = ports.horizon_of(&row.changeset);
            let is_shown = row.listed;
            return (Some(row), if is_shown { Decision::GiveUp } else { Decision::Nothing });
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
