//! Documents beside their schemas, links, sizes, and the rules of lists.

use std::{collections::BTreeSet, path::Path};

use osmtracker_osm::{Timestamp, UserId};
use osmtracker_pages::{
    Entry, MAX_ELEMENTS, Progress, SCHEMA, Status, View, assets, atom_feed, augmented_diff, changeset_page,
    discussions_page, keys, list_page, schemas, status_json, summary_page,
};
use serde_json::Value;

use crate::{
    fixture::{analysis, bare_entry, entries, index, rich_entry, site, time},
    html::Page,
    json_schema::violations,
    snapshots::documents,
};

/// The schema that a document must fit, by the document's key.
fn schema_name(key: &str) -> Option<&'static str> {
    let names = ["analysis.json", "bounds.geojson", "diff.geojson", "recent.json", "status.json"];
    if key.starts_with("hours/") { Some("hour.json") } else { names.into_iter().find(|name| key.ends_with(name)) }
}

fn status() -> Status {
    Status {
        schema: SCHEMA,
        generation: 42,
        generated_at: Some("2026-11-22T09:38:43Z".parse().expect("a time")),
        sequence: Some(osmtracker_osm::ChangesetSequence(6_641_018)),
        timestamp: Some(time("2026-11-22T09:40:00Z")),
        published_at: time("2026-11-22T09:40:31Z"),
        lag_seconds: Some(31),
        ..Status::default()
    }
}

#[test]
fn json_documents_fit_their_schemas() {
    let schemas = schemas();
    let documents = documents().into_iter().chain([(keys::STATUS.to_owned(), status_json(&status()))]);
    let mut checked = BTreeSet::new();
    for (key, document) in documents.filter(|(key, _)| key.ends_with("json")) {
        let name = schema_name(&key).unwrap_or_else(|| panic!("{key} has no schema"));
        let document: Value = serde_json::from_str(&document).unwrap();
        let found = violations(schemas[name].as_value(), &document);
        assert_eq!(found, Vec::<String>::new(), "{key}");
        checked.insert(name);
    }
    // The one of messages is held against them where they are made.
    checked.insert("notification.json");
    assert_eq!(checked.len(), schemas.len(), "each schema has a document");
}

/// `docs/data-formats.md` holds each schema between two comments. `UPDATE_SCHEMAS=1` writes them anew.
#[test]
fn the_documentation_has_the_schemas_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/data-formats.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let mut expected = written.clone();
    for (name, schema) in schemas() {
        let (begin, end) = (format!("<!-- schema {name} -->\n"), format!("<!-- end of schema {name} -->"));
        let start =
            expected.find(&begin).unwrap_or_else(|| panic!("no {begin:?} in docs/data-formats.md")) + begin.len();
        let stop = expected.find(&end).unwrap_or_else(|| panic!("no {end:?} in docs/data-formats.md"));
        let json = serde_json::to_string_pretty(&schema).unwrap();
        expected.replace_range(start..stop, &format!("\n```json\n{json}\n```\n\n"));
    }
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &expected).unwrap();
        return;
    }
    assert!(
        written == expected,
        "docs/data-formats.md is not up to date: run the tests of this crate with UPDATE_SCHEMAS=1"
    );
}

#[test]
fn an_entry_survives_its_document() {
    for entry in entries() {
        let json = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), entry);
    }
}

