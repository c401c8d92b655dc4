//! The API under load: 100,000 rows in SQLite, four clients that keep their connections, requests over TCP on this machine.
//! Prints the table of `docs/performance.md`.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use osmtracker_analysis::{Analysis, Digest, ElementChange, TagCount};
use osmtracker_embedded::{Embedded, Flush, Options, SystemClock};
use osmtracker_osm::{
    Action, BoundingBox, Changeset, ChangesetId, Coordinate, ElementId, ElementType, Tags, Timestamp, User, UserId,
};
use osmtracker_pages::analysis_json;
use osmtracker_pipeline::{
    ChangesetRow, FeedPosition, State,
    config::Config,
    metrics::Metrics,
    ports::{Expected, ObjectMeta, PutCondition, SiteStore, Store},
    steps::{Owner, Ports, entry},
};
use osmtracker_upstream::Upstream;
use osmtracker_web::{Surroundings, router, serve};
use tokio::net::TcpListener;

const ROWS: u64 = 100_000;
/// Changesets that have a document; those that are asked for one by one.
const DOCUMENTS: u64 = 200;
const CLIENTS: u64 = 4;

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let embedded = Embedded::open(folder.path(), &Options { flush: Flush::ByKernel, ..Options::default() })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let filling = Instant::now();
    runtime.block_on(fill(&embedded))?;
    let address = runtime.block_on(start(embedded))?;
    let bytes = std::fs::metadata(folder.path().join("osmtracker.sqlite"))?.len();
    println!("{ROWS} rows, {} MB, filled in {:.0?}\n", bytes / 1_000_000, filling.elapsed());
    println!("| {CLIENTS} clients ask for | requests/s | p50 | p99 | KB an answer |");
    println!("| --- | --- | --- | --- | --- |");
    let tag = ask(&mut connect(address)?, "/api/v1/changesets", "")?.etag;
    let known = format!("if-none-match: {tag}\r\n");
    let gzip = "accept-encoding: gzip\r\n";
    measure("a list of 100", address, 500, &|_| "/api/v1/changesets".to_owned(), "")?;
    measure("the same, compressed", address, 500, &|_| "/api/v1/changesets".to_owned(), gzip)?;
    measure("a list of 10", address, 2_000, &|_| "/api/v1/changesets?limit=10".to_owned(), "")?;
    measure("a list of 10, deep in the table", address, 2_000, &deep, "")?;
    measure("a filter that passes one of ten", address, 200, &|_| filtered("user=mapper%203&limit=20"), "")?;
    measure("a filter that passes nothing: 2,000 rows read", address, 100, &|_| filtered("q=nobody+wrote+this"), "")?;
    measure("one changeset", address, 2_000, &one, "")?;
    measure("one changeset with its 100 elements", address, 2_000, &|n| one(n) + "?include=elements", "")?;
    let tags: Vec<_> =
        (0..DOCUMENTS).map(|n| Ok(ask(&mut connect(address)?, &one(n), "")?.etag)).collect::<Outcome<_>>()?;
    measure("a list of 100 that the client has: 304", address, 500, &|_| "/api/v1/changesets".to_owned(), &known)?;
    let known = format!("if-none-match: {}\r\n", tags[0]);
    measure("one changeset that the client has: 304", address, 4_000, &|_| one(0), &known)?;
    measure("replication", address, 4_000, &|_| "/api/v1/replication".to_owned(), "")?;
    Ok(())
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn one(number: u64) -> String {
    format!("/api/v1/changesets/{}", ROWS - number % DOCUMENTS)
}

fn filtered(query: &str) -> String {
    format!("/api/v1/changesets?{query}")
}

/// Somewhere in the middle.
fn deep(number: u64) -> String {
    let id = ROWS / 2 + number;
    format!("/api/v1/changesets?limit=10&cursor={:09x}{id:016x}", 1_700_000_000 + id)
}

async fn fill(embedded: &Embedded) -> Outcome<()> {
    let analysis = analysis();
    let digest = Digest::of(&analysis);
    for id in 1..=ROWS {
        let row = row(id, digest.clone());
        embedded.sqlite.put_changeset(&row, Expected::Absent).await?;
        if id > ROWS - DOCUMENTS {
            let document = Bytes::from(analysis_json(&entry(&row), Some(&analysis)));
            let meta =
                ObjectMeta { content_type: "application/json", cache_control: "no-cache", content_encoding: None };
            let key = format!("site/changesets/{id}/analysis.json");
            embedded.site.put(&key, document, meta, PutCondition::Always).await?;
        }
    }
    Ok(())
}

