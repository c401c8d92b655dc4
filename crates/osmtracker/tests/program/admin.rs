//! `osmtracker admin` and `osmtracker doctor` beside a program that runs.

use std::{path::Path, process::Command};

use osmtracker_testkit::replay::Replay;
use serde_json::Value;

use crate::{
    process::{Ended, PATIENCE, Running, eventually, follow, osmtracker, run},
    world::{ALL, minutes},
};

/// An order to the data folder `d`, with the upstream that the program follows.
pub(crate) fn order(replay: &Replay, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = osmtracker(folder, &arguments[..1]);
    command.args(["--data", "d", "--area", "planet", "--contact", "tests@example.org", "--api-url", &replay.api_url()]);
    command.args(&arguments[1..]);
    command
        .env("OSMTRACKER_UPSTREAM_REPLICATION_URL", replay.replication_url())
        .env("OSMTRACKER_UPSTREAM_SOURCES", "osm-api")
        .env("OSMTRACKER_PIPELINE_HORIZON_HOURS", "0");
    command
}

#[track_caller]
fn json(ended: Ended) -> Value {
    let ended = ended.expect_code(0);
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

/// A program that has read everything and goes on running.
async fn started(replay: &Replay, folder: &Path) -> Running {
    let program = Running::start(follow(replay, folder, "d", &["--listen", "127.0.0.1:0"]));
    let is_done = || {
        let waiting: i64 =
            ["NEW", "BOUNDS_CHECKED", "ANALYSING2", "CLOSED", "REANALYSING"].map(|s| program.in_state(s)).iter().sum();
        let is_read = program.metric("osmtracker_minutely_diff_latest_seqno")
            >= program.metric("osmtracker_minutely_diff_head_seqno");
        let is_published = program.metric("osmtracker_queue_depth{queue=\"publish\",state=\"waiting\"}") == Some(0);
        (is_read && is_published && waiting == 0 && program.in_state("DONE") > 5).then_some(())
    };
    eventually(PATIENCE, is_done).expect("everything is analysed");
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_and_mends_a_program_that_runs() {
    let (replay, folder) = (minutes(ALL).await, tempfile::tempdir().unwrap());
    let program = started(&replay, folder.path()).await;
    let order = |arguments: &[&str]| run(order(&replay, folder.path(), arguments));

    let rows = json(order(&["admin", "changesets", "list", "--json", "--limit", "500"]));
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len() as i64, program.in_state("DONE") + program.in_state("OPEN"));
    let done = rows.iter().find(|row| row["state"] == "DONE").unwrap();
    let id = done["changeset"]["id"].to_string();
    let shown = json(order(&["admin", "changesets", "show", &id, "--json"]));
    assert_eq!(&shown, done);
    let text = order(&["admin", "changesets", "show", &id]).expect_code(0).stdout;
    assert!(text.contains("state       DONE") && text.contains("BOUNDS_CHECKED"), "{text}");

    let refused = order(&["admin", "changesets", "reanalyse", &id]).expect_code(2);
    assert!(refused.stderr.contains("add --yes to do it"), "{}", refused.stderr);
    let dry = order(&["admin", "changesets", "reanalyse", &id, "--dry-run"]).expect_code(0);
    assert_eq!(dry.stdout, "would analyse 1 changeset again\n");
    order(&["admin", "changesets", "reanalyse", &id, "--yes"]).expect_code(0);
    let again = || {
        let row = json(order(&["admin", "changesets", "show", &id, "--json"]));
        let asked = row["history"].as_array()?.iter().any(|step| step["reason"] == "an operator asked for it");
        (asked && row["state"] == "DONE").then_some(())
    };
    eventually(PATIENCE, again).expect("the running program analysed it again");

    json(order(&["admin", "changesets", "drop", &id, "--yes", "--json"]));
    let page = folder.path().join(format!("d/site/changesets/{id}/index.html"));
    eventually(PATIENCE, || (!page.exists()).then_some(())).expect("the running program removed the page");
    let files =
        json(order(&["admin", "backfill", "--since", "2000-01-01", "--yes", "--json", "--files-a-minute", "600"]));
    assert_eq!(files["files"], ALL);
    eventually(PATIENCE, || page.exists().then_some(())).expect("the running program took it up again");

    let queues = json(order(&["admin", "queues", "show", "--json"]));
    let names: Vec<_> = queues.as_array().unwrap().iter().map(|queue| queue["queue"].as_str().unwrap()).collect();
    assert_eq!(names, ["filter", "analysis", "publish", "notify"]);
    assert_eq!(order(&["admin", "queues", "redrive"]).expect_code(0).stdout, "there are no dead letters\n");
    let cursor = json(order(&["admin", "replication", "show", "--json"]));
    assert_eq!(cursor["cursor"]["sequence"], cursor["cursor"]["head_sequence"]);
    assert_eq!(order(&["admin", "replication", "gaps"]).expect_code(0).stdout, "no file was left out\n");
    order(&["admin", "replication", "set", "1", "--yes"]).expect_code(2);

    json(order(&["admin", "site", "rebuild", "--yes", "--json"]));
    let verified = || (order(&["admin", "site", "verify"]).code == Some(0)).then_some(());
    eventually(PATIENCE, verified).expect("the site is as it should be");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_looks_at_everything_and_says_what_to_do() {
    let (replay, folder) = (minutes(ALL).await, tempfile::tempdir().unwrap());
    let nothing = run(order(&replay, folder.path(), &["doctor"])).expect_code(2);
    assert!(nothing.stderr.contains("is no data folder"), "{}", nothing.stderr);
    let _program = started(&replay, folder.path()).await;
    let findings = run(order(&replay, folder.path(), &["doctor", "--json"]));
    let findings: Value = serde_json::from_str(&findings.stdout).unwrap();
    for finding in findings.as_array().unwrap() {
        let (check, is_well) = (finding["check"].as_str().unwrap(), finding["ok"].as_bool().unwrap());
        // What is replayed was made up for a day that is past.
        assert_eq!(is_well, check != "feed", "{finding}");
    }
    let checks = [
        "configuration",
        "table",
        "filter queue",
        "analysis queue",
        "publish queue",
        "notify queue",
        "site",
        "feed",
        "API",
        "tracker",
    ];
    assert_eq!(
        findings.as_array().unwrap().iter().map(|finding| finding["check"].as_str().unwrap()).collect::<Vec<_>>(),
        checks
    );
    let api = replay.api_url();
    drop(replay);
    let gone = {
        let mut command =
            osmtracker(folder.path(), &["doctor", "--data", "d", "--area", "planet", "--contact", "tests@example.org"]);
        command.args(["--api-url", &api]).env("OSMTRACKER_UPSTREAM_ATTEMPTS", "1");
        command.env("OSMTRACKER_UPSTREAM_REPLICATION_URL", format!("{api}/nothing"));
        run(command).expect_code(1)
    };
    assert!(
        gone.stdout.contains("WRONG  API") && gone.stdout.contains("to do: look at upstream.api_url"),
        "{}",
        gone.stdout
    );
}
