//! Rules of the house that a compiler does not know.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Names of all packages that a package is built with, without those of its tests and build scripts.
fn dependencies(metadata: &Value, package: &str) -> BTreeSet<String> {
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let normal =
        |dependency: &&Value| dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
    let edges: BTreeMap<&str, Vec<&str>> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            let deps = node["deps"].as_array().unwrap().iter().filter(normal);
            (node["id"].as_str().unwrap(), deps.map(|dep| dep["pkg"].as_str().unwrap()).collect())
        })
        .collect();
    let mut open: Vec<&str> = names.iter().filter(|(_, name)| **name == package).map(|(id, _)| *id).collect();
    assert_eq!(open.len(), 1, "{package} is in the workspace once");
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(&edges[id]);
        }
    }
    seen.into_iter().map(|id| names[id].to_owned()).collect()
}

#[test]
fn pure_crates_have_no_runtime_no_client_and_no_cloud() {
    let metadata = metadata();
    for package in ["osmtracker-osm", "osmtracker-analysis", "osmtracker-pages"] {
        let impure: Vec<_> = dependencies(&metadata, package)
            .into_iter()
            .filter(|name| {
                ["tokio", "reqwest", "hyper", "rusqlite", "axum", "mio"].contains(&name.as_str())
                    || name.starts_with("aws-")
                    || name.starts_with("lambda")
            })
            .collect();
        assert_eq!(impure, Vec::<String>::new(), "{package} must stay pure");
    }
}

#[test]
fn arrows_between_crates_point_down_only() {
    let order = ["osm", "analysis", "pages", "pipeline", "upstream", "embedded", "web", "testkit"];
    let metadata = metadata();
    for (place, name) in order.iter().enumerate() {
        let dependencies = dependencies(&metadata, &format!("osmtracker-{name}"));
        for above in &order[place + 1..] {
            assert!(!dependencies.contains(&format!("osmtracker-{above}")), "{name} must not know {above}");
        }
    }
}

fn tracked_files() -> Vec<PathBuf> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(workspace()).output().unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    names
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(|name| workspace().join(name))
        .filter(|path| path.exists())
        .collect()
}

#[test]
fn source_files_stay_short_enough_to_read() {
    let long: Vec<_> = tracked_files()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| std::fs::read_to_string(path).unwrap().lines().count() > 500)
        .collect();
    assert_eq!(long, Vec::<PathBuf>::new(), "files over 500 lines");
}

#[test]
fn every_crate_says_what_it_knows() {
    for path in tracked_files().into_iter().filter(|path| path.ends_with("src/lib.rs")) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//! ") && text.contains("Must not know"),
            "{} begins with what it knows and must not know",
            path.display()
        );
    }
}

#[test]
fn the_example_in_the_readme_is_a_valid_configuration() {
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let config = osmtracker_pipeline::config::Config::parse(example).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(config.site.views.len(), 1);
}
