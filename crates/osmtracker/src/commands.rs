//! What each command does.

use std::{io::Write, path::Path, time::Duration};

use anyhow::{Context, Result};
use indicatif::MultiProgress;
use osmtracker_analysis::{Analysis, Digest};
use osmtracker_osm::{Changeset, ChangesetId};
use osmtracker_pages::{Entry, Progress};
use osmtracker_pipeline::{
    config::{Config, Overrides, Scope, Sources, StartFrom},
    metrics::Metrics,
    ports::SourceError,
};
use osmtracker_testkit::{
    Upstream as Replayed,
    replay::{Pace as Publication, Replay, ReplayOptions, serve},
};
use osmtracker_upstream::{API_DOWNLOADS, Upstream};

use crate::{
    admin::{self, Target, TargetArgs},
    cli::{
        AnalyseArgs, Cli, Command, ConfigArgs, ConfigCommand, DemoArgs, LocalArgs, NotifyCommand, NotifyTestArgs,
        ReplayArgs, RunArgs,
    },
    describe,
    exit::Usage,
    local::{self, Purpose},
    log::start as start_log,
    notify,
    workers::{End, Pace},
};

/// The flags about logging.
struct Log {
    level: Option<String>,
    format: Option<String>,
}

/// Does what the command line asks for.
pub(crate) async fn execute(cli: Cli, bars: MultiProgress) -> Result<()> {
    let log = Log { level: cli.log_level, format: cli.log_format };
    match cli.command {
        Command::Run(args) => run(args, log, bars).await,
        Command::Demo(args) => demo(args, log, bars).await,
        Command::Analyse(args) => analyse(args, log, bars).await,
        Command::Replay(args) => replay(args, log, bars).await,
        Command::Config(ConfigCommand::Check(args)) => check(&args, &log),
        Command::Notify(NotifyCommand::Test(args)) => notify_test(args, log, bars).await,
        Command::Admin(args) => {
            let target = target(&args.target, &log, &bars).await?;
            admin::admin(args, target).await
        }
        Command::Doctor(args) => {
            let target = target(&args.target, &log, &bars).await?;
            admin::doctor(target, args.target.json).await
        }
    }
}

async fn run(args: RunArgs, log: Log, bars: MultiProgress) -> Result<()> {
    let overrides = Overrides {
        replication_url: args.replication_url,
        since: args.since,
        from_sequence: args.from_sequence,
        ..overrides(&args.config, &args.local, &log)
    };
    let config = load(args.config.config.as_deref(), overrides)?;
    if config.scope == Scope::Unsaid {
        let advice = "give --area with a country code or a file (or planet for everything), or write `track` rules";
        return Err(Usage::new(format!("nothing says what to follow: {advice}")).into());
    }
    start_log(&config.log, &bars);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let pace = pace(&config, config.upstream.poll);
    local::run(config, Purpose::Live, pace, bars).await
}

/// The demo's configuration, but for the addresses of its own upstream.
const DEMO: &str = include_str!("demo.toml");

async fn demo(args: DemoArgs, log: Log, bars: MultiProgress) -> Result<()> {
    let options = ReplayOptions { pace: Publication::Instant, ..ReplayOptions::default() };
    let replay = serve(Replayed::niue(), options).await.context("start the replayed upstream")?;
    let upstream = format!(
        "{DEMO}\n[upstream]\nreplication_url = {:?}\napi_url = {:?}\nadiff_url = {:?}\n",
        replay.replication_url(),
        replay.api_url(),
        adiff_template(&replay)
    );
    let none = ConfigArgs { config: None, area: None, api_url: None, contact: None };
    let overrides = overrides(&none, &args.local, &log);
    let sources = Sources { file: Some((Path::new("demo.toml"), &upstream)), variables: [], overrides };
    let mut config = Config::load(sources, &mut |path| std::fs::read(path)).map_err(Usage::because)?;
    config.start = StartFrom::Sequence(replay.first_sequence());
    start_log(&config.log, &bars);
    let pace = pace(&config, Duration::from_secs(5));
    let result = local::run(config, Purpose::Demo, pace, bars).await;
    replay.shutdown().await;
    result
}

fn pace(config: &Config, poll: Duration) -> Pace {
    Pace { poll, end: if config.until_caught_up { End::CaughtUp } else { End::Never } }
}

fn overrides(config: &ConfigArgs, local: &LocalArgs, log: &Log) -> Overrides {
    Overrides {
        area: config.area.clone(),
        data: local.data.as_ref().map(|path| path.to_string_lossy().into_owned()),
        listen: local.listen.clone(),
        serve: local.no_serve.then_some(false),
        contact: config.contact.clone(),
        api_url: config.api_url.clone(),
        until_caught_up: local.until_caught_up.then_some(true),
        log_level: log.level.clone(),
        log_format: log.format.clone(),
        ..Overrides::default()
    }
}

/// Reads the file, if any, and puts variables and flags over it.
fn load(path: Option<&Path>, overrides: Overrides) -> Result<Config> {
    let text = match path {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Usage::new(format!("cannot read {}: {error}; check --config", path.display())))?,
        None => String::new(),
    };
    let file = path.map(|path| (path, text.as_str()));
    let sources = Sources { file, variables: variables(), overrides };
    Config::load(sources, &mut |path| std::fs::read(path)).map_err(|errors| Usage::because(errors).into())
}

