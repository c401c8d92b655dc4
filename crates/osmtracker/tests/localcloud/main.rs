//! The whole machine on a local cloud: Terraform sets it up, real functions do the work, and what they publish is what
//! the local program publishes for the same input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod deployment;
mod figures;
mod listeners;
mod machine;
mod operator;
mod proxy;
#[path = "../recorded/support.rs"]
mod support;
mod terraform;
mod whole;
