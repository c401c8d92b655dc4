//! A small world: real storage in a temporary folder, a feed and a source of changes made of values.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use osmtracker_embedded::{Embedded, Flush, Milliseconds, Options};
use osmtracker_notify::{HttpMessenger, LocalSecrets};
use osmtracker_osm::{
    Action, AugmentedAction, AugmentedChange, BoundingBox, Changeset, ChangesetId, ChangesetSequence, Coordinate,
    Element, ElementData, ElementId, Tags, Timestamp, User, UserId, Version,
};
use osmtracker_pipeline::{
    ChangesetRow,
    config::Config,
    metrics::Metrics,
    ports::{
        ChangeSource, Clock, FeedError, FeedHead, Messenger, MetadataSource, QueueName, ReplicationFeed, SourceError,
        SourcedChange,
    },
    steps::{self, NotifyOutcome, Owner, Pauses, Ports, Start, StepError, TrackLimits, TrackOutcome},
};
use tempfile::TempDir;

/// 2026-11-22T09:00:00Z.
pub(crate) const START: Timestamp = Timestamp(1_795_338_000);

/// A clock that tests move.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms() / 1_000)
    }
}

impl Milliseconds for ManualClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The upstream: what the feed has published, and what changesets hold.
#[derive(Default)]
pub(crate) struct FakeUpstream {
    /// The first is the file 1.
    pub(crate) files: Mutex<Vec<Vec<Changeset>>>,
    /// What changesets changed; one that is absent fails.
    pub(crate) changes: Mutex<BTreeMap<ChangesetId, AugmentedChange>>,
    /// Files that are gone.
    pub(crate) lost: Mutex<BTreeSet<u64>>,
    /// What the API says of changesets.
    pub(crate) metadata: Mutex<BTreeMap<ChangesetId, Changeset>>,
    /// Calls of the source.
    pub(crate) asked: AtomicUsize,
}

impl FakeUpstream {
    pub(crate) fn publish(&self, changesets: Vec<Changeset>) {
        self.files.lock().unwrap().push(changesets);
    }

    pub(crate) fn change(&self, id: u64, change: AugmentedChange) {
        self.changes.lock().unwrap().insert(ChangesetId(id), change);
    }

    pub(crate) fn lose(&self, sequence: u64) {
        self.lost.lock().unwrap().insert(sequence);
    }

    fn written_at(&self, sequence: ChangesetSequence) -> Timestamp {
        START.plus_seconds(i64::try_from(sequence.0).unwrap() * 60)
    }
}

#[async_trait]
impl ReplicationFeed for FakeUpstream {
    async fn head(&self) -> Result<FeedHead, FeedError> {
        let sequence = ChangesetSequence(self.files.lock().unwrap().len() as u64);
        Ok(FeedHead { sequence, timestamp: self.written_at(sequence) })
    }

    async fn timestamp(&self, sequence: ChangesetSequence) -> Result<Timestamp, FeedError> {
        Ok(self.written_at(sequence))
    }

    async fn changesets(&self, sequence: ChangesetSequence) -> Result<Vec<Changeset>, FeedError> {
        let index = usize::try_from(sequence.0 - 1).unwrap();
        let missing = || FeedError::Missing { url: format!("file {sequence}") };
        if self.lost.lock().unwrap().contains(&sequence.0) {
            return Err(missing());
        }
        self.files.lock().unwrap().get(index).cloned().ok_or_else(missing)
    }

    async fn sequence_at(&self, _: Timestamp) -> Result<ChangesetSequence, FeedError> {
        Ok(ChangesetSequence(1))
    }
}

#[async_trait]
impl ChangeSource for FakeUpstream {
    fn name(&self) -> &'static str {
        "osm-api"
    }

    async fn changes(&self, changeset: &Changeset) -> Result<SourcedChange, SourceError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let change = self.changes.lock().unwrap().get(&changeset.id).cloned();
        let absent = SourceError::NotFound { source_name: "osm-api", id: changeset.id };
        change.map(|change| SourcedChange { change, source: "osm-api", calls: 1, bytes: 100 }).ok_or(absent)
    }
}

#[async_trait]
impl MetadataSource for FakeUpstream {
    async fn metadata(&self, ids: &[ChangesetId]) -> Result<Vec<Changeset>, SourceError> {
        let known = self.metadata.lock().unwrap();
        Ok(ids.iter().filter_map(|id| known.get(id).cloned()).collect())
    }
}

/// Everything that a test of the steps touches.
pub(crate) struct World {
    pub(crate) upstream: Arc<FakeUpstream>,
    pub(crate) clock: ManualClock,
    pub(crate) ports: Ports,
    pub(crate) messenger: Arc<dyn Messenger>,
    pub(crate) pauses: Pauses,
    /// Whether notifications are worked on, or wait.
    pub(crate) notifies: bool,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new(config: &str) -> Self {
        Self::with_upstream(config, Arc::default())
    }

