//! A stand-in for Elasticsearch 8 and OpenSearch 2, for tests: real HTTP, and of their protocols exactly what osmtracker
//! uses, stricter than either.
//!
//! It refuses what they refuse (a body without its last line break, a lower version, a box without an area) and some of
//! what they let pass (a line that is no object, an unknown word in an action, another content type). It forgets no
//! deletion, so a row that comes back is refused unless its version is higher than ever. Nothing in it was compared with
//! a server, for none could be had where it was written; its rules are those of their documentation:
//! <https://www.elastic.co/guide/en/elasticsearch/reference/8.19/docs-bulk.html>,
//! <https://docs.opensearch.org/2.19/api-reference/document-apis/bulk/>.

mod bulk;
mod engine;
mod mapping;

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use engine::Engine;

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchFault {
    /// The connection ends, and nothing was done.
    Dropped,
    /// Everything was done, and the connection ends before the answer.
    AnswerLost,
    /// 429, perhaps with seconds in `Retry-After`.
    TooManyRequests(Option<u32>),
    /// Another status.
    Status(u16),
    /// 200, and every second item of a bulk failed with this status.
    ItemsFailed(u16),
}

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    /// `POST /osmtracker/_bulk`.
    pub line: String,
    /// Its body.
    pub body: String,
}

#[derive(Debug, Default)]
struct State {
    engine: Engine,
    faults: VecDeque<SearchFault>,
    is_down: bool,
    requests: Vec<SearchRequest>,
    authorization: Option<String>,
}

/// The server. It listens on this machine alone, and ends when it is dropped.
#[derive(Debug)]
pub struct SearchServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _stop: watch::Sender<()>,
}

type Reply = Response<Full<Bytes>>;

impl SearchServer {
    /// An empty server on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::default()));
        let (stop, stopped) = watch::channel(());
        tokio::spawn(accept(listener, state.clone(), stopped));
        Ok(Self { address, state, _stop: stop })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// From now on only requests with this header are answered.
    pub fn wants(&self, authorization: &str) {
        self.state().authorization = Some(authorization.to_owned());
    }

