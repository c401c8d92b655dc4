//! `area`, `[areas]`, `[lists]`, `[[labels]]`, `[builtin]` and `track`: from tables to compiled rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use osmtracker_analysis::{
    Area,
    rules::{AreaTest, LabelConfig, RuleError, Rules, RulesConfig},
};
use osmtracker_pages::LabelText;

use super::{
    ReadFile, areas, builtin,
    reader::{Reader, Section, Written},
    tree::{Node, Origin, Value},
};

/// The label that `area` stands for.
const INSIDE: &str = "inside";

/// What was read.
pub(super) struct ReadRules {
    pub(super) compiled: Arc<Rules>,
    /// The labels for readers; with a mistake in the rules, their names alone.
    pub(super) texts: Vec<LabelText>,
    /// Those that say where a changeset lies and nothing else.
    pub(super) places: BTreeSet<String>,
    /// Those that every changeset has which is followed.
    pub(super) common: BTreeSet<String>,
    /// What `area` names, for readers.
    pub(super) area: Option<String>,
    pub(super) scope: Scope,
    pub(super) warnings: Vec<String>,
}

/// How much of the world is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What the rules say.
    Rules,
    /// Everything, by `area = "planet"`.
    Planet,
    /// Everything, because nothing was said: hardly what anybody means.
    Unsaid,
}

/// What `area` is for the whole world.
const PLANET: &str = "planet";

/// The rules as configured, and where each part of them was written.
#[derive(Default)]
struct Draft {
    config: RulesConfig,
    /// For each label: its keys' origins, that of the whole label under the empty key.
    labels: Vec<BTreeMap<&'static str, Origin>>,
    track: Vec<Written<String>>,
    track_origin: Option<Origin>,
    areas: BTreeMap<String, Area>,
    /// Whether everything was asked for in so many words.
    planet: bool,
    /// Areas that could not be read: that labels cannot use them is no further mistake.
    broken_areas: BTreeSet<String>,
}

pub(super) fn read(reader: &mut Reader<'_>, root: &mut Section, read_file: ReadFile<'_>) -> ReadRules {
    let mut draft = Draft::default();
    let mut named = reader.section(root, "areas");
    for (name, node) in named.take_all() {
        if let Some(text) = reader.as_text(&name.value, node) {
            draft.add_area(name.value.clone(), areas::named(reader, &name.value, &text, read_file));
        }
    }
    let area = draft.short_area(reader, root, read_file);
    draft.config.lists = lists(reader, root);
    for Written { value: section, origin } in reader.sections(root, "labels") {
        draft.label(reader, section, origin);
    }
    let section = reader.section(root, "builtin");
    draft.config.builtin = builtin::read(reader, section);
    draft.track(reader, root);
    draft.compile(reader, area)
}

fn lists(reader: &mut Reader<'_>, root: &mut Section) -> BTreeMap<String, Vec<String>> {
    let mut section = reader.section(root, "lists");
    let mut lists = BTreeMap::new();
    for (name, node) in section.take_all() {
        let items = reader.as_texts(&name.value, node).into_iter().map(|item| item.value).collect();
        lists.insert(name.value, items);
    }
    lists
}

impl Draft {
    fn add_area(&mut self, name: String, area: Option<Area>) {
        match area {
            Some(area) => _ = self.areas.insert(name, area),
            None => _ = self.broken_areas.insert(name),
        }
    }

    /// `area = "DK"`: an area of that name and a label that says what lies inside. Answers the name for readers.
    fn short_area(&mut self, reader: &mut Reader<'_>, root: &mut Section, read_file: ReadFile<'_>) -> Option<String> {
        let text = reader.text(root, "area")?;
        if text.value == PLANET {
            self.planet = true;
            return Some("the whole planet".to_owned());
        }
        if self.areas.contains_key("area") || self.broken_areas.contains("area") {
            reader
                .wrong(&text.origin, "`area` stands for an area of that name, which [areas] has too; rename that one");
            return None;
        }
        let area = areas::short(reader, &text, read_file);
        let shown = area.as_ref().map(|area| area.name().to_owned());
        self.add_area("area".to_owned(), area);
        let area = Some("area".to_owned());
        let title = Some("Inside the area".to_owned());
        let label = LabelConfig { name: INSIDE.to_owned(), title, area, test: Some(AreaTest::Touches), when: None };
        self.config.labels.push(label);
        self.labels.push(BTreeMap::from([("", text.origin)]));
        shown
    }

