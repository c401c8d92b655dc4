//! `osmtracker notify`: whether a target takes messages.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use osmtracker_embedded::SystemClock;
use osmtracker_pipeline::{
    config::Config,
    ports::{Clock, Messenger},
    steps,
};

use crate::{admin, exit::Usage, local};

/// Sends a sample to a target, and answers what came back. `config` is a local program's; a deployment has its own.
pub(crate) async fn test(name: &str, aws: Option<&Path>, config: Config) -> Result<String> {
    let (config, messenger): (Arc<Config>, Arc<dyn Messenger>) = match aws {
        Some(path) => admin::deployed_messenger(path).await?,
        None => (Arc::new(config), local::messenger()?),
    };
    let Some(target) = config.notify_target(name) else {
        let names: Vec<_> = config.notify.iter().map(|target| target.name.as_str()).collect();
        let known = match names.is_empty() {
            true => "the configuration has no [[notify]]; give --config".to_owned(),
            false => format!("the targets are {}", names.join(", ")),
        };
        return Err(Usage::new(format!("there is no target {name:?}: {known}")).into());
    };
    let sent = steps::send_sample(&config.site, target, &*messenger, SystemClock::new().now()).await;
    let receipt = sent.with_context(|| format!("the sample was not sent to {name}"))?;
    Ok(format!("sent a sample to {name} ({}): it answers with {}", target.kind.as_str(), receipt.answer))
}
