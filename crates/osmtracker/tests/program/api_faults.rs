//! An API that refuses: what can be had later is had, what cannot is put aside with its reason, nothing is lost.

use std::{path::Path, time::Duration};

use osmtracker_testkit::{
    faults::{Fault, Switch},
    replay::Replay,
};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    process::{PATIENCE, Running, eventually, follow, run},
    site::{Site, status},
    world::{ALL, Clean, minutes},
};

const TO_THE_END: [&str; 2] = ["--until-caught-up", "--no-serve"];

/// The whole of the six minutes.
struct World {
    replay: Replay,
    folder: TempDir,
    clean: Clean,
}

impl World {
    async fn new() -> Self {
        Self { replay: minutes(ALL).await, folder: tempfile::tempdir().unwrap(), clean: Clean::new().await }
    }

    /// Runs into the fault until caught up; answers the states of the changesets.
    fn run_into(&self, switch: Switch, data: &str, attempts: &str) -> Value {
        self.replay.faults().on(switch);
        let mut command = follow(&self.replay, self.folder.path(), data, &TO_THE_END);
        command.env("OSMTRACKER_UPSTREAM_ATTEMPTS", attempts);
        run(command).expect_code(0);
        self.replay.faults().clear();
        status(&self.folder.path().join(data)).unwrap()["states"].clone()
    }

    fn site(&self, data: &str) -> Site {
        Site::read(&self.folder.path().join(data))
    }
}

/// How many changesets there are, whatever their state.
fn total(states: &Value) -> u64 {
    states.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

fn count(states: &Value, state: &str) -> u64 {
    states[state].as_u64().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_that_pass_leave_no_trace_on_the_site() {
    let world = World::new().await;
    for (number, fault) in [
        Fault::BandwidthExceeded { retry_after: 1 },
        Fault::TooManyRequests { retry_after: 1 },
        Fault::ServerError { status: 500 },
        Fault::ServerError { status: 503 },
        Fault::ConnectionReset,
        Fault::BodyCutOff,
        Fault::Slow { delay: Duration::from_millis(100) },
    ]
    .into_iter()
    .enumerate()
    {
        let data = format!("data-{number}");
        let states = world.run_into(Switch::new(fault).times(2), &data, "5");
        assert_eq!(count(&states, "QUARANTINED"), 0, "{fault:?}: {states}");
        world.clean.site.assert_same(&world.site(&data), &format!("{fault:?}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_that_stay_put_changesets_aside_with_the_reason_and_lose_none() {
    let world = World::new().await;
    let all = world.clean.site.changesets();
    for (number, fault, reason) in [
        (0, Fault::Forbidden, "refuses us with status 403"),
        (1, Fault::ServerError { status: 502 }, "status 502"),
        (2, Fault::TooManyRequests { retry_after: 3_600 }, "status 429"),
        (3, Fault::BandwidthExceeded { retry_after: 3_600 }, "status 509"),
        (4, Fault::ConnectionReset, "the connection failed"),
    ] {
        let data = format!("data-{number}");
        let states = world.run_into(fault.into(), &data, "1");
        let site = world.site(&data);
        assert_eq!(site.changesets(), all, "{fault:?}: every changeset has its page");
        assert_eq!(total(&states), all.len() as u64, "{fault:?}: {states}");
        assert_eq!(count(&states, "QUARANTINED"), world.clean.downloads, "{fault:?}: {states}");
        let quarantined = quarantined(&site);
        assert_eq!(quarantined.len() as u64, world.clean.downloads);
        let reasons: Vec<_> = quarantined.iter().map(|row| row["reason"].clone()).collect();
        let said = |reason: &Value, words: &str| reason.as_str().is_some_and(|text| text.contains(words));
        assert!(reasons.iter().any(|found| said(found, reason)), "{fault:?}: {reasons:?}");
        let or_asked_to_wait = |found: &Value| said(found, reason) || said(found, "the server asked to wait");
        assert!(reasons.iter().all(or_asked_to_wait), "{fault:?}: {reasons:?}");
        let page = site.text(&format!("changesets/{}/index.html", id(&quarantined[0])));
        assert!(page.contains("The elements appear here once the analysis succeeds"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_aside_is_analysed_later_and_the_site_is_as_if_nothing_had_been() {
    let world = World::new().await;
    let states = world.run_into(Switch::new(Fault::Forbidden).times(4), "data", "1");
    let (aside, done) = (count(&states, "QUARANTINED"), count(&states, "DONE"));
    assert!((1..=4).contains(&aside) && done > 0, "some of both: {states}");
    let data = world.folder.path().join("data");
    assert_eq!(quarantined(&world.site("data")).len() as u64, aside, "the list says so");
    let_ten_minutes_pass(&data);
    let command = follow(&world.replay, world.folder.path(), "data", &["--listen", "127.0.0.1:0"]);
    let running = Running::start(command);
    let settled = || (running.in_state("QUARANTINED") == 0 && running.in_state("REANALYSING") == 0).then_some(());
    eventually(PATIENCE, settled).unwrap();
    let published = || quarantined(&world.site("data")).is_empty().then_some(());
    eventually(PATIENCE, published).unwrap();
    running.interrupt();
    running.end().expect_code(0);
    world.clean.site.assert_same(&world.site("data"), "after the second try");
}

/// The rows of what failed.
fn quarantined(site: &Site) -> Vec<Value> {
    site.rows().into_iter().filter(|row| row["state"] == "quarantined").collect()
}

fn id(row: &Value) -> u64 {
    row["changeset"]["id"].as_u64().unwrap()
}

/// Makes everything due that waits for a moment to come.
fn let_ten_minutes_pass(data: &Path) {
    let database = Connection::open(data.join("osmtracker.sqlite")).unwrap();
    let sql = "UPDATE changeset SET due_at = 0, json = json_set(json, '$.due_at', '1970-01-01T00:00:00Z')
        WHERE state = 'QUARANTINED'";
    assert!(database.execute(sql, ()).unwrap() > 0);
}
