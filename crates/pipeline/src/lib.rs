//! The pipeline: ports, steps, states and configuration.
//!
//! Every step is an `async fn step(&Ports, message) -> Result<_, StepError>`. A Lambda function and the local program
//! are shells around the same steps.
//!
//! Knows: what happens to a changeset and in which order, what must be stored, sent and published.
//!
//! Must not know: which queue, table, file system or server stands behind a port.

pub mod admin;
pub mod change_log;
pub mod config;
pub mod messages;
pub mod metrics;
mod object_key;
pub mod ports;
mod state;
pub mod steps;
mod with_causes;

pub use object_key::check_key;
pub use state::{ChangesetRow, FeedPosition, Lease, State, Transition};
pub use with_causes::with_causes;
