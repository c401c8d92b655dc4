//! How a relation's list of members differs.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use osmtracker_osm::{ElementRef, Member};

use crate::{MemberChange, Note, subsequence::longest_common};

/// What differs between two lists of members; `None` when they are the same, geometry aside.
///
/// A member that occurs twice counts twice. Members that keep their place are found first (a longest common
/// subsequence of members with roles); of the rest, those with the same role moved, those with another role changed
/// it, and what is left was added or removed.
pub(crate) fn compare(old: &[Member], new: &[Member]) -> Option<Vec<Note>> {
    let mut symbols = Symbols::default();
    let (old_symbols, new_symbols) = (symbols.of(old), symbols.of(new));
    if old_symbols == new_symbols {
        return None;
    }
    let mut pairs = longest_common(&old_symbols, &new_symbols);
    let mut left = Left::beside(&pairs, old.len(), new.len());
    let moved = left.pair(|place| old_symbols[place], |place| new_symbols[place]);
    let mut changed = left.pair(|place| old[place].element_ref(), |place| new[place].element_ref());
    changed.sort_unstable_by_key(|pair| pair.1);
    pairs.extend(&changed);
    let reordered = !moved.is_empty() || !is_ascending(&mut pairs);

    let member_changes = |changes: Vec<MemberChange>| (!changes.is_empty()).then_some(changes);
    let added = member_changes(left.new.iter().filter_map(|&place| member_change(None, Some(&new[place]))).collect());
    let removed = member_changes(left.old.iter().filter_map(|&place| member_change(Some(&old[place]), None)).collect());
    let roles = changed.iter().filter_map(|&(before, after)| member_change(Some(&old[before]), Some(&new[after])));
    let roles = member_changes(roles.collect());
    let notes = [
        added.map(|members| Note::MembersAdded { members }),
        removed.map(|members| Note::MembersRemoved { members }),
        roles.map(|members| Note::RolesChanged { members }),
        reordered.then_some(Note::MembersReordered),
    ];
    Some(notes.into_iter().flatten().collect())
}

/// Numbers for members with their roles, equal for equal ones.
#[derive(Default)]
struct Symbols<'a>(HashMap<(ElementRef, &'a str), u32, RandomState>);

impl<'a> Symbols<'a> {
    fn of(&mut self, members: &'a [Member]) -> Vec<u32> {
        let mut symbol = |member: &'a Member| {
            let next = crate::counting::count(self.0.len());
            *self.0.entry((member.element_ref(), &*member.role)).or_insert(next)
        };
        members.iter().map(&mut symbol).collect()
    }
}

/// Places in the two lists that have no partner yet, ascending.
struct Left {
    old: Vec<usize>,
    new: Vec<usize>,
}

impl Left {
    fn beside(pairs: &[(usize, usize)], old: usize, new: usize) -> Self {
        let without = |length, taken: fn(&(usize, usize)) -> usize| {
            let mut is_left = vec![true; length];
            pairs.iter().for_each(|pair| is_left[taken(pair)] = false);
            (0..length).filter(|&place| is_left[place]).collect()
        };
        Self { old: without(old, |pair| pair.0), new: without(new, |pair| pair.1) }
    }

    /// Takes out pairs whose keys agree, first with first, by old place.
    fn pair<K: std::hash::Hash + Eq>(
        &mut self,
        old: impl Fn(usize) -> K,
        new: impl Fn(usize) -> K,
    ) -> Vec<(usize, usize)> {
        let mut waiting: HashMap<K, Vec<usize>, RandomState> = HashMap::default();
        for &place in self.new.iter().rev() {
            waiting.entry(new(place)).or_default().push(place);
        }
        let partner = |&place: &usize| Some((place, waiting.get_mut(&old(place))?.pop()?));
        let pairs: Vec<_> = self.old.iter().filter_map(partner).collect();
        let mut taken: Vec<_> = pairs.iter().map(|pair| pair.1).collect();
        taken.sort_unstable();
        self.old.retain(|place| pairs.binary_search_by_key(place, |pair| pair.0).is_err());
        self.new.retain(|place| taken.binary_search(place).is_err());
        pairs
    }
}

fn is_ascending(pairs: &mut [(usize, usize)]) -> bool {
    pairs.sort_unstable();
    pairs.is_sorted_by_key(|pair| pair.1)
}

fn member_change(old: Option<&Member>, new: Option<&Member>) -> Option<MemberChange> {
    let ElementRef { kind, id } = old.or(new)?.element_ref();
    let role = |member: &Member| member.role.to_string();
    Some(MemberChange { kind, id, old_role: old.map(role), new_role: new.map(role) })
}
