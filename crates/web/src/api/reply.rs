//! Answers: JSON with an `ETag`, `304` for those who have it, and how long it may be kept.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// How long a cache may answer without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// What changes with every minute.
    Moment,
    /// What changes with the configuration.
    Minutes,
    /// What is asked to see how things stand now.
    Never,
}

impl Keep {
    const fn header(self) -> &'static str {
        match self {
            Self::Moment => "public, max-age=15",
            Self::Minutes => "public, max-age=300",
            Self::Never => "no-store",
        }
    }
}

/// What an answer is made of, before it is known whether the client has it.
pub(crate) struct Reply {
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    pub(crate) keep: Keep,
}

impl Reply {
    /// A JSON document.
    pub(crate) fn json(document: &impl Serialize, keep: Keep) -> Self {
        let body = serde_json::to_string(document).expect("documents have text keys and finite numbers");
        Self { content_type: "application/json", body, keep }
    }

    /// With the hash of its content as its tag.
    pub(crate) fn answer(self, request: &HeaderMap) -> Response {
        let etag = tag(&[self.body.as_bytes()]);
        if is_known(request, &etag) { not_modified(&etag, self.keep) } else { self.with_tag(&etag) }
    }

    /// With a tag that was made of something cheaper than its content.
    pub(crate) fn with_tag(self, etag: &str) -> Response {
        let mut response = ([(header::CONTENT_TYPE, self.content_type)], self.body).into_response();
        insert(&mut response, etag, self.keep);
        response
    }
}

/// Nothing, for a client that has what it asks for.
pub(crate) fn not_modified(etag: &str, keep: Keep) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    insert(&mut response, etag, keep);
    response
}

fn insert(response: &mut Response, etag: &str, keep: Keep) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep.header()));
    if keep != Keep::Never
        && let Ok(etag) = HeaderValue::from_str(etag)
    {
        headers.insert(header::ETAG, etag);
    }
}

/// A weak tag: the same answer may be compressed in one way or another.
pub(crate) fn tag(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let hex: String = hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{hex}\"")
}

/// Whether the client says that it has the answer with this tag.
pub(crate) fn is_known(request: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let tags = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).any(|known| known.trim() == "*" || opaque(known) == opaque(etag))
}
