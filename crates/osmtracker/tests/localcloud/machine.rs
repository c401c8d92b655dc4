//! The machine under test: a local cloud with a proxy before it, a replayed upstream, and what Terraform sets up.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use osmtracker_testkit::{local_cloud::LocalCloud, replay::Replay};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    deployment::{Deployment, eventually},
    proxy::Proxy,
    support::{self, Site, differing},
    terraform::Terraform,
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
    /// `None`, loudly, where something that it takes is not installed.
    #[expect(clippy::print_stderr, reason = "a test that did not run must be seen in its output")]
    pub(crate) async fn start() -> Option<Self> {
        let replay = support::recorded().await?;
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
        terraform.set("max_receive_count", 6);
        // A function that is killed keeps what it holds for so long.
        let names = ["tracker", "filter", "analyser", "publisher", "supervisor"];
        let short: serde_json::Map<_, _> =
            names.map(|name| (name.to_owned(), json!({"timeout_seconds": 30}))).into_iter().collect();
        terraform.set("functions", serde_json::Value::Object(short));
        terraform.set("lease_seconds", 35);
        terraform.set("visibility_seconds", json!({"filter": 40, "analysis": 40, "publish": 40}));
        Some(Self { terraform, cloud, proxy, replay, folder })
    }

    pub(crate) fn deployment(&self) -> Deployment {
        Deployment::new(&self.cloud.endpoint(), self.terraform.outputs())
    }

    /// What the local program publishes with the very configuration that the functions read.
    pub(crate) async fn expected(&self, deployment: &Deployment) -> Site {
        let file = self.folder.path().join("osmtracker.toml");
        std::fs::write(&file, deployment.configuration().await).unwrap();
        let data = self.folder.path().join("local");
        let _ = std::fs::remove_dir_all(&data);
        let command = support::run(&self.replay, &data, &[("OSMTRACKER_CONFIG", file.to_str().unwrap())]);
        support::finish(command).await;
        support::site(&data)
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
        assert!(
            started.elapsed() < patience,
            "not published within {patience:?}: {rest} messages are left, {count} documents differ, such as {differ:?}"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Waits until nothing is on its way.
pub(crate) async fn until_quiet(deployment: &Deployment, patience: Duration) {
    eventually("all queues are empty", patience, async || deployment.rest().await == 0).await;
}
