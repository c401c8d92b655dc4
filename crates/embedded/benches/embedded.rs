//! Rows, messages and objects a second, one caller, on the disk below the temporary folder.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use osmtracker_embedded::{Embedded, Flush, Options, Sqlite};
use osmtracker_osm::{Changeset, ChangesetId, Tags, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, FeedPosition, State,
    ports::{Expected, ObjectMeta, PutCondition, Queue, QueueName, SiteStore, Store},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const MESSAGES: usize = 1000;
const ROWS: u64 = 1000;
const META: ObjectMeta = ObjectMeta { content_type: "text/html", cache_control: "no-cache", content_encoding: None };

fn open(flush: Flush) -> (TempDir, Embedded) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options { flush, ..Options::default() };
    let embedded = Embedded::open(folder.path(), &options).expect("a new data folder");
    (folder, embedded)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

/// About 2.5 KB of JSON.
fn row(id: u64, version: u64) -> ChangesetRow {
    let at = Timestamp(1_700_000_000 + i64::try_from(id + version).expect("small"));
    let comment = "Added shops and house numbers along the main street; ".repeat(20);
    ChangesetRow {
        changeset: Changeset {
            id: ChangesetId(id),
            created_at: at,
            closed_at: Some(at),
            open: false,
            user: None,
            bounds: None,
            num_changes: 100,
            comments_count: 0,
            tags: (0..20).map(|number| (format!("key:{number}"), comment.as_str().split_at(50).0)).collect::<Tags>(),
            discussion: Vec::new(),
        },
        feed: FeedPosition::default(),
        state: if version == 1 { State::New } else { State::Done },
        version,
        first_written_at: at,
        updated_at: at,
        due_at: (version == 1).then_some(at),
        lease: None,
        attempts: 0,
        given_up: false,
        reason: Some(comment),
        labels: Vec::new(),
        listed: true,
        digest: None,
        source: None,
        history: Vec::new(),
    }
}

async fn write_rows(sqlite: &Sqlite, version: u64) {
    for id in 0..ROWS {
        let expected = if version == 1 { Expected::Absent } else { Expected::Version(version - 1) };
        sqlite.put_changeset(&row(id, version), expected).await.expect("put");
    }
}

async fn send_and_work_off(sqlite: &Sqlite, body_bytes: usize, batch: usize) {
    let body = "x".repeat(body_bytes);
    for _ in 0..MESSAGES / batch {
        sqlite.send(QueueName::Filter, vec![body.clone(); batch]).await.expect("send");
    }
    loop {
        let deliveries = sqlite.receive(QueueName::Filter, batch, Duration::from_secs(60)).await.expect("receive");
        if deliveries.is_empty() {
            return;
        }
        for delivery in deliveries {
            sqlite.acknowledge(&delivery).await.expect("acknowledge");
        }
    }
}

fn rows(criterion: &mut Criterion) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("rows");
    group.sample_size(10).throughput(Throughput::Elements(ROWS));
    group.bench_function("first write", |bencher| {
        bencher.iter_batched(
            || open(Flush::ByKernel),
            |(folder, embedded)| {
                runtime.block_on(write_rows(&embedded.sqlite, 1));
                (embedded, folder)
            },
            BatchSize::PerIteration,
        );
    });
    let (_folder, embedded) = open(Flush::ByKernel);
    runtime.block_on(write_rows(&embedded.sqlite, 1));
    let mut version = 1;
    group.bench_function("conditional write", |bencher| {
        bencher.iter(|| {
            version += 1;
            runtime.block_on(write_rows(&embedded.sqlite, version));
        });
    });
    group.bench_function("read a hundred at once", |bencher| {
        bencher.iter(|| {
            for first in (0..ROWS).step_by(100) {
                let ids: Vec<_> = (first..first + 100).map(ChangesetId).collect();
                runtime.block_on(embedded.sqlite.changesets(&ids)).expect("changesets");
            }
        });
    });
    group.finish();
}

fn messages(criterion: &mut Criterion) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("messages sent, received and acknowledged");
    group.sample_size(10).throughput(Throughput::Elements(MESSAGES as u64));
    for (name, bytes, batch) in [("40 bytes, one by one", 40, 1), ("40 bytes, ten", 40, 10), ("60 KB, ten", 60_000, 10)]
    {
        let (_folder, embedded) = open(Flush::ByKernel);
        let sqlite = Arc::clone(&embedded.sqlite);
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(send_and_work_off(&sqlite, bytes, batch)));
        });
    }
    group.finish();
}

fn objects(criterion: &mut Criterion) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("objects of 8 KB");
    group.sample_size(10).throughput(Throughput::Elements(100));
    for (name, flush) in [("flushed", Flush::BeforeRename), ("not flushed", Flush::ByKernel)] {
        let (_folder, embedded) = open(flush);
        let mut content = 0_u64;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                content += 1;
                let bytes = Bytes::from(content.to_le_bytes().repeat(1024));
                for number in 0..100 {
                    let key = format!("site/changesets/{number}/index.html");
                    let put = embedded.site.put(&key, bytes.clone(), META, PutCondition::Always);
                    runtime.block_on(put).expect("put");
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rows, messages, objects);
criterion_main!(benches);
