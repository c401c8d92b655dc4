use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::BytesMut;
use osmtracker_pipeline::{
    config::{Address, NotifyTarget},
    metrics::NotifyKind,
    ports::{Clock, DeliveryError, Letter, Messenger, PortError, Receipt, Secret, Secrets},
};
use osmtracker_upstream::{PrivateAddresses, PublicResolver, Refusal, check_address, private_name, retry_after};
use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use url::Url;

use crate::{
    answer::Answer,
    sign::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signature},
};

/// Longest time for name look-up, TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest time for one try. A step takes a sender that says nothing for a minute for dead.
const TOTAL: Duration = Duration::from_secs(20);
/// Most bytes read of an answer.
const MAX_ANSWER: usize = 4 * 1024;

/// The connections of the process, in two pools: to public addresses alone, and to any.
#[derive(Clone, Debug)]
pub struct Client {
    public: reqwest::Client,
    any: reqwest::Client,
}

impl Client {
    /// Builds the pools; nothing is sent yet.
    ///
    /// # Errors
    /// When the system offers no TLS roots.
    pub fn new() -> Result<Self, reqwest::Error> {
        Ok(Self { public: builder().dns_resolver(PublicResolver).build()?, any: builder().no_proxy().build()? })
    }
}

fn builder() -> reqwest::ClientBuilder {
    let about = concat!("osmtracker/", env!("CARGO_PKG_VERSION"), " (+", env!("CARGO_PKG_REPOSITORY"), ")");
    reqwest::Client::builder()
        .user_agent(about)
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        // Where a redirect leads is not what was configured.
        .redirect(reqwest::redirect::Policy::none())
        // Whether a message is sent again is not decided here.
        .retry(reqwest::retry::never())
        .referer(false)
}

/// Sends to webhooks and chats.
pub struct HttpMessenger {
    client: Client,
    secrets: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
}

impl HttpMessenger {
    /// A messenger that keeps addresses and keys in `secrets`.
    #[must_use]
    pub fn new(client: Client, secrets: Arc<dyn Secrets>, clock: Arc<dyn Clock>) -> Self {
        Self { client, secrets, clock }
    }

    async fn request(&self, target: &NotifyTarget, letter: &Letter) -> Result<RequestBuilder, DeliveryError> {
        let url = self.address(target).await?;
        let key = match &target.key {
            Some(place) => Some(self.secrets.read(place).await.map_err(of_secret)?),
            None => None,
        };
        let pool = if target.allow_private { &self.client.any } else { &self.client.public };
        let request = match (target.kind, key) {
            (NotifyKind::Webhook, Some(key)) => self.signed(pool.post(url), letter, &key),
            (NotifyKind::Matrix, Some(token)) => {
                let room = target.room.as_deref().unwrap_or_default();
                pool.request(Method::PUT, matrix_url(url, room, &letter.key)).bearer_auth(token.reveal())
            }
            (NotifyKind::Discord, _) => pool.post(discord_url(url)),
            (NotifyKind::Slack, _) => pool.post(url),
            (NotifyKind::Webhook | NotifyKind::Matrix, None) => return Err(unusable("it has no key")),
            (NotifyKind::Sns | NotifyKind::Email, _) => return Err(unusable("topics are for deployments on AWS")),
        };
        Ok(request.header(CONTENT_TYPE, "application/json").body(letter.body.clone()))
    }

    async fn address(&self, target: &NotifyTarget) -> Result<Url, DeliveryError> {
        let private = if target.allow_private { PrivateAddresses::Allow } else { PrivateAddresses::Refuse };
        let checked = match &target.address {
            Address::Url(url) => check_address(url.as_str(), private),
            Address::Secret(place) => {
                let secret = self.secrets.read(place).await.map_err(of_secret)?;
                check_address(secret.reveal(), private)
            }
            Address::Topic(_) => return Err(unusable("topics are for deployments on AWS")),
        };
        checked.map_err(|refusal| match refusal {
            // It would show the secret.
            Refusal::NotAUrl(_) => unusable("its address is no web address; it begins with https://"),
            refusal => unusable(&format!("its address is not used: {refusal}")),
        })
    }

    /// Has the target's secrets read again. Whether one had been kept for some time.
    fn forget(&self, target: &NotifyTarget) -> bool {
        let address = match &target.address {
            Address::Secret(place) => Some(place),
            Address::Url(_) | Address::Topic(_) => None,
        };
        let forgotten = address.into_iter().chain(&target.key).map(|place| self.secrets.forget(place));
        forgotten.fold(false, |any, kept| any | kept)
    }

