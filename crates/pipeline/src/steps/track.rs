//! Track: from the changesets feed to the filter queue.

use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt, stream};
use osmtracker_osm::{Changeset, ChangesetSequence, Timestamp};

use super::{Ports, StepError, pack::filter_messages, publish};
use crate::{
    config::{Config, StartFrom},
    metrics::{Event, EventAction},
    ports::{FeedCursor, FeedError, FeedFault, FeedHead, QueueName},
    with_causes,
};

/// Files fetched ahead: as many as the upstream's rule of two downloads allows.
const AHEAD: usize = 2;

/// Where to begin when there is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the newest file.
    Head,
    /// With this file.
    Sequence(ChangesetSequence),
    /// With the last file at or before this moment.
    Since(Timestamp),
}

impl Start {
    /// As the configuration has it, seen from `now`.
    #[must_use]
    pub fn of(config: &Config, now: Timestamp) -> Self {
        match config.start {
            StartFrom::Head => Self::Head,
            StartFrom::Sequence(sequence) => Self::Sequence(sequence),
            StartFrom::Since(moment) => Self::Since(moment.at(now)),
        }
    }
}

/// When a run ends although the head is not reached.
#[derive(Clone, Copy, Debug)]
pub struct TrackLimits {
    /// After so many files.
    pub sequences: u64,
    /// Before the file that would begin at or after this moment.
    pub until: Option<Timestamp>,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrackOutcome {
    /// Everything up to the head is on the filter queue.
    CaughtUp {
        /// The head.
        head: ChangesetSequence,
        /// Files read in this run.
        files: u64,
    },
    /// A limit ended the run.
    Behind {
        /// The head.
        head: ChangesetSequence,
        /// The last file that was read.
        sequence: ChangesetSequence,
        /// Files read in this run.
        files: u64,
    },
    /// Something is wrong upstream; nothing is skipped.
    Waiting {
        /// What is waited for.
        reason: String,
        /// Files read in this run before.
        files: u64,
    },
    /// Another tracker runs.
    Busy,
}

/// How long a tracker may be silent before another takes over.
const LEASE: Duration = Duration::from_secs(120);

/// Reads the files between the cursor and the head and moves the cursor behind each that is on the filter queue.
///
/// # Errors
/// When a port other than the feed fails; what the feed lacks is an outcome.
pub async fn track(ports: &Ports, start: Start, limits: TrackLimits) -> Result<TrackOutcome, StepError> {
    let (now, owner) = (ports.now(), ports.owner.for_step());
    let until = now.plus_seconds(i64::try_from(LEASE.as_secs()).expect("two minutes"));
    if !ports.store.take_lease("tracker", owner, now, until).await? {
        return Ok(TrackOutcome::Busy);
    }
    let outcome = Tracker { ports, limits }.run(start).await;
    ports.store.release_lease("tracker", owner).await?;
    outcome
}

/// What is waited for, and what kind of fault that is.
struct Wait {
    reason: String,
    fault: FeedFault,
}

impl Wait {
    fn because(error: &FeedError) -> Self {
        Self { reason: with_causes(error), fault: error.fault() }
    }
}

struct Tracker<'a> {
    ports: &'a Ports,
    limits: TrackLimits,
}

