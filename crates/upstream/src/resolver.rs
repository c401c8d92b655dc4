use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::guard::is_private;

/// Looks names up with the system's resolver and drops private addresses, so that a public name cannot lead into the
/// operator's own network, not even when its answer changes between two look-ups.
#[derive(Clone, Copy, Debug)]
pub struct PublicResolver;

/// A name that has private addresses alone.
#[derive(Debug, thiserror::Error)]
#[error("{0} has private addresses alone, which are not asked")]
struct PrivateName(String);

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<_> = found.into_iter().filter(|address| !is_private(address.ip())).collect();
            if public.is_empty() {
                return Err(PrivateName(name.as_str().to_owned()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The name that a request failed for because it has private addresses alone.
#[must_use]
pub fn private_name(error: &reqwest::Error) -> Option<String> {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(PrivateName(name)) = inner.downcast_ref() {
            return Some(name.clone());
        }
        cause = inner.source();
    }
    None
}
