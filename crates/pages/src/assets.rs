use std::sync::LazyLock;

#[rustfmt::skip]
mod built;

/// A file that pages refer to. Its key changes with its content, so it may be cached for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Key below the site's root: `assets/site-0123abcd.css`.
    pub key: String,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
    /// The same compressed with Brotli, for a host that sends `Content-Encoding: br`.
    pub brotli: &'static [u8],
    /// The same compressed with gzip.
    pub gzip: &'static [u8],
}

/// All files that the pages of this version refer to: what `site/` was built to.
#[must_use]
pub fn assets() -> &'static [Asset] {
    &ASSETS
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| built::BUILT.iter().map(BuiltAsset::asset).collect());

/// A file as the table of the build names it.
struct BuiltAsset {
    key: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

impl BuiltAsset {
    fn asset(&self) -> Asset {
        let Self { key, content_type, bytes, brotli, gzip } = *self;
        Asset { key: key.to_owned(), content_type, bytes, brotli, gzip }
    }
}

/// A module that a page runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) key: &'static str,
    /// Keys of what it imports at once, so that the browser can ask for all of it together.
    pub(crate) imports: &'static [&'static str],
}

/// Of lists: search, live update, older hours.
pub(crate) const LIST: Script = built::LIST;
/// Of a changeset's page: the map.
pub(crate) const CHANGESET: Script = built::CHANGESET;
/// Of the other pages.
pub(crate) const PLAIN: Script = built::PLAIN;

pub(crate) fn stylesheet() -> &'static str {
    built::STYLESHEET
}

pub(crate) fn icon() -> &'static str {
    built::ICON
}

/// FNV-1a, 64 bits: stable between versions and machines, which the standard library's hashes are not.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
