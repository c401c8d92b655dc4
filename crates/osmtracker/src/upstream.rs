//! The adapters of the upstream, as the configuration names them.

use std::sync::Arc;

use anyhow::{Context, Result};
use osmtracker_pipeline::{
    config::{Config, SourceName, UpstreamConfig},
    metrics::Metrics,
    ports::{ChangeSource, MetadataSource, ReplicationFeed},
};
use osmtracker_upstream::{
    AdiffSource, ApiMetadata, ChangesetsFeed, Client, ClientConfig, OsmApiSource, PrivateAddresses,
    RealChangesetsSource,
};

use crate::observer::MetricsObserver;

/// Everything that is asked over the network.
pub(crate) struct Upstream {
    pub(crate) feed: Arc<dyn ReplicationFeed>,
    pub(crate) sources: Vec<Arc<dyn ChangeSource>>,
    pub(crate) metadata: Arc<dyn MetadataSource>,
}

impl Upstream {
    pub(crate) fn new(config: &Config, metrics: Metrics) -> Result<Self> {
        let urls = &config.upstream;
        let client =
            Client::new(client_config(config), Arc::new(MetricsObserver(metrics))).context("set up the HTTP client")?;
        let sources = urls.sources.iter().map(|name| source(*name, urls, &client)).collect::<Result<_>>()?;
        let feed =
            ChangesetsFeed::new(client.clone(), urls.replication_url.as_str()).context("upstream.replication_url")?;
        let metadata = ApiMetadata::new(client, urls.api_url.as_str()).context("upstream.api_url")?;
        Ok(Self { feed: Arc::new(feed), sources, metadata: Arc::new(metadata) })
    }
}

fn source(name: SourceName, urls: &UpstreamConfig, client: &Client) -> Result<Arc<dyn ChangeSource>> {
    let client = client.clone();
    Ok(match name {
        SourceName::Adiff => Arc::new(AdiffSource::new(client, &urls.adiff_url).context("upstream.adiff_url")?),
        SourceName::OsmApi => Arc::new(OsmApiSource::new(client, urls.api_url.as_str()).context("upstream.api_url")?),
        SourceName::RealChangesets => {
            let template = urls.real_changesets_url.as_deref().context("upstream.real_changesets_url is not set")?;
            Arc::new(RealChangesetsSource::new(client, template).context("upstream.real_changesets_url")?)
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
