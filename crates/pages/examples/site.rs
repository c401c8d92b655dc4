//! Writes a site of hand-made changesets into a folder: every state of every page, for the browser tests.
//!
//! `cargo run -p osmtracker-pages --example site -- DIR` gives these folders, each a site of its own:
//! `small` (the hand-made changesets), `later` (the same two changesets on), `many` (1,100 rows, 100 of them on the page
//! and the others in documents of hours), `large` (a changeset of 1,000 elements and one of 5,000), `hostile`, `empty`,
//! `raster` and `pmtiles` (with that background, from `http://tiles.invalid/`, and from the site itself).

use std::{error::Error, fs, path::Path};

use osmtracker_analysis::{Analysis, ElementChange, GeometryChange, MovedNode};
use osmtracker_osm::{
    Action, ChangesetId, Coordinate, Element, ElementData, ElementId, ElementType, Gap, GapKind, Tags, WayNode,
};
use osmtracker_pages::{
    Basemap, Documents, Entry, LIST_ROWS, Site, Status, View, about_page, analysis_json, assets, atom_feed,
    augmented_diff, bounds_geojson, changeset_page, diff_geojson, discussions_feed, discussions_page, hour_json, keys,
    list_page, recent_json, status_json, summary_page,
};

#[path = "../tests/pages/fixture.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "part of the tests, which use more of it")]
mod fixture;
#[path = "../tests/pages/hostile_words.rs"]
#[expect(clippy::unwrap_used, reason = "part of the tests")]
mod hostile_words;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result {
    let folder = std::env::args().nth(1).ok_or("name the folder to write to")?;
    let folder = Path::new(&folder);
    let changesets = || vec![(fixture::rich_entry().id(), fixture::analysis())];
    let entries = fixture::entries();
    World { site: fixture::site(), entries: entries.clone(), analyses: changesets(), generation: 42 }
        .write(&folder.join("small"))?;
    let later = newer(2).into_iter().chain(entries).collect();
    World { site: fixture::site(), entries: later, analyses: changesets(), generation: 43 }
        .write(&folder.join("later"))?;
    World { site: fixture::site(), entries: many(1_100), analyses: Vec::new(), generation: 1 }
        .write(&folder.join("many"))?;
    large().write(&folder.join("large"))?;
    World { site: fixture::site(), entries: Vec::new(), analyses: Vec::new(), generation: 0 }
        .write(&folder.join("empty"))?;
    for (name, address) in [("raster", "http://tiles.invalid/{z}/{x}/{y}.png"), ("pmtiles", "maps/area.pmtiles")] {
        let basemap = Basemap::parse(address, "© The tiles' makers").ok_or("this is a basemap")?;
        let site = Site { basemap, ..fixture::site() };
        World { site, entries: fixture::entries(), analyses: changesets(), generation: 1 }.write(&folder.join(name))?;
    }
    hostile().write(&folder.join("hostile"))
}

/// A site to be written.
struct World {
    site: Site,
    entries: Vec<Entry>,
    analyses: Vec<(ChangesetId, Analysis)>,
    generation: u64,
}

impl World {
    fn write(&self, folder: &Path) -> Result {
        for (key, bytes) in self.documents() {
            let path = folder.join(key);
            fs::create_dir_all(path.parent().ok_or("a key has a folder")?)?;
            fs::write(path, bytes)?;
        }
        Ok(())
    }

