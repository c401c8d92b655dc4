use std::collections::{BTreeMap, BTreeSet};

use osmtracker_analysis::{Length, Summary, TagChangeCount, TagCount, TagDiff, TypeCounts};
use osmtracker_osm::{Action, Timestamp, User, UserId};

use crate::{Entry, Progress, Site, row, text};

/// Users that are listed by name.
const USERS: usize = 15;

/// Sums over a window.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) period: Option<(Timestamp, Timestamp)>,
    pub(crate) changesets: usize,
    pub(crate) analysed: usize,
    pub(crate) users: usize,
    pub(crate) discussed: usize,
    pub(crate) notes: u64,
    pub(crate) summary: Summary,
    pub(crate) tag_diff: TagDiff,
    pub(crate) mileage: BTreeMap<String, BTreeMap<String, Length>>,
}

/// Elements of one action.
pub(crate) struct TypeRow {
    pub(crate) action: Action,
    pub(crate) sign: &'static str,
    pub(crate) word: &'static str,
    pub(crate) node: String,
    pub(crate) untagged: String,
    pub(crate) way: String,
    pub(crate) relation: String,
}

/// Metres of one kind of way.
pub(crate) struct LengthRow {
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) created: String,
    pub(crate) deleted: String,
    pub(crate) changed: String,
}

/// A user and how much they did.
pub(crate) struct BusyUser<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) href: String,
    pub(crate) changesets: String,
    pub(crate) elements: String,
}

impl Totals {
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let times = || entries.iter().map(Entry::time);
        let users: BTreeSet<_> =
            entries.iter().filter_map(|entry| entry.changeset.user.as_ref().map(account)).collect();
        let mut totals = Self {
            period: times().min().zip(times().max()),
            changesets: entries.len(),
            analysed: entries.iter().filter(|entry| entry.progress == Progress::Analysed).count(),
            users: users.len(),
            discussed: entries.iter().filter(|entry| entry.changeset.comments_count > 0).count(),
            ..Self::default()
        };
        for digest in entries.iter().filter_map(|entry| entry.digest.as_ref()) {
            totals.notes += u64::from(digest.notes);
            totals.summary = add(&totals.summary, &digest.summary);
            for (kind, values) in &digest.mileage_m.by_type {
                for (value, length) in values {
                    let sum = totals.mileage.entry(kind.clone()).or_default().entry(value.clone()).or_default();
                    *sum = text::sum([&*sum, length]);
                }
            }
        }
        totals.tag_diff = tag_diff(entries);
        totals
    }

    /// Figures in large print, each with its words.
    pub(crate) fn cards(&self) -> Vec<(String, &'static str)> {
        let elements = |action| u64::from(self.summary.of(action).total());
        let figures = [
            (self.changesets as u64, "changeset", "changesets"),
            (self.users as u64, "user", "users"),
            (elements(Action::Create), "element created", "elements created"),
            (elements(Action::Modify), "element modified", "elements modified"),
            (elements(Action::Delete), "element deleted", "elements deleted"),
            (self.discussed as u64, "discussed", "discussed"),
        ];
        figures.map(|(n, one, more)| (text::count(n), if n == 1 { one } else { more })).to_vec()
    }

    /// `12 findings`.
    pub(crate) fn findings(&self) -> String {
        text::plural(self.notes, "finding")
    }

    pub(crate) fn types(&self) -> Vec<TypeRow> {
        type_rows(&self.summary)
    }

    pub(crate) fn lengths(&self) -> Vec<LengthRow> {
        length_rows(&self.mileage)
    }
}

/// A row for each action, zeros included.
pub(crate) fn type_rows(summary: &Summary) -> Vec<TypeRow> {
    let untagged = summary.untagged_nodes;
    let row = |action: Action, untagged: u32| {
        let counts = summary.of(action);
        TypeRow {
            action,
            sign: row::sign(action),
            word: row::word(action),
            node: text::count(counts.node.saturating_sub(untagged)),
            untagged: text::count(untagged),
            way: text::count(counts.way),
            relation: text::count(counts.relation),
        }
    };
    vec![
        row(Action::Create, untagged.create),
        row(Action::Modify, untagged.modify),
        row(Action::Delete, untagged.delete),
    ]
}

