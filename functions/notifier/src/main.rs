//! From changesets that are published to messages in chats and other programs.

use osmtracker_aws::{AwsMessenger, lambda};
use osmtracker_pipeline::{metrics::Component, steps};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let messenger = &AwsMessenger::from_environment().await?;
    lambda::for_each_message(Component::Notifier, async |ports, body| {
        steps::notify(ports, messenger, body).await.map(drop)
    })
    .await
}
