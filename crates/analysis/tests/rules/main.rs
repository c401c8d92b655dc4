//! Label rules: what the filter and the final decision say, and how mistakes are shown.

mod builtin;

use std::collections::BTreeMap;

use osmtracker_analysis::{
    Analysis, Area, ElementChange, MovedNode, Summary, TagChange, TypeCounts,
    rules::{BuiltinConfig, Holds, LabelConfig, RuleError, Rules, RulesConfig},
};
use osmtracker_osm::{
    Action, BoundingBox, Changeset, ChangesetId, Comment, Coordinate, Element, ElementData, ElementId, ElementType,
    Member, MemberGeometry, Tags, Timestamp, User, UserId, Version, WayNode,
};

fn at(lon: f64, lat: f64) -> Coordinate {
    Coordinate::from_degrees(lon, lat).expect("on the earth")
}

fn changeset(bounds: Option<[f64; 4]>) -> Changeset {
    Changeset {
        id: ChangesetId(7),
        created_at: Timestamp(1_700_000_000),
        closed_at: None,
        open: true,
        user: Some(User { uid: Some(UserId(1)), name: "ann".into() }),
        bounds: bounds.map(|[west, south, east, north]| BoundingBox { min: at(west, south), max: at(east, north) }),
        num_changes: 250,
        comments_count: 1,
        tags: [("comment", "Adjustments here"), ("created_by", "JOSM/1.5")].into_iter().collect(),
        discussion: vec![Comment { id: None, date: Timestamp(1_700_000_100), user: None, text: "why?".into() }],
    }
}

fn element(id: i64, tags: &[(&str, &str)], data: ElementData) -> Element {
    Element {
        id: ElementId(id),
        version: Version(2),
        visible: true,
        changeset: None,
        timestamp: None,
        user: None,
        tags: tags.iter().copied().collect(),
        data,
    }
}

fn change(action: Action, old: Option<Element>, new: Option<Element>) -> ElementChange {
    let either = new.as_ref().or(old.as_ref()).expect("one side");
    let (kind, id) = (either.kind(), either.id);
    ElementChange {
        kind,
        id,
        action,
        label: None,
        steps: Vec::new(),
        tag_diff: Vec::new(),
        geometry: None,
        notes: Vec::new(),
        old,
        new,
    }
}

fn node(id: i64, position: Coordinate) -> Element {
    element(id, &[], ElementData::Node { position: Some(position) })
}

fn way(id: i64, tags: &[(&str, &str)], line: &[(f64, f64)]) -> Element {
    let node = |(number, (lon, lat)): (i64, &(f64, f64))| WayNode {
        id: ElementId(if number > 0 && line[0] == (*lon, *lat) { 0 } else { number }),
        position: Some(at(*lon, *lat)),
    };
    element(id, tags, ElementData::Way { nodes: (0..).zip(line).map(node).collect() })
}

fn analysis(elements: Vec<ElementChange>) -> Analysis {
    Analysis { elements, ..Analysis::default() }
}

fn square() -> Area {
    Area::from_poly("square", b"square\n1\n0 0\n10 0\n10 10\n0 10\nEND\nEND\n").expect("a polygon")
}

fn compile(toml: &str) -> Result<Rules, Vec<RuleError>> {
    let config: RulesConfig = toml::from_str(toml).expect("a configuration");
    Rules::compile(&config, BTreeMap::from([("square".to_owned(), square())]))
}

