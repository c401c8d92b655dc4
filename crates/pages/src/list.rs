use askama::Template;

use crate::{
    Details, Entry, Site, View, assets, keys,
    page::Frame,
    row::{Quote, Row},
    text,
};

/// Rows of a list's page, and entries of a feed.
pub const LIST_ROWS: usize = 100;

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage<'a> {
    frame: Frame<'a>,
    view: View,
    heading: &'a str,
    lead: String,
    empty: &'static str,
    rows: Vec<Row<'a>>,
    /// How many changesets the list has, with those that are not on the page.
    total: usize,
    older: Vec<Hour>,
}

struct Hour {
    key: String,
    words: String,
}

/// The page of a view: its first [`LIST_ROWS`] changesets as whole HTML.
///
/// `entries` are those of the view, newest first (see [`Entry::newest_first`]). `older_hours` names the hours whose
/// documents hold older rows, in the order they shall be offered. `generation` says which state of the site this is.
#[must_use]
pub fn list_page(site: &Site, view: &View, entries: &[Entry], generation: u64, older_hours: &[String]) -> String {
    let mut frame = frame(site, keys::view_page(view), &view.title).with_view(view);
    frame.generation = Some(generation);
    let older = older_hours.iter().map(|hour| Hour { key: keys::hour(hour), words: hour.replace('T', " ") + ":00" });
    let page = ListPage {
        view: view.clone(),
        heading: &view.title,
        lead: lead(entries.len(), "newest first"),
        empty: "No changeset yet. New ones appear here within minutes of being uploaded.",
        rows: rows(&frame, entries, Quote::Count, view.details),
        total: entries.len(),
        older: older.collect(),
        frame,
    };
    render(&page)
}

/// The page of discussions: changesets with comments, newest comment first.
///
/// `entries` may hold others and come in any order.
#[must_use]
pub fn discussions_page(site: &Site, entries: &[Entry], generation: u64) -> String {
    let discussed = discussed(entries);
    let mut frame = frame(site, keys::DISCUSSIONS.to_owned(), "Discussions");
    frame.feed = Some((keys::DISCUSSIONS_FEED.to_owned(), format!("{}: discussions", site.title)));
    frame.generation = Some(generation);
    let page = ListPage {
        view: View::index(),
        heading: "Discussions",
        lead: lead(discussed.len(), "newest comment first"),
        empty: "Nobody has commented on these changesets yet.",
        total: discussed.len(),
        rows: rows(&frame, discussed, Quote::Newest, Details::On),
        older: Vec::new(),
        frame,
    };
    render(&page)
}

/// Entries with comments, newest comment first, then highest id.
pub(crate) fn discussed(entries: &[Entry]) -> Vec<&Entry> {
    let commented = |entry: &&Entry| entry.changeset.comments_count > 0 || !entry.changeset.discussion.is_empty();
    let mut discussed: Vec<_> = entries.iter().filter(commented).collect();
    discussed.sort_by_key(|entry| std::cmp::Reverse((entry.last_comment(), entry.time(), entry.id())));
    discussed
}

fn rows<'a>(
    frame: &Frame<'a>,
    entries: impl IntoIterator<Item = &'a Entry>,
    quote: Quote,
    details: Details,
) -> Vec<Row<'a>> {
    let row = |entry| Row { quote, details, ..Row::new(frame.site, frame.root, entry) };
    entries.into_iter().take(LIST_ROWS).map(row).collect()
}

fn lead(entries: usize, order: &str) -> String {
    if entries > LIST_ROWS {
        format!("The first {LIST_ROWS} of {} changesets, {order}.", text::count_of(entries))
    } else {
        format!("{}, {order}.", text::plural(entries as u64, "changeset"))
    }
}

fn frame<'a>(site: &'a Site, key: String, title: &str) -> Frame<'a> {
    let area = site.area.as_deref().unwrap_or("OpenStreetMap");
    let description = format!("{title}: what each changeset in {area} really changed.");
    Frame { script: assets::LIST, ..Frame::new(site, key, title.to_owned(), description) }
}

impl ListPage<'_> {
    /// What rows are sorted by: `time`, or on the page of discussions `comment`.
    fn order(&self) -> &'static str {
        if self.frame.key == keys::DISCUSSIONS { "comment" } else { "time" }
    }

    /// Names of labels as JSON, for the browser to pick rows of this view from documents of hours.
    fn names(&self, names: &[String]) -> String {
        serde_json::to_string(names).expect("a list of text")
    }
}

/// A row by itself, for documents that pages take rows from. Links are relative to the site's root.
pub(crate) fn row_html(site: &Site, entry: &Entry) -> String {
    render(&RowAlone { row: Row::new(site, "", entry) })
}

#[derive(Template)]
#[template(path = "row.html")]
struct RowAlone<'a> {
    row: Row<'a>,
}

/// Templates write to memory and hold no fallible expression.
pub(crate) fn render(template: &impl Template) -> String {
    template.render().expect("rendering to memory does not fail")
}
