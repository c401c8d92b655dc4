//! The list of changesets: a walk along the index by last update, in pages, with an end.

use std::sync::Arc;

use axum::{
    extract::State as Extract,
    http::{HeaderMap, Uri},
    response::Response,
};
use osmtracker_osm::{Changeset, ChangesetId, Timestamp};
use osmtracker_pages::{Entry, SCHEMA};
use osmtracker_pipeline::{
    ChangesetRow, State,
    ports::ListingCursor,
    steps::{Ports, entry},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    calls::LIST,
    given::{Area, Given, Unknown, write_cursor},
    reply::{Keep, Reply},
};
use crate::problem::Problem;

/// Changesets in an answer, at most.
pub(crate) const MAX_LIMIT: u64 = 500;
/// Changesets in an answer when nothing is said.
pub(crate) const DEFAULT_LIMIT: u64 = 100;
/// Rows that one request reads, at most: what a filter leaves out is read, too. With larger answers than those, reading
/// costs a client nothing and us everything.
pub(crate) const MAX_READ: usize = 2_000;
/// Rows read at once under a filter.
const PAGE: usize = 250;
/// Rows read at once without one, at least: some are not shown, and a small page costs as many requests as a large one.
const SMALL_PAGE: usize = 50;

/// Changesets, those that were updated last first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangesetList")]
pub(crate) struct ListDocument {
    /// Version of this document's shape.
    schema: u32,
    /// Those that pass the filters.
    changesets: Vec<ListedChangeset>,
    /// Where to go on, as the parameter `cursor`; null when the end of the list was seen. There may be a cursor although
    /// fewer changesets than asked for are given, when the filters passed few of the rows that one request reads, and
    /// although nothing comes after, when the last one filled the answer: go on until it is null.
    cursor: Option<String>,
}

/// A changeset as lists have it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ListedChangeset {
    /// As in `recent.json` of the site.
    #[serde(flatten)]
    entry: Entry,
    /// Where it stands behind the scenes.
    pipeline: PipelineState,
}

/// Where a changeset stands in the pipeline.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct PipelineState {
    /// One of the ten states.
    pub(crate) state: State,
    /// When anything about it last changed here: what the list is sorted by.
    pub(crate) updated_at: Timestamp,
    /// One more at each change.
    pub(crate) version: u64,
    /// Failed tries since the last success.
    pub(crate) attempts: u32,
    /// Whether the site shows it. Lists have no others.
    pub(crate) listed: bool,
}

impl PipelineState {
    pub(crate) fn of(row: &ChangesetRow) -> Self {
        let ChangesetRow { state, updated_at, version, attempts, listed, .. } = *row;
        Self { state, updated_at, version, attempts, listed }
    }
}

/// What a changeset must be to be in the answer.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    states: Vec<State>,
    labels: Vec<String>,
    not_labels: Vec<String>,
    user: Option<String>,
    uid: Option<u64>,
    editor: Option<String>,
    area: Option<Area>,
    since: Option<Timestamp>,
    min_changes: Option<u64>,
    has_comments: Option<bool>,
    words: Option<String>,
}

impl Filter {
    /// In any of these states; in whichever when there are none.
    pub(crate) fn of_states(states: Vec<State>) -> Self {
        Self { states, ..Self::default() }
    }

    fn read(given: &Given) -> Result<Self, Problem> {
        let lower = |text: Option<String>| text.map(|text| text.to_lowercase());
        let states = given.names("state")?;
        Ok(Self {
            states: State::ALL.into_iter().filter(|state| states.iter().any(|name| name == state.as_str())).collect(),
            labels: given.names("label")?,
            not_labels: given.names("not_label")?,
            user: lower(given.text("user")?),
            uid: given.integer("uid")?,
            editor: lower(given.text("editor")?),
            area: given.area("bbox")?,
            since: given.moment("since")?,
            min_changes: given.integer("min_changes")?,
            has_comments: given.flag("has_comments")?,
            words: lower(given.text("q")?),
        })
    }

    /// Whether rows are left out for more than their place in the list.
    fn leaves_out(&self) -> bool {
        let Self { states, labels, not_labels, .. } = self;
        let lists = !states.is_empty() || !labels.is_empty() || !not_labels.is_empty();
        let texts = self.user.is_some() || self.editor.is_some() || self.words.is_some();
        let numbers = self.uid.is_some() || self.min_changes.is_some() || self.has_comments.is_some();
        lists || texts || numbers || self.area.is_some()
    }

