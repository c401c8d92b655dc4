//! Which pipeline is meant: one on this machine, or one on AWS.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use osmtracker_embedded::{Embedded, Options, SystemClock};
use osmtracker_pipeline::{
    config::Config,
    metrics::Metrics,
    ports::{Clock, Messenger},
    steps::{Owner, Ports},
};
use osmtracker_search::Secrets;
use osmtracker_upstream::{API_DOWNLOADS, Upstream};

use super::TargetArgs;
use crate::{exit::Usage, search};

/// A pipeline that may be at work.
pub(crate) struct Target {
    pub(crate) ports: Ports,
    /// For people: `the data folder ./osmtracker-data`.
    pub(crate) name: String,
    /// Where the credentials of the search index are.
    pub(crate) search_secrets: Arc<dyn Secrets>,
}

impl Target {
    /// Opens what the arguments name. `config` is for a local one; a deployment has its own.
    pub(crate) async fn open(args: &TargetArgs, config: Config) -> Result<Self> {
        match &args.aws {
            Some(path) => of_deployment(path).await,
            None => of_folder(config),
        }
    }
}

fn owner() -> Owner {
    Owner::Shared(format!("admin-{}-{}", std::process::id(), SystemClock::new().now().0))
}

fn of_folder(config: Config) -> Result<Target> {
    let embedded = Embedded::visit(&config.data, &Options::default()).map_err(Usage::because)?;
    let name = format!("the data folder {}", config.data.display());
    let metrics = Metrics::new();
    let upstream = Upstream::new(&config, metrics.clone(), API_DOWNLOADS).context("set up the upstream")?;
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        queue: embedded.sqlite.clone(),
        store: embedded.sqlite,
        site: embedded.site,
        feed: upstream.feed,
        sources: upstream.sources,
        metadata: upstream.metadata,
        metrics,
        config: Arc::new(config),
        owner: owner(),
    };
    let search_secrets = search::secrets(ports.config.search.as_ref());
    Ok(Target { ports, name, search_secrets })
}

/// The configuration of a deployment, and what sends its notifications, with the operator's rights.
#[cfg(feature = "aws")]
pub(crate) async fn deployed_messenger(path: &Path) -> Result<(Arc<Config>, Arc<dyn Messenger>)> {
    use osmtracker_aws::{AwsMessenger, operator_config};

    let target = of_deployment(path).await?;
    let settings = operator_config("osmtracker-admin", deployment(path)?.region()).await;
    let messenger = AwsMessenger::new(&settings).map_err(anyhow::Error::from_boxed);
    Ok((target.ports.config, Arc::new(messenger.context("set up the client of notifications")?)))
}

#[cfg(not(feature = "aws"))]
pub(crate) async fn deployed_messenger(_: &Path) -> Result<(Arc<Config>, Arc<dyn Messenger>)> {
    Err(without_aws())
}

#[cfg(feature = "aws")]
fn deployment(path: &Path) -> Result<osmtracker_aws::Deployment> {
    let read = osmtracker_aws::Deployment::from_outputs(&outputs(path)?);
    Ok(read.map_err(|error| Usage::new(format!("{}: {error}", path.display())))?)
}

#[cfg(feature = "aws")]
async fn of_deployment(path: &Path) -> Result<Target> {
    use osmtracker_aws::{Clients, ConfigurationObject, DynamoDb, Parameters, S3, Sqs};

    let deployment = deployment(path)?;
    let name = format!("the deployment with the table {}", deployment.table);
    let metrics = Metrics::new();
    let clients = Clients::for_operator("osmtracker-admin", deployment.region()).await;
    let objects = S3::new(clients.s3, deployment.site_bucket, deployment.private_bucket);
    let configuration = ConfigurationObject::new(objects.clone(), deployment.config_key, Vec::new());
    let read = configuration.read(None).await.context("read the configuration of the deployment")?;
    let config = read.context("the configuration is unchanged although none was read")?.config;
    let upstream = Upstream::new(&config, metrics.clone(), API_DOWNLOADS).context("set up the upstream")?;
    let ports = Ports {
        clock: Arc::new(osmtracker_aws::SystemClock),
        queue: Arc::new(Sqs::new(clients.sqs, deployment.queues)),
        store: Arc::new(DynamoDb::new(clients.dynamodb, deployment.table)),
        site: Arc::new(objects),
        feed: upstream.feed,
        sources: upstream.sources,
        metadata: upstream.metadata,
        metrics,
        config,
        owner: owner(),
    };
    let parameter = ports.config.search.as_ref().and_then(|search| search.credentials_parameter.clone());
    let search_secrets = in_parameter(Parameters::new(clients.ssm), parameter);
    Ok(Target { ports, name, search_secrets })
}

/// An operator reads the parameter with credentials of their own.
#[cfg(feature = "aws")]
fn in_parameter(parameters: osmtracker_aws::Parameters, name: Option<String>) -> Arc<dyn Secrets> {
    let Some(name) = name else { return Arc::new(osmtracker_search::NoSecrets) };
    Arc::new(osmtracker_search::TextSecrets(move || {
        let (parameters, name) = (parameters.clone(), name.clone());
        async move { parameters.read(&name).await.map_err(osmtracker_aws::lambda::said) }
    }))
}

#[cfg(not(feature = "aws"))]
async fn of_deployment(_: &Path) -> Result<Target> {
    Err(without_aws())
}

#[cfg(not(feature = "aws"))]
fn without_aws() -> anyhow::Error {
    Usage::new("this osmtracker was built without AWS; build it with `cargo build --release -p osmtracker`").into()
}

/// What Terraform says of a deployment: of a folder by asking it, of a file by reading it.
#[cfg(feature = "aws")]
fn outputs(path: &Path) -> Result<serde_json::Value> {
    let json = if path.is_dir() {
        let asked = std::process::Command::new("terraform")
            .arg(format!("-chdir={}", path.display()))
            .args(["output", "-json"])
            .output();
        let asked = asked.map_err(|error| Usage::new(format!("cannot run terraform: {error}; install it, or give --aws a file with the output of `terraform output -json`")))?;
        if !asked.status.success() {
            let said = String::from_utf8_lossy(&asked.stderr);
            return Err(Usage::new(format!("`terraform output` failed in {}: {}", path.display(), said.trim())).into());
        }
        asked.stdout
    } else {
        std::fs::read(path)
            .map_err(|error| Usage::new(format!("cannot read {}: {error}; check --aws", path.display())))?
    };
    serde_json::from_slice(&json).map_err(|error| {
        Usage::new(format!("{} is not the output of `terraform output -json`: {error}", path.display())).into()
    })
}
