//! The adapters of AWS: SQS queues, a DynamoDB table, S3 objects, SNS topics, secrets in parameters, and the shell
//! around the Lambda functions.
//!
//! Knows: how the ports of [`osmtracker_pipeline`] are kept with these services, what their limits are, and how a
//! function is started, told what to do, and ended.
//!
//! Must not know: what a step does. Everything that happens to a changeset is in the pipeline.

mod charges;
mod clients;
mod clock;
mod configuration;
mod deployment;
mod dynamodb;
mod error;
pub mod lambda;
mod messenger;
mod parameters;
mod s3;
mod sqs;

pub use clients::{Clients, operator_config};
pub use clock::SystemClock;
pub use configuration::{Configuration, ConfigurationError, ConfigurationObject};
pub use deployment::{Deployment, MissingOutput, MissingVariable, QueueUrls};
pub use dynamodb::DynamoDb;
pub use messenger::{AwsMessenger, CachedParameters};
pub use parameters::Parameters;
pub use s3::S3;
pub use sqs::Sqs;
