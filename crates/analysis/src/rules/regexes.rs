//! Regular expressions within bounds: short patterns, small programs, no repetition inside a repetition.

use regex::Regex;
use regex_syntax::hir::{Hir, HirKind};

/// Bytes of a pattern.
const MAX_PATTERN: usize = 512;
/// Bytes of a compiled pattern. The engine is linear in the text, its factor grows with this.
const MAX_PROGRAM: usize = 1 << 20;
/// Groups in groups.
const MAX_NESTING: u32 = 24;

/// Compiles a pattern.
///
/// # Errors
/// With a sentence for the author of the rule.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > MAX_PATTERN {
        return Err(format!("the pattern is longer than {MAX_PATTERN} bytes; use a named list instead"));
    }
    let hir = regex_syntax::ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(pattern)
        .map_err(|error| format!("not a regular expression: {}", last_line(&error.to_string())))?;
    if nested_repetition(&hir, Repeats::No) {
        return Err("a repetition inside a repetition is refused; write the pattern without it".to_owned());
    }
    regex::RegexBuilder::new(pattern)
        .size_limit(MAX_PROGRAM)
        .dfa_size_limit(MAX_PROGRAM)
        .nest_limit(MAX_NESTING)
        .build()
        .map_err(|error| format!("not a usable regular expression: {}", last_line(&error.to_string())))
}

/// The engine draws its own caret first; its last line says what is wrong.
fn last_line(message: &str) -> &str {
    let line = message.lines().last().unwrap_or(message);
    line.strip_prefix("error: ").unwrap_or(line)
}

#[derive(Clone, Copy)]
enum Repeats {
    Yes,
    No,
}

/// `x?` repeats nothing.
fn nested_repetition(hir: &Hir, outer: Repeats) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let repeats = repetition.max != Some(1);
            if repeats && matches!(outer, Repeats::Yes) {
                return true;
            }
            nested_repetition(&repetition.sub, if repeats { Repeats::Yes } else { outer })
        }
        HirKind::Capture(capture) => nested_repetition(&capture.sub, outer),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|part| nested_repetition(part, outer)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn patterns_out_of_bounds_are_refused_with_a_reason() {
        for (pattern, reason) in [
            ("(a+)+$", "repetition inside a repetition"),
            (r"(?:\w{2,3} )*", "repetition inside a repetition"),
            (r"\w{1000}", "not a usable regular expression"),
            ("(foo", "not a regular expression: unclosed group"),
            (&"x".repeat(513), "longer than 512 bytes"),
            (&format!("{}a{}", "(".repeat(40), ")".repeat(40)), "not a regular expression"),
        ] {
            let message = compile(pattern).unwrap_err();
            assert!(message.contains(reason), "{pattern}: {message}");
        }
    }

    #[test]
    fn ordinary_patterns_are_compiled() {
        for pattern in ["^Adjustments", "(?i)import|bulk", "^[a-f]", r"(foo)?-\d+", ".*build"] {
            compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        }
    }
}
