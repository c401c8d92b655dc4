//! Which addresses are asked at all: the configured ones, and what they redirect to within a short list of hosts. An
//! upstream, or who sits in between, must not be able to send us into the operator's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::{ClientConfig, PrivateAddresses, UpstreamError};

/// A configured address that passed the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    url: Url,
    reach: Reach,
}

/// Which of the two connection pools serves an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Names that resolve to private addresses are refused.
    Public,
    /// The operator's own: any address, no proxy.
    Local,
}

/// Why an address is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not an address at all.
    #[error("{0:?} is no web address")]
    NotAUrl(String),
    /// Neither https nor, where that is allowed, http.
    #[error("the scheme {0} is not used here, only https")]
    Scheme(String),
    /// `user@host`: never needed here, and a way to hide the host.
    #[error("it holds a user name")]
    Credentials,
    /// A host that is not on the list.
    #[error("the host {0} is not among the allowed hosts")]
    Host(String),
    /// An unusual port on an allowed host.
    #[error("the port {0} is not used here")]
    Port(u16),
    /// Loopback, link-local, private, reserved.
    #[error("{0} is a private address")]
    Private(String),
    /// Too many in a row.
    #[error("more than {0} redirects")]
    TooMany(usize),
}

impl Base {
    /// The address itself. A folder's ends with a slash.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }
}

/// The rules, from the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    allowed_hosts: Vec<String>,
    private: PrivateAddresses,
}