fn rules(toml: &str) -> Rules {
    compile(toml).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn when(expression: &str) -> Rules {
    let label = LabelConfig { name: "x".into(), when: Some(expression.into()), ..LabelConfig::default() };
    let lists = BTreeMap::from([("watched".to_owned(), vec!["ann".to_owned(), "bob".to_owned()])]);
    let config = RulesConfig { labels: vec![label], lists, ..RulesConfig::default() };
    Rules::compile(&config, BTreeMap::new()).unwrap_or_else(|errors| panic!("{expression}: {errors:#?}"))
}

/// Whether the label holds in the end.
fn holds(expression: &str, analysis: &Analysis) -> bool {
    let decision = when(expression).finish(&changeset(None), analysis);
    assert!(decision.failures.is_empty(), "{expression}: {:?}", decision.failures);
    !decision.labels.is_empty()
}

fn touches() -> Rules {
    rules("track = [['inside']]\n[[labels]]\nname = 'inside'\narea = 'square'")
}

#[test]
fn touches_is_open_until_the_box_or_the_analysis_decides() {
    let rules = touches();
    let tracked = |bounds| rules.filter(&changeset(bounds)).tracked;
    assert_eq!(tracked(Some([20.0, 20.0, 21.0, 21.0])), Holds::No);
    assert_eq!(tracked(Some([1.0, 1.0, 2.0, 2.0])), Holds::Yes);
    assert_eq!(tracked(Some([-5.0, -5.0, 5.0, 5.0])), Holds::Maybe);
    assert_eq!(tracked(Some([-180.0, -90.0, 180.0, 90.0])), Holds::Maybe);
    assert_eq!(tracked(None), Holds::Maybe, "relations alone have no box");
    let undecided = rules.filter(&changeset(None)).undecided;
    assert!(undecided.contains("inside") && undecided.iter().len() == 1);
    assert!(!rules.filter(&changeset(Some([1.0, 1.0, 2.0, 2.0]))).undecided.contains("inside"));
}

#[test]
fn a_certain_touch_is_labelled_by_the_filter_with_its_evidence() {
    let decision = touches().filter(&changeset(Some([1.0, 1.0, 2.0, 2.0])));
    assert_eq!(decision.labels[0].name, "inside");
    assert_eq!(decision.labels[0].evidence[0].rule, "area touches square");
    assert_eq!(decision.labels[0].evidence[0].value.as_deref(), Some("box 1,1,2,2"));
}

/// Whether the changed element touches the square, whose box the changeset's box overlaps only.
fn touched_by(change: ElementChange) -> bool {
    let around = changeset(Some([-40.0, -40.0, 40.0, 40.0]));
    let decision = touches().finish(&around, &analysis(vec![change]));
    assert_eq!(decision.tracked, !decision.labels.is_empty());
    decision.tracked
}

#[test]
fn old_and_new_geometry_of_every_type_can_touch() {
    let outside = || Some(node(1, at(20.0, 20.0)));
    let inside = || Some(node(1, at(5.0, 5.0)));
    assert!(touched_by(change(Action::Modify, outside(), inside())));
    assert!(touched_by(change(Action::Modify, inside(), outside())), "where it was before");
    assert!(!touched_by(change(Action::Modify, outside(), outside())));
    let crossing = [(-5.0, 5.0), (15.0, 5.0)];
    assert!(touched_by(change(Action::Create, None, Some(way(1, &[], &crossing)))), "no node inside, yet it crosses");
    assert!(
        !touched_by(change(Action::Create, None, Some(way(1, &[], &[(-5.0, 5.0), (5.0, 15.1)])))),
        "its box does, it does not"
    );
}

#[test]
fn a_surface_around_the_area_touches_it_and_a_ring_road_does_not() {
    let ring = [(-20.0, -20.0), (30.0, -20.0), (30.0, 30.0), (-20.0, 30.0), (-20.0, -20.0)];
    assert!(touched_by(change(Action::Create, None, Some(way(1, &[("landuse", "forest")], &ring)))));
    assert!(!touched_by(change(Action::Create, None, Some(way(1, &[("highway", "primary")], &ring)))));
    assert!(touched_by(change(
        Action::Create,
        None,
        Some(way(1, &[("highway", "pedestrian"), ("area", "yes")], &ring))
    )));
    let beside = [(20.0, 20.0), (30.0, 20.0), (30.0, 30.0), (20.0, 20.0)];
    assert!(!touched_by(change(Action::Create, None, Some(way(1, &[("landuse", "forest")], &beside)))));
}

#[test]
fn members_of_relations_touch_and_unknown_positions_do_not() {
    let relation = |geometry| {
        let member = Member { kind: ElementType::Way, id: ElementId(9), role: "".into(), geometry };
        change(Action::Modify, None, Some(element(3, &[], ElementData::Relation { members: vec![member] })))
    };
    let line = |line: &[Option<(f64, f64)>]| {
        Some(MemberGeometry::Way(line.iter().map(|position| position.map(|(lon, lat)| at(lon, lat))).collect()))
    };
    assert!(touched_by(relation(line(&[Some((-5.0, 5.0)), Some((15.0, 5.0))]))));
    assert!(!touched_by(relation(line(&[Some((-5.0, 5.0)), None, Some((15.0, 5.0))]))), "not across a gap");
    assert!(touched_by(relation(line(&[None, Some((5.0, 5.0))]))));
    assert!(touched_by(relation(Some(MemberGeometry::Node(at(10.0, 10.0))))));
    assert!(!touched_by(relation(None)));
    let moved = Analysis {
        moved_ways: vec![change(Action::Modify, None, Some(way(4, &[], &[(-5.0, 5.0), (15.0, 5.0)])))],
        ..Analysis::default()
    };
    let decision = touches().finish(&changeset(None), &moved);
    assert_eq!(decision.labels[0].evidence[0].value.as_deref(), Some("way/4"));
}

#[test]
fn the_other_tests_are_final_and_need_a_box() {
    for (test, overlap, inside) in [("bbox", true, true), ("center", false, true), ("within", false, true)] {
        let toml = format!("track = [['x']]\n[[labels]]\nname = 'x'\narea = 'square'\ntest = '{test}'");
        let rules = rules(&toml);
        let tracked = |bounds| rules.filter(&changeset(bounds)).tracked;
        assert_eq!(tracked(Some([-20.0, 1.0, 5.0, 2.0])), Holds::from(overlap), "{test}");
        assert_eq!(tracked(Some([1.0, 1.0, 2.0, 2.0])), Holds::from(inside), "{test}");
        assert_eq!(tracked(None), Holds::No, "{test}");
        let decision = rules.finish(&changeset(Some([-20.0, 1.0, 5.0, 2.0])), &Analysis::default());
        assert_eq!(decision.tracked, overlap, "{test}");
    }
}

#[test]
fn area_and_expression_must_both_hold() {
    let rules = rules(
        "track = [['x']]\n[[labels]]\nname = 'x'\narea = 'square'\ntest = 'bbox'\nwhen = 'changeset.num_changes > 300'",
    );
    let mut inside = changeset(Some([1.0, 1.0, 2.0, 2.0]));
    assert_eq!(rules.filter(&inside).tracked, Holds::No);
    inside.num_changes = 301;
    assert_eq!(rules.filter(&inside).tracked, Holds::Yes);
    assert_eq!(rules.filter(&inside).labels[0].evidence.len(), 2);
    inside.bounds = None;
    assert_eq!(rules.filter(&inside).tracked, Holds::No);
}

#[test]
fn an_expression_over_the_analysis_is_open_unless_the_area_excludes_it() {
    let rules = rules(
        "track = [['x']]\n[[labels]]\nname = 'x'\narea = 'square'\ntest = 'within'\nwhen = 'analysis.summary.delete.node > 10'",
    );
    assert_eq!(rules.filter(&changeset(Some([1.0, 1.0, 2.0, 2.0]))).tracked, Holds::Maybe);
    assert_eq!(rules.filter(&changeset(Some([11.0, 1.0, 12.0, 2.0]))).tracked, Holds::No);
    let delete = TypeCounts { node: 11, ..TypeCounts::default() };
    let summary = Summary { delete, ..Summary::default() };
    let decision = rules.finish(&changeset(Some([1.0, 1.0, 2.0, 2.0])), &Analysis { summary, ..Analysis::default() });
    assert!(decision.tracked);
}

#[test]
fn expressions_see_the_whole_changeset() {
    let nothing = Analysis::default();
    for expression in [
        "changeset.id == 7 && changeset.open && changeset.uid == 1",
        "changeset.user in lists.watched",
        "!(changeset.user in ['zoe'])",
        "changeset.tags.comment.startsWith('Adjust') && !('source' in changeset.tags)",
        "changeset.tags['comment'].matches('^Adjustments') && changeset.tags.comment.matches('(?i)HERE$')",
        "has(changeset.tags.created_by) && !has(changeset.tags.bot)",
        "changeset.num_changes >= 250 && changeset.comments_count == 1",
        "changeset.bbox == null && changeset.closed_at == null",
        "changeset.created_at > '2023-01-01' && changeset.created_at < '2024-01-01T00:00:00Z'",
        "changeset.comments.exists(c, c.text.contains('why') && c.user == null)",
        "size(changeset.comments) == 1 && changeset.comments.size() == 1 && size(changeset.tags) == 2",
        "changeset.tags.exists(key, key.startsWith('created'))",
        "changeset.tags.map(key, changeset.tags[key]).exists(value, value.contains('JOSM'))",
        "lists.watched.size() == 2 && lists.watched[0] == 'ann' && lists.watched.exists(name, name == 'bob')",
        "['a', 'b'] == ['a', 'b'] && {'a': 1}.a == 1",
    ] {
        assert!(holds(expression, &nothing), "{expression}");
    }
    let boxed =
        when("changeset.bbox[0] == 1.0 && changeset.bbox[3] == 4.0").filter(&changeset(Some([1.0, 2.0, 3.0, 4.0])));
    assert_eq!(boxed.labels.len(), 1, "{boxed:?}");
}

fn rich_analysis() -> Analysis {
    let mut renamed = change(
        Action::Modify,
        Some(way(4, &[("highway", "track")], &[(0.0, 0.0), (1.0, 1.0)])),
        Some(way(4, &[("highway", "path"), ("name", "x")], &[(0.0, 0.0), (1.0, 1.0)])),
    );
    renamed.label = Some("Tværstien".into());
    renamed.tag_diff = vec![
        TagChange { key: "highway".into(), old: Some("track".into()), new: Some("path".into()) },
        TagChange { key: "name".into(), old: None, new: Some("x".into()) },
    ];
    let plain = change(Action::Create, None, Some(node(5, at(1.0, 1.0))));
    let mut analysis = analysis(vec![renamed, plain]);
    analysis.summary.delete.node = 11;
    analysis.mileage_m.total.created = 1234.5;
    let residential = osmtracker_analysis::Length { deleted: 7.0, ..Default::default() };
    analysis.mileage_m.by_type =
        BTreeMap::from([("highway".into(), BTreeMap::from([("residential".into(), residential)]))]);
    analysis.moved_nodes =
        vec![MovedNode { id: ElementId(1), from: at(0.0, 0.0), to: at(1.0, 0.0), distance_m: 111_000.0 }];
    analysis
}

#[test]
fn expressions_see_the_whole_analysis() {
    let analysis = rich_analysis();
    for expression in [
        "analysis.summary.delete.node > 10",
        "analysis.elements.exists(e, e.tag_diff.exists(t, t.key == 'highway'))",
        "analysis.elements.exists(e, e.type == 'way' && e.tag_diff.exists(t, t.key == 'highway' && t.new == 'path'))",
        "analysis.elements.exists(e, has(e.label) && e.label == 'Tværstien')",
        "analysis.elements.filter(e, e.action == 'create').size() == 1",
        "analysis.elements.exists(e, e.new.tags.exists(k, k == 'name'))",
        "analysis.elements.exists(e, has(e.old) && e.old.tags.highway == 'track' && e.new.tags.highway == 'path')",
        "size(analysis.elements) == 2 && analysis.elements.size() == 2",
        "analysis.elements[0].id == 4 && analysis.elements[1].type == 'node'",
        "analysis.mileage_m.created > 1000 && analysis.mileage_m.created < 1234.6",
        "analysis.mileage_m.by_type.highway.residential.deleted == 7.0",
        "'highway' in analysis.mileage_m.by_type && !('railway' in analysis.mileage_m.by_type)",
        "analysis.moved_nodes.exists(n, n.distance_m > 100000)",
        "analysis.elements.all(e, e.notes.size() == 0)",
        "analysis.elements.map(e, e.id) == [4, 5]",
        "analysis.extent.old == null && analysis.gaps == []",
        "changeset.num_changes > 100 && size(analysis.elements) < 5",
    ] {
        assert!(holds(expression, &analysis), "{expression}");
    }
    assert!(!holds("analysis.elements.exists(e, e.tag_diff.exists(t, t.key == 'building'))", &analysis));
}

#[test]
fn an_error_does_not_hold_and_is_reported() {
    for expression in
        ["changeset.tags.bot == 'yes'", "changeset.num_changes", "changeset.closed_at.startsWith('2')", "1 / 0 == 1"]
    {
        let decision = when(expression).filter(&changeset(None));
        assert!(decision.labels.is_empty(), "{expression}");
        assert_eq!(decision.failures.len(), 1, "{expression}");
        assert_eq!(decision.failures[0].label, "x");
    }
    let late = when("analysis.elements.exists(e, e.label == 'x')").finish(&changeset(None), &rich_analysis());
    assert_eq!((late.labels.len(), late.failures.len()), (0, 1), "labels are left out for untagged elements");
}

/// The text under the carets, and the message.
fn mistake(expression: &str) -> (String, String) {
    let label = LabelConfig { name: "x".into(), when: Some(expression.into()), ..LabelConfig::default() };
    let lists = BTreeMap::from([("watched".to_owned(), Vec::new())]);
    let config = RulesConfig { labels: vec![label], lists, ..RulesConfig::default() };
    let errors = Rules::compile(&config, BTreeMap::new()).err().unwrap_or_else(|| panic!("{expression} is accepted"));
    let error = &errors[0];
    (error.source[error.span.clone().expect("a place")].to_owned(), error.to_string())
}

#[test]
fn unknown_names_are_compile_errors_with_their_place_and_a_suggestion() {
    for (expression, place, words) in [
        ("analysis.sumary.delete.node > 1", "sumary", "did you mean \"summary\"?"),
        ("changeset.open && analysis.summary.delete.nodes > 1", "nodes", "did you mean \"node\"?"),
        ("'æ' == 'æ' && changeset.usr == 'ann'", "usr", "did you mean \"user\"?"),
        ("changset.user == 'ann'", "changset", "did you mean \"changeset\"?"),
        ("changeset.user in lists.wached", "wached", "did you mean \"watched\"?"),
        ("analysis.elements.exists(e, e.tagdiff.size() > 0)", "tagdiff", "did you mean \"tag_diff\"?"),
        ("analysis.elements.exists(e, e.tag_diff.exists(t, t.keey == 'a'))", "keey", "did you mean \"key\"?"),
        ("analysis.elements.exists(e, f.id == 1)", "f", "unknown variable"),
        ("changeset['usr'] == 'x'", "'usr'", "did you mean \"user\"?"),
        ("changeset.user.startWith('a')", "startWith", "did you mean \"startsWith\"?"),
        ("has(changeset.bbbox)", "bbbox", "did you mean \"bbox\"?"),
        ("changeset.tags.comment.matches('(a+)+')", "'(a+)+'", "repetition inside a repetition"),
        ("changeset.tags.comment.matches(changeset.user)", "matches", "as a text in quotes"),
    ] {
        let (found, message) = mistake(expression);
        assert_eq!(found, place, "{expression}: {message}");
        assert!(message.contains(words), "{expression}: {message}");
    }
}

#[test]
fn a_syntax_error_has_a_caret_under_it() {
    let label =
        LabelConfig { name: "x".into(), when: Some("changeset.user ==\n  && true".into()), ..LabelConfig::default() };
    let config = RulesConfig { labels: vec![label], ..RulesConfig::default() };
    let errors = Rules::compile(&config, BTreeMap::new()).err().unwrap();
    assert_eq!(errors[0].snippet().unwrap(), "  && true\n  ^", "{errors:#?}");
    assert!(errors[0].to_string().starts_with("label \"x\", when: not an expression: "), "{}", errors[0]);
}

#[test]
fn expressions_out_of_bounds_are_refused() {
    let nested = format!("{}1 == 1{}", "(".repeat(40), ")".repeat(40));
    let long = format!("changeset.user == '{}'", "x".repeat(5_000));
    let many = format!("1 == 1{}", " && 1 == 1".repeat(300));
    let loops = "[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))";
    let quadratic = "analysis.elements.all(a, analysis.elements.all(b, a.id != b.id))";
    for (expression, words) in [
        ("", "empty"),
        (nested.as_str(), "more than 32 brackets"),
        (long.as_str(), "longer than 4096 bytes"),
        (many.as_str(), "too large"),
        (loops, "more than 3 loops"),
        (quadratic, "takes too long"),
    ] {
        let (_, message) = mistake(expression);
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn every_mistake_of_a_configuration_is_named() {
    let errors = compile(
        "track = [['insid'], [], ['bot']]\n\
         [[labels]]\nname = 'inside'\narea = 'sqare'\n\
         [[labels]]\nname = 'a/b'\nwhen = 'true'\n\
         [[labels]]\nname = 'empty'\n\
         [[labels]]\nname = 'twice'\nwhen = 'true'\n\
         [[labels]]\nname = 'twice'\nwhen = 'true'\ntest = 'bbox'\n",
    )
    .err()
    .unwrap();
    let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "label \"inside\", area: there is no area \"sqare\", nor a country with this code; did you mean \"square\"?",
            "label \"a/b\", name: a name has 1 to 64 letters, digits, - and _, and begins with a letter or digit",
            "label \"empty\", name: a label needs an area, a when expression or both",
            "label \"twice\", test: a test needs an area",
            "label \"twice\", name: two labels have this name",
            "track: there is no label \"insid\"; did you mean \"inside\"?",
            "track: an entry of track needs at least one label",
            "track: the built-in label \"bot\" is not switched on",
        ]
    );
    assert!(toml::from_str::<RulesConfig>("[[labels]]\nname = 'x'\nwhn = 'true'").is_err(), "unknown keys are errors");
    assert!(toml::from_str::<RulesConfig>("[builtin]\nno-coment = true").is_err());
    assert!(toml::from_str::<RulesConfig>("[builtin]\nmass-deletion = { shar = 0.5 }").is_err());
}

#[test]
fn a_country_code_is_an_area() {
    let rules = rules("track = [['dk']]\n[[labels]]\nname = 'dk'\narea = 'DK'\n");
    assert_eq!(rules.filter(&changeset(Some([9.0, 56.1, 9.1, 56.2]))).tracked, Holds::Yes);
    assert_eq!(rules.filter(&changeset(Some([2.0, 48.0, 3.0, 49.0]))).tracked, Holds::No);
    let description = &rules.describe()[0];
    assert_eq!(description.rule, "a changed element touches DK");
}

#[test]
fn without_track_every_changeset_is_tracked() {
    let rules = rules("[[labels]]\nname = 'x'\nwhen = 'changeset.num_changes > 1000'");
    assert_eq!(rules.filter(&changeset(None)).tracked, Holds::Yes);
    assert!(rules.finish(&changeset(None), &Analysis::default()).tracked);
}

#[test]
fn a_loop_over_ten_thousand_elements_sees_only_what_it_looks_at() {
    let tagged = |id| {
        let mut change = change(Action::Create, None, Some(way(id, &[("building", "yes")], &[(0.0, 0.0), (1.0, 1.0)])));
        change.tag_diff = vec![TagChange { key: "building".into(), old: None, new: Some("yes".into()) }];
        change
    };
    let large = analysis((0..10_000).map(tagged).collect());
    let expression = "analysis.elements.filter(e, e.tag_diff.exists(t, t.key == 'building')).size() == 10000";
    assert!(holds(expression, &large));
    assert!(holds("analysis.elements.all(e, e.new.tags.building == 'yes')", &large));
}
