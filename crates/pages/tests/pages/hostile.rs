//! Sixty payloads in each field that strangers write: shown literally everywhere, and never more than text.

use osmtracker_analysis::{AffectedUser, Analysis, Evidence, LabelMatch, MemberChange, Note, TagChange};
use osmtracker_osm::{Element, ElementData, Tags, User};
use osmtracker_pages::{
    Entry, Progress, about_page, analysis_json, atom_feed, augmented_diff, bounds_geojson, changeset_page,
    diff_geojson, discussions_feed, discussions_page, hour_json, list_page, recent_json, summary_page,
};
use serde_json::Value;

use crate::{
    fixture::{analysis, index, rich_entry, site},
    html::Page,
};

const PAYLOADS: [&str; 60] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    " onfocus=alert(1) autofocus ",
    "` onmouseover=alert(1) `",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</a></bdi></li></ol></main><h1>mine</h1>",
    "</details></summary><p>",
    "</svg><script>alert(1)</script>",
    "<!-- -->",
    "--><script>alert(1)</script><!--",
    "<!--",
    "]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "]]>",
    "<?xml version=\"1.0\"?>",
    "<!DOCTYPE html>",
    "<!ENTITY x SYSTEM \"file:///etc/passwd\">",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "&amp;amp;",
    "&",
    "&notanentity;",
    "&#0;",
    "<",
    ">",
    "\"",
    "'",
    "\u{0}null\u{0}",
    "bell\u{7}back\u{8}vt\u{b}ff\u{c}esc\u{1b}del\u{7f}",
    "c1\u{80}\u{85}\u{9f}",
    "non\u{fffe}char\u{ffff}\u{fdd0}\u{1fffe}",
    "line\nbreak\ttab",
    "\u{202e}gnp.exe\u{202d}",
    "\u{2066}\u{2067}\u{2068}isolates",
    "\u{200b}zero\u{feff}width\u{ad}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "🏳️‍🌈👩‍👩‍👧‍👦\u{1f600}",
    "\u{2028}line\u{2029}separators",
    "{{ 7 * 7 }}{% raw %}${7*7}#{7*7}",
    "../../../../etc/passwd",
    "//evil.example/x",
    "https://evil.example/\"onclick=\"alert(1)",
    "https://evil.example/ <b>",
    "?a=b#c/../%2e%2e%2f%00",
    "\\u003cscript\\u003e\\x3cscript\\x3e",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
];

/// Where a payload stands, so that each can be found again.
fn mark(payload: &str, field: &str) -> String {
    format!("{payload}«{field}»")
}

/// The text as a document may hold it.
fn legal(text: &str) -> String {
    let illegal = |c: char| {
        (c.is_control() && !"\t\n\r".contains(c))
            || ('\u{FDD0}'..='\u{FDEF}').contains(&c)
            || u32::from(c) & 0xFFFE == 0xFFFE
    };
    text.chars().map(|c| if illegal(c) { '\u{FFFD}' } else { c }).collect()
}

fn user(payload: &str, field: &str) -> Option<User> {
    Some(User { uid: None, name: mark(payload, field).into() })
}

fn infected_entry(payload: &str) -> Entry {
    let mut entry = rich_entry();
    let text = |field| mark(payload, field);
    let changeset = &mut entry.changeset;
    changeset.user = user(payload, "user");
    changeset.tags = Tags::new();
    changeset.tags.push("comment", &text("comment"));
    changeset.tags.push("created_by", &text("editor"));
    changeset.tags.push("source", &text("source"));
    changeset.tags.push(&text("tag key"), &text("tag value"));
    for comment in &mut changeset.discussion {
        comment.user = user(payload, "commenter");
        comment.text = text("discussion");
    }
    entry.labels = vec![LabelMatch {
        name: text("label"),
        evidence: vec![Evidence {
            rule: text("rule"),
            value: Some(text("evidence")),
            threshold: Some(text("threshold")),
        }],
    }];
    let digest = entry.digest.as_mut().unwrap();
    infect_tag_diff(&mut digest.tag_diff, payload);
    infect_found(&mut digest.unchanged_tags, &mut digest.affected_users, payload);
    infect_mileage(&mut digest.mileage_m, payload);
    entry
}

fn infect_tag_diff(diff: &mut osmtracker_analysis::TagDiff, payload: &str) {
    let text = |field| mark(payload, field);
    for tag in diff.create.iter_mut().take(1).chain(diff.delete.iter_mut().take(1)) {
        (tag.key, tag.value) = (text("chip key"), text("chip value"));
    }
    for tag in &mut diff.modify {
        (tag.key, tag.old, tag.new) = (text("chip changed"), text("chip old"), text("chip new"));
    }
}

fn infect_found(tags: &mut [osmtracker_analysis::TagCount], users: &mut [AffectedUser], payload: &str) {
    for tag in tags {
        (tag.key, tag.value) = (mark(payload, "unchanged key"), mark(payload, "unchanged value"));
    }
    for user in users.iter_mut().filter(|user| user.user.is_some()) {
        user.user = Some(mark(payload, "affected user"));
    }
}

fn infect_mileage(mileage: &mut osmtracker_analysis::Mileage, payload: &str) {
    for values in mileage.by_type.values_mut() {
        let length = values.remove("path").unwrap();
        values.insert(mark(payload, "road class"), length);
    }
}

fn infected_analysis(payload: &str) -> Analysis {
    let mut analysis = analysis();
    infect_tag_diff(&mut analysis.tag_diff, payload);
    infect_found(&mut analysis.unchanged_tags, &mut analysis.affected_users, payload);
    infect_mileage(&mut analysis.mileage_m, payload);
    for gap in &mut analysis.gaps {
        gap.detail = mark(payload, "gap");
    }
    for change in analysis.elements.iter_mut().chain(&mut analysis.moved_ways) {
        infect_change(change, payload);
    }
    analysis
}

fn infect_change(change: &mut osmtracker_analysis::ElementChange, payload: &str) {
    let text = |field| mark(payload, field);
    change.label = change.label.is_some().then(|| text("element"));
    let TagChange { key, old, new } =
        &mut TagChange { key: text("key"), old: Some(text("old")), new: Some(text("new")) };
    for tag in &mut change.tag_diff {
        tag.key = key.clone();
        tag.old = tag.old.is_some().then(|| old.clone()).flatten();
        tag.new = tag.new.is_some().then(|| new.clone()).flatten();
    }
    for note in &mut change.notes {
        if let Note::MembersAdded { members } | Note::MembersRemoved { members } | Note::RolesChanged { members } = note
        {
            members.iter_mut().for_each(|member| infect_role(member, payload));
        }
    }
    for side in change.old.iter_mut().chain(&mut change.new) {
        infect_element(side, payload);
    }
}

fn infect_role(member: &mut MemberChange, payload: &str) {
    member.old_role = member.old_role.as_ref().map(|_| mark(payload, "old role"));
    member.new_role = member.new_role.as_ref().map(|_| mark(payload, "new role"));
}

fn infect_element(element: &mut Element, payload: &str) {
    element.user = user(payload, "author");
    if !element.tags.is_empty() {
        element.tags = Tags::new();
        element.tags.push(&mark(payload, "element key"), &mark(payload, "element value"));
    }
    if let ElementData::Relation { members } = &mut element.data {
        members.iter_mut().for_each(|member| member.role = mark(payload, "role").into());
    }
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
        failed.progress = Progress::Quarantined { reason: mark(payload, "reason") };
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
