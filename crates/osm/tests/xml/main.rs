//! OSM's XML: behaviour on small documents, limits, laws, and every file of the real data.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a failure is the answer")]

mod data;
mod documents;
mod laws;
mod limits;
mod real_data;
