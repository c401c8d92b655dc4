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
    /// What pages may load, as their own `<meta>` says; frames are forbidden beside it, which only a header can.
    pub content_security_policy: String,
}

/// The router: `/metrics`, `/healthz`, and the site for everything else. GET and HEAD alone.
pub fn router(web: Web) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(site::serve)
        .layer(middleware::from_fn_with_state(web.clone(), only_reads))
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
async fn only_reads(State(web): State<Web>, request: Request, next: Next) -> Response {
    let mut response = if matches!(*request.method(), Method::GET | Method::HEAD) {
        next.run(request).await
    } else {
        (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response()
    };
    let headers = response.headers_mut();
    let policy = format!("{}; frame-ancestors 'none'", web.content_security_policy);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in
        [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::REFERRER_POLICY, "strict-origin-when-cross-origin")]
    {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
