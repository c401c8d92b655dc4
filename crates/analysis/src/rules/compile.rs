//! From configuration to rules, with every mistake found at once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    AreaIndex, AreaTest, Expression, Label, LabelConfig, Rule, RuleError, Rules, RulesConfig, Track,
    value::{Mask, map, named_list},
};
use crate::{Area, AreaError, suggest::closest};

/// Bytes of a label's name: it is a folder name and part of addresses.
const MAX_NAME: usize = 64;

impl Rules {
    /// Compiles the rules.
    ///
    /// An `area` that `areas` does not have may be a country code.
    ///
    /// # Errors
    /// All mistakes: names that are malformed, used twice or unknown, labels without a rule, expressions that do not
    /// compile or look at what is not there.
    pub fn compile(config: &RulesConfig, areas: BTreeMap<String, Area>) -> Result<Self, Vec<RuleError>> {
        let areas = areas.into_iter().map(|(name, area)| (name, Arc::new(area))).collect();
        let lists = config.lists.keys().map(String::as_str).collect();
        let mut compiler = Compiler { areas, lists, errors: Vec::new() };
        let mut labels: Vec<Label> = config.labels.iter().filter_map(|label| compiler.label(label)).collect();
        labels.extend(config.builtin.rules().into_iter().map(|(name, title, rule)| Label {
            name: name.to_owned(),
            title: title.to_owned(),
            rule: Rule::Builtin(rule),
        }));
        compiler.names_used_twice(config);
        let track = compiler.track(config, &labels);
        if !compiler.errors.is_empty() {
            return Err(compiler.errors);
        }
        Ok(Self::new(config, labels, track))
    }

    fn new(config: &RulesConfig, labels: Vec<Label>, track: Track) -> Self {
        let (mut changeset_mask, mut analysis_mask) = (Mask::default(), Mask::default());
        for when in labels.iter().filter_map(Label::when) {
            changeset_mask.merge(&when.uses().changeset);
            analysis_mask.merge(&when.uses().analysis);
        }
        let bounded = labels.iter().enumerate().filter_map(|(number, label)| Some((number, label.area()?.bounds())));
        let areas = AreaIndex::new(bounded);
        let everywhere = (0..labels.len()).filter(|number| labels[*number].area().is_none()).collect();
        let touches = |number: &usize| labels[*number].test() == Some(AreaTest::Touches);
        let (touching, touching_when) =
            (0..labels.len()).filter(touches).partition(|number| labels[*number].when().is_none());
        let names = labels.iter().map(|label| label.name.clone()).collect();
        let lists = map(config.lists.iter().map(|(name, items)| (name.clone(), named_list(items))));
        Self { labels, everywhere, areas, touching, touching_when, names, track, lists, changeset_mask, analysis_mask }
    }
}

impl Label {
    fn area(&self) -> Option<&Area> {
        match &self.rule {
            Rule::Configured { area, .. } => area.as_ref().map(|(area, _)| &**area),
            Rule::Builtin(_) => None,
        }
    }

    fn test(&self) -> Option<AreaTest> {
        match &self.rule {
            Rule::Configured { area, .. } => area.as_ref().map(|(_, test)| *test),
            Rule::Builtin(_) => None,
        }
    }

    fn when(&self) -> Option<&Expression> {
        match &self.rule {
            Rule::Configured { when, .. } => when.as_deref(),
            Rule::Builtin(_) => None,
        }
    }
}

struct Compiler<'a> {
    areas: BTreeMap<String, Arc<Area>>,
    lists: Vec<&'a str>,
    errors: Vec<RuleError>,
}

