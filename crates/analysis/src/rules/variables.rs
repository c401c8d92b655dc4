//! `changeset` and `analysis` as expressions see them; only what some expression looks at is converted.

use osmtracker_osm::{BoundingBox, Changeset, Comment, Element, User};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::value::{CelValue, Mask, from_json, list, map, text};
use crate::{Analysis, ElementChange, GeometryChange, Note, TagChange};

/// The changeset. All fields are always there; those without a value are null.
pub(crate) fn changeset(changeset: &Changeset, mask: &Mask) -> CelValue {
    let number = |value: u64| from_json(&json!(value), mask);
    let null = || from_json(&Json::Null, mask);
    let (name, uid) = user(changeset.user.as_ref());
    let mut fields = Vec::with_capacity(mask.fields.len());
    let mut put = |name: &str, value: &dyn Fn() -> CelValue| {
        if mask.field(name).is_some() {
            fields.push((name.to_owned(), value()));
        }
    };
    put("id", &|| number(changeset.id.0));
    put("user", &|| name.map_or_else(null, text));
    put("uid", &|| uid.map_or_else(null, number));
    put("tags", &|| map(changeset.tags.iter().map(|(key, value)| (key.to_owned(), text(value)))));
    put("bbox", &|| changeset.bounds.map_or_else(null, bbox));
    put("num_changes", &|| number(changeset.num_changes.into()));
    put("comments_count", &|| number(changeset.comments_count.into()));
    put("created_at", &|| text(&changeset.created_at.to_string()));
    put("closed_at", &|| changeset.closed_at.map_or_else(null, |time| text(&time.to_string())));
    put("open", &|| from_json(&json!(changeset.open), mask));
    put("comments", &|| list(changeset.discussion.iter().map(comment)));
    map(fields.into_iter())
}

fn user(user: Option<&User>) -> (Option<&str>, Option<u64>) {
    (user.map(|user| &*user.name), user.and_then(|user| user.uid).map(|uid| uid.0))
}

fn bbox(area: BoundingBox) -> CelValue {
    let whole = Mask { whole: true, ..Mask::default() };
    let edges = [area.min.lon_degrees(), area.min.lat_degrees(), area.max.lon_degrees(), area.max.lat_degrees()];
    list(edges.into_iter().map(|degrees| from_json(&json!(degrees), &whole)))
}

fn comment(comment: &Comment) -> CelValue {
    let whole = Mask { whole: true, ..Mask::default() };
    let (user, uid) = user(comment.user.as_ref());
    let fields =
        json!({ "id": comment.id, "date": comment.date.to_string(), "user": user, "uid": uid, "text": comment.text });
    from_json(&fields, &whole)
}

/// The analysis, as in its document: fields that are left out there are not there.
pub(crate) fn analysis(analysis: &Analysis, mask: &Mask) -> CelValue {
    let whole = Mask { whole: true, ..Mask::default() };
    if mask.whole {
        return from_json(&json(analysis), &whole);
    }
    map(mask.fields.iter().map(|(name, below)| (name.clone(), from_json(&field(analysis, name, below), below))))
}

fn field(analysis: &Analysis, name: &str, mask: &Mask) -> Json {
    match name {
        "summary" => json(&analysis.summary),
        "tag_diff" => json(&analysis.tag_diff),
        "unchanged_tags" => json(&analysis.unchanged_tags),
        "elements" => elements(&analysis.elements, mask),
        "moved_ways" => elements(&analysis.moved_ways, mask),
        "moved_nodes" => json(&analysis.moved_nodes),
        "affected_users" => json(&analysis.affected_users),
        "mileage_m" => json(&analysis.mileage_m),
        "extent" => json(&analysis.extent),
        "labels" => json(&analysis.labels),
        "gaps" => json(&analysis.gaps),
        _ => Json::Null,
    }
}

/// Elements without the sides that no expression looks at: those hold all geometry.
fn elements(changes: &[ElementChange], mask: &Mask) -> Json {
    let looks_at = |field: &str| mask.field(field).is_some();
    Json::Array(changes.iter().map(|change| json(&ElementView::new(change, &looks_at))).collect())
}

#[derive(Serialize)]
struct ElementView<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: i64,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag_diff: Option<&'a [TagChange]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    geometry: Option<&'a GeometryChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a [Note]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<&'a Element>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<&'a Element>,
}

impl<'a> ElementView<'a> {
    /// Lists are there even when the document leaves them out for being empty, so that loops need no `has()`.
    fn new(change: &'a ElementChange, looks_at: &dyn Fn(&str) -> bool) -> Self {
        Self {
            kind: change.kind.as_str(),
            id: change.id.0,
            action: change.action.as_str(),
            label: change.label.as_deref(),
            steps: looks_at("steps").then(|| change.steps.iter().map(|version| version.0).collect()),
            tag_diff: looks_at("tag_diff").then_some(&*change.tag_diff),
            geometry: change.geometry.as_ref(),
            notes: looks_at("notes").then_some(&*change.notes),
            old: change.old.as_ref().filter(|_| looks_at("old")),
            new: change.new.as_ref().filter(|_| looks_at("new")),
        }
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Json {
    serde_json::to_value(value).expect("the document has text keys only")
}
