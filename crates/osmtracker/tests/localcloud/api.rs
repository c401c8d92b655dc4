//! The API's function: everything that it answers through its address is what the local program answers over the same data.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use osmtracker_embedded::{Embedded, Options, SystemClock};
use osmtracker_pipeline::{
    config::{Config, Overrides, Sources},
    metrics::Metrics,
    steps::{Owner, Ports},
};
use osmtracker_upstream::Upstream;
use osmtracker_web::{Surroundings, answer, router};
use serde_json::{Value, json};

use crate::{deployment::Deployment, machine::Machine};

/// What came back.
struct Answer {
    status: u16,
    media_type: String,
    etag: Option<String>,
    body: Vec<u8>,
}

/// The function, at its own address.
struct Function<'a> {
    endpoint: &'a str,
    host: String,
    http: reqwest::Client,
}

impl<'a> Function<'a> {
    fn of(endpoint: &'a str, deployment: &Deployment) -> Self {
        let host = deployment.output("api_url").trim_start_matches("https://").trim_end_matches('/').to_owned();
        Self { endpoint, host, http: reqwest::Client::builder().no_proxy().no_gzip().build().unwrap() }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.endpoint)).header("host", &self.host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (media_type, etag) = (header("content-type").unwrap_or_default(), header("etag"));
        let status = response.status().as_u16();
        Answer { status, media_type, etag, body: response.bytes().await.unwrap().to_vec() }
    }

    /// The address at which clients that cannot choose their `Host` find it.
    fn by_path(&self) -> String {
        format!("{}/_aws/lambda-url/{}", self.endpoint, self.host.split('.').next().unwrap())
    }
}

/// The local program's routes over the data folder that it left.
struct Local(Arc<Ports>);

impl Local {
    fn open(configuration: &Path, data: &Path) -> Self {
        let text = std::fs::read_to_string(configuration).unwrap();
        let file = Some((configuration, text.as_str()));
        let sources = Sources { file, variables: [], overrides: Overrides::default() };
        let config = Config::load(sources, &mut |path| std::fs::read(path)).unwrap();
        let embedded = Embedded::open(data, &Options::default()).unwrap();
        let metrics = Metrics::new();
        let upstream = Upstream::new(&config, metrics.clone(), 1).unwrap();
        Self(Arc::new(Ports {
            clock: Arc::new(SystemClock::new()),
            queue: embedded.sqlite.clone(),
            store: embedded.sqlite,
            site: embedded.site,
            feed: upstream.feed,
            sources: upstream.sources,
            metadata: upstream.metadata,
            metrics,
            config: Arc::new(config),
            owner: Owner::Alone("tests".to_owned()),
        }))
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = hyper::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
        let (parts, body) = answer(router(self.0.clone(), Surroundings::Function), request).await.into_parts();
        let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let (media_type, etag) = (header("content-type").unwrap_or_default(), header("etag"));
        Answer { status: parts.status.as_u16(), media_type, etag, body }
    }
}

/// Where the function can be scraped by those who cannot choose their `Host`: address and path.
pub(crate) fn metrics_of(machine: &Machine, deployment: &Deployment) -> (SocketAddr, String) {
    let endpoint = machine.cloud.endpoint();
    let metrics = format!("{}/metrics", Function::of(&endpoint, deployment).by_path());
    let (address, path) = metrics.trim_start_matches("http://").split_once('/').unwrap();
    (address.to_socket_addrs().unwrap().find(SocketAddr::is_ipv4).unwrap(), format!("/{path}"))
}

/// Asks both everything.
pub(crate) async fn the_function_answers_what_the_local_program_answers(machine: &Machine, deployment: &Deployment) {
    let endpoint = machine.cloud.endpoint();
    let function = Function::of(&endpoint, deployment);
    let (configuration, data) = machine.left_by_the_local_program();
    let local = Local::open(&configuration, &data);
    let document: Value = serde_json::from_str(&osmtracker_web::openapi_document()).unwrap();
    let id = largest_changeset(&local).await;
    for (method, path, accept) in questions(&document, id) {
        let headers: Vec<_> = accept.iter().map(|accept| ("accept", *accept)).collect();
        let theirs = function.ask(method, &path, &headers).await;
        let ours = local.ask(method, &path, &headers).await;
        assert_eq!((theirs.status, &theirs.media_type), (ours.status, &ours.media_type), "{method} {path}");
        assert_eq!(comparable(&path, &theirs.body), comparable(&path, &ours.body), "{method} {path}");
    }
    a_known_answer_costs_a_304_and_a_compressed_one_arrives(&function).await;
    all_pages_have_the_same_changesets(&function, &local).await;
    schemathesis_finds_nothing(&function.by_path());
}

async fn largest_changeset(local: &Local) -> u64 {
    let list = local.ask("GET", "/api/v1/changesets?limit=500", &[]).await;
    let list: Value = serde_json::from_slice(&list.body).unwrap();
    let analysed = list["changesets"].as_array().unwrap().iter().filter(|item| item["state"] == "analysed");
    analysed.max_by_key(|item| item["changeset"]["num_changes"].as_u64()).unwrap()["changeset"]["id"].as_u64().unwrap()
}

