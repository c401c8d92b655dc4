//! Where tests find real input: a folder beside the workspace, never copied into the repository.

use std::path::{Path, PathBuf};

/// The folder of captures: `$OSMTRACKER_DATA`, else `../shared/data` beside the workspace; `None` when absent.
#[must_use]
pub fn shared_data() -> Option<PathBuf> {
    let folder = match std::env::var_os("OSMTRACKER_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    };
    folder.is_dir().then_some(folder)
}

/// A file or folder of the captures; when absent says so loudly on stderr, for a test to return.
///
/// ```
/// fn reads_a_real_feed() {
///     let Some(path) = osmtracker_testkit::data::require("changeset-replication/245.osm.gz") else { return };
///     assert!(path.exists());
/// }
/// # reads_a_real_feed();
/// ```
#[must_use]
#[expect(clippy::print_stderr, reason = "a test that did not run must be seen in its output")]
pub fn require(path: &str) -> Option<PathBuf> {
    let found = shared_data().map(|folder| folder.join(path)).filter(|path| path.exists());
    if found.is_none() {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        eprintln!("skipped: {test}: no {path} in $OSMTRACKER_DATA or ../shared/data");
    }
    found
}

/// Like [`data::require`](crate::data::require), and returns from the test when the path is absent.
///
/// ```
/// fn reads_a_real_feed() {
///     let path = osmtracker_testkit::require_data!("changeset-replication/245.osm.gz");
///     assert!(path.exists());
/// }
/// # reads_a_real_feed();
/// ```
#[macro_export]
macro_rules! require_data {
    ($path:expr) => {
        match $crate::data::require($path) {
            Some(path) => path,
            None => return,
        }
    };
}
