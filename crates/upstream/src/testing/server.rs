use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::AbortHandle,
};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    /// Path and query.
    pub(crate) target: String,
    /// How often this target was asked for before.
    pub(crate) before: usize,
    /// All header lines in lower case, each ended by a line break.
    pub(crate) head: String,
}

/// What the server does.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Status, header lines, body; the length is added.
    Whole(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, and never anything more.
    Stall(Vec<u8>),
}

impl Reply {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Whole(200, Vec::new(), body.into())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Whole(status, Vec::new(), Vec::new())
    }

    pub(crate) fn redirect(location: impl Into<String>) -> Self {
        Self::Whole(302, vec![("location", location.into())], Vec::new())
    }
}

type Script = dyn Fn(&Hit) -> Reply + Send + Sync;

struct State {
    script: Box<Script>,
    hits: Mutex<Vec<Hit>>,
    counts: Mutex<HashMap<String, usize>>,
    gate: Semaphore,
    running: AtomicUsize,
    most_running: AtomicUsize,
}

/// A server on the loopback address that ends when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<State>,
    task: AbortHandle,
}

impl Server {
    pub(crate) async fn new(script: impl Fn(&Hit) -> Reply + Send + Sync + 'static) -> Self {
        let server = Self::closed(script).await;
        server.open();
        server
    }

    /// Answers nothing until [`Server::open`].
    pub(crate) async fn closed(script: impl Fn(&Hit) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            script: Box::new(script),
            hits: Mutex::default(),
            counts: Mutex::default(),
            gate: Semaphore::new(0),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state, task: task.abort_handle() }
    }

    pub(crate) fn open(&self) {
        self.state.gate.add_permits(1_000_000);
    }

    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.state.hits.lock().unwrap().clone()
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        self.hits().into_iter().map(|hit| hit.target).collect()
    }

    /// Most requests that were answered at the same time.
    pub(crate) fn most_running(&self) -> usize {
        self.state.most_running.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        self.state.gate.close();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    while let Some(head) = read_head(&mut stream).await {
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let before = {
            let mut counts = state.counts.lock().unwrap();
            let count = counts.entry(target.clone()).or_default();
            *count += 1;
            *count - 1
        };
        let hit = Hit { target, before, head: head.to_lowercase() };
        state.hits.lock().unwrap().push(hit.clone());
        let running = state.running.fetch_add(1, Ordering::SeqCst) + 1;
        state.most_running.fetch_max(running, Ordering::SeqCst);
        let Ok(permit) = state.gate.acquire().await else { return };
        permit.forget();
        let reply = (state.script)(&hit);
        state.running.fetch_sub(1, Ordering::SeqCst);
        match reply {
            Reply::Whole(status, headers, body) => {
                let mut text = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    text.push_str(&format!("{name}: {value}\r\n"));
                }
                let bytes = [text.as_bytes(), b"\r\n", &body].concat();
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Reply::Stall(bytes) => {
                let _ = stream.write_all(&bytes).await;
                std::future::pending::<()>().await;
            }
        }
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
