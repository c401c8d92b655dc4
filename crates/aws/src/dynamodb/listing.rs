//! Rows by when they are due, and by when they were updated.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::ReturnConsumedCapacity};
use futures_util::future::try_join_all;
use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, State,
    ports::{ListingCursor, PortError},
};

use super::{
    DynamoDb,
    items::{self, SHARDS, text},
};
use crate::error::failure;

impl DynamoDb {
    fn query(&self, index: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).index_name(index);
        query.return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// Keys of an index, in the order of the query, at most `limit`.
    async fn keys(
        &self,
        what: &str,
        query: QueryFluentBuilder,
        sort: &str,
        limit: usize,
    ) -> Result<Vec<String>, PortError> {
        let at_once = i32::try_from(limit.min(1_000)).expect("at most a thousand");
        let mut pages = query.limit(at_once.max(1)).into_paginator().send();
        let mut keys = Vec::new();
        while keys.len() < limit
            && let Some(page) = pages.next().await
        {
            for item in page.map_err(|error| failure(what, error))?.items() {
                keys.push(items::string(what, item, sort)?.to_owned());
            }
        }
        keys.truncate(limit);
        Ok(keys)
    }

    pub(super) async fn due_rows(&self, now: Timestamp, limit: usize) -> Result<Vec<ChangesetId>, PortError> {
        let what = "read due changesets";
        let queries = State::ALL.map(|state| {
            let query = self
                .query("due")
                .key_condition_expression("#state = :state AND due <= :now")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":state", text(state.as_str()))
                .expression_attribute_values(":now", text(items::moment_key(now, ChangesetId(u64::MAX))));
            self.keys(what, query, "due", limit)
        });
        let mut keys: Vec<_> = try_join_all(queries).await?.into_iter().flatten().collect();
        keys.sort();
        Ok(keys.iter().take(limit).filter_map(|key| items::id_in(key)).collect())
    }

    /// The days on which rows were updated, newest first.
    async fn listed_days(&self, what: &str) -> Result<Vec<i64>, PortError> {
        let item = self.get(what, items::key("DAYS", items::ROW)).await?;
        let days = item.as_ref().and_then(|item| item.get("days")?.as_ns().ok());
        let mut days: Vec<i64> = days.into_iter().flatten().filter_map(|day| day.parse().ok()).collect();
        days.sort_by_key(|day| std::cmp::Reverse(*day));
        Ok(days)
    }

    async fn keys_of_day(&self, what: &str, day: i64, before: &str, limit: usize) -> Result<Vec<String>, PortError> {
        let queries = (0..SHARDS).map(|shard| {
            let query = self
                .query("updated")
                .key_condition_expression("#day = :day AND updated < :before")
                .expression_attribute_names("#day", "day")
                .expression_attribute_values(":day", text(items::day_key(day, shard)))
                .expression_attribute_values(":before", text(before))
                .scan_index_forward(false);
            self.keys(what, query, "updated", limit)
        });
        let mut keys: Vec<_> = try_join_all(queries).await?.into_iter().flatten().collect();
        keys.sort_by(|a, b| b.cmp(a));
        keys.truncate(limit);
        Ok(keys)
    }

    /// Keys come from an index that is behind by moments, rows do not: a key's row may have gone, and one that was written
    /// meanwhile may have two keys. Those are made up for, since fewer rows than `limit` mean the end.
    pub(super) async fn listing(
        &self,
        after: Option<ListingCursor>,
        limit: usize,
    ) -> Result<Vec<ChangesetRow>, PortError> {
        let what = "list changesets";
        let days = self.listed_days(what).await?;
        let mut before = after.map_or_else(|| "~".to_owned(), |after| items::moment_key(after.updated_at, after.id));
        let (mut rows, mut seen) = (Vec::new(), BTreeSet::new());
        while rows.len() < limit {
            let wanted = limit - rows.len();
            let keys = self.keys_before(what, &days, &before, wanted).await?;
            for (key, row) in self.rows_of(&keys).await? {
                let now = place(&row);
                // A row that moved up is where a walk that is past that place does not come by again; one that moved
                // down, for a clock was put back, comes at its own key.
                let is_ahead = after.is_none_or(|after| now < after);
                let is_still_to_come = items::moment_key(now.updated_at, now.id) < *key;
                if is_ahead && !is_still_to_come && seen.insert(row.id()) {
                    rows.push(row);
                }
            }
            match keys.last() {
                Some(last) if keys.len() == wanted => before.clone_from(last),
                _ => break,
            }
        }
        rows.sort_by_key(|row| std::cmp::Reverse(place(row)));
        Ok(rows)
    }

    async fn keys_before(
        &self,
        what: &str,
        days: &[i64],
        before: &str,
        limit: usize,
    ) -> Result<Vec<String>, PortError> {
        let newest = items::moment_in(before).map_or(i64::MAX, items::day_of);
        let mut keys = Vec::new();
        for day in days.iter().filter(|day| **day <= newest) {
            if keys.len() >= limit {
                break;
            }
            keys.extend(self.keys_of_day(what, *day, before, limit - keys.len()).await?);
        }
        Ok(keys)
    }

    /// The rows of keys of an index, in their order. A row that has gone since is left out.
    async fn rows_of<'a>(&self, keys: &'a [String]) -> Result<Vec<(&'a String, ChangesetRow)>, PortError> {
        let ids: Vec<_> = keys.iter().filter_map(|key| Some((key, items::id_in(key)?))).collect();
        let mut rows = BTreeMap::new();
        for ids in ids.chunks(100) {
            let ids: Vec<_> = ids.iter().map(|(_, id)| *id).collect();
            rows.extend(self.read_rows(&ids).await?.into_iter().map(|row| (row.id(), row)));
        }
        Ok(ids.iter().filter_map(|(key, id)| Some((*key, rows.get(id)?.clone()))).collect())
    }
}

fn place(row: &ChangesetRow) -> ListingCursor {
    ListingCursor { updated_at: row.updated_at, id: row.id() }
}
