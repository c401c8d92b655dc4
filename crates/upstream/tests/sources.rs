//! The sources of changes against a replayed upstream: what they answer, and how many calls it takes.

use std::{collections::BTreeSet, sync::Arc};

use osmtracker_osm::{
    AugmentedAction, AugmentedChange, Changeset, ChangesetId, Coordinate, Element, ElementData, ElementId, ElementType,
    GapKind, Member, Tags, Timestamp, Version, WayNode,
};
use osmtracker_pipeline::ports::{ChangeSource, MetadataSource, SourceError, SourcedChange};
use osmtracker_testkit::{
    FeedPlan, History, Upstream,
    augmented::augmented_change,
    data,
    replay::{Pace, Replay, ReplayOptions, serve},
};
use osmtracker_upstream::{
    AdiffSource, ApiMetadata, Client, ClientConfig, NoObserver, OsmApiSource, RealChangesetsSource,
};

const END: Timestamp = Timestamp(i64::MAX);

fn client() -> Client {
    Client::new(ClientConfig::new("tests@example.org"), Arc::new(NoObserver)).unwrap()
}

async fn replay(upstream: Upstream) -> Replay {
    serve(upstream, ReplayOptions::default()).await.unwrap()
}

async fn metadata(replay: &Replay, id: ChangesetId) -> Changeset {
    let source = ApiMetadata::new(client(), &replay.api_url()).unwrap();
    source.metadata(&[id]).await.unwrap().remove(0)
}

async fn from_api(replay: &Replay, changeset: &Changeset) -> SourcedChange {
    OsmApiSource::new(client(), &replay.api_url()).unwrap().changes(changeset).await.unwrap()
}

/// What the history says, without what the API cannot tell: ways that only moved, and what was not changed in
/// relations' members where that takes too many calls.
fn truth(history: &History, id: ChangesetId) -> Vec<AugmentedAction> {
    let mut actions = augmented_change(history, id, END).actions;
    actions.retain(|action| action.new.as_ref().is_some_and(|new| new.changeset == Some(id)));
    sorted(actions)
}

fn sorted(mut actions: Vec<AugmentedAction>) -> Vec<AugmentedAction> {
    actions.sort_by_key(|action| (action.element_ref(), action.new.as_ref().map(|new| new.version)));
    actions
}

fn assert_same(id: ChangesetId, found: &[AugmentedAction], expected: &[AugmentedAction]) {
    assert_eq!(found.len(), expected.len(), "changeset {id}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.element_ref(), expected.element_ref(), "changeset {id}");
        assert_side(id, found.old.as_ref(), expected.old.as_ref());
        assert_side(id, found.new.as_ref(), expected.new.as_ref());
        assert_eq!(found, expected, "changeset {id}");
    }
}

/// Says no more than where two long lists of positions differ.
fn assert_side(id: ChangesetId, found: Option<&Element>, expected: Option<&Element>) {
    let (Some(found), Some(expected)) = (found, expected) else {
        assert_eq!(found, expected, "changeset {id}");
        return;
    };
    let what = || format!("changeset {id}, {} version {}", expected.element_ref(), expected.version);
    for (found, expected) in found.nodes().iter().zip(expected.nodes()) {
        assert_eq!(found, expected, "{}", what());
    }
    for (found, expected) in found.members().iter().zip(expected.members()) {
        assert!(found == expected, "{}: {}", what(), expected.element_ref());
    }
}

#[tokio::test]
async fn the_api_gives_what_the_history_of_niue_says() {
    let replay = replay(Upstream::niue()).await;
    let (mut calls, mut truncated) = (0, 0);
    for id in replay.upstream().changeset_ids() {
        let changeset = metadata(&replay, id).await;
        let sourced = from_api(&replay, &changeset).await;
        calls += sourced.calls;
        if sourced.change.gaps.is_empty() {
            assert_same(id, &sourced.change.actions, &truth(replay.upstream().history(), id));
        } else {
            // Relations with thousands of nodes in ways that were not changed.
            assert!(sourced.change.gaps.iter().all(|gap| gap.kind == GapKind::Truncated), "{:?}", sourced.change.gaps);
            truncated += 1;
        }
    }
    assert!(truncated < 10, "{truncated}");
    // Everything was changed since, which is the worst case: 457 changesets, 66,553 versions.
    assert!(calls < 4_500, "{calls}");
    assert!(replay.counters().most_api_calls_at_once() <= 2);
}

