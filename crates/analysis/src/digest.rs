//! The small form of an analysis, for lists.

use std::collections::BTreeMap;

use crate::{Analysis, Digest, Length, Mileage, TagDiff, counting::count};

impl Digest {
    /// The digest of an analysis: its most frequent entries, and how many were left out.
    ///
    /// Of the values of each key in `mileage_m.by_type`, the [`Digest::TAGS`] with most metres are kept.
    #[must_use]
    pub fn of(analysis: &Analysis) -> Self {
        let TagDiff { create, modify, delete } = &analysis.tag_diff;
        let (create, create_more) = first(create, Self::TAGS);
        let (modify, modify_more) = first(modify, Self::TAGS);
        let (delete, delete_more) = first(delete, Self::TAGS);
        let (unchanged_tags, unchanged_tags_more) = first(&analysis.unchanged_tags, Self::TAGS);
        let (affected_users, affected_users_more) = first(&analysis.affected_users, Self::USERS);
        Self {
            summary: analysis.summary,
            tag_diff: TagDiff { create, modify, delete },
            tag_diff_more: create_more + modify_more + delete_more,
            unchanged_tags,
            unchanged_tags_more,
            affected_users,
            affected_users_more,
            mileage_m: longest(&analysis.mileage_m),
            moved_nodes: count(analysis.moved_nodes.len()),
            extent: analysis.extent,
            gaps: count(analysis.gaps.len()),
            notes: count(analysis.elements.iter().map(|element| element.notes.len()).sum()),
        }
    }
}

/// The first `limit` entries, and the number of the others.
fn first<T: Clone>(entries: &[T], limit: usize) -> (Vec<T>, u32) {
    let kept = entries.len().min(limit);
    (entries[..kept].to_vec(), count(entries.len() - kept))
}

fn longest(mileage: &Mileage) -> Mileage {
    let by_type = mileage.by_type.iter().map(|(key, values)| (key.clone(), longest_values(values))).collect();
    Mileage { total: mileage.total, by_type }
}

fn longest_values(values: &BTreeMap<String, Length>) -> BTreeMap<String, Length> {
    let metres = |length: &Length| length.created + length.deleted + length.changed.abs();
    let mut sorted: Vec<_> = values.iter().collect();
    sorted.sort_by(|a, b| metres(b.1).total_cmp(&metres(a.1)).then(a.0.cmp(b.0)));
    sorted.into_iter().take(Digest::TAGS).map(|(value, length)| (value.clone(), *length)).collect()
}
