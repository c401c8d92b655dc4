//! Many processes, a lossy table and a supervisor, by seed: the sum never falls and ends up exact.

use std::collections::BTreeMap;

use osmtracker_osm::Timestamp;

use super::{BASE_OWNER, Event, EventAction, Metrics, RowWriter, from_rows, plan_fold};
use crate::ports::MetricsRow;

const SERIES: &str = "osmtracker_events{event=\"filter\",action=\"in\"}";
const SEEDS: u64 = 1_000;
/// Acknowledgements lost of 100.
const LOSS: u64 = 2;

/// `splitmix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// The three methods of the table for metric rows, with the semantics of [`crate::ports::Store`].
#[derive(Default)]
struct Table(BTreeMap<String, MetricsRow>);

impl Table {
    fn put(&mut self, row: &MetricsRow) {
        if self.0.get(&row.owner).is_none_or(|stored| stored.sequence < row.sequence) {
            self.0.insert(row.owner.clone(), row.clone());
        }
    }

    fn list(&self) -> Vec<MetricsRow> {
        self.0.values().cloned().collect()
    }

    fn fold(&mut self, folded: &[MetricsRow], base: &MetricsRow) -> Result<(), ()> {
        let sequence = |owner: &str| self.0.get(owner).map_or(0, |row| row.sequence);
        let unchanged = folded.iter().all(|row| sequence(&row.owner) == row.sequence);
        if !unchanged || sequence(BASE_OWNER) + 1 != base.sequence {
            return Err(());
        }
        for row in folded {
            self.0.remove(&row.owner);
        }
        self.0.insert(BASE_OWNER.to_owned(), base.clone());
        Ok(())
    }
}

struct Process {
    metrics: Metrics,
    writer: RowWriter,
}

struct World {
    random: Random,
    table: Table,
    processes: Vec<Process>,
    started: u64,
    now: Timestamp,
    done: u64,
    revived: u64,
    folded: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let (table, now) = (Table::default(), Timestamp(1_700_000_000));
        Self { random: Random(seed), table, processes: Vec::new(), started: 0, now, done: 0, revived: 0, folded: 0 }
    }

    fn start(&mut self) {
        self.started += 1;
        let writer = RowWriter::new("filter", &self.started.to_string());
        self.processes.push(Process { metrics: Metrics::new(), writer });
    }

    /// An invocation: work, then one put, sent again until it is acknowledged.
    fn invoke(&mut self) {
        let at = self.random.below(self.processes.len() as u64) as usize;
        let work = 1 + self.random.below(20);
        let process = &mut self.processes[at];
        process.metrics.events(Event::Filter, EventAction::In, work);
        let row = process.writer.next_row(&process.metrics, self.now);
        self.revived += u64::from(row.sequence == 1 && row.owner.matches('#').count() > 1);
        loop {
            self.table.put(&row);
            if !self.random.chance(LOSS) {
                break;
            }
        }
        self.processes[at].writer.confirm(&row);
        self.done += work;
    }

    fn supervise(&mut self) {
        let rows = self.table.list();
        let Some(fold) = plan_fold(&rows, self.now).unwrap() else { return };
        // A process may come in between; the transaction then does nothing.
        if self.random.chance(20) {
            self.invoke();
        }
        // With its acknowledgement lost the transaction is sent again, and conflicts with itself.
        if self.table.fold(&fold.folded, &fold.base).is_ok() {
            self.folded += fold.folded.len();
            if self.random.chance(LOSS) {
                assert!(self.table.fold(&fold.folded, &fold.base).is_err());
            }
        }
    }

    fn step(&mut self) {
        self.now = self.now.plus_seconds(self.random.below(900) as i64);
        match self.random.below(10) {
            0 => self.start(),
            1 if self.processes.len() > 1 => {
                let gone = self.random.below(self.processes.len() as u64) as usize;
                self.processes.swap_remove(gone);
            }
            2 | 3 => self.supervise(),
            _ => self.invoke(),
        }
    }

    fn sum(&self) -> u64 {
        from_rows(&self.table.list()).unwrap().counter(SERIES)
    }
}

#[test]
fn the_sum_never_falls_and_is_exact_over_a_thousand_seeds() {
    let (mut folded, mut revived) = (0, 0);
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        world.start();
        let mut before = 0;
        for step in 0..120 {
            world.step();
            let sum = world.sum();
            assert!(sum >= before, "fell from {before} to {sum}: seed {seed}, step {step}");
            assert_eq!(sum, world.done, "seed {seed}, step {step}");
            before = sum;
        }
        folded += world.folded;
        revived += world.revived;
    }
    assert!(folded > 1_000 && revived > 1_000, "{folded} rows folded, {revived} processes revived: too tame");
}
