//! The second decision, with the analysis at hand.

use osmtracker_osm::{BoundingBox, Changeset, Coordinate, Element, ElementData, MemberGeometry};

use super::{
    AreaTest, Expression, FinalDecision, Holds, Label, Rule, RuleFailure, Rules, Tested, Variables, area_evidence,
    expression_evidence, test_bounds, variables,
};
use crate::{Analysis, Area, Evidence, LabelMatch, touches};

/// What is needed while one changeset is decided.
struct Finishing<'a> {
    changeset: &'a Changeset,
    analysis: &'a Analysis,
    variables: Variables<'a>,
    failures: Vec<RuleFailure>,
    states: Vec<Holds>,
    labels: Vec<(usize, LabelMatch)>,
}

impl Rules {
    /// Decides everything.
    ///
    /// `touches` holds when the changeset's box is inside the area altogether, or when [`touches`] finds an element.
    #[must_use]
    pub fn finish(&self, changeset: &Changeset, analysis: &Analysis) -> FinalDecision {
        let changeset_value = variables::changeset(changeset, &self.changeset_mask);
        let analysis_value = variables::analysis(analysis, &self.analysis_mask);
        let mut finishing = Finishing {
            changeset,
            analysis,
            variables: Variables {
                changeset: Some(&changeset_value),
                analysis: Some(&analysis_value),
                lists: Some(&self.lists),
            },
            failures: Vec::new(),
            states: vec![Holds::No; self.labels.len()],
            labels: Vec::new(),
        };
        for &number in &self.everywhere {
            self.finish_label(number, &mut finishing);
        }
        if !self.areas.is_empty() {
            let bounds = geometry_bounds(analysis).into_iter().chain(changeset.bounds).reduce(BoundingBox::union);
            if let Some(bounds) = bounds {
                self.areas.meeting(bounds, |number| self.finish_label(number, &mut finishing));
            }
        }
        let holding: Vec<usize> = finishing.labels.iter().map(|(number, _)| *number).collect();
        let tracked = self.track.holds(&finishing.states, &holding) == Holds::Yes;
        finishing.labels.sort_by_key(|(number, _)| *number);
        finishing.failures.sort_by(|a, b| a.label.cmp(&b.label));
        let labels = finishing.labels.into_iter().map(|(_, label)| label).collect();
        FinalDecision { labels, tracked, failures: finishing.failures }
    }

    fn finish_label(&self, number: usize, finishing: &mut Finishing<'_>) {
        let label = &self.labels[number];
        let evidence = match &label.rule {
            Rule::Builtin(rule) => match rule.filter(finishing.changeset) {
                (Holds::No, _) => None,
                (Holds::Yes, evidence) => Some(evidence),
                (Holds::Maybe, _) => rule.finish(finishing.analysis, finishing.changeset),
            },
            Rule::Configured { area, when } => {
                let area = area.as_ref().map_or((Holds::Yes, None), |(area, test)| {
                    test_area(area, *test, finishing.changeset, finishing.analysis)
                });
                finish_configured(label, area, when.as_deref(), finishing)
            }
        };
        if let Some(evidence) = evidence {
            finishing.states[number] = Holds::Yes;
            finishing.labels.push((number, LabelMatch { name: label.name.clone(), evidence }));
        }
    }
}

fn finish_configured(
    label: &Label,
    (holds, evidence): Tested,
    when: Option<&Expression>,
    finishing: &mut Finishing<'_>,
) -> Option<Vec<Evidence>> {
    if holds != Holds::Yes {
        return None;
    }
    let mut evidence: Vec<_> = evidence.into_iter().collect();
    if let Some(when) = when {
        match when.holds(&finishing.variables) {
            Ok(true) => evidence.push(expression_evidence(when)),
            Ok(false) => return None,
            Err(message) => {
                finishing.failures.push(RuleFailure { label: label.name.clone(), message });
                return None;
            }
        }
    }
    Some(evidence)
}

fn test_area(area: &Area, test: AreaTest, changeset: &Changeset, analysis: &Analysis) -> Tested {
    let (holds, evidence) = test_bounds(area, test, changeset.bounds);
    if test != AreaTest::Touches {
        return (holds, evidence);
    }
    match touches(area, analysis) {
        Some(element) => (Holds::Yes, Some(area_evidence(area, test, element.to_string()))),
        None => ((holds == Holds::Yes).into(), evidence),
    }
}

/// The box of all geometry in the analysis, members of relations included. A line that crosses the antimeridian makes it
/// go around the earth.
fn geometry_bounds(analysis: &Analysis) -> Option<BoundingBox> {
    let changes = analysis.elements.iter().chain(&analysis.moved_ways);
    let sides = changes.flat_map(|change| [&change.old, &change.new].into_iter().flatten());
    sides.filter_map(element_bounds).reduce(BoundingBox::union)
}

fn element_bounds(element: &Element) -> Option<BoundingBox> {
    match &element.data {
        ElementData::Node { position } => position.map(BoundingBox::of),
        ElementData::Way { nodes } => BoundingBox::around(nodes.iter().filter_map(|node| node.position)),
        ElementData::Relation { members } => {
            let geometries = members.iter().filter_map(|member| member.geometry.as_ref());
            geometries.filter_map(member_bounds).reduce(BoundingBox::union)
        }
    }
}

fn member_bounds(geometry: &MemberGeometry) -> Option<BoundingBox> {
    match geometry {
        MemberGeometry::Node(position) => Some(BoundingBox::of(*position)),
        MemberGeometry::Way(line) => BoundingBox::around(line.iter().copied().flatten().collect::<Vec<Coordinate>>()),
    }
}
