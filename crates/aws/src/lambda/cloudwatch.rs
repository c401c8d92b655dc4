//! What alarms of CloudWatch watch: nine metrics (ten are free in an account), as a line of the log in the embedded
//! metric format, which Lambda hands to CloudWatch. What AWS tells by itself, such as the age of messages, is not among them.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

use osmtracker_pipeline::{
    State,
    metrics::{FailureKind, Snapshot, StepName},
    steps::Observation,
};
use serde_json::{Value, json};

const NAMESPACE: &str = "osmtracker";

/// The one dimension: alarms and dashboard are a deployment's.
const DIMENSION: &str = "Deployment";

/// Tells CloudWatch of one deployment.
pub(super) struct CloudWatch {
    deployment: String,
    told: Mutex<Option<Counted>>,
}

/// Counters as they were told of: CloudWatch wants what came since.
#[derive(Clone, Copy)]
struct Counted {
    matched: u64,
    failures: u64,
}

impl Counted {
    fn of(counted: &Snapshot) -> Self {
        let failures = StepName::ALL.iter().flat_map(|step| FailureKind::ALL.iter().map(move |kind| (step, kind)));
        let failures = failures.map(|(step, kind)| {
            let (step, kind) = (step.as_str(), kind.as_str());
            counted.counter(&format!("osmtracker_step_failures_total{{step=\"{step}\",kind=\"{kind}\"}}"))
        });
        Self {
            matched: counted.counter("osmtracker_events{event=\"filter\",action=\"out\"}"),
            failures: failures.sum(),
        }
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            matched: self.matched.saturating_sub(earlier.matched),
            failures: self.failures.saturating_sub(earlier.failures),
        }
    }
}

/// A metric of the line; without a value it is left out.
struct Metric {
    name: &'static str,
    unit: &'static str,
    value: Option<Value>,
}

impl Metric {
    fn seconds(name: &'static str, value: Option<i64>) -> Self {
        Self { name, unit: "Seconds", value: value.map(Value::from) }
    }

    fn count(name: &'static str, value: u64) -> Self {
        Self { name, unit: "Count", value: Some(value.into()) }
    }
}

impl CloudWatch {
    pub(super) fn new(deployment: String) -> Self {
        Self { deployment, told: Mutex::default() }
    }

    /// Writes the line. A log that takes nothing is not to be told of in the log.
    pub(super) fn tell(&self, seen: &Observation) {
        let line = self.line(seen);
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }

    fn line(&self, seen: &Observation) -> String {
        let metrics = metrics(seen, self.since_last_time(&seen.counted));
        let known = || metrics.iter().filter(|metric| metric.value.is_some());
        let declared: Vec<_> = known().map(|metric| json!({ "Name": metric.name, "Unit": metric.unit })).collect();
        let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": declared });
        let mut line = json!({
            "_aws": { "Timestamp": seen.gauges.now.0.saturating_mul(1_000), "CloudWatchMetrics": [directive] },
            DIMENSION: self.deployment,
        });
        for metric in known() {
            line[metric.name] = metric.value.clone().unwrap_or_default();
        }
        format!("{line}\n")
    }

    /// What was counted since the last line; nothing at the first, since nobody knows what an earlier environment told.
    fn since_last_time(&self, counted: &Snapshot) -> Counted {
        let now = Counted::of(counted);
        let before = self.told.lock().unwrap_or_else(PoisonError::into_inner).replace(now);
        now.since(before.unwrap_or(now))
    }
}

