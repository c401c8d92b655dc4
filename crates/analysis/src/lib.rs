//! What a changeset really changed.
//!
//! Knows: areas, label rules, tag, geometry and member differences, lengths, summaries, findings.
//!
//! Must not know: where data comes from, storage, queues, pages, the time of day.

mod affected_users;
mod analyse;
mod area;
mod collapse;
mod counting;
mod digest;
mod document;
mod element_name;
mod extent;
mod gaps;
mod geodesy;
mod mileage;
mod positions;
mod relations;
pub mod rules;
mod sides;
mod splits;
mod subsequence;
mod suggest;
mod tag_diff;
mod text;
mod ways;

pub use analyse::analyse;
pub use area::{Area, AreaError, touches};
pub use document::{
    ActionCounts, AffectedUser, Analysis, Digest, ElementChange, Evidence, Extent, GeometryChange, LabelMatch, Length,
    MemberChange, Mileage, MovedNode, Note, Summary, TagChange, TagChangeCount, TagCount, TagDiff, TypeCounts,
};
pub use text::{Phrase, PhraseKind, one_line, text_summary};
