//! What watches the program: its metrics as a real Prometheus reads them, the dashboard and the alerts, and the pages that
//! tell an operator what they mean.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../program/answer.rs"]
mod answer;
mod catalogue;
mod documents;
mod exposition;
mod expressions;
mod operator;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../program/process.rs"]
mod process;
mod server;
mod under_load;
