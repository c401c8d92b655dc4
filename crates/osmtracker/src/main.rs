//! The command line of osmtracker.

mod admin;
mod cli;
mod commands;
mod counters;
mod describe;
mod exit;
mod local;
mod log;
mod notify;
mod progress;
mod search;
mod wake;
mod workers;

use std::process::ExitCode;

use clap::Parser;
use indicatif::MultiProgress;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    exit::report(commands::execute(cli, MultiProgress::new()).await)
}
