//! A function behind a function URL: requests in, answers out.

use std::{sync::Arc, time::Instant};

use lambda_http::{
    Body, Request, RequestExt as _, Response,
    http::{HeaderValue, StatusCode, header, response::Parts},
};
use lambda_runtime::{Error, service_fn};
use osmtracker_pipeline::{metrics::Component, steps::Ports};
use tracing::Instrument;

use super::shell::Shell;

/// The longest body of an answer, as Lambda counts it: 6 MB, with room for headers around it.
const MAX_ANSWER_BYTES: usize = 6_000_000 - 64 * 1_024;

/// Runs a function that answers HTTP requests. It may write nothing: what it counts is not stored.
///
/// # Errors
/// When the environment is not that of a function of ours, or the runtime ends.
pub async fn for_each_request<F, A>(component: Component, answer: F) -> Result<(), Error>
where
    F: Fn(Arc<Ports>, Request) -> A + Copy + Send + 'static,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    let shell = Shell::start(component).await?;
    let respond = move |request: Request| {
        let shell = shell.clone();
        let request_id = request.lambda_context_ref().map(|context| context.request_id.clone());
        // An error span: at any level, lines say which invocation they are of.
        let span = tracing::error_span!("invocation", request_id, cold_start = shell.is_first_invocation());
        let invocation = async move {
            let started = Instant::now();
            let response = match shell.ports().await {
                Ok(ports) => fitting(answer(ports, request).await),
                Err(failure) => {
                    tracing::error!(error = failure.error_message, "the invocation failed");
                    problem(StatusCode::SERVICE_UNAVAILABLE, "the configuration cannot be used; the log says why")
                }
            };
            let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(status = response.status().as_u16(), duration_ms, "done");
            Ok::<_, Error>(response)
        };
        invocation.instrument(span)
    };
    lambda_http::run(service_fn(respond)).await
}

/// An answer of these parts. What is encoded is no text to Lambda.
#[must_use]
pub fn response(parts: Parts, body: Vec<u8>) -> Response<Body> {
    let body = match String::from_utf8(body) {
        Ok(text) if !parts.headers.contains_key(header::CONTENT_ENCODING) => Body::Text(text),
        Ok(text) => Body::Binary(text.into_bytes()),
        Err(binary) => Body::Binary(binary.into_bytes()),
    };
    Response::from_parts(parts, body)
}

/// What Lambda would drop without a word is answered with what to do.
fn fitting(response: Response<Body>) -> Response<Body> {
    let length = match response.body() {
        Body::Text(text) => escaped_length(text),
        // In Base64, four bytes for three.
        Body::Binary(bytes) => bytes.len().div_ceil(3) * 4,
        _ => 0,
    };
    if length <= MAX_ANSWER_BYTES {
        return response;
    }
    let detail = "the answer is larger than 6 MB: ask with Accept-Encoding: br, or for less at once, or read the site's document";
    problem(StatusCode::NOT_ACCEPTABLE, detail)
}

/// As a string of JSON, in which an answer travels to Lambda: `\"` takes two bytes, and `\u0000` six.
fn escaped_length(text: &str) -> usize {
    let beyond = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.len() + text.bytes().map(beyond).sum::<usize>()
}

/// As in the API: `application/problem+json` (RFC 9457), for every site's scripts.
fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    let title = status.canonical_reason().unwrap_or("Error");
    let problem = serde_json::json!({
        "type": "/api/v1/#errors", "title": title, "status": status.as_u16(), "detail": detail
    });
    let mut response = Response::new(Body::Text(problem.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_lambda_would_drop_is_replaced_by_one_that_says_so() {
        let small = fitting(Response::new(Body::Text("x".repeat(MAX_ANSWER_BYTES))));
        assert_eq!(small.status(), StatusCode::OK);
        let large = [Body::Text("x".repeat(MAX_ANSWER_BYTES + 1)), Body::Binary(vec![0; MAX_ANSWER_BYTES / 4 * 3 + 9])];
        for body in large {
            let response = fitting(Response::new(body));
            assert_eq!(response.status(), StatusCode::NOT_ACCEPTABLE);
            let Body::Text(text) = response.body() else { panic!("no text") };
            let problem: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(problem["status"], 406);
            assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        }
    }

    #[test]
    fn a_text_is_as_long_as_it_travels() {
        let every: String = (0..=0x2fff).filter_map(char::from_u32).collect();
        assert_eq!(escaped_length(&every), serde_json::to_string(&every).unwrap().len() - 2);
        // JSON is full of quotes.
        let quotes = "\"".repeat(MAX_ANSWER_BYTES / 2);
        assert_eq!(fitting(Response::new(Body::Text(quotes.clone()))).status(), StatusCode::OK);
        assert_eq!(fitting(Response::new(Body::Text(quotes + "\""))).status(), StatusCode::NOT_ACCEPTABLE);
    }
}
