//! What a changeset really changed.
//!
//! Knows: areas, label rules, tag, geometry and member differences, lengths, summaries, findings.
//!
//! Must not know: where data comes from, storage, queues, pages, the time of day.

mod document;

pub use document::{
    ActionCounts, AffectedUser, Analysis, Digest, ElementChange, Evidence, Extent, GeometryChange, LabelMatch, Length,
    MemberChange, Mileage, MovedNode, Note, Summary, TagChange, TagChangeCount, TagCount, TagDiff, TypeCounts,
};
