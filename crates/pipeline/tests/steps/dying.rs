//! For each call of a port: the process dies at it, before or after it took effect, and a new one goes on. The site
//! must be the one of a run in which nobody died.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use osmtracker_osm::{ChangesetId, ChangesetSequence, Comment, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow, State,
    ports::{
        Delivery, ETag, Expected, FeedCursor, ListingCursor, MetricsRow, Object, ObjectMeta, PortError, PutCondition,
        Queue, QueueDepth, QueueName, Record, SiteStore, Store,
    },
    steps::{Owner, Ports},
};

use crate::world::{FakeUpstream, START, World, changeset, node_at, opened};

/// When the process dies, counted in calls of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    Never,
    Before(usize),
    After(usize),
}

/// Counts calls and makes one of them the last.
pub(crate) struct Fate {
    pub(crate) calls: AtomicUsize,
    death: Death,
}

impl Fate {
    fn died(what: &str) -> PortError {
        PortError::Transient { what: what.to_owned(), source: "the process died".into() }
    }

    pub(crate) async fn meet<T>(&self, call: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let dead = match self.death {
            Death::Never => false,
            Death::Before(last) | Death::After(last) => number > last,
        };
        if dead || self.death == Death::Before(number) {
            return Err(Self::died("before the call"));
        }
        let result = call.await;
        if self.death == Death::After(number) { Err(Self::died("after the call")) } else { result }
    }
}

struct Mortal<T: ?Sized> {
    inner: Arc<T>,
    fate: Arc<Fate>,
}

macro_rules! mortal {
    ($trait:ident { $(fn $name:ident(&self $(, $arg:ident: $type:ty)*) -> $answer:ty;)+ }) => {
        #[async_trait]
        impl $trait for Mortal<dyn $trait> {
            $(async fn $name(&self $(, $arg: $type)*) -> Result<$answer, PortError> {
                self.fate.meet(self.inner.$name($($arg),*)).await
            })+
        }
    };
}

mortal!(Queue {
    fn send(&self, queue: QueueName, bodies: Vec<String>) -> ();
    fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Vec<Delivery>;
    fn acknowledge(&self, delivery: &Delivery) -> ();
    fn put_aside(&self, delivery: &Delivery) -> ();
    fn extend(&self, delivery: &Delivery, visibility: Duration) -> ();
    fn depth(&self, queue: QueueName) -> QueueDepth;
    fn dead_letters(&self, queue: QueueName, max: usize) -> Vec<Delivery>;
    fn redrive(&self, queue: QueueName) -> u64;
});

mortal!(Store {
    fn changesets(&self, ids: &[ChangesetId]) -> Vec<ChangesetRow>;
    fn put_changeset(&self, row: &ChangesetRow, expected: Expected) -> ();
    fn delete_changeset(&self, id: ChangesetId, version: u64) -> ();
    fn due(&self, now: Timestamp, limit: usize) -> Vec<ChangesetId>;
    fn recent(&self, after: Option<ListingCursor>, limit: usize) -> Vec<ChangesetRow>;
    fn state_counts(&self) -> BTreeMap<State, u64>;
    fn cursor(&self) -> Option<FeedCursor>;
    fn move_cursor(&self, expected: Option<ChangesetSequence>, cursor: &FeedCursor) -> ();
    fn take_lease(&self, name: &str, owner: &str, now: Timestamp, until: Timestamp) -> bool;
    fn release_lease(&self, name: &str, owner: &str) -> ();
    fn record(&self, key: &str) -> Option<Record>;
    fn put_record(&self, record: &Record, expected: Expected) -> ();
    fn put_metrics(&self, row: &MetricsRow) -> ();
    fn metrics(&self) -> Vec<MetricsRow>;
    fn fold_metrics(&self, folded: &[MetricsRow], base: &MetricsRow) -> ();
});

mortal!(SiteStore {
    fn get(&self, key: &str) -> Option<Object>;
    fn put(&self, key: &str, bytes: Bytes, meta: ObjectMeta, condition: PutCondition) -> ETag;
    fn delete(&self, keys: &[String]) -> ();
    fn list(&self, prefix: &str) -> Vec<String>;
});

