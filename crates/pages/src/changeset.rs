//! The page of one changeset.

mod element;
mod groups;
mod notes;

use askama::Template;
use osmtracker_analysis::{AffectedUser, Analysis, Digest, Mileage, MovedNode, Summary, TagCount, TagDiff};
use osmtracker_osm::{Comment, ElementRef, ElementType, Gap, GapKind};

use crate::{
    Basemap, Entry, Progress, Site, assets, feed, keys,
    list::render,
    page::{DataLink, Frame},
    row::{self, Chip, Flag, Row, Tool},
    summary::{LengthRow, TypeRow, length_rows, type_rows},
    text,
};
use groups::Groups;

/// Elements that a changeset's page lists. Those beyond are in `analysis.json` alone.
pub const MAX_ELEMENTS: usize = 2_000;

/// Tag changes of each kind, and unchanged tags, that the page lists.
const TAGS: usize = 100;
/// Those of each kind that are not folded away.
const TAGS_AT_ONCE: usize = 8;
/// Earlier authors that the page lists.
const USERS: usize = 50;
/// Gaps that the page lists.
const GAPS: usize = 50;
/// Moved nodes that the page lists, farthest first.
const MOVED: usize = 20;
/// Moved nodes up to which they are not folded away.
const MOVED_AT_ONCE: usize = 6;
/// Elements up to which all details are open from the start.
const OPEN_DETAILS: usize = 12;

#[derive(Template)]
#[template(path = "changeset.html")]
struct ChangesetPage<'a> {
    frame: Frame<'a>,
    row: Row<'a>,
    entry: &'a Entry,
    facts: Option<Facts<'a>>,
    groups: Option<Groups<'a>>,
}

/// What was found, from the analysis or, without it, from the digest.
struct Facts<'a> {
    summary: &'a Summary,
    tag_diff: &'a TagDiff,
    tags_more: u64,
    unchanged: &'a [TagCount],
    unchanged_more: u64,
    affected: &'a [AffectedUser],
    affected_more: u64,
    mileage: &'a Mileage,
    moved: &'a [MovedNode],
    gaps: &'a [Gap],
}

/// The page of a changeset. Without `analysis` (not analysed yet, or its document is gone) it shows what the entry has.
#[must_use]
pub fn changeset_page(site: &Site, entry: &Entry, analysis: Option<&Analysis>) -> String {
    let key = keys::changeset_page(entry.id());
    let user = entry.changeset.user.as_ref().map_or("an anonymous user", |user| &user.name);
    let description = format!("What changeset {} by {user} really changed.", entry.id());
    let mut frame = Frame::new(site, key, feed::title(entry), description);
    frame.script = assets::CHANGESET;
    if analysis.is_some() && site.documents.diff {
        frame.class = "wide";
    }
    frame.data = data_links(site, entry, analysis);
    let facts = analysis.map(Facts::of_analysis).or(entry.digest.as_ref().map(Facts::of_digest));
    let row = Row::new(site, frame.root, entry);
    render(&ChangesetPage { row, entry, facts, groups: analysis.map(|analysis| Groups::of(site, analysis)), frame })
}

/// The documents that stand beside the page.
fn data_links(site: &Site, entry: &Entry, analysis: Option<&Analysis>) -> Vec<DataLink> {
    let (id, documents) = (entry.id(), site.documents);
    let analysed = analysis.is_some();
    let link =
        |written: bool, key: String, words, content_type| written.then_some(DataLink { key, words, content_type });
    let links = [
        link(documents.analysis && analysed, keys::analysis(id), "Analysis (JSON)", "application/json"),
        link(documents.diff && analysed, keys::diff(id), "Before and after (GeoJSON)", "application/geo+json"),
        link(documents.adiff && analysed, keys::adiff(id), "Augmented diff (XML)", "application/xml"),
    ];
    links.into_iter().flatten().collect()
}

impl<'a> Facts<'a> {
    fn of_analysis(analysis: &'a Analysis) -> Self {
        let TagDiff { create, modify, delete } = &analysis.tag_diff;
        let beyond = |listed: usize, limit: usize| listed.saturating_sub(limit) as u64;
        Self {
            summary: &analysis.summary,
            tag_diff: &analysis.tag_diff,
            tags_more: beyond(create.len(), TAGS) + beyond(modify.len(), TAGS) + beyond(delete.len(), TAGS),
            unchanged: first(&analysis.unchanged_tags, TAGS),
            unchanged_more: beyond(analysis.unchanged_tags.len(), TAGS),
            affected: first(&analysis.affected_users, USERS),
            affected_more: beyond(analysis.affected_users.len(), USERS),
            mileage: &analysis.mileage_m,
            moved: &analysis.moved_nodes,
            gaps: &analysis.gaps,
        }
    }

    fn of_digest(digest: &'a Digest) -> Self {
        Self {
            summary: &digest.summary,
            tag_diff: &digest.tag_diff,
            tags_more: digest.tag_diff_more.into(),
            unchanged: &digest.unchanged_tags,
            unchanged_more: digest.unchanged_tags_more.into(),
            affected: &digest.affected_users,
            affected_more: digest.affected_users_more.into(),
            mileage: &digest.mileage_m,
            moved: &[],
            gaps: &[],
        }
    }

