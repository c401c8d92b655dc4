//! One changeset in a list: what the row's template asks for.

use std::fmt;

use osmtracker_analysis::{Digest, LabelMatch, Summary, TagCount, TagDiff};
use osmtracker_osm::{Action, Comment};

use crate::{Details, Entry, Progress, Site, assets::fnv1a, keys, text};

/// Tag changes of each kind that a row shows.
const TAGS: usize = 4;
/// Unchanged tags that a row shows.
const UNCHANGED: usize = 3;
/// Earlier authors that a row shows.
const USERS: usize = 4;
/// Colours that users are told apart by.
const HUES: u64 = 12;

/// How an action is shown: never by colour alone.
pub(crate) fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Modify => "±",
        Action::Delete => "−",
    }
}

/// The action for a reader.
pub(crate) fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Modify => "modified",
        Action::Delete => "deleted",
    }
}

/// What happened to elements, as a chip.
pub(crate) struct Counts {
    pub(crate) action: Action,
    /// `2 nodes, 1 way`, without untagged nodes; may be empty.
    pub(crate) elements: String,
    pub(crate) untagged: u32,
}

impl Counts {
    pub(crate) fn sign(&self) -> &'static str {
        sign(self.action)
    }

    pub(crate) fn word(&self) -> &'static str {
        word(self.action)
    }

    /// `120 untagged nodes`; empty without any.
    pub(crate) fn untagged(&self) -> String {
        if self.untagged == 0 { String::new() } else { text::plural(self.untagged, "untagged node") }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.elements.clone(), self.untagged()];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        write!(f, "{} {}", self.word(), parts.join(", "))
    }
}

/// A chip for each action that happened.
pub(crate) fn counts(summary: &Summary) -> impl Iterator<Item = Counts> {
    let untagged = summary.untagged_nodes;
    let of = *summary;
    [(Action::Create, untagged.create), (Action::Modify, untagged.modify), (Action::Delete, untagged.delete)]
        .into_iter()
        .filter(move |(action, _)| of.of(*action).total() > 0)
        .map(move |(action, untagged)| Counts {
            action,
            elements: text::type_counts(of.of(action), untagged),
            untagged,
        })
}

/// A tag change that many elements may have, as a chip.
pub(crate) struct Chip<'a> {
    pub(crate) action: Action,
    pub(crate) key: &'a str,
    /// The value, or the one before the change.
    pub(crate) value: &'a str,
    /// The value after a change.
    pub(crate) new: Option<&'a str>,
    pub(crate) count: u32,
}

impl Chip<'_> {
    pub(crate) fn sign(&self) -> &'static str {
        sign(self.action)
    }

    pub(crate) fn word(&self) -> &'static str {
        match self.action {
            Action::Create => "added",
            Action::Modify => "changed",
            Action::Delete => "removed",
        }
    }

    /// ` ×124`; empty for one.
    pub(crate) fn times(&self) -> String {
        times(self.count)
    }
}

impl fmt::Display for Chip<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, times) = (self.sign(), self.times());
        match self.new {
            Some(new) => write!(f, "{sign} {}: {} → {new}{times}", self.key, self.value),
            None => write!(f, "{sign} {}={}{times}", self.key, self.value),
        }
    }
}

/// ` ×124`; empty for one.
pub(crate) fn times(count: u32) -> String {
    if count == 1 { String::new() } else { format!(" ×{}", text::count(count)) }
}

/// At most `limit` chips of each kind.
pub(crate) fn tag_chips(diff: &TagDiff, limit: usize) -> Vec<Chip<'_>> {
    tag_chips_after(diff, 0, limit)
}

