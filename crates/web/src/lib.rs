//! HTTP routes over the ports: the API for programs, metrics and health, and the site's objects when local.
//!
//! Knows: what can be asked and how it is answered: parameters and their limits, formats, headers, errors, the OpenAPI
//! document; how a public object is served.
//!
//! Must not know: how rows and documents come about, what is in the pages, AWS. Nothing here writes: of the ports only
//! what reads is called.

mod api;
mod clients;
mod guard;
mod percent;
mod problem;
mod serve;
mod site;

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    BoxError, Extension, Router,
    body::{Body, Bytes, HttpBody},
    http::{self, StatusCode},
    middleware,
};
use osmtracker_pipeline::{
    ports::PortError,
    steps::{Ports, metrics_text},
};
use tower::ServiceExt;

pub use api::openapi_document;
pub use serve::serve;

use clients::Clients;
use problem::Problem;

/// Renders the metrics of this moment as Prometheus text.
#[async_trait]
pub trait MetricsText: Send + Sync {
    /// The exposition.
    ///
    /// # Errors
    /// When a port fails.
    async fn render(&self) -> Result<String, PortError>;
}

/// As the ports have them: of a function, which counts nothing itself.
#[async_trait]
impl MetricsText for Ports {
    async fn render(&self) -> Result<String, PortError> {
        metrics_text(self).await
    }
}

/// Where the routes are served.
#[derive(Clone)]
pub enum Surroundings {
    /// By one program for all, which has counters of its own, with the site beside it and a limit for each client.
    Local(Arc<dyn MetricsText>),
    /// By a function: what is beside the API is served by others, and the function's concurrency limits all together.
    Function,
}

/// The router: the API, `/metrics`, `/healthz`, `/readyz` and, when local, the site for everything else. GET and HEAD alone.
pub fn router(ports: Arc<Ports>, surroundings: Surroundings) -> Router {
    let (limit, metrics) = match &surroundings {
        Surroundings::Local(metrics) => (ports.config.api.requests_per_minute, metrics.clone()),
        Surroundings::Function => (None, ports.clone() as Arc<dyn MetricsText>),
    };
    let clients = limit.map(|limit| Arc::new(Clients::new(limit)));
    let policy = guard::Policy::of(&ports.config.site);
    let api = api::routes().layer(Extension(metrics)).layer(middleware::from_fn_with_state(clients, guard::in_turn));
    let all = match surroundings {
        Surroundings::Local(_) => api.fallback(site::serve),
        Surroundings::Function => api.fallback(nothing),
    };
    all.layer(middleware::from_fn(guard::in_time))
        .layer(middleware::from_fn(guard::only_reads))
        .layer(middleware::from_fn_with_state(policy, guard::headers))
        .with_state(ports)
}

/// Asks a router once, with a request that came on another way than a connection. The whole body of the answer.
pub async fn answer<B>(router: Router, request: http::Request<B>) -> http::Response<Vec<u8>>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let Ok(response) = router.oneshot(request.map(Body::new)).await;
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await;
    // Bodies are made in memory; nothing in them can fail but the compressor.
    body.map_or_else(
        |_| http::Response::from_parts(failed(), Vec::new()),
        |body| http::Response::from_parts(parts, body.to_vec()),
    )
}

fn failed() -> http::response::Parts {
    let (mut parts, ()) = http::Response::new(()).into_parts();
    parts.status = StatusCode::INTERNAL_SERVER_ERROR;
    parts
}

async fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing here; /api/v1/ describes what there is")
}
