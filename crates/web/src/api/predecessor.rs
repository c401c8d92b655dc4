//! The paths of the predecessor, with its shapes: what its `apiserver` of 2020 answered.
//!
//! It wrote moments as Python does (`+00:00`), spelt two states with a Z, and gave what MongoDB held.

use std::sync::Arc;

use axum::{
    extract::{Path, State as Extract, rejection::PathRejection},
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use osmtracker_osm::{Changeset, ChangesetId, ChangesetSequence, Timestamp};
use osmtracker_pipeline::{ChangesetRow, State, steps::Ports};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    calls::{NO_PARAMETERS, PREDECESSORS_LIST},
    changeset::{read_id, row},
    given::{Given, Unknown},
    listing::{Filter, MAX_LIMIT, Show, walk},
    reply::{Keep, Reply},
};
use crate::problem::Problem;

/// `GET /api/v0.1/changesets`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PredecessorsList")]
pub(crate) struct ListDocument {
    /// Those that were updated last first.
    changesets: Vec<Item>,
    /// Now.
    timestamp: String,
}

/// A changeset.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PredecessorsChangeset")]
pub(crate) struct Item {
    /// Its id.
    cid: ChangesetId,
    /// Where it stands, as the predecessor spelt it.
    state: String,
    /// Names of its labels.
    labels: Vec<String>,
    /// When it was first seen.
    queued: String,
    /// When anything about it last changed.
    updated: String,
    /// When its metadata were last looked at.
    refreshed: String,
    /// When it entered its state.
    state_changed: String,
    /// Where it was seen.
    source: Source,
    /// Metadata; of a single changeset alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Changeset>,
}

/// Where a changeset was seen.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PredecessorsSource")]
struct Source {
    /// The feed.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The file of the feed.
    sequenceno: ChangesetSequence,
    /// When.
    observed: String,
}

/// `GET /api/v0.1/replication`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PredecessorsPointer")]
pub(crate) struct Pointer {
    /// The feed.
    difftype: &'static str,
    /// The last file that was followed.
    seqno: ChangesetSequence,
    /// When the upstream wrote it.
    timestamp: String,
}

/// States of both spellings.
pub(crate) fn states() -> Vec<&'static str> {
    let own = State::ALL.iter().map(|state| state.as_str());
    own.chain(State::ALL.iter().filter_map(|state| with_z(*state))).collect()
}

fn with_z(state: State) -> Option<&'static str> {
    match state {
        State::Analysing1 => Some("ANALYZING1"),
        State::Analysing2 => Some("ANALYZING2"),
        State::Reanalysing => Some("REANALYZING"),
        _ => None,
    }
}

/// As `isoformat()` writes a moment in UTC.
fn moment(at: Timestamp) -> String {
    at.to_string().replace('Z', "+00:00")
}

impl Item {
    fn of(row: &ChangesetRow) -> Self {
        let first = row.history.first().map_or(row.updated_at, |transition| transition.at);
        let last = row.history.last().map_or(row.updated_at, |transition| transition.at);
        Self {
            cid: row.id(),
            state: with_z(row.state).unwrap_or(row.state.as_str()).to_owned(),
            labels: row.labels.iter().map(|label| label.name.clone()).collect(),
            queued: moment(first),
            updated: moment(row.updated_at),
            refreshed: moment(row.updated_at),
            state_changed: moment(last),
            source: Source { kind: "changesets", sequenceno: row.feed.sequence, observed: moment(first) },
            meta: None,
        }
    }
}

/// `GET /api/v0.1/changesets`.
pub(crate) async fn list(
    Extract(ports): Extract<Arc<Ports>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let given = Given::read(&uri, PREDECESSORS_LIST, Unknown::Ignored)?;
    // The predecessor's 0 means all.
    let limit = given.integer("limit")?.filter(|limit| *limit > 0).unwrap_or(MAX_LIMIT);
    let wanted = given.names("state")?;
    let is_wanted = |state: &State| {
        wanted.iter().any(|name| name == state.as_str() || with_z(*state).is_some_and(|spelt| spelt == name))
    };
    let filter = Filter::of_states(State::ALL.into_iter().filter(is_wanted).collect());
    let limit = usize::try_from(limit.min(MAX_LIMIT)).expect("at most MAX_LIMIT");
    let walked = walk(&ports, &filter, Show::All, None, limit).await?;
    let changesets = walked.rows.iter().map(Item::of).collect();
    let document = ListDocument { changesets, timestamp: moment(ports.clock.now()) };
    Ok(Reply::json(&document, Keep::Moment).answer(&headers))
}

/// `GET /api/v0.1/changeset/{id}`.
pub(crate) async fn changeset(
    Extract(ports): Extract<Arc<Ports>>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Given::read(&uri, NO_PARAMETERS, Unknown::Ignored)?;
    let row = row(&ports, read_id(id)?).await?;
    let document = Item { meta: Some(row.changeset.clone()), ..Item::of(&row) };
    Ok(Reply::json(&document, Keep::Moment).answer(&headers))
}

/// `GET /api/v0.1/replication`.
pub(crate) async fn replication(
    Extract(ports): Extract<Arc<Ports>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Given::read(&uri, NO_PARAMETERS, Unknown::Ignored)?;
    let absent = || Problem::new(StatusCode::NOT_FOUND, "nothing was followed yet; ask again in some minutes");
    let cursor = ports.store.cursor().await?.ok_or_else(absent)?;
    let document = Pointer { difftype: "changesets", seqno: cursor.sequence, timestamp: moment(cursor.timestamp) };
    Ok(Reply::json(&document, Keep::Moment).answer(&headers))
}
