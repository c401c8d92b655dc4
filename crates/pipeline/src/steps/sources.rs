//! Which source is asked, and when.

use std::time::Duration;

use osmtracker_osm::{Changeset, Timestamp};

use super::Ports;
use crate::{
    config::WaitForAdiff,
    ports::{SourceError, SourcedChange},
    with_causes,
};

/// Augmented diffs are absent for changesets that closed less than about five minutes ago (adiffs.osmcha.org).
const APPEARS_AFTER: Duration = Duration::from_secs(5 * 60);

/// How long until a large changeset's augmented diff is asked for again.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(2 * 60);

/// What the sources answered, all in all.
pub(super) enum Answer {
    /// One had the changes.
    Change(SourcedChange),
    /// Not yet: worth waiting.
    Later(Timestamp),
    /// None could.
    Failed(SourceError),
}

/// When the augmented diff of a changeset is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Now; when it is absent, the next source at once.
    Ask,
    /// Now; when it is absent, again at this moment.
    AskOrWait(Timestamp),
    /// Not yet, and it is worth waiting.
    Wait(Timestamp),
    /// Not at all: it cannot be there yet, and the changeset is small.
    Skip,
}

fn turn(policy: &WaitForAdiff, changeset: &Changeset, now: Timestamp) -> Turn {
    let Some(closed) = changeset.closed_at else { return Turn::Ask };
    let (appears, given_up) = (closed.plus(APPEARS_AFTER), closed.plus(policy.up_to));
    let large = changeset.num_changes > policy.over_elements;
    match (large, now < appears, now < given_up) {
        (true, true, true) => Turn::Wait(appears.min(given_up)),
        (true, false, true) => Turn::AskOrWait(now.plus(ASK_AGAIN_AFTER).min(given_up)),
        (false, true, _) => Turn::Skip,
        _ => Turn::Ask,
    }
}

/// Asks the sources in their order.
pub(super) async fn ask(ports: &Ports, changeset: &Changeset) -> Answer {
    if changeset.num_changes == 0 {
        return Answer::Change(SourcedChange { change: Default::default(), source: "none", calls: 0, bytes: 0 });
    }
    let mut failure = SourceError::NotFound { source_name: "none", id: changeset.id };
    for source in &ports.sources {
        let turn = match source.name() {
            "adiff" => turn(&ports.config.upstream.wait_for_adiff, changeset, ports.now()),
            _ => Turn::Ask,
        };
        match turn {
            Turn::Skip => continue,
            Turn::Wait(due) => return Answer::Later(due),
            Turn::Ask | Turn::AskOrWait(_) => {}
        }
        match (source.changes(changeset).await, turn) {
            (Ok(change), _) => return Answer::Change(change),
            (Err(SourceError::NotFound { .. }), Turn::AskOrWait(due)) => return Answer::Later(due),
            (Err(error), _) => {
                tell(changeset, source.name(), &error);
                failure = worse(failure, error);
            }
        }
    }
    Answer::Failed(failure)
}

/// An absence is common; anything else should be seen, since the next source hides it.
fn tell(changeset: &Changeset, source: &str, error: &SourceError) {
    match error {
        SourceError::NotFound { .. } => {
            tracing::debug!(changeset.id = changeset.id.0, source, "a source does not have it");
        }
        _ => tracing::warn!(changeset.id = changeset.id.0, source, error = with_causes(error), "a source failed"),
    }
}

/// What says most about why nothing was had: any failure rather than a plain absence, the later one first.
fn worse(before: SourceError, after: SourceError) -> SourceError {
    match (&before, &after) {
        (SourceError::NotFound { .. }, _) => after,
        (_, SourceError::NotFound { .. }) => before,
        _ => after,
    }
}

#[cfg(test)]
mod tests {
    use osmtracker_osm::{ChangesetId, Tags};

    use super::*;

    #[test]
    fn small_changesets_do_not_wait_and_large_ones_wait_in_steps_until_given_up() {
        let policy = WaitForAdiff { over_elements: 300, up_to: Duration::from_secs(600) };
        let at = |seconds: i64| Timestamp(1_000_000 + seconds);
        let cases = [
            (300, 0, Turn::Skip),
            (300, 299, Turn::Skip),
            (300, 300, Turn::Ask),
            (301, 0, Turn::Wait(at(300))),
            (301, 299, Turn::Wait(at(300))),
            (301, 300, Turn::AskOrWait(at(420))),
            (301, 590, Turn::AskOrWait(at(600))),
            (301, 600, Turn::Ask),
        ];
        for (num_changes, age, expected) in cases {
            let changeset = Changeset {
                id: ChangesetId(1),
                created_at: at(-60),
                closed_at: Some(at(0)),
                open: false,
                user: None,
                bounds: None,
                num_changes,
                comments_count: 0,
                tags: Tags::new(),
                discussion: Vec::new(),
            };
            assert_eq!(turn(&policy, &changeset, at(age)), expected, "{num_changes} elements after {age} s");
        }
    }
}