/// Chips of each kind after the first `skipped`, up to `limit` with those.
pub(crate) fn tag_chips_after(diff: &TagDiff, skipped: usize, limit: usize) -> Vec<Chip<'_>> {
    let created = diff.create.iter().take(limit).skip(skipped).map(|tag| chip(Action::Create, tag));
    let modified = diff.modify.iter().take(limit).skip(skipped).map(|tag| Chip {
        action: Action::Modify,
        key: &tag.key,
        value: &tag.old,
        new: Some(&tag.new),
        count: tag.count,
    });
    let deleted = diff.delete.iter().take(limit).skip(skipped).map(|tag| chip(Action::Delete, tag));
    created.chain(modified).chain(deleted).collect()
}

fn chip(action: Action, tag: &TagCount) -> Chip<'_> {
    Chip { action, key: &tag.key, value: &tag.value, new: None, count: tag.count }
}

/// A changeset in a list.
pub(crate) struct Row<'a> {
    pub(crate) site: &'a Site,
    pub(crate) entry: &'a Entry,
    /// From the page to the site's root.
    pub(crate) root: &'static str,
    /// Whether the newest comment is quoted.
    pub(crate) quote: Quote,
    pub(crate) details: Details,
}

/// What a row shows of the discussion.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quote {
    /// How many comments there are.
    Count,
    /// The newest comment itself, too.
    Newest,
}

/// A label with its reason.
pub(crate) struct Flag<'a> {
    pub(crate) title: &'a str,
    pub(crate) reasons: Vec<Reason<'a>>,
}

/// Why a label was given.
pub(crate) struct Reason<'a> {
    pub(crate) rule: &'a str,
    pub(crate) value: Option<&'a str>,
    pub(crate) threshold: Option<&'a str>,
}

/// Links to a changeset in other tools.
pub(crate) struct Tool {
    pub(crate) href: String,
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
}

impl Tool {
    /// Whether it is a program on the reader's own machine, which may not run.
    pub(crate) fn is_here(&self) -> bool {
        self.name == "JOSM"
    }
}

pub(crate) fn flags<'a>(site: &'a Site, labels: impl IntoIterator<Item = &'a LabelMatch>) -> Vec<Flag<'a>> {
    let reasons = |label: &'a LabelMatch| {
        let reason = |evidence: &'a osmtracker_analysis::Evidence| Reason {
            rule: &evidence.rule,
            value: evidence.value.as_deref(),
            threshold: evidence.threshold.as_deref(),
        };
        label.evidence.iter().map(reason).collect()
    };
    labels.into_iter().map(|label| Flag { title: site.label_title(&label.name), reasons: reasons(label) }).collect()
}

pub(crate) fn tools(site: &Site, entry: &Entry) -> [Tool; 4] {
    let id = entry.id();
    [
        Tool { href: site.changeset_url(id), name: "OSM", title: "The changeset on OpenStreetMap" },
        Tool { href: site.osmcha_url(id), name: "OSMCha", title: "The changeset in OSMCha" },
        Tool { href: site.josm_url(id), name: "JOSM", title: "Load the changes into a running JOSM by remote control" },
        Tool { href: site.achavi_url(id), name: "achavi", title: "The changeset in achavi" },
    ]
}

/// What a reader must know before trusting what an entry tells; empty for a complete analysis.
pub(crate) fn notices(entry: &Entry) -> Vec<String> {
    let mut notices = Vec::new();
    match &entry.progress {
        Progress::Pending => notices.push("Not analysed yet.".to_owned()),
        Progress::Open => {
            notices.push("Still open: its author may add to it. It is analysed once it is closed.".to_owned())
        }
        Progress::Quarantined { reason, given_up: false } => {
            notices.push(format!("The analysis failed and will be tried again: {reason}."));
        }
        Progress::Quarantined { reason, given_up: true } => {
            notices.push(format!("The analysis failed in every try and was given up: {reason}."));
        }
        Progress::Analysed => {}
    }
    let gaps = entry.digest.as_ref().map_or(0, |digest| digest.gaps);
    if gaps > 0 {
        notices.push(format!("Incomplete: {} in what could be known.", text::plural(gaps, "gap")));
    }
    notices
}

