//! Label rules: which labels a changeset gets and whether it is tracked, twice: from metadata alone, and for good.
//!
//! # Expressions
//!
//! `when` is [CEL](https://cel.dev). Variables:
//!
//! - `changeset`: `id`, `user`, `uid`, `tags` (map), `bbox` (`[west, south, east, north]` in degrees), `num_changes`,
//!   `comments_count`, `created_at` and `closed_at` (text such as `2026-11-22T09:38:43Z`, which compares in order of
//!   time), `open`, `comments` (list of `id`, `date`, `user`, `uid`, `text`). All are always there, null where unknown.
//! - `lists`: the named lists, `changeset.user in lists.watched`.
//! - `analysis`: the fields of [`crate::Analysis`], as in its JSON document. A label that looks at it is decided after analysis.
//!
//! A key that is not there is an error: ask `"source" in changeset.tags` or `has(e.label)` first. An expression that
//! ends in an error does not hold; the error is reported with the decision and is never fatal.
//!
//! # Bounds
//!
//! Expressions: 4,096 bytes, 32 brackets deep, 1,000 syntax nodes, 3 loops inside each other of which only the outermost
//! may be over `analysis` itself. So the cost is linear in the document, times the tags or nodes of one element. Regular
//! expressions: constants of 512 bytes, 1 MiB compiled, no repetition inside a repetition, linear in the text.

mod builtin;
mod check;
mod compile;
mod config;
mod error;
mod expression;
mod finish;
mod holds;
mod index;
mod regexes;
mod shape;
mod source;
mod track;
mod value;
mod variables;

use std::sync::Arc;

use osmtracker_osm::{BoundingBox, Changeset};

use self::{
    builtin::BuiltinRule,
    expression::{Expression, Variables},
    index::AreaIndex,
    track::Track,
    value::{CelValue, Mask},
};
use crate::{Area, Evidence, LabelMatch};

pub use builtin::{
    AddressChanged, Bot, BuiltinConfig, DraggedWay, EditorNotDeclared, ManyDeletions, MassDeletion, MassModification,
    NoComment, NoSource, PossibleImport, ReviewRequested, RouteChanged, Switch,
};
pub use config::{AreaTest, LabelConfig, RulesConfig};
pub use error::RuleError;
pub use holds::Holds;

/// All rules, compiled once. Shared between threads.
pub struct Rules {
    labels: Vec<Label>,
    /// Labels without an area test; the others are found through `areas`.
    everywhere: Vec<usize>,
    areas: AreaIndex,
    /// Labels with the test `touches` alone.
    touching: Vec<usize>,
    /// Labels with the test `touches` and an expression.
    touching_when: Vec<usize>,
    /// Names of all labels.
    names: Arc<[String]>,
    track: Track,
    lists: CelValue,
    /// What all expressions together look at.
    changeset_mask: Mask,
    analysis_mask: Mask,
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.labels.iter().map(|label| &label.name)).finish()
    }
}

/// What the filter can tell from metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterDecision {
    /// Labels that hold already, in the order of the configuration, built-in ones last.
    pub labels: Vec<LabelMatch>,
    /// Names of the labels that only the analysis can decide, in the same order.
    pub undecided: Undecided,
    /// Whether the changeset is tracked.
    pub tracked: Holds,
    /// Expressions that ended in an error, which counts as "does not hold".
    pub failures: Vec<RuleFailure>,
}

/// Labels that only an analysis can decide. Of ten thousand areas a changeset without a box leaves all open, so names are
/// shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    numbers: Vec<usize>,
    names: Arc<[String]>,
}

impl Undecided {
    /// Whether the label is one of them.
    #[must_use]
    pub fn contains(&self, label: &str) -> bool {
        self.iter().any(|name| name == label)
    }

    /// Their names, in the order of the configuration, built-in ones last.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.numbers.iter().map(|number| self.names[*number].as_str())
    }
}

