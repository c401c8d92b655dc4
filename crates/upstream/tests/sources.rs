//! The sources of changes against a replayed upstream: what they answer, and how many calls it takes.
#![expect(clippy::unwrap_used, reason = "these are tests")]

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

/// A replayed upstream and a client for it.
struct World {
    replay: Replay,
    client: Client,
}

impl World {
    async fn new(upstream: Upstream) -> Self {
        Self::with(upstream, ReplayOptions::default()).await
    }

    async fn of(versions: Vec<Element>) -> Self {
        let history = History::from_elements(versions);
        Self::new(Upstream::from_history(history, Vec::new(), FeedPlan::DEFAULT)).await
    }

    async fn with(upstream: Upstream, options: ReplayOptions) -> Self {
        let client = Client::new(ClientConfig::new("tests@example.org"), Arc::new(NoObserver)).unwrap();
        Self { replay: serve(upstream, options).await.unwrap(), client }
    }

    fn ids(&self) -> Vec<ChangesetId> {
        self.replay.upstream().changeset_ids()
    }

    async fn metadata(&self, id: ChangesetId) -> Changeset {
        let source = ApiMetadata::new(self.client.clone(), &self.replay.api_url()).unwrap();
        source.metadata(&[id]).await.unwrap().remove(0)
    }

    fn api(&self) -> OsmApiSource {
        OsmApiSource::new(self.client.clone(), &self.replay.api_url()).unwrap()
    }

    fn adiff(&self) -> AdiffSource {
        let template = format!("{}/changesets/{{id}}.adiff", self.replay.adiff_url());
        AdiffSource::new(self.client.clone(), &template).unwrap()
    }

    fn real_changesets(&self) -> RealChangesetsSource {
        let template = format!("{}/{{id}}.json", self.replay.real_changesets_url());
        RealChangesetsSource::new(self.client.clone(), &template).unwrap()
    }

    async fn ask_api(&self, id: ChangesetId) -> SourcedChange {
        self.api().changes(&self.metadata(id).await).await.unwrap()
    }

    fn truth(&self, id: ChangesetId) -> Vec<AugmentedAction> {
        truth(self.replay.upstream().history(), id)
    }
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
    let world = World::new(Upstream::niue()).await;
    let (mut calls, mut truncated) = (0, 0);
    for id in world.ids() {
        let sourced = world.ask_api(id).await;
        calls += sourced.calls;
        if sourced.change.gaps.iter().any(|gap| gap.kind == GapKind::Truncated) {
            // Relations with thousands of nodes in ways that were not changed.
            truncated += 1;
            continue;
        }
        // One version in all of Niue is not there, and so is not in the truth either.
        assert!(sourced.change.gaps.iter().all(|gap| gap.kind == GapKind::Redacted), "{:?}", sourced.change.gaps);
        assert_same(id, &sourced.change.actions, &world.truth(id));
    }
    assert!(truncated < 10, "{truncated}");
    // Everything was changed since, which is the worst case: 457 changesets, 66,553 versions.
    assert!(calls < 4_500, "{calls}");
    assert!(world.replay.counters().most_api_calls_at_once() <= 2);
}

#[tokio::test]
async fn the_api_gives_what_the_recorded_server_knows() {
    let Some(path) = data::require("recorded-upstream") else { return };
    let world = World::new(Upstream::open(path).unwrap()).await;
    let mut with_gaps = BTreeSet::new();
    for id in world.ids() {
        let sourced = world.ask_api(id).await;
        assert_same(id, &sourced.change.actions, &world.truth(id));
        with_gaps.extend(sourced.change.gaps.iter().map(|gap| (id, gap.kind)));
    }
    assert!(with_gaps.iter().any(|(_, kind)| *kind == GapKind::Redacted), "{with_gaps:?}");
}

