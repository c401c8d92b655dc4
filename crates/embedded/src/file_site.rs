use std::{
    fs::{self, File},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use osmtracker_pipeline::ports::{ETag, Object, ObjectMeta, PortError, PutCondition, SiteStore};
use sha2::{Digest, Sha256};

use crate::{
    EmbeddedError,
    data_folder::{DataFolder, create_folder},
    key::{INCOMING, key_of, relative_path},
};

const ROOTS: [&str; 2] = ["private", "site"];

/// Puts of keys in different stripes do not wait for each other.
const STRIPES: usize = 64;

/// Times that a put makes its folder again because a delete has just removed it.
const FOLDER_TRIES: usize = 100;

/// When an object's bytes are flushed to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// Before the object gets its name (`fdatasync`, 0.4 ms to 10 ms a put): after a power loss an object is the old or
    /// the new one, whole. The folder is not flushed: file systems with a journal keep the order of renames, so a
    /// rename is lost only together with everything that came after it, the row that speaks of the object included.
    BeforeRename,
    /// By the kernel, some time: after a power loss objects may be empty. Nothing is lost when only the process ends.
    /// For demos and tests.
    ByKernel,
}

/// Objects as files below the data folder.
///
/// - A put writes `.incoming/PROCESS-NUMBER` in the same root, flushes it as [`Flush`] says and renames it: a reader sees the
///   old or the new object. Content that is already there is not written again and keeps its time of modification.
/// - The [`ETag`] is a hash of the content, so equal content has equal tags.
/// - Conditions are checked under a lock in this process; other processes are kept away by the lock of the data
///   folder. Programs that ignore that lock may read, not write.
/// - [`ObjectMeta`] is not stored: a server takes the type from the extension. That leaves no place for a
///   `Content-Encoding`, so a public object that has one is refused.
/// - A key cannot be a folder of another key (`a` and `a/b`), other than in S3; on file systems that ignore case, keys
///   must not differ by case alone.
///
/// Work on files runs on tokio's threads for blocking work (`spawn_blocking`): unlike a transaction, a flush can wait
/// beside others.
pub struct FileSite {
    files: Arc<Files>,
}

impl FileSite {
    /// Makes the folders and removes what a killed process left in `.incoming`.
    pub(crate) fn open(folder: Arc<DataFolder>, flush: Flush) -> Result<Self, EmbeddedError> {
        for root in ROOTS {
            let incoming = folder.path().join(root).join(INCOMING);
            create_folder(&incoming)?;
            empty_folder(&incoming).map_err(|source| EmbeddedError::Unusable { path: incoming, source })?;
        }
        Ok(Self::at(folder, flush))
    }

    /// Beside the process that has it open.
    pub(crate) fn visit(folder: Arc<DataFolder>, flush: Flush) -> Self {
        Self::at(folder, flush)
    }

    fn at(folder: Arc<DataFolder>, flush: Flush) -> Self {
        let locks = (0..STRIPES).map(|_| Mutex::new(())).collect();
        Self { files: Arc::new(Files { folder, flush, locks, next_name: AtomicU64::new(0) }) }
    }

    /// The folder of the public objects, for a web server; its `.incoming` is not for readers.
    #[must_use]
    pub fn public_folder(&self) -> PathBuf {
        self.files.folder.path().join("site")
    }

    async fn blocking<T: Send + 'static>(
        &self,
        what: String,
        work: impl FnOnce(&Files) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, PortError> {
        let files = Arc::clone(&self.files);
        match tokio::task::spawn_blocking(move || work(&files)).await {
            Ok(result) => result.map_err(|failure| failure.into_port(what)),
            Err(ended) => Err(PortError::Transient { what, source: Box::new(ended) }),
        }
    }
}

#[async_trait]
impl SiteStore for FileSite {
    async fn get(&self, key: &str) -> Result<Option<Object>, PortError> {
        let path = self.files.path(key)?;
        self.blocking(format!("read object {key}"), move |_| Ok(read(&path)?.map(object))).await
    }

