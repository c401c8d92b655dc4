//! How fast OSM's XML becomes the model, in bytes of inflated XML a second, beside what bounds it: inflating the same
//! bytes, and a bare pass of the tokenizer over tags and attributes.
//!
//! Reads real files from `../shared/data` or `$OSMTRACKER_DATA`; a generated document stands in, with a loud line, for
//! one that is not there.

use std::{
    hint::black_box,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use osmtracker_osm::{gzip, xml};
use quick_xml::{Reader, events::Event};

criterion_group!(benches, osm_change, augmented_diff, changesets, elements);
criterion_main!(benches);

fn osm_change(c: &mut Criterion) {
    for path in ["minute-replication/480-shiv.osc.gz", "minute-replication/612.osc.gz", "api06/154042452.download.osc"]
    {
        let document = Document::load(path, || generated("osmChange", "create"));
        let mut group = document.group(c, "osm_change");
        group.bench_function("model", |b| {
            b.iter(|| xml::parse_osm_change(black_box(&document.xml)).expect("it is valid"))
        });
        group.bench_function("inflate_and_model", |b| {
            b.iter(|| {
                let mut count = 0_usize;
                let input = gzip::gunzip(black_box(&document.gzip[..]), xml::limits::DOCUMENT_BYTES);
                xml::read_osm_change(input, |_, _| count += 1).expect("it is valid");
                count
            });
        });
        document.bounds(&mut group);
    }
}

fn augmented_diff(c: &mut Criterion) {
    for path in ["adiff/2360001.adiff.gz", "adiff/annotated_diff.xml", "adiff/161807163.adiff"] {
        let document = Document::load(path, || generated("osm", "action type=\"create\""));
        let mut group = document.group(c, "augmented_diff");
        group.bench_function("model", |b| {
            b.iter(|| xml::parse_augmented_diff(black_box(&document.xml)).expect("it is valid"));
        });
        group.bench_function("inflate_and_model", |b| {
            b.iter(|| {
                let mut count = 0_usize;
                let input = gzip::gunzip(black_box(&document.gzip[..]), xml::limits::DOCUMENT_BYTES);
                xml::read_augmented_diff(input, |_| count += 1).expect("it is valid");
                count
            });
        });
        document.bounds(&mut group);
    }
}

fn changesets(c: &mut Criterion) {
    let path = "reference-world/replication/changesets/000/000/200.osm.gz";
    let document = Document::load(path, generated_changesets);
    let mut group = document.group(c, "changesets");
    group.bench_function("model", |b| b.iter(|| xml::parse_changesets(black_box(&document.xml)).expect("it is valid")));
    document.bounds(&mut group);
}

fn elements(c: &mut Criterion) {
    let document = Document::load("recorded-upstream/history.osm.gz", || generated("osm", "note"));
    let mut group = document.group(c, "elements");
    group.bench_function("model", |b| b.iter(|| xml::parse_elements(black_box(&document.xml)).expect("it is valid")));
    document.bounds(&mut group);
}

struct Document {
    name: String,
    xml: Vec<u8>,
    gzip: Vec<u8>,
}

impl Document {
    fn load(path: &str, generate: impl FnOnce() -> String) -> Self {
        let root = std::env::var_os("OSMTRACKER_DATA")
            .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into(), PathBuf::from);
        let (name, bytes) = match std::fs::read(root.join(path)) {
            Ok(bytes) => (Path::new(path).file_name().map_or_else(String::new, |n| n.to_string_lossy().into()), bytes),
            Err(error) => {
                eprintln!("skipped: {path}: {error}; a generated document stands in");
                (format!("generated for {}", path.replace('/', " ")), generate().into_bytes())
            }
        };
        let mut xml = Vec::new();
        gzip::maybe_gunzip(&bytes, u64::MAX).read_to_end(&mut xml).expect("it is whole");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&xml).expect("memory does not fail");
        Self { name, xml, gzip: encoder.finish().expect("memory does not fail") }
    }

    fn group<'c>(&self, c: &'c mut Criterion, format: &str) -> BenchmarkGroup<'c, WallTime> {
        let mut group = c.benchmark_group(format!("{format}/{}", self.name));
        group.throughput(Throughput::Bytes(self.xml.len() as u64));
        group.sample_size(20);
        group
    }

    /// What no reader can pass.
    fn bounds(&self, group: &mut BenchmarkGroup<'_, WallTime>) {
        group.bench_function("bare_inflate", |b| {
            let mut out = Vec::with_capacity(self.xml.len() + 1);
            b.iter(|| {
                out.clear();
                MultiGzDecoder::new(black_box(&self.gzip[..])).read_to_end(&mut out).expect("it is whole")
            });
        });
        group.bench_function("bare_tokenizer", |b| b.iter(|| tokenize(black_box(&self.xml))));
    }
}

/// A pass that looks at each attribute and keeps nothing.
fn tokenize(xml: &[u8]) -> usize {
    let mut reader = Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let mut bytes = 0;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).expect("it is valid") {
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    bytes += attribute.expect("it is valid").value.len();
                }
            }
            Event::Eof => return bytes,
            _ => {}
        }
    }
}

/// Nodes and ways in a root element and one block.
fn generated(root: &str, block: &str) -> String {
    let block_name = block.split(' ').next().expect("split gives one part at least");
    let per_element = block_name == "action";
    let mut text = format!("<?xml version=\"1.0\"?>\n<{root} version=\"0.6\">\n");
    let (open, close) = (format!("<{block}>\n"), format!("</{block_name}>\n"));
    if !per_element && block_name != "note" {
        text.push_str(&open);
    }
    for n in 1..20_000 {
        if per_element {
            text.push_str(&open);
        }
        let lon = n % 180;
        text.push_str(&format!(
            "  <node id=\"{n}\" version=\"2\" timestamp=\"2017-02-20T09:47:53Z\" uid=\"{}\" user=\"mapper {}\" \
             changeset=\"46238528\" lat=\"45.59{n:05}\" lon=\"{lon}.5405746\">\n    <tag k=\"highway\" \
             v=\"traffic_signals\"/>\n  </node>\n",
            n % 50,
            n % 50
        ));
        if per_element {
            text.push_str(&close);
        }
    }
    if !per_element && block_name != "note" {
        text.push_str(&close);
    }
    text.push_str(&format!("</{root}>\n"));
    text
}

fn generated_changesets() -> String {
    let mut text = String::from("<?xml version=\"1.0\"?>\n<osm version=\"0.6\">\n");
    for n in 1..10_000 {
        text.push_str(&format!(
            "<changeset id=\"{n}\" created_at=\"2019-03-01T06:00:01Z\" closed_at=\"2019-03-01T06:01:01Z\" open=\"false\" \
             num_changes=\"355\" user=\"mapper {}\" uid=\"{}\" min_lat=\"-24.0679251\" min_lon=\"-117.3681830\" \
             max_lat=\"-24.0301351\" max_lon=\"-117.3655956\" comments_count=\"0\"><tag k=\"comment\" \
             v=\"generated {n}\"/><tag k=\"created_by\" v=\"JOSM/1.5 (14382 en)\"/></changeset>\n",
            n % 50,
            n % 50
        ));
    }
    text.push_str("</osm>\n");
    text
}
