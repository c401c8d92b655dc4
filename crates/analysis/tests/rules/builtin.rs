//! Built-in labels: thresholds, stages and evidence.

use super::*;

fn builtin(name: &str) -> Rules {
    rules(&format!("track = [['{name}']]\n[builtin]\n{name} = true"))
}

fn counted(create: u32, modify: u32, delete: u32) -> Analysis {
    let nodes = |node| TypeCounts { node, ..TypeCounts::default() };
    let summary = Summary { create: nodes(create), modify: nodes(modify), delete: nodes(delete), ..Summary::default() };
    Analysis { summary, ..Analysis::default() }
}

fn tagged(tags: &[(&str, &str)]) -> Changeset {
    Changeset { tags: tags.iter().copied().collect::<Tags>(), ..changeset(None) }
}

#[test]
fn labels_of_the_metadata_are_final_at_the_filter() {
    for (name, with, without) in [
        ("no-comment", tagged(&[("comment", " ")]), tagged(&[("comment", "x")])),
        ("no-source", tagged(&[]), tagged(&[("imagery_used", "Bing")])),
        ("review-requested", tagged(&[("review_requested", "yes")]), tagged(&[("review_requested", "no")])),
        ("editor-not-declared", tagged(&[]), tagged(&[("created_by", "iD")])),
        ("bot", tagged(&[("mechanical", "yes")]), tagged(&[("bot", "no")])),
    ] {
        let rules = builtin(name);
        assert_eq!(rules.filter(&with).tracked, Holds::Yes, "{name}");
        assert_eq!(rules.filter(&with).labels[0].name, name);
        assert_eq!(rules.filter(&without).tracked, Holds::No, "{name}");
        assert_eq!(rules.finish(&with, &Analysis::default()).labels, rules.filter(&with).labels, "{name}");
        assert!(!rules.finish(&without, &Analysis::default()).tracked, "{name}");
    }
    let listed = rules("[builtin]\nbot = { users = ['ann'] }");
    assert_eq!(listed.filter(&tagged(&[])).labels[0].evidence[0].value.as_deref(), Some("ann"));
}

#[test]
fn labels_of_volume_follow_their_thresholds() {
    let josm = Changeset { num_changes: 5_000, ..tagged(&[("created_by", "JOSM/1.5 (19000 en)")]) };
    let id = Changeset { num_changes: 5_000, ..tagged(&[("created_by", "iD 2.30")]) };
    for (name, changeset, analysis, expected) in [
        ("possible-import", &josm, counted(201, 50, 0), true),
        ("possible-import", &josm, counted(200, 0, 0), false),
        ("possible-import", &josm, counted(700, 300, 0), false),
        ("possible-import", &id, counted(201, 50, 0), false),
        ("possible-import", &id, counted(1_001, 0, 0), true),
        ("mass-modification", &id, counted(0, 201, 0), true),
        ("mass-modification", &id, counted(100, 201, 0), false),
        ("mass-deletion", &id, counted(0, 0, 31), true),
        ("mass-deletion", &id, counted(0, 0, 30), false),
        ("mass-deletion", &id, counted(9_000, 0, 1_001), true),
        ("many-deletions", &id, counted(3, 2, 16), true),
        ("many-deletions", &id, counted(3, 2, 15), false),
    ] {
        let rules = builtin(name);
        assert_eq!(rules.filter(changeset).tracked, Holds::Maybe, "{name}");
        let decision = rules.finish(changeset, &analysis);
        assert_eq!(decision.tracked, expected, "{name} {:?}", analysis.summary);
        if expected {
            let evidence = &decision.labels[0].evidence[0];
            assert!(evidence.value.is_some() && evidence.threshold.is_some(), "{evidence:?}");
        }
    }
    let small = Changeset { num_changes: 30, ..josm };
    assert_eq!(builtin("mass-deletion").filter(&small).tracked, Holds::No, "too small whatever it holds");
    let sharper = rules("track = [['mass-deletion']]\n[builtin]\nmass-deletion = { deleted = 5 }");
    assert!(sharper.finish(&small, &counted(0, 0, 6)).tracked);
}

#[test]
fn labels_of_elements_name_the_element() {
    let route = element(3, &[("type", "route")], ElementData::Relation { members: Vec::new() });
    let deleted = change(Action::Delete, Some(route), None);
    let decision = builtin("route-changed").finish(&changeset(None), &analysis(vec![deleted]));
    assert_eq!(decision.labels[0].evidence[0].value.as_deref(), Some("relation/3"));

    let address = |action| {
        let mut change = change(action, None, Some(node(5, at(0.0, 0.0))));
        change.tag_diff = vec![TagChange { key: "addr:street".into(), old: None, new: Some("x".into()) }];
        builtin("address-changed").finish(&changeset(None), &analysis(vec![change])).tracked
    };
    assert!(address(Action::Modify));
    assert!(!address(Action::Create), "a new address is no changed one");

    let dragged = |old: &[(f64, f64)], new: &[(f64, f64)]| {
        let change = change(Action::Modify, Some(way(6, &[], old)), Some(way(6, &[], new)));
        builtin("dragged-way").finish(&changeset(None), &Analysis { moved_ways: vec![change], ..Analysis::default() })
    };
    let (short, long) = ([(0.0, 0.0), (0.0, 0.05)], [(0.0, 0.0), (0.0, 0.2)]);
    assert_eq!(dragged(&short, &long).labels[0].evidence[0].value.as_deref(), Some("22239"));
    assert!(!dragged(&long, &long).tracked && !dragged(&long, &short).tracked);
}

#[test]
fn every_built_in_label_is_described_with_its_thresholds() {
    let all: String = BuiltinConfig::NAMES.iter().map(|name| format!("{name} = true\n")).collect();
    let rules = rules(&format!("[builtin]\n{all}"));
    let described = rules.describe();
    assert_eq!(described.iter().map(|label| label.name.as_str()).collect::<Vec<_>>(), BuiltinConfig::NAMES);
    assert!(described.iter().all(|label| !label.rule.is_empty() && !label.title.is_empty()));
    let import = described.iter().find(|label| label.name == "possible-import").unwrap();
    assert!(import.thresholds.contains(&("created".to_owned(), "200".to_owned())), "{import:?}");
    let config: RulesConfig = toml::from_str("[builtin]\nbot = true\nno-comment = false").unwrap();
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<RulesConfig>(&json).unwrap(), config);
}
