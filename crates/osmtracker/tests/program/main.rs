//! The binary as people run it, from the outside.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod admin;
mod analyse;
mod answer;
mod api;
mod api_faults;
mod demo;
mod feed_faults;
#[path = "../../../pages/tests/pages/json_schema.rs"]
mod json_schema;
mod notify;
mod process;
mod search;
mod signals;
mod site;
mod usage;
mod world;
