//! The recorded hour of a real server, end to end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod kills;
mod scenarios;
mod support;
