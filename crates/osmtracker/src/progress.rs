//! What a person sees while the program works: bars on a terminal, plain lines elsewhere.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use osmtracker_pipeline::steps::TrackOutcome;

use crate::workers::{Seen, Workers};

/// Between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows the workers' progress until they stop.
pub(crate) async fn show(workers: Workers, bars: MultiProgress) {
    if stderr().is_terminal() { show_bars(workers, bars).await } else { show_lines(workers).await }
}

async fn show_bars(workers: Workers, bars: MultiProgress) {
    let style = |template: &str| ProgressStyle::with_template(template).expect("a template of this file");
    let feed = bars.add(ProgressBar::new(0));
    feed.set_style(style("{prefix:>12} [{bar:30}] {pos}/{len} files {msg}").progress_chars("=> "));
    feed.set_prefix("following");
    let analysis = bars.add(ProgressBar::new(0));
    analysis.set_style(style("{prefix:>12} [{bar:30}] {pos}/{len} changesets {msg}").progress_chars("=> "));
    analysis.set_prefix("analysing");
    while !workers.is_stopped() {
        let seen = workers.seen();
        feed.set_length(seen.files + files_to_come(&seen));
        feed.set_position(seen.files);
        feed.set_message(waiting_for(&seen));
        analysis.set_length(seen.kept.max(seen.analysed));
        analysis.set_position(seen.analysed);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    feed.finish_and_clear();
    analysis.finish_and_clear();
    eprintln!("{}", line(&workers.seen()));
}

async fn show_lines(workers: Workers) {
    let mut last = String::new();
    let mut pause = Duration::ZERO;
    while !workers.is_stopped() {
        tokio::time::sleep(Duration::from_millis(200)).await;
        pause += Duration::from_millis(200);
        if pause >= LINE_EVERY {
            pause = Duration::ZERO;
            let now = line(&workers.seen());
            if now != last {
                eprintln!("{now}");
                last = now;
            }
        }
    }
    eprintln!("{}", line(&workers.seen()));
}

fn line(seen: &Seen) -> String {
    let Seen { files, changesets, kept, analysed, .. } = seen;
    let rest = match files_to_come(seen) {
        0 => String::new(),
        rest => format!(", {rest} to come"),
    };
    let waiting = waiting_for(seen);
    format!("{files} files{rest}, {changesets} changesets, {kept} kept, {analysed} analysed{waiting}")
}

fn files_to_come(seen: &Seen) -> u64 {
    match seen.tracked {
        Some(TrackOutcome::Behind { head, sequence, .. }) => head.0 - sequence.0,
        _ => 0,
    }
}

fn waiting_for(seen: &Seen) -> String {
    match &seen.tracked {
        Some(TrackOutcome::Waiting { reason, .. }) => format!(", waiting: {reason}"),
        _ => String::new(),
    }
}
