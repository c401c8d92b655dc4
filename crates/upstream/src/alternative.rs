use async_trait::async_trait;
use osmtracker_osm::{AugmentedChange, Changeset, ChangesetId};
use osmtracker_pipeline::ports::{ChangeSource, SourceError, SourcedChange};
use url::Url;

use crate::{Base, Client, Operation, Request, Response, UpstreamError, canonical::canonical, formats};

/// A static augmented diff per changeset, with all old versions and geometry: one call.
#[derive(Clone)]
pub struct AdiffSource {
    documents: Documents,
}

/// The older JSON with the same content: one call.
#[derive(Clone)]
pub struct RealChangesetsSource {
    documents: Documents,
}

impl AdiffSource {
    /// Name of this source.
    pub const NAME: &'static str = "adiff";

    /// Augmented diffs at an address that holds `{id}`, such as `https://adiffs.osmcha.org/changesets/{id}.adiff`.
    ///
    /// # Errors
    /// [`UpstreamError::Config`] when the address cannot be used.
    pub fn new(client: Client, template: &str) -> Result<Self, UpstreamError> {
        Ok(Self { documents: Documents::new(client, template)? })
    }
}

impl RealChangesetsSource {
    /// Name of this source.
    pub const NAME: &'static str = "real-changesets";

    /// Documents at an address that holds `{id}`, such as
    /// `https://real-changesets.s3.us-west-2.amazonaws.com/{id}.json`.
    ///
    /// # Errors
    /// [`UpstreamError::Config`] when the address cannot be used.
    pub fn new(client: Client, template: &str) -> Result<Self, UpstreamError> {
        Ok(Self { documents: Documents::new(client, template)? })
    }
}

#[async_trait]
impl ChangeSource for AdiffSource {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn changes(&self, changeset: &Changeset) -> Result<SourcedChange, SourceError> {
        self.documents.changes(Self::NAME, changeset, formats::augmented_diff).await
    }
}

#[async_trait]
impl ChangeSource for RealChangesetsSource {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn changes(&self, changeset: &Changeset) -> Result<SourcedChange, SourceError> {
        self.documents.changes(Self::NAME, changeset, formats::real_changeset).await
    }
}

/// One document per changeset.
#[derive(Clone)]
struct Documents {
    client: Client,
    base: Base,
    before: String,
    after: String,
}

impl Documents {
    fn new(client: Client, template: &str) -> Result<Self, UpstreamError> {
        let Some((before, after)) = template.split_once("{id}") else {
            return Err(UpstreamError::config(format!("the address {template:?} holds no {{id}} for the changeset")));
        };
        let base = client.base(&format!("{before}0{after}"))?;
        Ok(Self { client, base, before: before.to_owned(), after: after.to_owned() })
    }

    fn url(&self, id: ChangesetId) -> Result<Url, UpstreamError> {
        let text = format!("{}{id}{}", self.before, self.after);
        Url::parse(&text).map_err(|_| UpstreamError::config(format!("{text:?} is no web address")))
    }

    /// The document of a changeset. 404, 410 and 403 (how these stores say that it is not ready) are "not found", and so
    /// is a document without any change for a changeset that has some.
    async fn changes(
        &self,
        name: &'static str,
        changeset: &Changeset,
        read: impl FnOnce(&Response) -> Result<AugmentedChange, UpstreamError>,
    ) -> Result<SourcedChange, SourceError> {
        let id = changeset.id;
        let client = self.client.counting_anew();
        let failed = |error: UpstreamError| error.into_source(name, id);
        let request = Request { base: &self.base, url: self.url(id).map_err(failed)?, operation: Operation::AltSource };
        let response = client.get(&request).await.map_err(failed)?;
        if matches!(response.status, 403 | 404 | 410) {
            return Err(SourceError::NotFound { source_name: name, id });
        }
        let change = response.ok().and_then(|response| read(&response)).map_err(failed)?;
        if change.actions.is_empty() && changeset.num_changes > 0 {
            return Err(SourceError::NotFound { source_name: name, id });
        }
        let (calls, bytes) = (client.tally().calls(), client.tally().bytes());
        Ok(SourcedChange { change: canonical(change), source: name, calls, bytes })
    }
}
