//! The totals as JSON.

use std::collections::BTreeMap;

use osmtracker_analysis::{Length, Summary, TagDiff};
use osmtracker_osm::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    TAGS,
    totals::{Totals, most_active},
};
use crate::{Entry, SCHEMA};

/// Totals over a window of changesets: what the page `summary/` shows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SummaryDocument {
    /// Version of this document's shape.
    pub schema: u32,
    /// From the oldest to the newest changeset; null without any.
    pub period: Option<Period>,
    /// Changesets in the window.
    pub changesets: usize,
    /// Those among them that are analysed.
    pub analysed: usize,
    /// Different authors.
    pub users: usize,
    /// Changesets with comments.
    pub discussed: usize,
    /// Findings about single elements, such as splits and reversed ways.
    pub findings: u64,
    /// Elements by action and type.
    pub summary: Summary,
    /// The most frequent tag changes, at most 15 of each kind, added up from the most frequent ones of each changeset.
    pub tag_diff: TagDiff,
    /// Metres of ways by kind and value.
    pub mileage_m: BTreeMap<String, BTreeMap<String, Length>>,
    /// Who was most active, at most 15.
    pub most_active: Vec<SummaryUser>,
}

/// The time from one moment to another.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Period {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

/// A user and how much they did.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SummaryUser {
    /// Display name, written by a stranger; null for all anonymous ones together.
    pub user: Option<String>,
    /// Changesets.
    pub changesets: u32,
    /// Elements changed in them.
    pub elements: u32,
}

impl SummaryDocument {
    /// The totals of these entries.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        let mut totals = Totals::of(entries);
        totals.tag_diff.create.truncate(TAGS);
        totals.tag_diff.modify.truncate(TAGS);
        totals.tag_diff.delete.truncate(TAGS);
        let user = |(name, (changesets, elements)): (Option<&str>, _)| SummaryUser {
            user: name.map(str::to_owned),
            changesets,
            elements,
        };
        Self {
            schema: SCHEMA,
            period: totals.period.map(|(from, to)| Period { from, to }),
            changesets: totals.changesets,
            analysed: totals.analysed,
            users: totals.users,
            discussed: totals.discussed,
            findings: totals.notes,
            summary: totals.summary,
            tag_diff: totals.tag_diff,
            mileage_m: totals.mileage,
            most_active: most_active(entries).into_iter().map(user).collect(),
        }
    }
}
