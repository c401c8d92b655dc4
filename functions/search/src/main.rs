//! From the stream of the table to the search index.

use std::sync::Arc;

use osmtracker_aws::{Parameters, lambda};
use osmtracker_pipeline::metrics::Component;
use osmtracker_search::{Holder, NoSecrets, Secrets, TextSecrets, take_up};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let holder = Holder::default();
    lambda::for_each_change(Component::Search, async |ports, parameters, changes| {
        let Some(config) = &ports.config.search else {
            return Err("the configuration has no search.url".to_owned());
        };
        let index = holder.index(config, || secrets(parameters, config.credentials_parameter.clone()));
        let now = ports.clock.now();
        let oldest = changes.iter().map(|change| change.at).min();
        match take_up(&index, changes).await {
            Ok(taken) => {
                osmtracker_search::count(&ports.metrics, &taken.outcomes, oldest, now);
                Ok(taken.verdicts)
            }
            Err(error) => {
                osmtracker_search::count(&ports.metrics, &[], oldest, now);
                Err(error.to_string())
            }
        }
    })
    .await
}

fn secrets(parameters: &Parameters, name: Option<String>) -> Arc<dyn Secrets> {
    let Some(name) = name else { return Arc::new(NoSecrets) };
    let parameters = parameters.clone();
    Arc::new(TextSecrets(move || {
        let (parameters, name) = (parameters.clone(), name.clone());
        async move { parameters.read(&name).await.map_err(lambda::said) }
    }))
}
