//! The demo, from its start to the last link of its site.

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, Instant},
};

use osmtracker_osm::{Action, ElementType, xml};
use osmtracker_testkit::require_data;
use serde_json::Value;

use crate::{
    answer::{get, get_with},
    process::{PATIENCE, Running, eventually, osmtracker, run},
    site::{Site, status},
};

const TO_THE_END: [&str; 5] = ["demo", "--until-caught-up", "--no-serve", "--data", "data"];

#[test]
fn the_demo_ends_by_itself_with_457_changesets_and_its_site_holds_together() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let end = run(osmtracker(folder.path(), &TO_THE_END)).expect_code(0);
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
    assert_eq!(end.stdout, "");
    let data = folder.path().join("data");
    let status = status(&data).unwrap();
    assert_eq!((&status["states"]["DONE"], &status["sequence"]), (&457.into(), &status["head_sequence"]));
    let site = Site::read(&data);
    assert_eq!(site.changesets().len(), 457);
    assert_links_lead_somewhere(&site);
    assert_feeds_are_atom(&site);
    assert_documents_parse(&site);
    assert_lists_hold_everything_once(&site);

    let again = run(osmtracker(folder.path(), &TO_THE_END)).expect_code(0);
    assert_eq!(again.numbers()[0], 0, "nothing was read again");
    site.assert_same(&Site::read(&data), "a second start");
    assert_counts_are_those_of_another_program(&site);
}

/// Every address in a page is elsewhere, or a file here, and its fragment is there.
fn assert_links_lead_somewhere(site: &Site) {
    let mut seen = BTreeSet::new();
    for key in site.0.keys().filter(|key| key.ends_with(".html")) {
        for link in links(site.text(key)) {
            if ["https://", "http://", "data:", "mailto:"].iter().any(|scheme| link.starts_with(scheme)) {
                continue;
            }
            let (path, fragment) =
                link.split_once('#').map_or((&*link, None), |(path, fragment)| (path, Some(fragment)));
            let target = if path.is_empty() { key.clone() } else { resolved(key, path.split('?').next().unwrap()) };
            let served = ["status.json", "metrics"].contains(&&*target);
            assert!(served || site.0.contains_key(&target), "{key} leads to {link}, which is not there");
            if let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty() && target.ends_with(".html")) {
                let id = format!("id=\"{fragment}\"");
                assert!(site.text(&target).contains(&id), "{key} leads to {link}, where nothing has this id");
            }
            seen.insert(target);
        }
    }
    let pages = site.changesets().len();
    assert!(seen.iter().filter(|key| key.starts_with("changesets/") && key.ends_with(".html")).count() == pages);
    for document in
        ["views/index/feed.atom", "views/flagged/feed.atom", "views/roads/recent.json", "summary/index.html"]
    {
        assert!(seen.contains(document), "no page leads to {document}");
    }
}

/// The values of all `href` and `src`.
fn links(page: &str) -> Vec<String> {
    let values = |attribute: &str| {
        let parts: Vec<&str> = page.split(attribute).skip(1).collect();
        parts
            .into_iter()
            .map(|part| part.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&"))
            .collect::<Vec<_>>()
    };
    [values(" href=\""), values(" src=\"")].concat()
}

/// A relative address as a key; a folder is its page.
fn resolved(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => assert!(parts.pop().is_some(), "{page} leads out of the site by {link}"),
            part => parts.push(part),
        }
    }
    let key = parts.join("/");
    if key.is_empty() || key.ends_with('/') { format!("{key}index.html") } else { key }
}

