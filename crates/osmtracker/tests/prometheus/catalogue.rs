//! What the documents say of the series is so.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use osmtracker_osm::{ChangesetSequence, Timestamp};
use osmtracker_pipeline::{
    metrics::{Component, Gauges, Generation, Metrics, ProblemKind, Usage, render},
    ports::{FeedCursor, QueueDepth, QueueName},
};

use crate::{
    documents::{
        OPERATIONS, RULES, RUNBOOK, alerts, chapters, dashboard, expressions, listed_series, panels, path, read,
    },
    exposition::{Exposition, type_of},
    expressions::{faults, names},
    process::osmtracker,
};

/// Everything that can be exposed, as when all of it is known.
fn everything() -> String {
    let (metrics, now) = (Metrics::new(), Timestamp(1_000));
    metrics.diff_tracked(1, Duration::ZERO, now);
    metrics.used(Component::Local, &Usage::default(), now);
    metrics.search_lag(0, now);
    let cursor = FeedCursor {
        first_sequence: None,
        sequence: ChangesetSequence(1),
        timestamp: now,
        head_sequence: ChangesetSequence(1),
        head_timestamp: now,
        checked_at: now,
        head_moved_at: now,
        waiting_for: None,
        fault: None,
        skipped: Vec::new(),
    };
    let depth = QueueDepth { oldest_seconds: Some(0), ..QueueDepth::default() };
    let gauges = Gauges {
        now,
        cursor: Some(cursor),
        queues: QueueName::ALL.into_iter().map(|queue| (queue, depth)).collect(),
        generation: Some(Generation { number: 1, at: now }),
        cost: Some(0.0),
        ..Gauges::default()
    };
    render(&metrics.snapshot(), &gauges)
}

fn types() -> BTreeMap<String, String> {
    let types = Exposition::parse(&everything()).types;
    assert!(types.len() > 30, "{types:?}");
    types
}

#[test]
fn the_dashboard_asks_for_series_that_exist_and_for_no_rate_of_a_gauge() {
    let (types, dashboard) = (types(), dashboard());
    let mut asked = 0;
    for panel in panels(&dashboard) {
        for expression in expressions(panel) {
            assert_eq!(faults(expression, &types), Vec::<String>::new(), "{}: {expression}", panel["title"]);
            assert!(expression.contains("job=\"$job\""), "{}: of any deployment: {expression}", panel["title"]);
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked}");
}

#[test]
fn the_dashboard_shows_every_series_that_an_operator_may_want() {
    let dashboard = dashboard();
    let shown: BTreeSet<&str> = panels(&dashboard).into_iter().flat_map(expressions).flat_map(names).collect();
    let is_shown = |family: &String| shown.iter().any(|name| name.strip_prefix(&**family).is_some());
    let absent: Vec<_> = types().into_keys().filter(|family| !is_shown(family)).collect();
    assert_eq!(absent, Vec::<String>::new());
}

#[test]
fn the_dashboard_is_of_the_current_schema_and_its_panels_do_not_overlap() {
    let dashboard = dashboard();
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 39);
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert_eq!((&variables[0]["name"], &variables[0]["type"]), (&"datasource".into(), &"datasource".into()));
    let (mut cells, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(["row", "stat", "timeseries"].contains(&panel["type"].as_str().unwrap()), "{panel}");
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{} has another's id", panel["title"]);
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{} is beyond the edge", panel["title"]);
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(cells.insert((x, y)), "{} lies over another panel", panel["title"]);
            }
        }
        if panel["type"] != "row" {
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
            assert!(!panel["description"].as_str().unwrap().is_empty(), "{} is not explained", panel["title"]);
        }
    }
    let first: Vec<_> = panels(&dashboard)[..4].iter().map(|panel| panel["title"].as_str().unwrap()).collect();
    let expected =
        ["Replication lag", "Sequences a minute", "Changesets a minute in the feed", "Matching changesets an hour"];
    assert_eq!(first, expected);
}

#[test]
fn the_alerts_ask_for_series_that_exist_and_for_no_rate_of_a_gauge() {
    let types = types();
    let alerts = alerts();
    assert!(alerts.len() > 10, "{RULES} was not understood: {alerts:?}");
    for alert in alerts {
        assert!(!alert.expression.is_empty(), "{} has no expression", alert.name);
        assert_eq!(faults(&alert.expression, &types), Vec::<String>::new(), "{}", alert.name);
    }
}

#[test]
fn every_kind_of_problem_has_an_alert_or_is_told_by_another_series() {
    let asked: String = alerts().into_iter().map(|alert| alert.expression).collect();
    for kind in ProblemKind::ALL {
        let by_series = match kind.as_str() {
            "behind" => "osmtracker_minutely_diff_timestamp",
            "head_frozen" => "osmtracker_minutely_diff_head_moved_timestamp_seconds",
            "queue_old" => "osmtracker_queue_oldest_seconds",
            "dead_letters" => "osmtracker_dead_letters",
            "quarantined" => "osmtracker_changeset_cnt{state=\"QUARANTINED\"}",
            _ => "",
        };
        let by_kind = format!("osmtracker_problem{{kind=\"{}\"}}", kind.as_str());
        assert!(asked.contains(&by_kind) || (!by_series.is_empty() && asked.contains(by_series)), "{}", kind.as_str());
    }
}

