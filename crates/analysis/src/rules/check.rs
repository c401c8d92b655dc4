//! Walks an expression before it is ever run: unknown names are errors, what it looks at is noted, and what could run
//! for long is refused.

use std::{collections::HashMap, ops::Range};

use cel::{
    IdedExpr, Program,
    common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, SelectExpr, operators},
};
use regex::Regex;

use super::{
    regexes,
    shape::{self, Field, Shape},
    source::find_word,
    value::Mask,
};
use crate::suggest::closest;

/// Comprehensions in comprehensions: elements, their tags, and one more.
const MAX_LOOPS: usize = 3;
/// Nodes of the syntax tree, macros expanded.
const MAX_NODES: usize = 1_000;

/// What may be called; operators and macros apart.
const FUNCTIONS: &[&str] = &[
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "bytes",
    "type",
    "dyn",
    "orValue",
    "or",
    "value",
    "hasValue",
];
const MACROS: &[&str] = &["has", "all", "exists", "exists_one", "map", "filter"];
const TYPES: &[&str] = &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint", "dyn"];
const VARIABLES: &[&str] = &["changeset", "analysis", "lists"];

/// What is wrong, and where in the expression.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) suggestion: Option<String>,
}

/// What an expression looks at.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    pub(crate) changeset: Mask,
    pub(crate) analysis: Mask,
    pub(crate) lists: bool,
    /// Its regular expressions by pattern.
    pub(crate) regexes: HashMap<String, Regex>,
}

/// A part of an expression that names a place in a document.
#[derive(Clone)]
struct Place {
    root: Root,
    path: Vec<String>,
    shape: Option<Shape>,
}

#[derive(Clone, Copy, PartialEq)]
enum Root {
    Changeset,
    Analysis,
    Lists,
}

pub(crate) fn check(program: &Program, source: &str, lists: &[&str]) -> Result<Uses, Problem> {
    let mut checker = Checker { program, source, lists, scopes: Vec::new(), loops: 0, nodes: 0, uses: Uses::default() };
    checker.whole(program.expression())?;
    Ok(checker.uses)
}

struct Checker<'a> {
    program: &'a Program,
    source: &'a str,
    lists: &'a [&'a str],
    scopes: Vec<(&'a str, Option<Place>)>,
    loops: usize,
    nodes: usize,
    uses: Uses,
}

impl<'a> Checker<'a> {
    /// An expression whose value is used as it is.
    fn whole(&mut self, expression: &'a IdedExpr) -> Result<(), Problem> {
        if let Some(place) = self.place(expression)? {
            self.note(&place, true);
        }
        Ok(())
    }

