use askama::Template;
use osmtracker_osm::Timestamp;

use crate::{
    Entry, LIST_ROWS, Site, View, keys,
    list::{discussed, render},
    page::root_of,
    row::{Quote, Row},
};

/// The year in the `tag:` ids of feeds (RFC 4151): fixed for ever, or every entry would be new to every reader.
const TAG_YEAR: u32 = 2026;

#[derive(Template)]
#[template(path = "feed.atom")]
struct AtomFeed<'a> {
    site: &'a Site,
    id: String,
    title: String,
    updated: Timestamp,
    own: Option<String>,
    page: String,
    entries: Vec<FeedEntry<'a>>,
}

struct FeedEntry<'a> {
    id: String,
    title: String,
    link: String,
    author: &'a str,
    author_url: Option<String>,
    published: Timestamp,
    updated: Timestamp,
    labels: Vec<(&'a str, &'a str)>,
    content: String,
}

/// What a feed's entry tells, as HTML with absolute links where the site has an address.
#[derive(Template)]
#[template(path = "entry.html")]
struct EntryContent<'a> {
    row: Row<'a>,
    link: String,
}

/// The Atom feed (RFC 4287) of a view: its first [`LIST_ROWS`] entries, newest first, with the whole summary each.
///
/// Ids are `tag:` URIs of the host of [`Site::base_url`]; without one, links are relative to the feed.
#[must_use]
pub fn atom_feed(site: &Site, view: &View, entries: &[Entry]) -> String {
    let title = format!("{}: {}", site.title, view.title);
    let (key, page) = (keys::view_feed(view), keys::view_page(view));
    feed(site, &key, &page, title, entries.iter().take(LIST_ROWS).map(|entry| Row::new(site, root_of(&key), entry)))
}

/// The Atom feed of changesets with comments, newest comment first, the newest comment quoted.
///
/// `entries` may hold others and come in any order.
#[must_use]
pub fn discussions_feed(site: &Site, entries: &[Entry]) -> String {
    let title = format!("{}: discussions", site.title);
    let (key, page) = (keys::DISCUSSIONS_FEED, keys::DISCUSSIONS);
    let row = |entry| Row { quote: Quote::Newest, ..Row::new(site, root_of(key), entry) };
    feed(site, key, page, title, discussed(entries).into_iter().take(LIST_ROWS).map(row))
}

fn feed<'a>(site: &'a Site, key: &str, page: &str, title: String, rows: impl Iterator<Item = Row<'a>>) -> String {
    let link = |page: &str| site.absolute(page).unwrap_or_else(|| format!("{}{page}", root_of(key)));
    let entries: Vec<_> = rows.map(|row| feed_entry(link(&keys::changeset_page(row.entry.id())), row)).collect();
    render(&AtomFeed {
        site,
        id: tag(site, key.trim_end_matches("/feed.atom")),
        title,
        // Nothing has happened yet in an empty feed, and there is no clock here.
        updated: entries.iter().map(|entry| entry.updated).max().unwrap_or_default(),
        own: site.absolute(key),
        page: link(page),
        entries,
    })
}

fn feed_entry<'a>(link: String, row: Row<'a>) -> FeedEntry<'a> {
    FeedEntry {
        id: tag(row.site, &format!("changesets/{}", row.id())),
        title: title(row.entry),
        author: row.user().filter(|name| !name.trim().is_empty()).unwrap_or("anonymous"),
        author_url: row.user().map(|_| row.user_href()),
        published: row.entry.time(),
        updated: row.entry.updated(),
        labels: row.entry.labels.iter().map(|label| (&*label.name, row.site.label_title(&label.name))).collect(),
        content: render(&EntryContent { link: link.clone(), row }),
        link,
    }
}

/// The title of an entry: the author's comment.
pub(crate) fn title(entry: &Entry) -> String {
    match entry.changeset.comment() {
        Some(comment) => comment.to_owned(),
        None => format!("Changeset {} without a comment", entry.id()),
    }
}

/// The HTML of an entry, for JSON feeds.
pub(crate) fn content(site: &Site, entry: &Entry) -> String {
    render(&EntryContent { link: site.permanent_url(entry.id()), row: Row::new(site, "", entry) })
}

/// A permanent id: it depends on the host of the site, and on nothing else that may change.
pub(crate) fn tag(site: &Site, name: &str) -> String {
    let host = site.base_url.as_deref().and_then(host).unwrap_or("osmtracker.invalid");
    format!("tag:{host},{TAG_YEAR}:osmtracker/{name}")
}

fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    (!host.is_empty() && host.bytes().all(plain)).then_some(host)
}
