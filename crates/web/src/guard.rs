//! What stands between a request and the routes: methods, sizes, times, turns, and the headers of every answer.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use osmtracker_pages::Site;

use crate::{clients::Clients, problem::Problem};

/// The longest address, path and query together: all parameters of a list at their longest, percent-encoded, fit in.
const MAX_ADDRESS_BYTES: usize = 16_384;

/// The longest time for an answer, beyond what any of ours takes.
const MAX_TIME: Duration = Duration::from_secs(10);

/// Whose request it is, as the connection says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(pub(crate) IpAddr);

/// What pages may load, as their own `<meta>` says; frames are forbidden beside it, which only a header can.
#[derive(Clone, Debug)]
pub(crate) struct Policy(Option<HeaderValue>);

impl Policy {
    pub(crate) fn of(site: &Site) -> Self {
        let policy = format!("{}; frame-ancestors 'none'", site.basemap.content_security_policy());
        Self(HeaderValue::from_str(&policy).ok())
    }
}

/// Refuses everything but GET and HEAD without a body, at an address that is not too long.
pub(crate) async fn only_reads(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered");
        return ([(header::ALLOW, "GET, HEAD")], problem).into_response();
    }
    if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > MAX_ADDRESS_BYTES) {
        let detail = format!("path and query have {MAX_ADDRESS_BYTES} bytes at most; ask for less at once");
        return Problem::new(StatusCode::URI_TOO_LONG, detail).into_response();
    }
    if has_body(request.headers()) {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "no call takes a body; leave it out").into_response();
    }
    next.run(request).await
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

/// Ends what takes too long.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    let late = || {
        let detail = format!("not answered within {} seconds; ask for less at once, or try again", MAX_TIME.as_secs());
        Problem::later(StatusCode::SERVICE_UNAVAILABLE, detail, 5).into_response()
    };
    tokio::time::timeout(MAX_TIME, next.run(request)).await.unwrap_or_else(|_| late())
}

/// What watches over the program asks often, and is never told to wait.
const FOR_WATCHERS: [&str; 3] = ["/metrics", "/healthz", "/readyz"];

/// Lets each client make as many requests a minute as the limit says.
pub(crate) async fn in_turn(State(clients): State<Option<Arc<Clients>>>, request: Request, next: Next) -> Response {
    let client =
        request.extensions().get::<Client>().copied().filter(|_| !FOR_WATCHERS.contains(&request.uri().path()));
    if let (Some(clients), Some(Client(address))) = (clients, client)
        && let Err(seconds) = clients.take(address, Instant::now())
    {
        let detail = format!("more than {} requests a minute; go on in {seconds} s", clients.per_minute());
        return Problem::later(StatusCode::TOO_MANY_REQUESTS, detail, seconds).into_response();
    }
    next.run(request).await
}

/// Puts on every answer what browsers must know, and on those of the API that any site's scripts may read them.
pub(crate) async fn headers(State(policy): State<Policy>, request: Request, next: Next) -> Response {
    let is_for_all = is_of_the_api(request.uri());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut insert = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    insert(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    if is_for_all {
        insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, "etag, retry-after");
    }
    if let Policy(Some(policy)) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    join(headers, header::VARY);
    response
}

fn is_of_the_api(uri: &Uri) -> bool {
    uri.path().starts_with("/api/") || ["/metrics", "/healthz", "/readyz"].contains(&uri.path())
}

/// One header of several: function URLs hand on the last one alone.
fn join(headers: &mut HeaderMap, name: HeaderName) {
    let values: Vec<_> = headers.get_all(&name).iter().filter_map(|value| value.to_str().ok()).collect();
    if values.len() > 1
        && let Ok(value) = HeaderValue::from_str(&values.join(", "))
    {
        headers.insert(name, value);
    }
}
