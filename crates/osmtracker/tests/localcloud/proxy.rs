//! Stands between functions and the local cloud: counts what each asks for, and lets some of it go wrong as AWS does.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, body::Incoming, header, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Requests by function and kind (`dynamodb PutItem`, `s3 PUT`, …).
pub(crate) type Counts = BTreeMap<(String, String), u64>;

/// A running proxy. Lives on the test's runtime and ends with it.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    target: Mutex<String>,
    client: reqwest::Client,
    counts: Mutex<Counts>,
    /// Of a thousand requests, those that are refused as too many.
    throttled: AtomicU32,
    /// Of a thousand writes, those that arrive and whose acknowledgement does not.
    unacknowledged: AtomicU32,
    faults: AtomicU32,
    /// What one function may not do.
    denied: Mutex<Option<(&'static str, &'static str)>>,
}

/// What a request asks for.
struct Asked {
    function: String,
    service: &'static str,
    operation: String,
}

impl Proxy {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        // What is encoded goes through as it is.
        let client = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
        let shared = Arc::new(Shared { client, ..Shared::default() });
        let served = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = served.clone();
                let service = service_fn(move |request| answer(shared.clone(), request));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self { address, shared }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn forward_to(&self, endpoint: String) {
        *self.shared.target.lock().unwrap() = endpoint;
    }

    /// Of a thousand requests so many are throttled, and of a thousand writes so many lose their acknowledgement.
    pub(crate) fn disturb(&self, throttled: u32, unacknowledged: u32) {
        self.shared.throttled.store(throttled, Ordering::Relaxed);
        self.shared.unacknowledged.store(unacknowledged, Ordering::Relaxed);
    }

    /// A function and the kind of request that it is denied from now on.
    pub(crate) fn deny(&self, denied: Option<(&'static str, &'static str)>) {
        *self.shared.denied.lock().unwrap() = denied;
    }

    /// Faults made so far.
    pub(crate) fn faults(&self) -> u32 {
        self.shared.faults.load(Ordering::Relaxed)
    }

    /// What was asked for since the last call.
    pub(crate) fn take_counts(&self) -> Counts {
        std::mem::take(&mut self.shared.counts.lock().unwrap())
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let asked = Asked::of(&request);
    *shared.counts.lock().unwrap().entry((asked.function.clone(), asked.kind())).or_default() += 1;
    let is_denied = shared.denied.lock().unwrap().is_some_and(|(function, kind)| asked.is(function, kind));
    if is_denied {
        return Ok(plain(
            StatusCode::FORBIDDEN,
            "<Error><Code>AccessDenied</Code><Message>not authorized to perform: s3:PutObject</Message></Error>",
        ));
    }
    if asked.function != "unknown" && happens(&shared, &shared.throttled) {
        return Ok(asked.throttled());
    }
    let loses = asked.is_write() && happens(&shared, &shared.unacknowledged);
    let response = forward(&shared, request).await.unwrap_or_else(|error| {
        let text = Full::from(error.to_string());
        Response::builder().status(StatusCode::BAD_GATEWAY).body(text).unwrap()
    });
    Ok(if loses { plain(StatusCode::INTERNAL_SERVER_ERROR, "{\"__type\":\"InternalServerError\"}") } else { response })
}

fn happens(shared: &Shared, of_a_thousand: &AtomicU32) -> bool {
    let happens = fastrand::u32(0..1_000) < of_a_thousand.load(Ordering::Relaxed);
    shared.faults.fetch_add(u32::from(happens), Ordering::Relaxed);
    happens
}

async fn forward(shared: &Shared, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, reqwest::Error> {
    let target = shared.target.lock().unwrap().clone();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let url: reqwest::Url = format!("{target}{path}").parse().unwrap();
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut headers = parts.headers;
    remove_hop_headers(&mut headers);
    let answer = shared.client.request(parts.method, url).headers(headers).body(body).send().await?;
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await?;
    // To a HEAD the length is that of the body which is not sent.
    let length = headers.remove(header::CONTENT_LENGTH);
    remove_hop_headers(&mut headers);
    let mut response = Response::new(Full::from(body.clone()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if let Some(length) = length.filter(|_| body.is_empty()) {
        response.headers_mut().insert(header::CONTENT_LENGTH, length);
    }
    Ok(response)
}

fn remove_hop_headers(headers: &mut HeaderMap) {
    for name in [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION, header::EXPECT] {
        headers.remove(name);
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from(text)).unwrap()
}

impl Asked {
    fn of(request: &Request<Incoming>) -> Self {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let agent = text("x-amz-user-agent");
        let function = agent.split(' ').find_map(|part| part.strip_prefix("app/osmtracker-")).unwrap_or("unknown");
        let (service, operation) = match text("x-amz-target").split_once('.') {
            Some((service, operation)) if service.starts_with("DynamoDB") => ("dynamodb", operation),
            Some((_, operation)) => ("sqs", operation),
            None => ("s3", request.method().as_str()),
        };
        Self { function: function.to_owned(), service, operation: operation.to_owned() }
    }

    fn kind(&self) -> String {
        format!("{} {}", self.service, self.operation)
    }

    fn is(&self, function: &str, kind: &str) -> bool {
        self.function == function && self.kind() == kind
    }

    fn is_write(&self) -> bool {
        let writes = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "SendMessageBatch", "PUT", "POST"];
        writes.contains(&self.operation.as_str()) && self.function != "unknown"
    }

    /// As AWS says it.
    fn throttled(&self) -> Response<Full<Bytes>> {
        match self.service {
            "dynamodb" => plain(
                StatusCode::BAD_REQUEST,
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}"#,
            ),
            "sqs" => plain(
                StatusCode::BAD_REQUEST,
                r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"Rate exceeded"}"#,
            ),
            _ if self.operation == Method::HEAD.as_str() => plain(StatusCode::SERVICE_UNAVAILABLE, ""),
            _ => plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "<Error><Code>SlowDown</Code><Message>Please reduce your request rate</Message></Error>",
            ),
        }
    }
}
