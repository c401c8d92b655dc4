use async_trait::async_trait;
use futures_util::future::try_join_all;
use osmtracker_osm::{Changeset, ChangesetId};
use osmtracker_pipeline::ports::{MetadataSource, SourceError};

use crate::{Base, Client, Operation, Request, Response, UpstreamError, formats, osm_api::api_folder};

/// Most changesets in one call: the API's limit.
const MAX_IDS: usize = 100;

/// Changesets' metadata from the OSM API 0.6.
///
/// One changeset is one call, with its discussion. Several are one call for each hundred, plus one for each of them
/// that has comments, as the API gives discussions one by one only.
#[derive(Clone)]
pub struct ApiMetadata {
    client: Client,
    base: Base,
}

impl ApiMetadata {
    /// The API of a host, such as `https://api.openstreetmap.org`; `/api/0.6` is appended.
    ///
    /// # Errors
    /// [`UpstreamError::Config`] when the address cannot be used.
    pub fn new(client: Client, api_url: &str) -> Result<Self, UpstreamError> {
        let base = api_folder(&client, api_url)?;
        Ok(Self { client, base })
    }

    async fn many(&self, ids: &[ChangesetId]) -> Result<Vec<Changeset>, UpstreamError> {
        let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let response = self.get(&format!("changesets?changesets={list}"), Operation::Changesets).await?;
        let found = parsed(&response.ok()?)?;
        let complete = found.into_iter().filter(|changeset| ids.contains(&changeset.id)).map(|changeset| async {
            if changeset.comments_count == 0 || !changeset.discussion.is_empty() {
                return Ok(Some(changeset));
            }
            self.one(changeset.id).await
        });
        Ok(try_join_all(complete).await?.into_iter().flatten().collect())
    }

    async fn one(&self, id: ChangesetId) -> Result<Option<Changeset>, UpstreamError> {
        let response = self.get(&format!("changeset/{id}?include_discussion=true"), Operation::Changeset).await?;
        if matches!(response.status, 404 | 410) {
            return Ok(None);
        }
        Ok(parsed(&response.ok()?)?.into_iter().find(|changeset| changeset.id == id))
    }

    async fn get(&self, path: &str, operation: Operation) -> Result<Response, UpstreamError> {
        let url = self.base.url().join(path).expect("paths of the API are plain");
        self.client.get(&Request { base: &self.base, url, operation }).await
    }
}

#[async_trait]
impl MetadataSource for ApiMetadata {
    async fn metadata(&self, ids: &[ChangesetId]) -> Result<Vec<Changeset>, SourceError> {
        let Some(first) = ids.first() else { return Ok(Vec::new()) };
        let found = if ids.len() == 1 {
            self.one(*first).await.map(|found| found.into_iter().collect())
        } else {
            let hundreds = try_join_all(ids.chunks(MAX_IDS).map(|ids| self.many(ids))).await;
            hundreds.map(|found| found.concat())
        };
        found.map_err(|error| error.into_source("osm-api", *first))
    }
}

fn parsed(response: &Response) -> Result<Vec<Changeset>, UpstreamError> {
    Ok(formats::repaired(response, formats::changesets_reader)?.value)
}
