use std::path::{Component, Path, PathBuf};

use osmtracker_pipeline::check_key;

/// Name of the folders for objects that are being written; no key may use it.
pub(crate) const INCOMING: &str = ".incoming";

/// The file of `key` below the data folder: `site/…` stays, everything else goes below `private/`.
///
/// # Errors
/// Why the key cannot be a file.
pub(crate) fn relative_path(key: &str) -> Result<PathBuf, &'static str> {
    check_key(key)?;
    let (root, rest) = split_root(key);
    if rest.split('/').next() == Some(INCOMING) {
        return Err("it begins with a reserved name");
    }
    Ok(Path::new(root).join(rest))
}

/// The key of a file below the data folder; the inverse of [`relative_path`].
pub(crate) fn key_of(relative: &Path) -> Option<String> {
    let mut segments = Vec::new();
    for component in relative.components() {
        let Component::Normal(segment) = component else { return None };
        segments.push(segment.to_str()?);
    }
    if segments.first() == Some(&"private") {
        segments.remove(0);
    }
    Some(segments.join("/"))
}

fn split_root(key: &str) -> (&'static str, &str) {
    match key.strip_prefix("site/") {
        Some(rest) => ("site", rest),
        None => ("private", key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_keys_stay_and_private_keys_get_a_folder_of_their_own() {
        assert_eq!(relative_path("site/a/b.html").unwrap(), Path::new("site/a/b.html"));
        assert_eq!(relative_path("analysis/4711.json").unwrap(), Path::new("private/analysis/4711.json"));
        assert_eq!(relative_path("private/x").unwrap(), Path::new("private/private/x"));
        assert_eq!(relative_path("site").unwrap(), Path::new("private/site"));
    }

    #[test]
    fn a_path_gives_its_key_back() {
        for key in ["site/a/b.html", "analysis/4711.json", "private/x", "site", "site/é ü/%2e%2e", "a/..b/...", "a b"]
        {
            assert_eq!(key_of(&relative_path(key).unwrap()).as_deref(), Some(key));
        }
    }

    #[test]
    fn keys_that_leave_their_folder_or_cannot_be_files_are_refused() {
        let long = format!("site/{}", "x".repeat(256));
        let longer = "x/".repeat(600);
        for key in [
            "",
            "/",
            "/etc/passwd",
            "site/",
            "site//a",
            "site/../a",
            "../a",
            "site/./a",
            "a/..",
            "site/a\0b",
            "site/..\\a",
            "site/.incoming/1",
            ".incoming/1",
            "site/.incoming",
            &long,
            &longer,
        ] {
            assert!(relative_path(key).is_err(), "{key:?}");
        }
    }
}
