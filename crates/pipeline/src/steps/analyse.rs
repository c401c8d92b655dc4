//! Analyse: from a row that waits to what the changeset really changed.

use std::time::Instant;

use osmtracker_analysis::Digest;
use osmtracker_osm::Timestamp;

use super::{
    Ports, StepError,
    filter::relabel,
    publish, rows,
    sources::{self, Answer},
};
use crate::{
    ChangesetRow, Lease, State,
    messages::{self, AnalyseMessage, PublishAction},
    metrics::{Event, EventAction, Timer},
    ports::{PortError, SourceError, SourcedChange},
    with_causes,
};

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnalyseOutcome {
    /// Analysed; the site shows it.
    Done,
    /// Analysed; nothing of it matters here, so the site does not show it.
    Elsewhere,
    /// Its author may still add to it.
    StillOpen,
    /// A source will have it later.
    Later {
        /// When it is tried again.
        due: Timestamp,
    },
    /// No source could answer; it is tried again later, up to the limit of tries.
    Quarantined {
        /// Why.
        reason: String,
    },
    /// There was nothing to do: no row, done before, or in other hands.
    Nothing,
}

/// Analyses one changeset under a lease.
///
/// # Errors
/// [`StepError::Permanent`] for a body that is no such message; else when queue, store or site fails. What the sources
/// lack is an outcome.
pub async fn analyse(ports: &Ports, body: &str) -> Result<AnalyseOutcome, StepError> {
    let message: AnalyseMessage = messages::read(body).map_err(|error| StepError::bad_message("analysis", error))?;
    let Some(row) = ports.row(message.id).await? else { return Ok(AnalyseOutcome::Nothing) };
    if ports.owner.is_kept_out_by(row.lease.as_ref(), ports.now()) {
        return Ok(AnalyseOutcome::Nothing);
    }
    match row.state {
        State::Done => {
            ports.send_for_publication(&[row.id()], PublishAction::Update).await?;
            Ok(AnalyseOutcome::Nothing)
        }
        _ if row.changeset.open => refresh(ports, row).await,
        _ => run(ports, row).await,
    }
}

/// Asks the upstream whether an open changeset was closed without the feed telling, and goes on if so.
async fn refresh(ports: &Ports, mut row: ChangesetRow) -> Result<AnalyseOutcome, StepError> {
    take(ports, &mut row, State::Analysing1).await?;
    let started = Instant::now();
    let answer = ports.metadata.metadata(&[row.id()]).await;
    ports.metrics.time(Timer::ChangesetRefresh, started.elapsed());
    ports.metrics.event(Event::Refresh, EventAction::In);
    ports.metrics.event(Event::Refresh, EventAction::Out);
    let changeset = match answer {
        Ok(mut found) => found.pop(),
        Err(error) => return quarantine(ports, row, &error).await,
    };
    if let Some(changeset) = changeset {
        row.changeset = changeset;
    }
    if !row.changeset.open {
        return run(ports, row).await;
    }
    let (now, was_listed) = (ports.now(), row.listed);
    let decision = ports.config.rules.filter(&row.changeset);
    relabel(&mut row, &decision);
    rows::enter(&mut row, State::Open, now, None);
    row.due_at = Some(now.plus(ports.config.pipeline.refresh_open));
    ports.write_row(&mut row).await?;
    if row.listed || was_listed {
        ports.send_for_publication(&[row.id()], PublishAction::Update).await?;
    }
    Ok(AnalyseOutcome::StillOpen)
}

async fn run(ports: &Ports, mut row: ChangesetRow) -> Result<AnalyseOutcome, StepError> {
    take(ports, &mut row, State::Analysing2).await?;
    let started = Instant::now();
    let outcome = match under_lease(ports, &row, sources::ask(ports, &row.changeset)).await {
        Answer::Change(change) => finish(ports, row, change).await,
        Answer::Later(due) => wait(ports, row, due).await,
        Answer::Failed(error) => quarantine(ports, row, &error).await,
    };
    ports.metrics.time(Timer::ChangesetAnalysis, started.elapsed());
    outcome
}

/// Works as long as it takes, and prolongs the lease meanwhile: a slow source is no dead worker.
async fn under_lease<T>(ports: &Ports, taken: &ChangesetRow, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        let pause = tokio::time::sleep(ports.config.pipeline.lease / 3);
        tokio::select! {
            done = &mut work => return done,
            () = pause => if let Err(error) = prolong(ports, taken).await {
                tracing::warn!(changeset.id = taken.id().0, %error, "a lease could not be prolonged");
            }
        }
    }
}

async fn prolong(ports: &Ports, taken: &ChangesetRow) -> Result<(), StepError> {
    let until = ports.now().plus(ports.config.pipeline.lease);
    rows::update(ports, taken.id(), |row| {
        let held = row.filter(|row| is_held(row, taken)).map(|mut row| {
            row.due_at = Some(until);
            row.lease = row.lease.map(|lease| Lease { until, ..lease });
            row
        });
        (held, ())
    })
    .await
}

