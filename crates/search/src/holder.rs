use std::sync::{Arc, Mutex, PoisonError};

use osmtracker_pipeline::config::SearchConfig;

use crate::{Index, Pauses, Secrets};

/// Keeps the index of the configuration as it last was: a new one comes with a new configuration only, so that template
/// and connections are not looked for at each invocation.
#[derive(Debug, Default)]
pub struct Holder {
    held: Mutex<Option<(SearchConfig, Arc<Index>)>>,
}

impl Holder {
    /// The index of this configuration.
    pub fn index(&self, config: &SearchConfig, secrets: impl FnOnce() -> Arc<dyn Secrets>) -> Arc<Index> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some((known, index)) if known == config => index.clone(),
            _ => {
                let index = Arc::new(Index::new(config.clone(), secrets(), Pauses::default()));
                held.insert((config.clone(), index)).1.clone()
            }
        }
    }
}