/// The environment, without what is no text. `OSMTRACKER_CONFIG` names the file and is no setting in it.
fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name != "OSMTRACKER_CONFIG")
        .collect()
}

fn check(args: &ConfigArgs, log: &Log) -> Result<()> {
    let local = LocalArgs { data: None, listen: None, no_serve: false, until_caught_up: false };
    let config = load(args.config.as_deref(), overrides(args, &local, log))?;
    let mut out = std::io::stdout().lock();
    for warning in &config.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    writeln!(out, "{}", config.summary())?;
    Ok(())
}

async fn analyse(args: AnalyseArgs, log: Log, bars: MultiProgress) -> Result<()> {
    let local = LocalArgs { data: None, listen: None, no_serve: true, until_caught_up: false };
    let mut config = load(args.config.config.as_deref(), overrides(&args.config, &local, &log))?;
    if log.level.is_none() {
        config.log.level = "warn".to_owned();
    }
    start_log(&config.log, &bars);
    let upstream = Upstream::new(&config, Metrics::new(), API_DOWNLOADS).context("set up the upstream")?;
    let id = ChangesetId(args.id);
    let found = upstream.metadata.metadata(&[id]).await.map_err(|error| failed(id, error))?;
    let changeset = found.into_iter().next().ok_or_else(|| Usage::new(format!("there is no changeset {id}")))?;
    let (source, analysis) = analysed(&config, &upstream, &changeset).await?;
    let entry = Entry {
        progress: if changeset.open { Progress::Open } else { Progress::Analysed },
        labels: analysis.labels.clone(),
        digest: Some(Digest::of(&analysis)),
        source: Some(source.to_owned()),
        changeset,
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        out.write_all(osmtracker_pages::analysis_json(&entry, Some(&analysis)).as_bytes())?;
    } else {
        out.write_all(describe::changeset(&entry, &analysis).as_bytes())?;
    }
    Ok(())
}

/// The analysis of the first source that has the changeset, with the labels of the configuration.
async fn analysed(config: &Config, upstream: &Upstream, changeset: &Changeset) -> Result<(&'static str, Analysis)> {
    let mut last = None;
    for source in &upstream.sources {
        match source.changes(changeset).await {
            Ok(sourced) => {
                let mut analysis = osmtracker_analysis::analyse(changeset, sourced.change);
                analysis.labels = config.rules.finish(changeset, &analysis).labels;
                return Ok((sourced.source, analysis));
            }
            Err(error) => last = Some(error),
        }
    }
    let error = last.context("no source of changes is configured")?;
    Err(failed(changeset.id, error))
}

/// The pipeline that an operator means. Only what went wrong is logged: the answer is what is printed.
async fn target(args: &TargetArgs, log: &Log, bars: &MultiProgress) -> Result<Target> {
    let local = LocalArgs { data: args.data.clone(), listen: None, no_serve: true, until_caught_up: false };
    let mut config = load(args.config.config.as_deref(), overrides(&args.config, &local, log))?;
    if log.level.is_none() {
        config.log.level = "warn".to_owned();
    }
    start_log(&config.log, bars);
    Target::open(args, config).await
}

async fn notify_test(args: NotifyTestArgs, log: Log, bars: MultiProgress) -> Result<()> {
    let local = LocalArgs { data: None, listen: None, no_serve: true, until_caught_up: false };
    let mut config = load(args.config.config.as_deref(), overrides(&args.config, &local, &log))?;
    if log.level.is_none() {
        config.log.level = "warn".to_owned();
    }
    start_log(&config.log, &bars);
    let answer = notify::test(&args.name, args.aws.as_deref(), config).await?;
    writeln!(std::io::stdout().lock(), "{answer}")?;
    Ok(())
}

fn failed(id: ChangesetId, error: SourceError) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("changeset {id} could not be had"))
}

async fn replay(args: ReplayArgs, log: Log, bars: MultiProgress) -> Result<()> {
    start_log(&load(None, overrides_of_log(&log))?.log, &bars);
    let upstream = Replayed::open(&args.path).map_err(Usage::because)?;
    let pace = args.speed.map_or(Publication::Instant, Publication::Speed);
    let options = ReplayOptions { listen: args.listen, pace, ..ReplayOptions::default() };
    let replay = serve(upstream, options).await.map_err(|error| {
        Usage::new(format!("cannot serve at {}: {error}; choose another with --listen", args.listen))
    })?;
    eprintln!("replication {}", replay.replication_url());
    eprintln!("api         {}", replay.api_url());
    eprintln!("adiff       {}", adiff_template(&replay));
    eprintln!("follow it with");
    eprintln!(
        "  OSMTRACKER_PIPELINE_HORIZON_HOURS=0 OSMTRACKER_UPSTREAM_ADIFF_URL='{}' osmtracker run --area planet --replication-url {} --api-url {} --from-sequence {}",
        adiff_template(&replay),
        replay.replication_url(),
        replay.api_url(),
        replay.first_sequence()
    );
    local::wait_for_signal().await;
    replay.shutdown().await;
    Ok(())
}

fn adiff_template(replay: &Replay) -> String {
    format!("{}/changesets/{{id}}.adiff", replay.adiff_url())
}

fn overrides_of_log(log: &Log) -> Overrides {
    Overrides { log_level: log.level.clone(), log_format: log.format.clone(), ..Overrides::default() }
}
