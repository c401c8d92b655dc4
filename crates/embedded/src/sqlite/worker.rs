use std::{
    io,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use osmtracker_pipeline::ports::PortError;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use crate::data_folder::DataFolder;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The thread that owns the connection. Its channel has no bound: each caller waits for its own answer, so there are
/// never more jobs than callers.
pub(super) struct Worker {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// `folder` stays locked until the connection is closed.
    pub(super) fn start(mut connection: Connection, folder: Arc<DataFolder>) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = thread::Builder::new().name("sqlite".to_owned()).spawn(move || {
            for job in queue {
                job(&mut connection);
            }
            if let Err((_, error)) = connection.close() {
                tracing::warn!(error = %error, "the database was not closed in order; its log is read at the next start");
            }
            drop(folder);
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `job` on the thread. `what` says what is tried: `receive from the filter queue`.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        what: impl Into<String>,
        job: impl FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, PortError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            if !answer.is_closed() {
                // The caller may go away at any time; nobody wants the answer then.
                let _ = answer.send(job(connection));
            }
        });
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        match answered.await {
            Ok(result) if sent => result.map_err(|failure| failure.into_port(what.into())),
            _ => Err(Failure::permanent("the thread of the database has ended").into_port(what.into())),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the thread of the database panicked");
        }
    }
}

/// Why a job failed.
#[derive(Debug)]
pub(super) enum Failure {
    Sqlite(rusqlite::Error),
    /// Names what was to be written.
    Conflict(String),
    Permanent(osmtracker_pipeline::ports::Source),
}

impl Failure {
    pub(super) fn permanent(cause: impl Into<osmtracker_pipeline::ports::Source>) -> Self {
        Self::Permanent(cause.into())
    }

    pub(super) fn into_port(self, what: String) -> PortError {
        match self {
            Self::Conflict(what) => PortError::Conflict { what },
            Self::Permanent(source) => PortError::Permanent { what, source },
            Self::Sqlite(source) if may_pass(&source) => PortError::Transient { what, source: Box::new(source) },
            Self::Sqlite(source) => PortError::Permanent { what, source: Box::new(source) },
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// A full disk or memory, or another program that looks into the file, may be gone at the next try.
fn may_pass(error: &rusqlite::Error) -> bool {
    use ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory, SystemIoFailure};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked | DiskFull | OutOfMemory | SystemIoFailure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(folder: &tempfile::TempDir) -> Worker {
        let folder = Arc::new(DataFolder::open(folder.path()).unwrap());
        Worker::start(Connection::open_in_memory().unwrap(), folder).unwrap()
    }

    #[tokio::test]
    async fn a_full_disk_is_transient_and_a_wrong_statement_permanent() {
        let folder = tempfile::tempdir().unwrap();
        let worker = worker(&folder);
        let full = worker
            .call("fill the disk", |connection| {
                connection.execute_batch("PRAGMA max_page_count=2; CREATE TABLE t (b)")?;
                Ok(connection.execute("INSERT INTO t VALUES (zeroblob(100000))", ())?)
            })
            .await;
        assert!(matches!(full, Err(PortError::Transient { ref what, .. }) if what == "fill the disk"), "{full:?}");
        let wrong = worker.call("say nonsense", |connection| Ok(connection.execute_batch("NONSENSE")?)).await;
        assert!(matches!(wrong, Err(PortError::Permanent { .. })), "{wrong:?}");
    }

    #[tokio::test]
    async fn a_call_after_the_thread_has_panicked_is_a_permanent_error() {
        let folder = tempfile::tempdir().unwrap();
        let worker = worker(&folder);
        for _ in 0..2 {
            let result: Result<(), _> = worker.call("panic", |_| panic!("on purpose")).await;
            assert!(matches!(result, Err(PortError::Permanent { .. })), "{result:?}");
        }
    }
}
