use osmtracker_osm::Timestamp;
use osmtracker_pipeline::metrics::{Metrics, SearchResult};

use crate::Outcome;

/// Counts what became of operations, and says how old the oldest change was that they, or those that could not be sent,
/// were about.
pub fn count<'a>(
    metrics: &Metrics,
    outcomes: impl IntoIterator<Item = &'a Outcome>,
    oldest: Option<Timestamp>,
    now: Timestamp,
) {
    for outcome in outcomes {
        let result = match outcome {
            Outcome::Indexed => SearchResult::Indexed,
            Outcome::Deleted => SearchResult::Deleted,
            Outcome::Conflict => SearchResult::Conflict,
            Outcome::Rejected(_) | Outcome::Undone(_) => SearchResult::Failed,
        };
        metrics.search_documents(result, 1);
    }
    if let Some(oldest) = oldest {
        metrics.search_lag(now.seconds_since(oldest).max(0), now);
    }
}
