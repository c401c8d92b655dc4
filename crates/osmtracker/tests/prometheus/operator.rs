//! What an operator can tell within a minute, and how he mends it by the runbook.

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use osmtracker_osm::Timestamp;
use osmtracker_testkit::{
    faults::{Fault, Place, Switch},
    replay::{Pace, Replay, ReplayOptions, serve},
    synth::{self, SynthOptions},
};
use serde_json::Value;

use crate::{
    documents::{RUNBOOK, alerts, chapters, dashboard, expressions, panels, read},
    process::{PATIENCE, Running, eventually, follow, osmtracker, run},
    server::{JOB, Prometheus, free_address},
};

/// In so much time an operator who looks can tell.
const MINUTE: Duration = Duration::from_secs(60);

const MINUTES: u32 = 8;

/// A program that follows a feed, and a Prometheus that watches it.
struct Watched {
    replay: Replay,
    folder: tempfile::TempDir,
    address: SocketAddr,
    prometheus: Prometheus,
    program: Running,
}

impl Watched {
    /// With the first `published` minutes processed. What fails once is not tried again within the test.
    async fn start(published: u32) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 60 * 60;
        let start = Timestamp(i64::try_from(now).unwrap() - 60 * i64::from(MINUTES));
        let options = SynthOptions {
            start,
            minutes: MINUTES,
            changesets_per_minute: 5.0,
            elements: 1..=20,
            ..SynthOptions::default()
        };
        let paced = ReplayOptions { pace: Pace::Stepped, ..ReplayOptions::default() };
        let replay = serve(synth::upstream(&options), paced).await.unwrap();
        replay.advance(published as usize - 1);
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        let listen = address.to_string();
        let mut command = follow(&replay, folder.path(), "data", &["--listen", &listen]);
        command.envs([("OSMTRACKER_PIPELINE_LEASE_SECONDS", "10"), ("OSMTRACKER_UPSTREAM_ATTEMPTS", "1")]);
        let program = Running::start(command);
        assert_eq!(program.address(), address);
        let watched = Self { replay, folder, address, prometheus: Prometheus::start(address), program };
        watched.until_read(published);
        watched
    }

    fn until_read(&self, published: u32) {
        let last = self.replay.first_sequence().0 + u64::from(published) - 1;
        let is_read = || {
            let latest = self.program.metric("osmtracker_minutely_diff_latest_seqno")?;
            let waiting: i64 =
                ["BOUNDS_CHECKED", "ANALYSING2", "REANALYSING"].map(|state| self.program.in_state(state)).iter().sum();
            let unpublished = self.program.metric("osmtracker_queue_depth{queue=\"publish\",state=\"waiting\"}")?;
            (latest == i64::try_from(last).unwrap() && waiting + unpublished == 0).then_some(())
        };
        eventually(PATIENCE, is_read).expect("everything published is processed");
    }

    /// What a panel of the dashboard shows, as its expressions have it.
    fn panel(&self, title: &str) -> Vec<f64> {
        let dashboard = dashboard();
        let panel = panels(&dashboard).into_iter().find(|panel| panel["title"] == title);
        let panel = panel.unwrap_or_else(|| panic!("the dashboard has no panel {title:?}"));
        let found = expressions(panel)
            .into_iter()
            .flat_map(|expression| self.prometheus.query(&expression.replace("$job", JOB)));
        found.map(|(_, value)| value).collect()
    }

    /// What is true of an alert's expression now, before it has been true for as long as it takes to call somebody.
    fn tells(&self, alert: &str) -> bool {
        let alerts = alerts();
        let alert = alerts.iter().find(|known| known.name == alert).unwrap_or_else(|| panic!("no alert {alert}"));
        !self.prometheus.query(&alert.expression).is_empty()
    }

    /// Waits for what an operator sees on looking, a minute at most.
    #[track_caller]
    #[expect(clippy::print_stderr, reason = "how long it took is worth seeing")]
    fn within_a_minute(&self, what: &str, mut is_seen: impl FnMut() -> bool) {
        let started = Instant::now();
        eventually(MINUTE, || is_seen().then_some(())).unwrap_or_else(|| panic!("{what}: not within a minute"));
        eprintln!("{what}: {:?}", started.elapsed());
    }

    /// `osmtracker admin`, as the runbook has it.
    fn admin(&self, words: &[&str]) -> String {
        let mut command = osmtracker(self.folder.path(), &["admin", "--data", "data", "--area", "planet"]);
        command.args(words);
        run(command).expect_code(0).stdout
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }
}

