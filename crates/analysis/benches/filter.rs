//! Filter speed in changesets a second, with 1, 100 and 10,000 areas.
//!
//! The changesets are the reference world's where it is (1,000 and 10,000 that exist for this), else spread evenly over
//! a part of the earth.

use std::{collections::BTreeMap, hint::black_box, path::PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use osmtracker_analysis::{
    Area,
    rules::{AreaTest, Holds, LabelConfig, Rules, RulesConfig},
};
use osmtracker_osm::{
    BoundingBox, Changeset, ChangesetId, Coordinate, Tags, Timestamp, User, UserId, xml::parse_changesets,
};

fn world() -> Option<PathBuf> {
    let root = std::env::var_os("OSMTRACKER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into(), PathBuf::from);
    let path = root.join("reference-world");
    path.exists().then_some(path)
}

fn changesets() -> Vec<Changeset> {
    let Some(world) = world() else {
        eprintln!("skipped: the reference world is not there; made-up changesets instead");
        return (0..10_000).map(made_up).collect();
    };
    let read = |file: &str| {
        let bytes = std::fs::read(world.join(format!("replication/changesets/000/000/{file}.osm.gz"))).expect("a file");
        let mut xml = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice()), &mut xml).expect("gzip");
        parse_changesets(&xml).expect("a changesets feed")
    };
    ["100", "200"].into_iter().flat_map(read).collect()
}

fn made_up(number: u64) -> Changeset {
    let part = |factor: f64| (number as f64 * factor) % 1.0;
    let corner = |lon, lat| Coordinate::from_degrees(lon, lat).expect("on the earth");
    let (lon, lat) = (part(0.618_034) * 40.0 - 10.0, part(0.754_878) * 30.0 + 35.0);
    let (width, height) = (part(0.569_84).powi(4), part(0.320_96).powi(4));
    Changeset {
        id: ChangesetId(number),
        created_at: Timestamp(1_700_000_000),
        closed_at: None,
        open: false,
        user: Some(User { uid: Some(UserId(number % 100)), name: format!("user{}", number % 100).into() }),
        bounds: Some(BoundingBox { min: corner(lon, lat), max: corner(lon + width, lat + height) }),
        num_changes: 10,
        comments_count: 0,
        tags: [("comment", "a bench"), ("created_by", "none")].into_iter().collect::<Tags>(),
        discussion: Vec::new(),
    }
}

/// A polygon of 100 corners.
fn region(name: &str, lon: f64, lat: f64, radius: f64) -> Area {
    let corner = |step: u32| {
        let (sin, cos) = (f64::from(step) * std::f64::consts::TAU / 100.0).sin_cos();
        let radius = radius * (1.0 + 0.2 * f64::from(step % 3));
        format!("{} {}\n", lon + radius * cos, lat + radius * sin)
    };
    let poly = format!("{name}\n1\n{}END\nEND\n", (0..100).map(corner).collect::<String>());
    Area::from_poly(name, poly.as_bytes()).expect("a polygon")
}

fn rules(areas: Vec<Area>, when: Option<&str>) -> Rules {
    let names: Vec<_> = areas.iter().map(|area| area.name().to_owned()).collect();
    let labels = names.iter().map(|name| LabelConfig {
        name: name.clone(),
        area: Some(name.clone()),
        test: Some(AreaTest::Touches),
        when: when.map(str::to_owned),
        ..LabelConfig::default()
    });
    let track = names.iter().map(|name| vec![name.clone()]).collect();
    let config = RulesConfig { labels: labels.collect(), track, ..RulesConfig::default() };
    let areas: BTreeMap<_, _> = areas.into_iter().map(|area| (area.name().to_owned(), area)).collect();
    Rules::compile(&config, areas).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// Areas on a grid over the middle of all changesets.
fn many(changesets: &[Changeset], side: u32) -> Vec<Area> {
    let all = changesets.iter().filter_map(|changeset| changeset.bounds).map(BoundingBox::center);
    let mut lons: Vec<_> = all.clone().map(|center| center.lon).collect();
    let mut lats: Vec<_> = all.map(|center| center.lat).collect();
    let middle = |values: &mut Vec<i32>| {
        values.sort_unstable();
        let at = |tenth: usize| f64::from(values[values.len() * tenth / 10]) / Coordinate::SCALE;
        (at(1), at(9))
    };
    let ((west, east), (south, north)) = (middle(&mut lons), middle(&mut lats));
    let radius = (east - west).min(north - south).max(0.01) / f64::from(side) / 2.0;
    let place = |from: f64, to: f64, step: u32| from + (to - from) * f64::from(step) / f64::from(side);
    (0..side * side)
        .map(|n| region(&format!("r{n}"), place(west, east, n % side), place(south, north, n / side), radius))
        .collect()
}

fn filter(criterion: &mut Criterion) {
    let changesets = changesets();
    let country = || match world() {
        Some(world) => {
            let poly = std::fs::read(world.join("regions/country10000.poly")).expect("a region");
            Area::from_poly("country", &poly).expect("a polygon")
        }
        None => Area::country("DE").expect("a country"),
    };
    let with_expression = "!(changeset.user in ['zoe']) && changeset.num_changes > 5";
    let mut group = criterion.benchmark_group("filter");
    group.throughput(Throughput::Elements(changesets.len() as u64)).sample_size(20);
    for (name, rules) in [
        ("country code DK", rules(vec![Area::country("DK").expect("a country")], None)),
        ("1 area", rules(vec![country()], None)),
        ("1 area and an expression", rules(vec![country()], Some(with_expression))),
        ("100 areas", rules(many(&changesets, 10), None)),
        ("10000 areas", rules(many(&changesets, 100), None)),
    ] {
        let open = changesets.iter().filter(|changeset| rules.filter(changeset).tracked != Holds::No).count();
        eprintln!("{name}: {open} of {} changesets pass", changesets.len());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                changesets.iter().filter(|changeset| rules.filter(black_box(changeset)).tracked != Holds::No).count()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, filter);
criterion_main!(benches);
