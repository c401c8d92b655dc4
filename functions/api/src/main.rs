//! From HTTP requests to what is stored.

use osmtracker_aws::lambda;
use osmtracker_pipeline::metrics::Component;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::for_each_request(Component::Api, |ports, request| async move {
        let router = osmtracker_web::router(ports, osmtracker_web::Surroundings::Function);
        let (parts, body) = osmtracker_web::answer(router, request).await.into_parts();
        lambda::response(parts, body)
    })
    .await
}
