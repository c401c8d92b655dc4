//! `[pipeline]`, `[api]` and `[log]`.

use std::time::Duration;

use super::reader::{Reader, Section};

/// `[pipeline]`: how long things wait, how often they are tried, how many run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineConfig {
    /// After so long an open changeset is looked at although the feed did not tell of its closing.
    pub refresh_open: Duration,
    /// So long after a gap in the feed, changesets that it may have told of are asked for at the API; `None`: never.
    pub refresh_meta: Option<Duration>,
    /// After so long a failed changeset is tried again.
    pub retry: Duration,
    /// Failed tries after which a changeset is left alone.
    pub max_attempts: u32,
    /// How long after its closing a changeset stays on the site; `None`: for good.
    pub horizon: Option<Duration>,
    /// How long a worker may be silent before its work goes to another.
    pub lease: Duration,
    /// Files of the feed read in one run.
    pub max_sequences: u32,
    /// Changesets that lists, feeds and totals are made of; older ones are in the hours' documents.
    pub window_rows: usize,
    /// Least time between two writings of lists, feeds and totals.
    pub publish: Duration,
    /// Least time between two writings of `status.json` and `metrics` while nothing is published.
    pub status: Duration,
    /// Whether the object `metrics` is written.
    pub metrics: bool,
    /// Messages worked on at once.
    pub concurrency: Concurrency,
}

/// Messages worked on at once by one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// At the filter.
    pub filter: usize,
    /// At the analyser. The OSM API is still asked for two downloads at a time at most.
    pub analysis: usize,
}

/// `[api]`: what the local program answers over HTTP beside the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiConfig {
    /// Requests a minute that one client may make of the API; `None`: any number. A client that was quiet for a minute
    /// may make as many at once.
    pub requests_per_minute: Option<u32>,
}

/// `[log]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// What is logged: a level, perhaps with others for single crates, as `tracing-subscriber` reads it.
    pub level: String,
    /// How.
    pub format: LogFormat,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

fn minutes(number: u32) -> Duration {
    Duration::from_secs(u64::from(number) * 60)
}

pub(super) fn read_pipeline(reader: &mut Reader<'_>, root: &mut Section) -> PipelineConfig {
    let mut section = reader.section(root, "pipeline");
    let s = &mut section;
    const WEEK: u32 = 7 * 24 * 60;
    let some = |minutes: Duration| (!minutes.is_zero()).then_some(minutes);
    let config = PipelineConfig {
        refresh_open: minutes(reader.integer(s, "refresh_open_minutes", 1..=WEEK, 60)),
        refresh_meta: some(minutes(reader.integer(s, "refresh_meta_minutes", 0..=WEEK, 60))),
        retry: minutes(reader.integer(s, "retry_minutes", 1..=WEEK, 10)),
        max_attempts: reader.integer(s, "max_attempts", 1..=1_000, 10),
        horizon: some(minutes(reader.integer(s, "horizon_hours", 0..=1_000_000, 72) * 60)),
        lease: Duration::from_secs(reader.integer(s, "lease_seconds", 10..=24 * 3_600, 300).into()),
        max_sequences: reader.integer(s, "max_sequences", 1..=100_000, 60),
        window_rows: reader.integer(s, "window_rows", 100..=100_000, 1_000) as usize,
        publish: Duration::from_secs(reader.integer(s, "publish_seconds", 0..=3_600, 0).into()),
        status: Duration::from_secs(reader.integer(s, "status_seconds", 0..=3_600, 0).into()),
        metrics: reader.bool(s, "metrics").unwrap_or(true),
        concurrency: concurrency(reader, s),
    };
    reader.done(section);
    config
}

fn concurrency(reader: &mut Reader<'_>, parent: &mut Section) -> Concurrency {
    let mut section = reader.section(parent, "concurrency");
    let mut read = |key, default| reader.integer(&mut section, key, 1..=64, default) as usize;
    let concurrency = Concurrency { filter: read("filter", 1), analysis: read("analysis", 4) };
    reader.done(section);
    concurrency
}

pub(super) fn read_api(reader: &mut Reader<'_>, root: &mut Section) -> ApiConfig {
    let mut section = reader.section(root, "api");
    let limit = reader.integer(&mut section, "requests_per_minute", 0..=1_000_000, 600);
    reader.done(section);
    ApiConfig { requests_per_minute: (limit > 0).then_some(limit) }
}

pub(super) fn read_log(reader: &mut Reader<'_>, root: &mut Section) -> LogConfig {
    let mut section = reader.section(root, "log");
    let level = reader.text(&mut section, "level");
    if let Some(level) = &level
        && !is_filter(&level.value)
    {
        let hint = "write error, warn, info, debug or trace, perhaps with others for single crates: \
                    \"info,osmtracker_upstream=debug\"";
        reader.wrong(&level.origin, format!("`level` is no level; {hint}"));
    }
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let format = reader.text(&mut section, "format").and_then(|text| reader.choice("format", &text, &formats));
    reader.done(section);
    LogConfig {
        level: level.map_or_else(|| "info".to_owned(), |it| it.value),
        format: format.unwrap_or(LogFormat::Text),
    }
}

fn is_filter(text: &str) -> bool {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    text.split(',').all(|directive| {
        let (target, level) = directive.rsplit_once('=').unwrap_or(("", directive));
        LEVELS.contains(&level.trim()) && target.chars().all(|c| c.is_ascii_alphanumeric() || "_:-".contains(c))
    })
}