#[tokio::test]
async fn static_documents_give_what_the_api_gives_in_one_call() {
    let world = World::new(Upstream::niue()).await;
    let adiff = world.adiff();
    let json = world.real_changesets();
    for id in world.ids().into_iter().step_by(9) {
        let changeset = world.metadata(id).await;
        let sourced = adiff.changes(&changeset).await.unwrap();
        assert_eq!((sourced.calls, sourced.source), (1, "adiff"));
        let own: Vec<_> = sourced.change.actions.into_iter().filter(|action| made_by(action, id)).collect();
        let AugmentedChange { actions, gaps } = world.ask_api(id).await.change;
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
    let world = World::with(Upstream::niue(), options).await;
    let last = *world.ids().last().unwrap();
    let changeset = Changeset { num_changes: 1, ..made_up_changeset(last) };
    let adiff = world.adiff();
    let json = world.real_changesets();
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
fn versions(nodes: usize, ways: usize) -> Vec<Element> {
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

#[tokio::test]
async fn calls_stay_within_the_budget() {
    for (nodes, ways) in [(1, 0), (0, 1), (10, 0), (50, 50), (580, 0), (581, 0), (500, 500), (0, 1_000), (8_000, 2_000)]
    {
        let world = World::of(versions(nodes, ways)).await;
        let sourced = world.ask_api(ChangesetId(2)).await;
        assert_same(ChangesetId(2), &sourced.change.actions, &world.truth(ChangesetId(2)));
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
    let mut versions = versions(0, 1_000);
    for id in 1_000_001..=1_001_001 {
        versions.push(node(id, 2, 3));
        if id % 3 == 0 {
            versions.push(Element { visible: false, ..node(id, 3, 4) });
        }
    }
    let world = World::of(versions).await;
    let sourced = world.ask_api(ChangesetId(2)).await;
    assert_same(ChangesetId(2), &sourced.change.actions, &world.truth(ChangesetId(2)));
    let way = sourced.change.actions[0].new.as_ref().unwrap();
    assert!(way.nodes().iter().all(|node| node.position.unwrap().lat == 1), "{way:?}");
    // 1 download, 2 old, 2 current, 2 one step back, 1 two steps back.
    assert_eq!(sourced.calls, 8);
}

#[tokio::test]
async fn redacted_old_versions_cost_a_bisection_each_and_nothing_else_is_lost() {
    let mut versions = versions(2_000, 0);
    // Version 1 of three nodes is redacted: later versions are there, it is not.
    let redacted = [17, 600, 1_999];
    versions.retain(|node| !(node.version == Version(1) && redacted.contains(&node.id.0)));
    let world = World::of(versions).await;
    let sourced = world.ask_api(ChangesetId(2)).await;
    let gaps: Vec<_> = sourced.change.gaps.iter().map(|gap| (gap.kind, gap.element.unwrap().id.0)).collect();
    assert_eq!(gaps, redacted.map(|id| (GapKind::Redacted, id)));
    let without: Vec<_> = sourced.change.actions.iter().filter(|action| action.old.is_none()).collect();
    assert_eq!(without.len(), 3);
    assert_same(ChangesetId(2), &sourced.change.actions, &world.truth(ChangesetId(2)));
    // 1 download, 4 groups, three of which are halved some ten times, and 3 histories.
    assert!(sourced.calls <= 1 + 4 + 3 * 20 + 3, "{}", sourced.calls);
}

#[tokio::test]
async fn a_changeset_full_of_redacted_versions_does_not_cost_a_call_for_each() {
    let mut versions = versions(1_000, 0);
    versions.retain(|node| node.version == Version(2));
    let world = World::of(versions).await;
    let changeset = world.metadata(ChangesetId(2)).await;
    let limits = osmtracker_upstream::OsmApiLimits { extra_calls: 50, ..Default::default() };
    let source = world.api().with_limits(limits);
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
    let world = World::of(versions).await;
    let sourced = world.ask_api(ChangesetId(2)).await;
    assert_same(ChangesetId(2), &sourced.change.actions, &world.truth(ChangesetId(2)));
    assert_eq!((sourced.calls, sourced.change.gaps.len()), (4, 0));
}

#[tokio::test]
async fn what_is_over_a_limit_is_a_gap() {
    let world = World::of(versions(0, 100)).await;
    let changeset = world.metadata(ChangesetId(2)).await;
    let limits = osmtracker_upstream::OsmApiLimits { foreign_nodes: 40, ..Default::default() };
    let source = world.api().with_limits(limits);
    let AugmentedChange { actions, gaps } = source.changes(&changeset).await.unwrap().change;
    assert_eq!(actions.len(), 100);
    assert_eq!(gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Truncated]);
    assert!(gaps[0].detail.contains("61 nodes"), "{}", gaps[0].detail);
}
