//! The JSON documents. Their types are public so that their JSON Schemas can be generated and readers can share them.

use std::collections::BTreeMap;

use osmtracker_analysis::{
    AffectedUser, Analysis, ElementChange, Extent, LabelMatch, Mileage, MovedNode, Summary, TagCount, TagDiff,
};
use osmtracker_osm::{Changeset, ChangesetSequence, Gap, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Entry, LIST_ROWS, Progress, Site, View, feed, keys, list, text};

/// The number that public JSON documents begin with. It goes up when a field changes its meaning or goes away; new
/// fields do not raise it.
pub const SCHEMA: u32 = 1;

/// `changesets/ID/analysis.json`: a changeset and everything that was found about it.
///
/// The fields from `summary` on are there once the changeset is analysed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AnalysisDocument<'a> {
    /// Version of this document's shape.
    pub schema: u32,
    /// Metadata.
    pub changeset: &'a Changeset,
    /// How far it is, in the fields `state` and `reason`.
    #[serde(flatten)]
    pub progress: &'a Progress,
    /// The source that the analysis used: `adiff`, `osm-api` or `real-changesets`; absent until analysed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    /// Its labels with the reasons.
    pub labels: &'a [LabelMatch],
    /// What was found.
    #[serde(flatten)]
    pub findings: Option<Findings<'a>>,
}

/// The fields of an [`Analysis`] beside its labels.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Findings<'a> {
    /// Elements by action and type.
    pub summary: &'a Summary,
    /// Tag changes of all elements added up, most frequent first.
    pub tag_diff: &'a TagDiff,
    /// Tags of modified elements of which only geometry or members changed, most frequent first.
    pub unchanged_tags: &'a [TagCount],
    /// Each element that the changeset changed: nodes, ways, relations, each by id.
    pub elements: &'a [ElementChange],
    /// Ways that only moved because their nodes did, by id.
    pub moved_ways: &'a [ElementChange],
    /// Nodes that stand elsewhere than before, farthest first.
    pub moved_nodes: &'a [MovedNode],
    /// Whose earlier work was modified or deleted, most elements first.
    pub affected_users: &'a [AffectedUser],
    /// Metres of ways by what happened to them.
    pub mileage_m: &'a Mileage,
    /// The box of what really changed.
    pub extent: &'a Extent,
    /// What could not be known, and why.
    pub gaps: &'a [Gap],
}

/// Writes `analysis.json`.
#[must_use]
pub fn analysis_json(entry: &Entry, analysis: Option<&Analysis>) -> String {
    to_json(&AnalysisDocument {
        schema: SCHEMA,
        changeset: &entry.changeset,
        progress: &entry.progress,
        source: entry.source.as_deref(),
        labels: &entry.labels,
        findings: analysis.map(findings),
    })
}

fn findings(analysis: &Analysis) -> Findings<'_> {
    Findings {
        summary: &analysis.summary,
        tag_diff: &analysis.tag_diff,
        unchanged_tags: &analysis.unchanged_tags,
        elements: &analysis.elements,
        moved_ways: &analysis.moved_ways,
        moved_nodes: &analysis.moved_nodes,
        affected_users: &analysis.affected_users,
        mileage_m: &analysis.mileage_m,
        extent: &analysis.extent,
        gaps: &analysis.gaps,
    }
}

/// `views/NAME/recent.json`: JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>) with the rows in `_osmtracker`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeedDocument<'a> {
    /// The address that names JSON Feed 1.1.
    pub version: &'static str,
    /// Of the site and the view.
    pub title: String,
    /// The view's page; absent when the site has no `base_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_page_url: Option<String>,
    /// This document; absent when the site has no `base_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed_url: Option<String>,
    /// What the feed is about.
    pub description: String,
    /// Language of the words that no mapper wrote.
    pub language: &'static str,
    /// About the feed, beyond JSON Feed.
    #[serde(rename = "_osmtracker")]
    pub extension: FeedExtension<'a>,
    /// Newest first.
    pub items: Vec<FeedItem<'a>>,
}

/// What a feed document says beyond JSON Feed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeedExtension<'a> {
    /// Version of the shape of all `_osmtracker` objects.
    pub schema: u32,
    /// Name of the view.
    pub view: &'a str,
    /// Changesets in the view, of which `items` are the newest.
    pub total: usize,
}

/// A changeset in `recent.json` and in the documents of hours.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeedItem<'a> {
    /// Permanent: the same as in the Atom feed.
    pub id: String,
    /// Its page; on the OpenStreetMap website when the site has no `base_url`.
    pub url: String,
    /// On the OpenStreetMap website.
    pub external_url: String,
    /// Its author's comment.
    pub title: String,
    /// What happened, as HTML in which strangers' words are escaped.
    pub content_html: String,
    /// What happened, on one line of plain text.
    pub summary: String,
    /// When it was closed, or opened while it is open.
    pub date_published: Timestamp,
    /// Its closing or the newest comment.
    pub date_modified: Timestamp,
    /// Its author.
    pub authors: Vec<Author<'a>>,
    /// Names of its labels.
    pub tags: Vec<&'a str>,
    /// The row itself.
    #[serde(rename = "_osmtracker")]
    pub entry: &'a Entry,
    /// The row as lists show it, with links relative to the site's root; in documents of hours alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_html: Option<String>,
}

