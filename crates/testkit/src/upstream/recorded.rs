//! A folder of answers that a server once gave, served as they are.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufReader, Read as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use osmtracker_osm::{Changeset, ChangesetId, ChangesetSequence, MinuteSequence, Timestamp, replication, xml};

use super::{Changesets, Feed, FeedPlan, RecordedChangeset, Round, Upstream, read_file, read_history};
use crate::Error;

/// The files of both feeds.
#[derive(Debug)]
pub(crate) struct RecordedFeed {
    pub(crate) changesets: BTreeMap<ChangesetSequence, FeedFile>,
    pub(crate) minutes: BTreeMap<MinuteSequence, FeedFile>,
}

/// The files of one sequence; either may be missing.
#[derive(Debug, Default)]
pub(crate) struct FeedFile {
    pub(crate) data: Option<Bytes>,
    pub(crate) state: Option<Bytes>,
}

/// Opens such a folder. Without `replication/` its history is served with made-up feeds.
pub(super) fn open(folder: &Path) -> Result<Upstream, Error> {
    let history = read_history(&history_file(folder)?)?;
    let recorded = recorded_changesets(folder)?;
    let replication = folder.join("replication");
    if !replication.join("changesets").is_dir() {
        let metadata = metadata(folder, &recorded)?;
        return Ok(Upstream::from_history(history, metadata, FeedPlan::DEFAULT));
    }
    let feed = RecordedFeed {
        changesets: feed_files(&replication.join("changesets"), ".osm.gz", ChangesetSequence)?,
        minutes: feed_files(&replication.join("minute"), ".osc.gz", MinuteSequence)?,
    };
    let rounds = rounds(&replication, &feed)?;
    Ok(Upstream { history, changesets: Changesets::Recorded(recorded), feed: Feed::Recorded(feed), rounds })
}

fn history_file(folder: &Path) -> Result<PathBuf, Error> {
    let names = ["history.osm.gz", "full-history.osm.gz", "history.osm.pbf", "full-history.osm.pbf", "history.osm"];
    names.iter().map(|name| folder.join(name)).find(|path| path.is_file()).ok_or_else(|| Error::NotAnUpstream {
        path: folder.to_owned(),
        reason: format!("it holds none of {}", names.join(", ")),
    })
}

/// What is known of changesets: the recorded answers that are well-formed, and `changesets.osm.gz` over them.
fn metadata(folder: &Path, recorded: &BTreeMap<ChangesetId, RecordedChangeset>) -> Result<Vec<Changeset>, Error> {
    let answers = recorded.values().filter_map(|answer| xml::parse_changesets(&answer.metadata).ok());
    let mut metadata: Vec<Changeset> = answers.flatten().collect();
    let path = folder.join("changesets.osm.gz");
    if path.is_file() {
        let file = fs::File::open(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let input = BufReader::new(MultiGzDecoder::new(file));
        xml::read_changesets(input, |changeset| metadata.push(changeset))
            .map_err(|error| Error::Malformed { path, reason: error.to_string() })?;
    }
    Ok(metadata)
}

/// The state of each file up to the head; files beyond the head are served and not announced.
fn rounds(replication: &Path, feed: &RecordedFeed) -> Result<Vec<Round>, Error> {
    let path = replication.join("changesets/state.yaml");
    let head = state(&path, &read_file(&path)?)?.sequence;
    let mut rounds = Vec::new();
    for (sequence, file) in feed.changesets.range(..=head) {
        let Some(bytes) = &file.state else { continue };
        let time = state(&path, bytes)?.timestamp;
        rounds.push(Round { sequence: *sequence, minute: MinuteSequence(0), time });
    }
    if rounds.is_empty() {
        let reason = "replication/changesets holds no file up to its head".to_owned();
        return Err(Error::NotAnUpstream { path: replication.to_owned(), reason });
    }
    announce_minutes(&mut rounds, feed);
    Ok(rounds)
}

/// Each round announces the minute files written by then, the last round all of them.
fn announce_minutes(rounds: &mut [Round], feed: &RecordedFeed) {
    let minutes: Vec<(MinuteSequence, Timestamp)> = feed
        .minutes
        .iter()
        .filter_map(|(sequence, file)| {
            let state = replication::parse_minute_state(file.state.as_ref()?).ok()?;
            Some((*sequence, state.timestamp))
        })
        .collect();
    let (Some((first, _)), Some((last, _))) = (minutes.first(), minutes.last()) else { return };
    for round in &mut *rounds {
        let written = minutes.iter().rfind(|(_, time)| *time <= round.time);
        round.minute = written.map_or(*first, |(sequence, _)| *sequence);
    }
    if let Some(round) = rounds.last_mut() {
        round.minute = *last;
    }
}

fn state(path: &Path, bytes: &[u8]) -> Result<replication::ReplicationState<ChangesetSequence>, Error> {
    replication::parse_changesets_state(bytes)
        .map_err(|error| Error::Malformed { path: path.to_owned(), reason: error.to_string() })
}

/// Reads `AAA/BBB/CCC` with the given ending, and the state beside it. A folder that is absent has no files.
fn feed_files<S: Ord>(folder: &Path, ending: &str, name: fn(u64) -> S) -> Result<BTreeMap<S, FeedFile>, Error> {
    let mut files: BTreeMap<S, FeedFile> = BTreeMap::new();
    for path in files_below(folder)? {
        let relative = path.strip_prefix(folder).expect("found below it").to_string_lossy().replace('\\', "/");
        let data = relative.strip_suffix(ending).and_then(sequence);
        let state = relative.strip_suffix(".state.txt").and_then(sequence);
        if let Some(number) = data {
            files.entry(name(number)).or_default().data = Some(read_file(&path)?);
        } else if let Some(number) = state {
            files.entry(name(number)).or_default().state = Some(read_file(&path)?);
        }
    }
    Ok(files)
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in list(folder)? {
        if entry.is_dir() { files.extend(files_below(&entry)?) } else { files.push(entry) }
    }
    Ok(files)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

/// `006/641/018` is 6641018.
pub(crate) fn sequence(path: &str) -> Option<u64> {
    let parts: Vec<&str> = path.split('/').collect();
    let three_digits = |part: &&str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(three_digits)).then(|| parts.concat().parse().ok()).flatten()
}

fn recorded_changesets(folder: &Path) -> Result<BTreeMap<ChangesetId, RecordedChangeset>, Error> {
    let mut changesets = BTreeMap::new();
    let answers = folder.join("api/changeset");
    if answers.is_dir() {
        for path in list(&answers)? {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            put(&mut changesets, &name, || read_file(&path))?;
        }
    }
    let archive = folder.join("changesets.tar.xz");
    if archive.is_file() {
        read_archive(&archive, &mut changesets)?;
    }
    Ok(changesets)
}

fn read_archive(path: &Path, changesets: &mut BTreeMap<ChangesetId, RecordedChangeset>) -> Result<(), Error> {
    let mut tarball = Vec::new();
    lzma_rs::xz_decompress(&mut read_file(path)?.as_ref(), &mut tarball)
        .map_err(|error| Error::Malformed { path: path.to_owned(), reason: format!("{error:?}") })?;
    let failed = |source| Error::Read { path: path.to_owned(), source };
    for entry in tar::Archive::new(tarball.as_slice()).entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let name = entry.path().map_err(failed)?.file_name().map(|name| name.to_string_lossy().into_owned());
        put(changesets, &name.unwrap_or_default(), || {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(failed)?;
            Ok(bytes.into())
        })?;
    }
    Ok(())
}

