//! An OSM upstream on this machine: the changesets feed, the minute feed, the API 0.6 and augmented diffs, all out of
//! one history, so that every source can be held against the same truth.
//!
//! | path | what |
//! | --- | --- |
//! | `/replication/changesets/…`, `/replication/minute/…` | the feeds, with the off-by-one of the changesets feed |
//! | `/redirected/replication/…` | the same behind a 302, as the planet host answers |
//! | `/api/0.6/changeset/ID[?include_discussion=true]`, `/changeset/ID/download`, `/changesets?changesets=…` | changesets |
//! | `/api/0.6/TYPE/ID`, `/TYPE/ID/VERSION`, `/TYPE/ID/history`, `/TYPE/ID/full`, `/TYPEs?TYPEs=1v2,3` | elements |
//! | `/changesets/ID.adiff` | the augmented diff, some minutes after the changeset was closed |
//! | `/real-changesets/ID.json` | the same as real-changesets JSON; 403 until it is ready |
//!
//! Time in a replay is counted in rounds: each publishes one file of the changesets feed and what the minute feed has by
//! then. The present is the `last_run` of the newest published file: what was made later is not there yet, for any call.
//! When all is published, everything is there. Recorded documents are served as they are, even where they
//! know of a later comment or closing.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hyper_util::rt::TokioIo;
use osmtracker_osm::{ChangesetSequence, Timestamp};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{Error, Upstream, faults::Faults};

mod api;
mod bandwidth;
mod counters;
mod feed;
mod real_changesets;
mod reply;
mod server;

pub use bandwidth::Bandwidth;
pub use counters::{Count, Counters, RequestKind};

/// How replay time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Everything is published from the start.
    Instant,
    /// Starts with the first round; [`Replay::advance`] publishes the next ones.
    Stepped,
    /// Starts with the first round; so many rounds a real minute follow.
    Speed(f64),
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How replay time passes.
    pub pace: Pace,
    /// Added to each answer.
    pub latency: Duration,
    /// What goes wrong; keep a clone to switch at run time, or use [`Replay::faults`].
    pub faults: Faults,
    /// Rounds between the closing of a changeset and its augmented diff; `None`: there are none.
    pub adiff_delay: Option<u32>,
    /// The allowance of the API, for all clients together; `None`: without end.
    pub bandwidth: Option<Bandwidth>,
}

impl Default for ReplayOptions {
    /// A free port of 127.0.0.1, everything published at once, no latency, no faults, no allowance, augmented diffs
    /// three minutes after closing.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            pace: Pace::Instant,
            latency: Duration::ZERO,
            faults: Faults::default(),
            adiff_delay: Some(3),
            bandwidth: None,
        }
    }
}

/// A running replay. Dropping it ends it.
#[derive(Debug)]
pub struct Replay {
    address: SocketAddr,
    server: Arc<server::Server>,
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

/// Serves an upstream until the replay is shut down or dropped. Needs a tokio runtime with time and I/O.
///
/// # Errors
/// [`Error::Listen`] when the address is not to be had.
pub async fn serve(upstream: impl Into<Arc<Upstream>>, options: ReplayOptions) -> Result<Replay, Error> {
    let listening = async {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let address = options.listen;
    let (listener, address) = listening.await.map_err(|source| Error::Listen { address, source })?;
    let server = Arc::new(server::Server::new(upstream.into(), options));
    let (stop, stopped) = watch::channel(());
    let task = tokio::spawn(accept(listener, server.clone(), stopped));
    Ok(Replay { address, server, stop, task })
}

async fn accept(listener: TcpListener, server: Arc<server::Server>, mut stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                // Small answers must not wait for the acknowledgement of the ones before.
                let _ = stream.set_nodelay(true);
                let server = server.clone();
                connections.spawn(async move {
                    let service = hyper::service::service_fn(move |request| {
                        let server = server.clone();
                        async move { server.respond(request).await }
                    });
                    // Errors are clients that go away, and resets that were asked for.
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

impl Replay {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder that holds `changesets/` and `minute/`, without a slash at the end.
    #[must_use]
    pub fn replication_url(&self) -> String {
        format!("http://{}/replication", self.address)
    }

    /// The same behind a redirect, as the planet host has it.
    #[must_use]
    pub fn redirected_replication_url(&self) -> String {
        format!("http://{}/redirected/replication", self.address)
    }

    /// The host of the API: `/api/0.6/…` comes after it.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The host of the augmented diffs: `/changesets/ID.adiff` comes after it.
    #[must_use]
    pub fn adiff_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder of the real-changesets documents: `/ID.json` comes after it.
    #[must_use]
    pub fn real_changesets_url(&self) -> String {
        format!("http://{}/real-changesets", self.address)
    }

    /// What was asked for so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.server.counters
    }

    /// The switches of what goes wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.server.options.faults
    }

    /// What is served.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.server.upstream
    }

    /// The first file of the changesets feed.
    #[must_use]
    pub fn first_sequence(&self) -> ChangesetSequence {
        self.upstream().rounds()[0].sequence
    }

    /// The newest published file of the changesets feed, whatever the head says.
    #[must_use]
    pub fn head_sequence(&self) -> ChangesetSequence {
        self.upstream().rounds()[self.server.progress.round() - 1].sequence
    }

    /// The newest file there will be.
    #[must_use]
    pub fn last_sequence(&self) -> ChangesetSequence {
        self.upstream().rounds()[self.upstream().rounds().len() - 1].sequence
    }

    /// The latency of every answer from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.server.set_latency(latency);
    }

    /// Publishes so many more rounds; beyond the last one, only the minutes that augmented diffs wait for pass.
    ///
    /// # Panics
    /// When the pace is not [`Pace::Stepped`].
    pub fn advance(&self, rounds: usize) {
        assert_eq!(self.server.options.pace, Pace::Stepped, "only a stepped replay is advanced by hand");
        self.server.progress.stepped.fetch_add(rounds, Ordering::SeqCst);
    }

    /// Ends it, with all its connections; the port is free then.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(());
        let _ = (&mut self.task).await;
    }

    /// Waits until the replay ends, which it does not by itself.
    pub async fn wait(mut self) {
        let _ = (&mut self.task).await;
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How much is published.
#[derive(Debug)]
struct Progress {
    pace: Pace,
    start: Instant,
    stepped: AtomicUsize,
    rounds: usize,
}

impl Progress {
    fn new(pace: Pace, rounds: usize) -> Self {
        Self { pace, start: Instant::now(), stepped: AtomicUsize::new(1), rounds }
    }

    /// Replay minutes that began, from 1; goes on after the last round.
    fn minutes(&self) -> usize {
        match self.pace {
            Pace::Instant => usize::MAX / 2,
            Pace::Stepped => self.stepped.load(Ordering::SeqCst),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of floats saturates")]
            Pace::Speed(speed) => 1 + (self.start.elapsed().as_secs_f64() / 60.0 * speed) as usize,
        }
    }

    /// Published rounds, at least one.
    fn round(&self) -> usize {
        self.minutes().clamp(1, self.rounds)
    }
}

/// One moment of a replay, the same for the whole of an answer.
#[derive(Clone, Copy, Debug)]
struct Present {
    /// Published rounds.
    round: usize,
    /// Replay minutes.
    minutes: usize,
    /// Versions made later are not there yet.
    at: Timestamp,
}
