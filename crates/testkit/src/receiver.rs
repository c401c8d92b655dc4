//! A receiver of notifications: a web server on this machine that keeps what it is sent and answers as it is told.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};

/// What was received, and when it counts as taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// By name in small letters.
    pub headers: BTreeMap<String, String>,
    /// Whole.
    pub body: String,
    /// What it was answered; `None`: the connection was closed instead.
    pub status: Option<u16>,
}

impl Received {
    /// By what a receiver that keeps keys knows the message again: a webhook by its header, a room by the path.
    #[must_use]
    pub fn key(&self) -> &str {
        self.headers.get("webhook-id").map_or(&self.target, String::as_str)
    }

    /// Whether the sender was told that it arrived.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// How a request is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    status: Option<u16>,
    headers: Vec<(&'static str, String)>,
    body: &'static str,
    is_held: bool,
}

impl Reply {
    /// With this status and no body.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self { status: Some(status), headers: Vec::new(), body: "", is_held: false }
    }

    /// Not at all: the message is taken and the connection is closed.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { status: None, headers: Vec::new(), body: "", is_held: false }
    }

    /// Never: the message is taken and the sender waits.
    #[must_use]
    pub fn held() -> Self {
        Self { is_held: true, ..Self::nothing() }
    }

    /// And this header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// And this body.
    #[must_use]
    pub const fn body(mut self, body: &'static str) -> Self {
        self.body = body;
        self
    }
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    replies: VecDeque<Reply>,
    usual: Option<Reply>,
}

/// The server. It ends when it is dropped.
pub struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Starts on a free port; every request is answered with 200.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::<Mutex<State>>::default();
        let task = tokio::spawn(serve(listener, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    /// An address here: `http://127.0.0.1:PORT/PATH`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Answers the next requests so, one after the other, before the usual answer.
    pub fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.lock().replies.extend(replies);
    }

    /// Answers all requests so that [`Receiver::next`] says nothing of.
    pub fn always(&self, reply: Reply) {
        self.lock().usual = Some(reply);
    }

    /// Every request so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.lock().received.clone()
    }

    /// What a chat would show: every message that was acknowledged.
    #[must_use]
    pub fn shown(&self) -> Vec<Received> {
        self.received().into_iter().filter(Received::is_acknowledged).collect()
    }

    /// What a receiver that keeps keys would have: those with different keys.
    #[must_use]
    pub fn distinct(&self) -> Vec<Received> {
        let mut kept: Vec<Received> = Vec::new();
        for received in self.shown() {
            if kept.iter().all(|other| other.key() != received.key()) {
                kept.push(received);
            }
        }
        kept
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &state));
            // A connection that breaks, or is broken on purpose, concerns its client.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// No answer: the connection is closed.
#[derive(Debug, thiserror::Error)]
#[error("no answer, on purpose")]
struct NoAnswer;

async fn answer(request: Request<Incoming>, state: &Mutex<State>) -> Result<Response<Full<Bytes>>, NoAnswer> {
    let reply = receive(request, state).await?;
    if reply.is_held {
        return std::future::pending().await;
    }
    let mut response = Response::builder().status(reply.status.ok_or(NoAnswer)?);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Full::new(Bytes::from_static(reply.body.as_bytes()))).map_err(|_| NoAnswer)
}

/// Keeps a request, and says how it is answered.
async fn receive(request: Request<Incoming>, state: &Mutex<State>) -> Result<Reply, NoAnswer> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| NoAnswer)?.to_bytes();
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let usual = state.usual.clone().unwrap_or(Reply::status(200));
    let reply = state.replies.pop_front().unwrap_or(usual);
    state.received.push(Received {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts.headers.iter().map(header).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
        status: reply.status,
    });
    Ok(reply)
}
