/// Why the index was not asked, or did not answer as one. All of it may work later, some only when a person has acted;
/// what was to be done waits meanwhile.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// There is no client: its credentials cannot be read, or its certificate is none.
    #[error("{0}")]
    SetUp(String),
    /// No answer, not the whole of it, or one that no such server gives.
    #[error("{what}: no valid answer from {url}: {reason}")]
    NoAnswer {
        /// What was tried: `write 40 documents`.
        what: String,
        /// Whom.
        url: String,
        /// Why.
        reason: String,
    },
    /// An answer that means "not now".
    #[error("{what}: {url} answered {status} ({kind}); it is tried again")]
    Busy {
        /// What was tried.
        what: String,
        /// Whom.
        url: String,
        /// HTTP status.
        status: u16,
        /// Type of the error, as the server says it.
        kind: String,
    },
    /// The credentials do not suffice.
    #[error("{what}: {url} refuses with {status} ({kind}); check the credentials, and that they may write this index")]
    Refused {
        /// What was tried.
        what: String,
        /// Whom.
        url: String,
        /// HTTP status.
        status: u16,
        /// Type of the error, as the server says it.
        kind: String,
    },
}
