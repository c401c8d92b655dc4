//! Where log lines go: to stderr, above the progress bars.

use std::io::{self, IsTerminal, Write};

use indicatif::MultiProgress;
use osmtracker_pipeline::config::{LogConfig, LogFormat};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Starts logging. Later calls change nothing.
pub(crate) fn start(config: &LogConfig, bars: &MultiProgress) {
    let filter = EnvFilter::try_new(&config.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(AboveBars(bars.clone()))
        .with_ansi(io::stderr().is_terminal());
    let _ = match config.format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.with_target(false).try_init(),
    };
}

struct AboveBars(MultiProgress);

impl<'a> MakeWriter<'a> for AboveBars {
    type Writer = Lines<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Lines(&self.0)
    }
}

struct Lines<'a>(&'a MultiProgress);

impl Write for Lines<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(line)).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
