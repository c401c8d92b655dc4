use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use bytes::{Bytes, BytesMut};
use osmtracker_osm::gzip::{MaybeInflated, maybe_gunzip};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, LOCATION};
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    Base, Call, Cause, ClientConfig, Observer, Operation, OperationClass, PrivateAddresses, Refusal, RetryCause, Tally,
    UpstreamError,
    guard::{Guard, Reach},
    resolver::{PublicResolver, private_name},
    retry::{RuntimeTimer, Timer, backoff, retry_after},
};

/// Redirects followed for one request.
const MAX_REDIRECTS: usize = 3;

/// Most bytes read of an answer whose status is not 200: enough to know S3's and the API's messages.
const MAX_ERROR_BYTES: u64 = 16 * 1024;

/// The one client of the process. Clones share its connections, its limit of API downloads and its waits.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    tally: Arc<Tally>,
}

struct Shared {
    config: ClientConfig,
    guard: Guard,
    public: reqwest::Client,
    local: reqwest::Client,
    observer: Arc<dyn Observer>,
    api: Semaphore,
    /// Until when the API asked us all to stay away, in the timer's time.
    api_closed_until: Mutex<Duration>,
    rng: Mutex<fastrand::Rng>,
    timer: Arc<dyn Timer>,
}

/// What to get.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The configured address that `url` lies under.
    pub base: &'a Base,
    /// The whole address.
    pub url: Url,
    /// What for.
    pub operation: Operation,
}

/// An answer that need not be tried again: any status but 408, 429 and 5xx.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// What was asked for, before redirects.
    pub url: String,
    /// The body as received, perhaps gzip; the beginning alone when the status is not 200.
    pub body: Bytes,
    max_inflated_bytes: u64,
}

impl Response {
    /// The body, inflated on the way when it is gzip; reading fails over the configured limit.
    #[must_use]
    pub fn reader(&self) -> MaybeInflated<'_> {
        maybe_gunzip(&self.body, self.max_inflated_bytes)
    }

    /// This answer, if its status is 200.
    ///
    /// # Errors
    /// [`UpstreamError::Status`] when it is not.
    pub fn ok(self) -> Result<Self, UpstreamError> {
        if self.status == 200 { Ok(self) } else { Err(UpstreamError::Status { url: self.url, status: self.status }) }
    }
}

/// What became of one try.
enum Try {
    Answer(Response),
    Failed { cause: Cause, label: RetryCause, retry_after: Option<Duration> },
}

/// What became of one exchange.
enum Hop {
    Redirect(String),
    End(Try),
}

/// What one exchange is about.
struct Exchange<'a> {
    request: &'a Request<'a>,
    url: &'a Url,
    reach: Reach,
}

impl Client {
    /// Builds the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`UpstreamError::Config`] without a contact or when the system offers no TLS roots.
    pub fn new(config: ClientConfig, observer: Arc<dyn Observer>) -> Result<Self, UpstreamError> {
        Self::with_timer(config, observer, Arc::new(RuntimeTimer::new()))
    }

