//! PromQL, read just far enough: which of our series an expression names, and under which functions.

use std::collections::{BTreeMap, BTreeSet};

use crate::exposition::type_of;

/// Functions for what only rises.
const OF_COUNTERS: [&str; 4] = ["rate", "irate", "increase", "resets"];

/// Functions for what rises and falls.
const OF_GAUGES: [&str; 9] = [
    "delta",
    "idelta",
    "deriv",
    "predict_linear",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "quantile_over_time",
];

/// The names of our series in an expression, or in any other text.
pub(crate) fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| is_ours(word)).collect()
}

fn is_ours(word: &str) -> bool {
    ["osmtracker_", "openstreetmap_"]
        .iter()
        .any(|prefix| word.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()))
}

/// What is wrong with an expression, given the types of all series there are.
pub(crate) fn faults(expression: &str, types: &BTreeMap<String, String>) -> Vec<String> {
    let unknown = names(expression).into_iter().filter(|name| type_of(types, name).is_none());
    let mut faults: Vec<_> = unknown.map(|name| format!("there is no {name}")).collect();
    for (functions, is_fit) in [(OF_COUNTERS.as_slice(), false), (OF_GAUGES.as_slice(), true)] {
        for function in functions {
            for argument in arguments(expression, function) {
                let misfits = names(argument).into_iter().filter_map(|name| Some((name, type_of(types, name)?)));
                let misfits = misfits.filter(|(_, kind)| (*kind == "gauge") != is_fit);
                faults.extend(misfits.map(|(name, kind)| format!("{function}() of {name}, a {kind}")));
            }
        }
    }
    faults
}

/// What stands in the brackets of each call of a function.
fn arguments<'a>(expression: &'a str, function: &str) -> Vec<&'a str> {
    let call = format!("{function}(");
    let is_whole_word = |at: &usize| !expression[..*at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let starts = expression.match_indices(&call).map(|(at, _)| at).filter(is_whole_word);
    starts.map(|at| up_to_its_end(&expression[at + call.len()..])).collect()
}

/// Up to the bracket that closes what was opened before.
fn up_to_its_end(rest: &str) -> &str {
    let mut depth = 1;
    for (at, c) in rest.char_indices() {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return &rest[..at];
        }
    }
    rest
}

#[test]
fn a_rate_of_a_gauge_and_the_like_are_found() {
    let types =
        [("osmtracker_lag", "gauge"), ("osmtracker_runs_total", "counter"), ("osmtracker_time_seconds", "histogram")];
    let types: BTreeMap<_, _> = types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).into();
    for (expression, expected) in [
        ("sum(rate(osmtracker_runs_total{job=\"a\"}[5m])) + max(osmtracker_lag)", vec![]),
        ("histogram_quantile(0.5, sum by (le) (rate(osmtracker_time_seconds_bucket[1h])))", vec![]),
        ("deriv(osmtracker_lag[5m]) > 0 and osmtracker_runs_total > 3", vec![]),
        ("rate(osmtracker_lag[5m])", vec!["rate() of osmtracker_lag, a gauge"]),
        ("1 - increase((osmtracker_lag)[5m:1m])", vec!["increase() of osmtracker_lag, a gauge"]),
        ("deriv(osmtracker_runs_total[5m])", vec!["deriv() of osmtracker_runs_total, a counter"]),
        (
            "max_over_time(osmtracker_time_seconds_sum[5m])",
            vec!["max_over_time() of osmtracker_time_seconds_sum, a histogram"],
        ),
        ("osmtracker_time_seconds", vec!["there is no osmtracker_time_seconds"]),
        ("openstreetmap_nothing", vec!["there is no openstreetmap_nothing"]),
    ] {
        assert_eq!(faults(expression, &types), expected, "{expression}");
    }
}