    pub(crate) fn with_upstream(config: &str, upstream: Arc<FakeUpstream>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock(Arc::new(AtomicI64::new(START.0 * 1_000 + 3_600_000)));
        let options = Options { max_deliveries: 50, flush: Flush::ByKernel, clock: Arc::new(clock.clone()) };
        let embedded = Embedded::open(folder.path(), &options).unwrap();
        let ports = Ports {
            clock: Arc::new(clock.clone()),
            queue: embedded.sqlite.clone(),
            store: embedded.sqlite,
            site: embedded.site,
            feed: upstream.clone(),
            sources: vec![upstream.clone()],
            metadata: upstream.clone(),
            metrics: Metrics::new(),
            config: Arc::new(Config::parse(config).unwrap_or_else(|errors| panic!("{errors}"))),
            owner: Owner::Alone("test".to_owned()),
        };
        static CLIENT: LazyLock<osmtracker_notify::Client> =
            LazyLock::new(|| osmtracker_notify::Client::new().unwrap());
        let messenger = HttpMessenger::new(CLIENT.clone(), Arc::new(LocalSecrets), Arc::new(clock.clone()));
        Self {
            upstream,
            clock,
            ports,
            messenger: Arc::new(messenger),
            pauses: Pauses::default(),
            notifies: true,
            folder,
        }
    }

    /// Runs every step until nothing is left to do.
    pub(crate) async fn settle(&self) -> Result<(), StepError> {
        let limits = TrackLimits { sequences: 100, until: None };
        while matches!(
            steps::track(&self.ports, Start::Sequence(ChangesetSequence(1)), limits).await?,
            TrackOutcome::Behind { .. }
        ) {}
        steps::supervise(&self.ports).await?;
        while self.work().await? {}
        Ok(())
    }

    /// One message of each queue; `false` when all are empty.
    async fn work(&self) -> Result<bool, StepError> {
        let mut any = false;
        for queue in QueueName::ALL.into_iter().filter(|queue| self.notifies || *queue != QueueName::Notify) {
            for delivery in self.ports.queue.receive(queue, 10, Duration::from_secs(60)).await? {
                any = true;
                match queue {
                    QueueName::Filter => drop(steps::filter(&self.ports, &delivery.body).await?),
                    QueueName::Analysis => drop(steps::analyse(&self.ports, &delivery.body).await?),
                    QueueName::Publish => {
                        let items = steps::read_publish_message(&delivery.body)?;
                        steps::publish(&self.ports, &items).await?;
                    }
                    QueueName::Notify => match self.notify(&delivery.body).await {
                        // As both shells do.
                        Err(error) if error.retry_after().is_some() => {
                            self.ports.queue.extend(&delivery, error.retry_after().unwrap()).await?;
                            continue;
                        }
                        Err(error) if !error.is_transient() => {
                            self.ports.queue.put_aside(&delivery).await?;
                            continue;
                        }
                        result => drop(result?),
                    },
                }
                self.ports.queue.acknowledge(&delivery).await?;
            }
        }
        Ok(any)
    }

    /// Works on one notification.
    pub(crate) async fn notify(&self, body: &str) -> Result<NotifyOutcome, StepError> {
        steps::notify(&self.ports, &*self.messenger, &self.pauses, body).await
    }

    pub(crate) async fn row(&self, id: u64) -> Option<ChangesetRow> {
        self.ports.store.changesets(&[ChangesetId(id)]).await.unwrap().pop()
    }

    pub(crate) fn file(&self, key: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join("site").join(key)).ok()
    }

    /// The public site without what may differ between two runs over the same input.
    pub(crate) fn site(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.folder.path().join("site"), "", &mut files);
        files.remove("status.json");
        files.remove("metrics");
        files
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            let text = std::fs::read(entry.path()).unwrap();
            files.insert(name, without_generation(&text));
        }
    }
}

/// Pages name the generation that they show, which is the one thing in them that may differ.
fn without_generation(bytes: &[u8]) -> Vec<u8> {
    const MARK: &str = "osmtracker:generation\" content=\"";
    let text = String::from_utf8_lossy(bytes);
    match text.split_once(MARK) {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}{MARK}{rest}").into_bytes()
        }
        None => bytes.to_vec(),
    }
}

/// A closed changeset of ann with a box of half a degree around the position.
pub(crate) fn changeset(id: u64, lon: f64, lat: f64) -> Changeset {
    let corner = |d: f64| Coordinate::from_degrees(lon + d, lat + d).unwrap();
    let minute = i64::try_from(id).unwrap();
    Changeset {
        id: ChangesetId(id),
        created_at: START.plus_seconds(minute * 60),
        closed_at: Some(START.plus_seconds(minute * 60 + 30)),
        open: false,
        user: Some(User { uid: Some(UserId(7)), name: "ann".into() }),
        bounds: Some(BoundingBox { min: corner(-0.25), max: corner(0.25) }),
        num_changes: 1,
        comments_count: 0,
        tags: [("comment", format!("edit {id}"))].into_iter().collect(),
        discussion: Vec::new(),
    }
}

pub(crate) fn opened(changeset: &Changeset) -> Changeset {
    Changeset { open: true, closed_at: None, ..changeset.clone() }
}

/// The creation of one node with a tag.
pub(crate) fn node_at(changeset: u64, lon: f64, lat: f64) -> AugmentedChange {
    let node = Element {
        id: ElementId(i64::try_from(changeset).unwrap()),
        version: Version(1),
        visible: true,
        changeset: Some(ChangesetId(changeset)),
        timestamp: Some(START),
        user: Some(User { uid: Some(UserId(7)), name: "ann".into() }),
        tags: [("amenity", "bench")].into_iter().collect::<Tags>(),
        data: ElementData::Node { position: Coordinate::from_degrees(lon, lat) },
    };
    let action = AugmentedAction { action: Action::Create, old: None, new: Some(node) };
    AugmentedChange { actions: vec![action], gaps: Vec::new() }
}
