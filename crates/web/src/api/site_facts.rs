//! How the tracker keeps up, and what the configuration says: replication, labels, views, totals, health.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State as Extract,
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use osmtracker_osm::{ChangesetSequence, Timestamp};
use osmtracker_pages::{LabelText, SCHEMA, SummaryDocument, View, keys};
use osmtracker_pipeline::{
    ports::FeedCursor,
    steps::{Ports, window_entries},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    calls::NO_PARAMETERS,
    given::{Given, Unknown},
    reply::{Keep, Reply},
};
use crate::{MetricsText, problem::Problem};

/// How far the changesets feed was followed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Replication")]
pub(crate) struct ReplicationDocument {
    /// Version of this document's shape.
    schema: u32,
    /// The first file that was followed; null before the first, and where an older release began.
    first_sequence: Option<ChangesetSequence>,
    /// The last file that was followed; null before the first.
    last_sequence: Option<ChangesetSequence>,
    /// When the upstream wrote it.
    last_timestamp: Option<Timestamp>,
    /// The newest file that the upstream has published, when last seen.
    head_sequence: Option<ChangesetSequence>,
    /// When the upstream wrote that.
    head_timestamp: Option<Timestamp>,
    /// When the head was last seen to move.
    head_moved_at: Option<Timestamp>,
    /// When the head was last looked at.
    checked_at: Option<Timestamp>,
    /// Files that are published and not followed yet.
    behind: Option<u64>,
    /// Seconds that the last followed file is old now.
    lag_seconds: Option<i64>,
    /// Files that were not read. By itself the tracker leaves none out: it waits at the first file that is missing or damaged.
    gaps: Vec<FeedGap>,
}

/// Files that were not read, from one to another.
#[derive(Debug, Serialize, JsonSchema)]
struct FeedGap {
    /// The first of them.
    first: ChangesetSequence,
    /// The last of them.
    last: ChangesetSequence,
    /// Why not, in words that no stranger wrote.
    reason: String,
}

fn gaps(cursor: &FeedCursor) -> Vec<FeedGap> {
    let skipped = cursor.skipped.iter().map(|files| FeedGap {
        first: files.first,
        last: files.last,
        reason: format!("left out by an operator at {}", files.at),
    });
    let next = cursor.sequence.next();
    let waits = cursor.waiting_for.iter().map(|reason| FeedGap { first: next, last: next, reason: reason.clone() });
    skipped.chain(waits).collect()
}

impl ReplicationDocument {
    fn of(cursor: Option<&FeedCursor>, now: Timestamp) -> Self {
        let behind = |cursor: &FeedCursor| cursor.head_sequence.0.saturating_sub(cursor.sequence.0);
        Self {
            schema: SCHEMA,
            first_sequence: cursor.and_then(|cursor| cursor.first_sequence),
            last_sequence: cursor.map(|cursor| cursor.sequence),
            last_timestamp: cursor.map(|cursor| cursor.timestamp),
            head_sequence: cursor.map(|cursor| cursor.head_sequence),
            head_timestamp: cursor.map(|cursor| cursor.head_timestamp),
            head_moved_at: cursor.map(|cursor| cursor.head_moved_at),
            checked_at: cursor.map(|cursor| cursor.checked_at),
            behind: cursor.map(behind),
            lag_seconds: cursor.map(|cursor| now.seconds_since(cursor.timestamp)),
            gaps: cursor.map(gaps).unwrap_or_default(),
        }
    }
}

/// `GET /api/v1/replication`.
pub(crate) async fn replication(
    Extract(ports): Extract<Arc<Ports>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Given::read(&uri, NO_PARAMETERS, Unknown::Refused)?;
    let cursor = ports.store.cursor().await?;
    let document = ReplicationDocument::of(cursor.as_ref(), ports.clock.now());
    Ok(Reply::json(&document, Keep::Moment).answer(&headers))
}

/// The labels that changesets can have.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Labels")]
pub(crate) struct LabelsDocument<'a> {
    /// Version of this document's shape.
    schema: u32,
    /// In the order of the configuration, each with its rule and thresholds.
    labels: &'a [LabelText],
}

/// `GET /api/v1/labels`.
pub(crate) async fn labels(
    Extract(ports): Extract<Arc<Ports>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Given::read(&uri, NO_PARAMETERS, Unknown::Refused)?;
    let document = LabelsDocument { schema: SCHEMA, labels: &ports.config.site.labels };
    Ok(Reply::json(&document, Keep::Minutes).answer(&headers))
}

/// The lists that the site has.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Views")]
pub(crate) struct ViewsDocument {
    /// Version of this document's shape.
    schema: u32,
    /// The list of everything first.
    views: Vec<PublishedView>,
}

/// A list of the site and where it is.
#[derive(Debug, Serialize, JsonSchema)]
struct PublishedView {
    /// Its rule.
    #[serde(flatten)]
    view: View,
    /// Its page, from the site's root.
    page: String,
    /// Its rows as JSON Feed, from the site's root.
    recent: String,
    /// Its Atom feed, from the site's root.
    feed: String,
    /// Where its changesets lie, from the site's root.
    bounds: String,
}

impl From<View> for PublishedView {
    fn from(view: View) -> Self {
        let [page, feed, recent, bounds] = keys::view(&view);
        Self { view, page, recent, feed, bounds }
    }
}

/// `GET /api/v1/views`.
pub(crate) async fn views(
    Extract(ports): Extract<Arc<Ports>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Given::read(&uri, NO_PARAMETERS, Unknown::Refused)?;
    let views = ports.config.site.all_views().map(PublishedView::from).collect();
    Ok(Reply::json(&ViewsDocument { schema: SCHEMA, views }, Keep::Minutes).answer(&headers))
}

/// `GET /api/v1/stats`.
pub(crate) async fn stats(
    Extract(ports): Extract<Arc<Ports>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Given::read(&uri, NO_PARAMETERS, Unknown::Refused)?;
    let document = SummaryDocument::of(&window_entries(&ports).await?);
    Ok(Reply::json(&document, Keep::Moment).answer(&headers))
}

/// `GET /metrics`.
pub(crate) async fn metrics(
    Extension(metrics): Extension<Arc<dyn MetricsText>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let body = metrics.render().await?;
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    Ok(Reply { content_type, body, keep: Keep::Never }.answer(&headers))
}

/// `GET /healthz`: the process answers.
pub(crate) async fn healthz(headers: HeaderMap) -> Response {
    Reply { content_type: "text/plain; charset=utf-8", body: "ok\n".to_owned(), keep: Keep::Never }.answer(&headers)
}

/// `GET /readyz`: table and objects answer, too.
pub(crate) async fn readyz(Extract(ports): Extract<Arc<Ports>>, headers: HeaderMap) -> Result<Response, Problem> {
    ports.store.cursor().await?;
    let status = format!("site/{}", keys::STATUS);
    if ports.site.get(&status).await?.is_none() {
        let detail = "nothing is published yet; the first page takes some minutes";
        return Err(Problem::later(StatusCode::SERVICE_UNAVAILABLE, detail, 60));
    }
    Ok(healthz(headers).await)
}
