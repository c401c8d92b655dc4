//! How much a document may ask of the reader. Everything read comes from strangers or passes through their hands.

/// Inflated bytes of an untrusted answer, 256 MiB. The largest honest ones are minutes of the planet with the geometry
/// of country borders, near 100 MiB.
pub const DOCUMENT_BYTES: u64 = 256 << 20;

/// Bytes of one tag or one piece of text, 1 MiB: it is held in memory as a whole. The longest honest one is a tag of a
/// few kilobytes.
pub const EVENT_BYTES: usize = 1 << 20;

/// Elements inside each other. The formats need six (`osm`, `action`, `new`, `relation`, `member`, `nd`).
pub const DEPTH: usize = 16;

/// Attributes of one element. The formats need fourteen.
pub const ATTRIBUTES: usize = 64;

/// Tags of one element or changeset. The API has no fixed limit; the most ever seen are a few hundred.
pub const TAGS: usize = 10_000;

/// Bytes of one key, value, role or user name. The API allows 255 characters; old data and imports have a little more.
pub const VALUE_BYTES: usize = 64 << 10;

/// Bytes of all tags of one element or changeset together, 4 MiB.
pub const TAG_BYTES: usize = 4 << 20;

/// Nodes of one way. The API allows 2,000 since 2009; older history has up to 50,000.
pub const WAY_NODES: usize = 100_000;

/// Members of one relation. The API allows 32,000; older history has a few more.
pub const MEMBERS: usize = 100_000;

/// Positions of all members of one relation together, 24 MB in memory. The longest borders stay under a million.
pub const MEMBER_POSITIONS: usize = 2_000_000;

/// Comments in the discussion of one changeset. The longest known has some hundreds.
pub const COMMENTS: usize = 10_000;

/// Bytes of one comment, 1 MiB. The API accepts less in one request.
pub const COMMENT_BYTES: usize = 1 << 20;

/// The limit that a caller may choose; all others are constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Inflated bytes of the whole document.
    pub document_bytes: u64,
}

impl Limits {
    /// For answers of servers: [`DOCUMENT_BYTES`].
    pub const ANSWER: Self = Self { document_bytes: DOCUMENT_BYTES };

    /// For files that the user chose, such as a full history: no limit on the document, since its elements are handed
    /// on one by one and memory does not grow with it.
    pub const FILE: Self = Self { document_bytes: u64::MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Self::ANSWER
    }
}