#[test]
fn every_alert_has_its_chapter_in_the_runbook_and_every_chapter_its_alert() {
    let runbook = read(RUNBOOK);
    let chapters = chapters(&runbook);
    let mut told = BTreeSet::new();
    for alert in alerts() {
        let text = chapters.get(&alert.name).unwrap_or_else(|| panic!("{RUNBOOK} has no chapter {}", alert.name));
        for part in ["**Means.**", "**Look.**", "**Do.**", "**Goes away**"] {
            assert!(text.contains(part), "{} has no part {part}", alert.name);
        }
        let address =
            format!("https://github.com/osmtracker/osmtracker/blob/main/{RUNBOOK}#{}", alert.name.to_ascii_lowercase());
        assert_eq!(alert.fields["runbook_url"], address);
        let severity = &alert.fields["severity"];
        assert!(["critical", "warning", "info"].contains(&&**severity), "{}: {severity}", alert.name);
        assert!(text.contains(&format!("Severity: {severity}.")), "{} is of another severity", alert.name);
        told.insert(alert.name);
    }
    let unknown: Vec<_> =
        chapters.keys().filter(|name| name.starts_with("Osmtracker") && !told.contains(*name)).collect();
    assert_eq!(unknown, Vec::<&String>::new(), "chapters without an alert");
}

#[test]
fn the_runbook_knows_the_alarms_of_cloudwatch_and_no_others() {
    let terraform = read("infra/terraform/tests/monitoring.tftest.hcl");
    let (_, names) = terraform.split_once("toset(output.alarms) == toset([").unwrap();
    let (names, _) = names.split_once("])").unwrap();
    let alarms: BTreeSet<_> =
        names.split('"').filter_map(|name| Some(format!("NAME-{}", name.strip_prefix("osm-dk-")?))).collect();
    assert!(alarms.len() > 5, "{alarms:?}");
    let runbook = read(RUNBOOK);
    let told: BTreeSet<_> = runbook
        .split('`')
        .filter(|word| word.starts_with("NAME-") && alarms.iter().any(|alarm| word == alarm))
        .map(str::to_owned)
        .collect();
    assert_eq!(told, alarms);
}

#[test]
fn the_commands_of_the_runbook_are_understood() {
    let runbook = read(RUNBOOK);
    let lines = runbook.lines().filter_map(|line| line.strip_prefix("    "));
    let commands: BTreeSet<_> =
        runbook.split('`').chain(lines).filter(|text| text.starts_with("osmtracker ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    let folder = tempfile::tempdir().unwrap();
    for command in commands {
        // With --help nothing is done, and what is wrong before it is told.
        let mut words = words(&command.replace("SEQUENCE", "1"));
        words.push("--help".to_owned());
        let words: Vec<_> = words[1..].iter().map(String::as_str).collect();
        let output = osmtracker(folder.path(), &words).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The words of a command as a shell reads them, quotes and spaces being all that it has.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    let words = parts.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

#[test]
fn the_documents_name_series_that_exist() {
    let types = types();
    for page in [RUNBOOK, OPERATIONS] {
        let text = read(page);
        let is_known = |name: &str| types.contains_key(name) || type_of(&types, name).is_some();
        let unknown: Vec<_> = names(&text).into_iter().filter(|name| !is_known(name)).collect();
        assert_eq!(unknown, Vec::<&str>::new(), "{page}");
    }
}

#[test]
fn every_series_is_listed_with_its_type_and_labels_and_no_other_is() {
    let text = everything();
    let (types, page) = (types(), read(OPERATIONS));
    let listed: BTreeMap<_, _> = listed_series(&page).into_iter().collect();
    for (name, kind) in &types {
        let cells = listed.get(name).unwrap_or_else(|| panic!("{OPERATIONS} does not list {name}"));
        let [said_kind, unit, labels, meaning, wrong] = &cells[..] else { panic!("{name} has the cells {cells:?}") };
        assert_eq!(said_kind, kind, "{name}");
        assert!(!unit.is_empty() && !meaning.is_empty() && !wrong.is_empty(), "{name}: {cells:?}");
        let said: BTreeSet<_> = labels.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(said, labels_of(&text, name), "labels of {name}");
    }
    let unknown: Vec<_> = listed.keys().filter(|name| !types.contains_key(*name)).collect();
    assert_eq!(unknown, Vec::<&String>::new(), "listed and never exposed");
}

/// Names of a family's labels, the buckets' own left out.
fn labels_of(text: &str, family: &str) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(family)?.strip_prefix('{')?.split_once('}'));
    let labels = lines.flat_map(|(labels, _)| labels.split("\",").map(|label| label.split('=').next().unwrap()));
    labels.map(str::to_owned).collect()
}

#[test]
fn files_that_are_provisioned_name_each_other() {
    let kustomization = read("infra/grafana/kustomization.yaml");
    assert!(
        kustomization.contains("- dashboards/osmtracker.json") && kustomization.contains("grafana_dashboard: \"1\"")
    );
    path("infra/grafana/provisioning/dashboards/osmtracker.yaml");
    assert!(read("infra/prometheus/prometheus.yml").contains("- osmtracker.rules.yml"));
}