/// The chapter of an alert names what the operator then does.
fn runbook_names(alert: &str, command: &str) {
    let chapter = chapters(&read(RUNBOOK)).remove(alert).unwrap_or_else(|| panic!("no chapter {alert}"));
    let words: Vec<_> = chapter.split_whitespace().collect();
    assert!(words.join(" ").contains(command), "the chapter {alert} does not name `{command}`");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_froze_is_seen_and_nothing_has_to_be_done() {
    let watched = Watched::start(3).await;
    // Files go on appearing, and the state that announces them stands still.
    watched.replay.faults().on(Fault::HeadStale);
    watched.replay.advance(2);
    // The second line of the panel: how long ago the head moved. A file takes a second here, and a minute in the world.
    watched.within_a_minute("the head stands still", || watched.panel("Lag").get(1).is_some_and(|age| *age > 20.0));
    runbook_names("OsmtrackerHeadFrozen", "osmtracker admin replication show");
    let shown = watched.admin(&["replication", "show"]);
    assert!(shown.contains("0 ahead, moved"), "{shown}");

    watched.replay.faults().off(Fault::HeadStale);
    watched.until_read(5);
    watched.within_a_minute("it goes on by itself", || watched.panel("Lag").get(1).is_some_and(|age| *age < 20.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changeset_that_poisons_the_analyser_is_seen_and_analysed_again() {
    let watched = Watched::start(2).await;
    assert!(!watched.tells("OsmtrackerQuarantined"));
    watched.replay.faults().on(Switch::new(Fault::ServerError { status: 500 }).place(Place::Api).times(1));
    watched.replay.advance(2);
    watched.within_a_minute("a changeset is in quarantine", || watched.tells("OsmtrackerQuarantined"));
    watched.until_read(4);
    assert_eq!(watched.program.in_state("QUARANTINED"), 1, "all others went on");
    let listed = watched.admin(&["changesets", "list", "--state", "QUARANTINED", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert!(listed[0]["reason"].as_str().unwrap().contains("did not answer"), "{listed}");
    runbook_names("OsmtrackerQuarantined", "osmtracker admin changesets reanalyse");

    watched.admin(&["changesets", "reanalyse", "--state", "QUARANTINED", "--yes"]);
    watched.within_a_minute("it is analysed", || !watched.tells("OsmtrackerQuarantined"));
    let id = listed[0]["changeset"]["id"].to_string();
    let row: Value = serde_json::from_str(&watched.admin(&["changesets", "show", &id, "--json"])).unwrap();
    assert_eq!(row["state"], "DONE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_may_not_write_is_seen_and_its_messages_are_given_back() {
    let watched = Watched::start(2).await;
    assert!(!watched.tells("OsmtrackerDeadLetters"));
    // A file where a folder should be: nobody, not even root, can write below it.
    let pages = watched.data().join("site/changesets");
    let aside = watched.data().join("aside");
    move_away(&pages, &aside);
    watched.replay.advance(2);
    watched.within_a_minute("messages are put aside", || watched.tells("OsmtrackerDeadLetters"));
    assert!(
        watched.prometheus.query("osmtracker_step_failures_total{step=\"publish\",kind=\"permanent\"} > 0").len() == 1
    );
    let shown = watched.admin(&["queues", "show"]);
    assert!(shown.contains("dead letters of publish"), "{shown}");
    runbook_names("OsmtrackerDeadLetters", "osmtracker admin queues redrive");

    std::fs::remove_file(&pages).unwrap();
    std::fs::rename(&aside, &pages).unwrap();
    watched.admin(&["queues", "redrive", "--yes"]);
    watched.within_a_minute("nothing is put aside", || !watched.tells("OsmtrackerDeadLetters"));
    watched.until_read(4);
    let verified = || {
        let command =
            osmtracker(watched.folder.path(), &["admin", "--data", "data", "--area", "planet", "site", "verify"]);
        (run(command).code == Some(0)).then_some(())
    };
    eventually(PATIENCE, verified).expect("every page is there");
    let _ = watched.address;
}

/// Puts a file in the place of a folder, whatever writes into it at that moment.
fn move_away(folder: &Path, aside: &Path) {
    std::fs::rename(folder, aside).unwrap();
    std::fs::write(folder, "in the way").unwrap();
}
