//! What is answered to programs: `/api/v1`, the predecessor's paths, metrics and health.

mod accept;
mod calls;
mod changeset;
mod given;
mod listing;
mod openapi;
mod page;
mod parameter;
mod predecessor;
mod reply;
mod site_facts;

use std::sync::Arc;

use axum::{Router, http::StatusCode, routing::any};
use osmtracker_pipeline::steps::Ports;
use tower_http::compression::CompressionLayer;

use crate::problem::Problem;

/// The OpenAPI 3.1 document of everything that [`crate::router`] answers beside the site.
#[must_use]
pub fn openapi_document() -> String {
    openapi::document()
}

/// All calls. What else is asked for below `/api/` is not there.
pub(crate) fn routes() -> Router<Arc<Ports>> {
    let documented =
        calls::calls().into_iter().fold(Router::new(), |router, call| router.route(call.path, call.handler));
    let absent = || async {
        Problem::new(StatusCode::NOT_FOUND, "there is no such call; /api/v1/ describes those that there are")
    };
    documented.route("/api/{*rest}", any(absent)).route("/api/", any(absent)).layer(CompressionLayer::new())
}
