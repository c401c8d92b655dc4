use std::{fmt, ops::Range};

/// A mistake in the rules, with what is needed to show it to its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The label it is in; absent for `track` and what concerns all.
    pub label: Option<String>,
    /// The key in the configuration: `name`, `area`, `test`, `when` or `track`.
    pub field: &'static str,
    /// The value of that key.
    pub source: String,
    /// The mistake's bytes inside `source`; absent when all of it is meant.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl RuleError {
    /// The line of `source` with the mistake, and a line with carets under it.
    #[must_use]
    pub fn snippet(&self) -> Option<String> {
        let span = self.span.clone().filter(|span| span.end <= self.source.len())?;
        let start = self.source[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.source[span.start..].find('\n').map_or(self.source.len(), |newline| span.start + newline);
        let before = self.source[start..span.start].chars().count();
        let carets = self.source[span.start..span.end.min(end)].chars().count().max(1);
        Some(format!("{}\n{}{}", &self.source[start..end], " ".repeat(before), "^".repeat(carets)))
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.label {
            write!(f, "label {label:?}, ")?;
        }
        write!(f, "{}: {}", self.field, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean {suggestion:?}?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RuleError {}
