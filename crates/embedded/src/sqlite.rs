mod change_log;
mod queue;
mod schema;
mod store;
mod worker;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use osmtracker_pipeline::ports::QueueName;

use crate::{EmbeddedError, Milliseconds, Options, data_folder::DataFolder, sqlite::worker::Worker};

/// Who opens the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opener {
    /// The one process that works with it.
    Owner,
    /// One that looks in beside it.
    Visitor,
}

/// The table and the queues in one SQLite file.
///
/// - **Durability**: write-ahead log with `synchronous=NORMAL`. A transaction is in the kernel's hands before its
///   answer, so the end of the process loses nothing. The log is flushed at checkpoints only: a power loss may undo the
///   last transactions, always all from some moment on, never one alone. `FULL` would buy those seconds with a flush at
///   each write; they are done again from the feed instead.
/// - **Threads**: one thread owns the one connection and works through calls in their order. SQLite has one writer
///   anyway, so a pool would only wait for locks, and waiting calls hold no thread. A call whose future is dropped
///   before its turn is skipped.
/// - **Restart**: since the data folder has one process at a time, whatever was in flight or leased when the file is
///   opened belonged to one that is gone: such messages become visible at once and leases are given back. A delivery
///   that ended with the process does not count as an attempt, so that killing the process often does not make dead
///   letters, except when that happens to one message more than [`Sqlite::INTERRUPTIONS`] times: it may be the killer.
/// - **Visibility** is measured in milliseconds of [`Milliseconds`].
///
/// Dropping it waits for the calls under way and closes the file.
pub struct Sqlite {
    worker: Worker,
    clock: Arc<dyn Milliseconds>,
    max_deliveries: u32,
    path: PathBuf,
}

impl Sqlite {
    /// Deliveries of a message that may end with the process before they are counted as attempts. High, because most
    /// messages in flight are innocent; one that kills is put aside after about as many restarts.
    pub const INTERRUPTIONS: u32 = 200;

    pub(crate) fn open(folder: Arc<DataFolder>, options: &Options) -> Result<Self, EmbeddedError> {
        let path = folder.path().join("osmtracker.sqlite");
        let connection = schema::open(&path, Opener::Owner)?;
        Self::start(folder, connection, path, options)
    }

    pub(crate) fn visit(folder: Arc<DataFolder>, options: &Options) -> Result<Self, EmbeddedError> {
        let path = folder.path().join("osmtracker.sqlite");
        let connection = schema::open(&path, Opener::Visitor)?;
        Self::start(folder, connection, path, options)
    }

    fn start(
        folder: Arc<DataFolder>,
        connection: rusqlite::Connection,
        path: PathBuf,
        options: &Options,
    ) -> Result<Self, EmbeddedError> {
        let worker = Worker::start(connection, folder)
            .map_err(|source| EmbeddedError::Unusable { path: path.clone(), source })?;
        let clock = Arc::clone(&options.clock);
        Ok(Self { worker, clock, max_deliveries: options.max_deliveries.max(1), path })
    }

    /// Deliveries of a message of this queue before it is put aside.
    fn max_deliveries_of(&self, queue: QueueName) -> u32 {
        match queue {
            QueueName::Notify => self.max_deliveries.saturating_mul(QueueName::PATIENCE),
            QueueName::Filter | QueueName::Analysis | QueueName::Publish => self.max_deliveries,
        }
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
