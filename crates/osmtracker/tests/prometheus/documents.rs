//! What an operator has: dashboard, alerts, runbook, the list of series.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;

pub(crate) const RULES: &str = "infra/prometheus/osmtracker.rules.yml";
pub(crate) const RUNBOOK: &str = "docs/runbook.md";
pub(crate) const OPERATIONS: &str = "docs/operations.md";

pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
        .canonicalize()
        .unwrap_or_else(|_| panic!("no {name}"))
}

pub(crate) fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

pub(crate) fn dashboard() -> Value {
    serde_json::from_str(&read("infra/grafana/dashboards/osmtracker.json")).unwrap()
}

/// The panels with what they ask, rows left out.
pub(crate) fn panels(dashboard: &Value) -> Vec<&Value> {
    dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row").collect()
}

/// All that a panel asks.
pub(crate) fn expressions(panel: &Value) -> Vec<&str> {
    panel["targets"].as_array().unwrap().iter().map(|target| target["expr"].as_str().unwrap()).collect()
}

/// An alert as the file has it.
#[derive(Debug, Default)]
pub(crate) struct Alert {
    pub(crate) name: String,
    pub(crate) expression: String,
    pub(crate) fields: BTreeMap<String, String>,
}

/// The alerts. No reader of all YAML: of what this file makes use of, which promtool has found valid.
pub(crate) fn alerts() -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    let mut in_expression = false;
    for line in read(RULES).lines() {
        let field = line.trim().trim_start_matches("- ").split_once(": ");
        match (field, alerts.last_mut()) {
            (Some(("alert", name)), _) => alerts.push(Alert { name: name.to_owned(), ..Alert::default() }),
            (Some(("expr", "|")), _) => in_expression = true,
            (Some(("expr", text)), Some(alert)) => alert.expression = unquoted(text),
            (Some((name, text)), Some(alert)) if line.starts_with("        ") => {
                in_expression = false;
                alert.fields.insert(name.to_owned(), unquoted(text));
            }
            (_, Some(alert)) if in_expression && line.starts_with("          ") => {
                alert.expression.push_str(line.trim());
                alert.expression.push(' ');
            }
            _ => in_expression = false,
        }
    }
    alerts
}

fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let inner = inner.or_else(|| text.strip_prefix('"')?.strip_suffix('"'));
    inner.unwrap_or(text).to_owned()
}

/// The chapters of a page, `## Name`, with what they say.
pub(crate) fn chapters(page: &str) -> BTreeMap<String, String> {
    let parts = page.split("\n## ").skip(1);
    let parts = parts.map(|part| part.split_once('\n').unwrap_or((part, "")));
    parts.map(|(name, text)| (name.trim().to_owned(), text.to_owned())).collect()
}

/// Rows of the tables of series, `| \`name\` | type | …`: name and the other cells.
pub(crate) fn listed_series(page: &str) -> Vec<(String, Vec<String>)> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let rows = rows.filter_map(|row| row.split_once("` | "));
    let rows =
        rows.map(|(name, rest)| (name.to_owned(), rest.split(" | ").map(|cell| cell.trim().to_owned()).collect()));
    rows.filter(|(name, _): &(String, Vec<String>)| {
        name.starts_with("osmtracker_") || name.starts_with("openstreetmap_")
    })
    .collect()
}