/// Every call of the document, with the id of a changeset that is there, and what is refused.
fn questions(document: &Value, id: u64) -> Vec<(&'static str, String, Option<&'static str>)> {
    let paths = document["paths"].as_object().unwrap().keys();
    let mut questions: Vec<_> = paths.map(|path| ("GET", path.replace("{id}", &id.to_string()), None)).collect();
    let one = format!("/api/v1/changesets/{id}");
    questions.extend([
        ("GET", format!("{one}?include=elements"), None),
        ("GET", one.clone(), Some("application/geo+json")),
        ("GET", one.clone(), Some("application/xml")),
        ("GET", one.clone(), Some("text/csv")),
        ("HEAD", one, None),
        ("GET", "/api/v1/changesets?q=%C3%B8+x%2By&min_changes=5".to_owned(), None),
        ("GET", "/api/v1/changesets?limit=501".to_owned(), None),
        ("GET", "/api/v1/changesets?unheard=of".to_owned(), None),
        ("GET", "/api/v1/changesets/1".to_owned(), None),
        ("GET", "/api/v1/changesets/0x1".to_owned(), None),
        ("GET", "/api/v2/".to_owned(), None),
        ("GET", "/".to_owned(), None),
        ("POST", "/api/v1/changesets".to_owned(), None),
    ]);
    questions
}

/// The body without what follows from when each machine did its work.
fn comparable(path: &str, body: &[u8]) -> Value {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        // Counters and gauges differ; that the same families are there does not.
        let text = String::from_utf8_lossy(body);
        return match path {
            "/metrics" => {
                let families = text.lines().filter(|line| line.starts_with("# TYPE"));
                // SQS does not tell it.
                let told = families.filter(|line| !line.contains("osmtracker_queue_oldest_seconds"));
                json!(told.collect::<Vec<_>>())
            }
            _ => json!(text),
        };
    };
    const OF_THE_MACHINE: [&str; 13] = [
        "updated_at",
        "version",
        "attempts",
        "cursor",
        "history",
        "head_moved_at",
        "checked_at",
        "lag_seconds",
        "timestamp",
        "queued",
        "updated",
        "refreshed",
        "state_changed",
    ];
    strip(&mut value, &OF_THE_MACHINE);
    if let Some(items) = value.get_mut("changesets").and_then(Value::as_array_mut) {
        items.sort_by_key(|item| item["changeset"]["id"].as_u64().or(item["cid"].as_u64()));
    }
    value
}

fn strip(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(fields) if fields.contains_key("openapi") => {}
        Value::Object(fields) => {
            fields.retain(|name, _| !names.contains(&name.as_str()));
            // Where the predecessor saw it.
            if fields.contains_key("sequenceno") {
                fields.remove("observed");
            }
            fields.values_mut().for_each(|value| strip(value, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| strip(value, names)),
        _ => {}
    }
}

async fn a_known_answer_costs_a_304_and_a_compressed_one_arrives(function: &Function<'_>) {
    let path = "/api/v1/openapi.json";
    let plain = function.ask("GET", path, &[]).await;
    let tag = plain.etag.unwrap();
    let again = function.ask("GET", path, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let gzip = function.ask("GET", path, &[("accept-encoding", "gzip")]).await;
    assert_eq!(&gzip.body[..2], [0x1f, 0x8b], "compressed bytes arrive as they are");
    assert!(gzip.body.len() < plain.body.len() / 4);
}

async fn all_pages_have_the_same_changesets(function: &Function<'_>, local: &Local) {
    let mut places = [Vec::new(), Vec::new()];
    for (at, found) in places.iter_mut().enumerate() {
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/changesets?limit=20{cursor}");
            let page = if at == 0 { function.ask("GET", &path, &[]).await } else { local.ask("GET", &path, &[]).await };
            let page: Value = serde_json::from_slice(&page.body).unwrap();
            found.extend(page["changesets"].as_array().unwrap().iter().map(|item| item["changeset"]["id"].as_u64()));
            let Some(next) = page["cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        found.sort_unstable();
    }
    assert!(places[0].len() > 20, "{}", places[0].len());
    assert_eq!(places[0], places[1]);
}

/// Says so, and does nothing, where it is not installed: `make test-api` installs it.
#[expect(clippy::print_stderr, reason = "a test that did not run must be seen in its output")]
fn schemathesis_finds_nothing(address: &str) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let program: PathBuf = workspace.join("target/api/venv/bin/schemathesis");
    if !program.exists() {
        eprintln!("skipped: schemathesis against the function: it is not at {}", program.display());
        return;
    }
    let mut command = Command::new(workspace.join("crates/web/tests/schemathesis/run.sh"));
    let output = command.arg(program).arg(address).env("EXAMPLES", "5").env("SECONDS_AT_MOST", "300").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("No issues found"), "{said}");
    eprintln!("{}", said.lines().filter(|line| line.contains("generated")).collect::<String>());
}
