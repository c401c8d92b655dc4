//! Rows by id.

use std::{collections::BTreeSet, sync::PoisonError, time::Duration};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};
use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::{
    ChangesetRow,
    ports::{Expected, PortError},
};

use super::{
    Condition, DynamoDb, Outcome,
    items::{self, Item, number},
};
use crate::error::{failure, permanent};

/// Keys in one request.
const MAX_IDS: usize = 100;

/// Requests for what an answer left out (over 16 MB, or throttled) before that is an error.
const READS: u32 = 10;

/// Pause before the second of them; doubled for each further one.
const PAUSE: Duration = Duration::from_millis(20);

impl DynamoDb {
    pub(super) async fn read_rows(&self, ids: &[ChangesetId]) -> Result<Vec<ChangesetRow>, PortError> {
        let what = "read changesets";
        match ids {
            [] => Ok(Vec::new()),
            [id] => self.get(what, items::row_key(*id)).await?.iter().map(items::row).collect(),
            ids if ids.len() > MAX_IDS => {
                Err(permanent(what, format!("{} ids at once, at most {MAX_IDS} are allowed", ids.len())))
            }
            ids => {
                // The same key twice in a request is an error.
                let ids: BTreeSet<_> = ids.iter().copied().collect();
                self.read_many(what, ids.into_iter().map(items::row_key).collect())
                    .await?
                    .iter()
                    .map(items::row)
                    .collect()
            }
        }
    }

    async fn read_many(&self, what: &str, mut keys: Vec<Item>) -> Result<Vec<Item>, PortError> {
        let mut found = Vec::with_capacity(keys.len());
        for round in 0..READS {
            if round > 0 {
                tokio::time::sleep(PAUSE * 2u32.pow(round - 1)).await;
            }
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let wanted = wanted.map_err(|error| permanent(what, error))?;
            let request = self.client.batch_get_item().request_items(&self.table, wanted);
            let answer = request.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
            let answer = answer.map_err(|error| failure(what, error))?;
            found.extend(answer.responses.into_iter().flat_map(|mut tables| tables.remove(&self.table)).flatten());
            let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
            match left {
                Some(left) if !left.keys.is_empty() => keys = left.keys,
                _ => return Ok(found),
            }
        }
        Err(PortError::Transient { what: what.to_owned(), source: "the table answers a part of it only".into() })
    }

    pub(super) async fn write_row(&self, row: &ChangesetRow, expected: Expected) -> Result<(), PortError> {
        let what = format!("changeset {}", row.id());
        let (condition, before) = match expected {
            Expected::Absent => (Condition::ABSENT, 0),
            Expected::Version(before) => (Condition::equals("version", number(before)), before),
        };
        if before.checked_add(1) != Some(row.version) {
            let reason = format!("version {} does not follow version {before}", row.version);
            return Err(permanent(format!("write {what}"), reason));
        }
        let item = items::of_row(&what, row)?;
        self.list_day(items::day_of(row.updated_at)).await?;
        match self.put(&what, item.clone(), condition).await? {
            // An earlier try of this very put arrived, and its acknowledgement did not: it must not look like another's.
            Outcome::Refused { stands } if stands.as_ref() == Some(&item) => Ok(()),
            outcome => outcome.or_conflict(&what),
        }
    }

    /// Makes sure that the day of a row is found by listings, before the row is there.
    async fn list_day(&self, day: i64) -> Result<(), PortError> {
        if self.days.lock().unwrap_or_else(PoisonError::into_inner).contains(&day) {
            return Ok(());
        }
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::key("DAYS", items::ROW)))
            .update_expression("ADD #a :v")
            .expression_attribute_names("#a", "days")
            .expression_attribute_values(":v", AttributeValue::Ns(vec![day.to_string()]))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        request.send().await.map_err(|error| failure("list a day", error))?;
        self.days.lock().unwrap_or_else(PoisonError::into_inner).insert(day);
        Ok(())
    }
}