#[tokio::test]
async fn the_api_gives_what_the_recorded_server_knows() {
    let Some(path) = data::require("recorded-upstream") else { return };
    let replay = replay(Upstream::open(path).unwrap()).await;
    let mut with_gaps = BTreeSet::new();
    for id in replay.upstream().changeset_ids() {
        let changeset = metadata(&replay, id).await;
        let sourced = from_api(&replay, &changeset).await;
        let expected = truth(replay.upstream().history(), id);
        if sourced.change.gaps.is_empty() {
            assert_same(id, &sourced.change.actions, &expected);
        } else {
            with_gaps.extend(sourced.change.gaps.iter().map(|gap| (id, gap.kind)));
        }
    }
    let redacted = with_gaps.iter().filter(|(_, kind)| *kind == GapKind::Redacted).count();
    assert!(redacted > 0, "{with_gaps:?}");
}

#[tokio::test]
async fn static_documents_give_what_the_api_gives_in_one_call() {
    let replay = replay(Upstream::niue()).await;
    let adiff = AdiffSource::new(client(), &format!("{}/changesets/{{id}}.adiff", replay.adiff_url())).unwrap();
    let json = RealChangesetsSource::new(client(), &format!("{}/{{id}}.json", replay.real_changesets_url())).unwrap();
    for id in replay.upstream().changeset_ids().into_iter().step_by(9) {
        let changeset = metadata(&replay, id).await;
        let sourced = adiff.changes(&changeset).await.unwrap();
        assert_eq!((sourced.calls, sourced.source), (1, "adiff"));
        let own: Vec<_> = sourced.change.actions.into_iter().filter(|action| made_by(action, id)).collect();
        let AugmentedChange { actions, gaps } = from_api(&replay, &changeset).await.change;
        if gaps.is_empty() {
            assert_same(id, &own, &actions);
        }
        let sourced = json.changes(&changeset).await.unwrap();
        assert_eq!((sourced.calls, sourced.source), (1, "real-changesets"));
        assert!(!sourced.change.actions.is_empty());
    }
}

fn made_by(action: &AugmentedAction, id: ChangesetId) -> bool {
    action.new.as_ref().is_some_and(|new| new.changeset == Some(id))
}

#[tokio::test]
async fn documents_that_are_not_there_yet_are_not_found() {
    let options = ReplayOptions { pace: Pace::Stepped, ..ReplayOptions::default() };
    let replay = serve(Upstream::niue(), options).await.unwrap();
    let last = *replay.upstream().changeset_ids().last().unwrap();
    let changeset = Changeset { num_changes: 1, ..made_up_changeset(last) };
    let adiff = AdiffSource::new(client(), &format!("{}/changesets/{{id}}.adiff", replay.adiff_url())).unwrap();
    let json = RealChangesetsSource::new(client(), &format!("{}/{{id}}.json", replay.real_changesets_url())).unwrap();
    for source in [&adiff as &dyn ChangeSource, &json] {
        let error = source.changes(&changeset).await.unwrap_err();
        assert!(matches!(error, SourceError::NotFound { id, .. } if id == last), "{error:?}");
    }
}

fn made_up_changeset(id: ChangesetId) -> Changeset {
    Changeset {
        id,
        created_at: Timestamp(0),
        closed_at: Some(Timestamp(2_000_000)),
        open: false,
        user: None,
        bounds: None,
        num_changes: 0,
        comments_count: 0,
        tags: Tags::new(),
        discussion: Vec::new(),
    }
}

