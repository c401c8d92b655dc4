//! The ports on one machine: [`Sqlite`] is the table and the queues, [`FileSite`] the objects.
//!
//! Knows: the layout of the data folder, SQL, files and locks.
//!
//! Must not know: what the rows, messages and objects mean, the network, pages.
//!
//! # The data folder
//!
//! | path | content |
//! | --- | --- |
//! | `osmtracker.lock` | locked as long as a process uses the folder; the kernel unlocks it however the process ends |
//! | `osmtracker.sqlite` | rows, queues, cursor, leases and counters, see [`Sqlite`] |
//! | `site/` | public objects: the key `site/index.html` is the file `site/index.html` |
//! | `private/` | all others: the key `analysis/4711.json` is the file `private/analysis/4711.json` |
//! | `site/.incoming/`, `private/.incoming/` | objects that are being written; emptied at the start |
//!
//! # What survives
//!
//! The end of the process, `SIGKILL` included: everything that was answered with `Ok`. The database is then as the last
//! transaction left it, objects are whole, and what the process had received and not acknowledged is visible again at
//! the next start.
//!
//! The end of the machine (power loss, kernel panic): the database falls back to an earlier transaction, usually by
//! seconds, as a whole: cursor, rows and messages fit together. Objects are flushed before they get their name
//! ([`Flush::BeforeRename`]), so none is torn, and those that the surviving rows speak of are there. The steps then do
//! the lost seconds again.

mod clock;
mod data_folder;
mod error;
mod file_site;
mod key;
mod sqlite;

use std::{path::Path, sync::Arc};

pub use clock::{Milliseconds, SystemClock};
pub use error::EmbeddedError;
pub use file_site::{FileSite, Flush};
pub use sqlite::Sqlite;

use crate::data_folder::DataFolder;

/// How the adapters behave.
#[derive(Clone)]
pub struct Options {
    /// Deliveries of a message, at least 1, before it goes to the dead letters.
    pub max_deliveries: u32,
    /// When objects are flushed to the disk.
    pub flush: Flush,
    /// Time for the visibility of messages.
    pub clock: Arc<dyn Milliseconds>,
}

impl Default for Options {
    /// Five deliveries, objects flushed before they get their name, the system's time.
    fn default() -> Self {
        Self { max_deliveries: 5, flush: Flush::BeforeRename, clock: Arc::new(SystemClock::new()) }
    }
}

/// All adapters on one data folder. One that was opened, not visited, stays locked against others until both are dropped.
#[derive(Clone)]
pub struct Embedded {
    /// The table and the queues.
    pub sqlite: Arc<Sqlite>,
    /// The objects.
    pub site: Arc<FileSite>,
}

impl Embedded {
    /// Opens the data folder, and makes it when it is absent.
    ///
    /// Blocks for as long as the check of the database takes: about a second for each 500 MB.
    ///
    /// # Errors
    /// See [`EmbeddedError`]: a person has to act. Nothing that was there before is changed then.
    pub fn open(data: &Path, options: &Options) -> Result<Self, EmbeddedError> {
        let folder = Arc::new(DataFolder::open(data)?);
        let sqlite = Sqlite::open(Arc::clone(&folder), options)?;
        let site = FileSite::open(folder, options.flush)?;
        Ok(Self { sqlite: Arc::new(sqlite), site: Arc::new(site) })
    }

    /// Opens a data folder that another process may be using at the same time: for looking at it and for orders to that
    /// process, such as messages and rows. What it has in flight stays its own.
    ///
    /// Conditions on rows hold between processes; those on objects do not, so a visitor puts only objects of its own.
    ///
    /// # Errors
    /// [`EmbeddedError::Absent`] when there is no database; else as [`Embedded::open`].
    pub fn visit(data: &Path, options: &Options) -> Result<Self, EmbeddedError> {
        let folder = Arc::new(DataFolder::visit(data)?);
        let sqlite = Sqlite::visit(Arc::clone(&folder), options)?;
        let site = FileSite::visit(folder, options.flush);
        Ok(Self { sqlite: Arc::new(sqlite), site: Arc::new(site) })
    }
}
