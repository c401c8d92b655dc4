//! What is made of the window: pages, feeds, summaries, older hours.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hasher},
    io::Read,
};

use bytes::Bytes;
use flate2::read::GzDecoder;
use osmtracker_osm::Timestamp;
use osmtracker_pages::{self as pages, Entry, keys};
use serde::Deserialize;

use super::{
    details::{Changes, FRESH, gzip, public, put},
    window::{SealedChange, Window, apply},
};
use crate::{
    metrics::ObjectKind,
    ports::{ETag, ObjectMeta, PortError, PutCondition},
    steps::{Ports, StepError},
};

/// The window's place.
const KEY: &str = "publish/window.json.gz";

/// Tries against another publisher before the messages go back.
const TRIES: usize = 5;

/// A document of the site, before it is known whether it has to be written.
struct Rendered {
    key: String,
    content_type: &'static str,
    cache_control: &'static str,
    content_encoding: Option<&'static str>,
    kind: ObjectKind,
    content: Bytes,
}

/// What is read again of an hour's document.
#[derive(Deserialize)]
struct StoredHour {
    items: Vec<StoredItem>,
}

#[derive(Deserialize)]
struct StoredItem {
    #[serde(rename = "_osmtracker")]
    entry: Entry,
}

const JSON: &str = "application/json";
const JSON_FEED: &str = "application/feed+json";
const GEOJSON: &str = "application/geo+json";
const ATOM: &str = "application/atom+xml; charset=utf-8";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Takes the changes up into the window and writes what differs of the lists. Answers the generation.
pub(super) async fn write(ports: &Ports, changes: &Changes) -> Result<u64, StepError> {
    // What an earlier try wrote may stand over what its winner wrote: the next try writes it in any case.
    let mut dirty = BTreeSet::new();
    for _ in 0..TRIES {
        let (mut window, etag) = load(ports).await?;
        let before = window.generation;
        update(ports, &mut window, changes, &mut dirty).await?;
        if window.generation == before && etag.is_some() {
            return Ok(before);
        }
        match store(ports, &window, etag).await {
            Err(PortError::Conflict { .. }) => continue,
            result => return result.map(|()| window.generation).map_err(StepError::from),
        }
    }
    Err(PortError::Conflict { what: KEY.to_owned() }.into())
}

async fn load(ports: &Ports) -> Result<(Window, Option<ETag>), StepError> {
    let Some(object) = ports.site.get(KEY).await? else { return Ok((Window::default(), None)) };
    let mut json = Vec::new();
    GzDecoder::new(object.bytes.as_ref())
        .read_to_end(&mut json)
        .map_err(serde_json::Error::io)
        .and_then(|_| serde_json::from_slice(&json))
        .map(|window| (window, Some(object.etag)))
        .map_err(|error| StepError::Permanent { what: format!("read {KEY}"), source: error.into() })
}

/// What lists and totals are made of, newest first: the entries of the window as the publisher left it.
///
/// # Errors
/// When the objects cannot be read, or the window is none of ours.
pub async fn window_entries(ports: &Ports) -> Result<Vec<Entry>, StepError> {
    Ok(load(ports).await?.0.entries)
}

async fn store(ports: &Ports, window: &Window, etag: Option<ETag>) -> Result<(), PortError> {
    let json = serde_json::to_vec(window).expect("plain data with text keys");
    let bytes = gzip(&json);
    let meta = ObjectMeta { content_type: "application/json", cache_control: FRESH, content_encoding: Some("gzip") };
    let condition = etag.map_or(PutCondition::Absent, PutCondition::Matches);
    ports.metrics.written(ObjectKind::Data, bytes.len() as u64);
    ports.site.put(KEY, bytes, meta, condition).await.map(drop)
}

