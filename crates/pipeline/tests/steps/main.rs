//! The steps on real storage: what happens to changesets, and that dying at any call changes nothing of it.

mod behaviour;
mod dying;
mod world;
