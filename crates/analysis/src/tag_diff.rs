//! Tags that differ, an element and all together.

use std::{cmp::Reverse, collections::HashMap, hash::Hash};

use foldhash::fast::RandomState;
use osmtracker_osm::{Action, Tags};

use crate::{ElementChange, TagChange, TagChangeCount, TagCount, TagDiff};

/// The tags that differ: added and changed ones in order of `new`, then removed ones in order of `old`.
///
/// Order alone is no difference. Of a key that occurs twice on one side, the first value counts.
pub(crate) fn compare(old: &Tags, new: &Tags) -> Vec<TagChange> {
    if old == new {
        return Vec::new();
    }
    let (before, after) = (ByKey::of(old), ByKey::of(new));
    let changed = after.in_order().filter_map(|(key, value)| match before.get(key) {
        Some(old) if old == value => None,
        old => Some(change(key, old, Some(value))),
    });
    let removed = before.in_order().filter(|(key, _)| after.get(key).is_none());
    changed.chain(removed.map(|(key, value)| change(key, Some(value), None))).collect()
}

/// All differences added up.
pub(crate) fn add_up(elements: &[ElementChange]) -> TagDiff {
    let (mut added, mut changed, mut removed) = (Counter::default(), Counter::default(), Counter::default());
    for tag in elements.iter().flat_map(|element| &element.tag_diff) {
        match (tag.old.as_deref(), tag.new.as_deref()) {
            (None, Some(new)) => added.count((tag.key.as_str(), new)),
            (Some(old), Some(new)) => changed.count((tag.key.as_str(), old, new)),
            (Some(old), None) => removed.count((tag.key.as_str(), old)),
            (None, None) => {}
        }
    }
    TagDiff { create: tag_counts(added), modify: tag_change_counts(changed), delete: tag_counts(removed) }
}

/// Tags of modified elements whose tags are known to be as before.
pub(crate) fn unchanged(elements: &[ElementChange]) -> Vec<TagCount> {
    let mut counter = Counter::default();
    let modified = elements.iter().filter(|element| element.action == Action::Modify && element.tag_diff.is_empty());
    for (_, new) in modified.filter_map(ElementChange::both) {
        new.tags.iter().for_each(|tag| counter.count(tag));
    }
    tag_counts(counter)
}

fn change(key: &str, old: Option<&str>, new: Option<&str>) -> TagChange {
    TagChange { key: key.to_owned(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
}

/// Tags with a sorted index, so that an element with thousands of tags takes no quadratic time.
struct ByKey<'a> {
    tags: &'a Tags,
    sorted: Vec<(&'a str, usize, &'a str)>,
}

impl<'a> ByKey<'a> {
    fn of(tags: &'a Tags) -> Self {
        let mut sorted: Vec<_> = tags.iter().enumerate().map(|(place, (key, value))| (key, place, value)).collect();
        sorted.sort_unstable();
        sorted.dedup_by_key(|tag| tag.0);
        Self { tags, sorted }
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.sorted.binary_search_by_key(&key, |tag| tag.0).ok().map(|found| self.sorted[found].2)
    }

    fn in_order(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let is_first = |place, key| match self.sorted.binary_search_by_key(&key, |tag| tag.0) {
            Ok(found) => self.sorted[found].1 == place,
            Err(_) => false,
        };
        let has_twins = self.sorted.len() < self.tags.len();
        let tags = self.tags.iter().enumerate();
        tags.filter(move |&(place, (key, _))| !has_twins || is_first(place, key)).map(|(_, tag)| tag)
    }
}

/// How often each of something was seen.
struct Counter<T>(HashMap<T, u32, RandomState>);

impl<T> Default for Counter<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T: Eq + Hash + Ord> Counter<T> {
    fn count(&mut self, item: T) {
        *self.0.entry(item).or_default() += 1;
    }

    /// Most frequent first, then by the thing itself.
    fn into_sorted(self) -> Vec<(T, u32)> {
        let mut counts: Vec<_> = self.0.into_iter().collect();
        counts.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        counts
    }
}

fn tag_counts(counter: Counter<(&str, &str)>) -> Vec<TagCount> {
    let entry =
        |((key, value), count): ((&str, &str), u32)| TagCount { key: key.to_owned(), value: value.to_owned(), count };
    counter.into_sorted().into_iter().map(entry).collect()
}

fn tag_change_counts(counter: Counter<(&str, &str, &str)>) -> Vec<TagChangeCount> {
    let entry = |((key, old, new), count): ((&str, &str, &str), u32)| TagChangeCount {
        key: key.to_owned(),
        old: old.to_owned(),
        new: new.to_owned(),
        count,
    };
    counter.into_sorted().into_iter().map(entry).collect()
}
