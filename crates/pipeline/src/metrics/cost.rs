use std::collections::BTreeMap;

use osmtracker_osm::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    families::Counter,
    labels::{CloudUnit, Component},
    snapshot::Snapshot,
};

const DAY: i64 = 24 * 3_600;

/// Days that an estimate looks back, and that it is for.
const PERIOD_DAYS: i64 = 30;

/// Less than this says nothing about a month.
const LEAST_SECONDS: i64 = 3_600;

/// US dollars for one unit at list price (us-east-1, arm64, November 2026), and units that a month has for nothing. The
/// same as in `infra/cost.py`.
const PRICES: [(CloudUnit, f64, f64); 6] = [
    (CloudUnit::TableWrite, 0.625e-6, 0.0),
    (CloudUnit::TableRead, 0.125e-6, 0.0),
    (CloudUnit::QueueRequest, 0.4e-6, 1e6),
    (CloudUnit::ObjectPut, 5.0e-6, 0.0),
    (CloudUnit::ObjectGet, 0.4e-6, 0.0),
    (CloudUnit::GbSecond, 13.3334e-6, 400_000.0),
];

/// The same for an invocation of a function.
const INVOCATION: (f64, f64) = (0.2e-6, 1e6);

/// What the counters said at the beginning of each of the last days, so that a difference can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    days: Vec<Day>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    at: Timestamp,
    counted: BTreeMap<String, u64>,
}

impl Ledger {
    /// Notes what was counted until now, once a day (UTC), and forgets what no estimate needs; `false` when nothing
    /// changed.
    pub fn note(&mut self, counted: &Snapshot, now: Timestamp) -> bool {
        let day_of = |at: Timestamp| at.0.div_euclid(DAY);
        if self.days.last().is_some_and(|day| day_of(day.at) >= day_of(now)) {
            return false;
        }
        let charged = charged().into_iter().map(|counter| counter.key());
        let counted = charged.map(|key| (counted.counter(&key), key)).filter(|(count, _)| *count > 0);
        self.days.push(Day { at: now, counted: counted.map(|(count, key)| (key, count)).collect() });
        // The day before the period began is the one to compare with.
        let first = self.days.iter().rposition(|day| now.seconds_since(day.at) >= PERIOD_DAYS * DAY).unwrap_or(0);
        self.days.drain(..first);
        true
    }

    /// US dollars for thirty days like the last thirty, or like those that are known; `None` before an hour is known, and
    /// where nothing is charged.
    #[must_use]
    pub fn estimate(&self, counted: &Snapshot, now: Timestamp) -> Option<f64> {
        let first = self.days.first()?;
        let seconds = now.seconds_since(first.at);
        if seconds < LEAST_SECONDS || !is_charged(counted) {
            return None;
        }
        let month = (PERIOD_DAYS * DAY) as f64 / seconds as f64;
        let used = |counter: Counter| {
            let key = counter.key();
            let before = first.counted.get(&key).copied().unwrap_or(0);
            counted.counter(&key).saturating_sub(before) as f64 / counter.per_unit() as f64 * month
        };
        let paid = |units: f64, (price, free): (f64, f64)| (units - free).max(0.0) * price;
        let units = PRICES.iter().map(|(unit, price, free)| paid(used(Counter::CloudUnits(*unit)), (*price, *free)));
        let invocations: f64 = functions().map(|function| used(Counter::Runs(function))).sum();
        Some(units.sum::<f64>() + paid(invocations, INVOCATION))
    }
}

/// Whether any function ever ran.
pub(super) fn is_charged(counted: &Snapshot) -> bool {
    functions().any(|function| counted.counter(&Counter::Runs(function).key()) > 0)
}

fn functions() -> impl Iterator<Item = Component> {
    Component::ALL.iter().copied().filter(|component| component.is_function())
}

fn charged() -> Vec<Counter> {
    functions().map(Counter::Runs).chain(CloudUnit::ALL.iter().copied().map(Counter::CloudUnits)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::Metrics;

    const HOUR: i64 = 3_600;

    #[test]
    fn an_estimate_is_for_thirty_days_like_those_that_are_known() {
        let (metrics, mut ledger) = (Metrics::new(), Ledger::default());
        metrics.ran(Component::Tracker, Duration::ZERO);
        assert!(ledger.note(&metrics.snapshot(), Timestamp(0)));
        // Two hours of a month's 720.
        metrics.charged(CloudUnit::ObjectPut, 1_000.0);
        metrics.charged(CloudUnit::TableRead, 0.5);
        let estimate = ledger.estimate(&metrics.snapshot(), Timestamp(2 * HOUR)).unwrap();
        let expected = 360.0 * (1_000.0 * 5.0e-6 + 0.5 * 0.125e-6);
        assert!((estimate - expected).abs() < 1e-9, "{estimate}");
    }

    #[test]
    fn what_a_month_has_for_nothing_is_not_paid() {
        let (metrics, mut ledger) = (Metrics::new(), Ledger::default());
        metrics.ran(Component::Filter, Duration::ZERO);
        ledger.note(&metrics.snapshot(), Timestamp(0));
        metrics.charged(CloudUnit::GbSecond, 400_000.0);
        let after_a_month = Timestamp(30 * DAY);
        assert_eq!(ledger.estimate(&metrics.snapshot(), after_a_month), Some(0.0));
        metrics.charged(CloudUnit::GbSecond, 1_000.0);
        let estimate = ledger.estimate(&metrics.snapshot(), after_a_month).unwrap();
        assert!((estimate - 0.0133334).abs() < 1e-6, "{estimate}");
    }

    #[test]
    fn days_beyond_the_period_are_forgotten_but_the_one_to_compare_with() {
        let (metrics, mut ledger) = (Metrics::new(), Ledger::default());
        for day in 0..50 {
            metrics.ran(Component::Tracker, Duration::ZERO);
            assert!(ledger.note(&metrics.snapshot(), Timestamp(day * DAY)));
            assert!(!ledger.note(&metrics.snapshot(), Timestamp(day * DAY + HOUR)), "once a day");
        }
        assert_eq!(ledger.days.len(), 31);
        assert_eq!(ledger.days[0].at, Timestamp(19 * DAY));
    }

    #[test]
    fn a_local_program_and_the_first_hour_cost_nothing_that_could_be_told() {
        let (metrics, mut ledger) = (Metrics::new(), Ledger::default());
        metrics.ran(Component::Local, Duration::from_secs(1));
        ledger.note(&metrics.snapshot(), Timestamp(0));
        assert_eq!(ledger.estimate(&metrics.snapshot(), Timestamp(2 * HOUR)), None);
        metrics.ran(Component::Tracker, Duration::ZERO);
        assert_eq!(ledger.estimate(&metrics.snapshot(), Timestamp(HOUR - 1)), None);
    }
}