    fn passes(&self, row: &ChangesetRow) -> bool {
        let changeset = &row.changeset;
        let has = |name: &String| row.labels.iter().any(|label| label.name == *name);
        (self.states.is_empty() || self.states.contains(&row.state))
            && (self.labels.is_empty() || self.labels.iter().any(has))
            && !self.not_labels.iter().any(has)
            && self.user.as_ref().is_none_or(|name| is_by(changeset, name))
            && self
                .uid
                .is_none_or(|uid| changeset.user.as_ref().and_then(|user| user.uid).is_some_and(|it| it.0 == uid))
            && self.editor.as_ref().is_none_or(|editor| made_with(changeset, editor))
            && self.area.is_none_or(|area| entry(row).bounds().is_some_and(|bounds| area.meets(bounds)))
            && self.min_changes.is_none_or(|least| u64::from(changeset.num_changes) >= least)
            && self.has_comments.is_none_or(|wanted| (changeset.comments_count > 0) == wanted)
            && self.words.as_ref().is_none_or(|words| says(changeset, words))
    }
}

fn is_by(changeset: &Changeset, name: &str) -> bool {
    changeset.user.as_ref().is_some_and(|user| user.name.to_lowercase() == *name)
}

fn made_with(changeset: &Changeset, editor: &str) -> bool {
    changeset.tags.get("created_by").is_some_and(|made_with| made_with.to_lowercase().starts_with(editor))
}

/// Whether the words stand anywhere in what people wrote: names, tags of the changeset, comments.
fn says(changeset: &Changeset, words: &str) -> bool {
    let names = changeset.user.iter().map(|user| &*user.name);
    let comments = changeset.discussion.iter().map(|comment| &*comment.text);
    let tags = changeset.tags.iter().map(|(_, value)| value);
    names.chain(tags).chain(comments).any(|text| text.to_lowercase().contains(words))
}

/// Rows that passed, and where the walk ended; `None` at the end of the list.
pub(crate) struct Walked {
    pub(crate) rows: Vec<ChangesetRow>,
    pub(crate) cursor: Option<ListingCursor>,
}

/// Which rows a walk shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// Those that the site shows.
    Listed,
    /// All there are.
    All,
}

/// Walks along the index until `limit` rows passed, [`MAX_READ`] were read, or there are no more.
pub(crate) async fn walk(
    ports: &Ports,
    filter: &Filter,
    show: Show,
    mut after: Option<ListingCursor>,
    limit: usize,
) -> Result<Walked, Problem> {
    let (mut rows, mut read) = (Vec::new(), 0);
    while read < MAX_READ {
        let page = page(filter, limit).min(MAX_READ - read);
        let found = ports.store.recent(after, page).await?;
        let is_last = found.len() < page;
        read += found.len();
        for row in found {
            if filter.since.is_some_and(|since| row.updated_at < since) {
                return Ok(Walked { rows, cursor: None });
            }
            after = Some(ListingCursor { updated_at: row.updated_at, id: row.id() });
            if (row.listed || show == Show::All) && filter.passes(&row) {
                rows.push(row);
            }
            if rows.len() == limit {
                return Ok(Walked { rows, cursor: after });
            }
        }
        if is_last {
            return Ok(Walked { rows, cursor: None });
        }
    }
    Ok(Walked { rows, cursor: after })
}

/// Rows to read at once.
fn page(filter: &Filter, limit: usize) -> usize {
    limit.max(if filter.leaves_out() { PAGE } else { SMALL_PAGE })
}

/// `GET /api/v1/changesets`.
pub(crate) async fn list(
    Extract(ports): Extract<Arc<Ports>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let given = Given::read(&uri, LIST, Unknown::Refused)?;
    let filter = Filter::read(&given)?;
    let limit = given.integer("limit")?.unwrap_or(DEFAULT_LIMIT);
    let until = given.moment("until")?.map(|updated_at| ListingCursor { updated_at, id: ChangesetId(0) });
    let after = match (given.cursor("cursor")?, until) {
        (Some(cursor), Some(until)) => Some(cursor.min(until)),
        (cursor, until) => cursor.or(until),
    };
    let limit = usize::try_from(limit).expect("at most MAX_LIMIT");
    let walked = walk(&ports, &filter, Show::Listed, after, limit).await?;
    let listed = |row: &ChangesetRow| ListedChangeset { entry: entry(row), pipeline: PipelineState::of(row) };
    let document = ListDocument {
        schema: SCHEMA,
        changesets: walked.rows.iter().map(listed).collect(),
        cursor: walked.cursor.map(write_cursor),
    };
    Ok(Reply::json(&document, Keep::Moment).answer(&headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_changesets_are_not_read_one_by_one() {
        let (all, open) = (Filter::default(), Filter::of_states(vec![State::Open]));
        for (limit, without, with) in [(1, 50, 250), (100, 100, 250), (500, 500, 500)] {
            assert_eq!((page(&all, limit), page(&open, limit)), (without, with), "{limit}");
        }
    }
}
