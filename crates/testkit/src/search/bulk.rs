//! The lines of a bulk request.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::Refusal;

/// Longest id, in bytes.
const LONGEST_ID: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VersionType {
    External,
    ExternalGte,
}

#[derive(Debug)]
pub(super) struct Action {
    pub(super) id: String,
    pub(super) version: u64,
    pub(super) version_type: VersionType,
    /// `None`: the document is to be deleted.
    pub(super) source: Option<Value>,
}

impl Action {
    pub(super) fn word(&self) -> &'static str {
        if self.source.is_some() { "index" } else { "delete" }
    }
}

fn refused(reason: impl Into<String>) -> Refusal {
    Refusal::new(400, "illegal_argument_exception", reason)
}

pub(super) fn parse(body: &Bytes) -> Result<Vec<Action>, Refusal> {
    let text = std::str::from_utf8(body).map_err(|error| refused(error.to_string()))?;
    let Some(text) = text.strip_suffix('\n') else {
        return Err(refused("The bulk request must be terminated by a newline [\\n]"));
    };
    let mut lines = text.split('\n');
    let mut actions = Vec::new();
    while let Some(line) = lines.next() {
        actions.push(action(&object(line)?, &mut lines)?);
    }
    Ok(actions)
}

fn object(line: &str) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(refused(format!("Malformed action/metadata line, expected an object: {line}"))),
        Err(error) => Err(refused(format!("{error} in the line {line:?}"))),
    }
}

fn action<'a>(line: &Map<String, Value>, lines: &mut impl Iterator<Item = &'a str>) -> Result<Action, Refusal> {
    let (Some((word, Value::Object(target))), 1) = (line.iter().next(), line.len()) else {
        return Err(refused("an action is one word with its target"));
    };
    if let Some(unknown) = target.keys().find(|key| !["_id", "version", "version_type"].contains(&key.as_str())) {
        return Err(refused(format!("Action/metadata line contains an unknown parameter [{unknown}]")));
    }
    let id = target.get("_id").and_then(Value::as_str).filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    let id = id.ok_or_else(|| refused("an id has 1 to 512 bytes"))?.to_owned();
    let version = target.get("version").and_then(Value::as_u64).filter(|version| i64::try_from(*version).is_ok());
    let version = version.ok_or_else(|| refused("a version is a whole number within 63 bits"))?;
    let version_type = match target.get("version_type").and_then(Value::as_str) {
        Some("external") => VersionType::External,
        Some("external_gte") => VersionType::ExternalGte,
        other => return Err(refused(format!("version_type {other:?} is not what is expected here"))),
    };
    let source = match word.as_str() {
        "delete" => None,
        "index" => {
            let line = lines.next().ok_or_else(|| refused("an index action without its document"))?;
            Some(Value::Object(object(line)?))
        }
        word => return Err(refused(format!("Malformed action/metadata line, found [{word}]"))),
    };
    Ok(Action { id, version, version_type, source })
}