    /// A row for each action that happened.
    fn types(&self) -> Vec<TypeRow> {
        type_rows(self.summary).into_iter().filter(|row| self.summary.of(row.action).total() > 0).collect()
    }

    /// Tag changes that are shown at once, of each kind the most frequent.
    fn tags(&self) -> Vec<Chip<'a>> {
        row::tag_chips(self.tag_diff, TAGS_AT_ONCE)
    }

    /// The others, which are folded away.
    fn tags_at_the_end(&self) -> Vec<Chip<'a>> {
        row::tag_chips_after(self.tag_diff, TAGS_AT_ONCE, TAGS)
    }

    fn lengths(&self) -> Vec<LengthRow> {
        length_rows(&self.mileage.by_type)
    }

    /// Lengths of ways of all kinds: `+1.2 km, −300 m`; empty when nothing has a length.
    fn total_length(&self) -> String {
        text::lengths(self.mileage.total)
    }

    fn moved(&self) -> Vec<(ElementRef, String)> {
        let node = |id| ElementRef { kind: ElementType::Node, id };
        first(self.moved, MOVED).iter().map(|moved| (node(moved.id), text::metres(moved.distance_m))).collect()
    }

    /// `3 nodes moved`.
    fn moved_words(&self) -> String {
        format!("{} moved", text::plural(self.moved.len() as u64, "node"))
    }

    fn gaps(&self) -> &'a [Gap] {
        first(self.gaps, GAPS)
    }
}

fn first<T>(items: &[T], limit: usize) -> &[T] {
    &items[..items.len().min(limit)]
}

impl<'a> ChangesetPage<'a> {
    fn id(&self) -> u64 {
        self.entry.id().0
    }

    /// Whether there is a drawing of the changes.
    fn has_map(&self) -> bool {
        self.groups.is_some() && self.frame.site.documents.diff
    }

    fn basemap(&self) -> &'a Basemap {
        &self.frame.site.basemap
    }

    /// What the background is called in the choice of backgrounds; `None` for what is always offered.
    fn tiles(&self) -> Option<&'static str> {
        self.basemap().url().map(|_| self.basemap().kind())
    }

    /// The address of the tiles; that of a file of the site from this page.
    fn tiles_url(&self) -> Option<String> {
        let url = self.basemap().url()?;
        Some(if url.contains("://") { url.to_owned() } else { format!("{}{url}", self.frame.root) })
    }

    fn flags(&self) -> Vec<Flag<'a>> {
        row::flags(self.row.site, &self.row.entry.labels)
    }

    fn tools(&self) -> [Tool; 4] {
        self.row.tools()
    }

    fn opened(&self) -> String {
        text::time(self.entry.changeset.created_at)
    }

    fn closed(&self) -> Option<(String, String)> {
        self.entry.changeset.closed_at.map(|time| (time.to_string(), text::time(time)))
    }

    /// Tags of the changeset beside those with a row of their own; with the address when the value is one.
    fn other_tags(&self) -> Vec<(&'a str, &'a str, Option<&'a str>)> {
        let tags = self.entry.changeset.tags.iter().filter(|(key, _)| !["comment", "created_by"].contains(key));
        tags.map(|(key, value)| (key, value, text::web_address(value))).collect()
    }

    fn discussion(&self) -> &'a [Comment] {
        &self.entry.changeset.discussion
    }

    /// Comments that are known by number alone.
    fn comments_left_out(&self) -> Option<String> {
        let left_out = (self.entry.changeset.comments_count as usize).saturating_sub(self.discussion().len());
        (left_out > 0).then(|| text::plural(left_out as u64, "comment"))
    }

    /// How many changes OpenStreetMap counts.
    fn changes(&self) -> String {
        text::plural(self.entry.changeset.num_changes, "change")
    }

    /// The kind of a gap for a reader.
    fn gap_word(&self, gap: &Gap) -> &'static str {
        match gap.kind {
            GapKind::Redacted => "redacted",
            GapKind::MissingOld => "no version before",
            GapKind::MissingGeometry => "no position",
            GapKind::Truncated => "truncated",
            GapKind::Repaired => "repaired",
        }
    }

    /// In words of the reader: what the analysis was made from.
    fn source(&self) -> Option<&'static str> {
        match self.entry.source.as_deref()? {
            "adiff" => Some("an augmented diff"),
            "osm-api" => Some("the OpenStreetMap API"),
            "real-changesets" => Some("real-changesets"),
            _ => Some("another source"),
        }
    }

    /// Why there is no element list.
    fn without_elements(&self) -> &'static str {
        match self.entry.progress {
            Progress::Open => "The elements appear here once the changeset is closed and analysed.",
            Progress::Pending => "The elements appear here once the changeset is analysed.",
            Progress::Quarantined { given_up: false, .. } => "The elements appear here once the analysis succeeds.",
            Progress::Quarantined { given_up: true, .. } => {
                "The elements are not known; the links above may show them."
            }
            Progress::Analysed => "The analysis is not kept any more; the summary above is.",
        }
    }

    fn element_url(&self, element: &ElementRef) -> String {
        self.frame.site.element_url(*element)
    }
}
