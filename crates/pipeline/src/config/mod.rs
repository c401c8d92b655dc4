//! The configuration: one TOML file, `OSMTRACKER_*` variables over it, flags over those.
//!
//! Everything is read, checked and compiled here, so that a program that has a [`Config`] cannot meet a mistake in it
//! later. All mistakes are told at once, each with its place, and a name that was probably meant.
//!
//! Must not know: the environment, the command line, the file system. They come in as [`Sources`].

mod areas;
mod builtin;
mod error;
mod keys;
mod notify;
mod overrides;
mod reader;
mod rules;
mod search;
mod settings;
mod site;
mod start;
mod suggest;
#[cfg(test)]
mod tests;
mod tree;
mod upstream;

use std::{
    collections::BTreeSet,
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use osmtracker_analysis::rules::Rules;
use osmtracker_pages::Site;

pub use error::{ConfigErrors, Mistake, Place};
pub use notify::{Address, IfUnsure, NotifyTarget, SecretPlace, is_fifo};
pub use overrides::Overrides;
use reader::{Reader, Section};
pub use rules::Scope;
pub use search::SearchConfig;
pub use settings::{ApiConfig, Concurrency, LogConfig, LogFormat, PipelineConfig};
pub use start::{Moment, ParseMomentError, StartFrom};
use tree::Table;
pub use upstream::{SourceName, UpstreamConfig, WaitForAdiff};

/// Reads a file that the configuration names: an area.
pub type ReadFile<'a> = &'a mut dyn FnMut(&Path) -> io::Result<Vec<u8>>;

/// What a configuration is made of, each over the one before.
#[derive(Debug, Default)]
pub struct Sources<'a, Variables = [(String, String); 0]> {
    /// The file's path and text.
    pub file: Option<(&'a Path, &'a str)>,
    /// The environment, in any order; only what begins with `OSMTRACKER_` is looked at.
    pub variables: Variables,
    /// The flags.
    pub overrides: Overrides,
}

/// A complete and checked configuration.
#[derive(Clone)]
pub struct Config {
    /// The folder of database and site.
    pub data: PathBuf,
    /// Where the site is served; `None`: not at all.
    pub listen: Option<SocketAddr>,
    /// How upstream's operators can reach ours; `None`: not said.
    pub contact: Option<String>,
    /// Where following begins when nothing was followed yet.
    pub start: StartFrom,
    /// Whether the program ends when the head is processed and every queue is empty.
    pub until_caught_up: bool,
    /// How much of the world is followed.
    pub scope: Scope,
    /// Areas, labels and what is tracked, compiled.
    pub rules: Arc<Rules>,
    /// What the pages say, views and labels among it.
    pub site: Site,
    /// Who is told of which changesets.
    pub notify: Vec<NotifyTarget>,
    /// Which servers are asked.
    pub upstream: UpstreamConfig,
    /// Times and limits of the steps.
    pub pipeline: PipelineConfig,
    /// What is answered over HTTP, and how often.
    pub api: ApiConfig,
    /// The search index that rows are written to; `None`: none.
    pub search: Option<SearchConfig>,
    /// What is logged.
    pub log: LogConfig,
    /// What is no mistake and probably not meant, one sentence each.
    pub warnings: Vec<String>,
}

/// The User-Agent's contact when none is configured: the project itself.
const DEFAULT_CONTACT: &str = env!("CARGO_PKG_REPOSITORY");

impl Config {
    /// Puts the sources over each other and reads the result. `read_file` is called for each area file.
    ///
    /// # Errors
    /// With everything that is wrong: unknown keys and variables, wrong types and values, areas and rules that cannot
    /// be compiled, names that nothing has.
    pub fn load<Variables>(sources: Sources<'_, Variables>, read_file: ReadFile<'_>) -> Result<Self, ConfigErrors>
    where
        Variables: IntoIterator<Item = (String, String)>,
    {
        load(sources, read_file).map(|(config, _)| config)
    }

    /// The configuration that a file's text alone gives; area files are not read. For tests and programs that bring
    /// their own.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str) -> Result<Self, ConfigErrors> {
        let file = Some((Path::new("osmtracker.toml"), text));
        let sources = Sources { file, variables: [], overrides: Overrides::default() };
        Self::load(sources, &mut |_| Err(io::ErrorKind::Unsupported.into()))
    }

    /// What the configuration comes to, a line each: labels with their rules, views, sources, where things are. What
    /// `osmtracker config check` prints.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut lines = Vec::new();
        for label in &self.site.labels {
            lines.push(format!("label {} ({}): {}", label.name, label.title, label.rule));
        }
        lines.extend(self.site.views.iter().map(|view| format!("view {} ({})", view.name, view.title)));
        lines.extend(self.notify.iter().map(|target| format!("notify {} ({})", target.name, target.kind.as_str())));
        let sources: Vec<_> = self.upstream.sources.iter().map(|source| source.as_str()).collect();
        lines.push(format!("feed {}, changes from {}", self.upstream.replication_url, sources.join(", then ")));
        lines.push(match self.listen {
            Some(address) => format!("data in {}, site on http://{address}", self.data.display()),
            None => format!("data in {}, site not served", self.data.display()),
        });
        lines.extend(self.search.iter().map(|search| format!("search index {} at {}", search.index, search.url)));
        lines.join("\n")
    }

    /// The target of notifications with this name.
    #[must_use]
    pub fn notify_target(&self, name: &str) -> Option<&NotifyTarget> {
        self.notify.iter().find(|target| target.name == name)
    }

    /// How upstream's operators can reach whoever runs this, for the User-Agent.
    #[must_use]
    pub fn contact(&self) -> &str {
        self.contact.as_deref().unwrap_or(DEFAULT_CONTACT)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            data,
            listen,
            contact,
            start,
            until_caught_up,
            scope,
            rules,
            site,
            notify,
            upstream,
            pipeline,
            api,
            search,
            log,
            warnings,
        } = self;
        f.debug_struct("Config")
            .field("data", data)
            .field("listen", listen)
            .field("contact", contact)
            .field("start", start)
            .field("until_caught_up", until_caught_up)
            .field("scope", scope)
            .field("rules", &rules.describe())
            .field("site", site)
            .field("notify", notify)
            .field("upstream", upstream)
            .field("pipeline", pipeline)
            .field("api", api)
            .field("search", search)
            .field("log", log)
            .field("warnings", warnings)
            .finish()
    }
}

