//! From a request to an answer.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hyper::{Method, Request, Response, body::Incoming, header};
use osmtracker_osm::{ChangesetId, Timestamp};

use super::{
    Counters, Present, Progress, ReplayOptions, RequestKind,
    api::ApiRequest,
    bandwidth::Debt,
    feed::FeedRequest,
    real_changesets,
    reply::{BodyEnd, JSON, Reply, ReplyBody, Reset, XML},
};
use crate::{
    Upstream,
    augmented::augmented_change,
    faults::{Active, Fault, Place, What, deflated},
    upstream::Changesets,
    xml,
};

/// Bodies under this are not worth compressing.
const SMALLEST_COMPRESSED: usize = 512;

#[derive(Debug)]
pub(super) struct Server {
    pub(super) upstream: Arc<Upstream>,
    pub(super) options: ReplayOptions,
    pub(super) progress: Arc<Progress>,
    pub(super) counters: Counters,
    latency: AtomicU64,
    debt: Mutex<Debt>,
}

/// What a path asks for.
enum Route<'a> {
    Feed(FeedRequest),
    Redirect(&'a str),
    Api(ApiRequest<'a>),
    AugmentedDiff(ChangesetId),
    RealChangesets(ChangesetId),
    Nothing(Option<Place>),
}

impl<'a> Route<'a> {
    fn parse(path: &'a str, query: &'a str) -> Self {
        let changeset =
            |prefix: &str, ending: &str| path.strip_prefix(prefix)?.strip_suffix(ending)?.parse().ok().map(ChangesetId);
        if let Some(rest) = path.strip_prefix("/replication/") {
            FeedRequest::parse(rest).map_or(Self::Nothing(Some(Place::Changesets)), Self::Feed)
        } else if let Some(rest) = path.strip_prefix("/redirected/replication/") {
            Self::Redirect(rest)
        } else if let Some(rest) = path.strip_prefix("/api/0.6/") {
            ApiRequest::parse(rest, query).map_or(Self::Nothing(Some(Place::Api)), Self::Api)
        } else if let Some(id) = changeset("/changesets/", ".adiff") {
            Self::AugmentedDiff(id)
        } else if let Some(id) = changeset("/real-changesets/", ".json") {
            Self::RealChangesets(id)
        } else {
            Self::Nothing(None)
        }
    }

    fn kind(&self) -> RequestKind {
        match self {
            Self::Feed(request) => request.kind(),
            Self::Api(request) => request.kind(),
            Self::AugmentedDiff(_) => RequestKind::AugmentedDiff,
            Self::RealChangesets(_) => RequestKind::RealChangesets,
            Self::Redirect(_) | Self::Nothing(_) => RequestKind::Other,
        }
    }

    fn place(&self) -> Option<Place> {
        match self {
            Self::Feed(request) => Some(request.place()),
            Self::Api(_) => Some(Place::Api),
            Self::AugmentedDiff(_) | Self::RealChangesets(_) => Some(Place::Adiffs),
            Self::Redirect(_) => None,
            Self::Nothing(place) => *place,
        }
    }

    fn what(&self) -> (What, Option<u64>) {
        match self {
            Self::Feed(request) => (request.what, request.sequence),
            _ => (What::Other, None),
        }
    }
}

impl Server {
    pub(super) fn new(upstream: Arc<Upstream>, options: ReplayOptions) -> Self {
        let progress = Arc::new(Progress::new(options.pace, upstream.rounds().len()));
        let position = progress.clone();
        options.faults.follow(move || position.round());
        let latency = AtomicU64::new(micros(options.latency));
        let debt = Mutex::new(Debt::new());
        Self { upstream, options, progress, counters: Counters::default(), latency, debt }
    }

    pub(super) fn set_latency(&self, latency: Duration) {
        self.latency.store(micros(latency), Ordering::Relaxed);
    }

    pub(super) async fn respond(&self, request: Request<Incoming>) -> Result<Response<ReplyBody>, Reset> {
        let path = request.uri().path();
        let header_text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let route = Route::parse(path, request.uri().query().unwrap_or(""));
        let pending = self.counters.begin(route.kind(), header_text(header::USER_AGENT));
        let (what, sequence) = route.what();
        let active = route.place().map_or_else(Vec::new, |place| self.options.faults.take(place, what, sequence));
        self.delay(&active).await;
        let mut reply = if !matches!(*request.method(), Method::GET | Method::HEAD) {
            Reply::refused(405, "only GET is answered here")
        } else if let Some(refusal) = refusal(&active)? {
            refusal
        } else {
            self.answer(&route, url_length(&request, header_text(header::HOST)), &active)
        };
        pending.answered(reply.status, reply.body.len());
        if header_text(header::ACCEPT_ENCODING).contains("gzip") {
            compress(&mut reply);
        }
        let cut_off = active.iter().any(|active| active.fault == Fault::BodyCutOff);
        Ok(reply.into_response(if cut_off { BodyEnd::CutOff } else { BodyEnd::Whole }))
    }

    async fn delay(&self, active: &[Active]) {
        let slow = active.iter().find_map(|active| match active.fault {
            Fault::Slow { delay } => Some(delay),
            _ => None,
        });
        let delay = Duration::from_micros(self.latency.load(Ordering::Relaxed)) + slow.unwrap_or_default();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    fn answer(&self, route: &Route<'_>, url_length: usize, active: &[Active]) -> Reply {
        let present = self.present();
        match route {
            Route::Feed(request) => with_date(self.feed(*request, present, active), active),
            Route::Redirect(rest) => {
                let mut reply = Reply::page(302);
                reply.headers.push(("Location", format!("/replication/{rest}")));
                reply
            }
            Route::Api(request) => self.within_bandwidth(|| self.api(request, url_length, present.at)),
            Route::AugmentedDiff(id) if self.is_diffed(*id, present) => {
                Reply::ok(XML, xml::augmented_diff(&self.change(*id)))
            }
            Route::RealChangesets(id) if self.is_diffed(*id, present) => {
                Reply::ok(JSON, real_changesets::document(self.changeset_as_of(*id, present.at), &self.change(*id)))
            }
            Route::RealChangesets(_) => Reply::page(403),
            Route::AugmentedDiff(_) | Route::Nothing(_) => Reply::page(404),
        }
    }

    fn change(&self, id: ChangesetId) -> osmtracker_osm::AugmentedChange {
        augmented_change(&self.upstream.history, id, Timestamp(i64::MAX))
    }

    fn present(&self) -> Present {
        let (round, minutes) = (self.progress.round(), self.progress.minutes());
        let rounds = self.upstream.rounds();
        let at = if round == rounds.len() { Timestamp(i64::MAX) } else { rounds[round - 1].time };
        Present { round, minutes, at }
    }

    /// Whether the augmented diff of a changeset was made: it is closed, and the minutes that this takes are over.
    fn is_diffed(&self, id: ChangesetId, present: Present) -> bool {
        let closed_at = match &self.upstream.changesets {
            Changesets::Recorded(recorded) => recorded.get(&id).and_then(|changeset| changeset.closed_at()),
            Changesets::Derived(derived) => derived.get(&id).and_then(|changeset| changeset.closed_at),
        };
        match (closed_at, self.options.adiff_delay) {
            (Some(closed_at), Some(delay)) => {
                closed_at <= present.at && present.minutes >= self.upstream.round_of(closed_at) + delay as usize
            }
            _ => false,
        }
    }

    fn within_bandwidth(&self, answer: impl FnOnce() -> Reply) -> Reply {
        let Some(allowed) = self.options.bandwidth else { return answer() };
        let mut debt = self.debt.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seconds) = debt.wait(allowed, Instant::now()) {
            return bandwidth_exceeded(seconds);
        }
        let reply = answer();
        debt.add(reply.body.len());
        reply
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// The answer that a fault gives in the place of the real one.
fn refusal(active: &[Active]) -> Result<Option<Reply>, Reset> {
    for active in active {
        return Ok(Some(match active.fault {
            Fault::ConnectionReset => return Err(Reset),
            Fault::BandwidthExceeded { retry_after } => bandwidth_exceeded(retry_after),
            Fault::TooManyRequests { retry_after } => Reply::page(429).retry_after(retry_after),
            Fault::ServerError { status } => Reply::page(status),
            Fault::Forbidden => Reply::page(403),
            _ => continue,
        }));
    }
    Ok(None)
}

fn bandwidth_exceeded(retry_after: impl ToString) -> Reply {
    let reason = format!("You have downloaded too much data. Please try again in {} seconds.", retry_after.to_string());
    Reply::refused(509, reason).retry_after(retry_after)
}

/// The length of the whole URL, as a client writes it.
fn url_length(request: &Request<Incoming>, host: &str) -> usize {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    "http://".len() + host.len() + path.len()
}

fn with_date(mut reply: Reply, active: &[Active]) -> Reply {
    for active in active {
        if let Fault::ClockSkew { minutes } = active.fault {
            let now = jiff::Timestamp::now().as_second() + minutes * 60;
            let date = jiff::Timestamp::from_second(now).unwrap_or_default();
            reply.headers.push(("Date", date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
        }
    }
    reply
}

fn compress(reply: &mut Reply) {
    let compressible = matches!(reply.content_type, XML | JSON);
    if compressible && reply.body.len() >= SMALLEST_COMPRESSED {
        reply.body = deflated(&reply.body).into();
        reply.headers.push(("Content-Encoding", "gzip".to_owned()));
    }
}
