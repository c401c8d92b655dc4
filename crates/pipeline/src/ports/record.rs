use osmtracker_osm::Timestamp;

/// Something small that a step has to remember, under a key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `notify/ops/4711`: letters, digits, `/`, `-` and `_`.
    pub key: String,
    /// Fencing, as in [`crate::ChangesetRow`].
    pub version: u64,
    /// When it may be forgotten, at any time from then on; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// What is remembered, opaque to the store; some KB at most.
    pub value: String,
}
