//! The key of every public object, relative to the site's root. They are stable: see `docs/data-formats.md`.

use osmtracker_osm::ChangesetId;

use crate::View;

/// The front page: the newest changesets of all.
pub const INDEX: &str = "index.html";
/// Totals of the window.
pub const SUMMARY: &str = "summary/index.html";
/// Changesets with comments, newest comment first.
pub const DISCUSSIONS: &str = "discussions/index.html";
/// The Atom feed of discussions.
pub const DISCUSSIONS_FEED: &str = "discussions/feed.atom";
/// What the labels mean, and where the data come from.
pub const ABOUT: &str = "about/index.html";
/// What open pages poll.
pub const STATUS: &str = "status.json";
/// Prometheus text exposition.
pub const METRICS: &str = "metrics";

/// The page of a view: [`INDEX`] for the built-in one.
#[must_use]
pub fn view_page(view: &View) -> String {
    if view.is_index() { INDEX.to_owned() } else { format!("views/{}/index.html", view.name) }
}

/// The Atom feed of a view.
#[must_use]
pub fn view_feed(view: &View) -> String {
    format!("views/{}/feed.atom", view.name)
}

/// The JSON feed of a view.
#[must_use]
pub fn view_recent(view: &View) -> String {
    format!("views/{}/recent.json", view.name)
}

/// Where the changesets of a view lie.
#[must_use]
pub fn view_bounds(view: &View) -> String {
    format!("views/{}/bounds.geojson", view.name)
}

/// All that is published of a view.
#[must_use]
pub fn view(view: &View) -> [String; 4] {
    [view_page(view), view_feed(view), view_recent(view), view_bounds(view)]
}

/// A changeset's page.
#[must_use]
pub fn changeset_page(id: ChangesetId) -> String {
    format!("changesets/{id}/index.html")
}

/// A changeset's analysis document.
#[must_use]
pub fn analysis(id: ChangesetId) -> String {
    format!("changesets/{id}/analysis.json")
}

/// Both sides of a changeset's elements.
#[must_use]
pub fn diff(id: ChangesetId) -> String {
    format!("changesets/{id}/diff.geojson")
}

/// A changeset's augmented diff.
#[must_use]
pub fn adiff(id: ChangesetId) -> String {
    format!("changesets/{id}/changes.adiff")
}

/// All that is published of a changeset.
#[must_use]
pub fn changeset(id: ChangesetId) -> [String; 4] {
    [changeset_page(id), analysis(id), diff(id), adiff(id)]
}

/// The rows of an hour (UTC) such as `2026-11-22T09`: see [`crate::Entry::hour`].
#[must_use]
pub fn hour(hour: &str) -> String {
    format!("hours/{hour}.json")
}
