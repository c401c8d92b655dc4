//! One changeset: what was found, what it changed in other formats, and how it came to where it stands.

use std::sync::Arc;

use axum::{
    extract::{Path, State as Extract, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use osmtracker_analysis::{
    AffectedUser, Analysis, ElementChange, Extent, LabelMatch, Mileage, MovedNode, Summary, TagCount, TagDiff,
};
use osmtracker_osm::{Changeset, ChangesetId, Gap};
use osmtracker_pages::{Progress, SCHEMA, augmented_diff, diff_geojson};
use osmtracker_pipeline::{
    ChangesetRow, Transition,
    steps::{Ports, entry, stored_analysis},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    accept::{Format, wanted},
    calls::{DETAIL, NO_PARAMETERS},
    given::{self, Given, Unknown},
    listing::PipelineState,
    openapi::diff_schema,
    reply::{Keep, Reply, is_known, not_modified, tag},
};
use crate::problem::Problem;

/// A changeset and what was found about it; with everything included the same as `analysis.json` of the site, and where
/// it stands behind the scenes.
///
/// The fields from `summary` on are there once the changeset is analysed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangesetDetail")]
pub(crate) struct DetailDocument {
    /// Version of this document's shape.
    schema: u32,
    /// Metadata.
    changeset: Changeset,
    /// How far it is, in the fields `state` and `reason`.
    #[serde(flatten)]
    progress: Progress,
    /// The source that the analysis used: `adiff`, `osm-api` or `real-changesets`; absent until analysed.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// Its labels with the reasons.
    labels: Vec<LabelMatch>,
    /// Where it stands behind the scenes.
    pipeline: PipelineState,
    /// What was found.
    #[serde(flatten)]
    found: Option<Found>,
    /// With `include=diff`: both sides of its elements as GeoJSON, as in `diff.geojson` of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "diff_schema")]
    diff: Option<Box<RawValue>>,
}

/// The fields of an analysis. Those about single elements are there with `include=elements`.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// Elements by action and type.
    summary: Summary,
    /// Tag changes of all elements added up, most frequent first.
    tag_diff: TagDiff,
    /// Tags of modified elements of which only geometry or members changed, most frequent first.
    unchanged_tags: Vec<TagCount>,
    /// Whose earlier work was modified or deleted, most elements first.
    affected_users: Vec<AffectedUser>,
    /// Metres of ways by what happened to them.
    mileage_m: Mileage,
    /// The box of what really changed.
    extent: Extent,
    /// What could not be known, and why.
    gaps: Vec<Gap>,
    /// Each element that the changeset changed: nodes, ways, relations, each by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    elements: Option<Vec<ElementChange>>,
    /// Ways that only moved because their nodes did, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_ways: Option<Vec<ElementChange>>,
    /// Nodes that stand elsewhere than before, farthest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_nodes: Option<Vec<MovedNode>>,
}

/// What `include` may name.
pub(crate) fn includes() -> Vec<&'static str> {
    vec!["elements", "diff"]
}

#[derive(Clone, Copy)]
struct Include {
    elements: bool,
    diff: bool,
}

impl Found {
    fn of(analysis: Analysis, include: Include) -> Self {
        let Analysis { summary, tag_diff, unchanged_tags, affected_users, mileage_m, extent, gaps, .. } = analysis;
        let (elements, moved_ways, moved_nodes) = match include.elements {
            true => (Some(analysis.elements), Some(analysis.moved_ways), Some(analysis.moved_nodes)),
            false => (None, None, None),
        };
        Self {
            summary,
            tag_diff,
            unchanged_tags,
            affected_users,
            mileage_m,
            extent,
            gaps,
            elements,
            moved_ways,
            moved_nodes,
        }
    }
}

type Id = Result<Path<String>, PathRejection>;

