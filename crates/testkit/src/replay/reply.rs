use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::{
    Response,
    body::{Body, Frame, SizeHint},
    header::{HeaderName, HeaderValue},
};

/// An answer before it becomes HTTP.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

pub(super) const XML: &str = "application/xml; charset=utf-8";
pub(super) const GZIP: &str = "application/x-gzip";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

impl Reply {
    pub(super) fn ok(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status: 200, content_type, headers: Vec::new(), body: body.into() }
    }

    /// As the API says no: an empty body, and the reason in a header.
    pub(super) fn refused(status: u16, reason: impl Into<String>) -> Self {
        Self { status, content_type: TEXT, headers: vec![("Error", reason.into())], body: Bytes::new() }
    }

    pub(super) fn retry_after(mut self, seconds: impl ToString) -> Self {
        self.headers.push(("Retry-After", seconds.to_string()));
        self
    }

    /// As a proxy says no.
    pub(super) fn page(status: u16) -> Self {
        let body = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n");
        Self { status, content_type: HTML, headers: Vec::new(), body: body.into() }
    }

    /// As S3 says that a file is not there.
    pub(super) fn no_such_key() -> Self {
        Self { status: 404, content_type: XML, headers: Vec::new(), body: crate::faults::NO_SUCH_KEY.into() }
    }

    pub(super) fn into_response(self, end: BodyEnd) -> Response<ReplyBody> {
        let body = match end {
            BodyEnd::Whole => Either::Left(Full::new(self.body)),
            BodyEnd::CutOff => Either::Right(HalfBody::of(self.body)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status.try_into().unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(hyper::header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name);
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// How the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyEnd {
    Whole,
    CutOff,
}

pub(super) type ReplyBody = Either<Full<Bytes>, HalfBody>;

/// Promises all bytes, sends half of them and breaks off.
#[derive(Debug)]
pub(super) struct HalfBody {
    half: Option<Bytes>,
    promised: u64,
}

impl HalfBody {
    fn of(whole: Bytes) -> Self {
        Self { promised: whole.len().max(1) as u64, half: Some(whole.slice(..whole.len() / 2)) }
    }
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("reset as asked for")]
pub(super) struct Reset;

impl From<Infallible> for Reset {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Body for HalfBody {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        Poll::Ready(Some(self.half.take().map(Frame::data).ok_or(Reset)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
