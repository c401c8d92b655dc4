use std::time::Duration;

/// How the client behaves. [`ClientConfig::new`] has values fit for the public servers.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Version of the program, for the User-Agent.
    pub version: String,
    /// Where the program is described, for the User-Agent.
    pub about_url: String,
    /// How its operator can be reached (an address of mail or web), for the User-Agent. The API blocks those who
    /// cannot be reached.
    pub contact: String,
    /// Longest time for name look-up, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Longest silence while waiting for an answer and between two pieces of it.
    pub read_timeout: Duration,
    /// Longest time for one try, from connecting to the last byte.
    pub total_timeout: Duration,
    /// Downloads from the API at a time. Its policy allows two for all processes of a deployment together.
    pub api_downloads: usize,
    /// Tries for one request, the first included; at least 1.
    pub max_attempts: u32,
    /// Wait before the second try; doubled for each further one.
    pub first_backoff: Duration,
    /// Longest wait between two tries that we choose ourselves.
    pub max_backoff: Duration,
    /// Longest `Retry-After` that is waited for. A longer one ends the request: the caller queues it.
    pub max_retry_after: Duration,
    /// Hosts that a redirect may lead to, besides the host that was asked.
    pub allowed_hosts: Vec<String>,
    /// Whether private, link-local and loopback addresses may be asked.
    pub private_addresses: PrivateAddresses,
    /// Most bytes of a body as received.
    pub max_body_bytes: u64,
    /// Most bytes of a body once inflated.
    pub max_inflated_bytes: u64,
    /// Makes the jitter of the waits repeatable, for tests.
    pub jitter_seed: Option<u64>,
}

/// Whether private, link-local and loopback addresses may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrivateAddresses {
    /// Only where a configured base address is itself a loopback address (a local replay), and there only that origin.
    #[default]
    Refuse,
    /// Yes, and plain HTTP too: a mirror in one's own network. Also needed where the system's HTTP proxy has a name with a
    /// private address.
    Allow,
}

/// Downloads that may run against the API at a time, all in all: its policy.
pub const API_DOWNLOADS: usize = 2;

/// Where planet.openstreetmap.org (replication, augmented diffs of OSMCha) is known to redirect to.
const ALLOWED_HOSTS: [&str; 9] = [
    "planet.openstreetmap.org",
    "planet.osm.org",
    "osm-planet-eu-central-1.s3.dualstack.eu-central-1.amazonaws.com",
    "osm-planet-eu-central-1.s3.eu-central-1.amazonaws.com",
    "osm-planet-us-west-2.s3.dualstack.us-west-2.amazonaws.com",
    "osm-planet-us-west-2.s3.us-west-2.amazonaws.com",
    "api.openstreetmap.org",
    "www.openstreetmap.org",
    "adiffs.osmcha.org",
];

impl ClientConfig {
    /// Values for the public servers. The largest bodies: a changeset may hold 10,000 ways of 2,000 nodes each in
    /// theory; the largest ever seen in practice inflate to some 40 MB.
    #[must_use]
    pub fn new(contact: impl Into<String>) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            about_url: env!("CARGO_PKG_REPOSITORY").to_owned(),
            contact: contact.into(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(300),
            api_downloads: API_DOWNLOADS,
            max_attempts: 5,
            first_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(60),
            allowed_hosts: ALLOWED_HOSTS.map(str::to_owned).to_vec(),
            private_addresses: PrivateAddresses::Refuse,
            max_body_bytes: 64 << 20,
            max_inflated_bytes: 256 << 20,
            jitter_seed: None,
        }
    }

    /// `osmtracker/VERSION (+URL; contact)`, reduced to what a header may hold.
    #[must_use]
    pub fn user_agent(&self) -> String {
        let clean =
            |text: &str| text.chars().filter(|c| (' '..='~').contains(c) && !"()".contains(*c)).collect::<String>();
        format!("osmtracker/{} (+{}; {})", clean(&self.version), clean(&self.about_url), clean(&self.contact))
    }
}
