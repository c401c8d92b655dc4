//! How many rows are in each state.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, Select};
use futures_util::future::try_join_all;
use osmtracker_pipeline::{State, ports::PortError};

use super::{DynamoDb, items::text};
use crate::error::failure;

/// Rows of a state that are counted anew each time; a state with twice as many is counted every minute, and so on.
///
/// Counting reads the keys of the index: 200 rows cost a read unit. So counting costs at most some ten units a minute,
/// however many rows there are, and what is being worked on, which is few, is always counted.
const COUNTED_EACH_TIME: u64 = 2_000;

/// What was counted last.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<BTreeMap<State, Counted>>);

#[derive(Clone, Copy, Debug)]
struct Counted {
    rows: u64,
    at: Instant,
}

impl Counted {
    /// Whether counting again so soon would cost more than it tells.
    fn holds(&self) -> bool {
        let minutes = (self.rows / COUNTED_EACH_TIME).min(24 * 60);
        self.at.elapsed() < Duration::from_secs(minutes * 60)
    }
}

impl Counts {
    fn of(&self, state: State) -> Option<u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&state).filter(|counted| counted.holds()).map(|counted| counted.rows)
    }

    fn note(&self, state: State, rows: u64) {
        let counted = Counted { rows, at: Instant::now() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(state, counted);
    }
}

impl DynamoDb {
    pub(super) async fn count_states(&self) -> Result<BTreeMap<State, u64>, PortError> {
        let counts = State::ALL.map(|state| async move {
            let rows = match self.counts.of(state) {
                Some(rows) => rows,
                None => self.count_state(state).await?,
            };
            Ok::<_, PortError>((state, rows))
        });
        Ok(try_join_all(counts).await?.into_iter().filter(|(_, rows)| *rows > 0).collect())
    }

    async fn count_state(&self, state: State) -> Result<u64, PortError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("#state = :state")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", text(state.as_str()))
            .select(Select::Count)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .into_paginator()
            .send();
        let mut rows = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure("count changesets", error))?;
            rows += u64::try_from(page.count()).unwrap_or(0);
        }
        self.counts.note(state, rows);
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_are_counted_each_time_and_many_now_and_then() {
        let ago = |rows, seconds| Counted { rows, at: Instant::now() - Duration::from_secs(seconds) };
        assert!(!ago(1_999, 0).holds());
        assert!(ago(4_000, 100).holds() && !ago(4_000, 121).holds());
        assert!(ago(200_000, 3_600).holds() && !ago(200_000, 6_001).holds());
    }
}
