use osmtracker_osm::Timestamp;

use super::{
    MetricsError,
    rows::{read, row_of},
};
use crate::ports::MetricsRow;

/// The owner of the row that holds the counts of processes that are gone.
pub const BASE_OWNER: &str = "base";

/// Seconds without a put after which a process is taken for gone.
pub(super) const IDLE_SECONDS: i64 = 60 * 60;

/// Rows folded at once: a transaction of the table holds 100 actions, the base row's among them.
const FOLDED_AT_ONCE: usize = 90;

/// Rows to remove and the base row that takes their counts over, for [`crate::ports::Store::fold_metrics`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Rows of processes that are gone.
    pub folded: Vec<MetricsRow>,
    /// The new base row.
    pub base: MetricsRow,
}

/// Chooses the rows that have been idle for over an hour, longest first, at most 90; `None` when there are none.
///
/// A [`crate::ports::PortError::Conflict`] of the fold means that somebody else folded or a process came back: read
/// the rows again at the next turn.
///
/// # Errors
/// When one of the rows is not a snapshot.
pub fn plan_fold(rows: &[MetricsRow], now: Timestamp) -> Result<Option<Fold>, MetricsError> {
    let mut folded: Vec<_> = rows
        .iter()
        .filter(|row| row.owner != BASE_OWNER && now.seconds_since(row.updated_at) > IDLE_SECONDS)
        .cloned()
        .collect();
    if folded.is_empty() {
        return Ok(None);
    }
    folded.sort_by(|a, b| (a.updated_at, &a.owner).cmp(&(b.updated_at, &b.owner)));
    folded.truncate(FOLDED_AT_ONCE);
    let base = rows.iter().find(|row| row.owner == BASE_OWNER);
    let mut sum = base.map(read).transpose()?.unwrap_or_default();
    for row in &folded {
        sum.merge(&read(row)?);
    }
    let base = row_of(&sum, BASE_OWNER, base.map_or(0, |row| row.sequence) + 1, now);
    Ok(Some(Fold { folded, base }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Component, Metrics, from_rows, to_row};

    fn row(owner: &str, updated_at: i64) -> MetricsRow {
        let metrics = Metrics::new();
        metrics.cold_start(Component::Filter);
        to_row(&metrics, owner, 3, Timestamp(updated_at))
    }

    #[test]
    fn only_rows_idle_for_over_an_hour_are_folded() {
        let rows = [row("filter#a", 0), row("filter#b", 1), row("filter#c", 5_000)];
        assert_eq!(plan_fold(&rows, Timestamp(IDLE_SECONDS)).unwrap(), None);
        let fold = plan_fold(&rows, Timestamp(IDLE_SECONDS + 1)).unwrap().unwrap();
        assert_eq!(fold.folded, rows[..1]);
        assert_eq!((fold.base.owner.as_str(), fold.base.sequence), (BASE_OWNER, 1));
    }

    #[test]
    fn the_base_row_grows_and_is_never_folded_itself() {
        let rows = [row(BASE_OWNER, 0), row("filter#a", 0)];
        let fold = plan_fold(&rows, Timestamp(10_000)).unwrap().unwrap();
        assert_eq!((fold.folded.len(), fold.base.sequence), (1, 4));
        assert_eq!(from_rows(&[fold.base]).unwrap(), from_rows(&rows).unwrap());
        assert_eq!(plan_fold(&rows[..1], Timestamp(10_000)).unwrap(), None);
    }

    #[test]
    fn more_rows_than_a_transaction_holds_take_several_turns() {
        let rows: Vec<_> = (0..200).map(|n| row(&format!("filter#{n:03}"), n)).collect();
        let fold = plan_fold(&rows, Timestamp(10_000)).unwrap().unwrap();
        assert_eq!(fold.folded, rows[..FOLDED_AT_ONCE]);
    }
}
