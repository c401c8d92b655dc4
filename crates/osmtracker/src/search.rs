//! The search index of the local program: follows the table's log of changes.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use osmtracker_embedded::Sqlite;
use osmtracker_pipeline::{
    change_log::{ChangeLog, Following},
    config::SearchConfig,
    ports::PortError,
    steps::Ports,
};
use osmtracker_search::{
    FileSecrets, FollowError, Index, NoSecrets, Outcome, Pauses, ReindexError, Secrets, count, follow, reindex,
};
use tokio::sync::watch;

/// Changes taken up at a time.
const AT_ONCE: usize = 200;

/// Between two looks at a log that is empty: a moment in which changes gather.
const IDLE: Duration = Duration::from_secs(1);

/// After a failure; doubled for each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// Longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The index, if there is to be one, and the log that it follows.
pub(crate) struct Search {
    ports: Ports,
    log: Arc<Sqlite>,
    index: Option<Index>,
}

/// Where a local program has the credentials of this index.
pub(crate) fn secrets(config: Option<&SearchConfig>) -> Arc<dyn Secrets> {
    match config.and_then(|config| config.credentials_file.clone()) {
        Some(file) => Arc::new(FileSecrets(file)),
        None => Arc::new(NoSecrets),
    }
}

impl Search {
    /// Nothing is asked yet.
    pub(crate) fn of(ports: &Ports, log: Arc<Sqlite>) -> Self {
        let config = ports.config.search.clone();
        let secrets = secrets(config.as_ref());
        let index = config.map(|config| Index::new(config, secrets, Pauses::default()));
        Self { ports: ports.clone(), log, index }
    }

    /// Has the table log its changes, before any worker changes it; or no more, so that the log does not grow.
    pub(crate) async fn begin(&self) -> Result<(), PortError> {
        match &self.index {
            Some(index) => self.log.follow(&index.name()).await.map(drop),
            None => self.log.unfollow().await,
        }
    }

    /// Takes changes into the index as they come. Ends when told to, once nothing is left, or at the first failure then:
    /// what is left stays in the log.
    pub(crate) async fn follow(&self, mut stopped: watch::Receiver<bool>) -> Result<()> {
        let Some(index) = &self.index else {
            let _ = stopped.wait_for(|stopped| *stopped).await;
            return Ok(());
        };
        let mut failures = 0;
        loop {
            let is_stopped = *stopped.borrow();
            let pause = match self.round(index).await {
                Ok(0) => IDLE,
                Ok(_) => Duration::ZERO,
                Err(error) if error.is_for_good() => {
                    return Err(error).context("follow the table for the search index");
                }
                Err(error) => {
                    failures += 1;
                    self.tell(&error, failures).await;
                    LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.pow(failures.min(5) - 1))
                }
            };
            if pause <= IDLE {
                failures = 0;
            }
            if is_stopped && !pause.is_zero() {
                return Ok(());
            }
            let _ = tokio::time::timeout(pause, stopped.wait_for(|stopped| *stopped)).await;
        }
    }

    /// Some changes; answers how many.
    async fn round(&self, index: &Index) -> Result<usize, Failure> {
        if self.log.follow(&index.name()).await? == Following::Begins {
            self.rebuild(index).await?;
        }
        let followed = follow(&*self.log, index, AT_ONCE).await?;
        let oldest = if followed.entries == 0 { Some(self.ports.clock.now()) } else { followed.oldest };
        let outcomes = followed.outcomes.iter().map(|(_, outcome)| outcome);
        count(&self.ports.metrics, outcomes, oldest, self.ports.clock.now());
        for (operation, outcome) in &followed.outcomes {
            if let Outcome::Rejected(rejection) = outcome {
                let kind = &rejection.kind;
                tracing::error!(changeset.id = operation.id.0, kind, "the search server will never take a changeset");
            }
        }
        Ok(followed.entries)
    }

    /// Makes an index that was not followed before equal to the table.
    async fn rebuild(&self, index: &Index) -> Result<(), Failure> {
        let done = reindex(&*self.ports.store, index).await?;
        self.log.caught_up().await?;
        let (indexed, deleted, rejected) = (done.indexed, done.deleted, done.rejected.len());
        tracing::info!(indexed, deleted, rejected, "{} was made equal to the table", index.name());
        Ok(())
    }

    async fn tell(&self, error: &Failure, failures: u32) {
        let error = error.to_string();
        match failures {
            1 => tracing::warn!(error, "the search index cannot be written; changes wait in the log"),
            _ => tracing::info!(error, "the search index still cannot be written"),
        }
        let waiting = self.log.changes(1).await.unwrap_or_default();
        let oldest = waiting.first().map(|change| change.now.row().updated_at);
        count(&self.ports.metrics, [], oldest, self.ports.clock.now());
    }
}

/// Why a round failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Log(#[from] PortError),
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Reindex(#[from] ReindexError),
}

impl Failure {
    /// Whether the database fails in a way that no further try mends.
    fn is_for_good(&self) -> bool {
        let (Self::Log(error) | Self::Follow(FollowError::Log(error)) | Self::Reindex(ReindexError::Store(error))) =
            self
        else {
            return false;
        };
        matches!(error, PortError::Permanent { .. })
    }
}
