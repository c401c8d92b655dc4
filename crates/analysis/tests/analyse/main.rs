//! What [`osmtracker_analysis::analyse`] finds: hand-checked cases, real and generated data, laws.

mod cases;
mod documents;
mod history;
mod laws;
mod niue;
mod reference_world;
mod support;
