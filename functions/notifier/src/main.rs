//! From changesets that are published to messages in chats and other programs.

use osmtracker_aws::{AwsMessenger, lambda};
use osmtracker_pipeline::{
    metrics::Component,
    steps::{self, Pauses},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let messenger = &AwsMessenger::from_environment().await?;
    let pauses = &Pauses::default();
    lambda::for_each_message(Component::Notifier, async |ports, body| {
        steps::notify(ports, messenger, pauses, body).await.map(drop)
    })
    .await
}
