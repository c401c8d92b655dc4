//! What a replayed upstream knows: the history, the changesets, and the files of its feeds in the order in which they
//! were published.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read as _},
    path::Path,
};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use osmtracker_osm::{
    Changeset, ChangesetId, ChangesetSequence, Element, MinuteSequence, Timestamp,
    xml::{self, limits::Limits},
};

use crate::{Error, history::History};

mod derived;
mod recorded;

pub use derived::FeedPlan;
pub(crate) use derived::{DerivedFeed, as_of};
pub(crate) use recorded::{RecordedFeed, sequence as sequence_of_path};

/// The content of an upstream; serve it with [`replay::serve`](crate::replay::serve).
#[derive(Debug)]
pub struct Upstream {
    pub(crate) history: History,
    pub(crate) changesets: Changesets,
    pub(crate) feed: Feed,
    pub(crate) rounds: Vec<Round>,
}

/// One replay minute: what was published together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// The file of the changesets feed.
    pub sequence: ChangesetSequence,
    /// The newest file of the minute feed by then.
    pub minute: MinuteSequence,
    /// When it was published, in the time of the edits: the `last_run` of the changesets file. Never goes back.
    pub time: Timestamp,
}

/// Where the answers about changesets come from.
#[derive(Debug)]
pub(crate) enum Changesets {
    /// Documents as a server gave them, byte for byte.
    Recorded(BTreeMap<ChangesetId, RecordedChangeset>),
    /// Metadata as they are at the end, with the discussion; earlier states are worked out.
    Derived(BTreeMap<ChangesetId, Changeset>),
}

/// What a server answered about one changeset.
#[derive(Debug, Default)]
pub(crate) struct RecordedChangeset {
    /// `changeset/ID?include_discussion=true`; need not be well-formed.
    pub(crate) metadata: Bytes,
    /// `changeset/ID/download`, where it was recorded.
    pub(crate) download: Option<Bytes>,
}

/// Where the files of the feeds come from.
#[derive(Debug)]
pub(crate) enum Feed {
    Recorded(RecordedFeed),
    Derived(DerivedFeed),
}

impl Upstream {
    /// Opens a full-history file (`.osm.pbf`, `.osm.gz`, `.osm`), or a folder: with `replication/`, and
    /// `history.osm.gz` or `full-history.osm.gz`, and `api/changeset/ID.xml` or `changesets.tar.xz`.
    ///
    /// Without `replication/` the feeds are made up as in [`FeedPlan::DEFAULT`]. Changesets without metadata (a file has
    /// none; a folder may have them in `changesets.osm.gz`, too) get them from the edits: author, times, box and number
    /// of changes, and no tags.
    ///
    /// # Errors
    /// When it cannot be read, is damaged, or is something else.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        if path.is_dir() {
            return recorded::open(path);
        }
        Ok(Self::from_history(read_history(path)?, Vec::new(), FeedPlan::DEFAULT))
    }

    /// The full history of the island of Niue, 2007 to 2023, that is built into this crate: 457 changesets, 66,553
    /// element versions. © OpenStreetMap contributors, ODbL 1.0.
    #[must_use]
    pub fn niue() -> Self {
        let versions = crate::history::pbf::read(crate::niue::HISTORY).expect("a test reads the embedded history");
        Self::from_history(History::from_elements(versions), Vec::new(), FeedPlan::DEFAULT)
    }

    /// An upstream that starts from a history and from the metadata of its changesets. Metadata of changesets that
    /// are not among `changesets` are derived.
    #[must_use]
    pub fn from_history(history: History, changesets: Vec<Changeset>, plan: FeedPlan) -> Self {
        let changesets = derived::complete(&history, changesets);
        let feed = DerivedFeed::new(&history, &changesets, plan);
        let rounds = feed.rounds();
        Self { history, changesets: Changesets::Derived(changesets), feed: Feed::Derived(feed), rounds }
    }

    /// Every element version.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The ids of the changesets whose metadata are known, ascending.
    #[must_use]
    pub fn changeset_ids(&self) -> Vec<ChangesetId> {
        match &self.changesets {
            Changesets::Recorded(recorded) => recorded.keys().copied().collect(),
            Changesets::Derived(derived) => derived.keys().copied().collect(),
        }
    }

    /// What is published, in order; at least one.
    #[must_use]
    pub fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// The round by which everything made at `time` is published, counted from 1. What was done after the last file was
    /// written is there with the last round.
    pub(crate) fn round_of(&self, time: Timestamp) -> usize {
        self.rounds.partition_point(|round| round.time < time).min(self.rounds.len() - 1) + 1
    }
}

/// Reads a full-history file by its ending.
pub(crate) fn read_history(path: &Path) -> Result<History, Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let malformed = |reason| Error::Malformed { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let input = BufReader::with_capacity(1 << 16, file);
    let mut versions: Vec<Element> = Vec::new();
    if name.ends_with(".pbf") {
        versions = crate::history::pbf::read(input).map_err(malformed)?;
    } else if name.ends_with(".osm.gz") {
        let input = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(input));
        read_xml(input, &mut versions).map_err(malformed)?;
    } else if name.ends_with(".osm") {
        read_xml(input, &mut versions).map_err(malformed)?;
    } else {
        let reason = "its name does not end in .osm.pbf, .osm.gz or .osm".to_owned();
        return Err(Error::NotAnUpstream { path: path.to_owned(), reason });
    }
    Ok(History::from_elements(versions))
}

fn read_xml(input: impl BufRead, versions: &mut Vec<Element>) -> Result<(), String> {
    xml::read_elements_within(input, Limits::FILE, |version| versions.push(version)).map_err(|error| error.to_string())
}

pub(crate) fn read_file(path: &Path) -> Result<Bytes, Error> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(bytes.into())
}