async fn update(
    ports: &Ports,
    window: &mut Window,
    changes: &Changes,
    dirty: &mut BTreeSet<String>,
) -> Result<(), StepError> {
    let mut sealed: Vec<(String, SealedChange)> = Vec::new();
    for (id, row) in &changes.removed {
        let times = row.iter().flat_map(|row| [Some(row.changeset.created_at), row.changeset.closed_at]).flatten();
        sealed.extend(window.drop(*id, times.map(hour)));
    }
    for entry in &changes.updated {
        sealed.extend(window.put(entry.clone()));
    }
    let left = window.seal(ports.config.pipeline.window_rows);
    let sealed_changed = write_sealed(ports, window, sealed, left).await?;
    let written = write_changed(ports, window, render(ports, window, 0), dirty).await?;
    if sealed_changed || written {
        window.generation += 1;
    }
    Ok(())
}

fn hour(time: Timestamp) -> String {
    let mut hour = time.to_string();
    hour.truncate("2026-11-22T09".len());
    hour
}

/// Writes the hours that left the window, and changes those that left it before.
async fn write_sealed(
    ports: &Ports,
    window: &mut Window,
    changes: Vec<(String, SealedChange)>,
    left: Vec<(String, Vec<Entry>)>,
) -> Result<bool, StepError> {
    let mut hours: BTreeMap<String, Vec<Entry>> = left.into_iter().collect();
    for (hour, change) in changes {
        let entries = match hours.remove(&hour) {
            Some(entries) => entries,
            None => read_hour(ports, &hour).await?,
        };
        let entries = hours.entry(hour).or_insert(entries);
        apply(entries, change);
    }
    let any = !hours.is_empty();
    for (hour, entries) in hours {
        let key = keys::hour(&hour);
        window.written.remove(&key);
        if entries.is_empty() {
            window.sealed.remove(&hour);
            ports.site.delete(&[public(&key)]).await?;
        } else {
            let document = pages::hour_json(&ports.config.site, &hour, &entries);
            put(ports, &public(&key), document, "application/json", ObjectKind::Data).await?;
        }
    }
    Ok(any)
}

async fn read_hour(ports: &Ports, hour: &str) -> Result<Vec<Entry>, StepError> {
    let key = public(&keys::hour(hour));
    let Some(object) = ports.site.get(&key).await? else { return Ok(Vec::new()) };
    let document: StoredHour = serde_json::from_slice(&object.bytes)
        .map_err(|error| StepError::Permanent { what: format!("read {key}"), source: error.into() })?;
    Ok(document.items.into_iter().map(|item| item.entry).collect())
}

/// Everything that is made of the window alone, as of a generation.
fn render(ports: &Ports, window: &Window, generation: u64) -> Vec<Rendered> {
    let (site, entries) = (&ports.config.site, window.entries.as_slice());
    let below = window.hours_below(pages::LIST_ROWS);
    let older: BTreeSet<_> = below.keys().chain(&window.sealed).cloned().collect();
    let older: Vec<_> = older.into_iter().rev().collect();
    let assets = pages::assets().iter();
    let mut rendered: Vec<_> = if ports.site.keeps_encodings() {
        assets.flat_map(Rendered::encoded_asset).collect()
    } else {
        assets.flat_map(Rendered::asset_files).collect()
    };
    rendered.extend(below.into_iter().map(|(hour, entries)| {
        Rendered::new(keys::hour(&hour), JSON, ObjectKind::Data, pages::hour_json(site, &hour, &entries))
    }));
    for view in site.all_views() {
        let shown: Vec<_> = entries.iter().filter(|entry| view.matches(&entry.labels)).cloned().collect();
        rendered.extend([
            Rendered::new(keys::view_feed(&view), ATOM, ObjectKind::Feed, pages::atom_feed(site, &view, &shown)),
            Rendered::new(
                keys::view_recent(&view),
                JSON_FEED,
                ObjectKind::Data,
                pages::recent_json(site, &view, &shown),
            ),
            Rendered::new(
                keys::view_bounds(&view),
                GEOJSON,
                ObjectKind::Data,
                pages::bounds_geojson(site, &view, &shown),
            ),
            Rendered::page(keys::view_page(&view), pages::list_page(site, &view, &shown, generation, &older)),
        ]);
    }
    rendered.extend([
        Rendered::new(
            keys::DISCUSSIONS_FEED.to_owned(),
            ATOM,
            ObjectKind::Feed,
            pages::discussions_feed(site, entries),
        ),
        Rendered::page(keys::DISCUSSIONS.to_owned(), pages::discussions_page(site, entries, generation)),
        Rendered::page(keys::SUMMARY.to_owned(), pages::summary_page(site, entries, generation)),
        Rendered::page(keys::ABOUT.to_owned(), pages::about_page(site)),
    ]);
    rendered
}

