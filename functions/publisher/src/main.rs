//! From rows that changed to pages, feeds and data.

use osmtracker_aws::lambda;
use osmtracker_pipeline::{metrics::Component, steps};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::for_all_items(Component::Publisher, async |ports, items| steps::publish(ports, items).await.map(drop)).await
}