async fn start(embedded: Embedded) -> Outcome<SocketAddr> {
    let config = Config::parse("[api]\nrequests_per_minute = 0")?;
    let metrics = Metrics::new();
    // Nothing is sent there.
    let upstream = Upstream::new(&config, metrics.clone(), 1)?;
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        queue: embedded.sqlite.clone(),
        store: embedded.sqlite,
        site: embedded.site,
        feed: upstream.feed,
        sources: upstream.sources,
        metadata: upstream.metadata,
        metrics,
        config: Arc::new(config),
        owner: Owner::Alone("load".to_owned()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let ports = Arc::new(ports);
    tokio::spawn(serve(listener, router(ports.clone(), Surroundings::Local(ports))));
    Ok(address)
}

/// As much as a changeset of a hundred elements has.
fn analysis() -> Analysis {
    let mut analysis = Analysis::default();
    analysis.summary.create.node = 100;
    let tag = |number: u32| TagCount { key: format!("key:{number}"), value: "a value".to_owned(), count: 100 - number };
    analysis.tag_diff.create = (0..12).map(tag).collect();
    let element = |id| ElementChange {
        kind: ElementType::Node,
        id: ElementId(id),
        action: Action::Create,
        label: Some(format!("name {id}")),
        steps: Vec::new(),
        tag_diff: Vec::new(),
        geometry: None,
        notes: Vec::new(),
        old: None,
        new: None,
    };
    analysis.elements = (1..=100).map(element).collect();
    analysis
}

fn row(id: u64, digest: Digest) -> ChangesetRow {
    let at = Timestamp(1_700_000_000).plus(Duration::from_secs(id));
    let place = |number: u64, size: f64| (number % 1_000) as f64 * size - 80.0;
    let corner = Coordinate::from_degrees(place(id, 0.16), place(id, 0.15));
    let comment = "Added shops and house numbers along the main street, from a survey on foot";
    ChangesetRow {
        changeset: Changeset {
            id: ChangesetId(id),
            created_at: at,
            closed_at: Some(at),
            open: false,
            user: Some(User { uid: Some(UserId(id % 10 + 1)), name: format!("Mapper {}", id % 10).into() }),
            bounds: corner.map(BoundingBox::of),
            num_changes: 100,
            comments_count: 0,
            tags: [("comment", comment), ("created_by", "iD 2.30.4"), ("locale", "da")].into_iter().collect::<Tags>(),
            discussion: Vec::new(),
        },
        feed: FeedPosition::default(),
        state: State::Done,
        version: 1,
        first_written_at: at,
        updated_at: at,
        due_at: None,
        lease: None,
        attempts: 0,
        given_up: false,
        reason: None,
        labels: Vec::new(),
        listed: true,
        digest: Some(digest),
        source: Some("adiff".to_owned()),
        history: Vec::new(),
    }
}

/// What came back of an answer.
struct Got {
    etag: String,
    bytes: usize,
}

fn connect(address: SocketAddr) -> Outcome<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

fn ask(connection: &mut BufReader<TcpStream>, path: &str, headers: &str) -> Outcome<Got> {
    connection.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes())?;
    let (mut etag, mut length, mut chunked, mut status) = (String::new(), 0, false, String::new());
    loop {
        let mut line = String::new();
        connection.read_line(&mut line)?;
        if line == "\r\n" {
            break;
        }
        match line.trim_end().split_once(": ") {
            Some(("etag", value)) => value.clone_into(&mut etag),
            Some(("content-length", value)) => length = value.parse()?,
            Some(("transfer-encoding", _)) => chunked = true,
            Some(_) => {}
            None => status = line,
        }
    }
    if !status.starts_with("HTTP/1.1 200 ") && !status.starts_with("HTTP/1.1 304 ") {
        return Err(format!("{path}: {status}").into());
    }
    let bytes = if chunked { read_chunks(connection)? } else { skip(connection, length)? };
    Ok(Got { etag, bytes })
}

fn read_chunks(connection: &mut BufReader<TcpStream>) -> Outcome<usize> {
    let mut bytes = 0;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim_end(), 16)?;
        skip(connection, length + 2)?;
        bytes += length;
        if length == 0 {
            return Ok(bytes);
        }
    }
}

fn skip(connection: &mut BufReader<TcpStream>, length: usize) -> Outcome<usize> {
    let mut bytes = vec![0; length];
    connection.read_exact(&mut bytes)?;
    Ok(length)
}

/// Lets all clients ask `requests` times each, after a tenth of that to warm up.
fn measure(
    name: &str,
    address: SocketAddr,
    requests: u64,
    path: &(dyn Fn(u64) -> String + Sync),
    headers: &str,
) -> Outcome<()> {
    let client = |client: u64| -> Outcome<(Vec<Duration>, Duration, usize)> {
        let mut connection = connect(address)?;
        for number in 0..requests / 10 {
            ask(&mut connection, &path(number), headers)?;
        }
        let (mut times, mut bytes, started) = (Vec::new(), 0, Instant::now());
        for number in 0..requests {
            let asked = Instant::now();
            bytes = ask(&mut connection, &path(number * CLIENTS + client), headers)?.bytes;
            times.push(asked.elapsed());
        }
        Ok((times, started.elapsed(), bytes))
    };
    let all = std::thread::scope(|scope| {
        let client = &client;
        let threads: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || client(number))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a client panicked")?).collect::<Outcome<Vec<_>>>()
    })?;
    let mut times: Vec<_> = all.iter().flat_map(|(times, _, _)| times.iter().copied()).collect();
    times.sort_unstable();
    let longest = all.iter().map(|(_, took, _)| *took).max().unwrap_or_default();
    let rate = times.len() as f64 / longest.as_secs_f64();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1_000.0;
    let kilobytes = all[0].2 as f64 / 1_000.0;
    println!("| {name} | {rate:.0} | {:.1} ms | {:.1} ms | {kilobytes:.1} |", at(50), at(99));
    Ok(())
}
