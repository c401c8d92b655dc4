//! `/metrics` of the local program.

use std::sync::Arc;

use async_trait::async_trait;
use osmtracker_pipeline::steps::{Ports, metrics_text};
use osmtracker_web::MetricsText;

pub(crate) struct LocalMetrics(pub(crate) Arc<Ports>);

#[async_trait]
impl MetricsText for LocalMetrics {
    async fn render(&self) -> Result<String, String> {
        metrics_text(&self.0).await.map_err(|error| error.to_string())
    }
}
