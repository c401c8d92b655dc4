//! The polite HTTP client of the OSM upstream, and everything that is read through it: replication feeds, the OSM API,
//! augmented diffs.
//!
//! Knows: how to ask these servers without being a burden (User-Agent, time-outs, back-off, `Retry-After`, two
//! downloads at a time against the API, no addresses but the configured ones), which calls answer a question, and what
//! each fault of an upstream means.
//!
//! Must not know: which changesets matter, what an analysis says, where anything is stored.
//!
//! # Calls for one changeset
//!
//! [`OsmApiSource`] makes 1 + ⌈n/580⌉ × types + ⌈m/580⌉ calls for n old versions and m nodes that only its ways refer
//! to, when nothing is redacted and none of the m nodes was changed since. [`AdiffSource`] and
//! [`RealChangesetsSource`] make one.

mod adapters;
mod alternative;
mod canonical;
mod client;
mod config;
mod error;
mod formats;
mod guard;
mod metadata;
mod metrics;
mod observe;
mod osm_api;
mod replication;
mod resolver;
mod retry;
mod search;
#[cfg(test)]
mod testing;

pub use adapters::Upstream;
pub use alternative::{AdiffSource, RealChangesetsSource};
pub use client::{Client, Request, Response};
pub use config::{API_DOWNLOADS, ClientConfig, PrivateAddresses};
pub use error::{Cause, UpstreamError};
pub use guard::{Base, Refusal, check_address};
pub use metadata::ApiMetadata;
pub use observe::{Call, NoObserver, Observer, Operation, OperationClass, RetryCause, Tally};
pub use osm_api::{OsmApiLimits, OsmApiSource};
pub use replication::{ChangesetsFeed, MinuteFeed};
pub use resolver::{PublicResolver, private_name};
pub use retry::retry_after;
