//! The text exposition, format 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{Display, Write},
};

use osmtracker_osm::Timestamp;

use super::{
    families::{Counter, Family, HistogramKind, series},
    labels::{Component, ProblemKind},
    snapshot::{Histogram, Snapshot},
};
use crate::{
    State,
    ports::{FeedCursor, QueueDepth, QueueName},
};

/// What is not counted but looked up at the moment of asking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gauges {
    /// The moment of asking.
    pub now: Timestamp,
    /// Rows in each state; absent states have none.
    pub states: BTreeMap<State, u64>,
    /// How far the feed was followed; `None` before the first time, and when not looked up.
    pub cursor: Option<FeedCursor>,
    /// Whether the first file of the feed is waited for; later [`FeedCursor::waiting_for`] tells.
    pub waiting_for_the_first: bool,
    /// How full the queues are; those not looked up are absent.
    pub queues: BTreeMap<QueueName, QueueDepth>,
    /// The newest generation of the site; `None` before the first one.
    pub generation: Option<Generation>,
    /// What a person should know of.
    pub problems: BTreeSet<ProblemKind>,
    /// What thirty days cost, in US dollars; `None` where nothing is charged.
    pub cost: Option<f64>,
}

/// One state of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its number, one more at each publish.
    pub number: u64,
    /// When it was written.
    pub at: Timestamp,
}

const STATES: Family = Family { name: "osmtracker_changeset_cnt", help: "Changesets stored, by state." };
const FEED: [Family; 4] = [
    Family {
        name: "osmtracker_minutely_diff_timestamp",
        help: "When the upstream wrote the newest file that was processed, in seconds since 1970.",
    },
    Family { name: "osmtracker_minutely_diff_head_seqno", help: "The newest file of the feed." },
    Family { name: "osmtracker_minutely_diff_latest_seqno", help: "The newest file that was processed." },
    Family {
        name: "osmtracker_minutely_diff_head_moved_timestamp_seconds",
        help: "When the head of the feed was last seen to move, in seconds since 1970.",
    },
];
const WAITING: Family = Family {
    name: "osmtracker_minutely_diff_waiting",
    help: "1 while something is wrong with the feed and nothing beyond it is read, else 0.",
};
pub(super) const PROCESSING_TIMESTAMP: &str = "osmtracker_minutely_diff_processing_timestamp";
pub(super) const CSETS_OBSERVED: &str = "osmtracker_minutely_diff_csets_observed";
const DIFF: [Family; 2] = [
    Family { name: PROCESSING_TIMESTAMP, help: "When a file of the feed was last processed, in seconds since 1970." },
    Family { name: CSETS_OBSERVED, help: "Changesets in the newest file that was processed." },
];
const QUEUE_DEPTH: Family = Family { name: "osmtracker_queue_depth", help: "Messages in a queue." };
const QUEUE_AGE: Family =
    Family { name: "osmtracker_queue_oldest_seconds", help: "Age of the oldest waiting message of a queue." };
const DEAD_LETTERS: Family =
    Family { name: "osmtracker_dead_letters", help: "Messages put aside after too many deliveries." };
const GENERATION: Family = Family { name: "osmtracker_generation", help: "The newest generation of the site." };
const GENERATION_AGE: Family =
    Family { name: "osmtracker_generation_age_seconds", help: "Time since the newest generation was written." };
const PROBLEM: Family = Family { name: "osmtracker_problem", help: "1 while something needs a person, else 0." };
const MEMORY: Family =
    Family { name: "osmtracker_resident_memory_bytes", help: "Memory of a component's process, as it last said." };
const SEEN: Family = Family {
    name: "osmtracker_component_seen_timestamp_seconds",
    help: "When a component last reported, in seconds since 1970.",
};
pub(super) const SEARCH_LAG: Family = Family {
    name: "osmtracker_search_lag_seconds",
    help: "Age of the oldest change that the search index was last told of, or could not be told of.",
};
const COST: Family = Family {
    name: "osmtracker_cost_estimate_dollars",
    help: "What the last 30 days cost, from what was counted, at list prices less the free tier.",
};
const GENERATED: Family = Family {
    name: "osmtracker_metrics_generated_timestamp_seconds",
    help: "When this exposition was written, in seconds since 1970.",
};

