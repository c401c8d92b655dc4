use std::collections::BTreeSet;

use osmtracker_analysis::{Digest, Length, TagDiff, TypeCounts};
use osmtracker_osm::{BoundingBox, ChangesetId, Comment, Coordinate, Timestamp, User};
use osmtracker_pages::{Entry, Progress};
use osmtracker_pipeline::{ChangesetRow, steps};
use serde::Serialize;

use crate::shape::Shape;

/// What the index knows of a changeset: what the site shows of it in a list, in fields that can be searched.
///
/// Nothing of how it is worked on: leases, appointments, tries and versions of a row change without its document.
/// Almost every text is a stranger's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    id: ChangesetId,
    state: &'static str,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Author>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    editor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    num_changes: u32,
    comments_count: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    discussion: Vec<Remark>,
    labels: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extent: Option<Shape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    center: Option<Coordinate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<Findings>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Author {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Remark {
    date: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    text: String,
}

/// What the analysis found, in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Findings {
    #[serde(skip_serializing_if = "Option::is_none")]
    changes_from: Option<String>,
    created: TypeCounts,
    modified: TypeCounts,
    deleted: TypeCounts,
    tags: Tags,
    mileage_m: Length,
    moved_nodes: u32,
    affected_users: Vec<String>,
    gaps: u32,
    notes: u32,
}

/// Tags that changed, as `key=value`.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Tags {
    keys: BTreeSet<String>,
    added: Vec<String>,
    changed_from: Vec<String>,
    changed_to: Vec<String>,
    removed: Vec<String>,
}

impl Document {
    /// The document of a row; `None` when the site does not list it.
    #[must_use]
    pub fn of(row: &ChangesetRow) -> Option<Self> {
        row.listed.then(|| Self::of_entry(steps::entry(row)))
    }

    /// The changeset that it is of.
    #[must_use]
    pub fn id(&self) -> ChangesetId {
        self.id
    }

    fn of_entry(entry: Entry) -> Self {
        let Entry { changeset, progress, labels, digest, source } = entry;
        let tag = |key| changeset.tags.get(key).filter(|value| !value.trim().is_empty()).map(str::to_owned);
        let bounds = digest.as_ref().and_then(extent).or(changeset.bounds);
        Self {
            id: changeset.id,
            state: word(&progress),
            created_at: changeset.created_at,
            closed_at: changeset.closed_at,
            user: changeset.user.as_ref().map(author),
            comment: changeset.comment().map(str::to_owned),
            editor: tag("created_by"),
            source: tag("source"),
            num_changes: changeset.num_changes,
            comments_count: changeset.comments_count,
            discussion: changeset.discussion.iter().map(remark).collect(),
            labels: labels.into_iter().map(|label| label.name).collect(),
            extent: bounds.map(Shape::of),
            center: bounds.map(BoundingBox::center),
            analysis: digest.map(|digest| findings(digest, source)),
        }
    }
}

/// As `state` in the site's data.
fn word(progress: &Progress) -> &'static str {
    match progress {
        Progress::Pending => "pending",
        Progress::Open => "open",
        Progress::Analysed => "analysed",
        Progress::Quarantined { .. } => "quarantined",
    }
}

fn author(user: &User) -> Author {
    Author { name: user.name.to_string(), uid: user.uid.map(|uid| uid.0) }
}

fn remark(comment: &Comment) -> Remark {
    let user = comment.user.as_ref().map(|user| user.name.to_string());
    Remark { date: comment.date, user, text: comment.text.clone() }
}

/// Around what really changed, before and after.
fn extent(digest: &Digest) -> Option<BoundingBox> {
    match (digest.extent.old, digest.extent.new) {
        (Some(old), Some(new)) => Some(old.union(new)),
        (old, new) => old.or(new),
    }
}

fn findings(digest: Digest, changes_from: Option<String>) -> Findings {
    let names = digest.affected_users.into_iter().filter_map(|affected| affected.user);
    Findings {
        changes_from,
        created: digest.summary.create,
        modified: digest.summary.modify,
        deleted: digest.summary.delete,
        tags: tags(&digest.tag_diff),
        mileage_m: digest.mileage_m.total,
        moved_nodes: digest.moved_nodes,
        affected_users: names.collect(),
        gaps: digest.gaps,
        notes: digest.notes,
    }
}

fn tags(diff: &TagDiff) -> Tags {
    let pair = |key: &str, value: &str| format!("{key}={value}");
    let (created, changed, removed) = (&diff.create, &diff.modify, &diff.delete);
    let keys = created.iter().chain(removed).map(|tag| &tag.key).chain(changed.iter().map(|tag| &tag.key));
    Tags {
        keys: keys.cloned().collect(),
        added: created.iter().map(|tag| pair(&tag.key, &tag.value)).collect(),
        changed_from: changed.iter().map(|tag| pair(&tag.key, &tag.old)).collect(),
        changed_to: changed.iter().map(|tag| pair(&tag.key, &tag.new)).collect(),
        removed: removed.iter().map(|tag| pair(&tag.key, &tag.value)).collect(),
    }
}
