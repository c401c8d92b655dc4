//! `osmtracker admin site`.

use anyhow::Result;
use osmtracker_pipeline::{
    admin::{self, Fault, Selection},
    steps::Ports,
};
use serde_json::json;

use super::{
    cli::SiteCommand,
    not_done,
    print::{Consent, Printer, count},
};

/// The site is not as it should be: said already, so the program only ends accordingly.
#[derive(Debug, thiserror::Error)]
#[error("the site has {0}")]
struct Faulty(String);

pub(super) async fn run(ports: &Ports, command: SiteCommand, printer: Printer) -> Result<()> {
    match command {
        SiteCommand::Rebuild(consent) => {
            let rows = admin::list(ports, &Selection::default()).await?;
            let shown = rows.iter().filter(|row| row.listed).count();
            let what = format!("write the pages of {} and all lists anew", count(shown, "changeset"));
            match printer.consent(&what, consent)? {
                Consent::Given => {}
                undone => return not_done(printer, undone, &what),
            }
            let ordered = admin::rebuild(ports).await?;
            printer.answer(&json!({"ordered": ordered}), || {
                vec![format!("the pages of {} will be written anew", count(ordered, "changeset"))]
            })
        }
        SiteCommand::Verify => verify(ports, printer).await,
    }
}

async fn verify(ports: &Ports, printer: Printer) -> Result<()> {
    let report = admin::verify(ports).await?;
    printer.answer(&report, || {
        let mut lines: Vec<_> = report.faults.iter().map(describe).collect();
        let looked_at = format!("{} objects, {} pages, {} links", report.objects, report.pages, report.links);
        lines.push(match report.faults.len() {
            0 => format!("{looked_at}: all is well"),
            faults => format!("{looked_at}: {}; `admin site rebuild` mends most", count(faults, "fault")),
        });
        lines
    })?;
    match report.faults.len() {
        0 => Ok(()),
        faults => Err(Faulty(count(faults, "fault")).into()),
    }
}

fn describe(fault: &Fault) -> String {
    match fault {
        Fault::BrokenLink { page, link } => format!("{page} refers to {link}, which is not there"),
        Fault::Orphan { key } => format!("{key} is of a changeset that has no row"),
        Fault::NoPage { changeset } => format!("changeset {changeset} is shown and has no page"),
        Fault::Generation { page, says, published } => {
            format!("{page} is of generation {says}, and the newest published is {published}")
        }
        Fault::Absent { key } => format!("{key} is not there"),
    }
}
