use crate::{Operation, What, bulk::Item, client::Cause, index::Refused};

/// Most characters of a server's reason that are kept.
const MOST_REASON: usize = 300;

/// Errors that are about the document and nothing else, as either server calls them: it does not fit the mapping.
const OF_THE_DOCUMENT: [&str; 3] =
    ["document_parsing_exception", "mapper_parsing_exception", "strict_dynamic_mapping_exception"];

/// What became of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The document is in the index.
    Indexed,
    /// It is not in the index any more, or was not before.
    Deleted,
    /// The index already knew the same version, or a later one: that is as good.
    Conflict,
    /// The server will never take it.
    Rejected(Rejection),
    /// Not now.
    Undone(String),
}

/// Why the server will never take a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Type of the error: a word of the server's.
    pub kind: String,
    /// Its reason. May repeat a stranger's words: not for logs.
    pub reason: String,
}

/// What one answer says of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// What became of it is clear.
    Clear(Outcome),
    /// The server cannot do it now.
    Later(String),
    /// The document, or the index, is at fault: the answer does not tell. With the status.
    Suspect(u16, Rejection),
}

impl Found {
    pub(crate) fn of(operation: &Operation, item: &Item) -> Self {
        match (item.status, &operation.what) {
            (200 | 201, What::Put(_)) => Self::Clear(Outcome::Indexed),
            (200 | 404, What::Delete) if item.cause.kind.is_empty() => Self::Clear(Outcome::Deleted),
            (409, _) => Self::Clear(Outcome::Conflict),
            // A full disk closes the index for writing, with 403 or 429; an index that is being replaced is not there;
            // a part of it that is away makes 503, a proxy 502 and 504.
            (401 | 403 | 404 | 408 | 429 | 502..=504, _) => Self::Later(said(item.status, &item.cause.kind)),
            (413, _) => Self::Clear(Outcome::Rejected(rejection(&item.cause))),
            (400, _) if OF_THE_DOCUMENT.contains(&&*item.cause.kind) => {
                Self::Clear(Outcome::Rejected(rejection(&item.cause)))
            }
            // A closed index, an alias without a write index: 400 as well. And 500 may be a bug that a document meets.
            (status, _) => Self::Suspect(status, rejection(&item.cause)),
        }
    }

    /// Of a request that was not taken, with one operation or with several.
    pub(crate) fn of_refused(refused: &Refused) -> Self {
        match refused.status {
            413 => {
                let reason = "the server does not take a request with this document alone: too large".to_owned();
                Self::Clear(Outcome::Rejected(Rejection { kind: "request_refused".to_owned(), reason }))
            }
            status => Self::Suspect(status, rejection(&refused.cause)),
        }
    }
}

/// As it is said of what waits: `400 index_closed_exception`.
pub(crate) fn said(status: u16, kind: &str) -> String {
    format!("{status} {kind}").trim_end().to_owned()
}

fn rejection(cause: &Cause) -> Rejection {
    let kind = if cause.kind.is_empty() { "request_refused" } else { &cause.kind };
    let reason = cause.reason.iter().flat_map(|reason| reason.chars()).take(MOST_REASON).collect();
    Rejection { kind: kind.to_owned(), reason }
}