/// Writes what differs from what was written before, the front page last, and removes what is not made any more.
async fn write_changed(
    ports: &Ports,
    window: &mut Window,
    rendered: Vec<Rendered>,
    dirty: &mut BTreeSet<String>,
) -> Result<bool, StepError> {
    let hashes: BTreeMap<_, _> = rendered.iter().map(|one| (one.key.clone(), one.hash())).collect();
    // Assets of earlier releases stay: the pages of changesets that were written then refer to them.
    let is_gone = |key: &&String| !hashes.contains_key(*key) && !key.starts_with("assets/");
    let gone: Vec<_> = window.written.keys().filter(is_gone).map(|key| public(key)).collect();
    let differs =
        |key: &String, dirty: &BTreeSet<String>| dirty.contains(key) || window.written.get(key) != hashes.get(key);
    let changed: BTreeSet<_> = hashes.keys().filter(|key| differs(key, dirty)).cloned().collect();
    dirty.extend(changed.iter().cloned());
    if !changed.is_empty() {
        let mut rendered = render(ports, window, window.generation + 1);
        rendered.sort_by_key(|one| one.key == keys::INDEX);
        for one in rendered.into_iter().filter(|one| changed.contains(&one.key)) {
            one.put(ports).await?;
        }
    }
    ports.site.delete(&gone).await?;
    window.written = hashes;
    Ok(!changed.is_empty() || !gone.is_empty())
}

impl Rendered {
    fn new(key: String, content_type: &'static str, kind: ObjectKind, content: impl Into<Bytes>) -> Self {
        Self { key, content_type, cache_control: FRESH, content_encoding: None, kind, content: content.into() }
    }

    fn page(key: String, content: String) -> Self {
        Self::new(key, "text/html; charset=utf-8", ObjectKind::Page, content)
    }

    /// An asset as a store keeps it that sends `Content-Encoding`: as gzip, which every browser reads, and beside it as
    /// Brotli for a host that asks the browser first (`docs/decisions/0011`).
    fn encoded_asset(asset: &pages::Asset) -> [Self; 2] {
        [Self::asset(asset, "", Some("gzip"), asset.gzip), Self::asset(asset, ".br", Some("br"), asset.brotli)]
    }

    /// An asset as files that web servers find by their names.
    fn asset_files(asset: &pages::Asset) -> [Self; 3] {
        [("", asset.bytes), (".br", asset.brotli), (".gz", asset.gzip)]
            .map(|(suffix, bytes)| Self::asset(asset, suffix, None, bytes))
    }

    fn asset(asset: &pages::Asset, suffix: &str, content_encoding: Option<&'static str>, bytes: &'static [u8]) -> Self {
        Self {
            key: format!("{}{suffix}", asset.key),
            content_type: asset.content_type,
            cache_control: FOR_EVER,
            content_encoding,
            kind: ObjectKind::Asset,
            content: Bytes::from_static(bytes),
        }
    }

    /// Tells whether the content differs from what was written before. An asset's key changes with its content.
    fn hash(&self) -> String {
        if self.kind == ObjectKind::Asset {
            return String::new();
        }
        // Another release of the compiler may hash differently: then everything is written once more.
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.content);
        format!("{:016x}", hasher.finish())
    }

    async fn put(self, ports: &Ports) -> Result<(), StepError> {
        let Self { content_type, cache_control, content_encoding, .. } = self;
        let meta = ObjectMeta { content_type, cache_control, content_encoding };
        ports.metrics.written(self.kind, self.content.len() as u64);
        ports.site.put(&public(&self.key), self.content, meta, PutCondition::Always).await?;
        Ok(())
    }
}