fn assert_feeds_are_atom(site: &Site) {
    let feeds: Vec<_> = site.0.keys().filter(|key| key.ends_with(".atom")).collect();
    assert!(feeds.len() >= 3, "{feeds:?}");
    for key in feeds {
        let document = roxmltree::Document::parse(site.text(key)).unwrap_or_else(|error| panic!("{key}: {error}"));
        let feed = document.root_element();
        assert!(feed.has_tag_name(("http://www.w3.org/2005/Atom", "feed")), "{key}");
        let child = |node: roxmltree::Node<'_, '_>, name: &str| {
            node.children()
                .find(|child| child.tag_name().name() == name)
                .and_then(|child| child.text().map(str::to_owned))
        };
        let mut ids = BTreeSet::new();
        let nodes = feed.children().filter(|child| child.tag_name().name() == "entry");
        for node in [feed].into_iter().chain(nodes) {
            let id = child(node, "id").unwrap();
            assert!(child(node, "title").is_some() && child(node, "updated").is_some(), "{key}: {id}");
            assert!(ids.insert(id.clone()), "{key}: {id} is there twice");
        }
        assert!(ids.len() > 1 || key.starts_with("discussions/"), "{key} has entries");
    }
}

fn assert_documents_parse(site: &Site) {
    for key in site.0.keys().filter(|key| key.ends_with("json")) {
        assert!(site.json(key).is_object(), "{key}");
    }
    for id in site.changesets() {
        let document = |name: &str| format!("changesets/{id}/{name}");
        let analysis = site.json(&document("analysis.json"));
        assert_eq!((&analysis["changeset"]["id"], &analysis["state"]), (&id.into(), &"analysed".into()));
        let adiff = xml::parse_augmented_diff(site.text(&document("changes.adiff")).as_bytes());
        let change = adiff.unwrap_or_else(|error| panic!("changes.adiff of {id}: {error}"));
        assert!(change.actions.len() >= analysis["elements"].as_array().unwrap().len(), "{id}");
        let geojson = site.json(&document("diff.geojson"));
        assert_eq!((&geojson["type"], &geojson["changeset"]), (&"FeatureCollection".into(), &id.into()));
        for feature in geojson["features"].as_array().unwrap() {
            assert!(feature["type"] == "Feature" && feature["properties"].is_object(), "{id}: {feature}");
            let coordinates = &feature["geometry"]["coordinates"];
            assert!(coordinates.is_array() && all_on_earth(coordinates), "{id}: {feature}");
        }
    }
}

fn all_on_earth(coordinates: &Value) -> bool {
    let list = coordinates.as_array().unwrap();
    match list.as_slice() {
        [Value::Number(lon), Value::Number(lat)] => {
            lon.as_f64().unwrap().abs() <= 180.0 && lat.as_f64().unwrap().abs() <= 90.0
        }
        list => list.iter().all(all_on_earth),
    }
}

fn assert_lists_hold_everything_once(site: &Site) {
    let mut found = BTreeSet::new();
    let mut find = |key: &str, rows: &Value| {
        for row in rows.as_array().unwrap() {
            let id = row["_osmtracker"]["changeset"]["id"].as_u64().unwrap_or_else(|| panic!("{key}: {row}"));
            assert!(found.insert(id), "{key}: {id} is listed twice");
        }
    };
    find("recent.json", &site.json("views/index/recent.json")["items"]);
    for key in site.0.keys().filter(|key| key.starts_with("hours/")) {
        find(key, &site.json(key)["items"]);
    }
    assert_eq!(found, site.changesets().into_iter().collect(), "the list and the older hours hold everything once");
}