fn element(id: usize, version: u32, changeset: u64, data: ElementData) -> Element {
    Element {
        id: ElementId(id as i64),
        version: Version(version),
        visible: true,
        changeset: Some(ChangesetId(changeset)),
        timestamp: Some(Timestamp(1_000_000 + changeset as i64)),
        user: None,
        tags: [("version", version.to_string())].into_iter().collect(),
        data,
    }
}

fn node(id: usize, version: u32, changeset: u64) -> Element {
    let position = Coordinate { lon: id as i32, lat: version as i32 };
    element(id, version, changeset, ElementData::Node { position: Some(position) })
}

fn way(id: usize, version: u32, changeset: u64, nodes: impl IntoIterator<Item = usize>) -> Element {
    let nodes = nodes.into_iter().map(|id| WayNode { id: ElementId(id as i64), position: None }).collect();
    element(id, version, changeset, ElementData::Way { nodes })
}

/// Changeset 2 modifies so many nodes and ways of changeset 1; each way has a node of its own and shares others.
fn world(nodes: usize, ways: usize) -> Vec<Element> {
    let foreign = 1_000_000;
    let mut versions = Vec::new();
    for id in 1..=nodes {
        versions.extend([node(id, 1, 1), node(id, 2, 2)]);
    }
    for id in 1..=ways {
        let list = || [foreign + id, foreign + id + 1];
        versions.extend([way(id, 1, 1, list()), way(id, 2, 2, list())]);
    }
    versions.extend((1..=ways + 1).filter(|_| ways > 0).map(|id| node(foreign + id, 1, 1)));
    versions
}

async fn replay_of(versions: Vec<Element>) -> Replay {
    replay(Upstream::from_history(History::from_elements(versions), Vec::new(), FeedPlan::DEFAULT)).await
}

#[tokio::test]
async fn calls_stay_within_the_budget() {
    for (nodes, ways) in [(1, 0), (0, 1), (10, 0), (50, 50), (580, 0), (581, 0), (500, 500), (0, 1_000), (8_000, 2_000)]
    {
        let replay = replay_of(world(nodes, ways)).await;
        let changeset = metadata(&replay, ChangesetId(2)).await;
        let sourced = from_api(&replay, &changeset).await;
        assert_same(ChangesetId(2), &sourced.change.actions, &truth(replay.upstream().history(), ChangesetId(2)));
        let foreign = if ways > 0 { ways + 1 } else { 0 };
        let calls = 1 + nodes.div_ceil(580) + ways.div_ceil(580) + foreign.div_ceil(580);
        assert_eq!(sourced.calls as usize, calls, "{nodes} nodes, {ways} ways");
        assert_eq!(sourced.change.gaps, []);
        assert!(sourced.bytes > 0);
    }
}

#[tokio::test]
async fn foreign_nodes_that_moved_since_stand_where_they_stood_and_cost_little() {
    // Changeset 3 moved every foreign node since, changeset 4 deleted some of them.
    let mut versions = world(0, 1_000);
    for id in 1_000_001..=1_001_001 {
        versions.push(node(id, 2, 3));
        if id % 3 == 0 {
            versions.push(Element { visible: false, ..node(id, 3, 4) });
        }
    }
    let replay = replay_of(versions).await;
    let changeset = metadata(&replay, ChangesetId(2)).await;
    let sourced = from_api(&replay, &changeset).await;
    assert_same(ChangesetId(2), &sourced.change.actions, &truth(replay.upstream().history(), ChangesetId(2)));
    let way = sourced.change.actions[0].new.as_ref().unwrap();
    assert!(way.nodes().iter().all(|node| node.position.unwrap().lat == 1), "{way:?}");
    // 1 download, 2 old, 2 current, 2 one step back, 1 two steps back.
    assert_eq!(sourced.calls, 8);
}

