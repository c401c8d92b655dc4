//! The program at work, killed and started again, as Prometheus sees it.

use std::{
    io::Write,
    net::SocketAddr,
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use osmtracker_osm::Timestamp;
use osmtracker_testkit::{
    faults::{Fault, Switch},
    replay::{Pace, Replay, ReplayOptions, serve},
    synth::{self, SynthOptions},
};

use crate::{
    answer::get,
    documents::{alerts, dashboard, expressions, panels},
    exposition::Exposition,
    expressions::names,
    process::{PATIENCE, Running, eventually, follow},
    server::{INSTALL, JOB, Prometheus, free_address},
};

/// Minutes of made-up editing.
const MINUTES: u32 = 9;

/// Before which of them the program is killed.
const KILLS: [u32; 2] = [4, 7];

/// Counters that are named as an older program named them, on which dashboards rely.
const WITHOUT_TOTAL: [&str; 5] = [
    "openstreetmap_api_alt_source_download_bytes",
    "openstreetmap_api_alt_source_downloads",
    "openstreetmap_api_bytes",
    "openstreetmap_api_events",
    "osmtracker_events",
];

/// What has no data in this test, and why.
const WITHOUT_DATA: [(&str, &str); 3] = [
    ("osmtracker_cost_estimate_dollars", "only a cloud charges"),
    ("osmtracker_search_lag_seconds", "there is no search index"),
    ("osmtracker_changeset_refresh_processing_time_seconds", "no changeset stays open for as long as a refresh takes"),
];

fn has_a_reason(expression: &str) -> bool {
    WITHOUT_DATA.iter().any(|(name, _)| expression.contains(name))
}

/// Everything that is looked at while the program works.
struct World {
    replay: Replay,
    folder: tempfile::TempDir,
    address: SocketAddr,
    scrapes: Vec<Exposition>,
}

impl World {
    /// The last minutes until now, the first of them published.
    async fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 60 * 60;
        let start = Timestamp(i64::try_from(now).unwrap() - 60 * i64::from(MINUTES));
        let options = SynthOptions {
            start,
            minutes: MINUTES,
            changesets_per_minute: 5.0,
            elements: 1..=40,
            ..SynthOptions::default()
        };
        let paced = ReplayOptions { pace: Pace::Stepped, ..ReplayOptions::default() };
        let replay = serve(synth::upstream(&options), paced).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { replay, folder, address: free_address(), scrapes: Vec::new() }
    }

    fn start_program(&self) -> Running {
        let listen = self.address.to_string();
        let running = Running::start(follow(&self.replay, self.folder.path(), "data", &["--listen", &listen]));
        assert_eq!(running.address(), self.address);
        running
    }

    /// Scrapes as Prometheus does, and checks what it does not.
    fn scrape(&mut self) -> &Exposition {
        let answer = get(self.address, "/metrics");
        assert_eq!(answer.status, 200);
        let scrape = Exposition::parse(answer.text());
        assert_eq!(scrape.faults(), Vec::<String>::new());
        if let Some(earlier) = self.scrapes.last() {
            let fallen = scrape.fallen_since(earlier);
            assert!(fallen.is_empty(), "after {} scrapes {} fell: {}", self.scrapes.len(), fallen.len(), fallen[0]);
        }
        self.scrapes.push(scrape);
        self.scrapes.last().unwrap()
    }

    /// Scrapes until a series has at least this value.
    #[track_caller]
    fn scrape_until(&mut self, series: &str, least: f64) {
        let reached = eventually(PATIENCE, || {
            let value = self.scrape().value(series);
            value.filter(|value| *value >= least)
        });
        assert!(reached.is_some(), "{series} did not reach {least}: {:?}", self.scrapes.last().unwrap().value(series));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_understands_a_program_that_works_and_is_killed() {
    let mut world = World::new().await;
    let prometheus = Prometheus::start(world.address);
    let first = world.replay.first_sequence().0;
    let mut running = world.start_program();
    for minute in 1..=MINUTES {
        if KILLS.contains(&minute) {
            drop(running); // by SIGKILL, in the middle of what it does
            running = world.start_program();
        }
        if minute == 2 {
            world.replay.faults().on(Switch::new(Fault::TooManyRequests { retry_after: 1 }).times(1));
        }
        let sequence = first + u64::from(minute) - 1;
        world.scrape_until("osmtracker_minutely_diff_latest_seqno", sequence as f64);
        // The editing goes on for as long as Prometheus scrapes.
        prometheus.wait_for_scrapes(minute);
        world.replay.advance(1);
    }
    world.scrape_until("osmtracker_cold_starts_total{component=\"local\"}", (KILLS.len() + 1) as f64);
    world.scrape_until("osmtracker_backend_processing_time_seconds_count", 1.0);
    world.scrape_until("osmtracker_events{event=\"analysis\",action=\"out\"}", 10.0);
    // Two scrapes after the last event, so that each rate has what it needs.
    prometheus.wait_for_scrapes(prometheus.scrapes() + 2);

    assert_promtool_finds_only_the_fixed_names(get(world.address, "/metrics").text());
    assert!(prometheus.assert_nothing_came_twice_or_fell() > 30);
    assert_the_dashboard_has_data(&prometheus);
    assert_the_alerts_are_evaluated(&prometheus);
    drop(running);
}

fn assert_promtool_finds_only_the_fixed_names(text: &str) {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("promtool {INSTALL} ({error})"));
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let mut lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    let expected = WITHOUT_TOTAL.map(|name| format!("{name} counter metrics should have \"_total\" suffix"));
    assert_eq!(lines, expected);
    assert_eq!(output.status.code(), Some(3), "lint alone");
}

fn assert_the_dashboard_has_data(prometheus: &Prometheus) {
    let dashboard = dashboard();
    let mut without = Vec::new();
    for panel in panels(&dashboard) {
        for expression in expressions(panel) {
            let found = prometheus.query(&expression.replace("$job", JOB));
            if !found.iter().any(|(_, value)| value.is_finite()) && !has_a_reason(expression) {
                without.push((panel["title"].as_str().unwrap().to_owned(), expression));
            }
        }
    }
    assert!(without.is_empty(), "no data for {without:#?}");
}

fn assert_the_alerts_are_evaluated(prometheus: &Prometheus) {
    let is_evaluated = || {
        let rules = prometheus.rules();
        let failed = rules.iter().filter(|rule| rule["health"] == "err").map(ToString::to_string);
        assert_eq!(failed.collect::<Vec<_>>(), Vec::<String>::new());
        let known = rules.iter().filter(|rule| rule["health"] == "ok").count();
        (known == rules.len() && known == alerts().len()).then_some(())
    };
    eventually(PATIENCE, is_evaluated).expect("every alert is evaluated");
    for alert in alerts() {
        prometheus.query(&alert.expression);
        for name in names(&alert.expression).into_iter().filter(|name| !has_a_reason(name)) {
            assert!(!prometheus.query(&format!("count({name})")).is_empty(), "{}: no {name}", alert.name);
        }
    }
    let critical = prometheus.query("ALERTS{alertstate=\"firing\",severity=\"critical\"}");
    assert!(critical.is_empty(), "all is well, and yet {critical:?}");
}
