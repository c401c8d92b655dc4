//! The steps on real storage: what happens to changesets, and that dying at any call changes nothing of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod administration;
mod behaviour;
mod digests;
mod dying;
mod notifications;
mod publication;
mod reads;
mod supervision;
mod world;
