//! Filter: from the feed's elements to rows, by the rules alone.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use osmtracker_analysis::rules::{FilterDecision, Holds};
use osmtracker_osm::{Changeset, Timestamp};

use super::{Ports, StepError, rows};
use crate::{
    ChangesetRow, FeedPosition, State,
    messages::{self, FilterMessage, PublishAction},
    metrics::{Event, EventAction, Timer},
};

/// After so long a row that waits for its analysis is queued again: its message was lost, or put aside.
const FORGOTTEN: Duration = Duration::from_secs(6 * 3_600);

/// Changesets of a message placed at the same time. The same one twice is no matter: the newer element wins.
const CONCURRENCY: usize = 8;

/// What became of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilterOutcome {
    /// Changesets in it.
    pub seen: usize,
    /// Those that now have a row.
    pub kept: usize,
    /// Those of them that were sent to the analyser.
    pub to_analyse: usize,
}

/// What follows from a row as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FollowUp {
    Nothing,
    Analyse,
    Publish,
}

/// Decides on each changeset of a message, stores those that matter and sends them on.
///
/// # Errors
/// [`StepError::Permanent`] for a body that is no filter message; else when a port fails.
pub async fn filter(ports: &Ports, body: &str) -> Result<FilterOutcome, StepError> {
    let message: FilterMessage = messages::read(body).map_err(|error| StepError::bad_message("filter", error))?;
    let (seen, started) = (message.changesets.len(), Instant::now());
    let (mut to_analyse, mut to_publish) = (Vec::new(), Vec::new());
    let sequence = message.sequence;
    let mut placed = stream::iter((message.first_index..).zip(message.changesets))
        .map(|(index, changeset)| async move {
            let id = changeset.id;
            (id, place(ports, changeset, FeedPosition { sequence, index }).await)
        })
        .buffered(CONCURRENCY);
    while let Some((id, follow_up)) = placed.next().await {
        match follow_up? {
            None | Some(FollowUp::Nothing) => {}
            Some(FollowUp::Analyse) => to_analyse.push(id),
            Some(FollowUp::Publish) => to_publish.push(id),
        }
    }
    drop(placed);
    ports.send_for_analysis(&to_analyse).await?;
    ports.send_for_publication(&to_publish, PublishAction::Update).await?;
    let kept = to_analyse.len() + to_publish.len();
    ports.metrics.time(Timer::ChangesetFilter, started.elapsed());
    ports.metrics.events(Event::Filter, EventAction::Out, kept as u64);
    ports.metrics.events(Event::Analysis, EventAction::In, to_analyse.len() as u64);
    Ok(FilterOutcome { seen, kept, to_analyse: to_analyse.len() })
}

/// What the rules say of a feed element.
struct Judged {
    changeset: Changeset,
    position: FeedPosition,
    decision: FilterDecision,
}

impl Judged {
    /// Whether it gets a row when it has none. What the rules cannot say before the analysis waits for the closing:
    /// every changeset of the world begins without a box, and one that ends without changes has nothing to analyse.
    fn is_wanted(&self) -> bool {
        match self.decision.tracked {
            Holds::Yes => true,
            Holds::Maybe => !self.changeset.open && self.changeset.num_changes > 0,
            Holds::No => false,
        }
    }

    /// Whether it may have a row although it is not wanted: only a comment brings back what was once kept.
    fn may_be_known(&self) -> bool {
        self.changeset.comments_count > 0
    }
}

/// Writes the row of one changeset where it should have one; `None` when it has none.
async fn place(ports: &Ports, changeset: Changeset, position: FeedPosition) -> Result<Option<FollowUp>, StepError> {
    let decision = ports.config.rules.filter(&changeset);
    let judged = Judged { changeset, position, decision };
    if !judged.is_wanted() && !judged.may_be_known() {
        return Ok(None);
    }
    let (now, id) = (ports.now(), judged.changeset.id);
    rows::update(ports, id, |row| match row {
        None if judged.is_wanted() && !is_past(ports, &judged.changeset, now) => {
            settle(ports, rows::new_row(judged.changeset.clone(), position), &judged, now)
        }
        None => (None, None),
        // Older news; but whoever brought the newer may have counted on this message to send the row on.
        Some(row) if position < row.feed => {
            (None, Some(if waits(&row) { FollowUp::Analyse } else { FollowUp::Nothing }))
        }
        Some(row) if position == row.feed => (None, Some(repeated(&row))),
        Some(row) => settle(ports, row, &judged, now),
    })
    .await
}

/// Whether it would be dropped as soon as it were shown: a comment on an old changeset, say.
fn is_past(ports: &Ports, changeset: &Changeset, now: Timestamp) -> bool {
    ports.horizon_of(changeset).is_some_and(|horizon| horizon <= now)
}

/// The row with the newer metadata, in the state that they call for.
fn settle(
    ports: &Ports,
    mut row: ChangesetRow,
    judged: &Judged,
    now: Timestamp,
) -> (Option<ChangesetRow>, Option<FollowUp>) {
    let changed = row.state == State::New
        || row.changeset.open != judged.changeset.open
        || row.changeset.num_changes != judged.changeset.num_changes;
    let was_listed = row.listed;
    row.changeset = judged.changeset.clone();
    row.feed = judged.position;
    relabel(&mut row, &judged.decision);
    let follow_up = if row.changeset.open {
        rows::enter(&mut row, State::Open, now, None);
        row.due_at = Some(now.plus(ports.config.pipeline.refresh_open));
        FollowUp::Publish
    } else if changed {
        rows::enter(&mut row, State::BoundsChecked, now, None);
        row.due_at = Some(now.plus(FORGOTTEN));
        FollowUp::Analyse
    } else {
        FollowUp::Publish
    };
    let shown = row.listed || was_listed;
    (Some(row), Some(if follow_up == FollowUp::Publish && !shown { FollowUp::Nothing } else { follow_up }))
}

/// Labels of the filter stage anew; those that only an analysis can decide stay as it decided them.
pub(super) fn relabel(row: &mut ChangesetRow, decision: &FilterDecision) {
    row.labels.retain(|label| decision.undecided.contains(&label.name));
    row.labels.extend(decision.labels.iter().cloned());
    row.labels.sort();
    row.listed = match decision.tracked {
        Holds::Yes => true,
        Holds::Maybe => row.listed && row.state == State::Done,
        Holds::No => false,
    };
}

/// Whether the row waits for an analyser.
fn waits(row: &ChangesetRow) -> bool {
    matches!(row.state, State::New | State::BoundsCheck | State::BoundsChecked | State::Reanalysing)
}

/// What follows when the same element was placed before, and perhaps not sent on.
fn repeated(row: &ChangesetRow) -> FollowUp {
    if waits(row) { FollowUp::Analyse } else { FollowUp::Publish }
}