    /// An expression that is looked into.
    fn place(&mut self, expression: &'a IdedExpr) -> Result<Option<Place>, Problem> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(
                self.problem(0..self.source.len(), "the expression is too large; use a named list or two labels")
            );
        }
        match &expression.expr {
            Expr::Ident(name) => self.identifier(expression.id, name),
            Expr::Select(select) => self.select(expression.id, select),
            Expr::Call(call) => self.call(expression.id, call),
            Expr::Comprehension(comprehension) => self.comprehension(expression.id, comprehension).map(|()| None),
            Expr::List(list) => list.elements.iter().try_for_each(|item| self.whole(item)).map(|()| None),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| self.entry(&entry.expr)).map(|()| None),
            Expr::Struct(_) => Err(self.problem(self.near(expression.id), "messages are not available here")),
            Expr::Literal(_) | Expr::Unspecified => Ok(None),
        }
    }

    fn entry(&mut self, entry: &'a EntryExpr) -> Result<(), Problem> {
        match entry {
            EntryExpr::StructField(field) => self.whole(&field.value),
            EntryExpr::MapEntry(entry) => {
                self.whole(&entry.key)?;
                self.whole(&entry.value)
            }
        }
    }

    fn identifier(&self, id: u64, name: &str) -> Result<Option<Place>, Problem> {
        if let Some((_, place)) = self.scopes.iter().rev().find(|(variable, _)| *variable == name) {
            return Ok(place.clone());
        }
        let (root, shape) = match name {
            "changeset" => (Root::Changeset, Some(shape::changeset())),
            "analysis" => (Root::Analysis, Some(shape::analysis())),
            "lists" => (Root::Lists, None),
            _ if TYPES.contains(&name) || name.starts_with('@') => return Ok(None),
            _ => {
                let known = VARIABLES.iter().copied().chain(self.scopes.iter().map(|(variable, _)| *variable));
                let suggestion = closest(name, known.filter(|variable| !variable.starts_with('@')));
                let message = format!("unknown variable {name:?}; there are changeset, analysis and lists");
                return Err(self.suggesting(self.word(id, name), message, suggestion));
            }
        };
        Ok(Some(Place { root, path: Vec::new(), shape }))
    }

    fn select(&mut self, id: u64, select: &'a SelectExpr) -> Result<Option<Place>, Problem> {
        let Some(place) = self.place(&select.operand)? else { return Ok(None) };
        let from = self.near(select.operand.id).start;
        let place = self.field(place, &select.field, from.min(self.near(id).start))?;
        if select.test {
            // `has(…)` asks for the key alone, but the key has to be there.
            self.note(&place, true);
            return Ok(None);
        }
        Ok(Some(place))
    }

    fn field(&self, mut place: Place, field: &str, from: usize) -> Result<Place, Problem> {
        let span = || find_word(self.source, field, from);
        if place.root == Root::Lists && place.path.is_empty() && !self.lists.contains(&field) {
            let suggestion = closest(field, self.lists.iter().copied());
            return Err(self.suggesting(span(), format!("there is no list {field:?}"), suggestion));
        }
        let found = place.shape.map_or(Field::AnyKey(None), |shape| shape.field(field));
        let (name, shape) = match found {
            Field::Named(shape) => (field, Some(shape)),
            Field::AnyKey(shape) => ("*", shape),
            Field::Unknown(names) => {
                let owner = if place.path.is_empty() { self.name(place.root) } else { place.path.join(".") };
                let suggestion = closest(field, names.iter().copied());
                let message = format!("{owner} has no field {field:?}; it has {}", names.join(", "));
                return Err(self.suggesting(span(), message, suggestion));
            }
        };
        place.path.push(name.to_owned());
        place.shape = shape;
        Ok(place)
    }

    fn name(&self, root: Root) -> String {
        match root {
            Root::Changeset => "changeset",
            Root::Analysis => "analysis",
            Root::Lists => "lists",
        }
        .to_owned()
    }

    fn call(&mut self, id: u64, call: &'a CallExpr) -> Result<Option<Place>, Problem> {
        let name = call.func_name.as_str();
        match (name, call.args.as_slice()) {
            (operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT, [container, key]) => {
                return self.index(id, container, key);
            }
            // The size and the keys do not need what is under them.
            ("size", [container]) if call.target.is_none() => return self.outside(container).map(|()| None),
            ("size", []) => {
                return call.target.as_deref().map_or(Ok(()), |target| self.outside(target)).map(|()| None);
            }
            (operators::IN, [item, container]) => {
                self.whole(item)?;
                return self.whole(container).map(|()| None);
            }
            ("matches", arguments) => self.pattern(id, arguments.last())?,
            _ if !is_known(name) => {
                let suggestion = closest(name, FUNCTIONS.iter().chain(MACROS).copied());
                return Err(self.suggesting(self.word(id, name), format!("unknown function {name:?}"), suggestion));
            }
            _ => {}
        }
        call.target.iter().try_for_each(|target| self.whole(target))?;
        call.args.iter().try_for_each(|argument| self.whole(argument)).map(|()| None)
    }

    fn outside(&mut self, container: &'a IdedExpr) -> Result<(), Problem> {
        if let Some(place) = self.place(container)? {
            // Maps with data for keys lose their keys without this.
            let keyed = place
                .shape
                .is_some_and(|shape| matches!(shape.field("*"), Field::AnyKey(_)) && shape.items().is_none());
            self.note(&place, keyed || place.shape.is_none());
        }
        Ok(())
    }

    /// `container[key]`: a constant key is a field, any other number or text an item.
    fn index(&mut self, id: u64, container: &'a IdedExpr, key: &'a IdedExpr) -> Result<Option<Place>, Problem> {
        let place = self.place(container)?;
        self.whole(key)?;
        let Some(place) = place else { return Ok(None) };
        if let Expr::Literal(LiteralValue::String(field)) = &key.expr {
            if matches!(place.shape.map(|shape| shape.field(field.inner())), Some(Field::Unknown(_))) {
                let found = self.field(place, field.inner(), 0).err();
                let problem = found.unwrap_or_else(|| self.problem(0..0, "unknown field"));
                return Err(Problem { span: self.near(key.id), ..problem });
            }
            return self.field(place, field.inner(), self.near(id).start).map(Some);
        }
        let Some(items) = place.shape.and_then(Shape::items) else {
            self.note(&place, true);
            return Ok(None);
        };
        Ok(Some(Place { shape: Some(items), ..place }))
    }

    /// Patterns are constants, so that they can be compiled once and refused at the start.
    fn pattern(&mut self, id: u64, pattern: Option<&'a IdedExpr>) -> Result<(), Problem> {
        let Some(Expr::Literal(LiteralValue::String(text))) = pattern.map(|pattern| &pattern.expr) else {
            return Err(self.problem(self.word(id, "matches"), "matches needs its pattern as a text in quotes"));
        };
        let pattern_id = pattern.map_or(id, |pattern| pattern.id);
        let regex = regexes::compile(text.inner()).map_err(|message| self.problem(self.text(pattern_id), &message))?;
        self.uses.regexes.insert(text.inner().to_owned(), regex);
        Ok(())
    }

    fn comprehension(&mut self, id: u64, comprehension: &'a ComprehensionExpr) -> Result<(), Problem> {
        let range = self.place(&comprehension.iter_range)?;
        if self.loops == MAX_LOOPS {
            let message = format!("more than {MAX_LOOPS} loops inside each other");
            return Err(self.problem(self.near(id), &message));
        }
        if self.loops > 0 && root_of(&comprehension.iter_range) == Some("analysis") {
            let message =
                "a loop over the analysis inside a loop takes too long; loop over the outer variable's fields";
            return Err(self.problem(self.near(comprehension.iter_range.id), message));
        }
        let item = range.and_then(|range| self.item_of(range));
        self.whole(&comprehension.accu_init)?;
        let scope = self.scopes.len();
        self.scopes.push((&comprehension.accu_var, None));
        self.scopes.push((&comprehension.iter_var, item));
        self.scopes.extend(comprehension.iter_var2.as_deref().map(|variable| (variable, None)));
        self.loops += 1;
        let parts = [&comprehension.loop_cond, &comprehension.loop_step, &comprehension.result];
        let checked = parts.into_iter().try_for_each(|part| self.whole(part));
        self.loops -= 1;
        self.scopes.truncate(scope);
        checked
    }

    /// The items of a list; a loop over a map is one over its keys, which are text.
    fn item_of(&mut self, range: Place) -> Option<Place> {
        match range.shape.and_then(Shape::items) {
            Some(items) => {
                self.note(&range, false);
                Some(Place { shape: Some(items), ..range })
            }
            None => {
                self.note(&range, true);
                None
            }
        }
    }

    fn note(&mut self, place: &Place, whole: bool) {
        let path = place.path.iter().map(String::as_str);
        match place.root {
            Root::Changeset => self.uses.changeset.insert(path, whole),
            Root::Analysis => self.uses.analysis.insert(path, whole),
            Root::Lists => self.uses.lists = true,
        }
    }

    /// Roughly where a node begins.
    fn near(&self, id: u64) -> Range<usize> {
        let (start, end) = self.program.source_info().offset_for(id).unwrap_or((0, 0));
        let clamp = |offset: u32| {
            let mut at = (offset as usize).min(self.source.len());
            while !self.source.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (clamp(start), clamp(end.saturating_add(1)));
        start..end.max(start)
    }

    fn word(&self, id: u64, word: &str) -> Range<usize> {
        find_word(self.source, word, self.near(id).start.saturating_sub(word.len()))
    }

    /// A quoted text.
    fn text(&self, id: u64) -> Range<usize> {
        self.near(id)
    }

    fn problem(&self, span: Range<usize>, message: &str) -> Problem {
        Problem { span, message: message.to_owned(), suggestion: None }
    }

    fn suggesting(&self, span: Range<usize>, message: String, suggestion: Option<&str>) -> Problem {
        Problem { span, message, suggestion: suggestion.map(str::to_owned) }
    }
}

fn is_known(function: &str) -> bool {
    FUNCTIONS.contains(&function)
        || function.contains('_') && !function.starts_with(char::is_alphabetic)
        || function.starts_with(['@', '!', '-'])
}

/// The variable that a chain of fields begins with.
fn root_of(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Ident(name) => Some(name),
        Expr::Select(select) => root_of(&select.operand),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).find_map(root_of),
        Expr::Comprehension(inner) => root_of(&inner.iter_range),
        _ => None,
    }
}