/// `GET /api/v1/changesets/{id}`.
pub(crate) async fn detail(
    Extract(ports): Extract<Arc<Ports>>,
    id: Id,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let given = Given::read(&uri, DETAIL, Unknown::Refused)?;
    let names = given.names("include")?;
    let has = |name: &str| names.iter().any(|given| given == name);
    let include = Include { elements: has("elements"), diff: has("diff") };
    let format = wanted(&headers)?;
    let row = row(&ports, read_id(id)?).await?;
    let etag = etag(&row, format, include);
    let mut response = if is_known(&headers, &etag) {
        not_modified(&etag, Keep::Moment)
    } else {
        render(&ports, &row, format, include).await?.with_tag(&etag)
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// Whatever the answer is made of comes with another version of the row; a row that was dropped and comes back begins
/// with version 1 again, at another moment.
fn etag(row: &ChangesetRow, format: Format, include: Include) -> String {
    let variant = [format as u8, include.elements.into(), include.diff.into()];
    let born = row.first_written_at.0.cast_unsigned();
    let numbers = [row.id().0, born, row.version, SCHEMA.into()].map(u64::to_le_bytes).concat();
    tag(&[env!("CARGO_PKG_VERSION").as_bytes(), &numbers, &variant])
}

async fn render(ports: &Ports, row: &ChangesetRow, format: Format, include: Include) -> Result<Reply, Problem> {
    let analysis = match row.digest {
        Some(_) => stored_analysis(ports, row.id()).await?,
        None => None,
    };
    let keep = Keep::Moment;
    match (format, analysis) {
        (Format::Json, analysis) => Ok(Reply::json(&document(row, analysis, include), keep)),
        (_, None) => Err(Problem::new(StatusCode::NOT_FOUND, "the changeset is not analysed yet; ask again later")),
        (Format::GeoJson, Some(analysis)) => {
            Ok(Reply { content_type: "application/geo+json", body: diff_geojson(row.id(), &analysis), keep })
        }
        (Format::Xml, Some(analysis)) => {
            Ok(Reply { content_type: "application/xml", body: augmented_diff(&analysis), keep })
        }
    }
}

fn document(row: &ChangesetRow, analysis: Option<Analysis>, include: Include) -> DetailDocument {
    let entry = entry(row);
    let diff = analysis.as_ref().filter(|_| include.diff).map(|analysis| diff_geojson(row.id(), analysis));
    DetailDocument {
        schema: SCHEMA,
        changeset: entry.changeset,
        progress: entry.progress,
        source: entry.source,
        labels: entry.labels,
        pipeline: PipelineState::of(row),
        found: analysis.map(|analysis| Found::of(analysis, include)),
        diff: diff.and_then(|diff| RawValue::from_string(diff).ok()),
    }
}

/// How a changeset came to where it stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangesetHistory")]
pub(crate) struct HistoryDocument {
    /// Version of this document's shape.
    schema: u32,
    /// The changeset.
    id: ChangesetId,
    /// The states that it entered, oldest first; of a long history the newest 20.
    history: Vec<Transition>,
}

/// `GET /api/v1/changesets/{id}/history`.
pub(crate) async fn history(
    Extract(ports): Extract<Arc<Ports>>,
    id: Id,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Given::read(&uri, NO_PARAMETERS, Unknown::Refused)?;
    let row = row(&ports, read_id(id)?).await?;
    let document = HistoryDocument { schema: SCHEMA, id: row.id(), history: row.history };
    Ok(Reply::json(&document, Keep::Moment).answer(&headers))
}

pub(crate) fn read_id(id: Id) -> Result<ChangesetId, Problem> {
    // What is no text is no number either.
    given::id(&id.map(|Path(id)| id).unwrap_or_default())
}

pub(crate) async fn row(ports: &Ports, id: ChangesetId) -> Result<ChangesetRow, Problem> {
    let absent = || Problem::new(StatusCode::NOT_FOUND, "this changeset is not tracked here, or not any more");
    ports.store.changesets(&[id]).await?.pop().ok_or_else(absent)
}
