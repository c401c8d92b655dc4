//! The JSON document that webhooks and topics get.

use osmtracker_analysis::text_summary;
use osmtracker_osm::{BoundingBox, ChangesetId, Timestamp, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Notice, NoticePurpose, Told};
use crate::{Entry, SCHEMA, Site};

/// Largest document. A topic takes 256 KB.
pub const MAX_DOCUMENT_BYTES: usize = 240_000;

/// What a webhook or a topic is told.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotificationDocument<'a> {
    /// The number of this form; a higher one may have other fields.
    pub schema: u32,
    /// The same for each try to send this message: who has seen it may leave the message out.
    pub key: &'a str,
    /// `changeset`, `digest` or `test`.
    pub purpose: &'static str,
    /// The target's name in the configuration.
    pub target: &'a str,
    /// The changesets, lowest id first.
    pub changesets: Vec<NotifiedChangeset<'a>>,
    /// How many more matched, which a digest has no room for.
    pub more: u64,
}

/// A changeset as a notification tells it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotifiedChangeset<'a> {
    /// Id.
    pub id: ChangesetId,
    /// The author's name, as the author wrote it; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'a str>,
    /// The author's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<UserId>,
    /// The author's comment, as the author wrote it; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'a str>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Changes, as the upstream counts them.
    pub num_changes: u32,
    /// Its box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
    /// Its labels.
    pub labels: Vec<NotifiedLabel<'a>>,
    /// What it changed, in plain words, the title first. Strangers' words in it are cut to 120 characters.
    pub summary: Vec<String>,
    /// Its page on this site; absent when the site has no `base_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The changeset on OpenStreetMap.
    pub osm_url: String,
}

/// A label of a changeset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotifiedLabel<'a> {
    /// Its name in the configuration.
    pub name: &'a str,
    /// What pages call it.
    pub title: &'a str,
}

pub(super) fn render(site: &Site, notice: &Notice<'_>) -> String {
    let changesets: Vec<_> = notice.entries.iter().map(|entry| changeset(site, entry)).collect();
    let all = changesets.len() as u64 + notice.more;
    let mut document = NotificationDocument {
        schema: SCHEMA,
        key: notice.key,
        purpose: purpose(notice.purpose),
        target: notice.target,
        changesets,
        more: notice.more,
    };
    loop {
        let json = serde_json::to_string(&document).expect("plain data with text keys");
        if json.len() <= MAX_DOCUMENT_BYTES || document.changesets.len() <= 1 {
            return json;
        }
        document.changesets.truncate(document.changesets.len() / 2);
        document.more = all - document.changesets.len() as u64;
    }
}

const fn purpose(purpose: NoticePurpose) -> &'static str {
    match purpose {
        NoticePurpose::Changeset => "changeset",
        NoticePurpose::Digest => "digest",
        NoticePurpose::Test => "test",
    }
}

fn changeset<'a>(site: &'a Site, entry: &'a Entry) -> NotifiedChangeset<'a> {
    let told = Told::of(site, entry);
    let changeset = &entry.changeset;
    let phrases = entry.digest.as_ref().map(|digest| text_summary(changeset, digest)).unwrap_or_default();
    let label = |label: &'a osmtracker_analysis::LabelMatch| NotifiedLabel {
        name: &label.name,
        title: site.label_title(&label.name),
    };
    NotifiedChangeset {
        id: changeset.id,
        user: changeset.user.as_ref().map(|user| &*user.name),
        uid: changeset.user.as_ref().and_then(|user| user.uid),
        comment: changeset.comment(),
        created_at: changeset.created_at,
        closed_at: changeset.closed_at,
        num_changes: changeset.num_changes,
        bounds: changeset.bounds,
        labels: entry.labels.iter().map(label).collect(),
        summary: phrases.into_iter().map(|phrase| phrase.text).collect(),
        url: told.page,
        osm_url: told.osm,
    }
}
