//! What each changeset really changed.

use osmtracker_aws::lambda;
use osmtracker_pipeline::{metrics::Component, steps};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::for_each_message(Component::Analyser, async |ports, body| steps::analyse(ports, body).await.map(drop)).await
}
