//! The routes over real storage in a temporary folder, asked without a network.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod changeset;
mod facts;
mod http;
mod listing;
mod openapi;
mod predecessor;
mod world;
