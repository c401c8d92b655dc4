//! `osmtracker admin replication` and `osmtracker admin backfill`.

use anyhow::Result;
use osmtracker_osm::ChangesetSequence;
use osmtracker_pipeline::{
    admin,
    metrics::RowWriter,
    ports::{FeedCursor, SkippedFiles},
    steps::Ports,
};
use serde_json::json;

use super::{
    cli::{BackfillArgs, ReplicationCommand},
    moment, not_done,
    print::{Consent, Printer, age, count, table},
};

pub(super) async fn run(ports: &Ports, command: ReplicationCommand, printer: Printer) -> Result<()> {
    match command {
        ReplicationCommand::Show => show(ports, printer).await,
        ReplicationCommand::Gaps => gaps(ports, printer).await,
        ReplicationCommand::Set { sequence, consent } => {
            let plan = admin::plan_skip(ports, ChangesetSequence(sequence)).await?;
            let (files, refresh) = (files_of(&plan.files), count(plan.to_refresh.len(), "changeset"));
            let what = format!(
                "leave out {} ({} to {}), and ask the API later for the discussions of {refresh}",
                count(files, "file"),
                plan.files.first,
                plan.files.last
            );
            match printer.consent(&what, consent)? {
                Consent::Given => {}
                undone => return not_done(printer, undone, &what),
            }
            admin::skip(ports, &plan).await?;
            printer.answer(&json!({"skipped": plan.files}), || {
                vec![format!("the tracker goes on with file {}", plan.files.last.next())]
            })
        }
    }
}

async fn show(ports: &Ports, printer: Printer) -> Result<()> {
    let cursor = ports.store.cursor().await?;
    let now = ports.clock.now();
    let lag = cursor.as_ref().map(|cursor| now.seconds_since(cursor.timestamp));
    printer.answer(&json!({"cursor": cursor, "lag_seconds": lag}), || match &cursor {
        None => vec!["nothing was followed yet".to_owned()],
        Some(cursor) => {
            let behind = cursor.head_sequence.0.saturating_sub(cursor.sequence.0);
            let mut lines = vec![
                format!("read to     file {}, of {}", cursor.sequence, moment(cursor.timestamp, now)),
                format!(
                    "head        file {}, {behind} ahead, moved {}",
                    cursor.head_sequence,
                    moment(cursor.head_moved_at, now)
                ),
                format!("looked      {}", moment(cursor.checked_at, now)),
            ];
            lines.extend(cursor.waiting_for.iter().map(|reason| format!("waits for   {reason}")));
            if !cursor.skipped.is_empty() {
                lines.push(format!("left out    {}; see `admin replication gaps`", files_left_out(cursor)));
            }
            lines
        }
    })
}

fn files_left_out(cursor: &FeedCursor) -> String {
    count(cursor.skipped.iter().map(files_of).sum(), "file")
}

fn files_of(files: &SkippedFiles) -> usize {
    usize::try_from((files.last.0 + 1).saturating_sub(files.first.0)).unwrap_or(usize::MAX)
}

async fn gaps(ports: &Ports, printer: Printer) -> Result<()> {
    let (cursor, now) = (ports.store.cursor().await?, ports.clock.now());
    let skipped = cursor.map(|cursor| cursor.skipped).unwrap_or_default();
    printer.answer(&skipped, || {
        if skipped.is_empty() {
            return vec!["no file was left out".to_owned()];
        }
        let row = |files: &SkippedFiles| {
            vec![files.first.to_string(), files.last.to_string(), files_of(files).to_string(), moment(files.at, now)]
        };
        table(&["first", "last", "files", "left out"], &skipped.iter().map(row).collect::<Vec<_>>())
    })
}

pub(super) async fn backfill(ports: &Ports, args: BackfillArgs, printer: Printer) -> Result<()> {
    let now = ports.clock.now();
    let until = args.until.map_or(now, |until| until.at(now));
    let plan = admin::plan_backfill(ports, args.since.at(now), until).await?;
    let files = plan.files();
    let minutes = files.div_ceil(u64::from(args.files_a_minute));
    let mut what =
        format!("read {files} files ({} to {}) once more, in about {minutes} minutes", plan.first, plan.last);
    if let Some(horizon) = ports
        .config
        .pipeline
        .horizon
        .filter(|horizon| now.seconds_since(args.since.at(now)).unsigned_abs() > horizon.as_secs())
    {
        let hours = age(i64::try_from(horizon.as_secs()).unwrap_or(i64::MAX));
        what = format!("{what}; what was closed more than {hours} ago is past the horizon and is not taken up");
    }
    match printer.consent(&what, args.consent)? {
        Consent::Given => {}
        undone => return not_done(printer, undone, &what),
    }
    let done = admin::backfill(ports, plan, args.files_a_minute, |done| {
        if done.files % 60 == 0 {
            eprintln!("{} of {files} files, {} changesets", done.files, done.changesets);
        }
    })
    .await;
    // What was sent is counted, however this ended.
    RowWriter::new("admin", ports.owner.name()).flush(&ports.metrics, &*ports.store, ports.clock.now()).await?;
    let done = done?;
    printer.answer(&json!({"files": done.files, "changesets": done.changesets}), || {
        vec![format!(
            "sent {} changesets of {} files to the filter; it keeps what the rules keep",
            done.changesets, done.files
        )]
    })
}
