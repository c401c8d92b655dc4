//! The series: names, labels, help texts, buckets. Everything that is counted has one entry here.

use osmtracker_osm::GapKind;

use super::labels::{
    ApiOperation, CloudUnit, Component, Direction, Event, EventAction, FailureKind, NotifyKind, NotifyResult,
    ObjectKind, RefusalStatus, RetryCause, SearchResult, SourceLabel, StepName,
};

/// All reasons for a gap, in the order of the exposition.
const GAPS: [GapKind; 5] =
    [GapKind::Redacted, GapKind::MissingOld, GapKind::MissingGeometry, GapKind::Truncated, GapKind::Repaired];

/// Name and help text of a family of series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
}

/// One counted series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counter {
    Events(Event, EventAction),
    ApiEvents(ApiOperation),
    ApiBytes(ApiOperation, Direction),
    AltSourceDownloads,
    AltSourceBytes,
    AnalysisSource(SourceLabel),
    Gaps(GapKind),
    Retries(RetryCause),
    Written(ObjectKind),
    WrittenBytes(ObjectKind),
    ColdStarts(Component),
    Refusals(RefusalStatus),
    StepFailures(StepName, FailureKind),
    Runs(Component),
    RunTime(Component),
    CpuTime(Component),
    CloudUnits(CloudUnit),
    SearchDocuments(SearchResult),
    Notifications(NotifyKind, NotifyResult),
}

impl Counter {
    /// Every series, those of one family together.
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        all.extend(pairs(Event::ALL, EventAction::ALL).map(|(event, action)| Self::Events(event, action)));
        all.extend(ApiOperation::ALL.iter().copied().map(Self::ApiEvents));
        all.extend(pairs(ApiOperation::ALL, Direction::ALL).map(|(call, direction)| Self::ApiBytes(call, direction)));
        all.extend([Self::AltSourceDownloads, Self::AltSourceBytes]);
        all.extend(SourceLabel::ALL.iter().copied().map(Self::AnalysisSource));
        all.extend(GAPS.map(Self::Gaps));
        all.extend(RetryCause::ALL.iter().copied().map(Self::Retries));
        all.extend(ObjectKind::ALL.iter().copied().map(Self::Written));
        all.extend(ObjectKind::ALL.iter().copied().map(Self::WrittenBytes));
        all.extend(Component::ALL.iter().copied().map(Self::ColdStarts));
        all.extend(RefusalStatus::ALL.iter().copied().map(Self::Refusals));
        all.extend(pairs(StepName::ALL, FailureKind::ALL).map(|(step, kind)| Self::StepFailures(step, kind)));
        all.extend(Component::ALL.iter().copied().map(Self::Runs));
        all.extend(Component::ALL.iter().copied().map(Self::RunTime));
        all.extend(Component::ALL.iter().copied().map(Self::CpuTime));
        all.extend(CloudUnit::ALL.iter().copied().map(Self::CloudUnits));
        all.extend(SearchResult::ALL.iter().copied().map(Self::SearchDocuments));
        let kinds = pairs(NotifyKind::ALL, NotifyResult::ALL);
        all.extend(kinds.map(|(kind, result)| Self::Notifications(kind, result)));
        all
    }

    pub(super) const fn family(self) -> Family {
        let (name, help) = match self {
            Self::Events(..) => ("osmtracker_events", "Things taken in and given out by the steps."),
            Self::ApiEvents(_) => ("openstreetmap_api_events", "Calls to the OSM API, retries included."),
            Self::ApiBytes(..) => ("openstreetmap_api_bytes", "Bytes exchanged with the OSM API, as on the wire."),
            Self::AltSourceDownloads => (
                "openstreetmap_api_alt_source_downloads",
                "Changesets downloaded from a source other than the OSM API.",
            ),
            Self::AltSourceBytes => (
                "openstreetmap_api_alt_source_download_bytes",
                "Bytes downloaded from sources other than the OSM API, as on the wire.",
            ),
            Self::AnalysisSource(_) => {
                ("osmtracker_analysis_source_total", "Changesets analysed, by the source that answered.")
            }
            Self::Gaps(_) => ("osmtracker_analysis_gaps_total", "What analyses could not know, by reason."),
            Self::Retries(_) => ("osmtracker_retries_total", "Things tried again, by cause."),
            Self::Written(_) => ("osmtracker_written_total", "Objects put into the site, by kind."),
            Self::WrittenBytes(_) => ("osmtracker_written_bytes_total", "Bytes put into the site, by kind."),
            Self::ColdStarts(_) => ("osmtracker_cold_starts_total", "Starts of a process or function environment."),
            Self::Refusals(_) => ("osmtracker_upstream_refusals_total", "Answers by which the upstream refuses us."),
            Self::StepFailures(..) => ("osmtracker_step_failures_total", "Steps that failed, tried again or not."),
            Self::Runs(_) => ("osmtracker_runs_total", "Invocations of a function, or steps of the local program."),
            Self::RunTime(_) => ("osmtracker_run_seconds_total", "Time that these took."),
            Self::CpuTime(_) => ("osmtracker_cpu_seconds_total", "Processor time of a component's processes."),
            Self::CloudUnits(_) => ("osmtracker_cloud_units_total", "What the cloud charges for, beside invocations."),
            Self::SearchDocuments(_) => {
                ("osmtracker_search_documents_total", "What the search index was told, by what became of it.")
            }
            Self::Notifications(..) => {
                ("osmtracker_notifications_total", "Notifications by what takes them and what became of them.")
            }
        };
        Family { name, help }
    }

    pub(super) fn labels(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Events(event, action) => vec![("event", event.as_str()), ("action", action.as_str())],
            Self::ApiEvents(operation) => vec![("operation", operation.as_str())],
            Self::ApiBytes(operation, direction) => {
                vec![("operation", operation.as_str()), ("direction", direction.as_str())]
            }
            Self::AltSourceDownloads | Self::AltSourceBytes => Vec::new(),
            Self::AnalysisSource(source) => vec![("source", source.as_str())],
            Self::Gaps(kind) => vec![("reason", kind.as_str())],
            Self::Retries(cause) => vec![("cause", cause.as_str())],
            Self::Written(kind) | Self::WrittenBytes(kind) => vec![("kind", kind.as_str())],
            Self::ColdStarts(component)
            | Self::Runs(component)
            | Self::RunTime(component)
            | Self::CpuTime(component) => {
                vec![("component", component.as_str())]
            }
            Self::Refusals(status) => vec![("status", status.as_str())],
            Self::StepFailures(step, kind) => vec![("step", step.as_str()), ("kind", kind.as_str())],
            Self::CloudUnits(unit) => vec![("unit", unit.as_str())],
            Self::SearchDocuments(result) => vec![("result", result.as_str())],
            Self::Notifications(kind, result) => vec![("kind", kind.as_str()), ("result", result.as_str())],
        }
    }

    /// Stored units in one exposed unit: what need not be whole is stored in millionths.
    pub(super) const fn per_unit(self) -> u64 {
        match self {
            Self::RunTime(_) | Self::CpuTime(_) | Self::CloudUnits(_) => 1_000_000,
            _ => 1,
        }
    }

    /// Name and labels as in the exposition: the key in a snapshot.
    pub(super) fn key(self) -> String {
        series(self.family().name, &self.labels())
    }
}

