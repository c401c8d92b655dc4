//! Each page and document of the hand-made changesets, whole.

use osmtracker_pages::{
    Entry, LIST_ROWS, about_page, analysis_json, atom_feed, augmented_diff, bounds_geojson, changeset_page,
    diff_geojson, discussions_feed, discussions_page, hour_json, list_page, recent_json, summary_page,
};

use crate::fixture::{analysis, entries, index, rich_entry, site};

fn pretty(json: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(json).unwrap()).unwrap()
}

/// Every public document of a site with the hand-made changesets, by key.
pub(crate) fn documents() -> Vec<(String, String)> {
    let (site, entries, analysis, rich) = (site(), entries(), analysis(), rich_entry());
    let id = rich.id();
    let hours = ["2026-11-22T08".to_owned(), "2026-11-21T23".to_owned()];
    let suspicious = site.views[0].clone();
    let listed: Vec<_> = entries.iter().filter(|entry| suspicious.matches(&entry.labels)).cloned().collect();
    let late: Vec<_> = entries.iter().filter(|entry| entry.hour() == "2026-11-21T23").cloned().collect();
    use osmtracker_pages::keys;
    let mut documents = vec![
        (keys::INDEX.to_owned(), list_page(&site, &index(), &entries, 42, &hours)),
        (keys::view_page(&suspicious), list_page(&site, &suspicious, &listed, 42, &[])),
        (keys::view_feed(&index()), atom_feed(&site, &index(), &entries)),
        (keys::view_recent(&index()), recent_json(&site, &index(), &entries)),
        (keys::view_bounds(&index()), bounds_geojson(&site, &index(), &entries)),
        (keys::DISCUSSIONS.to_owned(), discussions_page(&site, &entries, 42)),
        (keys::DISCUSSIONS_FEED.to_owned(), discussions_feed(&site, &entries)),
        (keys::SUMMARY.to_owned(), summary_page(&site, &entries, 42)),
        (keys::ABOUT.to_owned(), about_page(&site)),
        (keys::hour("2026-11-21T23"), hour_json(&site, "2026-11-21T23", &late)),
        (keys::changeset_page(id), changeset_page(&site, &rich, Some(&analysis))),
        (keys::analysis(id), analysis_json(&rich, Some(&analysis))),
        (keys::diff(id), diff_geojson(id, &analysis)),
        (keys::adiff(id), augmented_diff(&analysis)),
    ];
    for entry in entries.iter().filter(|entry| entry.id() != id) {
        documents.push((keys::changeset_page(entry.id()), changeset_page(&site, entry, None)));
        documents.push((keys::analysis(entry.id()), analysis_json(entry, None)));
    }
    documents
}

#[test]
fn documents_are_as_reviewed() {
    // What the augmented diff looks like is decided by its writer: another test reads it back.
    for (key, mut document) in documents().into_iter().filter(|(key, _)| !key.ends_with(".adiff")) {
        for asset in osmtracker_pages::assets() {
            let (stem, _) = asset.key.split_once('-').unwrap();
            document = document.replace(&asset.key, &format!("{stem}-HASH"));
        }
        let is_json = key.ends_with("json");
        let shown = if is_json { pretty(&document) } else { document };
        insta::assert_snapshot!(key.replace('/', "__"), shown);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(documents(), documents());
}

#[test]
fn the_generation_is_all_that_differs_between_two_states_of_the_site() {
    let page = |generation| list_page(&site(), &index(), &entries(), generation, &[]);
    let meta = |generation| format!("<meta name=\"osmtracker:generation\" content=\"{generation}\">");
    assert!(page(1).contains(&meta(1)));
    assert_eq!(page(1).replace(&meta(1), &meta(2)), page(2));
}

#[test]
fn a_list_shows_the_newest_hundred_and_says_how_many_there_are() {
    let entries: Vec<Entry> = (0..250)
        .map(|n| {
            let mut entry = rich_entry();
            entry.changeset.id.0 -= n;
            entry
        })
        .collect();
    let page = list_page(&site(), &index(), &entries, 1, &[]);
    assert_eq!(page.matches("<li class=\"row ").count(), LIST_ROWS);
    assert!(page.contains("The first 100 of 250 changesets, newest first."));
    assert_eq!(atom_feed(&site(), &index(), &entries).matches("<entry>").count(), LIST_ROWS);
}
