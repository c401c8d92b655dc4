//! Errors as `application/problem+json` (RFC 9457).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use osmtracker_pipeline::{ports::PortError, steps::StepError, with_causes};
use schemars::JsonSchema;
use serde::Serialize;

/// What went wrong and what to do about it. Nothing of the request is repeated in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// Where this kind of problem is explained.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind in a few words.
    title: &'static str,
    /// As in the answer's first line.
    status: u16,
    /// What happened this time, and what to do now.
    detail: String,
    /// The parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<Box<str>>,
    /// What the parameter may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Box<str>>,
    /// Seconds after which to try again.
    #[serde(skip)]
    retry_after: Option<u64>,
}

/// Longest pause that is asked for when something does not work.
const AGAIN_AFTER: u64 = 5;

impl Problem {
    /// With this status and explanation.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "/api/v1/#errors",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            parameter: None,
            limits: None,
            retry_after: None,
        }
    }

    /// A parameter that is not what it may be.
    pub(crate) fn parameter(name: &str, limits: impl Into<String>) -> Self {
        let limits = limits.into();
        Self {
            parameter: Some(name.into()),
            limits: Some(limits.as_str().into()),
            ..Self::new(StatusCode::BAD_REQUEST, format!("{name} must be {limits}"))
        }
    }

    /// Something that will work later.
    pub(crate) fn later(status: StatusCode, detail: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(status, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).expect("plain data with text keys");
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        tracing::warn!(error = with_causes(&error), "a request could not be answered");
        match error {
            PortError::Permanent { .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "what is stored cannot be read; the log says why")
            }
            _ => Self::later(StatusCode::SERVICE_UNAVAILABLE, "the storage does not answer; try again", AGAIN_AFTER),
        }
    }
}

impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        tracing::warn!(error = with_causes(&error), "a request could not be answered");
        if error.is_transient() {
            return Self::later(StatusCode::SERVICE_UNAVAILABLE, "the storage does not answer; try again", AGAIN_AFTER);
        }
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "what is stored cannot be read; the log says why")
    }
}
