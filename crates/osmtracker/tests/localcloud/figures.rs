//! Figures for `docs/performance.md`: `make figures`. Not part of the tests, which must not depend on how fast a machine is.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use osmtracker_testkit::{
    replay::{Pace, ReplayOptions, serve},
    synth::{SynthOptions, upstream},
};
use serde_json::json;

use crate::{
    deployment::Deployment,
    machine::{Machine, until_quiet},
    proxy::Counts,
};

/// Changesets of one file of the feed, one after the other, on a site where nothing else happens.
const QUIET: u32 = 20;
/// Files of the feed with a hundred changesets each.
const BUSY: u32 = 10;

const FUNCTIONS: [&str; 5] = ["tracker", "filter", "analyser", "publisher", "supervisor"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_of_the_local_cloud() {
    if std::env::var_os("OSMTRACKER_TEST_FIGURES").is_none() {
        return;
    }
    match std::env::var("OSMTRACKER_TEST_FIGURES").as_deref() {
        Ok("busy") => busy().await,
        _ => {
            quiet().await;
            busy().await;
        }
    }
}

async fn machine(options: &SynthOptions, settings: &[(&str, serde_json::Value)]) -> (Machine, Deployment) {
    let replay = serve(upstream(options), ReplayOptions { pace: Pace::Stepped, ..ReplayOptions::default() }).await;
    let mut machine = Machine::with_upstream(replay.unwrap()).await.unwrap();
    for (name, value) in settings {
        machine.terraform.set(name, value.clone());
    }
    machine.terraform.set("schedules_enabled", false);
    machine.terraform.set("documents", json!(["analysis"]));
    machine.terraform.apply();
    let deployment = machine.deployment();
    (machine, deployment)
}

/// One changeset at a time, and the time until its page is there.
async fn quiet() {
    let options =
        SynthOptions { minutes: QUIET, changesets_per_minute: 1.0, elements: 1..=50, ..SynthOptions::default() };
    let settings = [("publish_seconds", json!(0)), ("status_seconds", json!(300))];
    let (machine, deployment) = machine(&options, &settings).await;
    let mut took = Vec::new();
    for _ in 0..QUIET {
        let before = pages(&deployment).await;
        let started = Instant::now();
        deployment.invoke("tracker").await;
        while pages(&deployment).await == before && started.elapsed() < Duration::from_secs(20) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if pages(&deployment).await != before {
            took.push(started.elapsed());
        }
        until_quiet(&deployment, Duration::from_secs(60)).await;
        machine.replay.advance(1);
    }
    took.sort();
    let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
    eprintln!("a changeset at a time, from the tracker's start to its page: {} of {QUIET} files had one", took.len());
    eprintln!("  p50 {:?}, p99 {:?}", at(50), at(99));
    memory(&machine);
    starts(&deployment).await;
}

async fn pages(deployment: &Deployment) -> usize {
    deployment.keys("site/changesets/").await
}

/// A thousand changesets, a hundred a file, all files at once; lists at most every minute.
async fn busy() {
    let options =
        SynthOptions { minutes: BUSY, changesets_per_minute: 100.0, elements: 1..=50, ..SynthOptions::default() };
    let settings =
        [("publish_seconds", json!(60)), ("status_seconds", json!(300)), ("publish_window_seconds", json!(10))];
    let (machine, deployment) = machine(&options, &settings).await;
    machine.proxy.take_counts();
    machine.replay.advance(BUSY as usize);
    let started = Instant::now();
    deployment.invoke("tracker").await;
    let mut analysed = None;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let rest = deployment.rest_of_analysis().await;
        if rest == 0 && started.elapsed() > Duration::from_secs(3) {
            analysed.get_or_insert(started.elapsed());
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(600), "{rest} messages are left");
    }
    until_quiet(&deployment, Duration::from_secs(300)).await;
    let whole = started.elapsed();
    let changesets = pages(&deployment).await / 2;
    let analysed = analysed.unwrap();
    eprintln!("{changesets} changesets at once: analysed within {analysed:?}, published within {whole:?}");
    eprintln!("  {:.0} changesets a second to their analysis", changesets as f64 / analysed.as_secs_f64());
    eprintln!("  requests, for 1,000 changesets:");
    for (kind, count) in by_function_and_kind(&machine.proxy.take_counts()) {
        eprintln!("    {kind:<42} {:.0}", count as f64 * 1_000.0 / changesets as f64);
    }
    for function in FUNCTIONS {
        let invocations = deployment.log_lines(function, "REPORT RequestId").await.len();
        eprintln!(
            "  {function}: {:.0} invocations for 1,000 changesets",
            invocations as f64 * 1_000.0 / changesets as f64
        );
    }
    memory(&machine);
}

fn by_function_and_kind(counts: &Counts) -> BTreeMap<String, u64> {
    let known = counts.iter().filter(|((function, _), _)| function != "unknown");
    known.map(|((function, kind), count)| (format!("{function} {kind}"), *count)).collect()
}

fn memory(machine: &Machine) {
    for (name, megabytes) in machine.memory() {
        eprintln!("  {name}: at most {megabytes:.1} MB of memory");
    }
}

/// How long functions took from their start to their first invocation.
async fn starts(deployment: &Deployment) {
    for function in FUNCTIONS {
        let lines = deployment.log_lines(function, "\"start_ms\"").await;
        let mut times: Vec<u64> = lines
            .iter()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line.trim()).ok()?["start_ms"].as_u64())
            .collect();
        times.sort_unstable();
        eprintln!("  {function}: {times:?} ms from its start to its first poll");
    }
}
