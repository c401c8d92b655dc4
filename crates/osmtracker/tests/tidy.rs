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
    metadata_with(&[])
}

fn metadata_with(more: &[&str]) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(more)
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
    let order =
        ["osm", "analysis", "pages", "pipeline", "upstream", "search", "notify", "aws", "embedded", "web", "testkit"];
    let metadata = metadata();
    for (place, name) in order.iter().enumerate() {
        let dependencies = dependencies(&metadata, &format!("osmtracker-{name}"));
        for above in &order[place + 1..] {
            assert!(!dependencies.contains(&format!("osmtracker-{above}")), "{name} must not know {above}");
        }
    }
}

#[test]
fn only_the_aws_crate_and_the_functions_know_aws() {
    // The command line knows of AWS only by the feature that is for operators of a deployment.
    let metadata = metadata_with(&["--no-default-features"]);
    for package in [
        "osmtracker-upstream",
        "osmtracker-search",
        "osmtracker-notify",
        "osmtracker-embedded",
        "osmtracker-web",
        "osmtracker-testkit",
        "osmtracker",
    ] {
        let aws: Vec<_> = dependencies(&metadata, package).into_iter().filter(|name| is_of_aws(name)).collect();
        assert_eq!(aws, Vec::<String>::new(), "{package} must not know AWS");
    }
}

fn is_of_aws(name: &str) -> bool {
    // The library of cryptography that the TLS stack uses has the same first word.
    (name.starts_with("aws-") && !name.starts_with("aws-lc")) || name.starts_with("lambda")
}

#[test]
fn tables_are_never_scanned() {
    for path in tracked_files() {
        let is_adapter = path.components().any(|part| part.as_os_str() == "src") && has_extension(&path, "rs");
        let is_policy = has_extension(&path, "tf");
        if is_adapter || is_policy {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains(".scan()") && !text.contains("dynamodb:Scan"), "{} scans", path.display());
        }
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

#[test]
fn the_main_of_each_function_is_a_shell() {
    let mains: Vec<_> = tracked_files()
        .into_iter()
        .filter(|path| path.ends_with("src/main.rs") && path.starts_with(workspace().join("functions")))
        .collect();
    assert!(mains.len() >= 5, "{mains:?}");
    for path in mains {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 60, "{} has {lines} lines", path.display());
    }
}

/// Names of what a Terraform file declares: `variable "area" {`.
fn declared(file: &str, kind: &str) -> Vec<String> {
    let text = std::fs::read_to_string(workspace().join("infra/terraform").join(file)).unwrap();
    let start = format!("{kind} \"");
    text.lines().filter_map(|line| Some(line.strip_prefix(&start)?.split('"').next()?.to_owned())).collect()
}

#[test]
fn the_readme_of_the_deployment_has_every_variable_and_output() {
    let readme = std::fs::read_to_string(workspace().join("infra/terraform/README.md")).unwrap();
    let names = [declared("variables.tf", "variable"), declared("outputs.tf", "output")].concat();
    assert!(names.len() > 60);
    let absent: Vec<_> = names.iter().filter(|name| !readme.contains(&format!("\n| `{name}` |"))).collect();
    assert_eq!(absent, Vec::<&String>::new());
}

#[test]
fn the_program_and_the_model_reckon_with_the_same_prices() {
    let model = std::fs::read_to_string(workspace().join("infra/cost.py")).unwrap();
    let program = std::fs::read_to_string(workspace().join("crates/pipeline/src/metrics/cost.rs")).unwrap();
    let program: String = program.split_whitespace().collect();
    let dictionary = |name: &str| {
        let (_, rest) = model.split_once(&format!("\n{name} = {{")).unwrap();
        let (body, _) = rest.split_once('}').unwrap();
        let pairs = body.split(',').map(|pair| pair.split_once(':').unwrap());
        let number = |text: &str| text.trim().replace('_', "").parse::<f64>().unwrap();
        pairs.map(|(name, value)| (name.trim().trim_matches('"').to_owned(), number(value))).collect::<BTreeMap<_, _>>()
    };
    let (price, free) = (dictionary("PRICE"), dictionary("FREE"));
    let units = [
        ("TableWrite", "write"),
        ("TableRead", "read"),
        ("QueueRequest", "sqs"),
        ("ObjectPut", "put"),
        ("ObjectGet", "get"),
        ("GbSecond", "gb_second"),
        ("INVOCATION", "invocation"),
    ];
    for (unit, name) in units {
        let constant = match unit {
            "INVOCATION" => program.split_once("constINVOCATION:(f64,f64)=(").unwrap().1,
            unit => program.split_once(&format!("(CloudUnit::{unit},")).unwrap().1,
        };
        let numbers = constant.split_once(')').unwrap().0.replace('_', "");
        let (one, nothing) = numbers.split_once(',').unwrap();
        let a_million = if name == "gb_second" { 1.0 } else { 1e6 };
        let (one, nothing): (f64, f64) = (one.parse().unwrap(), nothing.parse().unwrap());
        assert!((one * a_million - price[name]).abs() < 1e-9, "{unit} costs {} in the model", price[name]);
        assert!(
            (nothing - free.get(name).copied().unwrap_or(0.0)).abs() < 1e-9,
            "{unit} is free otherwise in the model"
        );
    }
    assert_eq!(price.len(), units.len());
}

#[test]
fn the_costs_in_the_documentation_are_those_of_the_model() {
    let check = ["infra/cost.py", "--check", "docs/performance.md"];
    let output = Command::new("python3").args(check).current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn terraform_writes_keys_that_the_configuration_has() {
    let text = std::fs::read_to_string(workspace().join("infra/terraform/config.tf")).unwrap();
    let example = std::fs::read_to_string(workspace().join("osmtracker.example.toml")).unwrap();
    let (_, tables) = text.split_once("tables = {").unwrap();
    let (tables, _) = tables.split_once("config_lines").unwrap();
    let unknown: Vec<_> = tables
        .lines()
        .filter_map(|line| line.trim().split_once(" = ").filter(|(_, value)| value.trim().starts_with("var.")))
        .map(|(key, _)| key.trim().to_owned())
        .filter(|key| {
            !example.lines().any(|line| line.trim_start_matches(['#', '>', ' ']).starts_with(&format!("{key} =")))
        })
        .collect();
    assert_eq!(unknown, Vec::<String>::new(), "keys that the program does not know");
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
