//! Data folders, changesets and readers that several tests need.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use osmtracker_osm::{Changeset, ChangesetId, Timestamp, User, UserId, gzip};

/// A folder of the real captures; `None`, said loudly, where they are absent.
pub(crate) fn data(folder: &str) -> Option<PathBuf> {
    let beside_the_workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("OSMTRACKER_DATA").map_or(beside_the_workspace, PathBuf::from);
    let path = root.join(folder);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent; set OSMTRACKER_DATA", path.display());
    None
}

/// A file, inflated when it is gzip.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut inflated = Vec::new();
    gzip::maybe_gunzip(&bytes, 1 << 30).read_to_end(&mut inflated).unwrap();
    inflated
}

/// Closed, without tags and box.
pub(crate) fn changeset(id: u64, user: Option<(u64, &str)>) -> Changeset {
    Changeset {
        id: ChangesetId(id),
        created_at: Timestamp(0),
        closed_at: Some(Timestamp(0)),
        open: false,
        user: user.map(|(uid, name)| User { uid: Some(UserId(uid)), name: name.into() }),
        bounds: None,
        num_changes: 0,
        comments_count: 0,
        tags: Default::default(),
        discussion: Vec::new(),
    }
}
