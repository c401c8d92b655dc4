//! The log of a function: a JSON object a line on stdout, which Lambda hands to CloudWatch.

use tracing_subscriber::EnvFilter;

/// Changes what is logged.
pub(super) struct Level(Box<dyn Fn(EnvFilter) + Send + Sync>);

/// Starts logging at the level info.
pub(super) fn start() -> Level {
    let builder = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_writer(std::io::stdout)
        .with_env_filter(EnvFilter::new("info"))
        .with_filter_reloading();
    let handle = builder.reload_handle();
    let _ = builder.try_init();
    Level(Box::new(move |filter| drop(handle.reload(filter))))
}

impl Level {
    /// Logs what the configuration asks for from now on.
    pub(super) fn set(&self, level: &str) {
        if let Ok(filter) = EnvFilter::try_new(level) {
            (self.0)(filter);
        }
    }
}
