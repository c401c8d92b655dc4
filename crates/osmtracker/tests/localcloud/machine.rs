//! The machine under test: a local cloud with a proxy before it, a replayed upstream, and what Terraform sets up.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use osmtracker_testkit::{local_cloud::LocalCloud, replay::Replay};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    deployment::{Deployment, eventually},
    listeners::Listeners,
    proxy::Proxy,
    support::{self, Site, differing},
    terraform::{Planned, Terraform},
};

/// Everything, in the order in which it has to end.
pub(crate) struct Machine {
    pub(crate) terraform: Terraform,
    pub(crate) cloud: LocalCloud,
    pub(crate) proxy: Proxy,
    pub(crate) replay: Replay,
    folder: TempDir,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

impl Machine {
    /// The recorded hour as its upstream. `None`, loudly, where something that it takes is not installed.
    pub(crate) async fn start() -> Option<Self> {
        Self::with_upstream(support::recorded().await?).await
    }

    /// As [`Machine::start`], fed by this upstream.
    #[expect(clippy::print_stderr, reason = "a test that did not run must be seen in its output")]
    pub(crate) async fn with_upstream(replay: Replay) -> Option<Self> {
        let packages = workspace().join("dist").join(std::env::consts::ARCH.replace("aarch64", "arm64"));
        if !packages.join("tracker/bootstrap.zip").exists() {
            eprintln!("skipped: the local cloud: no packages in {}; `make package` builds them", packages.display());
            return None;
        }
        let proxy = Proxy::start().await;
        let cloud = LocalCloud::start_behind(Some(proxy.endpoint()))?;
        proxy.forward_to(cloud.endpoint());
        let folder = tempfile::tempdir().unwrap();
        let configuration = workspace().join("infra/terraform/examples/localcloud");
        let mut terraform = Terraform::new(&configuration, folder.path(), &cloud.endpoint())?;
        terraform.set("endpoint", cloud.endpoint());
        terraform.set("architecture", std::env::consts::ARCH.replace("aarch64", "arm64"));
        terraform.set("packages", packages.display().to_string());
        terraform.set("replication_url", replay.replication_url());
        terraform.set("api_url", replay.api_url());
        terraform.set("adiff_url", format!("{}/changesets/{{id}}.adiff", replay.adiff_url()));
        terraform.set("from_sequence", replay.first_sequence().0);
        terraform.set("documents", json!(["analysis", "diff", "adiff"]));
        // Each kill counts as a delivery of all that was in hand.
        terraform.set("max_receive_count", json!({"filter": 20, "analysis": 20, "publish": 40}));
        // A function that is killed keeps what it holds for so long.
        let names = ["tracker", "filter", "analyser", "publisher", "supervisor", "api", "search"];
        let mut short: serde_json::Map<_, _> =
            names.map(|name| (name.to_owned(), json!({"timeout_seconds": 30}))).into_iter().collect();
        // The least that it has.
        short.insert("notifier".to_owned(), json!({"timeout_seconds": 45}));
        terraform.set("functions", serde_json::Value::Object(short));
        terraform.set("total_seconds", 8);
        terraform.set("lease_seconds", 35);
        terraform.set("visibility_seconds", json!({"filter": 40, "analysis": 40, "publish": 40, "notify": 60}));
        Some(Self { terraform, cloud, proxy, replay, folder })
    }