    fn documents(&self) -> Vec<(String, Vec<u8>)> {
        let (site, entries) = (&self.site, &self.entries);
        let mut documents: Vec<(String, String)> = vec![
            (keys::DISCUSSIONS.to_owned(), discussions_page(site, entries, self.generation)),
            (keys::DISCUSSIONS_FEED.to_owned(), discussions_feed(site, entries)),
            (keys::SUMMARY.to_owned(), summary_page(site, entries, self.generation)),
            (keys::ABOUT.to_owned(), about_page(site)),
            (keys::STATUS.to_owned(), self.status()),
        ];
        let mut older: Vec<_> = entries.iter().skip(LIST_ROWS).map(Entry::hour).collect();
        older.dedup();
        for hour in &older {
            let of_hour: Vec<_> = entries.iter().filter(|entry| entry.hour() == *hour).cloned().collect();
            documents.push((keys::hour(hour), hour_json(site, hour, &of_hour)));
        }
        for view in site.all_views() {
            documents.extend(self.view(&view, &older));
        }
        documents.extend(entries.iter().flat_map(|entry| self.changeset(entry)));
        let assets = assets().iter().flat_map(|asset| {
            let variants = [("", asset.bytes), (".br", asset.brotli), (".gz", asset.gzip)];
            variants.map(|(suffix, bytes)| (format!("{}{suffix}", asset.key), bytes.to_vec()))
        });
        documents.into_iter().map(|(key, text)| (key, text.into_bytes())).chain(assets).collect()
    }

    fn view(&self, view: &View, older: &[String]) -> [(String, String); 4] {
        let (site, entries) = (&self.site, &self.entries);
        let shown: Vec<_> = entries.iter().filter(|entry| view.matches(&entry.labels)).cloned().collect();
        [
            (keys::view_page(view), list_page(site, view, &shown, self.generation, older)),
            (keys::view_feed(view), atom_feed(site, view, &shown)),
            (keys::view_recent(view), recent_json(site, view, &shown)),
            (keys::view_bounds(view), bounds_geojson(site, view, &shown)),
        ]
    }

    fn changeset(&self, entry: &Entry) -> Vec<(String, String)> {
        let id = entry.id();
        let analysis = self.analyses.iter().find(|(of, _)| *of == id).map(|(_, analysis)| analysis);
        let mut documents = vec![
            (keys::changeset_page(id), changeset_page(&self.site, entry, analysis)),
            (keys::analysis(id), analysis_json(entry, analysis)),
        ];
        if let Some(analysis) = analysis {
            documents.push((keys::diff(id), diff_geojson(id, analysis)));
            documents.push((keys::adiff(id), augmented_diff(analysis)));
        }
        documents
    }

    fn status(&self) -> String {
        let time = self.entries.first().map(Entry::time);
        status_json(&Status {
            schema: 1,
            generation: self.generation,
            generated_at: Some("2026-11-22T09:38:43Z".parse().expect("a time")),
            timestamp: time,
            published_at: time.unwrap_or_default(),
            lag_seconds: Some(31),
            ..Status::default()
        })
    }
}

/// Changesets that came since.
fn newer(n: u64) -> Vec<Entry> {
    (1..=n).rev().map(|at| numbered(at, Step::Later)).collect()
}

#[derive(Clone, Copy)]
enum Step {
    Earlier,
    Later,
}

fn numbered(at: u64, step: Step) -> Entry {
    let mut entry = fixture::rich_entry();
    let minutes = i64::try_from(at).unwrap_or(0);
    let (id, seconds) = match step {
        Step::Later => (entry.id().0 + at, minutes * 60),
        Step::Earlier => (entry.id().0 - 1_000 - at, minutes * -60),
    };
    entry.changeset.id = ChangesetId(id);
    let created = entry.changeset.created_at;
    entry.changeset.created_at = created.plus_seconds(seconds);
    entry.changeset.closed_at = entry.changeset.closed_at.map(|time| time.plus_seconds(seconds));
    let n = u32::try_from(at % 7).unwrap_or(0);
    entry.changeset.num_changes = 10 * n + 1;
    let comment = format!("Changeset number {at}");
    entry.changeset.tags = [("comment", &*comment), ("created_by", "iD 2.30.4")].into_iter().collect();
    entry.changeset.discussion.clear();
    entry.changeset.comments_count = 0;
    if n > 0 {
        // As rich as rows of real changesets are on the average.
        entry.labels.clear();
        if let Some(digest) = &mut entry.digest {
            digest.tag_diff.create.truncate(2);
            digest.unchanged_tags.clear();
        }
    }
    entry
}

fn many(n: u64) -> Vec<Entry> {
    (0..n).map(|at| numbered(at, Step::Earlier)).collect()
}

