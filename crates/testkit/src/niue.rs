//! The history of Niue, as the build script found it in the package `osm-io`.

/// A full-history PBF file. © OpenStreetMap contributors, ODbL 1.0; edits before 2012-09-12 also CC BY-SA 2.0.
pub(crate) const HISTORY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/niue.osm.pbf"));
