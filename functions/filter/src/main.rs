//! From the filter queue to rows, by the rules.

use osmtracker_aws::lambda;
use osmtracker_pipeline::{metrics::Component, steps};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::for_each_message(Component::Filter, async |ports, body| steps::filter(ports, body).await.map(drop)).await
}
