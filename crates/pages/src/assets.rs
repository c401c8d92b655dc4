use std::sync::LazyLock;

/// A file that pages refer to. Its key changes with its content, so it may be cached for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Key below the site's root: `assets/site-0123456789abcdef.css`.
    pub key: String,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// All files that the pages of this version refer to.
#[must_use]
pub fn assets() -> &'static [Asset] {
    &*ASSETS
}

static ASSETS: LazyLock<[Asset; 2]> = LazyLock::new(|| {
    [
        asset("site", "css", "text/css; charset=utf-8", include_bytes!("../assets/site.css")),
        asset("icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg")),
    ]
});

pub(crate) fn stylesheet() -> &'static str {
    &ASSETS[0].key
}

pub(crate) fn icon() -> &'static str {
    &ASSETS[1].key
}

fn asset(stem: &str, extension: &str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { key: format!("assets/{stem}-{:016x}.{extension}", fnv1a(bytes)), content_type, bytes }
}

/// FNV-1a, 64 bits: stable between versions and machines, which the standard library's hashes are not.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
