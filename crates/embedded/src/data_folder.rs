use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::EmbeddedError;

/// A data folder that no other process uses, unless as a visitor. Unlocked when dropped, or by the kernel when the process ends.
///
/// The lock is an advisory one on a file of its own (`flock`): SQLite's own locks would let a second process in
/// between two transactions, and its exclusive mode would keep `sqlite3` from looking at a running tracker.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    /// `None` for a visitor.
    _lock: Option<File>,
}

impl DataFolder {
    /// Makes the folder when it is absent, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, EmbeddedError> {
        create_folder(path)?;
        let lock_path = path.join("osmtracker.lock");
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(|source| EmbeddedError::Unusable { path: lock_path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(EmbeddedError::InUse { path: path.to_owned(), process: read_process(&mut lock) });
            }
            Err(TryLockError::Error(source)) => return Err(EmbeddedError::Unusable { path: lock_path, source }),
        }
        write_process(&mut lock).map_err(|source| EmbeddedError::Unusable { path: lock_path, source })?;
        Ok(Self { path: path.to_owned(), _lock: Some(lock) })
    }

    /// The folder, perhaps in use by another process. It must be there.
    pub(crate) fn visit(path: &Path) -> Result<Self, EmbeddedError> {
        match path.join("osmtracker.sqlite").is_file() {
            true => Ok(Self { path: path.to_owned(), _lock: None }),
            false => Err(EmbeddedError::Absent { path: path.to_owned() }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes a folder and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), EmbeddedError> {
    fs::create_dir_all(path).map_err(|source| EmbeddedError::Unusable { path: path.to_owned(), source })
}

fn read_process(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_process(lock: &mut File) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.seek(SeekFrom::Start(0))?;
    writeln!(lock, "{}", std::process::id())
}
