//! What stands under `changesets/ID/`.

use std::{collections::BTreeMap, io::Write};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures_util::{StreamExt, TryStreamExt, stream};
use osmtracker_analysis::Analysis;
use osmtracker_osm::ChangesetId;
use osmtracker_pages::{self as pages, Entry, Progress, keys};

use crate::{
    ChangesetRow, State,
    messages::PublishAction,
    metrics::ObjectKind,
    ports::{ObjectMeta, PortError, PutCondition},
    steps::{Ports, StepError, rows},
};

/// Changesets written at the same time.
const CONCURRENCY: usize = 4;

/// How pages and feeds are served: asked for again each time, which costs a 304.
pub(super) const FRESH: &str = "no-cache";

/// What the lists have to take up.
#[derive(Default)]
pub(super) struct Changes {
    /// Shown, with the newest they have.
    pub(super) updated: Vec<Entry>,
    /// Not shown (any more): the row, where there still is one.
    pub(super) removed: Vec<(ChangesetId, Option<ChangesetRow>)>,
    /// Rows that are to go once nothing refers to them.
    dropped: Vec<ChangesetRow>,
}

/// The row as the site shows it.
#[must_use]
pub fn entry(row: &ChangesetRow) -> Entry {
    let progress = match row.state {
        State::Open | State::Analysing1 => Progress::Open,
        State::Done => Progress::Analysed,
        State::Quarantined => {
            Progress::Quarantined { reason: row.reason.clone().unwrap_or_default(), given_up: row.given_up }
        }
        _ if row.digest.is_some() => Progress::Analysed,
        _ => Progress::Pending,
    };
    Entry {
        changeset: row.changeset.clone(),
        progress,
        labels: row.labels.clone(),
        digest: row.digest.clone(),
        source: row.source.clone(),
    }
}

/// Where the analysis of a changeset is kept: at its public place when it has one, so that it is put once.
fn analysis_key(ports: &Ports, id: ChangesetId) -> String {
    if ports.config.site.documents.analysis { public(&keys::analysis(id)) } else { private_analysis(id) }
}

fn private_analysis(id: ChangesetId) -> String {
    format!("analysis/{id}.json")
}

pub(super) fn public(key: &str) -> String {
    format!("site/{key}")
}

/// Keeps the analysis, as the document that readers get.
pub(in crate::steps) async fn store_analysis(
    ports: &Ports,
    row: &ChangesetRow,
    analysis: &Analysis,
) -> Result<(), StepError> {
    let document = pages::analysis_json(&entry(row), Some(analysis));
    put_analysis(ports, row.id(), document, PutCondition::Always).await
}

pub(super) async fn put(
    ports: &Ports,
    key: &str,
    content: impl Into<Bytes>,
    content_type: &'static str,
    kind: ObjectKind,
) -> Result<(), StepError> {
    let meta = ObjectMeta { content_type, cache_control: FRESH, content_encoding: None };
    let bytes = content.into();
    ports.metrics.written(kind, bytes.len() as u64);
    ports.site.put(key, bytes, meta, PutCondition::Always).await?;
    Ok(())
}

/// What a page's map loads. CDNs do not compress GeoJSON, so that it is put compressed (`docs/decisions/0011`).
async fn put_diff(ports: &Ports, key: &str, diff: String) -> Result<(), StepError> {
    const GEOJSON: &str = "application/geo+json";
    if !ports.site.keeps_encodings() {
        return put(ports, key, diff, GEOJSON, ObjectKind::Diff).await;
    }
    let bytes = gzip(diff.as_bytes());
    let meta = ObjectMeta { content_type: GEOJSON, cache_control: FRESH, content_encoding: Some("gzip") };
    ports.metrics.written(ObjectKind::Diff, bytes.len() as u64);
    ports.site.put(key, bytes, meta, PutCondition::Always).await?;
    Ok(())
}

pub(super) fn gzip(bytes: &[u8]) -> Bytes {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).expect("memory takes all");
    Bytes::from(gzip.finish().expect("memory takes all"))
}

async fn put_analysis(
    ports: &Ports,
    id: ChangesetId,
    document: String,
    condition: PutCondition,
) -> Result<(), StepError> {
    let meta = ObjectMeta { content_type: "application/json", cache_control: FRESH, content_encoding: None };
    ports.metrics.written(ObjectKind::Analysis, document.len() as u64);
    ports.site.put(&analysis_key(ports, id), document.into(), meta, condition).await?;
    Ok(())
}

/// Writes or removes the pages of each changeset.
pub(super) async fn write(ports: &Ports, actions: BTreeMap<ChangesetId, PublishAction>) -> Result<Changes, StepError> {
    let ids: Vec<_> = actions.keys().copied().collect();
    let mut rows = BTreeMap::new();
    for ids in ids.chunks(100) {
        rows.extend(ports.store.changesets(ids).await?.into_iter().map(|row| (row.id(), row)));
    }
    let mut changes = Changes::default();
    let (mut shown, mut gone) = (Vec::new(), Vec::new());
    for (id, action) in actions {
        match (rows.remove(&id), action) {
            (Some(row), PublishAction::Update) if row.listed => shown.push(row),
            (row, action) => {
                gone.extend(all_keys(id));
                if action == PublishAction::Drop {
                    changes.dropped.extend(row.clone());
                }
                changes.removed.push((id, row));
            }
        }
    }
    let mut written = stream::iter(shown)
        .map(|row| async move { write_one(ports, &row).await.map(|unwanted| (entry(&row), unwanted)) })
        .buffered(CONCURRENCY);
    while let Some((entry, unwanted)) = written.try_next().await? {
        changes.updated.push(entry);
        gone.extend(unwanted);
    }
    ports.site.delete(&gone).await?;
    Ok(changes)
}

