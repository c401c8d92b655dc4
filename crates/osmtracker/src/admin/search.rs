//! `osmtracker admin search`.

use std::sync::Arc;

use anyhow::Result;
use osmtracker_search::{FileSecrets, Index, Pauses, RejectedChangeset, reindex, survey};

use super::{
    Target,
    cli::SearchCommand,
    not_done,
    print::{Consent, Printer, count, table},
};
use crate::exit::Usage;

/// Documents that the server will never take: said already, so the program only ends accordingly.
#[derive(Debug, thiserror::Error)]
#[error("the server does not take {0}")]
struct NotTaken(String);

pub(super) async fn run(target: &Target, command: SearchCommand, printer: Printer) -> Result<()> {
    let SearchCommand::Reindex { credentials_file, consent } = command;
    let ports = &target.ports;
    let Some(config) = ports.config.search.clone() else {
        let advice = "set search.url in its configuration, see docs/search.md";
        return Err(Usage::new(format!("{} has no search index; {advice}", target.name)).into());
    };
    let secrets = match credentials_file {
        Some(file) => Arc::new(FileSecrets(file)),
        None => target.search_secrets.clone(),
    };
    let index = Index::new(config, secrets, Pauses::default());
    let planned = survey(&*ports.store, &index).await?;
    let what = format!(
        "write {} into {}, and delete {} that the table does not have",
        number(planned.rows, "document"),
        index.name(),
        number(planned.surplus, "document")
    );
    match printer.consent(&what, consent)? {
        Consent::Given => {}
        undone => return not_done(printer, undone, &what),
    }
    let done = reindex(&*ports.store, &index).await?;
    printer.answer(&done, || {
        let row = |it: &RejectedChangeset| vec![it.id.to_string(), it.kind.clone(), it.reason.clone()];
        let mut lines = vec![format!(
            "{} written, {} deleted; {} already newer in the index",
            number(done.indexed, "document"),
            done.deleted,
            done.newer
        )];
        if !done.rejected.is_empty() {
            lines.extend(table(&["not taken", "error", "reason"], &done.rejected.iter().map(row).collect::<Vec<_>>()));
        }
        lines
    })?;
    match done.rejected.len() {
        0 => Ok(()),
        rejected => Err(NotTaken(count(rejected, "document")).into()),
    }
}

fn number(count_of: u64, of: &str) -> String {
    count(usize::try_from(count_of).unwrap_or(usize::MAX), of)
}