    /// The next requests go wrong, one each.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = SearchFault>) {
        self.state().faults.extend(faults);
    }

    /// No request goes wrong any more.
    pub fn forget_faults(&self) {
        let mut state = self.state();
        (state.is_down, state.faults) = (false, VecDeque::new());
    }

    /// Whether it answers at all.
    pub fn set_down(&self, is_down: bool) {
        self.state().is_down = is_down;
    }

    /// The document of this id is never taken, as one that does not fit the mapping.
    pub fn reject(&self, id: &str) {
        self.reject_with(id, 400, "document_parsing_exception");
    }

    /// The document of this id always gets this error.
    pub fn reject_with(&self, id: &str, status: u16, kind: &'static str) {
        self.state().engine.rejected.insert(id.to_owned(), (status, kind));
    }

    /// A request with the document of this id is refused as a whole.
    pub fn spoil(&self, id: &str) {
        self.state().engine.spoiling.insert(id.to_owned());
    }

    /// Closes an index, as an operator may: it answers each document of a bulk with 400, and no search.
    pub fn close_index(&self, index: &str) {
        self.state().engine.closed.insert(index.to_owned());
    }

    /// An alias without a write index, or a data stream: it can be searched, and answers each document of a bulk with 400
    /// and this type of error.
    pub fn forbid_writes(&self, index: &str, kind: &'static str) {
        self.state().engine.unwritable.insert(index.to_owned(), kind);
    }

    /// Opens an index that was closed or not to be written.
    pub fn open_index(&self, index: &str) {
        let mut state = self.state();
        state.engine.closed.remove(index);
        state.engine.unwritable.remove(index);
    }

    /// Most bytes of a body: more is 413.
    pub fn set_most_bytes(&self, bytes: usize) {
        self.state().engine.most_bytes = bytes;
    }

    /// Removes an index with its documents, as an operator may.
    pub fn remove_index(&self, index: &str) {
        self.state().engine.indices.remove(index);
    }

    /// Documents of an index by id, each with its version.
    #[must_use]
    pub fn documents(&self, index: &str) -> BTreeMap<String, (u64, Value)> {
        let state = self.state();
        let documents = state.engine.indices.get(index).into_iter().flat_map(|index| &index.documents);
        documents.map(|(id, document)| (id.clone(), (document.version, document.source.clone()))).collect()
    }

    /// The template with this name.
    #[must_use]
    pub fn template(&self, name: &str) -> Option<Value> {
        self.state().engine.templates.get(name).cloned()
    }

    /// All requests that were answered, and those that went wrong.
    #[must_use]
    pub fn requests(&self) -> Vec<SearchRequest> {
        self.state().requests.clone()
    }

    /// Forgets the requests.
    pub fn forget_requests(&self) {
        self.state().requests.clear();
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>, mut stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let state = state.clone();
                connections.spawn(async move {
                    let service = hyper::service::service_fn(move |request| respond(state.clone(), request));
                    // An error is a connection that was to be dropped, or a client that went away.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    connections.shutdown().await;
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("dropped as asked for")]
struct Dropped;

impl From<Infallible> for Dropped {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

async fn respond(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Reply, Dropped> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&body).into_owned();
    if state.is_down {
        return Err(Dropped);
    }
    state.requests.push(SearchRequest { line: format!("{} {}", parts.method, parts.uri), body: text });
    let fault = state.faults.pop_front();
    match fault {
        Some(SearchFault::Dropped) => return Err(Dropped),
        Some(SearchFault::TooManyRequests(seconds)) => {
            let mut reply = failed(429, "es_rejected_execution_exception", "too many requests");
            if let Some(seconds) = seconds {
                reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            return Ok(reply);
        }
        Some(SearchFault::Status(status)) => return Ok(failed(status, "unavailable", "as asked for")),
        _ => {}
    }
    let header = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if state.authorization.is_some() && state.authorization.as_deref() != header(AUTHORIZATION) {
        return Ok(failed(401, "security_exception", "missing or wrong credentials"));
    }
    state.engine.failing = match fault {
        Some(SearchFault::ItemsFailed(status)) => Some(status),
        _ => None,
    };
    let reply =
        answer(&mut state.engine, &parts.method, parts.uri.path(), parts.uri.query(), header(CONTENT_TYPE), &body);
    if fault == Some(SearchFault::AnswerLost) { Err(Dropped) } else { Ok(reply) }
}

/// What is wrong with a request, as both servers say it.
#[derive(Debug)]
struct Refusal {
    status: u16,
    kind: &'static str,
    reason: String,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, reason: impl Into<String>) -> Self {
        Self { status, kind, reason: reason.into() }
    }
}

fn answer(
    engine: &mut Engine,
    method: &Method,
    path: &str,
    query: Option<&str>,
    content_type: Option<&str>,
    body: &Bytes,
) -> Reply {
    let parts: Vec<_> = path.trim_matches('/').split('/').collect();
    let json_body = || match content_type {
        Some("application/json") => {
            serde_json::from_slice(body).map_err(|error| Refusal::new(400, "parse_exception", error.to_string()))
        }
        other => Err(Refusal::new(406, "content_type_header_exception", format!("{other:?} is not supported"))),
    };
    let result = match (method.as_str(), parts.as_slice()) {
        ("HEAD", ["_index_template", name]) => return empty(engine.templates.contains_key(*name)),
        ("HEAD", [index]) => return empty(engine.indices.contains_key(*index)),
        ("PUT", ["_index_template", name]) => {
            json_body().and_then(|template| engine.put_template(name, template, query == Some("create=true")))
        }
        ("PUT", [index]) => json_body().and_then(|_| engine.create_index(index)),
        ("POST", [index, "_refresh"]) => engine.refresh(index),
        ("POST", [index, "_search"]) => json_body().and_then(|query| engine.search(index, &query)),
        ("POST", [index, "_bulk"]) => match content_type {
            Some("application/x-ndjson") => engine.bulk(index, body),
            other => Err(Refusal::new(406, "content_type_header_exception", format!("{other:?} is not supported"))),
        },
        _ => Err(Refusal::new(405, "illegal_argument_exception", format!("{method} {path} is not answered here"))),
    };
    match result {
        Ok(value) => reply(200, &value),
        Err(Refusal { status, kind, reason }) => failed(status, kind, &reason),
    }
}

fn empty(is_there: bool) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = if is_there { StatusCode::OK } else { StatusCode::NOT_FOUND };
    reply
}

fn failed(status: u16, kind: &str, reason: &str) -> Reply {
    reply(status, &json!({ "error": { "type": kind, "reason": reason }, "status": status }))
}

fn reply(status: u16, value: &Value) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(value.to_string())));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}
