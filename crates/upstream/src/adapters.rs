//! The adapters of the upstream, as the configuration names them.

use std::sync::Arc;

use osmtracker_pipeline::{
    config::{Config, SourceName, UpstreamConfig},
    metrics::Metrics,
    ports::{ChangeSource, MetadataSource, ReplicationFeed},
};

use crate::{
    AdiffSource, ApiMetadata, ChangesetsFeed, Client, ClientConfig, OsmApiSource, PrivateAddresses,
    RealChangesetsSource, UpstreamError, metrics::MetricsObserver,
};

/// Everything that is asked over the network, through one client.
#[derive(Clone)]
pub struct Upstream {
    /// The changesets feed.
    pub feed: Arc<dyn ReplicationFeed>,
    /// Where changes come from, in the configured order.
    pub sources: Vec<Arc<dyn ChangeSource>>,
    /// Where metadata come from.
    pub metadata: Arc<dyn MetadataSource>,
}

impl Upstream {
    /// Builds what `config` names; nothing is sent yet. `api_downloads` is this process's share of the two downloads at a
    /// time that the API allows ([`crate::API_DOWNLOADS`]).
    ///
    /// # Errors
    /// [`UpstreamError::Config`] when an address cannot be used.
    pub fn new(config: &Config, metrics: Metrics, api_downloads: usize) -> Result<Self, UpstreamError> {
        let urls = &config.upstream;
        let settings = ClientConfig { api_downloads, ..client_config(config) };
        let client = Client::new(settings, Arc::new(MetricsObserver(metrics)))?;
        let sources = urls.sources.iter().map(|name| source(*name, urls, &client)).collect::<Result<_, _>>()?;
        let feed = ChangesetsFeed::new(client.clone(), urls.replication_url.as_str())?;
        let metadata = ApiMetadata::new(client, urls.api_url.as_str())?;
        Ok(Self { feed: Arc::new(feed), sources, metadata: Arc::new(metadata) })
    }
}

fn source(name: SourceName, urls: &UpstreamConfig, client: &Client) -> Result<Arc<dyn ChangeSource>, UpstreamError> {
    let client = client.clone();
    Ok(match name {
        SourceName::Adiff => Arc::new(AdiffSource::new(client, &urls.adiff_url)?),
        SourceName::OsmApi => Arc::new(OsmApiSource::new(client, urls.api_url.as_str())?),
        SourceName::RealChangesets => {
            let template = urls.real_changesets_url.as_deref();
            let template = template.ok_or_else(|| UpstreamError::config("upstream.real_changesets_url is not set"))?;
            Arc::new(RealChangesetsSource::new(client, template)?)
        }
    })
}

fn client_config(config: &Config) -> ClientConfig {
    let upstream = &config.upstream;
    let default = ClientConfig::new(config.contact());
    let mut allowed_hosts = default.allowed_hosts.clone();
    allowed_hosts.extend(upstream.allowed_hosts.iter().cloned());
    ClientConfig {
        connect_timeout: upstream.connect_timeout,
        read_timeout: upstream.read_timeout,
        total_timeout: upstream.total_timeout,
        max_attempts: upstream.attempts,
        allowed_hosts,
        private_addresses: if upstream.allow_private { PrivateAddresses::Allow } else { PrivateAddresses::Refuse },
        ..default
    }
}
