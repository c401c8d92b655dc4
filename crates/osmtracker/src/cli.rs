//! The command line: what can be asked of the program.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::admin::{AdminArgs, DoctorArgs};

/// Live analysis of OpenStreetMap edits: follows the changesets feed, keeps the changesets that matter to an area,
/// works out what each really changed, and publishes pages, feeds and data.
#[derive(Debug, Parser)]
#[command(name = "osmtracker", version, max_term_width = 110)]
pub(crate) struct Cli {
    /// What is logged to stderr: error, warn, info, debug or trace [default: info]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// How it is logged: text or json
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Follow the live feed and publish what changed in an area
    ///
    /// Examples:
    ///   osmtracker run --area DK
    ///   osmtracker run --area my-town.poly --since "2 hours ago"
    ///   osmtracker run --config osmtracker.toml
    #[command(verbatim_doc_comment)]
    Run(RunArgs),
    /// Replay real edits of a small island through the whole pipeline: no network, no account
    Demo(DemoArgs),
    /// Analyse one changeset and print what it changed
    Analyse(AnalyseArgs),
    /// Serve a full-history file or a recorded server as an OSM upstream
    ///
    /// PATH is an .osm.pbf or .osm.gz file with full history, or a folder with a recorded upstream.
    Replay(ReplayArgs),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Try out the targets of notifications
    #[command(subcommand)]
    Notify(NotifyCommand),
    /// See and mend what runs: changesets, queues, replication, site
    Admin(AdminArgs),
    /// Check everything that a pipeline needs, and say what to do about what fails
    Doctor(DoctorArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read the configuration with its areas and rules, and say what is wrong with it
    Check(ConfigArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum NotifyCommand {
    /// Send a sample to a target and say what came back
    Test(NotifyTestArgs),
}

#[derive(Debug, Args)]
pub(crate) struct NotifyTestArgs {
    /// The target's name, as `[[notify]]` gives it
    pub(crate) name: String,
    /// Folder of a deployment on AWS, whose configuration and secrets are used; or a file with the output of
    /// `terraform output -json`
    #[arg(long, value_name = "PATH")]
    pub(crate) aws: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Where settings come from: flags over OSMTRACKER_* variables over the file.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Configuration file; see osmtracker.example.toml
    #[arg(long, value_name = "FILE", env = "OSMTRACKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// What to follow: an ISO country code such as DK, a .poly or GeoJSON file, or planet
    #[arg(long, value_name = "AREA")]
    pub(crate) area: Option<String>,
    /// Host of the OSM API; /api/0.6 is appended
    #[arg(long, value_name = "URL")]
    pub(crate) api_url: Option<String>,
    /// Who is behind the requests, an e-mail or web address: the upstream asks for it
    #[arg(long, value_name = "CONTACT")]
    pub(crate) contact: Option<String>,
}

/// What the local program needs.
#[derive(Debug, Args)]
pub(crate) struct LocalArgs {
    /// Folder for the database and the site [default: ./osmtracker-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address that serves the site and /metrics [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Write the site without serving it
    #[arg(long, conflicts_with = "listen")]
    pub(crate) no_serve: bool,
    /// Stop when the newest file is processed and every queue is empty
    #[arg(long)]
    pub(crate) until_caught_up: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) local: LocalArgs,
    /// Folder that holds changesets/ and minute/ of the replication
    #[arg(long, value_name = "URL")]
    pub(crate) replication_url: Option<String>,
    /// Where a fresh data folder begins: "2 hours ago" or 2026-11-22T09:00Z [default: now]
    #[arg(long, value_name = "TIME", conflicts_with = "from_sequence")]
    pub(crate) since: Option<String>,
    /// Where a fresh data folder begins, as the number of a file of the changesets feed
    #[arg(long, value_name = "N")]
    pub(crate) from_sequence: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) local: LocalArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AnalyseArgs {
    /// Id of the changeset
    pub(crate) id: u64,
    /// Print the whole analysis document instead of a summary
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Full-history file, or folder with a recorded upstream
    pub(crate) path: PathBuf,
    /// Address to serve at
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8900")]
    pub(crate) listen: SocketAddr,
    /// Minutes of replication published each minute; everything at once when left out
    #[arg(long, value_name = "FACTOR")]
    pub(crate) speed: Option<f64>,
}
