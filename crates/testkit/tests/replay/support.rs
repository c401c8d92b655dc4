use std::{io::Read as _, sync::LazyLock};

use osmtracker_osm::{
    Changeset, ChangesetId, Coordinate, Element, ElementData, ElementId, ElementType, Member, Tags, Timestamp, User,
    UserId, Version, WayNode,
};
use osmtracker_testkit::{
    FeedPlan, History, Upstream,
    replay::{Replay, ReplayOptions, serve},
};

pub(crate) async fn replay(upstream: Upstream, options: ReplayOptions) -> Replay {
    serve(upstream, options).await.unwrap()
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn elements(&self) -> Vec<Element> {
        assert_eq!(self.status, 200);
        osmtracker_osm::xml::parse_elements(&self.body).unwrap()
    }

    /// `1v2` for each element.
    pub(crate) fn names(&self) -> Vec<String> {
        self.elements().iter().map(|element| format!("{}v{}", element.id, element.version)).collect()
    }
}

/// One client: making one reads all root certificates. No connection outlives its test.
static CLIENT: LazyLock<reqwest::Client> =
    LazyLock::new(|| reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap());

pub(crate) async fn try_get(url: &str) -> reqwest::Result<Answer> {
    let response = CLIENT.get(url).send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}

pub(crate) async fn get(url: &str) -> Answer {
    try_get(url).await.unwrap()
}

pub(crate) async fn api(replay: &Replay, path: &str) -> Answer {
    get(&format!("{}/api/0.6/{path}", replay.api_url())).await
}

pub(crate) async fn feed(replay: &Replay, path: &str) -> Answer {
    get(&format!("{}/{path}", replay.replication_url())).await
}

pub(crate) fn inflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut content)?;
    Ok(content)
}

pub(crate) fn gunzip_file(path: std::path::PathBuf) -> Vec<u8> {
    inflate(&std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn parse_feed(bytes: &[u8]) -> Vec<Changeset> {
    osmtracker_osm::xml::parse_changesets(&inflate(bytes).unwrap()).unwrap()
}

/// The path of a file of the changesets feed without its ending.
pub(crate) fn changesets_path(sequence: u64) -> String {
    format!("changesets/{}", osmtracker_osm::replication::sequence_path(sequence))
}

pub(crate) fn at(minute: i64) -> Timestamp {
    Timestamp(1_600_000_000 + minute * 60)
}

pub(crate) fn version(id: i64, version: u32, changeset: u64, minute: i64, data: ElementData) -> Element {
    Element {
        id: ElementId(id),
        version: Version(version),
        visible: true,
        changeset: Some(ChangesetId(changeset)),
        timestamp: Some(at(minute)),
        user: Some(User { uid: Some(UserId(changeset)), name: format!("user of {changeset}").into() }),
        tags: Tags::new(),
        data,
    }
}

pub(crate) fn node(lon: i32, lat: i32) -> ElementData {
    ElementData::Node { position: Some(Coordinate { lon, lat }) }
}

pub(crate) fn way(nodes: &[i64]) -> ElementData {
    ElementData::Way { nodes: nodes.iter().map(|id| WayNode { id: ElementId(*id), position: None }).collect() }
}

/// Four changesets, a minute apart.
///
/// 1: nodes 1 to 4, way 10 over 1, 2, 3, relation 20 with it. 2: node 1 moves, node 4 is deleted. 3: node 5 appears with
/// version 3, the one before is redacted. 4: way 10 loses node 3.
pub(crate) fn small_world() -> Upstream {
    let mut versions: Vec<Element> =
        (1..=4).map(|id| version(id, 1, 1, 0, node(i32::try_from(id).unwrap() * 100, 1_000))).collect();
    versions.push(version(10, 1, 1, 0, way(&[1, 2, 3])));
    let members = vec![Member { kind: ElementType::Way, id: ElementId(10), role: "outer".into(), geometry: None }];
    versions.push(version(20, 1, 1, 0, ElementData::Relation { members }));
    versions.push(version(1, 2, 2, 1, node(150, 1_500)));
    versions.push(Element { visible: false, ..version(4, 2, 2, 1, node(400, 1_000)) });
    versions.push(version(5, 1, 1, 0, node(500, 1_000)));
    versions.push(version(5, 3, 3, 2, node(550, 1_000)));
    versions.push(version(10, 2, 4, 3, way(&[1, 2])));
    Upstream::from_history(History::from_elements(versions), Vec::new(), FeedPlan::EventsPerFile(2))
}