fn metrics(seen: &Observation, new: Counted) -> [Metric; 9] {
    let gauges = &seen.gauges;
    let since = |moment| gauges.now.seconds_since(moment);
    let cursor = gauges.cursor.as_ref();
    [
        Metric::seconds("LagSeconds", cursor.map(|cursor| since(cursor.timestamp))),
        Metric::seconds("HeadAgeSeconds", cursor.map(|cursor| since(cursor.head_moved_at))),
        Metric::count("DeadLetters", gauges.queues.values().map(|queue| queue.dead).sum()),
        Metric::count("Quarantined", gauges.states.get(&State::Quarantined).copied().unwrap_or(0)),
        Metric::count("Problems", seen.problems.len() as u64),
        Metric::count("ChangesetsMatched", new.matched),
        Metric::count("StepFailures", new.failures),
        Metric { name: "CostEstimateDollars", unit: "None", value: gauges.cost.map(Value::from) },
        Metric::seconds("GenerationAgeSeconds", gauges.generation.map(|generation| since(generation.at))),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use osmtracker_osm::{ChangesetSequence, Timestamp};
    use osmtracker_pipeline::{
        metrics::{Event, EventAction, Gauges, Generation, Metrics, ProblemKind},
        ports::{FeedCursor, QueueDepth, QueueName},
        steps::Problem,
    };

    use super::*;

    fn seen(counted: &Metrics) -> Observation {
        let cursor = FeedCursor {
            first_sequence: None,
            sequence: ChangesetSequence(10),
            timestamp: Timestamp(940),
            head_sequence: ChangesetSequence(11),
            head_timestamp: Timestamp(990),
            checked_at: Timestamp(995),
            head_moved_at: Timestamp(970),
            waiting_for: None,
            fault: None,
            skipped: Vec::new(),
        };
        let queues = BTreeMap::from([
            (QueueName::Filter, QueueDepth { dead: 2, ..QueueDepth::default() }),
            (QueueName::Analysis, QueueDepth { dead: 1, ..QueueDepth::default() }),
        ]);
        let gauges = Gauges {
            now: Timestamp(1_000),
            states: BTreeMap::from([(State::Quarantined, 4), (State::Done, 90)]),
            cursor: Some(cursor),
            queues,
            generation: Some(Generation { number: 8, at: Timestamp(880) }),
            cost: Some(0.77),
            ..Gauges::default()
        };
        let problems = vec![Problem { kind: ProblemKind::DeadLetters, text: "\"said\"\n{\"_aws\":1}".to_owned() }];
        Observation { counted: counted.snapshot(), gauges, problems }
    }

    #[test]
    fn the_line_is_what_cloudwatch_reads() {
        let (cloudwatch, metrics) = (CloudWatch::new("osm-dk".to_owned()), Metrics::new());
        metrics.events(Event::Filter, EventAction::Out, 100);
        cloudwatch.line(&seen(&metrics));
        metrics.events(Event::Filter, EventAction::Out, 5);
        metrics.step_failed(StepName::Analyse, FailureKind::Permanent);
        metrics.step_failed(StepName::Track, FailureKind::Transient);
        metrics.step_failed(StepName::Track, FailureKind::Transient);
        let line = cloudwatch.line(&seen(&metrics));
        assert_eq!((line.matches('\n').count(), line.ends_with('\n')), (1, true), "one line");
        let read: Value = serde_json::from_str(&line).unwrap();
        let expected = json!({
            "_aws": {
                "Timestamp": 1_000_000,
                "CloudWatchMetrics": [{
                    "Namespace": "osmtracker",
                    "Dimensions": [["Deployment"]],
                    "Metrics": [
                        { "Name": "LagSeconds", "Unit": "Seconds" },
                        { "Name": "HeadAgeSeconds", "Unit": "Seconds" },
                        { "Name": "DeadLetters", "Unit": "Count" },
                        { "Name": "Quarantined", "Unit": "Count" },
                        { "Name": "Problems", "Unit": "Count" },
                        { "Name": "ChangesetsMatched", "Unit": "Count" },
                        { "Name": "StepFailures", "Unit": "Count" },
                        { "Name": "CostEstimateDollars", "Unit": "None" },
                        { "Name": "GenerationAgeSeconds", "Unit": "Seconds" },
                    ],
                }],
            },
            "Deployment": "osm-dk",
            "LagSeconds": 60,
            "HeadAgeSeconds": 30,
            "DeadLetters": 3,
            "Quarantined": 4,
            "Problems": 1,
            "ChangesetsMatched": 5,
            "StepFailures": 3,
            "CostEstimateDollars": 0.77,
            "GenerationAgeSeconds": 120,
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn what_nobody_knows_is_left_out_and_the_first_line_counts_nothing() {
        let (cloudwatch, metrics) = (CloudWatch::new("osm-dk".to_owned()), Metrics::new());
        metrics.events(Event::Filter, EventAction::Out, 100);
        let seen = Observation { counted: metrics.snapshot(), ..Observation::default() };
        let line: Value = serde_json::from_str(&cloudwatch.line(&seen)).unwrap();
        let declared = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        let names: Vec<_> = declared.iter().map(|metric| metric["Name"].as_str().unwrap()).collect();
        assert_eq!(names, ["DeadLetters", "Quarantined", "Problems", "ChangesetsMatched", "StepFailures"]);
        assert!(names.iter().all(|name| line[name] == 0), "{line}");
        assert!(line.get("LagSeconds").is_none());
    }
}