fn pairs<A: Copy, B: Copy>(a: &'static [A], b: &'static [B]) -> impl Iterator<Item = (A, B)> {
    a.iter().flat_map(move |&a| b.iter().map(move |&b| (a, b)))
}

/// `name{label="value",…}`, or the bare name.
pub(super) fn series(name: &str, labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return name.to_owned();
    }
    let labels: Vec<_> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
    format!("{name}{{{}}}", labels.join(","))
}

/// What is timed, each a histogram in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Handing one file of the changesets feed to the filter.
    MinutelyDiff,
    /// One changeset at the filter.
    ChangesetFilter,
    /// One changeset at the analyser.
    ChangesetAnalysis,
    /// One refresh of metadata.
    ChangesetRefresh,
    /// One publish of pages.
    Backend,
}

/// A family of buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HistogramKind {
    Time(Timer),
    ApiCalls,
}

/// Upper bounds in microseconds. Shared by all processes and never to change: rows of different ages are added up.
const TIME_BOUNDS: [u64; 18] = [
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
    900_000_000,
];

/// Upper bounds in calls. The budget of 1,000 elements is about ten calls, of 10,000 about sixty.
const CALL_BOUNDS: [u64; 14] = [0, 1, 2, 3, 4, 5, 7, 10, 15, 25, 50, 100, 250, 1_000];

impl HistogramKind {
    pub(super) const ALL: [Self; 6] = [
        Self::Time(Timer::MinutelyDiff),
        Self::Time(Timer::ChangesetFilter),
        Self::Time(Timer::ChangesetAnalysis),
        Self::Time(Timer::ChangesetRefresh),
        Self::Time(Timer::Backend),
        Self::ApiCalls,
    ];

    pub(super) const fn family(self) -> Family {
        let (name, help) = match self {
            Self::Time(Timer::MinutelyDiff) => (
                "osmtracker_minutely_diff_processing_time_seconds",
                "Time to hand a file of the changesets feed to the filter.",
            ),
            Self::Time(Timer::ChangesetFilter) => {
                ("osmtracker_changeset_filter_processing_time_seconds", "Time to filter a changeset.")
            }
            Self::Time(Timer::ChangesetAnalysis) => {
                ("osmtracker_changeset_analysis_processing_time_seconds", "Time to analyse a changeset.")
            }
            Self::Time(Timer::ChangesetRefresh) => {
                ("osmtracker_changeset_refresh_processing_time_seconds", "Time to refresh metadata of changesets.")
            }
            Self::Time(Timer::Backend) => {
                ("osmtracker_backend_processing_time_seconds", "Time to publish what changed.")
            }
            Self::ApiCalls => {
                ("osmtracker_changeset_api_calls", "Calls to upstream servers for one analysed changeset.")
            }
        };
        Family { name, help }
    }

    /// Upper bounds of all buckets but the last, `+Inf`; in units of [`Self::per_unit`].
    pub(super) const fn bounds(self) -> &'static [u64] {
        match self {
            Self::Time(_) => &TIME_BOUNDS,
            Self::ApiCalls => &CALL_BOUNDS,
        }
    }

    /// Stored units in one exposed unit: a sum of whole numbers does not depend on the order of adding.
    pub(super) const fn per_unit(self) -> u64 {
        match self {
            Self::Time(_) => 1_000_000,
            Self::ApiCalls => 1,
        }
    }
}