/// Files it under its changeset by its name: `ID.xml`, `ID.download.osc.gz`, `ID.osc`; others are passed over.
fn put(
    changesets: &mut BTreeMap<ChangesetId, RecordedChangeset>,
    name: &str,
    read: impl FnOnce() -> Result<Bytes, Error>,
) -> Result<(), Error> {
    let Some((id, kind)) = name.split_once('.') else { return Ok(()) };
    let Ok(id) = id.parse::<ChangesetId>() else { return Ok(()) };
    match kind {
        "xml" => changesets.entry(id).or_default().metadata = read()?,
        "osc" => changesets.entry(id).or_default().download = Some(read()?),
        "download.osc.gz" => changesets.entry(id).or_default().download = Some(inflate(name, &read()?)?),
        _ => {}
    }
    Ok(())
}

fn inflate(name: &str, bytes: &[u8]) -> Result<Bytes, Error> {
    let mut inflated = Vec::new();
    MultiGzDecoder::new(bytes)
        .read_to_end(&mut inflated)
        .map_err(|source| Error::Read { path: PathBuf::from(name), source })?;
    Ok(inflated.into())
}

impl RecordedChangeset {
    /// The value of an attribute of the changeset, by text: one of the documents is not well-formed.
    fn attribute(&self, name: &str) -> Option<&str> {
        let text = std::str::from_utf8(&self.metadata).ok()?;
        let tag = &text[text.find("<changeset ")?..];
        let tag = &tag[..tag.find('>')?];
        let value = &tag[tag.find(&format!(" {name}=\""))? + name.len() + 3..];
        Some(&value[..value.find('"')?])
    }

    pub(crate) fn created_at(&self) -> Option<Timestamp> {
        self.attribute("created_at")?.parse().ok()
    }

    pub(crate) fn closed_at(&self) -> Option<Timestamp> {
        self.attribute("closed_at")?.parse().ok()
    }

    /// `<changeset …>…</changeset>` alone, without its discussion.
    pub(crate) fn fragment(&self) -> Option<String> {
        let text = std::str::from_utf8(&self.metadata).ok()?;
        let end_tag = "</changeset>";
        let start = text.find("<changeset ")?;
        let end = start + text[start..].find(end_tag)? + end_tag.len();
        Some(without_discussion(&text[start..end]))
    }

    /// The whole document without its discussion.
    pub(crate) fn document_without_discussion(&self) -> Option<String> {
        std::str::from_utf8(&self.metadata).ok().map(without_discussion)
    }
}

fn without_discussion(text: &str) -> String {
    let cut = |start_tag: &str, end_tag: &str| {
        let start = text.find(start_tag)?;
        let end = start + text[start..].find(end_tag)? + end_tag.len();
        Some(format!("{}{}", text[..start].trim_end_matches(' '), text[end..].trim_start_matches('\n')))
    };
    cut("<discussion/>", "<discussion/>")
        .or_else(|| cut("<discussion>", "</discussion>"))
        .unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_three_times_three_digits_is_a_sequence() {
        assert_eq!(sequence("006/641/018"), Some(6_641_018));
        for path in ["006/641", "006/641/18", "6/641/0018", "006/641/018/000", "00x/641/018"] {
            assert_eq!(sequence(path), None, "{path}");
        }
    }

    #[test]
    fn the_discussion_is_cut_out_by_text() {
        assert_eq!(without_discussion("<c>\n  <discussion>\u{b}</discussion>\n</c>"), "<c>\n</c>");
        assert_eq!(without_discussion("<c>\n  <discussion/>\n</c>"), "<c>\n</c>");
        assert_eq!(without_discussion("<c/>"), "<c/>");
    }
}