fn assert_counts_are_those_of_another_program(site: &Site) {
    let mut seen = 0;
    for entry in fs::read_dir(require_data!("e2e-niue")).unwrap() {
        let path = entry.unwrap().path().join("expected.json");
        let expected: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let id = expected["changeset"].as_u64().unwrap();
        let analysis = site.json(&format!("changesets/{id}/analysis.json"));
        for (field, found) in counts(&analysis) {
            assert_eq!(expected[&field], found, "{field} of {id}");
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

fn counts(analysis: &Value) -> Vec<(String, u64)> {
    let elements = analysis["elements"].as_array().unwrap();
    let mut counts = vec![("elements".to_owned(), elements.len() as u64)];
    for action in Action::ALL {
        for kind in ElementType::ALL {
            let (action, kind) = (action.to_string(), kind.to_string());
            let count = analysis["summary"][&action][&kind].as_u64().unwrap();
            let listed = elements.iter().filter(|element| element["action"] == *action && element["type"] == *kind);
            assert_eq!(listed.count() as u64, count, "{action} {kind}");
            counts.push((format!("{action}_{kind}"), count));
        }
    }
    let modified = || elements.iter().filter(|element| element["action"] == "modify");
    let tags = |had: bool, has: bool| {
        let tags = modified().filter_map(|element| element["tag_diff"].as_array()).flatten();
        tags.filter(|tag| tag["old"].is_string() == had && tag["new"].is_string() == has).count() as u64
    };
    counts.push(("tags_added".to_owned(), tags(false, true)));
    counts.push(("tags_removed".to_owned(), tags(true, false)));
    counts.push(("tags_changed".to_owned(), tags(true, true)));
    counts.push(("nodes_moved".to_owned(), analysis["moved_nodes"].as_array().map_or(0, |nodes| nodes.len() as u64)));
    let lists = modified().filter(|element| element["geometry"]["kind"] == "nodes").count() as u64;
    counts.push(("ways_nodelist_changed".to_owned(), lists));
    counts
}

#[test]
fn the_demo_serves_its_site_as_a_careful_server_does() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(osmtracker(folder.path(), &["demo", "--listen", "127.0.0.1:0", "--data", "data"]));
    let address = running.address();
    let page = eventually(PATIENCE, || Some(get(address, "/")).filter(|answer| answer.status == 200)).unwrap();
    assert!(page.text().contains("<html") && page.text().contains("osmtracker demo"));
    assert_eq!((get(address, "/healthz").status, get(address, "/healthz").text()), (200, "ok\n"));
    assert!(get(address, "/metrics").text().contains("# TYPE osmtracker_changeset_cnt gauge"));
    eventually(2 * PATIENCE, || (running.in_state("DONE") == 457).then_some(())).unwrap();
    // The lists are written a moment after the last analysis.
    let last = "/changesets/130781188/";
    eventually(PATIENCE, || get(address, "/").text().contains(&last[1..]).then_some(())).unwrap();

    for (path, status, content_type) in [
        ("/", 200, "text/html; charset=utf-8"),
        ("/index.html", 200, "text/html; charset=utf-8"),
        (last, 200, "text/html; charset=utf-8"),
        ("/changesets/130781188/analysis.json", 200, "application/json"),
        ("/changesets/130781188/diff.geojson", 200, "application/geo+json"),
        ("/changesets/130781188/changes.adiff", 200, "application/xml; charset=utf-8"),
        ("/views/index/feed.atom", 200, "application/atom+xml; charset=utf-8"),
        ("/status.json", 200, "application/json"),
        ("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8"),
        ("/nothing", 404, "text/plain; charset=utf-8"),
        ("/../osmtracker.sqlite", 404, "text/plain; charset=utf-8"),
        ("/%2e%2e/osmtracker.sqlite", 404, "text/plain; charset=utf-8"),
        ("/.incoming/", 404, "text/plain; charset=utf-8"),
        ("/index.html/more", 404, "text/plain; charset=utf-8"),
        ("/index.html/", 404, "text/plain; charset=utf-8"),
        ("/changesets/", 404, "text/plain; charset=utf-8"),
        ("/changesets", 404, "text/plain; charset=utf-8"),
        ("/%00", 404, "text/plain; charset=utf-8"),
    ] {
        let answer = get(address, path);
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(content_type)), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    assert_eq!(get(address, &format!("/{}", "a".repeat(300))).status, 404);
    assert_eq!(get(address, &"/aaaa".repeat(300)).status, 404);
    let moved = get(address, "/changesets/130781188");
    assert_eq!((moved.status, moved.header("location")), (308, Some(last)));
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(get_with(address, method, "/", &[]).status, 405, "{method}");
    }
    let head = get_with(address, "HEAD", last, &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));

    let whole = get(address, last);
    let etag = whole.header("etag").unwrap();
    let again = get_with(address, "GET", last, &[("If-None-Match", etag)]);
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(etag)));
    assert_eq!(get_with(address, "GET", last, &[("If-None-Match", "\"other\"")]).status, 200);
    running.interrupt();
    running.end().expect_code(0);
}