impl Compiler<'_> {
    fn error(
        &mut self,
        label: Option<&str>,
        field: &'static str,
        source: &str,
        message: impl Into<String>,
    ) -> &mut RuleError {
        self.errors.push(RuleError {
            label: label.map(str::to_owned),
            field,
            source: source.to_owned(),
            span: None,
            message: message.into(),
            suggestion: None,
        });
        self.errors.last_mut().expect("just pushed")
    }

    fn label(&mut self, config: &LabelConfig) -> Option<Label> {
        let name = config.name.as_str();
        let errors = self.errors.len();
        if !is_name(name) {
            let message =
                format!("a name has 1 to {MAX_NAME} letters, digits, - and _, and begins with a letter or digit");
            self.error(Some(name), "name", name, message);
        }
        if config.area.is_none() && config.when.is_none() {
            self.error(Some(name), "name", name, "a label needs an area, a when expression or both");
        }
        if let (None, Some(test)) = (&config.area, config.test) {
            self.error(Some(name), "test", test.as_str(), "a test needs an area");
        }
        let area = config.area.as_deref().and_then(|area| self.area(name, area));
        let when = config.when.as_deref().and_then(|when| self.expression(name, when)).map(Box::new);
        let title = config.title.clone().unwrap_or_else(|| name.to_owned());
        let area = area.map(|area| (area, config.test.unwrap_or_default()));
        (self.errors.len() == errors).then(|| Label {
            name: name.to_owned(),
            title,
            rule: Rule::Configured { area, when },
        })
    }

    fn area(&mut self, label: &str, name: &str) -> Option<Arc<Area>> {
        if let Some(area) = self.areas.get(name) {
            return Some(Arc::clone(area));
        }
        match Area::country(name) {
            Ok(area) => {
                let area = Arc::new(area);
                self.areas.insert(name.to_owned(), Arc::clone(&area));
                Some(area)
            }
            Err(error) => {
                let by_code = match error {
                    AreaError::UnknownCountry { suggestion, .. } => suggestion,
                    AreaError::Polygon(_) | AreaError::TooSmall => None,
                };
                let by_name = closest(name, self.areas.keys().map(String::as_str)).map(str::to_owned);
                let message = format!("there is no area {name:?}, nor a country with this code");
                self.error(Some(label), "area", name, message).suggestion = by_name.or(by_code);
                None
            }
        }
    }

    fn expression(&mut self, label: &str, source: &str) -> Option<Expression> {
        match Expression::compile(source, &self.lists) {
            Ok(expression) => Some(expression),
            Err(problem) => {
                let error = self.error(Some(label), "when", source, problem.message);
                error.span = Some(problem.span);
                error.suggestion = problem.suggestion;
                None
            }
        }
    }

    fn names_used_twice(&mut self, config: &RulesConfig) {
        let mut seen: HashMap<String, u32> = HashMap::new();
        let builtin: Vec<_> = config.builtin.rules().into_iter().map(|(name, ..)| name.to_owned()).collect();
        let names = builtin.into_iter().chain(config.labels.iter().map(|label| label.name.clone()));
        for name in names {
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            if *count == 2 {
                self.error(Some(&name), "name", &name, "two labels have this name");
            }
        }
    }

    fn track(&mut self, config: &RulesConfig, labels: &[Label]) -> Track {
        let numbers: HashMap<&str, usize> =
            labels.iter().enumerate().map(|(number, label)| (label.name.as_str(), number)).collect();
        let mut alternatives = Vec::with_capacity(config.track.len());
        for names in &config.track {
            if names.is_empty() {
                self.error(None, "track", "", "an entry of track needs at least one label");
            }
            let found = names.iter().filter_map(|name| {
                let number = numbers.get(name.as_str()).copied();
                // A label that is there but broken has its own error.
                if number.is_none() && !config.labels.iter().any(|label| label.name == *name) {
                    self.unknown_label(name, config);
                }
                number
            });
            alternatives.push(found.collect());
        }
        Track::new(alternatives, labels.len())
    }

    fn unknown_label(&mut self, name: &str, config: &RulesConfig) {
        let on: Vec<_> = config.builtin.rules().into_iter().map(|(name, ..)| name).collect();
        let known = config.labels.iter().map(|label| label.name.as_str()).chain(on);
        let suggestion = closest(name, known).map(str::to_owned);
        let message = match super::BuiltinConfig::NAMES.contains(&name) {
            true => format!("the built-in label {name:?} is not switched on"),
            false => format!("there is no label {name:?}"),
        };
        self.error(None, "track", name, message).suggestion = suggestion;
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.len() <= MAX_NAME
        && name.bytes().all(allowed)
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}