pub(super) fn resident_memory(component: Component) -> String {
    series(MEMORY.name, &[("component", component.as_str())])
}

pub(super) fn component_seen(component: Component) -> String {
    series(SEEN.name, &[("component", component.as_str())])
}

/// The values of [`FEED`] by name.
pub(super) fn feed_gauges(cursor: &FeedCursor) -> [(&'static str, i64); 4] {
    let whole = |sequence: u64| i64::try_from(sequence).unwrap_or(i64::MAX);
    let values = [cursor.timestamp.0, whole(cursor.head_sequence.0), whole(cursor.sequence.0), cursor.head_moved_at.0];
    std::array::from_fn(|at| (FEED[at].name, values[at]))
}

/// Everything counted and looked up, as `text/plain; version=0.0.4`.
///
/// All label values appear, those that never happened with 0; values that nobody knows yet are absent.
#[must_use]
pub fn render(snapshot: &Snapshot, gauges: &Gauges) -> String {
    let mut text = Exposition::default();
    text.states(gauges);
    text.feed(snapshot, gauges.cursor.as_ref());
    if gauges.cursor.is_none() && gauges.waiting_for_the_first {
        text.gauge(WAITING, &[], 1);
    }
    for counter in Counter::all() {
        let counted = snapshot.counter(&counter.key());
        match counter.per_unit() {
            1 => text.sample(counter.family(), "counter", &counter.labels(), counted),
            unit => text.sample(counter.family(), "counter", &counter.labels(), counted as f64 / unit as f64),
        }
    }
    for histogram in HistogramKind::ALL {
        text.histogram(histogram, snapshot.histograms.get(histogram.family().name));
    }
    text.queues(&gauges.queues);
    if let Some(generation) = gauges.generation {
        text.gauge(GENERATION, &[], generation.number);
        text.gauge(GENERATION_AGE, &[], gauges.now.seconds_since(generation.at));
    }
    text.components(snapshot);
    if let Some(lag) = snapshot.gauges.get(SEARCH_LAG.name) {
        text.gauge(SEARCH_LAG, &[], lag.value);
    }
    for kind in ProblemKind::ALL {
        text.gauge(PROBLEM, &[("kind", kind.as_str())], u8::from(gauges.problems.contains(kind)));
    }
    if let Some(cost) = gauges.cost {
        text.gauge(COST, &[], format_args!("{cost:.4}"));
    }
    text.gauge(GENERATED, &[], gauges.now.0);
    text.text
}

#[derive(Default)]
struct Exposition {
    text: String,
    family: &'static str,
}

impl Exposition {
    fn states(&mut self, gauges: &Gauges) {
        for state in State::ALL {
            let count = gauges.states.get(&state).copied().unwrap_or(0);
            self.gauge(STATES, &[("state", state.as_str())], count);
        }
    }

    fn feed(&mut self, snapshot: &Snapshot, cursor: Option<&FeedCursor>) {
        let seen = |family: Family| snapshot.gauges.get(family.name).map(|stamped| stamped.value);
        let looked_up = cursor.map(feed_gauges);
        for (at, family) in FEED.into_iter().enumerate() {
            if let Some(value) = looked_up.map(|values| values[at].1).or_else(|| seen(family)) {
                self.gauge(family, &[], value);
            }
        }
        if let Some(cursor) = cursor {
            self.gauge(WAITING, &[], u8::from(cursor.waiting_for.is_some()));
        }
        for family in DIFF {
            if let Some(value) = seen(family) {
                self.gauge(family, &[], value);
            }
        }
    }

    fn queues(&mut self, queues: &BTreeMap<QueueName, QueueDepth>) {
        for (queue, depth) in queues {
            let queue = ("queue", queue.as_str());
            self.gauge(QUEUE_DEPTH, &[queue, ("state", "waiting")], depth.waiting);
            self.gauge(QUEUE_DEPTH, &[queue, ("state", "in_flight")], depth.in_flight);
        }
        for (queue, depth) in queues {
            if let Some(seconds) = depth.oldest_seconds {
                self.gauge(QUEUE_AGE, &[("queue", queue.as_str())], seconds);
            }
        }
        for (queue, depth) in queues {
            self.gauge(DEAD_LETTERS, &[("queue", queue.as_str())], depth.dead);
        }
    }

    /// What each component said of itself; those that never spoke are absent.
    fn components(&mut self, snapshot: &Snapshot) {
        for (family, key) in [(MEMORY, resident_memory as fn(Component) -> String), (SEEN, component_seen)] {
            for component in Component::ALL {
                if let Some(stamped) = snapshot.gauges.get(&key(*component)) {
                    self.gauge(family, &[("component", component.as_str())], stamped.value);
                }
            }
        }
    }

    fn histogram(&mut self, kind: HistogramKind, observed: Option<&Histogram>) {
        let name = kind.family().name;
        self.head(kind.family(), "histogram");
        let count_at = |bucket: usize| observed.and_then(|seen| seen.counts.get(bucket)).copied().unwrap_or(0);
        let mut cumulative = 0u64;
        for (bucket, bound) in kind.bounds().iter().enumerate() {
            cumulative = cumulative.saturating_add(count_at(bucket));
            let bound = exposed(*bound, kind).to_string();
            self.line(&series(&format!("{name}_bucket"), &[("le", &bound)]), cumulative);
        }
        cumulative = cumulative.saturating_add(count_at(kind.bounds().len()));
        self.line(&series(&format!("{name}_bucket"), &[("le", "+Inf")]), cumulative);
        self.line(&format!("{name}_sum"), exposed(observed.map_or(0, |seen| seen.sum), kind));
        self.line(&format!("{name}_count"), cumulative);
    }

    fn gauge(&mut self, family: Family, labels: &[(&str, &str)], value: impl Display) {
        self.sample(family, "gauge", labels, value);
    }

    fn sample(&mut self, family: Family, kind: &str, labels: &[(&str, &str)], value: impl Display) {
        self.head(family, kind);
        self.line(&series(family.name, labels), value);
    }

    /// HELP and TYPE before the first sample of a family.
    fn head(&mut self, family: Family, kind: &str) {
        if self.family != family.name {
            self.family = family.name;
            let Family { name, help } = family;
            write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n").expect("writing to a string cannot fail");
        }
    }

    fn line(&mut self, series: &str, value: impl Display) {
        writeln!(self.text, "{series} {value}").expect("writing to a string cannot fail");
    }
}

/// From the stored unit to the exposed one.
fn exposed(value: u64, kind: HistogramKind) -> f64 {
    value as f64 / kind.per_unit() as f64
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use osmtracker_osm::{ChangesetSequence, Gap, GapKind};

    use super::*;
    use crate::metrics::{
        ApiOperation, CloudUnit, Component, Event, EventAction, FailureKind, Metrics, ObjectKind, RetryCause, StepName,
        Timer, Usage,
    };

    fn busy() -> Metrics {
        let metrics = Metrics::new();
        metrics.events(Event::Filter, EventAction::In, 45);
        metrics.event(Event::Filter, EventAction::Out);
        metrics.diff_tracked(45, Duration::from_millis(120), Timestamp(1_000));
        metrics.time(Timer::ChangesetAnalysis, Duration::from_micros(5_000));
        metrics.time(Timer::ChangesetAnalysis, Duration::from_secs(3_600));
        metrics.api_call(ApiOperation::Download, 0, 12_345);
        metrics.alt_source_download(77);
        let gap = Gap { kind: GapKind::Redacted, element: None, version: None, detail: "hidden".to_owned() };
        metrics.analysed("osm-api", 4, &[gap]);
        metrics.analysed("tomorrow", 2_000, &[]);
        metrics.time(Timer::ChangesetFilter, Duration::from_micros(700));
        metrics.retry(RetryCause::TooManyRequests);
        metrics.written(ObjectKind::Page, 9_000);
        metrics.cold_start(Component::Local);
        metrics.ran(Component::Local, Duration::from_millis(250));
        metrics.used(
            Component::Local,
            &Usage { processor: Duration::from_millis(1_500), resident_bytes: 4_096 },
            Timestamp(1_090),
        );
        metrics.refused(509, Timestamp(1_000));
        metrics.step_failed(StepName::Analyse, FailureKind::Permanent);
        metrics.charged(CloudUnit::TableRead, 0.5);
        metrics
    }

    fn gauges() -> Gauges {
        let cursor = FeedCursor {
            sequence: ChangesetSequence(6_641_016),
            timestamp: Timestamp(940),
            head_sequence: ChangesetSequence(6_641_018),
            head_timestamp: Timestamp(1_060),
            checked_at: Timestamp(1_070),
            head_moved_at: Timestamp(1_065),
            waiting_for: None,
            fault: None,
            skipped: Vec::new(),
            first_sequence: None,
        };
        Gauges {
            now: Timestamp(1_100),
            states: BTreeMap::from([(State::Done, 12), (State::Open, 3)]),
            cursor: Some(cursor),
            waiting_for_the_first: false,
            queues: BTreeMap::from([(
                QueueName::Analysis,
                QueueDepth { waiting: 5, in_flight: 1, dead: 2, oldest_seconds: Some(33) },
            )]),
            generation: Some(Generation { number: 8, at: Timestamp(1_080) }),
            problems: [ProblemKind::DeadLetters].into(),
            cost: Some(0.51),
        }
    }

    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|it| it == line), "no line {line:?} in\n{text}");
    }

    #[test]
    fn the_fixed_names_and_labels_are_there() {
        let text = render(&busy().snapshot(), &gauges());
        for line in [
            "osmtracker_changeset_cnt{state=\"DONE\"} 12",
            "osmtracker_changeset_cnt{state=\"QUARANTINED\"} 0",
            "osmtracker_minutely_diff_timestamp 940",
            "osmtracker_minutely_diff_processing_timestamp 1000",
            "osmtracker_minutely_diff_head_seqno 6641018",
            "osmtracker_minutely_diff_latest_seqno 6641016",
            "osmtracker_minutely_diff_csets_observed 45",
            "osmtracker_minutely_diff_waiting 0",
            "osmtracker_events{event=\"filter\",action=\"in\"} 45",
            "osmtracker_events{event=\"new_pointer\",action=\"out\"} 0",
            "osmtracker_minutely_diff_processing_time_seconds_sum 0.12",
            "osmtracker_minutely_diff_processing_time_seconds_count 1",
            "osmtracker_changeset_filter_processing_time_seconds_count 1",
            "osmtracker_changeset_analysis_processing_time_seconds_bucket{le=\"0.0025\"} 0",
            "osmtracker_changeset_analysis_processing_time_seconds_bucket{le=\"0.005\"} 1",
            "osmtracker_changeset_analysis_processing_time_seconds_bucket{le=\"900\"} 1",
            "osmtracker_changeset_analysis_processing_time_seconds_bucket{le=\"+Inf\"} 2",
            "osmtracker_changeset_refresh_processing_time_seconds_count 0",
            "osmtracker_backend_processing_time_seconds_count 0",
            "openstreetmap_api_events{operation=\"download\"} 1",
            "openstreetmap_api_bytes{operation=\"download\",direction=\"in\"} 12345",
            "openstreetmap_api_alt_source_downloads 1",
            "openstreetmap_api_alt_source_download_bytes 77",
            "osmtracker_changeset_api_calls_bucket{le=\"3\"} 0",
            "osmtracker_changeset_api_calls_bucket{le=\"4\"} 1",
            "osmtracker_changeset_api_calls_sum 2004",
            "osmtracker_analysis_source_total{source=\"other\"} 1",
            "osmtracker_analysis_gaps_total{reason=\"redacted\"} 1",
            "osmtracker_retries_total{cause=\"rate_limited\"} 1",
            "osmtracker_written_bytes_total{kind=\"page\"} 9000",
            "osmtracker_cold_starts_total{component=\"local\"} 1",
            "osmtracker_queue_depth{queue=\"analysis\",state=\"in_flight\"} 1",
            "osmtracker_queue_oldest_seconds{queue=\"analysis\"} 33",
            "osmtracker_dead_letters{queue=\"analysis\"} 2",
            "osmtracker_generation_age_seconds 20",
            "osmtracker_metrics_generated_timestamp_seconds 1100",
            "osmtracker_runs_total{component=\"local\"} 1",
            "osmtracker_run_seconds_total{component=\"local\"} 0.25",
            "osmtracker_cpu_seconds_total{component=\"local\"} 1.5",
            "osmtracker_resident_memory_bytes{component=\"local\"} 4096",
            "osmtracker_component_seen_timestamp_seconds{component=\"local\"} 1090",
            "osmtracker_upstream_refusals_total{status=\"509\"} 1",
            "osmtracker_step_failures_total{step=\"analyse\",kind=\"permanent\"} 1",
            "osmtracker_cloud_units_total{unit=\"table_read\"} 0.5",
            "osmtracker_problem{kind=\"dead_letters\"} 1",
            "osmtracker_problem{kind=\"behind\"} 0",
            "osmtracker_cost_estimate_dollars 0.5100",
        ] {
            has(&text, line);
        }
    }

    #[test]
    fn every_state_appears_with_its_public_name() {
        let text = render(&Snapshot::default(), &Gauges::default());
        let states = text.lines().filter(|line| line.starts_with("osmtracker_changeset_cnt{")).count();
        assert_eq!(states, 10);
    }

    #[test]
    fn what_nobody_knows_is_absent_and_not_zero() {
        let text = render(&Snapshot::default(), &Gauges::default());
        assert!(!text.contains("osmtracker_minutely_diff_timestamp"), "a lag since 1970 would alarm");
        assert!(!text.contains("osmtracker_queue_depth"));
    }

    #[test]
    fn the_tracker_s_own_view_of_the_feed_stands_in_for_the_cursor() {
        let metrics = Metrics::new();
        metrics.feed_position(gauges().cursor.as_ref().unwrap());
        has(&render(&metrics.snapshot(), &Gauges::default()), "osmtracker_minutely_diff_latest_seqno 6641016");
    }

    /// What `promtool check metrics` does not notice.
    fn check(text: &str) {
        let (mut seen, mut families) = (BTreeSet::new(), BTreeSet::new());
        let mut typed = None;
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("# ") {
                let words: Vec<_> = comment.splitn(3, ' ').collect();
                match words[0] {
                    "HELP" => assert!(!words[2].is_empty() && families.insert(words[1]), "{line}"),
                    "TYPE" => typed = Some((words[1], words[2])),
                    _ => panic!("{line}"),
                }
                continue;
            }
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(seen.insert(series), "duplicate sample {series}");
            assert!(value.parse::<f64>().unwrap().is_finite(), "{line}");
            let name = series.split('{').next().unwrap();
            let (family, kind) = typed.expect("a TYPE before any sample");
            assert!(families.contains(family), "no HELP before {family}");
            match kind {
                "histogram" => assert!(
                    ["_bucket", "_sum", "_count"].iter().any(|suffix| name.strip_suffix(suffix) == Some(family)),
                    "{line} under {family}"
                ),
                _ => assert_eq!(name, family),
            }
        }
        for family in &families {
            check_histogram(text, family);
        }
    }

    fn check_histogram(text: &str, family: &str) {
        let values = |prefix: &str| -> Vec<(String, f64)> {
            let lines = text.lines().filter(|line| line.starts_with(prefix)).map(|line| line.rsplit_once(' ').unwrap());
            lines.map(|(series, value)| (series.to_owned(), value.parse().unwrap())).collect()
        };
        let buckets = values(&format!("{family}_bucket{{"));
        let Some((last, all)) = buckets.last() else { return };
        assert!(last.contains("+Inf"), "{last}");
        assert_eq!(*all, values(&format!("{family}_count "))[0].1, "+Inf of {family}");
        assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "buckets of {family} fall");
        let bounds: Vec<f64> = buckets
            .iter()
            .map(|(series, _)| series.split('"').nth(1).unwrap().replace("+Inf", "inf").parse().unwrap())
            .collect();
        assert!(bounds.is_sorted_by(|a, b| a < b), "bounds of {family}");
    }

    #[test]
    fn the_exposition_is_sound_when_empty_and_when_busy() {
        check(&render(&Snapshot::default(), &Gauges::default()));
        check(&render(&busy().snapshot(), &gauges()));
    }

    #[test]
    fn only_the_fixed_names_lack_total() {
        let text = render(&busy().snapshot(), &gauges());
        let counters: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
            .filter(|name| !name.ends_with("_total"))
            .collect();
        assert_eq!(
            counters,
            [
                "osmtracker_events",
                "openstreetmap_api_events",
                "openstreetmap_api_bytes",
                "openstreetmap_api_alt_source_downloads",
                "openstreetmap_api_alt_source_download_bytes"
            ]
        );
    }
}
