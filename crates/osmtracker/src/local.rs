//! The local program: all steps in one process, on one data folder.

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::{Context, Result};
use indicatif::MultiProgress;
use osmtracker_embedded::{Embedded, Flush, Options, SystemClock};
use osmtracker_notify::{HttpMessenger, LocalSecrets};
use osmtracker_pipeline::{
    config::Config,
    metrics::{Component, Metrics},
    ports::{Clock, Messenger},
    steps::{Owner, Ports, Start},
};
use osmtracker_upstream::{API_DOWNLOADS, Upstream};
use osmtracker_web::Surroundings;
use tokio::net::TcpListener;

use crate::{
    counters::Counters,
    exit::Usage,
    progress,
    search::Search,
    wake::WakingQueue,
    workers::{Pace, Workers},
};

/// Runs until told to stop, or caught up.
pub(crate) async fn run(config: Config, purpose: Purpose, pace: Pace, bars: MultiProgress) -> Result<()> {
    let listener = match config.listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let options = Options { flush: purpose.flush(), ..Options::default() };
    let embedded = Embedded::open(&config.data, &options).map_err(Usage::because)?;
    purpose.claim(&config.data)?;
    let start = Start::of(&config, SystemClock::new().now());
    let log = embedded.sqlite.clone();
    let (ports, queue) = ports(config, embedded)?;
    let search = Search::of(&ports, log);
    let counters = Arc::new(Counters::new(ports.clone()));
    let router = osmtracker_web::router(Arc::new(ports.clone()), Surroundings::Local(counters.clone()));
    let workers = Workers::new(ports, queue, counters, search, messenger()?);
    tokio::spawn(stop_on_signal(workers.clone()));
    let shown = tokio::spawn(progress::show(workers.clone(), bars));
    if let Some(listener) = listener {
        let address = listener.local_addr().context("read the address that is served")?;
        eprintln!("site on http://{address}");
        tokio::spawn(osmtracker_web::serve(listener, router));
    }
    let result = workers.run(start, pace).await;
    shown.await.context("show the progress")?;
    result
}

/// What a data folder is for: sequences of the demo mean nothing to the live feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Live,
    Demo,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Demo => "demo",
        }
    }

    /// A demo that a power cut spoils is started anew.
    const fn flush(self) -> Flush {
        match self {
            Self::Live => Flush::BeforeRename,
            Self::Demo => Flush::ByKernel,
        }
    }

    /// Marks a fresh folder, and refuses one that was marked otherwise.
    fn claim(self, data: &Path) -> Result<()> {
        let marker = data.join("purpose");
        let found = std::fs::read_to_string(&marker).unwrap_or_default();
        if found.is_empty() {
            std::fs::write(&marker, self.name()).with_context(|| format!("write {}", marker.display()))?;
        } else if found != self.name() {
            let data = data.display();
            let advice = "choose another folder with --data, or remove this one to start anew";
            return Err(Usage::new(format!("{data} holds the data of a {found} run; {advice}")).into());
        }
        Ok(())
    }
}

/// Binds the address before anything else is touched: a port in use must not leave a half-made data folder.
async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Usage::new(format!("cannot listen on {address}: {error}; choose another with --listen, or --no-serve")).into()
    })
}

fn ports(config: Config, embedded: Embedded) -> Result<(Ports, Arc<WakingQueue>)> {
    let metrics = Metrics::new();
    metrics.cold_start(Component::Local);
    let upstream = Upstream::new(&config, metrics.clone(), API_DOWNLOADS).context("set up the upstream")?;
    let queue = Arc::new(WakingQueue::new(embedded.sqlite.clone()));
    let clock = SystemClock::new();
    let owner = Owner::Alone(format!("local-{}-{}", std::process::id(), clock.now().0));
    let ports = Ports {
        clock: Arc::new(clock),
        queue: queue.clone(),
        store: embedded.sqlite,
        site: embedded.site,
        feed: upstream.feed,
        sources: upstream.sources,
        metadata: upstream.metadata,
        metrics,
        config: Arc::new(config),
        owner,
    };
    Ok((ports, queue))
}

/// What sends notifications from this machine.
pub(crate) fn messenger() -> Result<Arc<dyn Messenger>> {
    let client = osmtracker_notify::Client::new().context("set up the client of notifications")?;
    Ok(Arc::new(HttpMessenger::new(client, Arc::new(LocalSecrets), Arc::new(SystemClock::new()))))
}

/// Lets the workers end at the first signal, and ends at once at the second.
async fn stop_on_signal(workers: Workers) {
    wait_for_signal().await;
    eprintln!("stopping; again to stop at once");
    workers.stop();
    wait_for_signal().await;
    std::process::exit(130);
}

pub(crate) async fn wait_for_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