impl Guard {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        let allowed_hosts = config.allowed_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { allowed_hosts, private: config.private_addresses }
    }

    /// Checks an address of the configuration. Plain HTTP and loopback are fine when it names a loopback address itself
    /// (`127.0.0.1`, `[::1]`, `localhost`).
    pub(crate) fn base(&self, text: &str) -> Result<Base, UpstreamError> {
        self.check_base(text).map_err(|refusal| UpstreamError::Config {
            what: format!("the address {text:?} cannot be used; use one such as https://planet.openstreetmap.org/"),
            source: Some(Box::new(refusal)),
        })
    }

    /// As [`Guard::base`], for a folder: a missing slash at the end is added.
    pub(crate) fn folder(&self, text: &str) -> Result<Base, UpstreamError> {
        self.base(&format!("{}/", text.trim_end_matches('/')))
    }

    fn check_base(&self, text: &str) -> Result<Base, Refusal> {
        let url = Url::parse(text).map_err(|_| Refusal::NotAUrl(text.to_owned()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let host = url.host().ok_or_else(|| Refusal::NotAUrl(text.to_owned()))?;
        let reach =
            if self.private == PrivateAddresses::Allow || is_loopback(&host) { Reach::Local } else { Reach::Public };
        match (url.scheme(), reach) {
            ("https", _) | ("http", Reach::Local) => {}
            (scheme, _) => return Err(Refusal::Scheme(scheme.to_owned())),
        }
        if reach == Reach::Public && is_private_host(&host) {
            return Err(Refusal::Private(host.to_string()));
        }
        Ok(Base { url, reach })
    }

    /// Where a redirect from `from` leads, if it may.
    pub(crate) fn redirect(&self, base: &Base, from: &Url, location: &str) -> Result<(Url, Reach), Refusal> {
        let url = from.join(location).map_err(|_| Refusal::NotAUrl(location.chars().take(200).collect()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        if base.reach == Reach::Local && url.origin() == base.url.origin() {
            return Ok((url, Reach::Local));
        }
        let allowed = self.private == PrivateAddresses::Allow;
        if url.scheme() != "https" && !(allowed && url.scheme() == "http") {
            return Err(Refusal::Scheme(url.scheme().to_owned()));
        }
        let host = url.host().ok_or_else(|| Refusal::NotAUrl(location.chars().take(200).collect()))?;
        if !allowed && is_private_host(&host) {
            return Err(Refusal::Private(host.to_string()));
        }
        let name = host.to_string();
        let same_host = url.host() == base.url.host();
        if !same_host && !self.allowed_hosts.contains(&name) {
            return Err(Refusal::Host(name));
        }
        let usual_port = allowed || (same_host && url.port() == base.url.port());
        match url.port() {
            Some(port) if !usual_port => Err(Refusal::Port(port)),
            _ => Ok((url, if allowed { Reach::Local } else { Reach::Public })),
        }
    }
}

/// Checks an address of somebody else's server, to which nothing may be sent by mistake: https and a public host; where
/// private ones are allowed, any host, and plain HTTP too.
///
/// # Errors
/// Why it is not asked. [`Refusal::NotAUrl`] holds the address, which may be a secret.
pub fn check_address(text: &str, private: PrivateAddresses) -> Result<Url, Refusal> {
    let not_a_url = || Refusal::NotAUrl(text.to_owned());
    let url = Url::parse(text).map_err(|_| not_a_url())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    let host = url.host().ok_or_else(not_a_url)?;
    match (url.scheme(), private) {
        ("https", _) | ("http", PrivateAddresses::Allow) => {}
        (scheme, _) => return Err(Refusal::Scheme(scheme.to_owned())),
    }
    if private == PrivateAddresses::Refuse && is_private_host(&host) {
        return Err(Refusal::Private(host.to_string()));
    }
    Ok(url)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => is_localhost(name),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn is_private_host(host: &Host<&str>) -> bool {
    match *host {
        Host::Domain(name) => is_localhost(name),
        Host::Ipv4(ip) => is_private(IpAddr::V4(ip)),
        Host::Ipv6(ip) => is_private(IpAddr::V6(ip)),
    }
}

/// Whether an address is anything but a plain public one: private, loopback, link-local, multicast, reserved, or an
/// IPv6 form that carries such an IPv4 address (RFC 6890 and the registries that it founded).
pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || matches!(
            (a, b, c),
            (0 | 224..=255, _, _) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _)
        )
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let words = ip.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    match words {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => embedded(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        // Only 2000::/3 is handed out to the public; Teredo and documentation lie inside it.
        [0x2001, 0 | 0xdb8, ..] => true,
        [first, ..] => !(0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Where a redirect must not lead.
    pub(crate) const ASTRAY: [&str; 25] = [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://a.localhost/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://planet.openstreetmap.org@169.254.169.254/",
        "https://planet.openstreetmap.org.evil.example/",
        "file:///etc/passwd",
        "https://planet.openstreetmap.org:22/",
    ];

    fn guard(private: PrivateAddresses) -> Guard {
        Guard::new(&ClientConfig { private_addresses: private, ..ClientConfig::new("test") })
    }

    #[test]
    fn redirects_lead_to_allowed_hosts_only() {
        let guard = guard(PrivateAddresses::Refuse);
        let base = guard.folder("https://planet.openstreetmap.org/replication/changesets").unwrap();
        let from = base.url().join("006/640/999.osm.gz").unwrap();
        for url in ASTRAY {
            assert!(guard.redirect(&base, &from, url).is_err(), "{url}");
        }
        let others =
            ["//evil.example/", "https:\\\\evil.example", "ftp://planet.openstreetmap.org/", "https://8.8.8.8/"];
        for url in others.into_iter().chain(["https://user@planet.openstreetmap.org/", "data:text/plain,x", "http://["])
        {
            assert!(guard.redirect(&base, &from, url).is_err(), "{url}");
        }
        for (url, expected) in [
            ("999.osm", "https://planet.openstreetmap.org/replication/changesets/006/640/999.osm"),
            ("/other", "https://planet.openstreetmap.org/other"),
            (
                "https://OSM-planet-eu-central-1.s3.dualstack.eu-central-1.amazonaws.com/a?b",
                "https://osm-planet-eu-central-1.s3.dualstack.eu-central-1.amazonaws.com/a?b",
            ),
        ] {
            let (url, reach) = guard.redirect(&base, &from, url).unwrap();
            assert_eq!((url.as_str(), reach), (expected, Reach::Public));
        }
    }

    #[test]
    fn a_local_base_allows_its_own_origin_and_nothing_else_that_is_local() {
        let guard = guard(PrivateAddresses::Refuse);
        for (text, reach) in [
            ("http://127.0.0.1:8900", Some(Reach::Local)),
            ("http://localhost:8900/", Some(Reach::Local)),
            ("http://[::1]:8900", Some(Reach::Local)),
            ("https://planet.openstreetmap.org", Some(Reach::Public)),
            ("https://mirror.example:8443/replication", Some(Reach::Public)),
            ("http://planet.openstreetmap.org", None),
            ("http://192.168.0.7:8900", None),
            ("https://192.168.0.7", None),
            ("https://10.1/", None),
            ("https://user:secret@planet.openstreetmap.org", None),
            ("ftp://planet.openstreetmap.org", None),
            ("planet.openstreetmap.org", None),
            ("", None),
        ] {
            assert_eq!(guard.folder(text).ok().map(|base| base.reach()), reach, "{text}");
        }
        let base = guard.folder("http://127.0.0.1:8900").unwrap();
        assert!(guard.redirect(&base, base.url(), "/b").is_ok());
        assert!(guard.redirect(&base, base.url(), "http://127.0.0.1:8901/").is_err());
        assert!(guard.redirect(&base, base.url(), "https://127.0.0.1/").is_err());
    }

    #[test]
    fn private_addresses_can_be_allowed_for_a_mirror_and_hosts_are_still_checked() {
        let guard = guard(PrivateAddresses::Allow);
        let base = guard.folder("http://192.168.0.7:8900").unwrap();
        assert!(guard.redirect(&base, base.url(), "http://192.168.0.7:8901/b").is_ok());
        assert!(guard.redirect(&base, base.url(), "http://192.168.0.8/b").is_err());
    }

    #[test]
    fn an_address_of_somebody_else_is_public_and_encrypted() {
        let check = |text| check_address(text, PrivateAddresses::Refuse);
        for url in ASTRAY.into_iter().filter(|url| !url.contains("planet.openstreetmap.org")) {
            assert!(check(url).is_err(), "{url}");
        }
        for url in ["http://example.org/", "https://u:p@example.org/", "ftp://example.org/", "example.org", ""] {
            assert!(check(url).is_err(), "{url}");
        }
        assert!(check("https://example.org:8443/hook?a=b").is_ok());
        assert!(check_address("http://127.0.0.1:9000/hook", PrivateAddresses::Allow).is_ok());
        assert!(check_address("ftp://127.0.0.1/", PrivateAddresses::Allow).is_err());
    }

    #[test]
    fn every_kind_of_private_address_is_known() {
        let private = "0.0.0.0 10.1.2.3 100.64.0.1 127.9.9.9 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 \
                       192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 \
                       ::127.0.0.1 ::ffff:10.0.0.1 64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:a00:1:: \
                       fc00::1 fd12::1 fe80::1 fec0::1 ff02::1";
        for ip in private.split_whitespace() {
            assert!(is_private(ip.parse().unwrap()), "{ip}");
        }
        for ip in "8.8.8.8 52.219.72.1 172.32.0.1 100.128.0.1 2a00:1450::1 2606:4700::1 ::ffff:8.8.8.8 64:ff9b::808:808"
            .split(' ')
        {
            assert!(!is_private(ip.parse().unwrap()), "{ip}");
        }
    }
}