/// A changeset for each payload, in which strangers wrote it everywhere.
fn hostile() -> World {
    let (mut entries, mut analyses) = (Vec::new(), Vec::new());
    for (id, payload) in (1..).zip(hostile_words::PAYLOADS) {
        let mut entry = hostile_words::infected_entry(payload);
        entry.changeset.id = ChangesetId(id);
        analyses.push((entry.id(), hostile_words::infected_analysis(payload)));
        entries.push(entry);
    }
    entries.sort_by(Entry::newest_first);
    World { site: fixture::site(), entries, analyses, generation: 1 }
}

/// A changeset of many ways and nodes that were moved, created and deleted.
fn analysis_of(elements: i64) -> Analysis {
    let mut analysis = fixture::analysis();
    (analysis.elements, analysis.moved_ways, analysis.moved_nodes) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..elements {
        let (lon, lat) = (-169.95 + (n % 40) as f64 * 0.002, -19.08 + (n / 40) as f64 * 0.001);
        let (from, to) = (fixture::at(lon, lat), fixture::at(lon + 0.0003, lat + 0.0002));
        if n % 3 == 0 {
            analysis.elements.push(node(n, from, to));
            analysis.moved_nodes.push(MovedNode { id: ElementId(n + 1), from, to, distance_m: 38.0 });
        } else {
            analysis.elements.push(way(n, lon, lat));
        }
    }
    analysis.elements.sort_by_key(|change| (change.kind, change.id));
    analysis.gaps = (0..2)
        .map(|n| Gap { kind: GapKind::Redacted, element: None, version: None, detail: format!("version {n}") })
        .collect();
    analysis
}

fn node(n: i64, from: Coordinate, to: Coordinate) -> ElementChange {
    let side = |position| Element { data: ElementData::Node { position: Some(position) }, ..element(n) };
    ElementChange {
        kind: ElementType::Node,
        id: ElementId(n + 1),
        action: Action::Modify,
        old: Some(side(from)),
        new: Some(side(to)),
        geometry: Some(GeometryChange::Moved { distance_m: 38.0 }),
        ..change()
    }
}

fn way(n: i64, lon: f64, lat: f64) -> ElementChange {
    let corner = |at: i64, x: f64, y: f64| WayNode {
        id: ElementId(100_000 + 4 * n + at),
        position: Some(fixture::at(lon + x, lat + y)),
    };
    let nodes = [
        corner(0, 0.0, 0.0),
        corner(1, 0.0005, 0.0),
        corner(2, 0.0005, 0.0003),
        corner(3, 0.0, 0.0003),
        corner(0, 0.0, 0.0),
    ];
    let mut tags = Tags::new();
    tags.push("building", "yes");
    let side = Element { data: ElementData::Way { nodes: nodes.to_vec() }, tags, ..element(n) };
    let deleted = n % 5 == 0;
    ElementChange {
        kind: ElementType::Way,
        id: ElementId(n + 1),
        action: if deleted { Action::Delete } else { Action::Create },
        old: deleted.then(|| side.clone()),
        new: (!deleted).then_some(side),
        ..change()
    }
}

/// The node of the hand-made changesets, as a pattern.
fn change() -> ElementChange {
    let mut change = fixture::analysis().elements.into_iter().next().expect("the fixture has elements");
    (change.old, change.new, change.geometry, change.label) = (None, None, None, None);
    change.tag_diff.clear();
    change.notes.clear();
    change.steps.clear();
    change
}

fn element(n: i64) -> Element {
    let pattern = fixture::analysis().elements.into_iter().find_map(|change| change.new).expect("one has a new side");
    Element { id: ElementId(n + 1), tags: Tags::new(), ..pattern }
}

fn large() -> World {
    let entry = |id, changes| {
        let mut entry = numbered(id, Step::Earlier);
        entry.changeset.id = ChangesetId(id);
        entry.changeset.num_changes = changes;
        entry
    };
    World {
        site: Site { documents: Documents::default(), ..fixture::site() },
        entries: vec![entry(5_000, 5_000), entry(1_000, 1_000)],
        analyses: vec![(ChangesetId(5_000), analysis_of(5_000)), (ChangesetId(1_000), analysis_of(1_000))],
        generation: 1,
    }
}
