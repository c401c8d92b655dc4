//! Metadata and feeds that nobody recorded, worked out from the edits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use osmtracker_osm::{Changeset, ChangesetId, ChangesetSequence, Element, MinuteSequence, Tags, Timestamp};

use super::Round;
use crate::history::{History, VersionRef, time};

/// How what happened is divided into the files of the feeds.
///
/// Each file's `last_run` is the time of the last thing in it, so the feeds keep the times of the edits (2007 for the
/// first ones of Niue) and never go back. A changeset is in the file of its opening, of its closing and of each
/// comment, each time as it was at that file's `last_run`; when two of these fall into one file it is there once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedPlan {
    /// So many openings, closings and comments a file at most, however long that took: years become an hour of replay.
    /// From half of that on a file ends where a changeset was just opened, so that some are seen open first.
    EventsPerFile(usize),
    /// One file a minute, also when nothing happened, as the real feed does. For histories of days at most.
    EveryMinute,
}

impl FeedPlan {
    /// What a history file without feeds gets: ten events a file make 125 replay minutes of Niue's 15 years.
    pub const DEFAULT: Self = Self::EventsPerFile(10);
}

/// The file before the first one of a derived changesets feed. Well after 2008004, so the off-by-one is there.
const BEFORE_FIRST_CHANGESETS: u64 = 6_000_000;
/// The file before the first one of a derived minute feed: another number, so that nobody mixes them up.
const BEFORE_FIRST_MINUTE: u64 = 6_100_000;

/// Feeds whose files are written when they are asked for.
#[derive(Debug)]
pub(crate) struct DerivedFeed {
    files: Vec<DerivedFile>,
    /// All versions with a changeset, by time.
    versions: Vec<(Timestamp, VersionRef)>,
}

#[derive(Debug)]
struct DerivedFile {
    time: Timestamp,
    changesets: Vec<ChangesetId>,
}

impl DerivedFeed {
    pub(super) fn new(history: &History, changesets: &BTreeMap<ChangesetId, Changeset>, plan: FeedPlan) -> Self {
        let events = events(changesets);
        let mut files = match plan {
            FeedPlan::EventsPerFile(count) => chunks(&events, count).into_iter().map(file_of).collect(),
            FeedPlan::EveryMinute => minutes(&events),
        };
        if files.is_empty() {
            files.push(DerivedFile { time: Timestamp(0), changesets: Vec::new() });
        }
        strictly_ascending(&mut files);
        Self { files, versions: by_time(history) }
    }

    pub(super) fn rounds(&self) -> Vec<Round> {
        let numbered = (1..).zip(&self.files);
        numbered
            .map(|(number, file)| Round {
                sequence: ChangesetSequence(BEFORE_FIRST_CHANGESETS + number),
                minute: MinuteSequence(BEFORE_FIRST_MINUTE + number),
                time: file.time,
            })
            .collect()
    }

    /// The changesets in a file and the time as of which they are; `None` when there is no such file.
    pub(crate) fn changesets(&self, sequence: ChangesetSequence) -> Option<(&[ChangesetId], Timestamp)> {
        let file = self.files.get(index(sequence.0, BEFORE_FIRST_CHANGESETS)?)?;
        Some((&file.changesets, file.time))
    }

    /// When a file of the minute feed was written.
    pub(crate) fn minute_time(&self, sequence: MinuteSequence) -> Option<Timestamp> {
        self.files.get(index(sequence.0, BEFORE_FIRST_MINUTE)?).map(|file| file.time)
    }

    /// The versions in a file of the minute feed, by type, id and version.
    pub(crate) fn minute(&self, sequence: MinuteSequence) -> Option<Vec<VersionRef>> {
        let at = index(sequence.0, BEFORE_FIRST_MINUTE)?;
        let until = self.files.get(at)?.time;
        let from = at.checked_sub(1).map_or(Timestamp(i64::MIN), |before| self.files[before].time);
        let start = if at == 0 { 0 } else { self.versions.partition_point(|(time, _)| *time <= from) };
        let end = self.versions.partition_point(|(time, _)| *time <= until);
        let mut names: Vec<VersionRef> = self.versions[start..end].iter().map(|(_, name)| *name).collect();
        names.sort_unstable();
        Some(names)
    }
}

fn index(sequence: u64, before_first: u64) -> Option<usize> {
    usize::try_from(sequence.checked_sub(before_first + 1)?).ok()
}

fn by_time(history: &History) -> Vec<(Timestamp, VersionRef)> {
    let mut versions: Vec<_> = history
        .changeset_ids()
        .flat_map(|id| history.changeset(id))
        .map(|version| (time(version), VersionRef { element: version.element_ref(), version: version.version }))
        .collect();
    versions.sort_unstable();
    versions
}

/// Everything that puts a changeset into the feed, in order of time.
fn events(changesets: &BTreeMap<ChangesetId, Changeset>) -> Vec<(Timestamp, ChangesetId)> {
    let mut events: Vec<_> = changesets
        .values()
        .flat_map(|changeset| {
            let comments = changeset.discussion.iter().map(|comment| comment.date);
            let times = [changeset.created_at].into_iter().chain(changeset.closed_at).chain(comments);
            times.map(|time| (time, changeset.id))
        })
        .collect();
    events.sort_unstable();
    events
}