/// Whether the row is still under the lease that was taken.
fn is_held(row: &ChangesetRow, taken: &ChangesetRow) -> bool {
    let owner = |row: &ChangesetRow| row.lease.as_ref().map(|lease| lease.owner.clone());
    row.lease.is_some() && owner(row) == owner(taken)
}

/// Lets a large changeset wait for its augmented diff.
async fn wait(ports: &Ports, row: ChangesetRow, due: Timestamp) -> Result<AnalyseOutcome, StepError> {
    let now = ports.now();
    let closed = |row: &mut ChangesetRow| {
        rows::enter(row, State::Closed, now, Some("waits for its augmented diff".to_owned()));
        row.due_at = Some(due);
    };
    Ok(if conclude(ports, &row, closed).await? { AnalyseOutcome::Later { due } } else { AnalyseOutcome::Nothing })
}

/// Takes the lease on the row.
async fn take(ports: &Ports, row: &mut ChangesetRow, state: State) -> Result<(), PortError> {
    let now = ports.now();
    let until = now.plus(ports.config.pipeline.lease);
    rows::enter(row, state, now, None);
    row.lease = Some(Lease { owner: ports.owner.for_row(row), until });
    row.due_at = Some(until);
    ports.write_row(row).await
}

/// Analyses the change, stores the document, then the row, then asks for publication.
async fn finish(ports: &Ports, row: ChangesetRow, sourced: SourcedChange) -> Result<AnalyseOutcome, StepError> {
    ports.metrics.analysed(sourced.source, sourced.calls, &sourced.change.gaps);
    ports.metrics.event(Event::Analysis, EventAction::Out);
    let mut analysis = osmtracker_analysis::analyse(&row.changeset, sourced.change);
    let decision = ports.config.rules.finish(&row.changeset, &analysis);
    analysis.labels = decision.labels;
    let (was_listed, listed) = (row.listed, decision.tracked);
    let (now, digest) = (ports.now(), Digest::of(&analysis));
    let done = |row: &mut ChangesetRow| {
        // A comment may have come meanwhile: the labels are those of the newest metadata.
        let decision = ports.config.rules.finish(&row.changeset, &analysis);
        row.listed = decision.tracked;
        row.labels = decision.labels;
        row.digest = Some(digest.clone());
        row.source = Some(sourced.source.to_owned());
        row.attempts = 0;
        rows::enter(row, State::Done, now, None);
        row.due_at = ports.horizon_of(&row.changeset);
    };
    if listed {
        let mut shown = row.clone();
        done(&mut shown);
        publish::store_analysis(ports, &shown, &analysis).await?;
    }
    if !conclude(ports, &row, done).await? {
        return Ok(AnalyseOutcome::Nothing);
    }
    if listed || was_listed {
        ports.send_for_publication(&[row.id()], PublishAction::Update).await?;
    }
    Ok(if listed { AnalyseOutcome::Done } else { AnalyseOutcome::Elsewhere })
}

/// Puts the row aside until its next try.
async fn quarantine(ports: &Ports, row: ChangesetRow, error: &SourceError) -> Result<AnalyseOutcome, StepError> {
    let (now, config) = (ports.now(), &ports.config.pipeline);
    let (reason, attempts) = (public_reason(error), row.attempts + 1);
    tracing::warn!(changeset.id = row.id().0, attempts, error = with_causes(error), "an analysis failed");
    let asked = match error {
        SourceError::Transient { retry_after, .. } => retry_after.unwrap_or_default(),
        _ => Default::default(),
    };
    let aside = |row: &mut ChangesetRow| {
        row.attempts = attempts;
        rows::enter(row, State::Quarantined, now, Some(reason.clone()));
        row.given_up = attempts >= config.max_attempts;
        row.due_at = match row.given_up {
            false => Some(now.plus(config.retry.max(asked))),
            true => ports.horizon_of(&row.changeset),
        };
    };
    if !conclude(ports, &row, aside).await? {
        return Ok(AnalyseOutcome::Nothing);
    }
    if row.listed {
        ports.send_for_publication(&[row.id()], PublishAction::Update).await?;
    }
    Ok(AnalyseOutcome::Quarantined { reason })
}

/// Writes the end of a try, over whatever metadata arrived meanwhile; `false` when the lease went to another.
async fn conclude(ports: &Ports, taken: &ChangesetRow, end: impl Fn(&mut ChangesetRow)) -> Result<bool, StepError> {
    rows::update(ports, taken.id(), |row| match row {
        Some(mut row) if is_held(&row, taken) => {
            end(&mut row);
            (Some(row), true)
        }
        _ => (None, false),
    })
    .await
}

/// What readers are told: the cause without addresses and numbers of tries, which are in the log.
fn public_reason(error: &SourceError) -> String {
    let chain = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let cause = chain.map(|cause| cause.to_string()).find(|cause| !cause.contains("://"));
    let cause = cause.unwrap_or_else(|| "see the log".to_owned());
    match error {
        SourceError::NotFound { .. } => "no source has its changes".to_owned(),
        SourceError::Refused { status, .. } => format!("the upstream refuses us with status {status}"),
        SourceError::Transient { .. } => format!("the upstream did not answer: {cause}"),
        SourceError::Permanent { .. } => format!("the upstream's answer could not be used: {cause}"),
    }
}
