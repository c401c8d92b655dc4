//! The files of the feeds.

use bytes::Bytes;
use osmtracker_osm::{
    Changeset, ChangesetSequence, MinuteSequence, Timestamp,
    replication::{
        ReplicationState, parse_changesets_state, parse_minute_state, write_changesets_state, write_minute_state,
    },
};

use super::{
    Present, RequestKind,
    reply::{GZIP, Reply, TEXT},
    server::Server,
};
use crate::{
    faults::{Active, Fault, Place, What, damaged, deflated},
    upstream::{Changesets, DerivedFeed, Feed, RecordedFeed, as_of, sequence_of_path},
    xml::{self, ChangesetDialect},
};

/// What of which feed is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeedRequest {
    pub(super) feed: FeedName,
    pub(super) what: What,
    pub(super) sequence: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeedName {
    Changesets,
    Minute,
}

impl FeedRequest {
    /// From the part of the path after `/replication/`.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let (feed, rest, head, data) = if let Some(rest) = path.strip_prefix("changesets/") {
            (FeedName::Changesets, rest, "state.yaml", ".osm.gz")
        } else {
            (FeedName::Minute, path.strip_prefix("minute/")?, "state.txt", ".osc.gz")
        };
        if rest == head {
            return Some(Self { feed, what: What::Head, sequence: None });
        }
        let named = |ending: &str| rest.strip_suffix(ending).and_then(sequence_of_path);
        let (what, sequence) =
            named(".state.txt").map(|n| (What::State, n)).or_else(|| named(data).map(|n| (What::Data, n)))?;
        Some(Self { feed, what, sequence: Some(sequence) })
    }

    pub(super) fn place(self) -> Place {
        match self.feed {
            FeedName::Changesets => Place::Changesets,
            FeedName::Minute => Place::Minutes,
        }
    }

    pub(super) fn kind(self) -> RequestKind {
        match (self.feed, self.what) {
            (FeedName::Changesets, What::Head) => RequestKind::ChangesetsHead,
            (FeedName::Changesets, What::State) => RequestKind::ChangesetsState,
            (FeedName::Changesets, _) => RequestKind::ChangesetsData,
            (FeedName::Minute, What::Head) => RequestKind::MinuteHead,
            (FeedName::Minute, What::State) => RequestKind::MinuteState,
            (FeedName::Minute, _) => RequestKind::MinuteData,
        }
    }
}

/// A state with its sequence as a plain number that names the data file.
#[derive(Clone, Copy)]
struct State {
    sequence: u64,
    time: Timestamp,
}

impl Server {
    pub(super) fn feed(&self, request: FeedRequest, present: Present, active: &[Active]) -> Reply {
        let missing = active.iter().any(|active| matches!(active.fault, Fault::DataMissing | Fault::StateMissing));
        let file = match (request.what, request.sequence) {
            _ if missing => None,
            (What::Head, _) => self.head(request.feed, present, active),
            (what, Some(sequence)) if self.is_published(request.feed, sequence, present) => {
                self.file(request.feed, what, sequence)
            }
            _ => None,
        };
        let Some(mut file) = file else { return Reply::no_such_key() };
        if request.what != What::Data {
            file = skewed(request.feed, file, active);
        }
        file = active.iter().fold(file, |file, active| damaged(active.fault, file));
        Reply::ok(if request.what == What::Data { GZIP } else { TEXT }, file)
    }

    /// Files beyond the last round were recorded without being announced; they are always there.
    fn is_published(&self, feed: FeedName, sequence: u64, present: Present) -> bool {
        let rounds = self.upstream.rounds();
        let number = |at: usize| match feed {
            FeedName::Changesets => rounds[at].sequence.0,
            FeedName::Minute => rounds[at].minute.0,
        };
        sequence <= number(present.round - 1) || sequence > number(rounds.len() - 1)
    }

    fn head(&self, feed: FeedName, present: Present, active: &[Active]) -> Option<Bytes> {
        let stale = active.iter().find(|active| active.fault == Fault::HeadStale).map(|active| active.round);
        let round = self.upstream.rounds()[stale.unwrap_or(present.round).min(present.round) - 1];
        let sequence = match feed {
            FeedName::Changesets => round.sequence.0,
            FeedName::Minute => round.minute.0,
        };
        let file = self.file(feed, What::State, sequence)?;
        let shift = active.iter().find_map(|active| match active.fault {
            Fault::HeadAheadOfFile => Some(1),
            Fault::SequenceReset => Some(-1_000),
            Fault::SequenceJump => Some(1_000_000),
            _ => None,
        });
        match shift {
            None => Some(file),
            Some(shift) => rewritten(feed, &file, |state| State {
                sequence: state.sequence.saturating_add_signed(shift).max(1),
                time: state.time.plus_seconds(60),
            }),
        }
    }

