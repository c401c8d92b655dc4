//! The store in one DynamoDB table.
//!
//! | `pk` | `sk` | holds |
//! | --- | --- | --- |
//! | `CHANGESET#ID` | `ROW` | a changeset's row: `row` (JSON, deflated) beside what conditions and indexes need |
//! | `CURSOR#changesets` | `ROW` | how far the feed was followed |
//! | `LEASE#NAME` | `ROW` | a lease |
//! | `METRICS` | owner | one process's counters |
//! | `RECORD#KEY` | `ROW` | what a step remembers |
//! | `DAYS` | `ROW` | the days on which rows were updated, for the listing |
//!
//! Index `due`: by `state`, then by when the row is due; rows that are never due come last. It serves the supervisor
//! and the counts of states. Index `updated`: by day and shard, then by last update; it serves listings. Both hold keys
//! alone. Nothing is ever scanned.

mod counts;
mod items;
mod listing;
mod rows;
mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::{delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{
        AttributeValue, Delete, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    },
};
use osmtracker_osm::{ChangesetId, ChangesetSequence, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, State,
    ports::{Expected, FeedCursor, ListingCursor, MetricsRow, PortError, Record, Store},
};

use crate::error::{failure, permanent};
use counts::Counts;
use items::{Item, number, text};
#[cfg(test)]
pub(crate) use stream::tests as stream_tests;
pub(crate) use stream::{Told, told};

/// How long the row of a lease outlives it, in seconds.
const LEASE_KEPT: i64 = 24 * 3_600;

/// Rows, cursor, leases and counters in one table.
#[derive(Debug)]
pub struct DynamoDb {
    client: Client,
    table: String,
    /// Days that this process knows to be listed.
    days: Mutex<BTreeSet<i64>>,
    counts: Counts,
}

impl DynamoDb {
    /// The store in this table, which must be there with its two indexes.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), days: Mutex::default(), counts: Counts::default() }
    }

    async fn get(&self, what: &str, key: Item) -> Result<Option<Item>, PortError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        Ok(request.send().await.map_err(|error| failure(what, error))?.item)
    }

    /// Puts an item under a condition; when it does not hold, answers what stands there.
    async fn put(&self, what: &str, item: Item, condition: Condition) -> Result<Outcome, PortError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(_) => Ok(Outcome::Written),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(Outcome::Refused { stands: refused.item.clone() })
                }
                _ => Err(failure(format!("write {what}"), error)),
            },
        }
    }

    /// Deletes an item under a condition; `false` when it does not hold.
    async fn remove(&self, what: &str, key: Item, condition: Condition) -> Result<bool, PortError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(failure(format!("delete {what}"), error)),
        }
    }
}

/// What became of a conditional put.
#[derive(Debug)]
enum Outcome {
    Written,
    Refused { stands: Option<Item> },
}

impl Outcome {
    fn or_conflict(self, what: &str) -> Result<(), PortError> {
        match self {
            Self::Written => Ok(()),
            Self::Refused { .. } => Err(PortError::Conflict { what: what.to_owned() }),
        }
    }
}

/// A condition on one attribute, which is called `#a` and compared with `:v` (and `:w`, for leases) in the expression.
#[derive(Debug)]
struct Condition {
    expression: &'static str,
    attribute: Option<&'static str>,
    values: Vec<(&'static str, AttributeValue)>,
}

impl Condition {
    const ABSENT: Self = Self { expression: "attribute_not_exists(pk)", attribute: None, values: Vec::new() };

    fn equals(attribute: &'static str, value: AttributeValue) -> Self {
        Self { expression: "#a = :v", attribute: Some(attribute), values: vec![(":v", value)] }
    }

    fn absent_or_equals(attribute: &'static str, value: AttributeValue) -> Self {
        Self { expression: "attribute_not_exists(pk) OR #a = :v", ..Self::equals(attribute, value) }
    }

    fn names(&self) -> Option<std::collections::HashMap<String, String>> {
        self.attribute.map(|name| [("#a".to_owned(), name.to_owned())].into())
    }

    fn values(&self) -> Option<Item> {
        let values = self.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        (!self.values.is_empty()).then(|| values.collect())
    }
}

#[async_trait]
impl Store for DynamoDb {
    async fn changesets(&self, ids: &[ChangesetId]) -> Result<Vec<ChangesetRow>, PortError> {
        self.read_rows(ids).await
    }

    async fn put_changeset(&self, row: &ChangesetRow, expected: Expected) -> Result<(), PortError> {
        self.write_row(row, expected).await
    }

