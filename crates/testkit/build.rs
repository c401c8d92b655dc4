//! Copies the history of Niue out of the package `osm-io`, which carries it as a test fixture, into `OUT_DIR`.
//!
//! The package is in `Cargo.lock` and never compiled; `cargo metadata` tells where it lies and fetches it when it is
//! not there yet.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const PACKAGE: &str = "osm-io";
const VERSION: &str = "0.3.0";
const FIXTURE: &str = "tests/fixtures/history-niue-230109.osm.pbf";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    match copy_fixture() {
        Ok(()) => {}
        Err(reason) => println!(
            "cargo::error=the history of Niue is not there: {reason}; it ships in the package {PACKAGE} {VERSION}: run \
             `cargo fetch --locked` once with the network, then build again"
        ),
    }
}

fn copy_fixture() -> Result<(), String> {
    let source = package_folder()?.join(FIXTURE);
    println!("cargo::rerun-if-changed={}", source.display());
    let target = PathBuf::from(variable("OUT_DIR")?).join("niue.osm.pbf");
    let bytes = fs::read(&source).map_err(|error| format!("cannot read {}: {error}", source.display()))?;
    fs::write(&target, bytes).map_err(|error| format!("cannot write {}: {error}", target.display()))
}

/// Without the network first: that is quick, and works whenever everything was fetched before.
fn package_folder() -> Result<PathBuf, String> {
    let json = metadata(&["--locked", "--offline"]).or_else(|_| metadata(&["--locked"]))?;
    folder_in(&json)
}

fn metadata(flags: &[&str]) -> Result<String, String> {
    let manifest = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let output = Command::new(variable("CARGO")?)
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .args(flags)
        .output()
        .map_err(|error| format!("cannot run cargo metadata: {error}"))?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    } else {
        Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// Finds `"manifest_path":"…/Cargo.toml"` of the package by text, so that no JSON reader is built twice for this.
fn folder_in(json: &str) -> Result<PathBuf, String> {
    let missing = || format!("cargo metadata does not list {PACKAGE} {VERSION}");
    let package = format!(r#"{{"name":"{PACKAGE}","version":"{VERSION}","#);
    let at = json.find(&package).ok_or_else(missing)?;
    let key = r#""manifest_path":""#;
    let start = at + json[at..].find(key).ok_or_else(missing)? + key.len();
    let end = start + json[start..].find('"').ok_or_else(missing)?;
    let manifest = PathBuf::from(json[start..end].replace(r"\\", r"\"));
    manifest.parent().map(Path::to_owned).ok_or_else(missing)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set; build with cargo"))
}
