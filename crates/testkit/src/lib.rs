//! A whole OpenStreetMap upstream for tests and for the demo, and the suite that each port must pass.
//!
//! Knows: full histories ([`History`]), what a server makes of them ([`Upstream`]), serving them over HTTP
//! ([`replay`]), what can go wrong there ([`faults`]), made-up editing ([`synth`]), where tests find real data
//! ([`data`]), a search server ([`search`]), and the contract of the ports.
//!
//! Must not know: the pipeline's steps, analysis, pages. Nothing but tests, the demo and the `replay` command uses it.

pub mod augmented;
pub mod data;
mod error;
pub mod faults;
mod history;
pub mod local_cloud;
mod niue;
pub mod receiver;
pub mod replay;
pub mod search;
pub mod suite;
pub mod synth;
mod upstream;
mod xml;

pub use error::Error;
pub use history::{History, NoVersion, VersionRef};
pub use upstream::{FeedPlan, Round, Upstream};
