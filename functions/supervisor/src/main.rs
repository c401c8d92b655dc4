//! What is due, and what everybody should see.

use osmtracker_aws::lambda;
use osmtracker_pipeline::{metrics::Component, steps};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::on_schedule(Component::Supervisor, async |run| {
        if run.is_new {
            // A new release or configuration may render other pages, although no changeset changed.
            steps::ask_for_publication(run.ports).await?;
        }
        let outcome = steps::supervise(run.ports).await?;
        if let Some(seen) = &outcome.observation {
            run.tell_cloudwatch(seen);
        }
        outcome.complete().map(drop)
    })
    .await
}
