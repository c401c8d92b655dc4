//! What [`osmtracker_analysis::analyse`] finds: hand-checked cases, real and generated data, laws.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod cases;
mod documents;
mod history;
mod laws;
mod niue;
mod reference_world;
mod support;
