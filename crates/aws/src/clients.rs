use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use osmtracker_pipeline::metrics::Metrics;

use crate::charges::Charges;

/// One client a service, made once a process and shared.
#[derive(Clone, Debug)]
pub struct Clients {
    /// The queues.
    pub sqs: aws_sdk_sqs::Client,
    /// The table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The objects.
    pub s3: aws_sdk_s3::Client,
    /// Secrets.
    pub ssm: aws_sdk_ssm::Client,
}

impl Clients {
    /// With region, credentials and endpoints as the environment gives them; requests name `application` in their
    /// User-Agent, and what they cost is counted. Nothing is sent yet.
    pub async fn from_environment(application: &str, metrics: Metrics) -> Self {
        Self::counted(&loader(application).load().await, Charges(metrics))
    }

    /// For a person at a terminal, as [`operator_config`] has it.
    pub async fn for_operator(application: &str, region: Option<String>) -> Self {
        Self::new(&operator_config(application, region).await)
    }

    /// For a local cloud at this address, which knows neither accounts nor secrets.
    #[must_use]
    pub fn of_local_cloud(endpoint: &str, region: &str) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "a local cloud");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new(region.to_owned()))
            .timeout_config(timeouts())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        Self::new(&config)
    }

    /// With these settings. What requests cost is not counted.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self::counted(config, Charges(Metrics::new()))
    }

    fn counted(config: &SdkConfig, charges: Charges) -> Self {
        // A local cloud has one host name for all buckets; AWS has one for each.
        let path_style = config.endpoint_url().is_some();
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).interceptor(charges.clone());
        let sqs = aws_sdk_sqs::config::Builder::from(config).interceptor(charges.clone());
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(config).interceptor(charges);
        Self {
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            ssm: aws_sdk_ssm::Client::new(config),
        }
    }
}

/// Requests are small and answered within milliseconds. A connection that a frozen environment left half dead must not
/// take the rest of an invocation.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(30))
        .build()
}

/// What the environment gives, for requests that name `application` in their User-Agent.
pub(crate) fn loader(application: &str) -> ConfigLoader {
    let loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts());
    match AppName::new(application.to_owned()) {
        Ok(name) => loader.app_name(name),
        Err(_) => loader,
    }
}

/// For a person at a terminal: the credentials and settings that the AWS CLI would use; `region` is where the deployment
/// is, unless they name one.
pub async fn operator_config(application: &str, region: Option<String>) -> SdkConfig {
    let chain = aws_config::meta::region::RegionProviderChain::default_provider();
    loader(application).region(chain.or_else(region.map(Region::new))).load().await
}
