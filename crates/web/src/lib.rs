//! HTTP routes over the ports: the site's objects when local, metrics and health.
//!
//! Knows: how a public object is served, with which headers.
//!
//! Must not know: what is in the pages, how rows come about, AWS.

mod site;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use osmtracker_pipeline::ports::SiteStore;

/// Renders the metrics of this moment as Prometheus text.
#[async_trait::async_trait]
pub trait MetricsText: Send + Sync {
    /// The exposition; an error's text says what failed.
    async fn render(&self) -> Result<String, String>;
}

/// What the routes read.
#[derive(Clone)]
pub struct Web {
    /// Objects; those under `site/` are served.
    pub site: Arc<dyn SiteStore>,
    /// Metrics.
    pub metrics: Arc<dyn MetricsText>,
}

/// The policy that every page is served with: nothing from elsewhere, no inline script or style.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' \
    data: blob:; connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The router: `/metrics`, `/healthz`, and the site for everything else. GET and HEAD alone.
pub fn router(web: Web) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(site::serve)
        .layer(middleware::from_fn(only_reads))
        .with_state(web)
}

async fn metrics(State(web): State<Web>) -> Response {
    match web.metrics.render().await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("metrics are not to be had: {error}\n")).into_response()
        }
    }
}

/// Refuses everything but GET and HEAD, and puts the security headers on every answer.
async fn only_reads(request: Request, next: Next) -> Response {
    let mut response = if matches!(*request.method(), Method::GET | Method::HEAD) {
        next.run(request).await
    } else {
        (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
