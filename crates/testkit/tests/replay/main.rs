//! The replayed upstream, asked over real HTTP.

mod elements;
mod faults;
mod feeds;
mod niue;
mod recorded;
mod reference_world;
mod support;
mod timed;
