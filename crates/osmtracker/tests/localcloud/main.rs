//! The whole machine on a local cloud: Terraform sets it up, real functions do the work, and what they publish is what
//! the local program publishes for the same input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../program/answer.rs"]
mod answer;
mod api;
mod deployment;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../prometheus/documents.rs"]
mod documents;
mod figures;
mod listeners;
mod machine;
mod operator;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../program/process.rs"]
mod process;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../prometheus/server.rs"]
mod prometheus;
mod proxy;
#[path = "../recorded/support.rs"]
mod support;
mod terraform;
mod whole;
