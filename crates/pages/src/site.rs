use std::collections::BTreeSet;

use osmtracker_analysis::LabelMatch;
use osmtracker_osm::{ChangesetId, ElementRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Basemap, keys, text};

/// What the pages say about the site itself. Part of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// Heading of all pages.
    pub title: String,
    /// What is followed, for a reader: `Denmark`, `the whole planet`.
    pub area: Option<String>,
    /// Where the site is published, such as `https://example.org/dk/`. Feeds have absolute links only with it.
    pub base_url: Option<String>,
    /// A sentence at the top of each list.
    pub notice: Option<String>,
    /// The OpenStreetMap website that changesets, elements and users are linked to.
    pub osm_url: String,
    /// OSMCha, another reviewing tool.
    pub osmcha_url: String,
    /// achavi, which draws changesets by way of Overpass.
    pub achavi_url: String,
    /// JOSM's remote control on the reader's machine.
    pub josm_url: String,
    /// Lists besides the one of everything, each with its page and feeds.
    pub views: Vec<View>,
    /// What the labels mean, in the order of the page that explains them.
    pub labels: Vec<LabelText>,
    /// Labels that say where a changeset lies and nothing else: they flag nothing.
    pub places: BTreeSet<String>,
    /// Labels that every changeset has which is followed: rows do not show them.
    pub common: BTreeSet<String>,
    /// Which documents stand beside a changeset's page.
    pub documents: Documents,
    /// What lies under the map of a changeset.
    pub basemap: Basemap,
    /// The version of the program, for the footer and feeds.
    #[serde(skip)]
    pub version: String,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            title: "osmtracker".to_owned(),
            area: None,
            base_url: None,
            notice: None,
            osm_url: "https://www.openstreetmap.org".to_owned(),
            osmcha_url: "https://osmcha.org".to_owned(),
            achavi_url: "https://overpass-api.de/achavi/".to_owned(),
            josm_url: "http://127.0.0.1:8111".to_owned(),
            views: Vec::new(),
            labels: Vec::new(),
            places: BTreeSet::new(),
            common: BTreeSet::new(),
            documents: Documents::default(),
            basemap: Basemap::default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Which documents are written beside a changeset's page; the page links to those alone. Each is a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Documents {
    /// `analysis.json`: everything that was found.
    pub analysis: bool,
    /// `diff.geojson`: both sides, to be drawn.
    pub diff: bool,
    /// `changes.adiff`: the augmented diff that other tools read.
    pub adiff: bool,
}

impl Default for Documents {
    fn default() -> Self {
        Self { analysis: true, diff: true, adiff: true }
    }
}

/// A list of the changesets that have certain labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Part of its address: 1 to 64 small letters, digits and `-`.
    pub name: String,
    /// Heading.
    pub title: String,
    /// At least one of these labels; all changesets when empty.
    #[serde(default)]
    pub any: Vec<String>,
    /// Each of these labels.
    #[serde(default)]
    pub all: Vec<String>,
    /// Not one of these labels.
    #[serde(default)]
    pub none: Vec<String>,
    /// How much its rows tell.
    #[serde(default)]
    pub details: Details,
}

/// How much the rows of a list tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Details {
    /// Everything.
    #[default]
    On,
    /// Who, when and why, without tags, lengths and earlier authors.
    Off,
}

impl View {
    /// Name of the built-in view of everything. Its page is the front page.
    pub const INDEX: &'static str = "index";

    /// The built-in view of everything.
    #[must_use]
    pub fn index() -> Self {
        Self {
            name: Self::INDEX.to_owned(),
            title: "Changesets".to_owned(),
            any: Vec::new(),
            all: Vec::new(),
            none: Vec::new(),
            details: Details::On,
        }
    }

    /// Whether this is the built-in view of everything.
    #[must_use]
    pub fn is_index(&self) -> bool {
        self.name == Self::INDEX
    }

    /// Whether a configured view may have this name: 1 to 64 characters `a-z`, `0-9` and `-`, and not `index`.
    #[must_use]
    pub fn is_valid_name(name: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=64).contains(&name.len()) && name.bytes().all(plain) && name != Self::INDEX
    }

    /// Whether a changeset with these labels is in the list.
    #[must_use]
    pub fn matches(&self, labels: &[LabelMatch]) -> bool {
        let has = |name: &String| labels.iter().any(|label| label.name == *name);
        (self.any.is_empty() || self.any.iter().any(has)) && self.all.iter().all(has) && !self.none.iter().any(has)
    }
}

/// What a label means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelText {
    /// The label's name, as in [`LabelMatch`].
    pub name: String,
    /// What pages call it.
    pub title: String,
    /// The rule with its thresholds, in a sentence or as the expression.
    pub rule: String,
}

impl Site {
    /// All views, the built-in one first.
    pub fn all_views(&self) -> impl Iterator<Item = View> + '_ {
        std::iter::once(View::index()).chain(self.views.iter().cloned())
    }

    /// What pages call a label: its title, or its name when nothing is configured for it.
    #[must_use]
    pub fn label_title<'a>(&'a self, name: &'a str) -> &'a str {
        self.labels.iter().find(|label| label.name == name).map_or(name, |label| &label.title)
    }

    /// The absolute address of a key; `None` without a `base_url`.
    #[must_use]
    pub fn absolute(&self, key: &str) -> Option<String> {
        let base = self.base_url.as_deref()?;
        Some(format!("{}/{key}", base.trim_end_matches('/')))
    }

    /// The absolute address of a changeset's page, else its address on the OpenStreetMap website.
    pub(crate) fn permanent_url(&self, id: ChangesetId) -> String {
        self.absolute(&keys::changeset_page(id)).unwrap_or_else(|| self.changeset_url(id))
    }

    pub(crate) fn changeset_url(&self, id: ChangesetId) -> String {
        self.osm(&format!("changeset/{id}"))
    }

    pub(crate) fn element_url(&self, element: ElementRef) -> String {
        self.osm(&element.to_string())
    }

    pub(crate) fn history_url(&self, element: ElementRef) -> String {
        self.osm(&format!("{element}/history"))
    }

    pub(crate) fn user_url(&self, name: &str) -> String {
        self.osm(&format!("user/{}", text::percent_encode(name)))
    }

    pub(crate) fn osmcha_url(&self, id: ChangesetId) -> String {
        format!("{}/changesets/{id}", self.osmcha_url.trim_end_matches('/'))
    }

    pub(crate) fn achavi_url(&self, id: ChangesetId) -> String {
        format!("{}/?changeset={id}", self.achavi_url.trim_end_matches('/'))
    }

    /// Asks a JOSM that runs on the reader's machine to load the changeset's osmChange.
    pub(crate) fn josm_url(&self, id: ChangesetId) -> String {
        let download = self.osm(&format!("api/0.6/changeset/{id}/download"));
        format!("{}/import?url={}", self.josm_url.trim_end_matches('/'), text::percent_encode(&download))
    }

    fn osm(&self, path: &str) -> String {
        format!("{}/{path}", self.osm_url.trim_end_matches('/'))
    }
}