/// The author of a changeset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Author<'a> {
    /// Display name.
    pub name: &'a str,
    /// Profile on the OpenStreetMap website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Writes `recent.json` of a view: the first [`LIST_ROWS`] of its entries, which come newest first.
#[must_use]
pub fn recent_json(site: &Site, view: &View, entries: &[Entry]) -> String {
    to_json(&FeedDocument {
        version: "https://jsonfeed.org/version/1.1",
        title: format!("{}: {}", site.title, view.title),
        home_page_url: site.absolute(&keys::view_page(view)),
        feed_url: site.absolute(&keys::view_recent(view)),
        description: format!("Changesets in {}", site.area.as_deref().unwrap_or("OpenStreetMap")),
        language: "en",
        extension: FeedExtension { schema: SCHEMA, view: &view.name, total: entries.len() },
        items: entries.iter().take(LIST_ROWS).map(|entry| item(site, entry)).collect(),
    })
}

fn item<'a>(site: &Site, entry: &'a Entry) -> FeedItem<'a> {
    let user = entry.changeset.user.as_ref();
    FeedItem {
        id: feed::tag(site, &format!("changesets/{}", entry.id())),
        url: site.permanent_url(entry.id()),
        external_url: site.changeset_url(entry.id()),
        title: feed::title(entry),
        content_html: feed::content(site, entry),
        summary: entry.digest.as_ref().map(text::one_line).unwrap_or_default(),
        date_published: entry.time(),
        date_modified: entry.updated(),
        authors: vec![Author {
            name: user.map_or("anonymous", |user| &user.name),
            url: user.map(|user| site.user_url(&user.name)),
        }],
        tags: entry.labels.iter().map(|label| &*label.name).collect(),
        entry,
        row_html: None,
    }
}

/// `hours/HOUR.json`: all rows of an hour, written once the hour has left the first page and not changed any more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HourDocument<'a> {
    /// Version of this document's shape.
    pub schema: u32,
    /// The hour (UTC): `2026-11-22T09`.
    pub hour: &'a str,
    /// Newest first.
    pub items: Vec<FeedItem<'a>>,
}

/// Writes the document of an hour. `entries` are those whose [`Entry::hour`] it is, newest first.
#[must_use]
pub fn hour_json(site: &Site, hour: &str, entries: &[Entry]) -> String {
    let item = |entry| FeedItem { row_html: Some(list::row_html(site, entry)), ..item(site, entry) };
    to_json(&HourDocument { schema: SCHEMA, hour, items: entries.iter().map(item).collect() })
}

/// `status.json`: what open pages poll, and what tells whether the site is up to date. The one document that differs
/// between runs with the same input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Version of this document's shape.
    pub schema: u32,
    /// State of the site; goes up with each publication. Pages name the one they show.
    pub generation: u64,
    /// When that generation was published; null before the first.
    #[serde(default)]
    pub generated_at: Option<Timestamp>,
    /// The changesets file that was followed last; null before the first.
    pub sequence: Option<ChangesetSequence>,
    /// The newest changesets file that the upstream has published, as far as known.
    pub head_sequence: Option<ChangesetSequence>,
    /// When the upstream wrote the file named by `sequence`.
    pub timestamp: Option<Timestamp>,
    /// When this document was written.
    pub published_at: Timestamp,
    /// Seconds that the followed file was old when this document was written.
    pub lag_seconds: Option<i64>,
    /// What the tracker waits for when it cannot go on; absent when all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
    /// What a person who runs this should know of, when it was last looked at; absent when all is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<StatusProblem>,
    /// Changesets in each state of the pipeline.
    #[serde(default)]
    pub states: BTreeMap<String, u64>,
}

/// Something that a person who runs this should know of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusProblem {
    /// Which: `behind`, `head_frozen`, `sequence_missing`, `upstream_refuses`, `queue_old`, `dead_letters` or
    /// `quarantined`, as in the metric `osmtracker_problem`.
    pub kind: String,
    /// What is wrong, in words.
    pub text: String,
}

/// Writes `status.json`.
#[must_use]
pub fn status_json(status: &Status) -> String {
    to_json(status)
}

/// One line of JSON and a line end.
pub(crate) fn to_json(document: &impl Serialize) -> String {
    let mut json = serde_json::to_string(document).expect("documents have text keys and finite numbers");
    json.push('\n');
    json
}