/// Beside the configuration: the full names of all keys that it knows.
fn load<Variables>(
    sources: Sources<'_, Variables>,
    read_file: ReadFile<'_>,
) -> Result<(Config, BTreeSet<String>), ConfigErrors>
where
    Variables: IntoIterator<Item = (String, String)>,
{
    let Sources { file, variables, overrides } = sources;
    let mut reader = Reader::new(file.map(|(path, text)| (path.to_owned(), text)));
    let mut tree = file.map_or_else(Table::default, |(_, text)| read_text(&mut reader, text));
    over(&mut tree, |layer| {
        for (origin, message) in keys::overlay(layer, variables) {
            reader.wrong(&origin, message);
        }
    });
    over(&mut tree, |layer| overrides::overlay(layer, &overrides));
    let config = read(&mut reader, Section::new("", tree), read_file);
    reader.finish().map(|asked| (config, asked))
}

/// Reads a file's text. Where it is no TOML, the rest is not looked at: what follows from a slip is no mistake.
fn read_text(reader: &mut Reader<'_>, text: &str) -> Table {
    let (tree, errors) = tree::parse(text);
    let broken = !errors.is_empty();
    for (range, message) in errors {
        reader.wrong(&tree::Origin::File(range), format!("not valid TOML: {message}"));
    }
    if broken { Table::default() } else { tree }
}

/// Puts a layer over the tree. One that says where to begin hides the other way to say so below it.
fn over(tree: &mut Table, fill: impl FnOnce(&mut Table)) {
    let mut layer = Table::default();
    fill(&mut layer);
    if layer.contains("since") || layer.contains("from_sequence") {
        tree.remove("since");
        tree.remove("from_sequence");
    }
    tree.merge(layer);
}

fn read(reader: &mut Reader<'_>, mut root: Section, read_file: ReadFile<'_>) -> Config {
    let mut warnings = Vec::new();
    let data = match reader.text(&mut root, "data") {
        Some(text) => reader.path(&text),
        None => PathBuf::from("osmtracker-data"),
    };
    let rules = rules::read(reader, &mut root, read_file);
    let site = site::read(reader, &mut root, rules.texts, rules.places, rules.common, rules.area);
    let config = Config {
        data,
        listen: listen(reader, &mut root),
        contact: contact(reader, &mut root),
        start: start::read(reader, &mut root),
        until_caught_up: reader.bool(&mut root, "until_caught_up").unwrap_or(false),
        notify: notify::read(reader, &mut root, &site),
        site,
        scope: rules.scope,
        rules: rules.compiled,
        upstream: upstream::read(reader, &mut root),
        pipeline: settings::read_pipeline(reader, &mut root),
        api: settings::read_api(reader, &mut root),
        search: search::read(reader, &mut root, read_file),
        log: settings::read_log(reader, &mut root),
        warnings: Vec::new(),
    };
    reader.done(root);
    warnings.extend(rules.warnings);
    if config.contact.is_none() {
        warnings.push("`contact` is not set: the OSM API blocks those whom it cannot reach".to_owned());
    }
    Config { warnings, ..config }
}

fn listen(reader: &mut Reader<'_>, root: &mut Section) -> Option<SocketAddr> {
    let serve = reader.bool(root, "serve").unwrap_or(true);
    let address = match reader.text(root, "listen") {
        None => SocketAddr::from(([127, 0, 0, 1], 8080)),
        Some(text) => match text.value.parse() {
            Ok(address) => address,
            Err(_) => {
                let example = "an address and a port, such as 127.0.0.1:8080 or [::]:80";
                reader.wrong(&text.origin, format!("`listen` must be {example}, not {:?}", text.value));
                return None;
            }
        },
    };
    serve.then_some(address)
}

/// An address of mail or web.
fn contact(reader: &mut Reader<'_>, root: &mut Section) -> Option<String> {
    let text = reader.text(root, "contact")?;
    let plain = text.value.chars().all(|c| ('!'..='~').contains(&c) && !"()".contains(c));
    let mail = text.value.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let web = text.value.starts_with("https://") || text.value.starts_with("http://");
    if !plain || !(mail || web) {
        reader.wrong(&text.origin, format!("`contact` must be an address of mail or web, not {:?}", text.value));
    }
    Some(text.value)
}