/// A row for each kind and value, longest first within a kind; those that round to nothing are left out.
pub(crate) fn length_rows(mileage: &BTreeMap<String, BTreeMap<String, Length>>) -> Vec<LengthRow> {
    let mut rows = Vec::new();
    for (kind, values) in mileage {
        let size = |length: &Length| length.created + length.deleted + length.changed.abs();
        let mut values: Vec<_> = values.iter().filter(|(_, length)| size(length) >= 0.5).collect();
        values.sort_by(|a, b| size(b.1).total_cmp(&size(a.1)).then_with(|| a.0.cmp(b.0)));
        rows.extend(values.into_iter().map(|(value, length)| LengthRow {
            kind: kind.clone(),
            value: value.clone(),
            created: text::metres_or_dash(length.created),
            deleted: text::metres_or_dash(length.deleted),
            changed: text::signed_or_dash(length.changed),
        }));
    }
    rows
}

fn add(a: &Summary, b: &Summary) -> Summary {
    let types = |a: TypeCounts, b: TypeCounts| TypeCounts {
        node: a.node.saturating_add(b.node),
        way: a.way.saturating_add(b.way),
        relation: a.relation.saturating_add(b.relation),
    };
    let mut sum = Summary {
        create: types(a.create, b.create),
        modify: types(a.modify, b.modify),
        delete: types(a.delete, b.delete),
        untagged_nodes: a.untagged_nodes,
    };
    sum.untagged_nodes.create = sum.untagged_nodes.create.saturating_add(b.untagged_nodes.create);
    sum.untagged_nodes.modify = sum.untagged_nodes.modify.saturating_add(b.untagged_nodes.modify);
    sum.untagged_nodes.delete = sum.untagged_nodes.delete.saturating_add(b.untagged_nodes.delete);
    sum
}

fn tag_diff(entries: &[Entry]) -> TagDiff {
    let (mut create, mut modify, mut delete) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for diff in entries.iter().filter_map(|entry| entry.digest.as_ref()).map(|digest| &digest.tag_diff) {
        for tag in &diff.create {
            *create.entry((&tag.key, &tag.value)).or_insert(0u32) += tag.count;
        }
        for tag in &diff.modify {
            *modify.entry((&tag.key, &tag.old, &tag.new)).or_insert(0u32) += tag.count;
        }
        for tag in &diff.delete {
            *delete.entry((&tag.key, &tag.value)).or_insert(0u32) += tag.count;
        }
    }
    let plain =
        |((key, value), count): ((&String, &String), u32)| TagCount { key: key.clone(), value: value.clone(), count };
    let changed = |((key, old, new), count): ((&String, &String, &String), u32)| TagChangeCount {
        key: key.clone(),
        old: old.clone(),
        new: new.clone(),
        count,
    };
    TagDiff {
        create: most_frequent(create).into_iter().map(plain).collect(),
        modify: most_frequent(modify).into_iter().map(changed).collect(),
        delete: most_frequent(delete).into_iter().map(plain).collect(),
    }
}

fn most_frequent<K: Ord>(counts: BTreeMap<K, u32>) -> Vec<(K, u32)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

/// What a user is known by: the account, which stays when the user is renamed, else the name.
fn account(user: &User) -> (Option<UserId>, &str) {
    match user.uid {
        Some(uid) => (Some(uid), ""),
        None => (None, &user.name),
    }
}

/// Changesets and elements of a user.
pub(super) type Activity = (u32, u32);

/// The users with most changesets, then most elements, then by name; anonymous ones count as one. A renamed user has
/// the name of the newest changeset.
pub(super) fn most_active(entries: &[Entry]) -> Vec<(Option<&str>, Activity)> {
    let mut users: BTreeMap<_, (Option<&str>, Activity)> = BTreeMap::new();
    for entry in entries {
        let user = entry.changeset.user.as_ref();
        let start = (user.map(|user| &*user.name), (0, 0));
        let (_, (changesets, elements)) = users.entry(user.map(account)).or_insert(start);
        *changesets += 1;
        *elements += entry.digest.as_ref().map_or(entry.changeset.num_changes, |digest| digest.summary.total());
    }
    let mut users: Vec<_> = users.into_values().collect();
    users.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    users.truncate(USERS);
    users
}

/// The most active users, as the page shows them.
pub(crate) fn busiest<'a>(site: &Site, entries: &'a [Entry]) -> Vec<BusyUser<'a>> {
    most_active(entries).into_iter().map(|(name, activity)| busy_user(site, name, activity)).collect()
}

fn busy_user<'a>(site: &Site, name: Option<&'a str>, (changesets, elements): Activity) -> BusyUser<'a> {
    let href = site.user_url(name.unwrap_or_default());
    BusyUser { name, href, changesets: text::count(changesets), elements: text::count(elements) }
}
