//! The description of the API: for machines, and as a page for people.

use std::sync::{Arc, LazyLock};

use axum::{
    extract::State as Extract,
    http::{HeaderMap, Uri},
    response::Response,
};
use osmtracker_pages::{ApiCall, ApiParameter, ApiReference, api_page};
use osmtracker_pipeline::steps::Ports;

use super::{
    calls::{Call, NO_PARAMETERS, calls},
    given::{Given, Unknown},
    openapi,
    parameter::{Parameter, Place},
    reply::{Keep, Reply},
};
use crate::problem::Problem;

static DOCUMENT: LazyLock<String> = LazyLock::new(openapi::document);
static REFERENCE: LazyLock<ApiReference> = LazyLock::new(reference_of_all);

/// `GET /api/v1/openapi.json`.
pub(crate) async fn openapi(uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    Given::read(&uri, NO_PARAMETERS, Unknown::Refused)?;
    let body = DOCUMENT.clone();
    Ok(Reply { content_type: "application/json", body, keep: Keep::Minutes }.answer(&headers))
}

/// `GET /api/v1/`.
pub(crate) async fn reference(
    Extract(ports): Extract<Arc<Ports>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Given::read(&uri, NO_PARAMETERS, Unknown::Refused)?;
    let body = api_page(&ports.config.site, &REFERENCE);
    Ok(Reply { content_type: "text/html; charset=utf-8", body, keep: Keep::Minutes }.answer(&headers))
}

fn reference_of_all() -> ApiReference {
    ApiReference { rules: rules(), calls: calls().iter().map(described).collect() }
}

fn rules() -> Vec<(&'static str, String)> {
    let rule = |name, text: &str| (name, text.to_owned());
    vec![
        rule("Methods", "GET and HEAD; anything else is answered with 405. Any site's scripts may ask."),
        rule(
            "Paging",
            "An answer has a cursor as long as there may be more: give it back as the parameter cursor, until it is null.",
        ),
        rule(
            "Errors",
            "application/problem+json (RFC 9457). A parameter that is wrong is named in parameter, and what it may be in \
             limits. Parameters that a call does not have are refused, so that a slip does not answer everything.",
        ),
        rule(
            "Caching",
            "Answers have an ETag; asked again with If-None-Match, what did not change costs a 304. Cache-Control says how \
             long an answer may be used without asking. Answers come compressed to those who accept gzip or br.",
        ),
        rule(
            "Limits",
            "After 429 or 503, wait for the seconds that Retry-After says. Addresses have 16,384 bytes at most.",
        ),
        rule(
            "Versions",
            "Fields may be added at any time. One that changes its meaning or goes away raises schema, and the paths then \
             get another version beside this one.",
        ),
    ]
}

fn described(call: &Call) -> ApiCall {
    ApiCall {
        id: call.operation.to_owned(),
        path: call.path.to_owned(),
        summary: call.summary.to_owned(),
        description: call.description.to_owned(),
        deprecated: call.deprecated,
        parameters: call.parameters.iter().map(described_parameter).collect(),
        example: example(call),
    }
}

fn described_parameter(parameter: &Parameter) -> ApiParameter {
    ApiParameter {
        name: parameter.name.to_owned(),
        description: parameter.description.to_owned(),
        limits: parameter.shape.limits(),
    }
}

/// A path to try: with its examples of what must be given, and a limit where there is one.
fn example(call: &Call) -> String {
    let mut path = call.path.trim_start_matches('/').to_owned();
    for parameter in call.parameters.iter().filter(|parameter| parameter.place == Place::Path) {
        path = path.replace(&format!("{{{}}}", parameter.name), parameter.example);
    }
    match call.parameters.iter().find(|parameter| parameter.name == "limit") {
        Some(limit) => format!("{path}?limit={}", limit.example),
        None => path,
    }
}