    fn file(&self, feed: FeedName, what: What, sequence: u64) -> Option<Bytes> {
        match &self.upstream.feed {
            Feed::Recorded(recorded) => recorded_file(recorded, feed, what, sequence),
            Feed::Derived(derived) => self.derived_file(derived, feed, what, sequence),
        }
    }

    fn derived_file(&self, derived: &DerivedFeed, feed: FeedName, what: What, sequence: u64) -> Option<Bytes> {
        match (feed, what) {
            (FeedName::Changesets, What::Data) => {
                let (ids, time) = derived.changesets(ChangesetSequence(sequence))?;
                let Changesets::Derived(changesets) = &self.upstream.changesets else { return None };
                let states: Vec<Changeset> =
                    ids.iter().filter_map(|id| as_of(&self.upstream.history, changesets.get(id)?, time)).collect();
                Some(deflated(xml::changesets(&states, ChangesetDialect::Feed).as_bytes()).into())
            }
            (FeedName::Minute, What::Data) => {
                let history = &self.upstream.history;
                let names = derived.minute(MinuteSequence(sequence))?;
                let versions = names.iter().filter_map(|name| history.version(name.element, name.version).ok());
                Some(deflated(xml::minute(versions).as_bytes()).into())
            }
            (FeedName::Changesets, _) => {
                let (_, time) = derived.changesets(ChangesetSequence(sequence))?;
                Some(state_file(feed, State { sequence, time }))
            }
            (FeedName::Minute, _) => {
                let time = derived.minute_time(MinuteSequence(sequence))?;
                Some(state_file(feed, State { sequence, time }))
            }
        }
    }
}

fn recorded_file(recorded: &RecordedFeed, feed: FeedName, what: What, sequence: u64) -> Option<Bytes> {
    let file = match feed {
        FeedName::Changesets => recorded.changesets.get(&ChangesetSequence(sequence)),
        FeedName::Minute => recorded.minutes.get(&MinuteSequence(sequence)),
    }?;
    match what {
        What::Data => file.data.clone(),
        _ => file.state.clone(),
    }
}

fn skewed(feed: FeedName, file: Bytes, active: &[Active]) -> Bytes {
    let minutes = active.iter().find_map(|active| match active.fault {
        Fault::ClockSkew { minutes } => Some(minutes),
        _ => None,
    });
    let Some(minutes) = minutes else { return file };
    rewritten(feed, &file, |state| State { time: state.time.plus_seconds(minutes * 60), ..state }).unwrap_or(file)
}

fn rewritten(feed: FeedName, file: &[u8], change: impl FnOnce(State) -> State) -> Option<Bytes> {
    let state = match feed {
        FeedName::Changesets => {
            parse_changesets_state(file).map(|state| State { sequence: state.sequence.0, time: state.timestamp })
        }
        FeedName::Minute => {
            parse_minute_state(file).map(|state| State { sequence: state.sequence.0, time: state.timestamp })
        }
    };
    Some(state_file(feed, change(state.ok()?)))
}

fn state_file(feed: FeedName, state: State) -> Bytes {
    let timestamp = state.time;
    match feed {
        FeedName::Changesets => {
            write_changesets_state(&ReplicationState { sequence: ChangesetSequence(state.sequence), timestamp })
        }
        FeedName::Minute => {
            write_minute_state(&ReplicationState { sequence: MinuteSequence(state.sequence), timestamp })
        }
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_feeds_are_told_apart() {
        let request = |path| FeedRequest::parse(path).map(|request| (request.kind(), request.sequence));
        assert_eq!(request("changesets/state.yaml"), Some((RequestKind::ChangesetsHead, None)));
        assert_eq!(request("changesets/006/641/018.osm.gz"), Some((RequestKind::ChangesetsData, Some(6_641_018))));
        assert_eq!(request("changesets/006/641/018.state.txt"), Some((RequestKind::ChangesetsState, Some(6_641_018))));
        assert_eq!(request("minute/state.txt"), Some((RequestKind::MinuteHead, None)));
        assert_eq!(request("minute/006/791/012.osc.gz"), Some((RequestKind::MinuteData, Some(6_791_012))));
        for path in ["changesets/state.txt", "minute/006/791/012.osm.gz", "hour/state.txt", "changesets/6641018.osm.gz"]
        {
            assert_eq!(request(path), None, "{path}");
        }
    }
}
