use aws_config::{BehaviorVersion, SdkConfig};

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
    /// With region, credentials and endpoints as the environment gives them. Nothing is sent yet.
    pub async fn from_environment() -> Self {
        Self::new(&aws_config::load_defaults(BehaviorVersion::latest()).await)
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