fn all_keys(id: ChangesetId) -> Vec<String> {
    let mut keys: Vec<_> = keys::changeset(id).iter().map(|key| public(key)).collect();
    keys.push(private_analysis(id));
    keys
}

/// Writes a changeset's page and documents. Answers keys of documents that are not configured (any more): they do not
/// stay public.
async fn write_one(ports: &Ports, row: &ChangesetRow) -> Result<Vec<String>, StepError> {
    let (id, entry, site) = (row.id(), entry(row), &ports.config.site);
    let analysis = match row.digest {
        Some(_) => read_analysis(ports, row, &entry).await?,
        None => None,
    };
    let diff = analysis.as_ref().filter(|_| site.documents.diff).map(|analysis| pages::diff_geojson(id, analysis));
    let adiff = analysis.as_ref().filter(|_| site.documents.adiff).map(pages::augmented_diff);
    let mut unwanted = Vec::new();
    match (public(&keys::diff(id)), diff) {
        (key, Some(diff)) => put_diff(ports, &key, diff).await?,
        (key, None) => unwanted.push(key),
    }
    match (public(&keys::adiff(id)), adiff) {
        (key, Some(adiff)) => put(ports, &key, adiff, "application/xml", ObjectKind::Adiff).await?,
        (key, None) => unwanted.push(key),
    }
    let page = pages::changeset_page(site, &entry, analysis.as_ref());
    put(ports, &public(&keys::changeset_page(id)), page, "text/html; charset=utf-8", ObjectKind::Page).await?;
    Ok(unwanted)
}

/// The analysis as it was kept; kept anew when what stands beside it in the document has changed since, or when the
/// configuration now has another place for it. One that cannot be read is made again.
async fn read_analysis(ports: &Ports, row: &ChangesetRow, entry: &Entry) -> Result<Option<Analysis>, StepError> {
    let (id, place) = (entry.id(), analysis_key(ports, entry.id()));
    let other = if ports.config.site.documents.analysis { private_analysis(id) } else { public(&keys::analysis(id)) };
    let Some(object) = ports.site.get(&place).await? else {
        return match ports.site.get(&other).await? {
            Some(object) => moved(ports, entry, &object.bytes, other).await,
            None => Ok(None),
        };
    };
    let Ok(mut analysis) = serde_json::from_slice::<Analysis>(&object.bytes) else {
        tracing::error!(changeset.id = id.0, key = place, "a kept analysis cannot be read and is made again");
        make_again(ports, row).await?;
        return Ok(None);
    };
    analysis.labels.clone_from(&entry.labels);
    let document = pages::analysis_json(entry, Some(&analysis));
    if document.as_bytes() != object.bytes {
        // The analyser may be writing a newer one: then that one's message follows.
        put_analysis(ports, id, document, PutCondition::Matches(object.etag)).await?;
    }
    Ok(Some(analysis))
}

/// The analysis of a changeset as it is kept, wherever that is; `None` when there is none (yet). Changes nothing.
///
/// # Errors
/// When the objects cannot be read, or the document is none of ours.
pub async fn stored_analysis(ports: &Ports, id: ChangesetId) -> Result<Option<Analysis>, PortError> {
    let mut places = [public(&keys::analysis(id)), private_analysis(id)];
    if !ports.config.site.documents.analysis {
        places.reverse();
    }
    for place in places {
        let Some(object) = ports.site.get(&place).await? else { continue };
        let unreadable =
            |error: serde_json::Error| PortError::Permanent { what: format!("read {place}"), source: error.into() };
        return serde_json::from_slice(&object.bytes).map(Some).map_err(unreadable);
    }
    Ok(None)
}

/// Moves an analysis to where the configuration has it now.
async fn moved(ports: &Ports, entry: &Entry, bytes: &[u8], from: String) -> Result<Option<Analysis>, StepError> {
    let Ok(mut analysis) = serde_json::from_slice::<Analysis>(bytes) else { return Ok(None) };
    analysis.labels.clone_from(&entry.labels);
    put_analysis(ports, entry.id(), pages::analysis_json(entry, Some(&analysis)), PutCondition::Absent).await?;
    ports.site.delete(&[from]).await?;
    Ok(Some(analysis))
}

async fn make_again(ports: &Ports, row: &ChangesetRow) -> Result<(), StepError> {
    let now = ports.now();
    rows::update(ports, row.id(), |row| match row {
        Some(mut row) if row.state == State::Done => {
            rows::enter(&mut row, State::Reanalysing, now, Some("its analysis could not be read".to_owned()));
            row.due_at = Some(now.plus(ports.config.pipeline.retry));
            (Some(row), ())
        }
        _ => (None, ()),
    })
    .await?;
    ports.send_for_analysis(&[row.id()]).await
}

/// Removes the rows that were to be dropped. A row that changed since stays, and is due again.
pub(super) async fn forget(ports: &Ports, changes: &Changes) -> Result<(), StepError> {
    for row in &changes.dropped {
        match ports.store.delete_changeset(row.id(), row.version).await {
            Ok(()) | Err(PortError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
