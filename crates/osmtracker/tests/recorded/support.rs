//! What the tests of whole runs share: a replayed upstream, the program, and a site to compare.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use osmtracker_testkit::{
    Upstream,
    replay::{Replay, ReplayOptions, serve},
};

pub(crate) type Site = BTreeMap<String, Vec<u8>>;

/// The recorded server with everything published, or `None`, loudly, where there are no test data.
pub(crate) async fn recorded() -> Option<Replay> {
    let folder = osmtracker_testkit::data::require("recorded-upstream")?;
    let upstream = Upstream::open(folder).unwrap();
    Some(serve(upstream, ReplayOptions::default()).await.unwrap())
}

/// `osmtracker run` over everything that the replay has, without a horizon, until caught up.
pub(crate) fn run(replay: &Replay, data: &Path, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_osmtracker"));
    command
        .env_clear()
        .env("OSMTRACKER_UPSTREAM_ADIFF_URL", format!("{}/changesets/{{id}}.adiff", replay.adiff_url()))
        .env("OSMTRACKER_PIPELINE_HORIZON_HOURS", "0")
        .envs(settings.iter().copied())
        .args(["run", "--area", "planet", "--no-serve", "--until-caught-up", "--log-level", "warn", "--data"])
        .arg(data)
        .args(["--replication-url", &replay.replication_url(), "--api-url", &replay.api_url()])
        .args(["--from-sequence", &replay.first_sequence().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Runs to the end. The replay lives on the test's own runtime, so that must not be blocked meanwhile.
pub(crate) async fn finish(mut command: Command) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The public site, without what may differ between two runs over the same input: `status.json`, and the generation that
/// pages name.
pub(crate) fn site(data: &Path) -> Site {
    let mut files = Site::new();
    collect(&data.join("site"), "", &mut files);
    for varies in ["status.json", "metrics"] {
        files.remove(varies).expect("every run writes it");
    }
    files.retain(|name, _| !is_variant(name));
    files
}

/// Whether it is an asset once more, compressed: which variants there are depends on the store.
pub(crate) fn is_variant(name: &str) -> bool {
    name.starts_with("assets/") && (name.ends_with(".br") || name.ends_with(".gz"))
}

fn collect(folder: &Path, prefix: &str, files: &mut Site) {
    let entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in entries {
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, without_generation(std::fs::read(&path).unwrap()));
        }
    }
}

/// Without the generation that pages name.
pub(crate) fn without_generation(bytes: Vec<u8>) -> Vec<u8> {
    const MARK: &[u8] = b"osmtracker:generation\" content=\"";
    let Some(at) = bytes.windows(MARK.len()).position(|window| window == MARK) else { return bytes };
    let (before, after) = bytes.split_at(at + MARK.len());
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    [before, &after[digits..]].concat()
}

/// Names of files that are not the same in both.
pub(crate) fn differing<'a>(a: &'a Site, b: &'a Site) -> Vec<&'a String> {
    let mut names: Vec<_> = a.keys().chain(b.keys()).filter(|name| a.get(*name) != b.get(*name)).collect();
    names.sort();
    names.dedup();
    names
}
