//! State files of the replication feeds, and the paths of their sequences.
//!
//! A state that was cut off at any byte must never be read as a smaller number: both readers ask for both keys and for
//! the line break that ends the last line, so that every proper prefix is either refused or says the same.

use std::{fmt::Write as _, str::FromStr};

use crate::{ChangesetSequence, MinuteSequence, Timestamp};

/// State files are under 200 bytes, in the minute feed up to some kilobytes of transaction numbers. More is an error page.
pub const MAX_STATE_BYTES: usize = 64 * 1024;

/// From this file on, the state of the changesets feed says one less than the name of its data file.
const OFF_BY_ONE_SINCE: u64 = 2_008_004;

/// How far a feed is: the newest file and the time up to which it holds everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicationState<S> {
    /// The newest file that may be read. Never read past it.
    pub sequence: S,
    /// When that file was made (changesets feed) or up to when its data reaches (minute feed).
    pub timestamp: Timestamp,
}

/// Bytes that are no whole state file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {reason}")]
pub struct StateError {
    /// Where, in bytes from the start.
    pub offset: usize,
    /// What is wrong.
    pub reason: StateErrorReason,
}

/// What is wrong with a state file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateErrorReason {
    /// No bytes at all.
    #[error("the state is empty")]
    Empty,
    /// Over [`MAX_STATE_BYTES`].
    #[error("over {MAX_STATE_BYTES} bytes, so this is no state file")]
    TooLong,
    /// Not text.
    #[error("not UTF-8")]
    NotUtf8,
    /// The last line has no line break, so it may be cut off.
    #[error("cut off: the last line has no line break")]
    CutOff,
    /// A key that must be there is not.
    #[error("the key {0} is missing")]
    Missing(&'static str),
    /// A key stands there twice.
    #[error("the key {0} is there twice")]
    Twice(&'static str),
    /// A line that is no `key: value`, or a key that this state does not have.
    #[error("not a line of a state file: {0:?}")]
    Line(String),
    /// A sequence that is no positive number.
    #[error("not a sequence number: {0:?}")]
    Sequence(String),
    /// A timestamp that is none.
    #[error("not a date and time: {0:?}")]
    Timestamp(String),
}

/// Reads the state of the changesets feed: `state.yaml` and `NNN.state.txt`.
///
/// The sequence of the result names the data file: since file 2008004 that is one more than what the state says.
///
/// # Errors
/// For anything but the two keys `sequence` and `last_run`, each complete.
pub fn parse_changesets_state(bytes: &[u8]) -> Result<ReplicationState<ChangesetSequence>, StateError> {
    let mut fields = Fields::new("sequence", "last_run");
    for (offset, line) in lines(bytes)? {
        if line.is_empty() || line.starts_with('#') || (offset == 0 && line == "---") {
            continue;
        }
        let unknown = || StateError { offset, reason: StateErrorReason::Line(excerpt(line)) };
        let (key, value) = line.split_once(": ").ok_or_else(unknown)?;
        if !fields.set(offset, key, unquoted(value.trim()))? {
            return Err(unknown());
        }
    }
    let state = fields.finish::<ChangesetSequence>(bytes.len())?;
    Ok(ReplicationState { sequence: ChangesetSequence(file_of_state(state.sequence.0)), ..state })
}

/// Reads the state of the minute, hour and day feeds: a Java properties file, `NNN.state.txt` and `state.txt`.
///
/// # Errors
/// When `sequenceNumber` or `timestamp` is missing or incomplete. Comments and other keys (`txnMax`, …) are passed over.
pub fn parse_minute_state(bytes: &[u8]) -> Result<ReplicationState<MinuteSequence>, StateError> {
    let mut fields = Fields::new("sequenceNumber", "timestamp");
    for (offset, line) in lines(bytes)? {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let unknown = || StateError { offset, reason: StateErrorReason::Line(excerpt(line)) };
        let (key, value) = line.split_once('=').ok_or_else(unknown)?;
        let value = unescaped(value.trim()).ok_or_else(unknown)?;
        fields.set(offset, key.trim(), &value)?;
    }
    fields.finish(bytes.len())
}

/// Writes a state of the changesets feed as the server does today. [`parse_changesets_state`] reads it back.
#[must_use]
pub fn write_changesets_state(state: &ReplicationState<ChangesetSequence>) -> String {
    let file = state.sequence.0;
    let sequence = if file >= OFF_BY_ONE_SINCE { file - 1 } else { file };
    let time = state.timestamp.to_string().replace('T', " ").replace('Z', ".000000000 +00:00");
    format!("---\nlast_run: {time}\nsequence: {sequence}\n")
}

/// Writes a state of the minute feed. [`parse_minute_state`] reads it back.
#[must_use]
pub fn write_minute_state(state: &ReplicationState<MinuteSequence>) -> String {
    let time = state.timestamp.to_string().replace(':', "\\:");
    format!("sequenceNumber={}\ntimestamp={time}\n", state.sequence)
}

/// The path of a sequence without its ending: `006/217/368` for 6217368.
#[must_use]
pub fn sequence_path(sequence: u64) -> String {
    let (high, middle, low) = (sequence / 1_000_000, sequence / 1_000 % 1_000, sequence % 1_000);
    let mut path = String::with_capacity(11);
    write!(path, "{high:03}/{middle:03}/{low:03}").expect("writing to a String cannot fail");
    path
}

/// The file that a state with this number was written with. One number, 2008003, was used for two files: the later
/// one is meant.
fn file_of_state(sequence: u64) -> u64 {
    if sequence >= OFF_BY_ONE_SINCE - 1 { sequence.saturating_add(1) } else { sequence }
}

/// The lines with their offsets, without line breaks; an error when the last one is not complete.
fn lines(bytes: &[u8]) -> Result<impl Iterator<Item = (usize, &str)>, StateError> {
    let fail = |offset, reason| Err(StateError { offset, reason });
    if bytes.is_empty() {
        return fail(0, StateErrorReason::Empty);
    }
    if bytes.len() > MAX_STATE_BYTES {
        return fail(MAX_STATE_BYTES, StateErrorReason::TooLong);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return fail(error.valid_up_to(), StateErrorReason::NotUtf8),
    };
    if !text.ends_with('\n') {
        return fail(bytes.len(), StateErrorReason::CutOff);
    }
    let start = text.as_ptr() as usize;
    Ok(text.lines().map(move |line| (line.as_ptr() as usize - start, line.trim_end())))
}

/// The two values of a state, as they are met.
struct Fields {
    names: [&'static str; 2],
    values: [Option<(usize, String)>; 2],
}

impl Fields {
    fn new(sequence: &'static str, timestamp: &'static str) -> Self {
        Self { names: [sequence, timestamp], values: [None, None] }
    }

    /// Keeps a value; `Ok(false)` when the key is none of the two.
    fn set(&mut self, offset: usize, key: &str, value: &str) -> Result<bool, StateError> {
        let Some(index) = self.names.iter().position(|name| *name == key) else { return Ok(false) };
        match self.values[index].replace((offset, value.to_owned())) {
            None => Ok(true),
            Some(_) => Err(StateError { offset, reason: StateErrorReason::Twice(self.names[index]) }),
        }
    }

    fn finish<S: FromStr>(self, end: usize) -> Result<ReplicationState<S>, StateError> {
        let missing = |name| StateError { offset: end, reason: StateErrorReason::Missing(name) };
        let [sequence, timestamp] = self.values;
        let (sequence_at, sequence) = sequence.ok_or_else(|| missing(self.names[0]))?;
        let (timestamp_at, timestamp) = timestamp.ok_or_else(|| missing(self.names[1]))?;
        let digits = !sequence.is_empty() && sequence.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { sequence.parse().ok() } else { None };
        Ok(ReplicationState {
            sequence: number.ok_or_else(|| StateError {
                offset: sequence_at,
                reason: StateErrorReason::Sequence(excerpt(&sequence)),
            })?,
            timestamp: timestamp.parse().map_err(|_| StateError {
                offset: timestamp_at,
                reason: StateErrorReason::Timestamp(excerpt(&timestamp)),
            })?,
        })
    }
}

/// Error messages end up in logs: a few words of a wrong line are enough.
fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

fn unquoted(value: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

/// A properties value without its backslashes; `None` for a line that goes on in the next one, which no server writes.
fn unescaped(value: &str) -> Option<String> {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        text.push(if character == '\\' { characters.next()? } else { character });
    }
    Some(text)
}
