use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use osmtracker_analysis::{Analysis, Digest, ElementChange, LabelMatch, TagCount};
use osmtracker_embedded::{Embedded, Flush, Options};
use osmtracker_osm::{
    Action, BoundingBox, Changeset, ChangesetId, ChangesetSequence, Comment, Coordinate, ElementId, ElementType, Tags,
    Timestamp, User, UserId,
};
use osmtracker_pages::analysis_json;
use osmtracker_pipeline::{
    ChangesetRow, FeedPosition, State, Transition,
    config::Config,
    metrics::Metrics,
    ports::{Clock, Expected, FeedCursor, ObjectMeta, PutCondition},
    steps::{Owner, Ports, entry},
};
use osmtracker_upstream::Upstream;
use osmtracker_web::{Surroundings, answer, router};
use serde_json::Value;
use tempfile::TempDir;

/// 2026-11-22T09:00:00Z.
pub(crate) const START: Timestamp = Timestamp(1_795_338_000);

/// A clock that tests move.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    pub(crate) ports: Arc<Ports>,
    pub(crate) clock: ManualClock,
    pub(crate) surroundings: Surroundings,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The document of an answer that must be there.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The ids of a list.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<u64> {
        self.ok()["changesets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["changeset"]["id"].as_u64().unwrap())
            .collect()
    }

    pub(crate) fn gunzipped(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(&*self.body).read_to_end(&mut bytes).unwrap();
        bytes
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    pub(crate) fn with(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { flush: Flush::ByKernel, ..Options::default() };
        let embedded = Embedded::open(folder.path(), &options).unwrap();
        let config = Config::parse(config).unwrap_or_else(|errors| panic!("{errors}"));
        let metrics = Metrics::new();
        // Addresses of the public servers, to which nothing here sends anything.
        let upstream = Upstream::new(&config, metrics.clone(), 1).unwrap();
        let clock = ManualClock(Arc::new(AtomicI64::new(START.0)));
        let ports = Ports {
            clock: Arc::new(clock.clone()),
            queue: embedded.sqlite.clone(),
            store: embedded.sqlite,
            site: embedded.site,
            feed: upstream.feed,
            sources: upstream.sources,
            metadata: upstream.metadata,
            metrics,
            config: Arc::new(config),
            owner: Owner::Alone("tests".to_owned()),
        };
        let ports = Arc::new(ports);
        Self { surroundings: Surroundings::Local(ports.clone()), ports, clock, _folder: folder }
    }

    /// Rows 1 to `count`, each updated a minute after the one before.
    pub(crate) async fn filled(count: u64) -> Self {
        let world = Self::new();
        for id in 1..=count {
            world.put(&row(id)).await;
        }
        world
    }

    pub(crate) async fn put(&self, row: &ChangesetRow) {
        let expected = if row.version == 1 { Expected::Absent } else { Expected::Version(row.version - 1) };
        self.ports.store.put_changeset(row, expected).await.unwrap();
    }

    /// Puts an analysed row and its document.
    pub(crate) async fn put_analysed(&self, id: u64) -> ChangesetRow {
        let analysis = analysis();
        let row = ChangesetRow { digest: Some(Digest::of(&analysis)), source: Some("adiff".to_owned()), ..row(id) };
        let document = analysis_json(&entry(&row), Some(&analysis));
        self.object(&format!("site/changesets/{id}/analysis.json"), document).await;
        self.put(&row).await;
        row
    }

    pub(crate) async fn object(&self, key: &str, content: String) {
        let meta = ObjectMeta { content_type: "application/json", cache_control: "no-cache", content_encoding: None };
        self.ports.site.put(key, content.into(), meta, PutCondition::Always).await.unwrap();
    }

    pub(crate) async fn follow(&self, cursor: &FeedCursor) {
        self.ports.store.move_cursor(None, cursor).await.unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        let (parts, body) = answer(router(self.ports.clone(), self.surroundings.clone()), request).await.into_parts();
        let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
        };
        Answer { status: parts.status.as_u16(), headers: parts.headers.iter().map(header).collect(), body }
    }

    /// As a script of the predecessor's time asks, with what must be refused.
    #[track_caller]
    pub(crate) fn refused(&self, path: &str) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.get(path).await;
            assert_eq!(answer.status, 400, "{path} ({caller}): {}", answer.text());
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            answer.json()
        }
    }
}