/// One of a few colours for a user, the same on all pages and after renaming.
pub(crate) fn hue(entry: &Entry) -> u64 {
    let user = entry.changeset.user.as_ref();
    let hash = match user.and_then(|user| user.uid) {
        Some(uid) => fnv1a(&uid.0.to_le_bytes()),
        None => fnv1a(user.map_or("", |user| &user.name).as_bytes()),
    };
    hash % HUES
}

/// Metres by kind of way: `highway +1.2 km, −300 m`.
pub(crate) fn mileage(digest: &Digest) -> Vec<(&str, String)> {
    let kinds = digest.mileage_m.by_type.iter();
    kinds
        .map(|(kind, values)| (kind.as_str(), text::lengths(text::sum(values.values()))))
        .filter(|(_, length)| !length.is_empty())
        .collect()
}

impl<'a> Row<'a> {
    pub(crate) fn new(site: &'a Site, root: &'static str, entry: &'a Entry) -> Self {
        Self { site, entry, root, quote: Quote::Count, details: Details::On }
    }

    pub(crate) fn id(&self) -> u64 {
        self.entry.id().0
    }

    pub(crate) fn shows_details(&self) -> bool {
        self.details == Details::On
    }

    /// What the filters of a list go by.
    pub(crate) fn marks(&self) -> String {
        let says_yes = |key| self.tag(key).is_some_and(|value| value.eq_ignore_ascii_case("yes"));
        let marks = [
            ("flagged", self.entry.labels.iter().any(|label| !self.site.places.contains(&label.name))),
            ("no-comment", self.comment().is_none()),
            ("no-source", ["source", "imagery_used"].iter().all(|key| self.tag(key).is_none())),
            ("discussed", self.comment_count() > 0),
            ("review", says_yes("review_requested")),
            ("bot", says_yes("bot") || says_yes("mechanical") || self.has_label("bot")),
        ];
        marks.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect::<Vec<_>>().join(" ")
    }

    /// Names of its labels, which a list can be searched for.
    pub(crate) fn labels(&self) -> String {
        self.entry.labels.iter().map(|label| &*label.name).collect::<Vec<_>>().join(" ")
    }

    fn has_label(&self, name: &str) -> bool {
        self.entry.labels.iter().any(|label| label.name == name)
    }

    pub(crate) fn num_changes(&self) -> u32 {
        self.entry.changeset.num_changes
    }

    pub(crate) fn comment_count(&self) -> usize {
        (self.entry.changeset.comments_count as usize).max(self.entry.changeset.discussion.len())
    }

    pub(crate) fn href(&self) -> String {
        format!("{}{}", self.root, keys::changeset_page(self.entry.id()))
    }

    pub(crate) fn hue(&self) -> u64 {
        hue(self.entry)
    }

