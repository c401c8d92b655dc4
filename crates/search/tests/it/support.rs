//! Rows, and an index on a server of its own.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use osmtracker_osm::{Changeset, ChangesetId, Tags, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, FeedPosition, State,
    config::{Config, SearchConfig},
};
use osmtracker_search::{Document, Index, NoSecrets, Pauses, external_version};
use osmtracker_testkit::search::SearchServer;
use serde_json::Value;

/// A listed row in its first version.
pub(crate) fn row(id: u64) -> ChangesetRow {
    let at = Timestamp(1_700_000_000);
    ChangesetRow {
        changeset: Changeset {
            id: ChangesetId(id),
            created_at: at,
            closed_at: Some(at.plus_seconds(60)),
            open: false,
            user: None,
            bounds: serde_json::from_value(serde_json::json!([12.5, 55.6, 12.6, 55.7])).unwrap(),
            num_changes: 3,
            comments_count: 0,
            tags: Tags::default(),
            discussion: Vec::new(),
        },
        feed: FeedPosition::default(),
        state: State::Done,
        version: 1,
        first_written_at: at,
        updated_at: at,
        due_at: None,
        lease: None,
        attempts: 0,
        given_up: false,
        reason: None,
        labels: Vec::new(),
        listed: true,
        digest: None,
        source: None,
        history: Vec::new(),
    }
}

/// The next version of a row, with another number of changes.
pub(crate) fn changed(row: &ChangesetRow) -> ChangesetRow {
    let mut next = row.clone();
    next.version += 1;
    next.changeset.num_changes += 1;
    next
}

/// The next version of a row, which looks the same from outside.
pub(crate) fn worked_on(row: &ChangesetRow) -> ChangesetRow {
    let due_at = Some(row.updated_at.plus_seconds(600));
    ChangesetRow { version: row.version + 1, attempts: row.attempts + 1, due_at, ..row.clone() }
}

/// The next version of a row, shown or not.
pub(crate) fn listed(row: &ChangesetRow, listed: bool) -> ChangesetRow {
    ChangesetRow { version: row.version + 1, listed, ..row.clone() }
}

pub(crate) const INDEX: &str = "osmtracker";

/// Without waiting in earnest.
pub(crate) const PAUSES: Pauses = Pauses { tries: 4, first: Duration::ZERO, longest: Duration::ZERO };

pub(crate) fn config(url: &str) -> SearchConfig {
    let text = format!("[search]\nurl = {url:?}\n");
    Config::parse(&text).unwrap_or_else(|errors| panic!("{errors}")).search.expect("it has an address")
}

pub(crate) async fn server() -> (SearchServer, Index) {
    let server = SearchServer::start().await.unwrap();
    let index = Index::new(config(&server.url()), Arc::new(NoSecrets), PAUSES);
    (server, index)
}

/// What the server holds, by changeset.
pub(crate) fn held(server: &SearchServer) -> BTreeMap<u64, Value> {
    server.documents(INDEX).into_iter().map(|(id, (_, source))| (id.parse().unwrap(), source)).collect()
}

/// What it should hold of these rows.
pub(crate) fn expected<'a>(rows: impl IntoIterator<Item = &'a ChangesetRow>) -> BTreeMap<u64, Value> {
    let document = |row| Some((Document::of(row)?.id().0, serde_json::to_value(Document::of(row)).unwrap()));
    rows.into_iter().filter_map(document).collect()
}

/// The version that the server has of a row's document.
pub(crate) fn version_of(server: &SearchServer, id: u64) -> Option<u64> {
    server.documents(INDEX).get(&id.to_string()).map(|(version, _)| *version)
}

/// Bulk requests that were made.
pub(crate) fn bulks(server: &SearchServer) -> Vec<String> {
    let requests = server.requests().into_iter();
    requests.filter(|request| request.line.ends_with("/_bulk")).map(|request| request.body).collect()
}

pub(crate) fn version(row: &ChangesetRow) -> u64 {
    external_version(row)
}