    fn signed(&self, request: RequestBuilder, letter: &Letter, key: &Secret) -> RequestBuilder {
        let now = self.clock.now().0;
        request
            .header(ID_HEADER, &letter.key)
            .header(TIMESTAMP_HEADER, now)
            .header(SIGNATURE_HEADER, signature(key, &letter.key, now, &letter.body))
    }
}

fn unusable(what: &str) -> DeliveryError {
    DeliveryError::Permanent { what: what.to_owned(), source: None }
}

/// The way to send a message to a room. A server takes a transaction once, however often it is sent:
/// <https://spec.matrix.org/v1.16/client-server-api/#transaction-identifiers>.
fn matrix_url(mut url: Url, room: &str, transaction: &str) -> Url {
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty();
        path.extend(["_matrix", "client", "v3", "rooms", room, "send", "m.room.message", transaction]);
    }
    url
}

/// Discord says that it has taken a message before it has, unless it is told to wait:
/// <https://docs.discord.com/developers/resources/webhook#execute-webhook>.
fn discord_url(mut url: Url) -> Url {
    if !url.query_pairs().any(|(name, _)| name == "wait") {
        url.query_pairs_mut().append_pair("wait", "true");
    }
    url
}

fn of_secret(error: PortError) -> DeliveryError {
    match error {
        PortError::Permanent { what, source } => DeliveryError::Permanent { what, source: Some(source) },
        PortError::Transient { what, source } => {
            DeliveryError::Transient { what, retry_after: None, source: Some(source) }
        }
        PortError::Conflict { what } => DeliveryError::Transient { what, retry_after: None, source: None },
    }
}

/// No answer, or half of one.
fn of_http(error: reqwest::Error) -> DeliveryError {
    if let Some(name) = private_name(&error) {
        let what = format!("{name} has private addresses alone; set allow_private = true if it is your own");
        return DeliveryError::Permanent { what, source: None };
    }
    let what = if error.is_connect() {
        "it cannot be connected to"
    } else if error.is_timeout() {
        "it did not answer in time"
    } else {
        "the connection failed"
    };
    // The address, which may be a secret, is not in what is said.
    let source: osmtracker_pipeline::ports::Source = Box::new(error.without_url());
    DeliveryError::Transient { what: what.to_owned(), retry_after: None, source: Some(source) }
}

#[async_trait]
impl Messenger for HttpMessenger {
    async fn deliver(&self, target: &NotifyTarget, letter: &Letter) -> Result<Receipt, DeliveryError> {
        let mut answer = self.request(target, letter).await?.send().await.map_err(of_http)?;
        let (status, retry_after) = (answer.status().as_u16(), retry_after(answer.headers(), SystemTime::now()));
        let mut body = BytesMut::new();
        // The status says it all: a body that breaks off changes nothing of it.
        while let Ok(Some(piece)) = answer.chunk().await {
            body.extend_from_slice(&piece);
            if body.len() > MAX_ANSWER {
                break;
            }
        }
        let judged = Answer { status, body: &body, retry_after }.judge(target.kind);
        match judged {
            // Somebody may have put another in its place.
            Err(DeliveryError::Permanent { what, source })
                if matches!(status, 401 | 403 | 404 | 410) && self.forget(target) =>
            {
                Err(DeliveryError::Transient { what, retry_after: None, source })
            }
            judged => judged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_and_a_key_are_parts_of_the_path_and_cannot_leave_it() {
        let url: Url = "https://matrix.example.org/base/".parse().expect("an address");
        let sent = matrix_url(url.clone(), "!a/../b?c#d:example.org", "ops-1-2");
        let expected = "https://matrix.example.org/base/_matrix/client/v3/rooms/!a%2F..%2Fb%3Fc%23d:example.org/send/m.room.message/ops-1-2";
        assert_eq!(sent.as_str(), expected);
    }

    #[test]
    fn discord_is_told_to_wait_once() {
        let url = |text: &str| discord_url(text.parse().expect("an address")).to_string();
        assert_eq!(url("https://discord.com/api/webhooks/1/x"), "https://discord.com/api/webhooks/1/x?wait=true");
        assert_eq!(url("https://discord.com/h?wait=true&thread_id=5"), "https://discord.com/h?wait=true&thread_id=5");
    }
}