/// What holds once the analysis is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalDecision {
    /// All labels, in the order of the configuration, built-in ones last.
    pub labels: Vec<LabelMatch>,
    /// Whether the changeset is tracked.
    pub tracked: bool,
    /// Expressions that ended in an error, which counts as "does not hold".
    pub failures: Vec<RuleFailure>,
}

/// An expression that ended in an error for one changeset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFailure {
    /// The label.
    pub label: String,
    /// One sentence; may hold a stranger's words.
    pub message: String,
}

/// A label for the page that explains what is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelDescription {
    /// Its name.
    pub name: String,
    /// What readers see.
    pub title: String,
    /// Its rule in words.
    pub rule: String,
    /// Thresholds: name and value. Empty for labels of the configuration, whose rule says all.
    pub thresholds: Vec<(String, String)>,
}

struct Label {
    name: String,
    title: String,
    rule: Rule,
}

enum Rule {
    Configured { area: Option<(Arc<Area>, AreaTest)>, when: Option<Box<Expression>> },
    Builtin(Box<dyn BuiltinRule>),
}

/// How a changeset lies to an area, and why.
type Tested = (Holds, Option<Evidence>);

/// What is needed while one changeset is filtered.
struct Filtering<'a> {
    changeset: &'a Changeset,
    /// Converted when the first expression asks.
    variables: std::cell::OnceCell<CelValue>,
    failures: Vec<RuleFailure>,
    states: Vec<Holds>,
    /// Labels that hold or may hold.
    possible: Vec<usize>,
    labels: Vec<(usize, LabelMatch)>,
}

impl Rules {
    /// Decides what metadata decides.
    ///
    /// A label with the test `touches` is out when the changeset's box does not meet the area, certain when the area
    /// holds the whole box, and open otherwise. Without a box (nothing, or relations only, changed) it is open: a
    /// relation may touch anything. The other tests need a box.
    #[must_use]
    pub fn filter(&self, changeset: &Changeset) -> FilterDecision {
        let mut filtering = Filtering {
            changeset,
            variables: std::cell::OnceCell::new(),
            failures: Vec::new(),
            states: vec![Holds::No; self.labels.len()],
            possible: Vec::new(),
            labels: Vec::new(),
        };
        for &number in &self.everywhere {
            self.filter_label(number, &mut filtering);
        }
        match changeset.bounds {
            Some(bounds) => self.areas.meeting(bounds, |number| self.filter_label(number, &mut filtering)),
            None => self.filter_without_box(&mut filtering),
        }
        let tracked = self.track.holds(&filtering.states, &filtering.possible);
        filtering.labels.sort_by_key(|(number, _)| *number);
        filtering.failures.sort_by(|a, b| a.label.cmp(&b.label));
        let labels = filtering.labels.into_iter().map(|(_, label)| label).collect();
        let mut open = filtering.possible;
        open.retain(|number| filtering.states[*number] == Holds::Maybe);
        open.sort_unstable();
        let undecided = Undecided { numbers: open, names: Arc::clone(&self.names) };
        FilterDecision { labels, undecided, tracked, failures: filtering.failures }
    }

    /// Without a box every label with the test `touches` is open, unless its expression rules it out; other area tests
    /// do not hold.
    fn filter_without_box(&self, filtering: &mut Filtering<'_>) {
        for &number in &self.touching {
            filtering.states[number] = Holds::Maybe;
        }
        filtering.possible.extend_from_slice(&self.touching);
        for &number in &self.touching_when {
            self.filter_label(number, filtering);
        }
    }

