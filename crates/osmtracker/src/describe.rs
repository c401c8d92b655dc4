//! An analysis as text for a terminal.

use std::fmt::Write;

use osmtracker_analysis::{Analysis, PhraseKind};
use osmtracker_pages::Entry;

/// A few lines: who, what for, what changed, why flagged, what is not known.
pub(crate) fn changeset(entry: &Entry, analysis: &Analysis) -> String {
    let changeset = &entry.changeset;
    let user = changeset.user.as_ref().map_or("anonymous", |user| &user.name);
    let mut text = format!("changeset {} by {} at {}\n", changeset.id, plain(user), entry.time());
    line(&mut text, "comment", changeset.comment().unwrap_or("none"));
    for key in ["created_by", "source"] {
        line(&mut text, key, changeset.tags.get(key).unwrap_or("none"));
    }
    for phrase in entry.digest.iter().flat_map(|digest| osmtracker_analysis::text_summary(changeset, digest)) {
        if phrase.kind != PhraseKind::Title {
            line(&mut text, "", &phrase.text);
        }
    }
    for label in &analysis.labels {
        let reasons: Vec<_> = label.evidence.iter().map(|reason| reason.rule.as_str()).collect();
        line(&mut text, "label", &format!("{}: {}", label.name, reasons.join("; ")));
    }
    for gap in &analysis.gaps {
        line(&mut text, "not known", &gap.detail);
    }
    line(&mut text, "source of data", entry.source.as_deref().unwrap_or("none"));
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    writeln!(text, "  {name:<16} {}", plain(value)).expect("memory takes all");
}

/// Strangers' words without what could steer a terminal.
pub(crate) fn plain(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
