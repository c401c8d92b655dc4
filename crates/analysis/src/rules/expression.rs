//! One compiled `when` expression.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use cel::{Context, Env, ExecutionError, Program, Value, extractors::This};
use regex::Regex;

use super::{
    check::{Problem, Uses, check},
    source::{byte_of, nesting},
    value::CelValue,
};

/// Bytes of an expression. Lists of names belong into named lists.
pub(crate) const MAX_LENGTH: usize = 4_096;
/// Brackets in brackets.
const MAX_NESTING: usize = 32;

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

#[derive(Debug)]
pub(crate) struct Expression {
    source: String,
    program: Program,
    uses: Uses,
    regexes: Arc<HashMap<String, Regex>>,
}

/// The variables of an evaluation.
#[derive(Default)]
pub(crate) struct Variables<'a> {
    pub(crate) changeset: Option<&'a CelValue>,
    pub(crate) analysis: Option<&'a CelValue>,
    pub(crate) lists: Option<&'a CelValue>,
}

impl Expression {
    /// Compiles and checks an expression.
    pub(crate) fn compile(source: &str, lists: &[&str]) -> Result<Self, Problem> {
        let whole = |message: String| Problem { span: 0..source.len(), message, suggestion: None };
        if source.trim().is_empty() {
            return Err(whole("the expression is empty".to_owned()));
        }
        if source.len() > MAX_LENGTH {
            return Err(whole(format!("longer than {MAX_LENGTH} bytes; use a named list")));
        }
        if nesting(source) > MAX_NESTING {
            return Err(whole(format!("more than {MAX_NESTING} brackets inside each other")));
        }
        let program = ENVIRONMENT.compile(source).map_err(|errors| syntax_problem(source, &errors))?;
        let mut uses = check(&program, source, lists)?;
        let regexes = Arc::new(std::mem::take(&mut uses.regexes));
        Ok(Self { source: source.to_owned(), program, uses, regexes })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn uses(&self) -> &Uses {
        &self.uses
    }

    /// Whether it can be decided only after analysis.
    pub(crate) fn needs_analysis(&self) -> bool {
        !self.uses.analysis.is_empty()
    }

    /// Evaluates. An error, such as a field that this changeset does not have, is returned as a sentence.
    pub(crate) fn holds(&self, variables: &Variables<'_>) -> Result<bool, String> {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        let named = [("changeset", variables.changeset), ("analysis", variables.analysis), ("lists", variables.lists)];
        for (name, value) in named {
            if let Some(value) = value {
                context.add_variable_as_val(name, value.clone());
            }
        }
        if !self.regexes.is_empty() {
            let regexes = Arc::clone(&self.regexes);
            let matches = move |This(text): This<Arc<String>>, pattern: Arc<String>| {
                let regex = regexes.get(pattern.as_str());
                regex
                    .map(|regex| regex.is_match(&text))
                    .ok_or_else(|| ExecutionError::function_error("matches", "unknown pattern"))
            };
            context.add_function("matches", matches).map_err(|error| error.to_string())?;
        }
        match self.program.execute(&context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("gives {} instead of true or false", other.type_of())),
            Err(error) => Err(error.to_string().chars().take(200).collect()),
        }
    }
}

fn syntax_problem(source: &str, errors: &cel::ParseErrors) -> Problem {
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let at = byte_of(source, usize::try_from(line).unwrap_or(1), usize::try_from(column).unwrap_or(1));
    let end = source[at..].chars().next().map_or(at, |character| at + character.len_utf8());
    let message = first.map_or("not an expression", |error| error.msg.lines().next().unwrap_or_default());
    Problem { span: at..end, message: format!("not an expression: {message}"), suggestion: None }
}