    fn filter_label(&self, number: usize, filtering: &mut Filtering<'_>) {
        let label = &self.labels[number];
        let (holds, evidence) = match &label.rule {
            Rule::Builtin(rule) => rule.filter(filtering.changeset),
            Rule::Configured { area, when } => {
                let (mut holds, evidence) = area
                    .as_ref()
                    .map_or((Holds::Yes, None), |(area, test)| test_bounds(area, *test, filtering.changeset.bounds));
                let mut evidence: Vec<_> = evidence.into_iter().collect();
                if let Some(when) = when.as_deref().filter(|_| holds > Holds::No) {
                    holds = holds.and(self.filter_expression(label, when, filtering));
                    evidence.extend((holds == Holds::Yes).then(|| expression_evidence(when)));
                }
                (holds, evidence)
            }
        };
        if holds == Holds::No {
            return;
        }
        filtering.states[number] = holds;
        filtering.possible.push(number);
        if holds == Holds::Yes {
            filtering.labels.push((number, LabelMatch { name: label.name.clone(), evidence }));
        }
    }

    fn filter_expression(&self, label: &Label, when: &Expression, filtering: &mut Filtering<'_>) -> Holds {
        if when.needs_analysis() {
            return Holds::Maybe;
        }
        let changeset =
            filtering.variables.get_or_init(|| variables::changeset(filtering.changeset, &self.changeset_mask));
        let variables = Variables { changeset: Some(changeset), analysis: None, lists: Some(&self.lists) };
        match when.holds(&variables) {
            Ok(holds) => holds.into(),
            Err(message) => {
                filtering.failures.push(RuleFailure { label: label.name.clone(), message });
                Holds::No
            }
        }
    }

    /// All labels with their rules in words, in the order of the configuration, built-in ones last.
    #[must_use]
    pub fn describe(&self) -> Vec<LabelDescription> {
        self.labels.iter().map(Label::describe).collect()
    }
}

impl Label {
    fn describe(&self) -> LabelDescription {
        let (rule, thresholds) = match &self.rule {
            Rule::Builtin(rule) => (rule.rule().to_owned(), rule.thresholds()),
            Rule::Configured { area, when } => {
                let area = area.as_ref().map(|(area, test)| in_words(area, *test));
                let when = when.as_deref().map(|when| when.source().trim().to_owned());
                (area.into_iter().chain(when).collect::<Vec<_>>().join(", and "), Vec::new())
            }
        };
        let thresholds = thresholds.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        LabelDescription { name: self.name.clone(), title: self.title.clone(), rule, thresholds }
    }
}

fn in_words(area: &Area, test: AreaTest) -> String {
    let name = area.name();
    match test {
        AreaTest::Bbox => format!("the changeset's box meets {name}"),
        AreaTest::Center => format!("the centre of the changeset's box is in {name}"),
        AreaTest::Within => format!("the changeset's box is in {name} altogether"),
        AreaTest::Touches => format!("a changed element touches {name}"),
    }
}

/// What a changeset's box tells about an area test.
fn test_bounds(area: &Area, test: AreaTest, bounds: Option<BoundingBox>) -> Tested {
    let Some(bounds) = bounds else {
        return (if test == AreaTest::Touches { Holds::Maybe } else { Holds::No }, None);
    };
    let holds = match test {
        AreaTest::Bbox => area.intersects_box(bounds).into(),
        AreaTest::Center => area.contains(bounds.center()).into(),
        AreaTest::Within => area.contains_box(bounds).into(),
        AreaTest::Touches if !area.intersects_box(bounds) => Holds::No,
        AreaTest::Touches if area.contains_box(bounds) => Holds::Yes,
        AreaTest::Touches => Holds::Maybe,
    };
    (holds, (holds == Holds::Yes).then(|| area_evidence(area, test, box_text(bounds))))
}

fn area_evidence(area: &Area, test: AreaTest, value: String) -> Evidence {
    Evidence { rule: format!("area {} {}", test.as_str(), area.name()), value: Some(value), threshold: None }
}

fn box_text(bounds: BoundingBox) -> String {
    let [west, south] = [bounds.min.lon_degrees(), bounds.min.lat_degrees()];
    let [east, north] = [bounds.max.lon_degrees(), bounds.max.lat_degrees()];
    format!("box {west},{south},{east},{north}")
}

fn expression_evidence(when: &Expression) -> Evidence {
    Evidence { rule: when.source().trim().to_owned(), value: Some("true".to_owned()), threshold: None }
}
