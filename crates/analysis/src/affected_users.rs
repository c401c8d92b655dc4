//! Whose earlier work was modified or deleted.

use std::{cmp::Reverse, collections::HashMap};

use foldhash::fast::RandomState;
use osmtracker_osm::{Element, Timestamp, User, UserId};

use crate::{AffectedUser, ElementChange};

/// Counts the earlier authors of modified and deleted elements, without the changeset's own.
///
/// An old side without author is anonymous when the source tells when or by which changeset it was made; when it tells
/// neither (old sides of untagged nodes in the static augmented diffs), the author is unknown and counts nowhere. An
/// account is known by its id; of several names that it had, the latest is given.
pub(crate) fn add_up(author: Option<&User>, elements: &[ElementChange]) -> Vec<AffectedUser> {
    let mut authors: HashMap<Author<'_>, Work<'_>, RandomState> = HashMap::default();
    for change in elements.iter().filter(|change| change.counts()) {
        let Some(old) = change.old.as_ref().filter(|old| tells_its_author(old)) else { continue };
        let author = author.or_else(|| change.new.as_ref()?.user.as_ref());
        if !author.zip(old.user.as_ref()).is_some_and(|(author, earlier)| is_same(author, earlier)) {
            authors.entry(Author::of(old)).or_default().add(old);
        }
    }
    let mut users: Vec<_> = authors.into_iter().map(|(author, work)| affected(author, &work)).collect();
    users.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
    users
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Author<'a> {
    Account(UserId),
    Name(&'a str),
    Anonymous,
}

impl<'a> Author<'a> {
    fn of(old: &'a Element) -> Self {
        match &old.user {
            Some(User { uid: Some(uid), .. }) => Self::Account(*uid),
            Some(User { uid: None, name }) => Self::Name(name),
            None => Self::Anonymous,
        }
    }
}

#[derive(Default)]
struct Work<'a> {
    elements: u32,
    latest: Option<(Option<Timestamp>, &'a str)>,
}

impl<'a> Work<'a> {
    fn add(&mut self, old: &'a Element) {
        self.elements += 1;
        self.latest = self.latest.max(old.user.as_ref().map(|user| (old.timestamp, &*user.name)));
    }
}

fn tells_its_author(old: &Element) -> bool {
    old.user.is_some() || old.changeset.is_some() || old.timestamp.is_some()
}

fn is_same(a: &User, b: &User) -> bool {
    match (a.uid, b.uid) {
        (Some(a), Some(b)) => a == b,
        _ => a.name == b.name,
    }
}

fn affected(author: Author<'_>, work: &Work<'_>) -> AffectedUser {
    let (uid, user) = match author {
        Author::Account(uid) => (Some(uid), work.latest.map(|(_, name)| name.to_owned())),
        Author::Name(name) => (None, Some(name.to_owned())),
        Author::Anonymous => (None, None),
    };
    AffectedUser { uid, user, elements: work.elements }
}

/// Most elements first, then accounts by id, then names, the anonymous ones last.
fn order(user: &AffectedUser) -> (Reverse<u32>, bool, Option<UserId>, bool, Option<&str>) {
    (Reverse(user.elements), user.uid.is_none(), user.uid, user.user.is_none(), user.user.as_deref())
}
