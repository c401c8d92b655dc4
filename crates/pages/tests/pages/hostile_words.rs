//! What strangers may write, and a changeset in which they wrote it everywhere.

use osmtracker_analysis::{AffectedUser, Analysis, Evidence, LabelMatch, MemberChange, Note, TagChange};
use osmtracker_osm::{Element, ElementData, Tags, User};
use osmtracker_pages::Entry;

use crate::fixture::{analysis, rich_entry};

pub(crate) const PAYLOADS: [&str; 60] = [
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
pub(crate) fn mark(payload: &str, field: &str) -> String {
    format!("{payload}«{field}»")
}

fn user(payload: &str, field: &str) -> Option<User> {
    Some(User { uid: None, name: mark(payload, field).into() })
}

pub(crate) fn infected_entry(payload: &str) -> Entry {
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

pub(crate) fn infected_analysis(payload: &str) -> Analysis {
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