    fn label(&mut self, reader: &mut Reader<'_>, mut section: Section, origin: Origin) {
        let mut origins = BTreeMap::from([("", origin.clone())]);
        let mut text = |reader: &mut Reader<'_>, key| {
            let text = reader.text(&mut section, key)?;
            origins.insert(key, text.origin.clone());
            Some(text)
        };
        let [name, title, area, test, when] = ["name", "title", "area", "test", "when"].map(|key| text(reader, key));
        reader.done(section);
        let tests = [AreaTest::Bbox, AreaTest::Center, AreaTest::Within, AreaTest::Touches];
        let tests = tests.map(|test| (test.as_str(), test));
        let test = test.and_then(|test| reader.choice("test", &test, &tests));
        let Some(name) = name else {
            reader.wrong(&origin, "a label needs a `name`");
            return;
        };
        let [title, area, when] = [title, area, when].map(|text| text.map(|text| text.value));
        self.config.labels.push(LabelConfig { name: name.value, title, area, test, when });
        self.labels.push(origins);
    }

    /// `track = [["inside"], ["watched", "bot"]]`.
    fn track(&mut self, reader: &mut Reader<'_>, root: &mut Section) {
        let Some(node) = root.take("track") else {
            if self.config.labels.first().is_some_and(|label| label.name == INSIDE) && self.labels[0].len() == 1 {
                self.config.track = vec![vec![INSIDE.to_owned()]];
            }
            return;
        };
        self.track_origin = Some(node.origin.clone());
        let Value::List(entries) = node.value else {
            reader.wrong_kind("track", "a list of lists, such as [[\"inside\"]]", &node.origin, &node.value);
            return;
        };
        for Node { value, origin } in entries {
            if !matches!(value, Value::List(_)) {
                let example = "must be a list of labels, such as [\"inside\"]";
                reader.wrong(&origin, format!("an entry of `track` {example}, not {}", value.kind()));
                continue;
            }
            let names = reader.as_texts("track", Node { value, origin });
            self.config.track.push(names.iter().map(|name| name.value.clone()).collect());
            self.track.extend(names);
        }
    }

    fn compile(mut self, reader: &mut Reader<'_>, area: Option<String>) -> ReadRules {
        let (scope, warnings) = (self.scope(), self.warnings());
        let (places, common) = (self.places(), self.common());
        let areas = std::mem::take(&mut self.areas);
        match Rules::compile(&self.config, areas) {
            Ok(rules) => {
                let described = rules.describe().into_iter();
                let texts = described.map(label_text).collect();
                ReadRules { compiled: Arc::new(rules), texts, places, common, area, scope, warnings }
            }
            Err(errors) => {
                for error in errors {
                    self.tell(reader, &error);
                }
                let none = Rules::compile(&RulesConfig::default(), BTreeMap::new()).expect("no rules have no mistakes");
                ReadRules { compiled: Arc::new(none), texts: self.names(), places, common, area, scope, warnings }
            }
        }
    }

    fn places(&self) -> BTreeSet<String> {
        let places = self.config.labels.iter().filter(|label| label.when.is_none());
        places.map(|label| label.name.clone()).collect()
    }

    fn common(&self) -> BTreeSet<String> {
        let mut ways = self.config.track.iter().map(|way| way.iter().cloned().collect::<BTreeSet<_>>());
        let first = ways.next().unwrap_or_default();
        ways.fold(first, |common, way| &common & &way)
    }

    fn names(&self) -> Vec<LabelText> {
        let configured = self.config.labels.iter().map(|label| label.name.clone());
        let names = configured.chain(builtin::switched_on(&self.config.builtin));
        names.map(|name| LabelText { title: name.clone(), rule: String::new(), name }).collect()
    }

    /// Notes a mistake that the compiler found, at the place where it was made.
    fn tell(&self, reader: &mut Reader<'_>, error: &RuleError) {
        if error.field == "area" && self.broken_areas.contains(&error.source) {
            return;
        }
        let hint = error.suggestion.as_ref().map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        let label = error.label.as_ref().map_or_else(String::new, |label| format!("label {label:?}: "));
        let message = format!("{label}{}{hint}", error.message);
        match self.origin(error) {
            Some((origin, Some(range))) => reader.wrong_inside(origin, range, message),
            Some((origin, None)) => reader.wrong(origin, message),
            None => reader.missing(message),
        }
    }

    /// Where the mistake was made: the value, and the bytes of it that are meant.
    fn origin(&self, error: &RuleError) -> Option<(&Origin, Option<Range<usize>>)> {
        let Some(label) = &error.label else {
            let entry = self.track.iter().find(|name| name.value == error.source).map(|name| &name.origin);
            return entry.or(self.track_origin.as_ref()).map(|origin| (origin, None));
        };
        let has = |config: &LabelConfig| match error.field {
            "area" => config.area.as_ref() == Some(&error.source),
            "when" => config.when.as_ref() == Some(&error.source),
            _ => true,
        };
        let labels = self.config.labels.iter().zip(&self.labels);
        let mut named = labels.filter(|(config, _)| config.name == *label && has(config));
        // Of two labels with one name the later one is the mistake.
        let (_, origins) = if error.field == "name" { named.next_back() } else { named.next() }?;
        let origin = origins.get(error.field).or_else(|| origins.get(""))?;
        Some((origin, error.span.clone().filter(|_| origins.contains_key(error.field))))
    }

    fn scope(&self) -> Scope {
        match (self.config.track.is_empty(), self.planet) {
            (false, _) => Scope::Rules,
            (true, true) => Scope::Planet,
            (true, false) => Scope::Unsaid,
        }
    }

    fn warnings(&self) -> Vec<String> {
        let tracked: BTreeSet<_> = self.config.track.iter().flatten().map(String::as_str).collect();
        let mut warnings = Vec::new();
        if self.scope() == Scope::Unsaid {
            warnings.push("neither `area` nor `track` says what to follow".to_owned());
        } else if self.areas.contains_key("area") && !tracked.contains(INSIDE) {
            warnings.push("`area` is set, but no entry of `track` names its label \"inside\"".to_owned());
        }
        warnings
    }
}

fn label_text(label: osmtracker_analysis::rules::LabelDescription) -> LabelText {
    let thresholds: Vec<_> = label.thresholds.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let rule = match thresholds.is_empty() {
        true => label.rule,
        false => format!("{} ({})", label.rule, thresholds.join(", ")),
    };
    LabelText { name: label.name, title: label.title, rule }
}
