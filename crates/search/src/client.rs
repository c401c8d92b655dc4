//! Requests, by the official client: one at a time, with their status and what the server said.

use std::time::Duration;

use bytes::Bytes;
use opensearch::{
    auth::Credentials as Auth,
    cert::{Certificate, CertificateValidation},
    http::{
        Method,
        headers::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT},
        transport::{SingleNodeConnectionPool, Transport, TransportBuilder},
    },
};
use osmtracker_pipeline::config::SearchConfig;
use serde::Deserialize;

use crate::{Credentials, SearchError};

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// What a body is.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Json(serde_json::Value),
    /// Lines of JSON.
    Lines(Bytes),
}

/// A request, and what it is for, for errors.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) what: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Body,
}

/// An answer of any status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: String,
}

/// The cause of an error, as both engines say it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Cause {
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    /// May repeat what was to be written.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

impl Answer {
    /// Type and reason of the error, when it says one.
    pub(crate) fn cause(&self) -> Cause {
        #[derive(Deserialize)]
        struct Failed {
            error: Cause,
        }
        serde_json::from_str(&self.body).map(|failed: Failed| failed.error).unwrap_or_default()
    }
}

/// A client under one set of credentials. No `Debug`: the transport shows them.
pub(crate) struct Client {
    transport: Transport,
    url: String,
}

impl Client {
    pub(crate) fn new(config: &SearchConfig, credentials: Option<Credentials>) -> Result<Self, SearchError> {
        let pool = SingleNodeConnectionPool::new(config.url.clone());
        let mut builder = TransportBuilder::new(pool).timeout(config.timeout).headers(headers(credentials.as_ref())?);
        if let Some(Credentials::Basic { user, password }) = credentials {
            builder = builder.auth(Auth::Basic(user, password));
        }
        if let Some(certificate) = &config.ca_certificate {
            let parsed = Certificate::from_pem(certificate.as_bytes());
            let parsed = parsed.map_err(|_| SearchError::SetUp("search.ca_file holds no certificate".to_owned()))?;
            builder = builder.cert_validation(CertificateValidation::Full(parsed));
        }
        if config.is_on_this_machine() {
            builder = builder.disable_proxy();
        }
        let url = config.url.to_string();
        match builder.build() {
            Ok(transport) => Ok(Self { transport, url }),
            Err(error) => Err(SearchError::SetUp(format!("the client for {url} cannot be set up: {error}"))),
        }
    }

    /// One request, one answer; no try after that.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, SearchError> {
        let none: Option<&()> = None;
        let Request { method, path, .. } = request;
        let sent = match &request.body {
            Body::None => self.transport.send(*method, path, HeaderMap::new(), none, None::<()>, None).await,
            Body::Json(value) => {
                let text = value.to_string();
                self.transport.send(*method, path, HeaderMap::new(), none, Some(text), None).await
            }
            Body::Lines(lines) => {
                let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(NDJSON))]);
                self.transport.send(*method, path, headers, none, Some(lines.clone()), None).await
            }
        };
        let response = sent.map_err(|error| self.no_answer(request, &error))?;
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let (status, retry_after) = (response.status_code().as_u16(), seconds.map(Duration::from_secs));
        let body = response.text().await.map_err(|error| self.no_answer(request, &error))?;
        Ok(Answer { status, retry_after, body })
    }

    pub(crate) fn no_answer(&self, request: &Request, reason: &dyn std::error::Error) -> SearchError {
        let causes = std::iter::successors(Some(reason), |error| error.source());
        let mut reasons: Vec<_> = causes.map(ToString::to_string).collect();
        reasons.dedup();
        self.no_answer_for(request, &reasons.join(": "))
    }

    pub(crate) fn no_answer_for(&self, request: &Request, reason: &str) -> SearchError {
        SearchError::NoAnswer { what: request.what.clone(), url: self.url.clone(), reason: reason.to_owned() }
    }

    /// The error that an answer means.
    pub(crate) fn error_of(&self, request: &Request, answer: &Answer) -> SearchError {
        let (what, url, status) = (request.what.clone(), self.url.clone(), answer.status);
        let kind = match answer.cause().kind {
            kind if kind.is_empty() => "no reason given".to_owned(),
            kind => kind,
        };
        match status {
            401 | 403 => SearchError::Refused { what, url, status, kind },
            _ => SearchError::Busy { what, url, status, kind },
        }
    }
}

/// Both engines take these plain types; those with a version in them are Elasticsearch's alone.
fn headers(credentials: Option<&Credentials>) -> Result<HeaderMap, SearchError> {
    let agent = concat!("osmtracker/", env!("CARGO_PKG_VERSION"));
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(JSON)),
        (ACCEPT, HeaderValue::from_static(JSON)),
        (USER_AGENT, HeaderValue::from_static(agent)),
    ]);
    if let Some(Credentials::ApiKey(key)) = credentials {
        let value = HeaderValue::from_str(&format!("ApiKey {key}"));
        let mut value = value.map_err(|_| SearchError::SetUp("the API key cannot be sent".to_owned()))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}
