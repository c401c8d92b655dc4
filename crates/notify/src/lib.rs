//! Sends notifications over HTTP: to webhooks, Slack, Discord and Matrix.
//!
//! Knows: how each of these wants to be asked, what their answers mean, how a webhook's messages are signed, and where a
//! machine without a cloud keeps secrets.
//!
//! Must not know: which changesets are told, what a message says, what was sent before, AWS.

mod answer;
mod http;
mod secrets;
mod sign;

pub use http::{Client, HttpMessenger};
pub use secrets::LocalSecrets;
pub use sign::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signature};
