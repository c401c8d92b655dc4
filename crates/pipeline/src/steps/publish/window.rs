//! The window: the newest entries in one private object, so that lists are rendered without reading the table.
//!
//! Entries live in hours (of [`Entry::time`]). The newest hours stand in the window; when there are too many entries,
//! whole old hours leave it, and their `hours/…json` is from then on the only place of their rows.

use std::collections::{BTreeMap, BTreeSet};

use osmtracker_osm::ChangesetId;
use osmtracker_pages::Entry;
use serde::{Deserialize, Serialize};

/// What is stored between two runs of the publisher.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Window {
    /// One more each time anything that readers see in lists changed.
    pub(super) generation: u64,
    /// Newest first.
    pub(super) entries: Vec<Entry>,
    /// Hours that left the window and still have rows.
    pub(super) sealed: BTreeSet<String>,
    /// What was written of the window, by key: a hash of the content with generation 0.
    pub(super) written: BTreeMap<String, String>,
}

/// A change to an hour that left the window.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SealedChange {
    /// The entry is new or different.
    Put(Box<Entry>),
    /// The entry is not there any more.
    Remove(ChangesetId),
}

impl Window {
    /// Takes the entry out, wherever in the window it stands.
    pub(super) fn remove(&mut self, id: ChangesetId) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.id() == id)?;
        Some(self.entries.remove(at))
    }

    /// Puts the entry at its place; answers the changes to sealed hours that follow, by hour.
    pub(super) fn put(&mut self, entry: Entry) -> Vec<(String, SealedChange)> {
        let mut changes = Vec::new();
        let created = hour_of_creation(&entry);
        let was_here = self.remove(entry.id()).is_some();
        if !was_here && created != entry.hour() && self.sealed.contains(&created) {
            changes.push((created, SealedChange::Remove(entry.id())));
        }
        if self.sealed.contains(&entry.hour()) {
            changes.push((entry.hour(), SealedChange::Put(Box::new(entry))));
        } else {
            let at = self.entries.partition_point(|other| other.newest_first(&entry).is_lt());
            self.entries.insert(at, entry);
        }
        changes
    }

    /// Takes a dropped changeset out; answers the hours that left the window and may hold it.
    pub(super) fn drop(
        &mut self,
        id: ChangesetId,
        hours: impl IntoIterator<Item = String>,
    ) -> Vec<(String, SealedChange)> {
        if self.remove(id).is_some() {
            return Vec::new();
        }
        let hours: BTreeSet<_> = hours.into_iter().filter(|hour| self.sealed.contains(hour)).collect();
        hours.into_iter().map(|hour| (hour, SealedChange::Remove(id))).collect()
    }

    /// Lets the oldest whole hours go while at least `rows` entries stay. Returns what left.
    pub(super) fn seal(&mut self, rows: usize) -> Vec<(String, Vec<Entry>)> {
        let mut left = Vec::new();
        while let Some(hour) = self.entries.last().map(Entry::hour) {
            let first = self.entries.partition_point(|entry| entry.hour() > hour);
            if first < rows.max(1) {
                break;
            }
            left.push((hour.clone(), self.entries.split_off(first)));
            self.sealed.insert(hour);
        }
        left
    }

    /// The hours that have rows below the first `rows` of the list, with all their rows.
    pub(super) fn hours_below(&self, rows: usize) -> BTreeMap<String, Vec<Entry>> {
        let Some(first) = self.entries.get(rows) else { return BTreeMap::new() };
        let newest = first.hour();
        let mut hours: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.hour() <= newest) {
            hours.entry(entry.hour()).or_default().push(entry.clone());
        }
        hours
    }
}

/// Applies a change to the rows of an hour, newest first.
pub(super) fn apply(entries: &mut Vec<Entry>, change: SealedChange) {
    let id = match &change {
        SealedChange::Put(entry) => entry.id(),
        SealedChange::Remove(id) => *id,
    };
    entries.retain(|entry| entry.id() != id);
    if let SealedChange::Put(entry) = change {
        let at = entries.partition_point(|other| other.newest_first(&entry).is_lt());
        entries.insert(at, *entry);
    }
}

/// The hour in which the entry stood while the changeset was open.
pub(super) fn hour_of_creation(entry: &Entry) -> String {
    let mut open = entry.changeset.created_at.to_string();
    open.truncate("2026-11-22T09".len());
    open
}

#[cfg(test)]
mod tests {
    use osmtracker_osm::{Changeset, Tags, Timestamp};
    use osmtracker_pages::Progress;

    use super::*;

    fn entry(id: u64, minute: i64) -> Entry {
        let time = Timestamp(1_700_000_000 / 3_600 * 3_600 + minute * 60);
        let changeset = Changeset {
            id: ChangesetId(id),
            created_at: time,
            closed_at: Some(time),
            open: false,
            user: None,
            bounds: None,
            num_changes: 1,
            comments_count: 0,
            tags: Tags::new(),
            discussion: Vec::new(),
        };
        Entry { changeset, progress: Progress::Analysed, labels: Vec::new(), digest: None, source: None }
    }

    fn ids(entries: &[Entry]) -> Vec<u64> {
        entries.iter().map(|entry| entry.id().0).collect()
    }

    #[test]
    fn entries_stand_newest_first_whatever_the_order_of_arrival() {
        let mut window = Window::default();
        for (id, minute) in [(1, 5), (3, 9), (2, 5), (1, 7)] {
            assert_eq!(window.put(entry(id, minute)), []);
        }
        assert_eq!(ids(&window.entries), [3, 1, 2]);
    }

    #[test]
    fn whole_old_hours_leave_and_their_changes_go_to_their_document() {
        let mut window = Window::default();
        for id in 0..9 {
            window.put(entry(id, i64::try_from(id).unwrap() * 20));
        }
        let left = window.seal(4);
        assert_eq!(left.iter().map(|(_, entries)| ids(entries)).collect::<Vec<_>>(), [[2, 1, 0]]);
        assert_eq!(ids(&window.entries), [8, 7, 6, 5, 4, 3]);
        let late = entry(1, 20);
        let hour = late.hour();
        assert_eq!(window.put(late.clone()), [(hour.clone(), SealedChange::Put(Box::new(late.clone())))]);
        assert_eq!(window.drop(ChangesetId(1), [hour.clone()]), [(hour, SealedChange::Remove(ChangesetId(1)))]);
        assert_eq!(window.drop(ChangesetId(8), [entry(8, 160).hour()]), []);
    }

    #[test]
    fn a_changeset_that_was_open_in_a_sealed_hour_leaves_it() {
        let mut window = Window::default();
        for id in 0..9 {
            window.put(entry(id, i64::try_from(id).unwrap() * 20));
        }
        window.seal(4);
        let mut closed = entry(1, 20);
        let opened_in = closed.hour();
        closed.changeset.closed_at = Some(entry(1, 170).time());
        assert_eq!(window.put(closed), [(opened_in, SealedChange::Remove(ChangesetId(1)))]);
    }
}
