//! What can be asked of `osmtracker admin` and `osmtracker doctor`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use osmtracker_pipeline::{State, config::Moment, ports::QueueName};

use crate::cli::ConfigArgs;

/// Where the pipeline is.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// Folder of a local pipeline, which may be running [default: ./osmtracker-data]
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "aws")]
    pub(crate) data: Option<PathBuf>,
    /// Folder of a deployment on AWS, where `terraform output` tells its names; or a file with the output of
    /// `terraform output -json`
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) aws: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Print JSON instead of tables
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AdminArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(subcommand)]
    pub(crate) command: AdminCommand,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Rows: what is known of each changeset and where it stands
    #[command(subcommand)]
    Changesets(ChangesetsCommand),
    /// Messages: what waits, and what was put aside
    #[command(subcommand)]
    Queues(QueuesCommand),
    /// The changesets feed: how far it was read, and what was left out
    #[command(subcommand)]
    Replication(ReplicationCommand),
    /// Pages and documents
    #[command(subcommand)]
    Site(SiteCommand),
    /// Read files of the feed once more, for what a changed rule would have kept
    Backfill(BackfillArgs),
    /// The search index
    #[command(subcommand)]
    Search(SearchCommand),
}

/// Before something is changed.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ConsentArgs {
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Say what would happen, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SelectionArgs {
    /// In this state, such as DONE or QUARANTINED; may be given more than once
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub(crate) state: Vec<State>,
    /// With this label; may be given more than once
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Vec<String>,
    /// Last written before this moment: "2 hours ago", 2026-11-22T09:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) before: Option<Moment>,
    /// Last written after this moment
    #[arg(long, value_name = "TIME")]
    pub(crate) after: Option<Moment>,
    /// No more than so many [default: 50 when listing, else all]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

impl SelectionArgs {
    /// Whether anything narrows the selection.
    pub(crate) fn is_empty(&self) -> bool {
        self.state.is_empty() && self.label.is_empty() && self.before.is_none() && self.after.is_none()
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChangesetsCommand {
    /// List rows, last written first
    List(SelectionArgs),
    /// Show one row with its history
    Show {
        /// Id of the changeset
        id: u64,
    },
    /// Analyse changesets again, and forget their failed tries
    Reanalyse(OrderArgs),
    /// Take changesets from the site and the table
    Drop(OrderArgs),
}

#[derive(Debug, Args)]
pub(crate) struct OrderArgs {
    /// Ids of changesets; or say which by --state, --label, --before and --after
    pub(crate) ids: Vec<u64>,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QueuesCommand {
    /// Show how full the queues are, and what was put aside
    Show {
        /// Dead letters shown of each queue
        #[arg(long, value_name = "N", default_value_t = 5)]
        letters: usize,
    },
    /// Give dead letters back to their queue
    Redrive {
        /// filter, analysis or publish [default: all]
        #[arg(value_parser = queue)]
        queue: Option<QueueName>,
        #[command(flatten)]
        consent: ConsentArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReplicationCommand {
    /// Show how far the feed was read
    Show,
    /// Go on after this file, and leave out those before it: when the upstream has lost one for good
    Set {
        /// Number of the last file to leave out
        sequence: u64,
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Show which files were left out
    Gaps,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SiteCommand {
    /// Write every page, document and list anew
    Rebuild(ConsentArgs),
    /// Follow every link, and compare pages with rows
    Verify,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SearchCommand {
    /// Write every document anew from the table, and delete those that the table does not have
    ///
    /// The pipeline may be at work meanwhile.
    Reindex {
        /// Read the credentials from this file, instead of from where the configuration says
        #[arg(long, value_name = "FILE")]
        credentials_file: Option<PathBuf>,
        #[command(flatten)]
        consent: ConsentArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BackfillArgs {
    /// From the file of this moment: "2 days ago", 2026-11-22T09:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Moment,
    /// To the file of this moment [default: as far as the feed was read]
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Moment>,
    /// Files read a minute, at most: the upstream is a guest's house
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) files_a_minute: u32,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

fn state(text: &str) -> Result<State, String> {
    let name = text.to_ascii_uppercase();
    let names = || State::ALL.map(State::as_str).join(", ");
    State::ALL.into_iter().find(|state| state.as_str() == name).ok_or_else(|| format!("the states are {}", names()))
}

fn queue(text: &str) -> Result<QueueName, String> {
    let names = || QueueName::ALL.map(QueueName::as_str).join(", ");
    QueueName::ALL.into_iter().find(|queue| queue.as_str() == text).ok_or_else(|| format!("the queues are {}", names()))
}