    async fn put(&self, key: &str, bytes: Bytes, meta: ObjectMeta, condition: PutCondition) -> Result<ETag, PortError> {
        let path = self.files.path(key)?;
        if let Some(encoding) = meta.content_encoding.filter(|_| key.starts_with("site/")) {
            return Err(refusal(key, format!("a public file cannot be encoded as {encoding}")));
        }
        let what = format!("object {key}");
        self.blocking(format!("write {what}"), move |files| {
            files.put(&path, &bytes, &condition)?.ok_or(Failure::Conflict { what })
        })
        .await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), PortError> {
        let paths = keys.iter().map(|key| self.files.path(key)).collect::<Result<Vec<_>, _>>()?;
        let what = format!("delete {} objects, the first of them {}", keys.len(), keys.first().map_or("", |key| key));
        self.blocking(what, move |files| Ok(paths.iter().try_for_each(|path| files.delete(path))?)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        let owned = prefix.to_owned();
        self.blocking(format!("list objects below {prefix:?}"), move |files| Ok(files.list(&owned)?)).await
    }
}

struct Files {
    folder: Arc<DataFolder>,
    flush: Flush,
    locks: Vec<Mutex<()>>,
    next_name: AtomicU64,
}

impl Files {
    fn path(&self, key: &str) -> Result<PathBuf, PortError> {
        let relative = relative_path(key).map_err(|reason| refusal(key, reason.to_owned()))?;
        Ok(self.folder.path().join(relative))
    }

    /// `None` when the condition does not hold.
    fn put(&self, path: &Path, bytes: &[u8], condition: &PutCondition) -> io::Result<Option<ETag>> {
        // The lock guards no data, only the moment between check and rename: a panic of another holder breaks nothing.
        let _held = self.lock_of(path).lock().unwrap_or_else(PoisonError::into_inner);
        let stored = read(path)?;
        if !holds(condition, stored.as_deref()) {
            return Ok(None);
        }
        if stored.as_deref() != Some(bytes) {
            self.replace(path, bytes)?;
        }
        Ok(Some(etag(bytes)))
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let incoming = self.incoming(path);
        let written = self.write_new(&incoming, bytes).and_then(|()| move_into_place(&incoming, path));
        if written.is_err() {
            // What cannot be removed now is removed at the next start.
            let _ = fs::remove_file(&incoming);
        }
        written
    }

    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        match self.flush {
            Flush::BeforeRename => file.sync_data(),
            Flush::ByKernel => Ok(()),
        }
    }

    /// A name in the same root as `path`, so that `site/` may be a file system of its own.
    fn incoming(&self, path: &Path) -> PathBuf {
        let root = if path.starts_with(self.folder.path().join("site")) { "site" } else { "private" };
        let number = self.next_name.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", std::process::id());
        self.folder.path().join(root).join(INCOMING).join(name)
    }

    fn lock_of(&self, path: &Path) -> &Mutex<()> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(path);
        let stripes = self.locks.len() as u64;
        &self.locks[usize::try_from(hash % stripes).expect("less than the number of stripes")]
    }

    /// Removes a file and the folders above it that it leaves empty, up to its root.
    fn delete(&self, path: &Path) -> io::Result<()> {
        let _held = self.lock_of(path).lock().unwrap_or_else(PoisonError::into_inner);
        match fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if is_absence(&error) => return Ok(()),
            Err(_) if path.is_dir() => return Ok(()),
            Err(error) => return Err(error),
        }
        let roots = ROOTS.map(|root| self.folder.path().join(root));
        for folder in path.ancestors().skip(1).take_while(|folder| !roots.contains(&(*folder).to_path_buf())) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let data = self.folder.path();
        let mut keys = Vec::new();
        let mut folders = ROOTS.map(|root| data.join(root)).to_vec();
        while let Some(folder) = folders.pop() {
            for entry in entries(&folder)? {
                let entry = entry?;
                let path = entry.path();
                let Some(key) = path.strip_prefix(data).ok().and_then(key_of) else { continue };
                let is_folder = entry.file_type()?.is_dir();
                if is_folder && !is_incoming(&key) && may_hold(&key, prefix) {
                    folders.push(path);
                } else if !is_folder && key.starts_with(prefix) {
                    keys.push(key);
                }
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }
}

