//! Notifications from AWS: topics of SNS beside what goes over HTTP, and secrets in parameters.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use aws_config::{SdkConfig, retry::RetryConfig};
use aws_sdk_sns::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use osmtracker_notify::{Client, HttpMessenger};
use osmtracker_pipeline::{
    config::{NotifyTarget, SecretPlace, is_fifo},
    metrics::{Component, NotifyKind},
    ports::{DeliveryError, Letter, Messenger, PortError, Receipt, Secret, Secrets},
};

use crate::{Parameters, SystemClock, clients::loader, error::permanent};

/// How long a parameter is used before it is read again, unless it is refused.
const KEPT: Duration = Duration::from_secs(300);
/// One that was read within this time is what is there.
const FRESH: Duration = Duration::from_secs(4);

/// Codes of SNS after which a person must act.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
const REFUSED: [&str; 6] = [
    "AuthorizationError",
    "EndpointDisabled",
    "InvalidParameter",
    "InvalidParameterValue",
    "NotFound",
    "ValidationException",
];

/// Sends to topics, webhooks and chats.
pub struct AwsMessenger {
    topics: aws_sdk_sns::Client,
    http: HttpMessenger,
}

impl AwsMessenger {
    /// With region, credentials and endpoints as the environment gives them; requests name the function. Nothing is sent
    /// yet.
    ///
    /// # Errors
    /// When the system offers no TLS roots.
    pub async fn from_environment() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Self::new(&loader(&format!("osmtracker-{}", Component::Notifier.as_str())).load().await)
    }

    /// With these settings.
    ///
    /// # Errors
    /// When the system offers no TLS roots.
    pub fn new(config: &SdkConfig) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let parameters = CachedParameters::new(Parameters::new(aws_sdk_ssm::Client::new(config)));
        let http = HttpMessenger::new(Client::new()?, Arc::new(parameters), Arc::new(SystemClock));
        // A try that is made again here may be one too many: the queue brings the message again.
        let topics = aws_sdk_sns::config::Builder::from(config).retry_config(RetryConfig::disabled());
        Ok(Self { topics: aws_sdk_sns::Client::from_conf(topics.build()), http })
    }

    async fn publish(&self, target: &NotifyTarget, topic: &str, letter: &Letter) -> Result<Receipt, DeliveryError> {
        let mut request = self.topics.publish().topic_arn(topic).message(&letter.body);
        if target.kind == NotifyKind::Email {
            request = request.subject(&letter.subject);
        }
        if is_fifo(topic) {
            request = request.message_group_id(&letter.group).message_deduplication_id(&letter.key);
        }
        match request.send().await {
            Ok(answer) => Ok(Receipt { answer: format!("message {}", answer.message_id().unwrap_or("without an id")) }),
            Err(error) => Err(refusal(error)),
        }
    }
}

fn refusal<E, R>(error: SdkError<E, R>) -> DeliveryError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or("no answer").to_owned();
    let source = Some(DisplayErrorContext(error).to_string().into());
    match REFUSED.contains(&code.as_str()) {
        true => {
            let what = format!("the topic answers {code}; check its ARN and the right to publish to it");
            DeliveryError::Permanent { what, source }
        }
        false => DeliveryError::Transient { what: format!("the topic answers {code}"), retry_after: None, source },
    }
}

#[async_trait]
impl Messenger for AwsMessenger {
    async fn deliver(&self, target: &NotifyTarget, letter: &Letter) -> Result<Receipt, DeliveryError> {
        match target.topic() {
            Some(topic) => self.publish(target, topic, letter).await,
            None => self.http.deliver(target, letter).await,
        }
    }
}

/// Secrets in parameters (`SecureString`), each read again after some minutes.
pub struct CachedParameters {
    parameters: Parameters,
    known: Mutex<BTreeMap<String, (Instant, Secret)>>,
}

impl CachedParameters {
    /// Those that may be read.
    #[must_use]
    pub fn new(parameters: Parameters) -> Self {
        Self { parameters, known: Mutex::default() }
    }

    fn known(&self, name: &str) -> Option<Secret> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).filter(|(read_at, _)| read_at.elapsed() < KEPT).map(|(_, secret)| secret.clone())
    }
}

#[async_trait]
impl Secrets for CachedParameters {
    async fn read(&self, place: &SecretPlace) -> Result<Secret, PortError> {
        let SecretPlace::Ssm(name) = place else {
            return Err(permanent("read a secret", "a deployment on AWS keeps secrets in parameters: use `…_ssm`"));
        };
        if let Some(secret) = self.known(name) {
            return Ok(secret);
        }
        let secret = Secret::new(&self.parameters.read(name).await?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.clone(), (Instant::now(), secret.clone()));
        Ok(secret)
    }

    fn forget(&self, place: &SecretPlace) -> bool {
        let SecretPlace::Ssm(name) = place else { return false };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(name).is_some_and(|(read_at, _)| read_at.elapsed() > FRESH)
    }
}
