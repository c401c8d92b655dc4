//! The replayed upstream, asked over real HTTP.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic as a test does")]

mod elements;
mod faults;
mod feeds;
mod niue;
mod open;
mod recorded;
mod reference_world;
mod support;
mod timed;
