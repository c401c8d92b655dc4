//! What an operator of a deployment sees, and mends, with the command line.

use std::{path::PathBuf, process::Command, time::Duration};

use osmtracker_pipeline::State;
use serde_json::Value;

use crate::{
    deployment::{Deployment, eventually},
    machine::Machine,
};

/// The command line of somebody with an account, for one deployment.
pub(crate) struct Operator {
    outputs: PathBuf,
    endpoint: String,
}

impl Operator {
    pub(crate) fn of(machine: &Machine) -> Self {
        Self { outputs: machine.outputs_file(), endpoint: machine.cloud.endpoint() }
    }

    /// Runs `osmtracker` with these words; its code and what it printed.
    pub(crate) async fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_osmtracker"));
        command.args(words).arg("--aws").arg(&self.outputs).env("AWS_ENDPOINT_URL", &self.endpoint);
        command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.env("AWS_REGION", osmtracker_testkit::local_cloud::REGION);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        (output.status.code(), said.concat())
    }

    pub(crate) async fn must(&self, words: &[&str]) -> String {
        let (code, said) = self.run(words).await;
        assert_eq!(code, Some(0), "{words:?}: {said}");
        said
    }

    pub(crate) async fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.must(&[words, &["--json"]].concat()).await).unwrap()
    }

    /// Dead letters of the queues, as the command line tells them.
    pub(crate) async fn dead(&self) -> Vec<u64> {
        let queues = self.json(&["admin", "queues", "show"]).await;
        queues.as_array().unwrap().iter().map(|queue| queue["dead"].as_u64().unwrap()).collect()
    }
}

/// The analyser may not put objects any more: its failures are counted, the changeset waits, and when the permission is
/// back everything is done without anybody's help.
pub(crate) async fn a_lost_permission_is_seen_and_mended(
    machine: &Machine,
    deployment: &Deployment,
    operator: &Operator,
    patience: Duration,
) {
    let done = operator.json(&["admin", "changesets", "list", "--state", "DONE", "--limit", "1"]).await;
    let id = done[0]["changeset"]["id"].to_string();
    let failures =
        async || counter(deployment, "osmtracker_step_failures_total{step=\"analyse\",kind=\"transient\"}").await;
    let before = failures().await;
    machine.proxy.deny(Some(("analyser", "s3 PUT")));
    operator.must(&["admin", "changesets", "reanalyse", &id, "--yes"]).await;
    let took = eventually("failures are counted", patience, async || failures().await > before).await;
    eprintln!("the metrics told of the lost permission {took:?} later");
    let lines = deployment.log_lines("analyser", "AccessDenied").await;
    assert!(!lines.is_empty(), "the log says which permission");
    machine.proxy.deny(None);
    let is_done = async || {
        let row = operator.json(&["admin", "changesets", "show", &id]).await;
        let asked = row["history"].as_array().unwrap().iter().any(|step| step["reason"] == "an operator asked for it");
        asked && row["state"] == State::Done.as_str()
    };
    let took = eventually("the changeset is analysed again", patience, is_done).await;
    eprintln!("it was analysed {took:?} after the permission was back");
}

async fn counter(deployment: &Deployment, series: &str) -> u64 {
    let metrics = deployment.text("site/metrics").await.unwrap_or_default();
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')).map(str::to_owned);
    line.map_or(0, |value| value.parse().unwrap())
}

/// Everything that can be asked for without changing anything works on a deployment, too.
pub(crate) async fn a_deployment_is_looked_at(operator: &Operator) {
    let said = operator.must(&["admin", "site", "verify"]).await;
    assert!(said.contains("all is well"), "{said}");
    let cursor = operator.json(&["admin", "replication", "show"]).await;
    assert_eq!(cursor["cursor"]["sequence"], cursor["cursor"]["head_sequence"]);
    let (_, said) = operator.run(&["doctor", "--json"]).await;
    // On stderr it says how many are wrong.
    let findings: Value = serde_json::from_str(&said[..=said.rfind(']').unwrap()]).unwrap();
    for finding in findings.as_array().unwrap() {
        let check = finding["check"].as_str().unwrap();
        // The recorded hour is long past.
        assert!(
            finding["ok"].as_bool().unwrap() || ["feed", "pipeline", "configuration"].contains(&check),
            "{finding}"
        );
    }
}
