//! What a person who runs this should know of.

use std::collections::BTreeMap;

use osmtracker_osm::Timestamp;
use osmtracker_pages::StatusProblem;

use crate::{
    State,
    metrics::{ProblemKind, Snapshot},
    ports::{FeedCursor, FeedFault, QueueDepth, QueueName},
};

/// After so many seconds without progress something is wrong: the feed has a file a minute.
const PATIENCE: i64 = 600;

/// So many seconds after the last refusal the upstream is taken to have changed its mind.
const REFUSED_FOR: i64 = 900;

/// What is looked at.
pub(super) struct Facts<'a> {
    pub(super) now: Timestamp,
    pub(super) cursor: Option<&'a FeedCursor>,
    pub(super) queues: &'a BTreeMap<QueueName, QueueDepth>,
    pub(super) states: &'a BTreeMap<State, u64>,
    pub(super) counted: &'a Snapshot,
}

/// Something that a person should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub kind: ProblemKind,
    /// What is wrong, in words without a stranger's part.
    pub text: String,
}

impl From<&Problem> for StatusProblem {
    fn from(problem: &Problem) -> Self {
        Self { kind: problem.kind.as_str().to_owned(), text: problem.text.clone() }
    }
}

/// All that is wrong now, in the order of [`ProblemKind`].
pub(super) fn problems(facts: &Facts<'_>) -> Vec<Problem> {
    let texts = ProblemKind::ALL.iter().map(|kind| (*kind, text(facts, *kind)));
    texts.filter_map(|(kind, text)| Some(Problem { kind, text: text? })).collect()
}

fn text(facts: &Facts<'_>, kind: ProblemKind) -> Option<String> {
    match kind {
        ProblemKind::Behind => behind(facts),
        ProblemKind::HeadFrozen => head_frozen(facts),
        ProblemKind::SequenceMissing => sequence_missing(facts),
        ProblemKind::UpstreamRefuses => upstream_refuses(facts),
        ProblemKind::QueueOld => queue_old(facts),
        ProblemKind::DeadLetters => dead_letters(facts),
        ProblemKind::Quarantined => quarantined(facts),
    }
}

fn behind(facts: &Facts<'_>) -> Option<String> {
    let cursor = facts.cursor?;
    let lag = facts.now.seconds_since(cursor.timestamp);
    let nobody_looks = facts.now.seconds_since(cursor.checked_at) > PATIENCE;
    // At the head there is nothing more to read, however old it is.
    let is_behind = cursor.sequence < cursor.head_sequence || nobody_looks;
    (lag > PATIENCE && is_behind).then(|| {
        let left = cursor.head_sequence.0.saturating_sub(cursor.sequence.0);
        format!("the newest changes shown are {} minutes old; {left} files are still to be read", lag / 60)
    })
}

fn head_frozen(facts: &Facts<'_>) -> Option<String> {
    let cursor = facts.cursor?;
    let minutes = facts.now.seconds_since(cursor.head_moved_at) / 60;
    is_frozen(facts.now, cursor)
        .then(|| format!("the feed's head, {}, has not moved for {minutes} minutes", cursor.head_sequence))
}

/// The head is looked at and does not move.
fn is_frozen(now: Timestamp, cursor: &FeedCursor) -> bool {
    now.seconds_since(cursor.head_moved_at) > PATIENCE && now.seconds_since(cursor.checked_at) <= PATIENCE
}

fn sequence_missing(facts: &Facts<'_>) -> Option<String> {
    let cursor = facts.cursor?;
    let is_wrong = matches!(cursor.fault, Some(FeedFault::Missing | FeedFault::Malformed));
    is_wrong.then(|| format!("file {} of the feed cannot be read: {}", cursor.sequence.next(), reason(cursor)))
}

fn upstream_refuses(facts: &Facts<'_>) -> Option<String> {
    if let Some(cursor) = facts.cursor.filter(|cursor| cursor.fault == Some(FeedFault::Refused)) {
        return Some(format!("the feed refuses us: {}", reason(cursor)));
    }
    let ago = facts.now.seconds_since(facts.counted.refused_at()?);
    (ago <= REFUSED_FOR)
        .then(|| format!("the upstream refused us {} minutes ago (status 403, 406 or 509)", ago.max(0) / 60))
}

fn reason(cursor: &FeedCursor) -> &str {
    cursor.waiting_for.as_deref().unwrap_or("see the log")
}

fn queue_old(facts: &Facts<'_>) -> Option<String> {
    // A notification that a receiver does not take comes again for a day: that is told as failures and dead letters.
    let queues = facts.queues.iter().filter(|(queue, _)| **queue != QueueName::Notify);
    let (queue, depth) = queues.max_by_key(|(_, depth)| depth.oldest_seconds)?;
    let seconds = i64::try_from(depth.oldest_seconds?).unwrap_or(i64::MAX);
    (seconds > PATIENCE)
        .then(|| format!("a message has waited on the {} queue for {} minutes", queue.as_str(), seconds / 60))
}

