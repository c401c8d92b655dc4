use std::collections::BTreeMap;

use osmtracker_osm::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything that a process, or several, counted since they started.
///
/// Series are named as in the exposition, and series that this version does not know are kept: a supervisor of an older
/// version must not lose what a newer function counted. A counter that was never counted is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) counters: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) histograms: BTreeMap<String, Histogram>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) gauges: BTreeMap<String, Stamped>,
}

/// Observations by bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Histogram {
    /// Observations in each bucket alone, not in those below it; buckets after the last one used are absent.
    pub(super) counts: Vec<u64>,
    /// Sum of what was observed, in the family's stored unit.
    pub(super) sum: u64,
}

/// A value that the next one replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stamped {
    /// When it was seen.
    pub(super) at: Timestamp,
    /// What was seen.
    pub(super) value: i64,
}

/// The gauge that holds when the upstream last refused us. It is not exposed: the problem that it means is.
pub(super) const REFUSED_AT: &str = "osmtracker_upstream_refused_timestamp_seconds";

impl Snapshot {
    /// When the upstream last refused us, as far as any process knows.
    #[must_use]
    pub fn refused_at(&self) -> Option<Timestamp> {
        self.gauges.get(REFUSED_AT).map(|stamped| Timestamp(stamped.value))
    }

    /// Whether anything was counted that a cloud charges for.
    #[must_use]
    pub fn is_charged(&self) -> bool {
        super::cost::is_charged(self)
    }

    /// Adds what `other` counted. The order in which snapshots are merged does not matter; of two values of a gauge the
    /// later one stays.
    pub fn merge(&mut self, other: &Self) {
        for (series, count) in &other.counters {
            self.add(series, *count);
        }
        for (family, histogram) in &other.histograms {
            self.histograms.entry(family.clone()).or_default().merge(histogram);
        }
        for (series, stamped) in &other.gauges {
            self.set(series, *stamped);
        }
    }

    /// The value of a counter by its name in the exposition, such as `osmtracker_events{event="filter",action="in"}`.
    #[must_use]
    pub fn counter(&self, series: &str) -> u64 {
        self.counters.get(series).copied().unwrap_or(0)
    }

    /// How often something was observed, by the name of the histogram's family.
    #[must_use]
    pub fn observations(&self, family: &str) -> u64 {
        self.histograms.get(family).map_or(0, |histogram| histogram.counts.iter().sum())
    }

    /// What was counted since `earlier`, an older snapshot of the same counters. Gauges stay.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let mut rest = self.clone();
        for (series, count) in &earlier.counters {
            if let Some(left) = rest.counters.get_mut(series) {
                *left = left.saturating_sub(*count);
            }
        }
        for (family, histogram) in &earlier.histograms {
            if let Some(left) = rest.histograms.get_mut(family) {
                left.subtract(histogram);
            }
        }
        rest.counters.retain(|_, count| *count > 0);
        rest.histograms.retain(|_, histogram| histogram.counts.iter().any(|count| *count > 0));
        rest
    }

    pub(super) fn add(&mut self, series: &str, count: u64) {
        match self.counters.get_mut(series) {
            Some(total) => *total = total.saturating_add(count),
            None => _ = self.counters.insert(series.to_owned(), count),
        }
    }

    /// Counts up to `total`, which somebody else counts.
    pub(super) fn raise(&mut self, series: &str, total: u64) {
        let missing = total.saturating_sub(self.counter(series));
        self.add(series, missing);
    }

    pub(super) fn observe(&mut self, family: &str, bounds: &[u64], value: u64) {
        let bucket = bounds.partition_point(|bound| *bound < value);
        let mut one = Histogram { counts: vec![0; bucket + 1], sum: value };
        one.counts[bucket] = 1;
        self.histograms.entry(family.to_owned()).or_default().merge(&one);
    }

    pub(super) fn set(&mut self, series: &str, stamped: Stamped) {
        let current = self.gauges.entry(series.to_owned()).or_insert(stamped);
        *current = stamped.max(*current);
    }
}

impl Histogram {
    fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    fn subtract(&mut self, earlier: &Self) {
        for (count, less) in self.counts.iter_mut().zip(&earlier.counts) {
            *count = count.saturating_sub(*less);
        }
        self.sum = self.sum.saturating_sub(earlier.sum);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn snapshots() -> impl Strategy<Value = Snapshot> {
        let names = || prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned);
        let histogram = (prop::collection::vec(0..100u64, 0..5), any::<u32>())
            .prop_map(|(counts, sum)| Histogram { counts, sum: sum.into() });
        let stamped = (0..5i64, 0..5i64).prop_map(|(at, value)| Stamped { at: Timestamp(at), value });
        (
            prop::collection::btree_map(names(), any::<u64>(), 0..3),
            prop::collection::btree_map(names(), histogram, 0..3),
            prop::collection::btree_map(names(), stamped, 0..3),
        )
            .prop_map(|(counters, histograms, gauges)| Snapshot { counters, histograms, gauges })
    }

    fn merged(a: &Snapshot, b: &Snapshot) -> Snapshot {
        let mut sum = a.clone();
        sum.merge(b);
        sum
    }

    proptest! {
        #[test]
        fn merging_is_commutative_and_associative(a in snapshots(), b in snapshots(), c in snapshots()) {
            prop_assert_eq!(merged(&a, &b), merged(&b, &a));
            prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
            prop_assert_eq!(merged(&a, &Snapshot::default()), a);
        }

        #[test]
        fn json_keeps_a_snapshot(snapshot in snapshots()) {
            let json = serde_json::to_string(&snapshot).unwrap();
            prop_assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot);
        }

        #[test]
        fn what_was_counted_since_and_what_was_before_make_the_whole(
            counts in prop::collection::vec((0..3usize, 1..10u64), 0..20),
            at in 0..20usize,
        ) {
            let (mut whole, mut before) = (Snapshot::default(), Snapshot::default());
            for (step, (name, count)) in counts.iter().enumerate() {
                if step == at {
                    before = whole.clone();
                }
                whole.add(["a", "b", "c"][*name], *count);
                whole.observe(["x", "y", "z"][*name], &[1, 5], *count);
            }
            prop_assert_eq!(merged(&before, &whole.since(&before)), whole);
        }
    }

    #[test]
    fn an_observation_on_a_bound_belongs_to_the_bucket_of_that_bound() {
        let mut snapshot = Snapshot::default();
        for value in [0, 1, 2, 5, 6] {
            snapshot.observe("h", &[1, 5], value);
        }
        assert_eq!(snapshot.histograms["h"], Histogram { counts: vec![2, 2, 1], sum: 14 });
    }
}