impl Tracker<'_> {
    async fn run(&self, start: Start) -> Result<TrackOutcome, StepError> {
        let stored = self.ports.store.cursor().await?;
        let head = match self.ports.feed.head().await {
            Ok(head) => head,
            Err(error) => return self.wait(stored, &error).await,
        };
        let followed = stored.as_ref().map(|cursor| cursor.sequence);
        let cursor = match stored {
            Some(cursor) => cursor,
            None => match self.first_cursor(start, head).await {
                Ok(cursor) => cursor,
                Err(error) => return self.wait(None, &error).await,
            },
        };
        if head.sequence < cursor.sequence {
            let (head, wanted) = (head.sequence, cursor.sequence);
            let reason = match followed {
                Some(_) => format!(
                    "the head of the changesets feed went back to {head} from {wanted}; waiting until it is ahead again"
                ),
                None => {
                    format!("file {} is to be read first and the head of the changesets feed is {head}", wanted.next())
                }
            };
            return self.wait_at(followed, cursor, Wait { reason, fault: FeedFault::WentBack }, 0).await;
        }
        self.follow(followed, self.seen(cursor, head), head).await
    }

    /// The cursor before the first file to read. It is not stored until that file was.
    async fn first_cursor(&self, start: Start, head: FeedHead) -> Result<FeedCursor, FeedError> {
        let first = match start {
            Start::Head => head.sequence,
            Start::Sequence(sequence) => sequence,
            Start::Since(time) => self.ports.feed.sequence_at(time).await?,
        };
        let now = self.ports.now();
        Ok(FeedCursor {
            sequence: ChangesetSequence(first.0.saturating_sub(1)),
            timestamp: Timestamp::default(),
            head_sequence: head.sequence,
            head_timestamp: head.timestamp,
            checked_at: now,
            head_moved_at: now,
            waiting_for: None,
            fault: None,
            skipped: Vec::new(),
            first_sequence: Some(first.max(ChangesetSequence(1))),
        })
    }

    /// The cursor with what was just learned about the head.
    fn seen(&self, mut cursor: FeedCursor, head: FeedHead) -> FeedCursor {
        cursor.checked_at = self.ports.now();
        if cursor.head_sequence != head.sequence {
            cursor.head_moved_at = cursor.checked_at;
        }
        cursor.head_sequence = head.sequence;
        cursor.head_timestamp = head.timestamp;
        cursor.waiting_for = None;
        cursor.fault = None;
        cursor
    }

    async fn follow(
        &self,
        mut stored: Option<ChangesetSequence>,
        mut cursor: FeedCursor,
        head: FeedHead,
    ) -> Result<TrackOutcome, StepError> {
        let last = head.sequence.0.min(cursor.sequence.0.saturating_add(self.limits.sequences));
        let mut files = 0;
        let mut contents = self.contents(cursor.sequence.0 + 1..=last);
        while let Some((sequence, content)) = contents.next().await {
            let changesets = match content {
                Ok(changesets) => changesets,
                Err(error) => return self.wait_at(stored, cursor, Wait::because(&error), files).await,
            };
            cursor.timestamp =
                if sequence == head.sequence { head.timestamp } else { last_event(&changesets, cursor.timestamp) };
            self.hand_over(sequence, changesets).await?;
            cursor.sequence = sequence;
            self.ports.store.move_cursor(stored, &cursor).await?;
            stored = Some(sequence);
            files += 1;
            if self.limits.until.is_some_and(|until| self.ports.now() >= until) {
                break;
            }
        }
        if files == 0 && stored.is_some() {
            self.ports.store.move_cursor(stored, &cursor).await?;
        }
        Ok(match cursor.sequence {
            sequence if sequence == head.sequence => TrackOutcome::CaughtUp { head: sequence, files },
            sequence => TrackOutcome::Behind { head: head.sequence, sequence, files },
        })
    }

    /// The files in their order, fetched a little ahead.
    fn contents(
        &self,
        sequences: std::ops::RangeInclusive<u64>,
    ) -> impl Stream<Item = (ChangesetSequence, Result<Vec<Changeset>, FeedError>)> + Unpin {
        let feed = &self.ports.feed;
        let fetch = move |sequence| async move {
            let sequence = ChangesetSequence(sequence);
            (sequence, feed.changesets(sequence).await)
        };
        Box::pin(stream::iter(sequences).map(fetch).buffered(AHEAD))
    }

    async fn hand_over(&self, sequence: ChangesetSequence, changesets: Vec<Changeset>) -> Result<(), StepError> {
        let started = Instant::now();
        let count = changesets.len();
        let bodies = filter_messages(sequence, changesets);
        if !bodies.is_empty() {
            self.ports.queue.send(QueueName::Filter, bodies).await?;
        }
        self.ports.metrics.diff_tracked(count, started.elapsed(), self.ports.now());
        self.ports.metrics.events(Event::Filter, EventAction::In, count as u64);
        self.ports.metrics.event(Event::NewPointer, EventAction::Out);
        tracing::debug!(%sequence, changesets = count, "read a file of the changesets feed");
        Ok(())
    }

    /// Ends a run that cannot even see the head or find its first file.
    async fn wait(&self, stored: Option<FeedCursor>, error: &FeedError) -> Result<TrackOutcome, StepError> {
        match stored {
            Some(cursor) => self.wait_at(Some(cursor.sequence), cursor, Wait::because(error), 0).await,
            None => self.wait_for_the_first(with_causes(error)).await,
        }
    }

    /// Before the first file was read there is no cursor, so that another start can still be chosen.
    async fn wait_for_the_first(&self, reason: String) -> Result<TrackOutcome, StepError> {
        publish::write_waiting(self.ports, &reason).await?;
        Ok(TrackOutcome::Waiting { reason, files: 0 })
    }

    async fn wait_at(
        &self,
        stored: Option<ChangesetSequence>,
        mut cursor: FeedCursor,
        wait: Wait,
        files: u64,
    ) -> Result<TrackOutcome, StepError> {
        let Wait { reason, fault } = wait;
        if stored.is_none() {
            return self.wait_for_the_first(reason).await;
        }
        cursor.checked_at = self.ports.now();
        cursor.waiting_for = Some(reason.clone());
        cursor.fault = Some(fault);
        self.ports.store.move_cursor(stored, &cursor).await?;
        Ok(TrackOutcome::Waiting { reason, files })
    }
}

/// The newest event in a file, which is within a minute of when the upstream wrote it.
fn last_event(changesets: &[Changeset], otherwise: Timestamp) -> Timestamp {
    let events = |changeset: &Changeset| {
        let comment = changeset.discussion.last().map(|comment| comment.date);
        [Some(changeset.created_at), changeset.closed_at, comment].into_iter().flatten().max()
    };
    changesets.iter().filter_map(events).max().unwrap_or(otherwise)
}
