use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// `changesets/state.yaml`.
    ChangesetsHead,
    /// `changesets/AAA/BBB/CCC.state.txt`.
    ChangesetsState,
    /// `changesets/AAA/BBB/CCC.osm.gz`.
    ChangesetsData,
    /// `minute/state.txt`.
    MinuteHead,
    /// `minute/AAA/BBB/CCC.state.txt`.
    MinuteState,
    /// `minute/AAA/BBB/CCC.osc.gz`.
    MinuteData,
    /// `changeset/ID`.
    ChangesetRead,
    /// `changesets?changesets=…`.
    ChangesetList,
    /// `changeset/ID/download`.
    ChangesetDownload,
    /// `TYPE/ID`.
    ElementRead,
    /// `TYPE/ID/VERSION`.
    ElementVersion,
    /// `TYPE/ID/history`.
    ElementHistory,
    /// `TYPE/ID/full`.
    ElementFull,
    /// `TYPEs?TYPEs=…`.
    MultiFetch,
    /// `changesets/ID.adiff`.
    AugmentedDiff,
    /// `real-changesets/ID.json`.
    RealChangesets,
    /// A redirect, or something that is not there.
    Other,
}

impl RequestKind {
    /// Whether it is a call of the API.
    #[must_use]
    pub fn is_api(self) -> bool {
        (Self::ChangesetRead..=Self::MultiFetch).contains(&self)
    }
}

/// How often, and with what result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Requests, whatever the answer.
    pub requests: u64,
    /// Those answered with a status of 400 or more, or not at all.
    pub failed: u64,
    /// Bytes of the bodies, before content encoding.
    pub bytes: u64,
}

/// What a replay was asked for.
#[derive(Debug, Default)]
pub struct Counters(Mutex<Tally>);

#[derive(Debug, Default)]
struct Tally {
    by_kind: BTreeMap<RequestKind, Count>,
    api_now: u64,
    api_most: u64,
    user_agents: BTreeMap<String, u64>,
}

impl Counters {
    /// The count of each kind that was asked for.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<RequestKind, Count> {
        self.tally().by_kind.clone()
    }

    /// Requests of one kind.
    #[must_use]
    pub fn requests(&self, kind: RequestKind) -> u64 {
        self.tally().by_kind.get(&kind).map_or(0, |count| count.requests)
    }

    /// Calls of the API, of all kinds.
    #[must_use]
    pub fn api_calls(&self) -> u64 {
        self.tally().by_kind.iter().filter(|(kind, _)| kind.is_api()).map(|(_, count)| count.requests).sum()
    }

    /// The most calls of the API that were under way at once. The policy allows two.
    #[must_use]
    pub fn most_api_calls_at_once(&self) -> u64 {
        self.tally().api_most
    }

    /// How often each `User-Agent` came; requests without one count under the empty name.
    #[must_use]
    pub fn user_agents(&self) -> BTreeMap<String, u64> {
        self.tally().user_agents.clone()
    }

    /// Starts at nothing again.
    pub fn reset(&self) {
        let mut tally = self.tally();
        let now = tally.api_now;
        *tally = Tally { api_now: now, api_most: now, ..Tally::default() };
    }

    /// Counts a request until the returned value is dropped.
    pub(super) fn begin(&self, kind: RequestKind, user_agent: &str) -> Pending<'_> {
        let mut tally = self.tally();
        tally.by_kind.entry(kind).or_default().requests += 1;
        *tally.user_agents.entry(user_agent.to_owned()).or_default() += 1;
        if kind.is_api() {
            tally.api_now += 1;
            tally.api_most = tally.api_most.max(tally.api_now);
        }
        Pending { counters: self, kind }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
pub(super) struct Pending<'a> {
    counters: &'a Counters,
    kind: RequestKind,
}

impl Pending<'_> {
    pub(super) fn answered(&self, status: u16, bytes: usize) {
        let mut tally = self.counters.tally();
        let count = tally.by_kind.entry(self.kind).or_default();
        count.bytes += bytes as u64;
        count.failed += u64::from(status >= 400);
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.kind.is_api() {
            let mut tally = self.counters.tally();
            tally.api_now = tally.api_now.saturating_sub(1);
        }
    }
}