    pub(crate) fn with_timer(
        config: ClientConfig,
        observer: Arc<dyn Observer>,
        timer: Arc<dyn Timer>,
    ) -> Result<Self, UpstreamError> {
        if config.contact.trim().is_empty() {
            return Err(UpstreamError::config(
                "no contact is configured; the OSM API blocks clients that cannot be reached: set a mail or web address",
            ));
        }
        let build = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| UpstreamError::Config {
                what: "the HTTP client cannot be built".to_owned(),
                source: Some(Box::new(error)),
            })
        };
        let public = match config.private_addresses {
            PrivateAddresses::Refuse => builder(&config).dns_resolver(PublicResolver),
            PrivateAddresses::Allow => builder(&config),
        };
        let shared = Shared {
            guard: Guard::new(&config),
            public: build(public)?,
            local: build(builder(&config).no_proxy())?,
            observer,
            api: Semaphore::new(config.api_downloads.max(1)),
            api_closed_until: Mutex::new(Duration::ZERO),
            rng: Mutex::new(config.jitter_seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)),
            timer,
            config,
        };
        Ok(Self { shared: Arc::new(shared), tally: Arc::default() })
    }

    /// Checks a configured address.
    ///
    /// # Errors
    /// [`UpstreamError::Config`] when it is none, is plain HTTP, or is private where that is not allowed.
    pub fn base(&self, url: &str) -> Result<Base, UpstreamError> {
        self.shared.guard.base(url)
    }

    /// As [`Client::base`], for a folder: a missing slash at the end is added.
    ///
    /// # Errors
    /// As [`Client::base`].
    pub fn folder(&self, url: &str) -> Result<Base, UpstreamError> {
        self.shared.guard.folder(url)
    }

    /// The same client with counters of its own, which start at zero.
    #[must_use]
    pub fn counting_anew(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), tally: Arc::default() }
    }

    /// Calls and bytes since [`Client::counting_anew`].
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Gets an address, trying again where that may help.
    ///
    /// # Errors
    /// [`UpstreamError::Unavailable`] when all tries failed or the server asks for a longer wait than is configured,
    /// [`UpstreamError::Forbidden`] when a redirect leads astray, [`UpstreamError::TooLarge`] and
    /// [`UpstreamError::Malformed`] (an encoding that nobody asked for). Any other status is an answer.
    pub async fn get(&self, request: &Request<'_>) -> Result<Response, UpstreamError> {
        for attempt in 1.. {
            self.wait_until_open(request, attempt).await?;
            let (cause, label, asked) = match self.attempt(request).await? {
                Try::Answer(response) => return Ok(response),
                Try::Failed { cause, label, retry_after } => (cause, label, retry_after),
            };
            self.note_closing(request, asked);
            let too_long = asked.is_some_and(|asked| asked > self.shared.config.max_retry_after);
            if too_long || attempt >= self.shared.config.max_attempts {
                return Err(self.unavailable(request, attempt, asked, cause));
            }
            let wait = asked.unwrap_or_else(|| {
                let mut rng = self.shared.rng.lock().unwrap_or_else(PoisonError::into_inner);
                backoff(&self.shared.config, attempt, &mut rng)
            });
            tracing::debug!(operation = %request.operation, cause = label.as_str(), wait_ms = wait.as_millis(), "try again");
            self.shared.observer.retry(request.operation, label);
            self.shared.timer.sleep(wait).await;
        }
        unreachable!("the loop above has no end")
    }

    /// Waits while the API has asked us all to stay away.
    async fn wait_until_open(&self, request: &Request<'_>, attempt: u32) -> Result<(), UpstreamError> {
        if request.operation.class() != OperationClass::Api {
            return Ok(());
        }
        let until = *self.shared.api_closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = until.saturating_sub(self.shared.timer.now());
        if wait > self.shared.config.max_retry_after {
            return Err(self.unavailable(request, attempt - 1, Some(wait), Cause::AskedToWait));
        }
        if !wait.is_zero() {
            self.shared.timer.sleep(wait).await;
        }
        Ok(())
    }

    fn note_closing(&self, request: &Request<'_>, asked: Option<Duration>) {
        if let (OperationClass::Api, Some(asked)) = (request.operation.class(), asked) {
            let until = self.shared.timer.now() + asked;
            let mut closed = self.shared.api_closed_until.lock().unwrap_or_else(PoisonError::into_inner);
            *closed = until.max(*closed);
        }
    }

    fn unavailable(
        &self,
        request: &Request<'_>,
        attempts: u32,
        retry_after: Option<Duration>,
        source: Cause,
    ) -> UpstreamError {
        UpstreamError::Unavailable { url: request.url.to_string(), attempts, retry_after, source }
    }

    /// One try: the request and its redirects.
    async fn attempt(&self, request: &Request<'_>) -> Result<Try, UpstreamError> {
        let _permit = match request.operation.class() {
            OperationClass::Api => Some(self.shared.api.acquire().await.expect("the semaphore is never closed")),
            _ => None,
        };
        let (mut url, mut reach) = (request.url.clone(), request.base.reach());
        for _ in 0..=MAX_REDIRECTS {
            let exchange = Exchange { request, url: &url, reach };
            match self.exchange(&exchange).await? {
                Hop::End(end) => return Ok(end),
                Hop::Redirect(location) => {
                    (url, reach) = self
                        .shared
                        .guard
                        .redirect(request.base, &url, &location)
                        .map_err(|refusal| forbidden(request, refusal))?;
                }
            }
        }
        Err(forbidden(request, Refusal::TooMany(MAX_REDIRECTS)))
    }

    /// One request and its answer, counted.
    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Hop, UpstreamError> {
        let started = Instant::now();
        let mut call = Call {
            operation: exchange.request.operation,
            status: None,
            sent: self.sent_bytes(exchange),
            received: 0,
            duration: Duration::ZERO,
        };
        let result = self.receive(exchange, &mut call).await;
        call.duration = started.elapsed();
        self.tally.add(&call);
        self.shared.observer.call(&call);
        result
    }

    async fn receive(&self, exchange: &Exchange<'_>, call: &mut Call) -> Result<Hop, UpstreamError> {
        let pool = match exchange.reach {
            Reach::Public => &self.shared.public,
            Reach::Local => &self.shared.local,
        };
        let get = pool.get(exchange.url.clone()).header(ACCEPT_ENCODING, encoding_of(exchange.request.operation));
        let mut answer = match get.send().await {
            Ok(answer) => answer,
            Err(error) => return failed_hop(exchange.request, error),
        };
        let status = answer.status().as_u16();
        call.status = Some(status);
        call.received = header_bytes(answer.headers());
        if let (301 | 302 | 303 | 307 | 308, Some(location)) = (status, answer.headers().get(LOCATION)) {
            return Ok(Hop::Redirect(String::from_utf8_lossy(location.as_bytes()).into_owned()));
        }
        if let 408 | 429 | 500.. = status {
            let label = if matches!(status, 429 | 509) { RetryCause::RateLimited } else { RetryCause::ServerError };
            let retry_after = retry_after(answer.headers(), SystemTime::now());
            return Ok(Hop::End(Try::Failed { cause: Cause::Status(status), label, retry_after }));
        }
        check_encoding(exchange.request, status, answer.headers())?;
        match self.read_body(exchange.request, &mut answer, call).await? {
            Ok(body) => Ok(Hop::End(Try::Answer(Response {
                status,
                url: exchange.request.url.to_string(),
                body,
                max_inflated_bytes: self.shared.config.max_inflated_bytes,
            }))),
            Err(error) => failed_hop(exchange.request, error),
        }
    }

    /// Reads the body piece by piece and stops where it passes its limit.
    async fn read_body(
        &self,
        request: &Request<'_>,
        answer: &mut reqwest::Response,
        call: &mut Call,
    ) -> Result<Result<Bytes, reqwest::Error>, UpstreamError> {
        let is_ok = answer.status().as_u16() == 200;
        let limit = if is_ok { self.shared.config.max_body_bytes } else { MAX_ERROR_BYTES };
        let too_large = || UpstreamError::TooLarge { url: request.url.to_string(), limit };
        if is_ok && answer.content_length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        loop {
            match answer.chunk().await {
                Err(error) => return Ok(Err(error)),
                Ok(None) => return Ok(Ok(body.freeze())),
                Ok(Some(piece)) => {
                    call.received += piece.len() as u64;
                    if (body.len() + piece.len()) as u64 > limit {
                        return if is_ok { Err(too_large()) } else { Ok(Ok(body.freeze())) };
                    }
                    body.extend_from_slice(&piece);
                }
            }
        }
    }

    /// Bytes of the request as HTTP/1.1 writes it; HTTP/2 sends fewer.
    fn sent_bytes(&self, exchange: &Exchange<'_>) -> u64 {
        let url = exchange.url;
        let host = url.authority().len();
        let target = url.path().len() + url.query().map_or(0, |query| query.len() + 1);
        let fixed = "GET  HTTP/1.1\r\nhost: \r\nuser-agent: \r\naccept: */*\r\naccept-encoding: \r\n\r\n".len();
        let agent = self.shared.config.user_agent().len();
        (fixed + target + host + agent + encoding_of(exchange.request.operation).len()) as u64
    }
}

