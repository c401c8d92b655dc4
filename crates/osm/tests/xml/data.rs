//! Real files, where they are.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use osmtracker_osm::gzip;

/// A file or folder of the real data; `None`, said loudly, when it is not there.
pub(crate) fn find(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OSMTRACKER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into(), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// The bytes of a file, inflated when they are gzip.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    let stored = std::fs::read(path).unwrap();
    let mut bytes = Vec::new();
    gzip::maybe_gunzip(&stored, 1 << 30).read_to_end(&mut bytes).unwrap();
    bytes
}

/// As [`find`] and [`read`].
pub(crate) fn load(path: &str) -> Option<Vec<u8>> {
    find(path).map(|path| read(&path))
}

/// All files below a folder whose names end so, sorted.
pub(crate) fn walk(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let Some(root) = find(folder) else { return Vec::new() };
    let (mut folders, mut files) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