    pub(crate) fn comment(&self) -> Option<&'a str> {
        self.entry.changeset.comment()
    }

    pub(crate) fn user(&self) -> Option<&'a str> {
        self.entry.changeset.user.as_ref().map(|user| &*user.name)
    }

    pub(crate) fn user_href(&self) -> String {
        self.site.user_url(self.user().unwrap_or_default())
    }

    pub(crate) fn editor(&self) -> Option<&'a str> {
        self.tag("created_by")
    }

    pub(crate) fn source(&self) -> Option<&'a str> {
        self.tag("source")
    }

    fn tag(&self, key: &str) -> Option<&'a str> {
        self.entry.changeset.tags.get(key).filter(|value| !value.trim().is_empty())
    }

    pub(crate) fn datetime(&self) -> String {
        self.entry.time().to_string()
    }

    pub(crate) fn time(&self) -> String {
        text::time(self.entry.time())
    }

    pub(crate) fn notices(&self) -> Vec<String> {
        notices(self.entry)
    }

    /// Those that set it apart from other changesets that are followed.
    pub(crate) fn flags(&self) -> Vec<Flag<'a>> {
        flags(self.site, self.entry.labels.iter().filter(|label| !self.site.common.contains(&label.name)))
    }

    pub(crate) fn counts(&self) -> Vec<Counts> {
        self.entry.digest.iter().flat_map(|digest| counts(&digest.summary)).collect()
    }

    /// How many changes the upstream tells, while there is no analysis.
    pub(crate) fn changes(&self) -> Option<String> {
        self.entry.digest.is_none().then(|| text::plural(self.entry.changeset.num_changes, "change"))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entry.digest.as_ref().is_some_and(|digest| digest.summary.total() == 0)
    }

    /// Whether there is anything to say about tags.
    pub(crate) fn has_tags(&self) -> bool {
        self.more_tags() > 0 || !self.tags().is_empty() || !self.unchanged().is_empty()
    }

    pub(crate) fn tags(&self) -> Vec<Chip<'a>> {
        self.entry.digest.as_ref().map(|digest| tag_chips(&digest.tag_diff, TAGS)).unwrap_or_default()
    }

    /// Tag changes that [`Self::tags`] leaves out.
    pub(crate) fn more_tags(&self) -> u64 {
        let Some(digest) = &self.entry.digest else { return 0 };
        let TagDiff { create, modify, delete } = &digest.tag_diff;
        let left_out = [create.len(), modify.len(), delete.len()].map(|n| n.saturating_sub(TAGS) as u64);
        left_out.iter().sum::<u64>() + u64::from(digest.tag_diff_more)
    }

    /// All tag changes that the digest holds.
    pub(crate) fn all_tags(&self) -> Vec<Chip<'a>> {
        self.entry.digest.as_ref().map(|digest| tag_chips(&digest.tag_diff, usize::MAX)).unwrap_or_default()
    }

    /// Tag changes that [`Self::all_tags`] leaves out.
    pub(crate) fn left_out(&self) -> u32 {
        self.entry.digest.as_ref().map_or(0, |digest| digest.tag_diff_more)
    }

    /// All unchanged tags that the digest holds.
    pub(crate) fn all_unchanged(&self) -> &'a [TagCount] {
        self.entry.digest.as_ref().map_or(&[], |digest| &digest.unchanged_tags)
    }

    pub(crate) fn unchanged(&self) -> &'a [TagCount] {
        let tags = self.entry.digest.as_ref().map_or(&[][..], |digest| &digest.unchanged_tags);
        &tags[..tags.len().min(UNCHANGED)]
    }

    pub(crate) fn mileage(&self) -> Vec<(&'a str, String)> {
        self.entry.digest.as_ref().map(mileage).unwrap_or_default()
    }

    pub(crate) fn moved_nodes(&self) -> Option<String> {
        let moved = self.entry.digest.as_ref()?.moved_nodes;
        (moved > 0).then(|| format!("{} moved", text::plural(moved, "node")))
    }

    pub(crate) fn affected(&self) -> &'a [osmtracker_analysis::AffectedUser] {
        let users = self.entry.digest.as_ref().map_or(&[][..], |digest| &digest.affected_users);
        &users[..users.len().min(USERS)]
    }

    /// Earlier authors that [`Self::affected`] leaves out.
    pub(crate) fn more_affected(&self) -> u64 {
        let Some(digest) = &self.entry.digest else { return 0 };
        digest.affected_users.len().saturating_sub(USERS) as u64 + u64::from(digest.affected_users_more)
    }

    pub(crate) fn comments(&self) -> Option<String> {
        let comments = self.comment_count();
        (comments > 0).then(|| text::plural(comments as u64, "comment"))
    }

    pub(crate) fn quoted(&self) -> Option<&'a Comment> {
        let newest = || self.entry.changeset.discussion.iter().max_by_key(|comment| comment.date);
        if self.quote == Quote::Newest { newest() } else { None }
    }

    pub(crate) fn tools(&self) -> [Tool; 4] {
        tools(self.site, self.entry)
    }
}
