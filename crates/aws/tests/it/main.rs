//! The adapters against a local cloud.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cloud;
mod configuration;
mod listing;
mod lost_acknowledgements;
mod notifications;
mod suites;