const CONFIG: &str = "area = \"DK\"\n[pipeline]\nhorizon_hours = 24\n[builtin]\nno-source = true\n\
    [[views]]\nname = \"unsourced\"\ntitle = \"No source\"\nany = [\"no-source\"]\n";

/// Three files: something open that closes, something elsewhere, a comment, something that falls past the horizon.
fn upstream() -> Arc<FakeUpstream> {
    let upstream = FakeUpstream::default();
    let (first, mut second) = (changeset(1, 9.5, 56.0), changeset(2, 9.6, 56.1));
    let mut old = changeset(3, 9.5, 56.0);
    old.created_at = START.plus_seconds(-30 * 3_600);
    old.closed_at = Some(old.created_at);
    let mut wide = changeset(4, 9.5, 56.0);
    wide.bounds = Some(wide.bounds.unwrap().union(changeset(4, 30.0, 0.0).bounds.unwrap()));
    upstream.publish(vec![opened(&first), second.clone(), old]);
    upstream.publish(vec![first, wide, changeset(5, 30.0, 0.0)]);
    second.comments_count = 1;
    second.discussion = vec![Comment { id: Some(1), date: START, user: None, text: "hm".to_owned() }];
    upstream.publish(vec![second]);
    for (id, lon, lat) in [(1, 9.5, 56.0), (2, 9.6, 56.1), (3, 9.5, 56.0), (4, 30.0, 0.0)] {
        upstream.change(id, node_at(id, lon, lat));
    }
    Arc::new(upstream)
}

/// The ports of a process that dies so.
pub(crate) fn mortal(ports: &Ports, death: Death, name: &str) -> (Ports, Arc<Fate>) {
    let fate = Arc::new(Fate { calls: AtomicUsize::new(0), death });
    let ports = Ports {
        queue: Arc::new(Mortal::<dyn Queue> { inner: ports.queue.clone(), fate: fate.clone() }),
        store: Arc::new(Mortal::<dyn Store> { inner: ports.store.clone(), fate: fate.clone() }),
        site: Arc::new(Mortal::<dyn SiteStore> { inner: ports.site.clone(), fate: fate.clone() }),
        owner: Owner::Alone(name.to_owned()),
        ..ports.clone()
    };
    (ports, fate)
}

/// Runs with a death, then to the end with a process that lives. Answers the calls of the first process.
async fn run(death: Death) -> (World, usize) {
    let mut world = World::with_upstream(CONFIG, upstream());
    let whole = world.ports.clone();
    let (ports, fate) = mortal(&whole, death, "first");
    world.ports = ports;
    let ended = world.settle().await;
    assert_eq!(ended.is_err(), death != Death::Never, "{death:?}: {ended:?}");
    let calls = fate.calls.load(Ordering::SeqCst);
    world.ports = Ports { owner: Owner::Alone("second".to_owned()), ..whole };
    // What the dead one had received comes back, and what it held as a step runs out.
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(130));
        world.settle().await.unwrap();
    }
    world.clock.advance(Duration::from_secs(11 * 60));
    world.settle().await.unwrap();
    (world, calls)
}

async fn outcome(world: &World) -> Vec<(u64, Option<(State, bool)>)> {
    let mut rows = Vec::new();
    for id in 1..=5 {
        rows.push((id, world.row(id).await.map(|row| (row.state, row.listed))));
    }
    rows
}

#[tokio::test]
async fn dying_at_any_call_changes_nothing_of_the_site() {
    let (world, calls) = run(Death::Never).await;
    let (site, rows) = (world.site(), outcome(&world).await);
    let done = |listed| Some((State::Done, listed));
    assert_eq!(rows, [(1, done(true)), (2, done(true)), (3, None), (4, done(false)), (5, None)]);
    assert!(calls > 60, "{calls} calls are too few to mean anything");
    for call in 0..calls {
        for death in [Death::Before(call), Death::After(call)] {
            let (world, _) = run(death).await;
            assert_eq!(outcome(&world).await, rows, "{death:?}");
            let seen = world.site();
            let differing: Vec<_> =
                site.keys().chain(seen.keys()).filter(|key| site.get(*key) != seen.get(*key)).collect();
            assert!(differing.is_empty(), "{death:?}: {differing:?} differ");
        }
    }
}
