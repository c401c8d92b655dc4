//! Which keys an object may have: those that are a file below a folder as well as an object of S3.

/// As in S3.
const MAX_KEY_BYTES: usize = 1024;
/// As in ext4, XFS, APFS and NTFS.
const MAX_SEGMENT_BYTES: usize = 255;

/// Checks a key of [`crate::ports::SiteStore`].
///
/// # Errors
/// Why no store takes it.
pub fn check_key(key: &str) -> Result<(), &'static str> {
    if key.len() > MAX_KEY_BYTES {
        return Err("it is longer than 1024 bytes");
    }
    if key.contains(['\0', '\\']) {
        return Err("it contains a NUL or a backslash");
    }
    key.split('/').try_for_each(|segment| match segment {
        "" => Err("it has an empty segment"),
        "." | ".." => Err("it has a segment . or .."),
        long if long.len() > MAX_SEGMENT_BYTES => Err("it has a segment of more than 255 bytes"),
        _ => Ok(()),
    })
}