#[tokio::test]
async fn redacted_old_versions_cost_a_bisection_each_and_nothing_else_is_lost() {
    let mut versions = world(2_000, 0);
    // Version 1 of three nodes is redacted: later versions are there, it is not.
    let redacted = [17, 600, 1_999];
    versions.retain(|node| !(node.version == Version(1) && redacted.contains(&node.id.0)));
    let replay = replay_of(versions).await;
    let changeset = metadata(&replay, ChangesetId(2)).await;
    let sourced = from_api(&replay, &changeset).await;
    let gaps: Vec<_> = sourced.change.gaps.iter().map(|gap| (gap.kind, gap.element.unwrap().id.0)).collect();
    assert_eq!(gaps, redacted.map(|id| (GapKind::Redacted, id)));
    let without: Vec<_> = sourced.change.actions.iter().filter(|action| action.old.is_none()).collect();
    assert_eq!(without.len(), 3);
    assert_same(ChangesetId(2), &sourced.change.actions, &truth(replay.upstream().history(), ChangesetId(2)));
    // 1 download, 4 groups, three of which are halved some ten times, and 3 histories.
    assert!(sourced.calls <= 1 + 4 + 3 * 20 + 3, "{}", sourced.calls);
}

#[tokio::test]
async fn a_changeset_full_of_redacted_versions_does_not_cost_a_call_for_each() {
    let mut versions = world(1_000, 0);
    versions.retain(|node| node.version == Version(2));
    let replay = replay_of(versions).await;
    let changeset = metadata(&replay, ChangesetId(2)).await;
    let limits = osmtracker_upstream::OsmApiLimits { extra_calls: 50, ..Default::default() };
    let source = OsmApiSource::new(client(), &replay.api_url()).unwrap().with_limits(limits);
    let sourced = source.changes(&changeset).await.unwrap();
    assert_eq!(sourced.calls, 1 + 2 + 50);
    assert_eq!((sourced.change.actions.len(), sourced.change.gaps.len()), (1_000, 1_000));
    assert!(sourced.change.gaps.iter().all(|gap| matches!(gap.kind, GapKind::Redacted | GapKind::MissingOld)));
}

#[tokio::test]
async fn members_of_a_changed_relation_are_located_with_two_more_calls() {
    let member = |kind, id: usize| Member { kind, id: ElementId(id as i64), role: "".into(), geometry: None };
    let relation = |version, changeset| {
        let members = vec![
            member(ElementType::Way, 1),
            member(ElementType::Node, 5),
            member(ElementType::Relation, 9),
            member(ElementType::Way, 2),
        ];
        element(1, version, changeset, ElementData::Relation { members })
    };
    let versions = vec![
        node(1, 1, 1),
        node(2, 1, 1),
        node(3, 1, 1),
        node(5, 1, 1),
        way(1, 1, 1, [1, 2]),
        way(2, 1, 1, [2, 3]),
        relation(1, 1),
        relation(2, 2),
    ];
    let replay = replay_of(versions).await;
    let changeset = metadata(&replay, ChangesetId(2)).await;
    let sourced = from_api(&replay, &changeset).await;
    assert_same(ChangesetId(2), &sourced.change.actions, &truth(replay.upstream().history(), ChangesetId(2)));
    assert_eq!((sourced.calls, sourced.change.gaps.len()), (4, 0));
}

#[tokio::test]
async fn what_is_over_a_limit_is_a_gap() {
    let replay = replay_of(world(0, 100)).await;
    let changeset = metadata(&replay, ChangesetId(2)).await;
    let limits = osmtracker_upstream::OsmApiLimits { foreign_nodes: 40, ..Default::default() };
    let source = OsmApiSource::new(client(), &replay.api_url()).unwrap().with_limits(limits);
    let AugmentedChange { actions, gaps } = source.changes(&changeset).await.unwrap().change;
    assert_eq!(actions.len(), 100);
    assert_eq!(gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Truncated]);
    assert!(gaps[0].detail.contains("61 nodes"), "{}", gaps[0].detail);
}
