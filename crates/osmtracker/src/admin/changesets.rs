//! `osmtracker admin changesets`.

use std::time::Duration;

use anyhow::Result;
use osmtracker_osm::{ChangesetId, Timestamp};
use osmtracker_pipeline::{
    ChangesetRow,
    admin::{self, Selection},
    config::Moment,
    steps::Ports,
};
use serde_json::json;

use super::{
    cli::{ChangesetsCommand, OrderArgs, SelectionArgs},
    moment, not_done,
    print::{Consent, Printer, age, count, table},
};
use crate::{describe::plain, exit::Usage};

/// Rows of a list that nobody said the length of.
const LISTED: usize = 50;

pub(super) async fn run(ports: &Ports, command: ChangesetsCommand, printer: Printer) -> Result<()> {
    match command {
        ChangesetsCommand::List(args) => list(ports, &args, printer).await,
        ChangesetsCommand::Show { id } => show(ports, ChangesetId(id), printer).await,
        ChangesetsCommand::Reanalyse(args) => reanalyse(ports, args, printer).await,
        ChangesetsCommand::Drop(args) => drop(ports, args, printer).await,
    }
}

async fn list(ports: &Ports, args: &SelectionArgs, printer: Printer) -> Result<()> {
    let limit = args.limit.or(Some(LISTED));
    let rows = admin::list(ports, &Selection { limit, ..selection(args, ports.clock.now()) }).await?;
    printer.answer(&rows, || {
        let now = ports.clock.now();
        let mut lines = table(HEADINGS, &rows.iter().map(|row| cells(row, now)).collect::<Vec<_>>());
        if rows.is_empty() {
            lines = vec!["no changesets".to_owned()];
        } else if Some(rows.len()) == limit {
            lines.push(format!("the last {} written; more with --limit", count(rows.len(), "changeset")));
        }
        lines
    })
}

const HEADINGS: &[&str] = &["changeset", "state", "written", "user", "labels", "tries", "reason"];

fn cells(row: &ChangesetRow, now: Timestamp) -> Vec<String> {
    let labels: Vec<_> = row.labels.iter().map(|label| label.name.as_str()).collect();
    let reason = row.reason.clone().unwrap_or_default();
    vec![
        row.id().to_string(),
        row.state.to_string(),
        format!("{} ago", age(now.seconds_since(row.updated_at))),
        row.changeset.user.as_ref().map_or_else(String::new, |user| user.name.to_string()),
        labels.join(" "),
        row.attempts.to_string(),
        if row.given_up { format!("given up: {reason}") } else { reason },
    ]
}

async fn show(ports: &Ports, id: ChangesetId, printer: Printer) -> Result<()> {
    let Some(row) = admin::show(ports, id).await? else {
        let reason = format!("there is no row of changeset {id}: no rule keeps it, or it is past the horizon");
        return Err(Usage::new(reason).into());
    };
    printer.answer(&row, || describe(&row, ports.clock.now()))
}

fn describe(row: &ChangesetRow, now: Timestamp) -> Vec<String> {
    let changeset = &row.changeset;
    let user = changeset.user.as_ref().map_or("anonymous", |user| &user.name);
    let mut lines = vec![
        format!("changeset {} by {}", row.id(), plain(user)),
        format!("comment     {}", plain(changeset.comment().unwrap_or("none"))),
        format!("state       {}, version {}, written {}", row.state, row.version, moment(row.updated_at, now)),
        format!("feed        file {}, place {}", row.feed.sequence, row.feed.index),
        format!("on the site {}", if row.listed { "yes" } else { "no" }),
    ];
    let optional = [
        ("reason      ", row.reason.clone()),
        ("due         ", row.due_at.map(|at| at.to_string())),
        ("lease       ", row.lease.as_ref().map(|lease| format!("{} until {}", lease.owner, lease.until))),
        ("source      ", row.source.clone()),
        ("given up    ", row.given_up.then(|| format!("after {} tries", row.attempts))),
    ];
    lines.extend(optional.into_iter().filter_map(|(name, value)| Some(format!("{name}{}", plain(&value?)))));
    for label in &row.labels {
        let reasons: Vec<_> = label.evidence.iter().map(|reason| reason.rule.as_str()).collect();
        lines.push(format!("label       {}: {}", label.name, reasons.join("; ")));
    }
    for step in &row.history {
        lines.push(format!("{}  {} {}", step.at, step.state, step.reason.as_deref().unwrap_or_default()));
    }
    lines
}

async fn reanalyse(ports: &Ports, args: OrderArgs, printer: Printer) -> Result<()> {
    let ids = meant(ports, &args).await?;
    let what = format!("analyse {} again", count(ids.len(), "changeset"));
    match printer.consent(&what, args.consent)? {
        Consent::Given => {}
        undone => return not_done(printer, undone, &what),
    }
    let ordered = admin::reanalyse(ports, &ids).await?;
    printer.answer(&json!({"ordered": ordered}), || {
        vec![format!("{} will be analysed again", count(ordered.len(), "changeset"))]
    })
}

async fn drop(ports: &Ports, args: OrderArgs, printer: Printer) -> Result<()> {
    let ids = meant(ports, &args).await?;
    let what = format!("take {} from the site and the table", count(ids.len(), "changeset"));
    match printer.consent(&what, args.consent)? {
        Consent::Given => {}
        undone => return not_done(printer, undone, &what),
    }
    admin::drop_changesets(ports, &ids).await?;
    printer.answer(&json!({"ordered": ids}), || vec![format!("{} will be dropped", count(ids.len(), "changeset"))])
}

/// The changesets that an order is about.
async fn meant(ports: &Ports, args: &OrderArgs) -> Result<Vec<ChangesetId>> {
    let ids: Vec<_> = args.ids.iter().copied().map(ChangesetId).collect();
    let found: Vec<_> = match (ids.is_empty(), args.selection.is_empty()) {
        (true, true) => {
            return Err(
                Usage::new("say which changesets: by their ids, or by --state, --label, --before, --after").into()
            );
        }
        (false, false) => {
            return Err(Usage::new("ids and filters together are not understood; give one of them").into());
        }
        (false, true) => rows_of(ports, &ids).await?,
        (true, false) => {
            let rows = admin::list(ports, &selection(&args.selection, ports.clock.now())).await?;
            rows.iter().map(ChangesetRow::id).collect()
        }
    };
    if let Some(unknown) = ids.iter().find(|id| !found.contains(id)) {
        return Err(Usage::new(format!("there is no row of changeset {unknown}; nothing was changed")).into());
    }
    Ok(found)
}

async fn rows_of(ports: &Ports, ids: &[ChangesetId]) -> Result<Vec<ChangesetId>> {
    let mut found = Vec::new();
    for ids in ids.chunks(100) {
        found.extend(ports.store.changesets(ids).await?.iter().map(ChangesetRow::id));
    }
    Ok(found)
}

fn selection(args: &SelectionArgs, now: Timestamp) -> Selection {
    let ago = |moment: Moment| Duration::from_secs(now.seconds_since(moment.at(now)).max(0).unsigned_abs());
    Selection {
        states: args.state.clone(),
        labels: args.label.clone(),
        older_than: args.before.map(ago),
        newer_than: args.after.map(ago),
        limit: args.limit,
    }
}
