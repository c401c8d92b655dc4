//! `track`: a disjunction of conjunctions over labels, three-valued.

use super::Holds;

/// Compiled: labels by number. No alternative at all tracks everything.
#[derive(Debug, Default)]
pub(crate) struct Track {
    alternatives: Vec<Vec<usize>>,
    /// For each label, the alternatives that it is the first of.
    first_of: Vec<Vec<usize>>,
}

impl Track {
    /// From alternatives of label numbers, none of them empty.
    pub(crate) fn new(alternatives: Vec<Vec<usize>>, labels: usize) -> Self {
        let mut first_of = vec![Vec::new(); labels];
        for (number, alternative) in alternatives.iter().enumerate() {
            if let Some(first) = alternative.first() {
                first_of[*first].push(number);
            }
        }
        Self { alternatives, first_of }
    }

    /// `possible` are the labels that hold or may hold. Only alternatives that begin with one of them are looked at: of
    /// ten thousand areas most are far away.
    pub(crate) fn holds(&self, states: &[Holds], possible: &[usize]) -> Holds {
        if self.alternatives.is_empty() {
            return Holds::Yes;
        }
        let mut best = Holds::No;
        for alternative in possible.iter().flat_map(|label| &self.first_of[*label]) {
            let all = self.alternatives[*alternative].iter().map(|label| states[*label]).fold(Holds::Yes, Holds::and);
            best = best.or(all);
            if best == Holds::Yes {
                break;
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn state() -> impl Strategy<Value = Holds> {
        prop_oneof![Just(Holds::No), Just(Holds::Maybe), Just(Holds::Yes)]
    }

    fn alternatives() -> impl Strategy<Value = Vec<Vec<usize>>> {
        proptest::collection::vec(proptest::collection::vec(0usize..6, 1..4), 0..5)
    }

    /// Straight from the definition, over two-valued labels.
    fn plain(alternatives: &[Vec<usize>], labels: &[bool]) -> bool {
        alternatives.is_empty() || alternatives.iter().any(|all| all.iter().all(|label| labels[*label]))
    }

    fn holds(track: &Track, states: &[Holds]) -> Holds {
        let possible: Vec<usize> = (0..states.len()).filter(|label| states[*label] > Holds::No).collect();
        track.holds(states, &possible)
    }

    /// All ways in which open labels may turn out.
    fn outcomes(states: &[Holds]) -> Vec<Vec<bool>> {
        states.iter().fold(vec![Vec::new()], |outcomes, state| {
            let values: &[bool] = match state {
                Holds::No => &[false],
                Holds::Maybe => &[false, true],
                Holds::Yes => &[true],
            };
            let extend = |outcome: &Vec<bool>, value: bool| outcome.iter().copied().chain([value]).collect();
            outcomes.iter().flat_map(|outcome| values.iter().map(move |value| extend(outcome, *value))).collect()
        })
    }

    proptest! {
        #[test]
        fn yes_and_no_are_kept_whatever_the_analysis_finds(
            alternatives in alternatives(),
            states in proptest::collection::vec(state(), 6),
        ) {
            let track = Track::new(alternatives.clone(), 6);
            let results: Vec<bool> = outcomes(&states).iter().map(|labels| plain(&alternatives, labels)).collect();
            match holds(&track, &states) {
                Holds::Yes => prop_assert!(results.iter().all(|tracked| *tracked)),
                Holds::No => prop_assert!(results.iter().all(|tracked| !*tracked)),
                Holds::Maybe => prop_assert!(results.iter().any(|tracked| *tracked)),
            }
        }

        #[test]
        fn decided_labels_decide(alternatives in alternatives(), labels in proptest::collection::vec(any::<bool>(), 6)) {
            let states: Vec<Holds> = labels.iter().map(|holds| Holds::from(*holds)).collect();
            let tracked = holds(&Track::new(alternatives.clone(), 6), &states);
            prop_assert_eq!(tracked, Holds::from(plain(&alternatives, &labels)));
        }
    }
}