/// Why work on a file failed.
enum Failure {
    Conflict { what: String },
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Failure {
    fn into_port(self, what: String) -> PortError {
        match self {
            Self::Conflict { what } => PortError::Conflict { what },
            Self::Io(source) if is_clash(&source) => PortError::Permanent { what, source: Box::new(source) },
            // A full disk or a wrong permission is repaired by a person, without a restart: worth another try.
            Self::Io(source) => PortError::Transient { what, source: Box::new(source) },
        }
    }
}

fn refusal(key: &str, reason: String) -> PortError {
    PortError::Permanent { what: format!("use {key:?} as the key of an object"), source: reason.into() }
}

fn object(bytes: Vec<u8>) -> Object {
    Object { etag: etag(&bytes), bytes: bytes.into() }
}

/// Half of a SHA-256: strangers write most of the content, so a hash that can be steered would not do.
fn etag(bytes: &[u8]) -> ETag {
    use std::fmt::Write;
    let hash = Sha256::digest(bytes);
    let hex = hash.iter().take(16).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    });
    ETag(hex)
}

fn holds(condition: &PutCondition, stored: Option<&[u8]>) -> bool {
    match condition {
        PutCondition::Always => true,
        PutCondition::Absent => stored.is_none(),
        PutCondition::Matches(expected) => stored.is_some_and(|bytes| etag(bytes) == *expected),
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A folder of other objects, or a path through a file, holds no object.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}

/// One key would be a folder of another.
fn is_clash(error: &io::Error) -> bool {
    use ErrorKind::{AlreadyExists, DirectoryNotEmpty, InvalidFilename, IsADirectory, NotADirectory};
    matches!(error.kind(), AlreadyExists | DirectoryNotEmpty | InvalidFilename | IsADirectory | NotADirectory)
}

fn move_into_place(incoming: &Path, path: &Path) -> io::Result<()> {
    for _ in 1..FOLDER_TRIES {
        match fs::rename(incoming, path) {
            Err(error) if error.kind() == ErrorKind::NotFound => make_parent(path)?,
            done => return done,
        }
    }
    fs::rename(incoming, path)
}

/// A delete may remove a folder between two steps of making folders, which then is neither there nor was it absent:
/// the caller tries again, and its move says what is wrong when it was not that.
fn make_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().expect("an object's file lies in a folder");
    match fs::create_dir_all(parent) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => Ok(()),
        done => done,
    }
}

fn empty_folder(folder: &Path) -> io::Result<()> {
    fs::read_dir(folder)?.try_for_each(|entry| fs::remove_file(entry?.path()))
}

/// The entries of a folder; none when it was removed in between.
fn entries(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<fs::DirEntry>>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Some(entries).into_iter().flatten()),
        Err(error) if is_absence(&error) => Ok(None.into_iter().flatten()),
        Err(error) => Err(error),
    }
}

fn is_incoming(folder_key: &str) -> bool {
    folder_key.strip_prefix("site/").unwrap_or(folder_key) == INCOMING
}

/// Whether a folder with this key may hold keys with this prefix.
fn may_hold(folder_key: &str, prefix: &str) -> bool {
    let folder = format!("{folder_key}/");
    folder.starts_with(prefix) || prefix.starts_with(&folder)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_folder_that_vanishes_while_it_is_made_is_no_clash() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("folder");
        thread::scope(|scope| {
            let making = scope.spawn(|| (0..20_000).try_for_each(|_| make_parent(&folder.join("object"))));
            while !making.is_finished() {
                let _ = fs::remove_dir(&folder);
            }
            making.join().expect("makes folders").unwrap();
        });
    }
}
