//! The binary as people run it, from the outside.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod answer;
mod feed_faults;
mod process;
mod site;