/// Also writes the site to `target/tmp/pages-site`, where a person can look at it.
#[test]
fn links_within_the_site_lead_to_published_keys() {
    let documents = documents();
    let published: BTreeSet<_> =
        documents.iter().map(|(key, _)| key.clone()).chain(assets().iter().map(|asset| asset.key.clone())).collect();
    let elsewhere = [
        "views/suspicious/feed.atom",
        "views/suspicious/recent.json",
        "views/suspicious/bounds.geojson",
        "hours/2026-11-22T08.json",
    ];
    for (key, html) in documents.iter().filter(|(key, _)| key.ends_with(".html")) {
        let page = Page::read(html);
        assert_eq!(page.errors, Vec::<String>::new(), "{key}");
        for address in page.addresses().filter(|address| !address.contains("://")) {
            let (path, anchor) = address.split_once('#').unwrap_or((address, ""));
            let target = if path.is_empty() { key.clone() } else { resolve(key, path) };
            assert!(published.contains(&target) || elsewhere.contains(&&*target), "{key} links to {address}");
            let html = documents.iter().find(|(key, _)| *key == target).map(|(_, html)| html);
            let anchored = anchor.is_empty() || html.is_some_and(|html| html.contains(&format!("id=\"{anchor}\"")));
            assert!(anchored, "{key} links to {address}");
        }
    }
    write_site(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages-site"), &documents);
}

fn resolve(key: &str, path: &str) -> String {
    let mut parts: Vec<_> = key.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop().expect("no link leaves the site");
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn write_site(folder: &Path, documents: &[(String, String)]) {
    let assets = assets().iter().map(|asset| (&asset.key, asset.bytes));
    for (key, bytes) in documents.iter().map(|(key, text)| (key, text.as_bytes())).chain(assets) {
        let path = folder.join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn ids_occur_once_and_headings_do_not_skip_a_level() {
    for (key, html) in documents().iter().filter(|(key, _)| key.ends_with(".html")) {
        let page = Page::read(html);
        let mut ids: Vec<_> = page.attributes.iter().filter(|(_, name, _)| name == "id").map(|(_, _, id)| id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "{key}");
        let level = |element: &String| match element.split(' ').next() {
            Some("h1") => Some(1),
            Some("h2") => Some(2),
            Some("h3") => Some(3),
            Some("h4") => Some(4),
            _ => None,
        };
        let levels: Vec<i32> = page.elements.iter().filter_map(level).collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{key}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{key}: {levels:?}");
    }
}

#[test]
fn a_feed_has_what_a_validator_asks_for() {
    let feed = atom_feed(&site(), &index(), &entries());
    let feed = roxmltree::Document::parse(&feed).unwrap();
    let atom = |name| ("http://www.w3.org/2005/Atom", name);
    let root = feed.root_element();
    let child = |node: roxmltree::Node<'_, '_>, name| {
        let found: Vec<_> = node.children().filter(|child| child.has_tag_name(atom(name))).collect();
        assert_eq!(found.len(), 1, "{name} of {}", node.tag_name().name());
        found[0].text().unwrap_or_default().to_owned()
    };
    let parents = || feed.descendants().filter(|node| node.has_tag_name(atom("entry"))).chain([root]);
    let mut ids = BTreeSet::new();
    for parent in parents() {
        let id = child(parent, "id");
        assert!(id.starts_with("tag:example.org,2026:osmtracker/"), "{id}");
        assert!(ids.insert(id));
        assert!(!child(parent, "title").trim().is_empty());
        assert!(child(parent, "updated").parse::<Timestamp>().is_ok());
        child(parent, "author");
    }
    assert_eq!(ids.len(), entries().len() + 1);
    let link = |rel| root.children().find(|node| node.attribute("rel") == Some(rel)).unwrap().attribute("href");
    assert_eq!(link("self"), Some("https://example.org/niue/views/index/feed.atom"));
    assert_eq!(link("alternate"), Some("https://example.org/niue/index.html"));
    assert_eq!(child(root, "updated"), "2026-11-22T11:30:00Z", "the newest comment");
}

#[test]
fn without_an_address_feeds_link_relative_to_themselves() {
    let mut site = site();
    site.base_url = None;
    let feed = atom_feed(&site, &index(), &entries());
    assert!(feed.contains("href=\"../../changesets/137003062/index.html\""));
    assert!(feed.contains("<id>tag:osmtracker.invalid,2026:osmtracker/changesets/137003062</id>"));
    assert!(!feed.contains("rel=\"self\""));
}

#[test]
fn the_augmented_diff_has_each_element_and_reads_back() {
    let analysis = analysis();
    let xml = augmented_diff(&analysis);
    let read = osmtracker_osm::xml::parse_augmented_diff(xml.as_bytes()).unwrap().actions;
    let changes = || analysis.elements.iter().chain(&analysis.moved_ways);
    assert_eq!(read.len(), changes().count());
    for (action, change) in read.iter().zip(changes()) {
        assert_eq!(action.action, change.action);
        assert_eq!(action.old, change.old, "{}", change.element_ref());
        assert_eq!(action.new, change.new, "{}", change.element_ref());
    }
}

#[test]
fn a_view_wants_any_all_and_none_of_its_labels() {
    let labels = |names: &[&str]| -> Vec<_> {
        let label = |name: &&str| osmtracker_analysis::LabelMatch { name: (*name).to_owned(), evidence: Vec::new() };
        names.iter().map(label).collect()
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let view = View { any: names(&["a", "b"]), all: names(&["c"]), none: names(&["d"]), ..View::index() };
    for (has, expected) in [
        (&["a", "c"][..], true),
        (&["b", "c", "x"], true),
        (&["a", "b"], false),
        (&["c"], false),
        (&["a", "c", "d"], false),
        (&[], false),
    ] {
        assert_eq!(view.matches(&labels(has)), expected, "{has:?}");
    }
    assert!(View::index().matches(&[]));
    assert!(View::is_valid_name("to-be-seen-2"));
    for name in ["", "index", "../x", "A", "a b", "ü"] {
        assert!(!View::is_valid_name(name), "{name:?}");
    }
}

#[test]
fn entries_are_sorted_by_time_then_id_and_updated_by_comments() {
    let rich = rich_entry();
    assert_eq!(rich.time(), time("2026-11-22T09:38:43Z"));
    assert_eq!(rich.updated(), time("2026-11-22T11:30:00Z"));
    assert_eq!(rich.hour(), "2026-11-22T09");
    let same_time = |id| bare_entry(id, Progress::Pending, Some("2026-11-22T08:01:00Z"));
    let mut entries = [same_time(1), same_time(3), rich, same_time(2)];
    entries.sort_by(Entry::newest_first);
    assert_eq!(entries.map(|entry| entry.id().0), [137_003_062, 3, 2, 1]);
}

#[test]
fn discussions_are_by_newest_comment_and_others_are_left_out() {
    let mut older = rich_entry();
    older.changeset.id.0 = 1;
    older.changeset.discussion.truncate(1);
    let html = discussions_page(&site(), &[older, bare_entry(2, Progress::Open, None), rich_entry()], 1);
    let at = |id: u64| html.find(&format!("id=\"c{id}\""));
    assert!(at(137_003_062).unwrap() < at(1).unwrap());
    assert_eq!(at(2), None);
}

#[test]
fn a_large_changeset_is_cut_and_says_so() {
    let mut analysis = analysis();
    let (way, node) = (analysis.elements[5].clone(), analysis.elements[0].clone());
    let copies = |of: &osmtracker_analysis::ElementChange, n: i64| {
        let mut copy = of.clone();
        copy.id.0 = 1_000_000 + n;
        copy
    };
    analysis.elements = (0..1000).map(|n| copies(&node, n)).chain((0..5000).map(|n| copies(&way, n))).collect();
    let html = changeset_page(&site(), &rich_entry(), Some(&analysis));
    assert_eq!(html.matches("<details class=\"element\"").count(), MAX_ELEMENTS);
    assert!(html.contains("Showing 2,000 of 5,001 elements."), "ways, and the one that moved with its nodes");
    assert!(html.contains("<h4>Ways <small>5,000</small></h4>"));
    assert!(html.contains("<a href=\"analysis.json\">"));
    assert!(html.contains("<li>800 more</li>"), "untagged nodes outside of ways");
}

#[test]
fn untagged_nodes_stand_under_their_way_alone() {
    let html = changeset_page(&site(), &rich_entry(), Some(&analysis()));
    assert!(!html.contains("id=\"node-1\""));
    assert!(html.contains("moved 14 m"));
    assert!(html.contains("untagged nodes: 2 created"));
    assert!(!html.contains("id=\"loose\""));
}

#[test]
fn documents_that_are_not_written_are_not_linked() {
    let mut site = site();
    site.documents = osmtracker_pages::Documents { analysis: false, diff: true, adiff: false };
    let html = changeset_page(&site, &rich_entry(), Some(&analysis()));
    assert!(!html.contains("analysis.json") && !html.contains("changes.adiff") && html.contains("diff.geojson"));
}

/// A hundred different changesets, as unlike each other as those of a real day.
fn hundred() -> Vec<Entry> {
    let words = ["Alofi", "Avatele", "Hakupu", "Mutalau", "Tamakautoga", "Vaiea", "Liku", "Toi"];
    let entry = |n: u64| {
        let mut entry = rich_entry();
        entry.changeset.id.0 -= n;
        entry.changeset.closed_at = entry.changeset.closed_at.map(|time| time.plus_seconds(-1234 * n as i64));
        let user = entry.changeset.user.as_mut().unwrap();
        user.uid = Some(UserId(n % 37));
        user.name = format!("{}-mapper-{}", words[n as usize % 8], n % 37).into();
        let comment = format!("{} and {} ({n})", words[n as usize % 8], words[n as usize * 3 % 7]);
        entry.changeset.tags =
            [("comment", &*comment), ("created_by", "iD 2.30.4"), ("source", "survey")].into_iter().collect();
        let digest = entry.digest.as_mut().unwrap();
        for (at, tag) in digest.tag_diff.create.iter_mut().enumerate() {
            tag.value = format!("{}{}", words[(n as usize + at) % 8], n * 7 % 13);
            tag.count = n as u32 % 50 + 1;
        }
        entry
    };
    (0..100).map(entry).collect()
}

/// Bytes without compression: a proxy for the budget in compressed bytes, which a browser test measures.
#[test]
fn pages_of_a_hundred_changesets_keep_their_size() {
    let entries = hundred();
    let list = list_page(&site(), &index(), &entries, 1, &[]);
    let summary = summary_page(&site(), &entries, 1);
    write_site(
        &Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages-hundred"),
        &[(keys::INDEX.to_owned(), list.clone()), (keys::SUMMARY.to_owned(), summary.clone())],
    );
    assert!(list.len() < 400_000, "{}", list.len());
    assert!(summary.len() < 100_000, "{}", summary.len());
}

#[test]
fn a_label_that_says_only_where_flags_nothing_and_one_that_all_have_is_not_shown_in_rows() {
    let mut entry = rich_entry();
    entry.labels.retain(|label| label.name == "inside");
    assert_eq!(entry.labels.len(), 1);
    let list = |site: &osmtracker_pages::Site| list_page(site, &index(), std::slice::from_ref(&entry), 1, &[]);
    assert!(list(&site()).contains("data-is=\"flagged discussed\""));
    let inside = BTreeSet::from(["inside".to_owned()]);
    let places = osmtracker_pages::Site { places: inside.clone(), ..site() };
    let page = list(&places);
    assert!(page.contains("data-is=\"discussed\"") && page.contains("class=\"flags\""), "a place, shown");
    let common = osmtracker_pages::Site { common: inside, ..places };
    assert!(!list(&common).contains("class=\"flags\""));
    assert!(changeset_page(&common, &entry, Some(&analysis())).contains("class=\"reasons\""), "its own page has it");
}