/// A changeset that was closed and analysed, in its first version.
pub(crate) fn row(id: u64) -> ChangesetRow {
    let minutes = i64::try_from(id).unwrap() * 60;
    let at = START.plus_seconds(minutes);
    let user = User { uid: Some(UserId(id % 7 + 1)), name: format!("Mapper {}", id % 7).into() };
    ChangesetRow {
        changeset: Changeset {
            id: ChangesetId(id),
            created_at: at.plus_seconds(-600),
            closed_at: Some(at),
            open: false,
            user: Some(user),
            bounds: Some(square(0.0, 0.0)),
            num_changes: u32::try_from(id).unwrap(),
            comments_count: 0,
            tags: [("comment", "Roads and paths"), ("created_by", "JOSM/1.5")].into_iter().collect::<Tags>(),
            discussion: Vec::new(),
        },
        feed: FeedPosition { sequence: ChangesetSequence(6_641_018), index: 0 },
        state: State::Done,
        version: 1,
        first_written_at: at,
        updated_at: at,
        due_at: None,
        lease: None,
        given_up: false,
        attempts: 0,
        reason: None,
        labels: Vec::new(),
        listed: true,
        digest: None,
        source: None,
        history: vec![
            Transition { state: State::BoundsChecked, at: at.plus_seconds(-60), reason: None },
            Transition { state: State::Done, at, reason: None },
        ],
    }
}

/// With a label.
pub(crate) fn labelled(id: u64, names: &[&str]) -> ChangesetRow {
    let label = |name: &&str| LabelMatch { name: (*name).to_owned(), evidence: Vec::new() };
    ChangesetRow { labels: names.iter().map(label).collect(), ..row(id) }
}

/// With a comment in its discussion.
pub(crate) fn discussed(id: u64, text: &str) -> ChangesetRow {
    let mut row = row(id);
    row.changeset.comments_count = 1;
    row.changeset.discussion = vec![Comment { id: Some(1), date: START, user: None, text: text.to_owned() }];
    row
}

/// A box of a degree with this south-western corner.
pub(crate) fn square(west: f64, south: f64) -> BoundingBox {
    let at = |lon, lat| Coordinate::from_degrees(lon, lat).unwrap();
    BoundingBox { min: at(west, south), max: at(west + 1.0, south + 1.0) }
}

/// A node was deleted.
pub(crate) fn analysis() -> Analysis {
    let mut analysis = Analysis::default();
    analysis.summary.delete.node = 1;
    analysis.tag_diff.delete = vec![TagCount { key: "amenity".to_owned(), value: "bench".to_owned(), count: 1 }];
    analysis.elements = vec![ElementChange {
        kind: ElementType::Node,
        id: ElementId(7),
        action: Action::Delete,
        label: Some("amenity=bench".to_owned()),
        steps: Vec::new(),
        tag_diff: Vec::new(),
        geometry: None,
        notes: Vec::new(),
        old: None,
        new: None,
    }];
    analysis
}

pub(crate) fn cursor() -> FeedCursor {
    FeedCursor {
        sequence: ChangesetSequence(6_641_018),
        timestamp: START.plus_seconds(-90),
        head_sequence: ChangesetSequence(6_641_020),
        head_timestamp: START.plus_seconds(-10),
        checked_at: START,
        head_moved_at: START.plus_seconds(-5),
        waiting_for: None,
        fault: None,
        skipped: Vec::new(),
        first_sequence: Some(ChangesetSequence(6_641_000)),
    }
}
