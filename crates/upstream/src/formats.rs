//! Bodies to values. Everything is read while it is inflated, so that a body is never in memory whole and inflated.

use std::io::Read as _;

use osmtracker_osm::{
    AugmentedChange, Changeset, Element, OsmChange, ReadError, ReadErrorKind,
    gzip::{MaybeInflated, maybe_gunzip},
    real_changesets::parse_real_changeset,
    xml::{read_augmented_diff, read_changesets, read_elements, read_osm_change, repair_control_characters},
};

use crate::{Response, UpstreamError};

/// A document that may have held characters that XML forbids.
pub(crate) struct Repaired<T> {
    pub(crate) value: T,
    pub(crate) was_damaged: bool,
}

/// Reads one kind of document.
type Reader<T> = fn(MaybeInflated<'_>) -> Result<T, ReadError>;

pub(crate) fn changesets(response: &Response) -> Result<Vec<Changeset>, UpstreamError> {
    changesets_reader(response.reader()).map_err(|error| upstream_error(response, error))
}

pub(crate) fn osm_change(response: &Response) -> Result<OsmChange, UpstreamError> {
    osm_change_reader(response.reader()).map_err(|error| upstream_error(response, error))
}

pub(crate) fn augmented_diff(response: &Response) -> Result<AugmentedChange, UpstreamError> {
    let mut actions = Vec::new();
    read_augmented_diff(response.reader(), |action| actions.push(action))
        .map_err(|error| upstream_error(response, error))?;
    Ok(AugmentedChange { actions, gaps: Vec::new() })
}

pub(crate) fn real_changeset(response: &Response) -> Result<AugmentedChange, UpstreamError> {
    let bytes = inflated(response, response.reader())?;
    let (_, change) = parse_real_changeset(&bytes)
        .map_err(|error| UpstreamError::Malformed { url: response.url.clone(), reason: error.to_string() })?;
    Ok(change)
}

pub(crate) fn changesets_reader(input: MaybeInflated<'_>) -> Result<Vec<Changeset>, ReadError> {
    let mut changesets = Vec::new();
    read_changesets(input, |changeset| changesets.push(changeset))?;
    Ok(changesets)
}

pub(crate) fn osm_change_reader(input: MaybeInflated<'_>) -> Result<OsmChange, ReadError> {
    let mut changes = Vec::new();
    read_osm_change(input, |action, element| changes.push((action, element)))?;
    Ok(OsmChange { changes })
}

pub(crate) fn elements_reader(input: MaybeInflated<'_>) -> Result<Vec<Element>, ReadError> {
    let mut elements = Vec::new();
    read_elements(input, |element| elements.push(element))?;
    Ok(elements)
}

/// Reads an answer of the API, which writes forbidden characters of strangers' texts as they are: where reading fails
/// for that reason, they are replaced and it is read again.
pub(crate) fn repaired<T>(response: &Response, read: Reader<T>) -> Result<Repaired<T>, UpstreamError> {
    let error = match read(response.reader()) {
        Ok(value) => return Ok(Repaired { value, was_damaged: false }),
        Err(error) => error,
    };
    if !error.is_control_character() {
        return Err(upstream_error(response, error));
    }
    let bytes = inflated(response, response.reader())?;
    let (mended, count) = match repair_control_characters(&bytes) {
        Some(mended) => mended,
        None => return Err(upstream_error(response, error)),
    };
    tracing::info!(url = response.url, characters = count, "repaired an answer that was not well-formed XML");
    // Each replaced byte becomes three.
    let value = read(maybe_gunzip(&mended, mended.len() as u64)).map_err(|error| upstream_error(response, error))?;
    Ok(Repaired { value, was_damaged: true })
}

fn inflated(response: &Response, mut reader: MaybeInflated<'_>) -> Result<Vec<u8>, UpstreamError> {
    let mut bytes = Vec::new();
    match reader.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(upstream_error(response, ReadError { offset: bytes.len() as u64, kind: error.into() })),
    }
}

fn upstream_error(response: &Response, error: ReadError) -> UpstreamError {
    let url = response.url.clone();
    match error.kind {
        ReadErrorKind::Io(_) | ReadErrorKind::Unclosed(_) | ReadErrorKind::BrokenOff(_) => {
            UpstreamError::Incomplete { url, reason: error.to_string() }
        }
        _ => UpstreamError::Malformed { url, reason: error.to_string() },
    }
}
