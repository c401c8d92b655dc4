//! `osmtracker admin`: what an operator sees and mends.

mod changesets;
mod cli;
mod doctor;
mod print;
mod replication;
mod search;
mod site;
mod target;

use anyhow::Result;
use osmtracker_osm::Timestamp;
use osmtracker_pipeline::{admin, ports::QueueName, steps::Ports};

pub(crate) use cli::{AdminArgs, DoctorArgs, TargetArgs};
use cli::{AdminCommand, QueuesCommand};
pub(crate) use doctor::doctor;
use print::{Consent, Printer, age, count, table};
pub(crate) use target::{Target, deployed_messenger};

use crate::exit::Usage;

/// Does what was asked for, to where the arguments say.
pub(crate) async fn admin(args: AdminArgs, target: Target) -> Result<()> {
    let (ports, printer) = (&target.ports, Printer { json: args.target.json });
    let result = match args.command {
        AdminCommand::Changesets(command) => changesets::run(ports, command, printer).await,
        AdminCommand::Queues(QueuesCommand::Show { letters }) => show_queues(ports, letters, printer).await,
        AdminCommand::Queues(QueuesCommand::Redrive { queue, consent }) => {
            redrive(ports, queue, printer, consent).await
        }
        AdminCommand::Replication(command) => replication::run(ports, command, printer).await,
        AdminCommand::Site(command) => site::run(ports, command, printer).await,
        AdminCommand::Backfill(args) => replication::backfill(ports, args, printer).await,
        AdminCommand::Search(command) => search::run(&target, command, printer).await,
    };
    result.map_err(usage)
}

/// What was refused is for the person who asked to change.
fn usage(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<admin::AdminError>() {
        Some(admin::AdminError::Refused(reason)) => Usage::new(reason).into(),
        _ => error,
    }
}

async fn show_queues(ports: &Ports, letters: usize, printer: Printer) -> Result<()> {
    let reports = admin::queues(ports, letters).await?;
    printer.answer(&reports, || {
        let row = |report: &admin::QueueReport| {
            let oldest = match report.oldest_seconds {
                Some(0) => "-".to_owned(),
                Some(oldest) => age(seconds(oldest)),
                None => "not told".to_owned(),
            };
            let numbers = [report.waiting, report.in_flight, report.dead].map(|number| number.to_string());
            [vec![report.queue.to_owned()], numbers.to_vec(), vec![oldest]].concat()
        };
        let rows: Vec<_> = reports.iter().map(row).collect();
        let mut lines = table(&["queue", "waiting", "in flight", "dead", "oldest"], &rows);
        for report in reports.iter().filter(|report| !report.dead_letters.is_empty()) {
            lines.push(String::new());
            let letters = report.dead_letters.iter();
            let rows: Vec<_> = letters
                .map(|letter| vec![letter.message_id.clone(), letter.attempts.to_string(), letter.body.to_string()])
                .collect();
            lines.extend(table(&[&format!("dead letters of {}", report.queue), "deliveries", "body"], &rows));
        }
        lines
    })
}

fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

async fn redrive(ports: &Ports, queue: Option<QueueName>, printer: Printer, consent: cli::ConsentArgs) -> Result<()> {
    let queues: Vec<QueueName> = queue.map_or(QueueName::ALL.to_vec(), |queue| vec![queue]);
    let mut dead = Vec::new();
    for queue in queues {
        dead.push((queue, ports.queue.depth(queue).await?.dead));
    }
    dead.retain(|(_, dead)| *dead > 0);
    let all: u64 = dead.iter().map(|(_, dead)| dead).sum();
    if all == 0 {
        return printer.answer(&serde_json::json!({"moved": 0}), || vec!["there are no dead letters".to_owned()]);
    }
    let named: Vec<_> = dead.iter().map(|(queue, dead)| format!("{dead} of {}", queue.as_str())).collect();
    let what = format!("give dead letters back to their queues: {}", named.join(", "));
    match printer.consent(&what, consent)? {
        Consent::Given => {}
        undone => return not_done(printer, undone, &what),
    }
    let mut moved = 0;
    for (queue, _) in dead {
        moved += ports.queue.redrive(queue).await?;
    }
    let moved = usize::try_from(moved).unwrap_or(usize::MAX);
    printer.answer(&serde_json::json!({"moved": moved}), || vec![format!("gave {} back", count(moved, "message"))])
}

/// Says what would have happened.
fn not_done(printer: Printer, consent: Consent, what: &str) -> Result<()> {
    let is_dry_run = consent == Consent::DryRun;
    let line = if is_dry_run { format!("would {what}") } else { "nothing was changed".to_owned() };
    printer.answer(&serde_json::json!({"dry_run": is_dry_run, "would": what}), || vec![line])
}

/// A moment with its distance from now.
fn moment(at: Timestamp, now: Timestamp) -> String {
    format!("{at} ({} ago)", age(now.seconds_since(at)))
}
