//! What an operator may ask for, beside the steps: to see, and to mend.
//!
//! Everything here goes through the ports and may run beside a pipeline that is at work. Work is ordered, never done: rows
//! are marked, messages sent, and the steps do the rest.

mod backfill;
mod changesets;
mod queues;
mod replication;
mod site;

pub use backfill::{Backfill, BackfillPlan, backfill, plan_backfill};
pub use changesets::{Selection, drop_changesets, list, reanalyse, show};
pub use queues::{DeadLetter, QueueReport, queues};
pub use replication::{AdminError, Skip, plan_skip, skip};
pub use site::{Fault, SiteReport, rebuild, verify};
