use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};

/// One client a service, made once a process and shared.
#[derive(Clone, Debug)]
pub struct Clients {
    /// The queues.
    pub sqs: aws_sdk_sqs::Client,
    /// The table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The objects.
    pub s3: aws_sdk_s3::Client,
}

impl Clients {
    /// With region, credentials and endpoints as the environment gives them; requests name `application` in their
    /// User-Agent. Nothing is sent yet.
    pub async fn from_environment(application: &str) -> Self {
        let loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts());
        let loader = match AppName::new(application.to_owned()) {
            Ok(name) => loader.app_name(name),
            Err(_) => loader,
        };
        Self::new(&loader.load().await)
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

    /// With these settings.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        // A local cloud has one host name for all buckets; AWS has one for each.
        let path_style = config.endpoint_url().is_some();
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Self {
            sqs: aws_sdk_sqs::Client::new(config),
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            s3: aws_sdk_s3::Client::from_conf(s3),
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