fn dead_letters(facts: &Facts<'_>) -> Option<String> {
    let dead: Vec<_> = facts.queues.iter().filter(|(_, depth)| depth.dead > 0).collect();
    let names: Vec<_> = dead.iter().map(|(queue, depth)| format!("{} of {}", depth.dead, queue.as_str())).collect();
    (!dead.is_empty()).then(|| format!("messages were put aside: {}", names.join(", ")))
}

fn quarantined(facts: &Facts<'_>) -> Option<String> {
    let count = facts.states.get(&State::Quarantined).copied().filter(|count| *count > 0)?;
    Some(format!("{count} changesets could not be analysed"))
}

#[cfg(test)]
mod tests {
    use osmtracker_osm::ChangesetSequence;

    use super::*;
    use crate::metrics::Metrics;

    const NOW: Timestamp = Timestamp(100_000);

    fn cursor() -> FeedCursor {
        FeedCursor {
            first_sequence: None,
            sequence: ChangesetSequence(10),
            timestamp: NOW.plus_seconds(-60),
            head_sequence: ChangesetSequence(10),
            head_timestamp: NOW.plus_seconds(-60),
            checked_at: NOW.plus_seconds(-5),
            head_moved_at: NOW.plus_seconds(-30),
            waiting_for: None,
            fault: None,
            skipped: Vec::new(),
        }
    }

    fn kinds_of(cursor: &FeedCursor) -> Vec<&'static str> {
        let (queues, states) = (BTreeMap::new(), BTreeMap::new());
        let counted = Snapshot::default();
        let facts = Facts { now: NOW, cursor: Some(cursor), queues: &queues, states: &states, counted: &counted };
        problems(&facts).iter().map(|problem| problem.kind.as_str()).collect()
    }

    #[test]
    fn a_feed_that_goes_on_and_is_followed_is_no_problem() {
        assert!(kinds_of(&cursor()).is_empty());
    }

    #[test]
    fn a_head_that_stands_is_told_from_a_tracker_that_stands() {
        let long_ago = NOW.plus_seconds(-1_800);
        let frozen = FeedCursor { timestamp: long_ago, head_moved_at: long_ago, ..cursor() };
        assert_eq!(kinds_of(&frozen), ["head_frozen"]);
        let nobody_looks = FeedCursor { checked_at: long_ago, ..frozen.clone() };
        assert_eq!(kinds_of(&nobody_looks), ["behind"]);
        let slow = FeedCursor { timestamp: long_ago, head_sequence: ChangesetSequence(40), ..cursor() };
        assert_eq!(kinds_of(&slow), ["behind"]);
        let frozen_and_slow = FeedCursor { head_sequence: ChangesetSequence(40), ..frozen };
        assert_eq!(kinds_of(&frozen_and_slow), ["behind", "head_frozen"]);
    }

    #[test]
    fn faults_of_the_feed_are_told_apart() {
        let with = |fault| FeedCursor { fault: Some(fault), waiting_for: Some("it".to_owned()), ..cursor() };
        assert_eq!(kinds_of(&with(FeedFault::Missing)), ["sequence_missing"]);
        assert_eq!(kinds_of(&with(FeedFault::Malformed)), ["sequence_missing"]);
        assert_eq!(kinds_of(&with(FeedFault::Refused)), ["upstream_refuses"]);
        assert!(kinds_of(&with(FeedFault::Unreachable)).is_empty(), "lag tells if it lasts");
    }

    #[test]
    fn queues_states_and_refusals_are_looked_at() {
        let metrics = Metrics::new();
        metrics.refused(509, NOW.plus_seconds(-REFUSED_FOR));
        let queues = BTreeMap::from([
            (QueueName::Filter, QueueDepth { oldest_seconds: Some(601), ..QueueDepth::default() }),
            (QueueName::Analysis, QueueDepth { dead: 2, ..QueueDepth::default() }),
            (QueueName::Notify, QueueDepth { oldest_seconds: Some(7_200), ..QueueDepth::default() }),
        ]);
        let states = BTreeMap::from([(State::Quarantined, 1), (State::Done, 7)]);
        let counted = metrics.snapshot();
        let facts = Facts { now: NOW, cursor: None, queues: &queues, states: &states, counted: &counted };
        let found = problems(&facts);
        let kinds: Vec<_> = found.iter().map(|problem| problem.kind.as_str()).collect();
        assert_eq!(kinds, ["upstream_refuses", "queue_old", "dead_letters", "quarantined"]);
        assert_eq!(found[1].text, "a message has waited on the filter queue for 10 minutes");
        assert_eq!(found[2].text, "messages were put aside: 2 of analysis");
        let later = Facts { now: NOW.plus_seconds(1), queues: &BTreeMap::new(), states: &BTreeMap::new(), ..facts };
        assert!(problems(&later).is_empty(), "a refusal is forgotten in time");
    }
}
