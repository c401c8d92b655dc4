//! What one changeset costs its source: calls against the budget, and wall time at several latencies.
//!
//! `cargo bench -p osmtracker-upstream --bench sources` prints two tables. Calls are the client's own count.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use osmtracker_osm::{ElementData, ElementType};
use osmtracker_pipeline::ports::{ChangeSource, MetadataSource, SourcedChange};
use osmtracker_testkit::{
    replay::{Replay, ReplayOptions, serve},
    synth::{self, SynthOptions},
};
use osmtracker_upstream::{ApiMetadata, Client, ClientConfig, NoObserver, OsmApiSource, PrivateAddresses};

/// Versioned ids in a call.
const IDS_A_CALL: usize = 580;
const SIZES: [u32; 5] = [1, 10, 100, 1_000, 10_000];
const LATENCIES_MS: [u64; 3] = [0, 50, 100];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    println!("| elements | calls | budget | bytes | 0 ms | 50 ms | 100 ms |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for size in SIZES {
        let options =
            SynthOptions { minutes: 3, changesets_per_minute: 1.0, elements: size..=size, ..SynthOptions::default() };
        let replay = serve(synth::upstream(&options), ReplayOptions::default()).await.expect("a free port");
        row(&replay, size).await;
        replay.shutdown().await;
    }
}

async fn row(replay: &Replay, size: u32) {
    let config = ClientConfig { private_addresses: PrivateAddresses::Allow, ..ClientConfig::new("bench@example.org") };
    let client = Client::new(config, std::sync::Arc::new(NoObserver)).expect("a client");
    let source = OsmApiSource::new(client.clone(), &replay.api_url()).expect("a source");
    let metadata = ApiMetadata::new(client, &replay.api_url()).expect("metadata");
    // The last one: it has the most that it can build on.
    let id = *replay.upstream().changeset_ids().last().expect("changesets");
    let changeset = metadata.metadata(&[id]).await.expect("metadata").pop().expect("the changeset");
    let mut times = Vec::new();
    let mut sourced = None;
    for latency in LATENCIES_MS {
        replay.set_latency(Duration::from_millis(latency));
        let mut runs = Vec::new();
        for _ in 0..5 {
            let started = Instant::now();
            sourced = Some(source.changes(&changeset).await.expect("changes"));
            runs.push(started.elapsed());
        }
        runs.sort();
        times.push(format!("{} ms", runs[2].as_millis()));
    }
    let sourced = sourced.expect("five runs");
    let (calls, bytes, budget) = (sourced.calls, sourced.bytes, budget(&sourced, size as usize));
    println!("| {size} | {calls} | {budget} | {bytes} | {} |", times.join(" | "));
}

/// 2 + ⌈n/580⌉ × types + ⌈m/580⌉, n elements of so many types with an older version, m foreign nodes of changed ways.
fn budget(sourced: &SourcedChange, size: usize) -> usize {
    let actions = &sourced.change.actions;
    let types: BTreeSet<ElementType> = actions
        .iter()
        .filter(|action| action.old.is_some())
        .filter_map(|action| action.element_ref())
        .map(|it| it.kind)
        .collect();
    let own: BTreeSet<_> = actions.iter().filter_map(|action| action.element_ref()).collect();
    let foreign: BTreeSet<_> = actions
        .iter()
        .flat_map(|action| [&action.old, &action.new])
        .flatten()
        .filter_map(|element| match &element.data {
            ElementData::Way { nodes } => Some(nodes),
            _ => None,
        })
        .flatten()
        .map(|node| osmtracker_osm::ElementRef { kind: ElementType::Node, id: node.id })
        .filter(|node| !own.contains(node))
        .collect();
    2 + size.div_ceil(IDS_A_CALL) * types.len() + foreign.len().div_ceil(IDS_A_CALL)
}
