//! Sixty payloads in each field that strangers write: shown literally everywhere, and never more than text.

use osmtracker_pages::{
    Progress, about_page, analysis_json, atom_feed, augmented_diff, bounds_geojson, changeset_page, diff_geojson,
    discussions_feed, discussions_page, hour_json, list_page, recent_json, summary_page,
};
use serde_json::Value;

use crate::{
    fixture::{index, site},
    hostile_words::{PAYLOADS, infected_analysis, infected_entry, mark},
    html::Page,
};

/// The text as a document may hold it.
fn legal(text: &str) -> String {
    let illegal = |c: char| {
        (c.is_control() && !"\t\n\r".contains(c))
            || ('\u{FDD0}'..='\u{FDEF}').contains(&c)
            || u32::from(c) & 0xFFFE == 0xFFFE
    };
    text.chars().map(|c| if illegal(c) { '\u{FFFD}' } else { c }).collect()
}

/// Every document of a site with one changeset in which strangers wrote `payload` everywhere.
struct Infected {
    pages: Vec<(&'static str, String, &'static [&'static str])>,
    feeds: Vec<(&'static str, String)>,
    json: Vec<(&'static str, String, &'static [&'static str])>,
    adiff: String,
}

const ROW: &[&str] = &[
    "user",
    "comment",
    "editor",
    "source",
    "label",
    "rule",
    "evidence",
    "threshold",
    "chip key",
    "chip value",
    "chip changed",
    "chip old",
    "chip new",
    "unchanged key",
    "unchanged value",
    "affected user",
];

impl Infected {
    fn with(payload: &str) -> Self {
        let (site, entry, analysis) = (site(), infected_entry(payload), infected_analysis(payload));
        let entries = std::slice::from_ref(&entry);
        let changeset: &[_] = &[
            "user",
            "comment",
            "editor",
            "source",
            "tag key",
            "tag value",
            "commenter",
            "discussion",
            "label",
            "rule",
            "evidence",
            "threshold",
            "chip key",
            "chip value",
            "chip changed",
            "chip old",
            "chip new",
            "unchanged key",
            "unchanged value",
            "affected user",
            "road class",
            "gap",
            "element",
            "key",
            "old",
            "new",
            "old role",
            "new role",
            "author",
            "element key",
            "element value",
        ];
        let mut failed = entry.clone();
        failed.progress = Progress::Quarantined { reason: mark(payload, "reason"), given_up: false };
        Self {
            pages: vec![
                ("list", list_page(&site, &index(), entries, 1, &[]), ROW),
                ("quarantined", list_page(&site, &index(), &[failed], 1, &[]), ROW),
                ("discussions", discussions_page(&site, entries, 1), &["commenter", "discussion"]),
                ("changeset", changeset_page(&site, &entry, Some(&analysis)), changeset),
                ("changeset without analysis", changeset_page(&site, &entry, None), ROW),
                (
                    "summary",
                    summary_page(&site, entries, 1),
                    &["user", "chip key", "chip value", "chip old", "road class"],
                ),
                ("about", about_page(&site), &[]),
            ],
            feeds: vec![
                ("feed", atom_feed(&site, &index(), entries)),
                ("discussions feed", discussions_feed(&site, entries)),
            ],
            json: vec![
                (
                    "recent",
                    recent_json(&site, &index(), entries),
                    &["user", "comment", "editor", "tag key", "evidence"],
                ),
                ("hour", hour_json(&site, "2026-11-22T09", entries), &["user", "comment", "chip old"]),
                (
                    "analysis",
                    analysis_json(&entry, Some(&analysis)),
                    &["user", "discussion", "element key", "role", "gap"],
                ),
                ("bounds", bounds_geojson(&site, &index(), entries), &["user", "comment", "label"]),
                ("diff", diff_geojson(entry.id(), &analysis), &["element", "element key", "element value", "role"]),
            ],
            adiff: augmented_diff(&analysis),
        }
    }
}

fn assert_addresses_are_safe(name: &str, page: &Page) {
    for address in page.addresses() {
        let relative = !address.split(['/', '?', '#']).next().unwrap().contains(':') && !address.starts_with("//");
        let ours = ["https://", "http://127.0.0.1:8111/import?url=https%3A%2F%2F"];
        let absolute = ours.iter().any(|start| address.starts_with(start));
        assert!(relative || absolute, "{name}: {address:?}");
        assert!(!address.contains("evil.example/") && !address.contains(['<', '"', '\'', ' ']), "{name}: {address:?}");
    }
    let handler = page.attributes.iter().find(|(_, key, _)| key.starts_with("on") || key == "style");
    assert_eq!(handler, None, "{name}");
}

/// Each text node that stands alone in its element, and each that the template surrounds with words.
fn assert_shown(name: &str, page: &Page, payload: &str, fields: &[&str]) {
    for field in fields {
        let expected = legal(&mark(payload, field));
        assert!(page.has_text(&expected), "{name}: {field} is not shown as {expected:?}");
    }
}

#[test]
fn pages_show_strangers_words_and_nothing_else_becomes_of_them() {
    let plain = Infected::with("plain");
    for payload in PAYLOADS {
        let infected = Infected::with(payload);
        for ((name, page, fields), (_, plain, _)) in infected.pages.iter().zip(&plain.pages) {
            let (page, plain) = (Page::read(page), Page::read(plain));
            assert_eq!(page.errors, Vec::<String>::new(), "{name}: {payload:?}");
            assert_eq!(page.elements, plain.elements, "{name}: {payload:?}");
            assert_addresses_are_safe(name, &page);
            assert_shown(name, &page, payload, fields);
        }
    }
}

#[test]
fn feeds_hold_strangers_words_and_nothing_else_becomes_of_them() {
    let plain = Infected::with("plain");
    for payload in PAYLOADS {
        let infected = Infected::with(payload);
        for ((name, feed), (_, plain)) in infected.feeds.iter().zip(&plain.feeds) {
            let feed = roxmltree::Document::parse(feed).unwrap_or_else(|error| panic!("{name}: {payload:?}: {error}"));
            let plain = roxmltree::Document::parse(plain).unwrap();
            assert_eq!(shape(&feed), shape(&plain), "{name}: {payload:?}");
            let title = legal(&mark(payload, "comment"));
            let titles: Vec<_> = texts(&feed, "title");
            assert!(titles.contains(&title), "{name}: {titles:?} without {title:?}");
            assert!(texts(&feed, "name").contains(&legal(&mark(payload, "user"))), "{name}: {payload:?}");
            let (content, plain) = (&texts(&feed, "content")[0], &texts(&plain, "content")[0]);
            let (content, plain) = (Page::read_fragment(content), Page::read_fragment(plain));
            assert_eq!(content.elements, plain.elements, "{name}: {payload:?}");
            assert_addresses_are_safe(name, &content);
            assert_shown(name, &content, payload, ROW);
        }
    }
}

/// Elements with their attributes' names, in document order.
fn shape(document: &roxmltree::Document<'_>) -> Vec<String> {
    let elements = document.descendants().filter(roxmltree::Node::is_element);
    let attributes =
        |node: roxmltree::Node<'_, '_>| node.attributes().map(|a| format!(" {}", a.name())).collect::<String>();
    elements.map(|node| format!("{}{}", node.tag_name().name(), attributes(node))).collect()
}

fn texts(document: &roxmltree::Document<'_>, name: &str) -> Vec<String> {
    let named = document.descendants().filter(|node| node.tag_name().name() == name);
    named.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

#[test]
fn json_documents_hold_strangers_words_unchanged() {
    for payload in PAYLOADS {
        let infected = Infected::with(payload);
        for (name, document, fields) in &infected.json {
            let document: Value = serde_json::from_str(document).unwrap();
            let mut strings = Vec::new();
            collect(&document, &mut strings);
            for field in *fields {
                let expected = mark(payload, field);
                assert!(strings.contains(&expected.as_str()), "{name}: {field} is not {expected:?}");
            }
            let html = document["items"][0]["content_html"].as_str();
            if let Some(html) = html {
                assert_shown(name, &Page::read_fragment(html), payload, ROW);
            }
        }
        roxmltree::Document::parse(&infected.adiff).unwrap_or_else(|error| panic!("{payload:?}: {error}"));
    }
}

fn collect<'a>(value: &'a Value, strings: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => strings.push(text),
        Value::Array(values) => values.iter().for_each(|value| collect(value, strings)),
        Value::Object(fields) => {
            for (key, value) in fields {
                strings.push(key);
                collect(value, strings);
            }
        }
        _ => {}
    }
}
