use std::time::Duration;

use url::Url;

use super::reader::{PlainHttp, Reader, Section, Written};

/// `[upstream]`: which servers are asked, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamConfig {
    /// The folder that holds `changesets/` and `minute/`.
    pub replication_url: Url,
    /// The host of the OSM API, to which `/api/0.6` is appended.
    pub api_url: Url,
    /// Augmented diffs by changeset; holds `{id}`.
    pub adiff_url: String,
    /// The older JSON by changeset; holds `{id}`. `None`: nobody has it.
    pub real_changesets_url: Option<String>,
    /// Sources of changes, in the order in which they are asked; at least one.
    pub sources: Vec<SourceName>,
    /// When a changeset waits for its augmented diff.
    pub wait_for_adiff: WaitForAdiff,
    /// Between two looks at the head of the feed: the upstream writes a file a minute.
    pub poll: Duration,
    /// Longest time for name look-up, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Longest silence while waiting for an answer and between two pieces of it.
    pub read_timeout: Duration,
    /// Longest time for one try.
    pub total_timeout: Duration,
    /// Tries for one request, the first included.
    pub attempts: u32,
    /// Hosts that a redirect may lead to besides those known to be the upstream's own.
    pub allowed_hosts: Vec<String>,
    /// Whether private addresses and plain HTTP may be used.
    pub allow_private: bool,
}

/// A source of changes, by the name that it has in rows, documents and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceName {
    /// A static augmented diff.
    Adiff,
    /// The OSM API.
    OsmApi,
    /// The older JSON.
    RealChangesets,
}

impl SourceName {
    /// All, in the usual order.
    pub const ALL: [Self; 3] = [Self::Adiff, Self::OsmApi, Self::RealChangesets];

    /// `adiff`, `osm-api` or `real-changesets`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adiff => "adiff",
            Self::OsmApi => "osm-api",
            Self::RealChangesets => "real-changesets",
        }
    }
}

/// Augmented diffs appear minutes after a changeset closes: large changesets wait for theirs, small ones do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitForAdiff {
    /// Changesets of more elements than this wait.
    pub over_elements: u32,
    /// How long after their closing, at most.
    pub up_to: Duration,
}

pub(super) fn read(reader: &mut Reader<'_>, root: &mut Section) -> UpstreamConfig {
    let mut section = reader.section(root, "upstream");
    let s = &mut section;
    let allow_private = reader.bool(s, "allow_private").unwrap_or(false);
    let plain = if allow_private { PlainHttp::Anywhere } else { PlainHttp::Loopback };
    let seconds = |number: u32| Duration::from_secs(number.into());
    let config = UpstreamConfig {
        replication_url: reader.url(s, "replication_url", "https://planet.openstreetmap.org/replication", plain),
        api_url: api_url(reader, s, plain),
        adiff_url: template(reader, s, "adiff_url", plain)
            .unwrap_or_else(|| "https://adiffs.osmcha.org/changesets/{id}.adiff".to_owned()),
        real_changesets_url: template(reader, s, "real_changesets_url", plain),
        sources: Vec::new(),
        wait_for_adiff: wait_for_adiff(reader, s),
        poll: seconds(reader.integer(s, "poll_seconds", 1..=3_600, 60)),
        connect_timeout: seconds(reader.integer(s, "connect_seconds", 1..=300, 10)),
        read_timeout: seconds(reader.integer(s, "read_seconds", 1..=3_600, 60)),
        total_timeout: seconds(reader.integer(s, "total_seconds", 1..=3_600, 300)),
        attempts: reader.integer(s, "attempts", 1..=20, 5),
        allowed_hosts: allowed_hosts(reader, s),
        allow_private,
    };
    let sources = sources(reader, s, config.real_changesets_url.as_deref());
    reader.done(section);
    UpstreamConfig { sources, ..config }
}

fn api_url(reader: &mut Reader<'_>, section: &mut Section, plain: PlainHttp) -> Url {
    let default: Url = "https://api.openstreetmap.org".parse().expect("an address");
    let Some(text) = reader.text(section, "api_url") else { return default };
    let Some(url) = reader.as_url("api_url", &text, plain) else { return default };
    if url.path().trim_end_matches('/').ends_with("/api/0.6") {
        reader.wrong(&text.origin, "`api_url` must be without /api/0.6, which is appended");
    }
    url
}

/// An address that holds `{id}`.
fn template(reader: &mut Reader<'_>, section: &mut Section, key: &'static str, plain: PlainHttp) -> Option<String> {
    let text = reader.text(section, key)?;
    let example = Written { value: text.value.replace("{id}", "1"), origin: text.origin.clone() };
    reader.as_url(key, &example, plain)?;
    if text.value.matches("{id}").count() != 1 {
        reader.wrong(&text.origin, format!("`{key}` must hold {{id}} once, where the changeset's number goes"));
        return None;
    }
    Some(text.value)
}

fn wait_for_adiff(reader: &mut Reader<'_>, parent: &mut Section) -> WaitForAdiff {
    let mut section = reader.section(parent, "wait_for_adiff");
    let over_elements = reader.integer(&mut section, "over_elements", 0..=u32::MAX, 300);
    let minutes = reader.integer(&mut section, "minutes", 0..=24 * 60, 10);
    reader.done(section);
    WaitForAdiff { over_elements, up_to: Duration::from_secs(u64::from(minutes) * 60) }
}

fn sources(reader: &mut Reader<'_>, section: &mut Section, real_changesets_url: Option<&str>) -> Vec<SourceName> {
    let Some(node) = section.take("sources") else { return vec![SourceName::Adiff, SourceName::OsmApi] };
    let origin = node.origin.clone();
    let choices = SourceName::ALL.map(|source| (source.as_str(), source));
    let mut sources = Vec::new();
    let written = reader.as_texts("sources", node);
    if written.is_empty() {
        reader.wrong(&origin, "`sources` must name at least one of adiff, osm-api, real-changesets");
    }
    for text in written {
        let Some(source) = reader.choice("sources", &text, &choices) else { continue };
        if sources.contains(&source) {
            reader.wrong(&text.origin, format!("{:?} is named twice; remove one of them", text.value));
        } else if source == SourceName::RealChangesets && real_changesets_url.is_none() {
            reader.wrong(&text.origin, "the source real-changesets needs upstream.real_changesets_url");
        }
        sources.push(source);
    }
    sources
}

fn allowed_hosts(reader: &mut Reader<'_>, section: &mut Section) -> Vec<String> {
    let hosts = reader.texts(section, "allowed_hosts").unwrap_or_default();
    for host in &hosts {
        if url::Host::parse(&host.value).is_err() {
            reader.wrong(&host.origin, format!("{:?} is no host name such as mirror.example.org", host.value));
        }
    }
    hosts.into_iter().map(|host| host.value.to_ascii_lowercase()).collect()
}
