use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

/// Why the data folder cannot be used. In every case a person has to act, and nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Choose another folder or make this one writable.
    #[error("cannot use {} in the data folder; make it writable or choose another data folder", path.display())]
    Unusable {
        /// The file or folder in question.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Stop the other process or choose another folder.
    #[error("the data folder {} is in use{}: is another osmtracker running? stop it or choose another data folder", path.display(), by_process(*.process))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The id of the process that uses it, when it could be read.
        process: Option<u32>,
    },
    /// A visitor found nothing there.
    #[error("{} is no data folder: it has no database; say where it is with --data, or start `osmtracker run` to make one", path.display())]
    Absent {
        /// The folder.
        path: PathBuf,
    },
    /// Not a database, or one of another program: choose another folder.
    #[error("{} is not a database of osmtracker ({reason}); to start anew, move it away, or choose another data folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// Damaged: start anew without it.
    #[error("the database {} is damaged ({reason}); to start anew, move it away together with the files beside it whose names begin with its name: changesets are then read from the feed again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Written by a newer version of this program: use that one, or start anew.
    #[error("the database {} has schema {found}, this osmtracker knows up to {known}; use a newer osmtracker, or move the database away to start anew", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// SQLite cannot open the file although it looks right: see the cause.
    #[error("cannot open the database {}; make sure that it and its folder are writable and the disk is not full", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: rusqlite::Error,
    },
}

impl EmbeddedError {
    /// What an error of SQLite on opening `path` means.
    pub(crate) fn from_sqlite(path: PathBuf, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { path, reason: source.to_string() }
            }
            _ => Self::Sqlite { path, source },
        }
    }
}

fn by_process(process: Option<u32>) -> String {
    process.map(|id| format!(" by process {id}")).unwrap_or_default()
}