/// Runs of at most `count` events; from half of that on, a run ends with an opening whose closing is later.
fn chunks(events: &[(Timestamp, ChangesetId)], count: usize) -> Vec<&[(Timestamp, ChangesetId)]> {
    let last: HashMap<ChangesetId, Timestamp> = events.iter().map(|(time, id)| (*id, *time)).collect();
    let (mut chunks, mut start) = (Vec::new(), 0);
    for (at, (time, id)) in events.iter().enumerate() {
        let length = at + 1 - start;
        if length >= count || (length * 2 >= count && *time < last[id]) {
            chunks.push(&events[start..=at]);
            start = at + 1;
        }
    }
    chunks.extend((start < events.len()).then(|| &events[start..]));
    chunks
}

fn file_of(events: &[(Timestamp, ChangesetId)]) -> DerivedFile {
    let ids: BTreeSet<ChangesetId> = events.iter().map(|(_, id)| *id).collect();
    let time = events.last().map_or(Timestamp(0), |(time, _)| *time);
    DerivedFile { time, changesets: ids.into_iter().collect() }
}

fn minutes(events: &[(Timestamp, ChangesetId)]) -> Vec<DerivedFile> {
    let (Some((first, _)), Some((last, _))) = (events.first(), events.last()) else { return Vec::new() };
    let mut rest = events;
    (first.0.div_euclid(60)..=last.0.div_euclid(60))
        .map(|minute| {
            let end = Timestamp((minute + 1) * 60);
            let (now, later) = rest.split_at(rest.partition_point(|(time, _)| *time < end));
            rest = later;
            DerivedFile { time: Timestamp(end.0 - 1), ..file_of(now) }
        })
        .collect()
}

/// A second between files at least, so that a search by time has one answer.
fn strictly_ascending(files: &mut [DerivedFile]) {
    for at in 1..files.len() {
        let earliest = files[at - 1].time.plus_seconds(1);
        files[at].time = files[at].time.max(earliest);
    }
}

/// The given metadata, and derived ones for the changesets of the history that have none.
pub(super) fn complete(history: &History, given: Vec<Changeset>) -> BTreeMap<ChangesetId, Changeset> {
    let mut changesets: BTreeMap<_, _> = given.into_iter().map(|changeset| (changeset.id, changeset)).collect();
    for id in history.changeset_ids() {
        changesets.entry(id).or_insert_with(|| derive(history, id));
    }
    changesets
}

/// What the edits tell: the author and the box; opened at the first edit, closed at the last one.
fn derive(history: &History, id: ChangesetId) -> Changeset {
    let times = || history.changeset(id).filter_map(|version| version.timestamp);
    let created_at = times().min().unwrap_or_default();
    Changeset {
        id,
        created_at,
        closed_at: Some(times().max().unwrap_or(created_at)),
        open: false,
        user: history.changeset(id).find_map(|version| version.user.clone()),
        bounds: history.bounds(history.changeset(id)),
        num_changes: count(history.changeset(id)),
        comments_count: 0,
        tags: Tags::new(),
        discussion: Vec::new(),
    }
}

/// A changeset as it was at a time; `None` before it was opened.
pub(crate) fn as_of(history: &History, changeset: &Changeset, at: Timestamp) -> Option<Changeset> {
    if changeset.created_at > at {
        return None;
    }
    let mut state = changeset.clone();
    state.discussion.retain(|comment| comment.date <= at);
    if state.discussion.len() < changeset.discussion.len() {
        state.comments_count = u32::try_from(state.discussion.len()).unwrap_or(u32::MAX);
    }
    if changeset.closed_at.is_none_or(|closed_at| closed_at > at) && at < Timestamp(i64::MAX) {
        let done = || history.changeset(changeset.id).filter(|version| time(version) <= at);
        state.open = true;
        state.closed_at = None;
        state.num_changes = count(done());
        state.bounds = history.bounds(done());
    }
    Some(state)
}

fn count<'a>(versions: impl Iterator<Item = &'a Element>) -> u32 {
    u32::try_from(versions.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(seconds: i64) -> DerivedFile {
        DerivedFile { time: Timestamp(seconds), changesets: Vec::new() }
    }

    #[test]
    fn files_never_share_a_time() {
        let mut files = vec![file(10), file(10), file(11), file(20)];
        strictly_ascending(&mut files);
        assert_eq!(files.iter().map(|file| file.time.0).collect::<Vec<_>>(), [10, 11, 12, 20]);
    }

    #[test]
    fn a_file_ends_where_a_changeset_is_open() {
        let event = |seconds, id| (Timestamp(seconds), ChangesetId(id));
        let events = [event(1, 1), event(1, 1), event(2, 2), event(3, 2), event(4, 3), event(4, 3), event(5, 4)];
        let lengths: Vec<usize> = chunks(&events, 4).iter().map(|chunk| chunk.len()).collect();
        assert_eq!(lengths, [3, 4]);
    }

    #[test]
    fn a_quiet_minute_has_a_file_too() {
        let id = ChangesetId(1);
        let files = minutes(&[(Timestamp(30), id), (Timestamp(59), id), (Timestamp(150), id)]);
        let counts: Vec<_> = files.iter().map(|file| (file.time.0, file.changesets.len())).collect();
        assert_eq!(counts, [(59, 1), (119, 0), (179, 1)]);
    }
}
