//! Elements a second of the analysis, and of writing and reading its JSON.
//!
//! The changeset has 10,000 elements as a busy mapper makes them: half new untagged nodes, moved and retagged nodes,
//! new buildings, roads that were split, retagged, reshaped or deleted, and a few relations. One core.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use osmtracker_analysis::{Analysis, Digest, analyse};
use osmtracker_osm::{
    Action, AugmentedAction, AugmentedChange, Changeset, ChangesetId, Coordinate, Element, ElementData, ElementId,
    ElementType, Member, Tags, Timestamp, User, UserId, Version, WayNode,
};

const ELEMENTS: usize = 10_000;

fn benches(criterion: &mut Criterion) {
    let (changeset, change) = (changeset(), change());
    let analysis = analyse(&changeset, change.clone());
    let json = serde_json::to_vec(&analysis).expect("an analysis is JSON");
    assert_eq!(analysis.summary.total() as usize, ELEMENTS);

    let mut group = criterion.benchmark_group("analysis");
    group.throughput(Throughput::Elements(ELEMENTS as u64)).sample_size(30);
    group.bench_function("analyse", |bencher| {
        bencher.iter_batched(|| change.clone(), |change| analyse(&changeset, change), BatchSize::LargeInput);
    });
    let mut reversed = change.clone();
    reversed.actions.reverse();
    group.bench_function("analyse, actions in reverse order", |bencher| {
        bencher.iter_batched(|| reversed.clone(), |change| analyse(&changeset, change), BatchSize::LargeInput);
    });
    group.bench_function("digest", |bencher| bencher.iter(|| Digest::of(black_box(&analysis))));
    group.finish();

    let mut group = criterion.benchmark_group("analysis document");
    group.throughput(Throughput::Bytes(json.len() as u64)).sample_size(30);
    group.bench_function("write JSON", |bencher| bencher.iter(|| serde_json::to_vec(black_box(&analysis))));
    group.bench_function("read JSON", |bencher| bencher.iter(|| serde_json::from_slice::<Analysis>(black_box(&json))));
    group.finish();
}

fn changeset() -> Changeset {
    Changeset {
        id: ChangesetId(100),
        created_at: Timestamp(1_700_000_000),
        closed_at: Some(Timestamp(1_700_000_000)),
        open: false,
        user: Some(User { uid: Some(UserId(1)), name: "mapper".into() }),
        bounds: None,
        num_changes: 10_000,
        comments_count: 0,
        tags: Tags::new(),
        discussion: Vec::new(),
    }
}

fn change() -> AugmentedChange {
    AugmentedChange { actions: (0..ELEMENTS).map(action).collect(), gaps: Vec::new() }
}

/// Of each hundred actions: 50 new nodes, 30 changed ones, 12 new buildings, 7 changed roads, one relation.
fn action(place: usize) -> AugmentedAction {
    let (block, number) = (place % 100, place as i64);
    match block {
        0..50 => sides(Action::Create, |_| node(number, 0, &[])),
        50..70 => sides(Action::Modify, |side| node(number, side * 500, &[])),
        70..80 => {
            sides(Action::Modify, |side| node(number, 0, &[("amenity", "bench"), ("check_date", DATES[side as usize])]))
        }
        80..92 => sides(Action::Create, |_| {
            way(number, 0..6, &[("building", "house"), ("source", "survey"), ("addr:city", "Vejle")])
        }),
        92..94 => sides(Action::Modify, |side| way(number, 0..12 - side * 4, &ROAD)),
        94..97 => sides(Action::Modify, |side| {
            way(number, 0..12, &[("highway", ["track", "service"][side as usize]), ("name", "Skovvej")])
        }),
        97..99 => sides(Action::Delete, |_| way(number, 0..12, &ROAD)),
        _ => sides(Action::Modify, |side| relation(number, 20 + side)),
    }
}

const DATES: [&str; 2] = ["2020-01-01", "2026-11-22"];
const ROAD: [(&str, &str); 4] =
    [("highway", "residential"), ("name", "Egevej"), ("surface", "asphalt"), ("maxspeed", "50")];

fn sides(action: Action, data: impl Fn(i64) -> (i64, Tags, ElementData)) -> AugmentedAction {
    let side = |number: i64| {
        let (id, tags, data) = data(number);
        let author = if number == 1 { (1, "mapper") } else { (id.unsigned_abs() % 7 + 2, "somebody else") };
        Element {
            id: ElementId(id),
            version: Version(u32::try_from(number).expect("0 or 1") + 1),
            visible: true,
            changeset: Some(ChangesetId(if number == 1 { 100 } else { 50 })),
            timestamp: Some(Timestamp(1_600_000_000)),
            user: Some(User { uid: Some(UserId(author.0)), name: author.1.into() }),
            tags,
            data,
        }
    };
    let mut new = side(1);
    new.visible = action != Action::Delete;
    new.version = Version(if action == Action::Create { 1 } else { 2 });
    AugmentedAction { action, old: (action != Action::Create).then(|| side(0)), new: Some(new) }
}

fn node(id: i64, shift: i64, tags: &[(&str, &str)]) -> (i64, Tags, ElementData) {
    (id, tags.iter().copied().collect(), ElementData::Node { position: Some(position(id, shift)) })
}

/// A line of nodes of the changeset.
fn way(id: i64, nodes: std::ops::Range<i64>, tags: &[(&str, &str)]) -> (i64, Tags, ElementData) {
    let node = |place: i64| (id * 31 + place).rem_euclid(ELEMENTS as i64);
    let nodes = nodes.map(|place| WayNode { id: ElementId(node(place)), position: Some(position(node(place), 0)) });
    (id, tags.iter().copied().collect(), ElementData::Way { nodes: nodes.collect() })
}

fn relation(id: i64, members: i64) -> (i64, Tags, ElementData) {
    let member =
        |place| Member { kind: ElementType::Way, id: ElementId(id + place), role: "outer".into(), geometry: None };
    let tags = [("type", "multipolygon"), ("natural", "water")].into_iter().collect();
    (id, tags, ElementData::Relation { members: (0..members).map(member).collect() })
}

fn position(id: i64, shift: i64) -> Coordinate {
    let offset = |value: i64| i32::try_from(value).expect("a small number");
    Coordinate {
        lon: 90_000_000 + offset(id * 977 % 1_000_000 + shift),
        lat: 560_000_000 + offset(id * 613 % 1_000_000),
    }
}

criterion_group!(analysis, benches);
criterion_main!(analysis);
