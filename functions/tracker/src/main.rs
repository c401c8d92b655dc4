//! From the changesets feed to the filter queue.

use osmtracker_aws::lambda;
use osmtracker_pipeline::{
    metrics::Component,
    steps::{self, Start, TrackLimits, TrackOutcome},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::on_schedule(Component::Tracker, async |run| {
        let sequences = run.ports.config.pipeline.max_sequences.into();
        // Time for the file that is being read when the moment comes.
        let until = run.deadline.moment().plus_seconds(-10);
        let limits = TrackLimits { sequences, until: Some(until) };
        let start = Start::of(&run.ports.config, run.ports.clock.now());
        if let TrackOutcome::Waiting { reason, .. } = steps::track(run.ports, start, limits).await? {
            tracing::warn!(reason, "waiting for the changesets feed");
        }
        Ok(())
    })
    .await
}