fn builder(config: &ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(config.user_agent())
        .connect_timeout(config.connect_timeout)
        .read_timeout(config.read_timeout)
        .timeout(config.total_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_gzip()
}

/// Replication files are gzip already, so that asking for more would only blur where a damage comes from.
fn encoding_of(operation: Operation) -> &'static str {
    match operation.class() {
        OperationClass::Replication => "identity",
        OperationClass::Api | OperationClass::AltSource => "gzip",
    }
}

fn check_encoding(request: &Request<'_>, status: u16, headers: &HeaderMap) -> Result<(), UpstreamError> {
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"gzip" | b"x-gzip" | b"identity" | b"") => Ok(()),
        Some(_) if status != 200 => Ok(()),
        Some(other) => Err(UpstreamError::Malformed {
            url: request.url.to_string(),
            reason: format!("content encoding {:?}, which was not asked for", String::from_utf8_lossy(other)),
        }),
    }
}

fn forbidden(request: &Request<'_>, source: Refusal) -> UpstreamError {
    UpstreamError::Forbidden { url: request.url.to_string(), source }
}

/// An exchange without a whole answer: tried again, unless the name leads to a private address.
fn failed_hop(request: &Request<'_>, error: reqwest::Error) -> Result<Hop, UpstreamError> {
    if let Some(name) = private_name(&error) {
        return Err(forbidden(request, Refusal::Private(name)));
    }
    let label = if error.is_timeout() { RetryCause::Timeout } else { RetryCause::Connection };
    // The address is named by the error around it.
    Ok(Hop::End(Try::Failed { cause: Cause::Http(error.without_url()), label, retry_after: None }))
}

fn header_bytes(headers: &HeaderMap) -> u64 {
    let lines = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum::<usize>();
    ("HTTP/1.1 200 OK\r\n\r\n".len() + lines) as u64
}

#[cfg(test)]
mod tests;
