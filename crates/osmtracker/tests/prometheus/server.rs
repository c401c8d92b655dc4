//! A real Prometheus on this machine, for as long as a test runs.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    answer::get,
    documents::{RULES, path},
    process::{PATIENCE, eventually},
};

/// How to come by what is missing.
pub(crate) const INSTALL: &str = "is not installed: `make monitoring-tools`, or apt-get install prometheus";

/// The job that targets are scraped as.
pub(crate) const JOB: &str = "osmtracker";

/// Killed when dropped.
pub(crate) struct Prometheus {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Prometheus {
    /// Scrapes the program at this address each second and evaluates the alerts.
    pub(crate) fn start(target: SocketAddr) -> Self {
        Self::scraping(target, "/metrics", 1)
    }

    /// As [`Prometheus::start`], from a path and every so many seconds.
    pub(crate) fn scraping(target: SocketAddr, path_of_metrics: &str, seconds: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yml");
        let rules = path(RULES);
        let config = format!(
            "global:\n  scrape_interval: {seconds}s\n  scrape_timeout: {seconds}s\n  evaluation_interval: 1s\n\
             rule_files: ['{}']\n\
             scrape_configs:\n  - job_name: {JOB}\n    metrics_path: {path_of_metrics}\n\
             \x20   static_configs:\n      - targets: ['{target}']\n",
            rules.display()
        );
        std::fs::write(&file, config).unwrap();
        let address = free_address();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("prometheus {INSTALL} ({error})"));
        let prometheus = Self { child, address, _folder: folder };
        eventually(PATIENCE, || TcpStream::connect(address).ok()).expect("prometheus listens");
        eventually(PATIENCE, || (get(address, "/-/ready").status == 200).then_some(())).expect("prometheus is ready");
        prometheus
    }

    /// How often the target has answered.
    pub(crate) fn scrapes(&self) -> u32 {
        self.query("sum_over_time(up[1h])").first().map_or(0, |(_, count)| *count as u32)
    }

    /// Waits until the target has answered so often.
    pub(crate) fn wait_for_scrapes(&self, scrapes: u32) {
        eventually(PATIENCE, || (self.scrapes() >= scrapes).then_some(())).expect("Prometheus scrapes");
    }

    /// What an expression comes to now: labels and value of each result.
    #[track_caller]
    pub(crate) fn query(&self, expression: &str) -> Vec<(Value, f64)> {
        let answer = self.ask(&format!("/api/v1/query?query={}", percent_encoded(expression)));
        assert!(answer["warnings"].is_null(), "{expression}: {}", answer["warnings"]);
        let result = &answer["data"]["result"];
        match answer["data"]["resultType"].as_str().unwrap() {
            "vector" => {
                let results = result.as_array().unwrap().iter();
                results.map(|one| (one["metric"].clone(), number(&one["value"]))).collect()
            }
            "scalar" => vec![(Value::Null, number(result))],
            other => panic!("{expression} is a {other}"),
        }
    }

    /// The rules as Prometheus sees them.
    #[track_caller]
    pub(crate) fn rules(&self) -> Vec<Value> {
        let answer = self.ask("/api/v1/rules");
        let groups = answer["data"]["groups"].as_array().unwrap();
        groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
    }

    /// How many series only rise, none of which ever fell, and none of which came twice at a time.
    #[track_caller]
    pub(crate) fn assert_nothing_came_twice_or_fell(&self) -> usize {
        let own = get(self.address, "/metrics");
        for fault in ["duplicate_timestamp", "out_of_order", "out_of_bounds"] {
            let line = format!("prometheus_target_scrapes_sample_{fault}_total 0");
            assert!(own.text().lines().any(|own| own == line), "no line {line:?}");
        }
        let rising = self.rising();
        for series in &rising {
            assert!(
                !self.query(&format!("count(last_over_time({series}[1h]))")).is_empty(),
                "Prometheus has no {series}"
            );
            let fallen = self.query(&format!("resets({series}[1h]) > 0"));
            assert!(fallen.is_empty(), "{series} fell: {fallen:?}");
        }
        rising.len()
    }

    /// The names of what only rises, as the target declared it.
    fn rising(&self) -> Vec<String> {
        let families = &self.ask("/api/v1/metadata")["data"];
        let families = families.as_object().unwrap().iter();
        let names = families.flat_map(|(family, told)| match told[0]["type"].as_str().unwrap() {
            "counter" => vec![family.clone()],
            "histogram" => ["bucket", "sum", "count"].map(|part| format!("{family}_{part}")).to_vec(),
            _ => Vec::new(),
        });
        names.collect()
    }

    #[track_caller]
    fn ask(&self, path: &str) -> Value {
        let answer = get(self.address, path);
        let value: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, &value["status"]), (200, &"success".into()), "{path}: {value}");
        value
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listened at a moment ago.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The second of `[time, "value"]`.
fn number(pair: &Value) -> f64 {
    pair[1].as_str().unwrap().parse().unwrap()
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