    async fn delete_changeset(&self, id: ChangesetId, version: u64) -> Result<(), PortError> {
        let what = format!("changeset {id}");
        let condition = Condition::absent_or_equals("version", number(version));
        match self.remove(&what, items::row_key(id), condition).await? {
            true => Ok(()),
            false => Err(PortError::Conflict { what }),
        }
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ChangesetId>, PortError> {
        self.due_rows(now, limit).await
    }

    async fn recent(&self, after: Option<ListingCursor>, limit: usize) -> Result<Vec<ChangesetRow>, PortError> {
        self.listing(after, limit).await
    }

    async fn state_counts(&self) -> Result<BTreeMap<State, u64>, PortError> {
        self.count_states().await
    }

    async fn cursor(&self) -> Result<Option<FeedCursor>, PortError> {
        let what = "read the cursor";
        let item = self.get(what, items::key("CURSOR#changesets", items::ROW)).await?;
        item.map(|item| items::json(what, &item)).transpose()
    }

    async fn move_cursor(&self, expected: Option<ChangesetSequence>, cursor: &FeedCursor) -> Result<(), PortError> {
        if let Some(before) = expected.filter(|before| *before > cursor.sequence) {
            return Err(permanent("move the cursor", format!("sequence {} is below {before}", cursor.sequence)));
        }
        let mut item = items::key("CURSOR#changesets", items::ROW);
        item.insert("sequence".to_owned(), number(cursor.sequence.0));
        item.insert("json".to_owned(), text(items::to_json("move the cursor", cursor)?));
        let condition = match expected {
            None => Condition::ABSENT,
            Some(before) => Condition::equals("sequence", number(before.0)),
        };
        let what = "the cursor";
        self.put(what, item, condition).await?.or_conflict(what)
    }

    async fn take_lease(&self, name: &str, owner: &str, now: Timestamp, until: Timestamp) -> Result<bool, PortError> {
        let mut item = items::key(&format!("LEASE#{name}"), items::ROW);
        item.insert("owner".to_owned(), text(owner));
        item.insert("ends".to_owned(), number(until.0));
        item.insert("expires".to_owned(), number(until.0.saturating_add(LEASE_KEPT)));
        let condition = Condition {
            expression: "attribute_not_exists(pk) OR #a = :v OR ends <= :w",
            attribute: Some("owner"),
            values: vec![(":v", text(owner)), (":w", number(now.0))],
        };
        let outcome = self.put(&format!("the lease {name}"), item, condition).await?;
        Ok(matches!(outcome, Outcome::Written))
    }

    async fn release_lease(&self, name: &str, owner: &str) -> Result<(), PortError> {
        let key = items::key(&format!("LEASE#{name}"), items::ROW);
        let condition = Condition::absent_or_equals("owner", text(owner));
        self.remove(&format!("the lease {name}"), key, condition).await.map(drop)
    }

    async fn record(&self, key: &str) -> Result<Option<Record>, PortError> {
        let what = format!("read the record {key}");
        let item = self.get(&what, items::record_key(key)).await?;
        item.map(|item| items::record(&what, key, &item)).transpose()
    }

    async fn put_record(&self, record: &Record, expected: Expected) -> Result<(), PortError> {
        let what = format!("the record {}", record.key);
        let (condition, before) = match expected {
            Expected::Absent => (Condition::ABSENT, 0),
            Expected::Version(before) => (Condition::equals("version", number(before)), before),
        };
        if before.checked_add(1) != Some(record.version) {
            let reason = format!("version {} does not follow version {before}", record.version);
            return Err(permanent(format!("write {what}"), reason));
        }
        let item = items::of_record(record);
        match self.put(&what, item.clone(), condition).await? {
            // As for rows: an earlier try of this very put, whose acknowledgement was lost.
            Outcome::Refused { stands } if stands.as_ref() == Some(&item) => Ok(()),
            outcome => outcome.or_conflict(&what),
        }
    }

    async fn put_metrics(&self, row: &MetricsRow) -> Result<(), PortError> {
        let condition = Condition {
            expression: "attribute_not_exists(pk) OR #a < :v",
            ..Condition::equals("sequence", number(row.sequence))
        };
        self.put(&format!("the counters of {}", row.owner), items::of_metrics(row), condition).await.map(drop)
    }

    async fn metrics(&self) -> Result<Vec<MetricsRow>, PortError> {
        let what = "read the counters";
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text("METRICS"))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page.map_err(|error| failure(what, error))?.items() {
                rows.push(items::metrics(item)?);
            }
        }
        Ok(rows)
    }

    async fn fold_metrics(&self, folded: &[MetricsRow], base: &MetricsRow) -> Result<(), PortError> {
        let what = "fold the counters";
        let broken = |error| permanent(what, error);
        let mut actions = Vec::with_capacity(folded.len() + 1);
        for row in folded {
            let condition = Condition::equals("sequence", number(row.sequence));
            let delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(items::metrics_key(&row.owner)))
                .condition_expression(condition.expression)
                .set_expression_attribute_names(condition.names())
                .set_expression_attribute_values(condition.values());
            actions.push(TransactWriteItem::builder().delete(delete.build().map_err(broken)?).build());
        }
        let condition = match base.sequence {
            1 => Condition::ABSENT,
            sequence => Condition::equals("sequence", number(sequence.saturating_sub(1))),
        };
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(items::of_metrics(base)))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        actions.push(TransactWriteItem::builder().put(put.build().map_err(broken)?).build());
        // The client gives the transaction a token, so that a try whose acknowledgement was lost is not made twice.
        let request = self.client.transact_write_items().set_transact_items(Some(actions));
        match request.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(is_conflict) => {
                Err(PortError::Conflict { what: "the counters".to_owned() })
            }
            Err(error) => Err(failure(what, error)),
        }
    }
}

/// Whether a transaction was cancelled because something stood otherwise than expected.
fn is_conflict(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return false };
    let codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    codes.into_iter().any(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"))
}
