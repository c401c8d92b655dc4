//! The steps: what happens to a changeset, written once for Lambda functions and for the local program.
//!
//! Each step may run twice, late, or end in the middle. So each sends before it forgets, writes with the version that
//! it read, and on meeting its own earlier work repeats what follows from it.

mod analyse;
mod error;
mod exposition;
mod filter;
mod notify;
mod pack;
mod problems;
mod publish;
mod refresh;
mod rows;
mod sources;
mod supervise;
mod track;

use std::sync::Arc;

use osmtracker_osm::Timestamp;

use crate::{
    config::Config,
    metrics::Metrics,
    ports::{ChangeSource, Clock, MetadataSource, Queue, ReplicationFeed, SiteStore, Store},
};

pub use analyse::{AnalyseOutcome, analyse};
pub use error::StepError;
pub use exposition::{Observation, metrics_text, observe};
pub use filter::{FilterOutcome, filter};
pub use notify::{NotifyOutcome, Pauses, begin_notifications, notify, send_sample};
pub(crate) use pack::filter_messages;
pub use problems::Problem;
pub use publish::{
    PublishOutcome, ask_for_publication, entry, give_publication_up, publish, read_publish_message,
    reserve_publication, stored_analysis, time_to_publication, window_entries, write_status,
};
pub use rows::Owner;
pub(crate) use rows::{enter, update};
pub use supervise::{SuperviseOutcome, supervise};
pub use track::{Start, TrackLimits, TrackOutcome, track};

/// Everything that a step may use.
#[derive(Clone)]
pub struct Ports {
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The queues.
    pub queue: Arc<dyn Queue>,
    /// The table.
    pub store: Arc<dyn Store>,
    /// The objects.
    pub site: Arc<dyn SiteStore>,
    /// The changesets feed.
    pub feed: Arc<dyn ReplicationFeed>,
    /// Where changes come from, in the order in which they are asked.
    pub sources: Vec<Arc<dyn ChangeSource>>,
    /// Where metadata come from.
    pub metadata: Arc<dyn MetadataSource>,
    /// What was counted.
    pub metrics: Metrics,
    /// The configuration, rules compiled.
    pub config: Arc<Config>,
    /// Who runs the step.
    pub owner: Owner,
}

/// The generation that readers see; 0 before the first.
pub(crate) async fn published_generation(ports: &Ports) -> Result<u64, crate::ports::PortError> {
    Ok(publish::generation(ports).await?.map_or(0, |generation| generation.number))
}

impl Ports {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