    /// Applies the deployment as it was at the commit before the last one that changed it, with its defaults. Answers
    /// what becomes of its resources with the deployment as it is now; `None`, loudly, where history does not reach back.
    #[expect(clippy::print_stderr, reason = "a test that did not run must be seen in its output")]
    pub(crate) fn apply_previous(&mut self) -> Option<Vec<Planned>> {
        let git = |arguments: &[&str]| {
            let output = Command::new("git").args(arguments).current_dir(workspace()).output().unwrap();
            assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        let commits = String::from_utf8(git(&["log", "-2", "--format=%H", "--", "infra/terraform"])).unwrap();
        let Some(previous) = commits.lines().nth(1) else {
            eprintln!("skipped: the upgrade from the previous deployment: history has none");
            return None;
        };
        let archive = self.folder.path().join("previous.tar");
        std::fs::write(&archive, git(&["archive", previous, "infra/terraform"])).unwrap();
        let unpacked = Command::new("tar").arg("-xf").arg(&archive).current_dir(self.folder.path()).status().unwrap();
        assert!(unpacked.success());
        let folder = self.folder.path().join("infra/terraform/examples/localcloud");
        let mut before = Terraform::new(&folder, self.folder.path(), &self.cloud.endpoint())?;
        for name in ["endpoint", "architecture", "packages", "replication_url", "api_url", "adiff_url", "from_sequence"]
        {
            before.copy(name, &self.terraform);
        }
        before.set("schedules_enabled", false);
        eprintln!("{previous} was applied within {:?}", before.apply());
        // It shares the folder of modules and state with its predecessor.
        self.terraform = self.terraform.again()?;
        Some(self.terraform.plan())
    }

    pub(crate) fn deployment(&self) -> Deployment {
        Deployment::new(&self.cloud.endpoint(), self.terraform.outputs())
    }

    /// A file with what `terraform output -json` says.
    pub(crate) fn outputs_file(&self) -> PathBuf {
        let path = self.folder.path().join("outputs.json");
        std::fs::write(&path, self.terraform.outputs_json()).unwrap();
        path
    }

    /// What the local program publishes with the very configuration that the functions read, but for an index of its own.
    pub(crate) async fn expected(&self, deployment: &Deployment, listeners: &Listeners) -> Site {
        let file = self.folder.path().join("osmtracker.toml");
        std::fs::write(&file, listeners.apart(&deployment.configuration().await)).unwrap();
        let data = self.folder.path().join("local");
        let _ = std::fs::remove_dir_all(&data);
        let command = support::run(&self.replay, &data, &[("OSMTRACKER_CONFIG", file.to_str().unwrap())]);
        support::finish(command).await;
        support::site(&data)
    }

    /// The configuration and the data folder of the program that made what is expected.
    pub(crate) fn left_by_the_local_program(&self) -> (PathBuf, PathBuf) {
        (self.folder.path().join("osmtracker.toml"), self.folder.path().join("local"))
    }

    /// The most memory that each function had in use, in MB.
    pub(crate) fn memory(&self) -> BTreeMap<String, f64> {
        let mut most: BTreeMap<String, f64> = BTreeMap::new();
        for (id, name) in self.cloud.functions() {
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
            let kilobytes: f64 = high.and_then(|high| high.trim().parse().ok()).unwrap_or_default();
            let most = most.entry(name).or_default();
            *most = most.max(kilobytes / 1_024.0);
        }
        most
    }

    /// Kills a function that runs, with no chance to do anything about it; its name, when there was one.
    pub(crate) fn kill_one(&self) -> Option<String> {
        let running = self.cloud.functions();
        let (id, name) = running.get(fastrand::usize(0..running.len().max(1)))?;
        let killed = Command::new("kill").args(["-9", &id.to_string()]).status().unwrap();
        killed.success().then(|| name.clone())
    }
}

/// Waits until the site is the expected one and nothing is on its way.
pub(crate) async fn until_published(deployment: &Deployment, expected: &Site, patience: Duration) -> Duration {
    let mut differ = Vec::new();
    let started = tokio::time::Instant::now();
    loop {
        if deployment.rest().await == 0 {
            let site = deployment.site().await;
            differ = differing(expected, &site).into_iter().cloned().collect();
            if differ.is_empty() {
                return started.elapsed();
            }
        }
        let (rest, count) = (deployment.rest().await, differ.len());
        differ.truncate(20);
        if started.elapsed() >= patience {
            let said = complaints(deployment).await;
            panic!(
                "not published within {patience:?}: {rest} messages are left, {count} documents differed when last compared, \
                 such as {differ:?}; the functions said\n{said}"
            );
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Waits until nothing is on its way.
pub(crate) async fn until_quiet(deployment: &Deployment, patience: Duration) {
    eventually("all queues are empty", patience, async || deployment.rest().await == 0).await;
}

/// The last warnings and errors of each function.
async fn complaints(deployment: &Deployment) -> String {
    let mut said = String::new();
    for function in ["tracker", "filter", "analyser", "publisher", "supervisor", "notifier", "search"] {
        for level in ["\"WARN\"", "\"ERROR\"", "Task timed out", "REPORT"] {
            let lines = deployment.log_lines(function, level).await;
            let last = lines.iter().rev().take(3).map(|line| format!("{function}: {line}\n"));
            said.push_str(&format!("{function} {level}: {} lines\n", lines.len()));
            said.extend(last);
        }
    }
    said
}
