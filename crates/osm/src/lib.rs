//! The OpenStreetMap model and its formats.
//!
//! Knows: elements, changesets, osmChange, augmented diffs, real-changesets JSON, replication state files and paths,
//! `.poly` and GeoJSON polygons. Everything here takes bytes or values and returns values.
//!
//! Must not know: the network, files, time of day, areas of interest, rules, storage, pages.

mod change;
mod changeset;
mod element;
mod error;
pub mod feature;
pub mod geojson;
mod geometry;
pub mod gzip;
mod ids;
pub mod polygon;
pub mod real_changesets;
pub mod replication;
mod tags;
mod time;
pub mod xml;

pub use change::{Action, AugmentedAction, AugmentedChange, Gap, GapKind, OsmChange};
pub use changeset::{Changeset, Comment};
pub use element::{Element, ElementData, Member, MemberGeometry, User, WayNode};
pub use error::{FileError, ReadError, ReadErrorKind};
pub use geometry::{BoundingBox, Coordinate};
pub use ids::{ChangesetId, ChangesetSequence, ElementId, ElementRef, ElementType, MinuteSequence, UserId, Version};
pub use tags::Tags;
pub use time::{ParseTimestampError, Timestamp};
