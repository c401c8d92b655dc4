//! What an analysis cannot know because its input lacks it.

use osmtracker_osm::{Element, ElementData, ElementRef, Gap, GapKind};

use crate::{ElementChange, sides::Side};

/// The source's gaps and those found here, sorted. What the source said already of an element is not said again.
///
/// Where the members of relations lie is for the source to say: most sources do not ask.
pub(crate) fn gather(mut told: Vec<Gap>, elements: &[ElementChange]) -> Vec<Gap> {
    let explained = Explained::by(&told);
    for change in elements.iter().filter(|change| change.counts()) {
        if !change.before().is_certain() && !explained.old(change.element_ref()) {
            told.push(missing_old(change));
        }
        if !explained.geometry(change.element_ref()) {
            told.extend([change.before(), change.after()].into_iter().filter_map(missing_geometry));
        }
    }
    told.sort_unstable();
    told.dedup();
    told
}

/// Elements about which the source said something, by reference.
struct Explained {
    old: Vec<ElementRef>,
    geometry: Vec<ElementRef>,
}

impl Explained {
    fn by(gaps: &[Gap]) -> Self {
        let of = |kinds: &[GapKind]| {
            let mut elements: Vec<_> =
                gaps.iter().filter(|gap| kinds.contains(&gap.kind)).filter_map(|gap| gap.element).collect();
            elements.sort_unstable();
            elements
        };
        Self { old: of(&[GapKind::MissingOld, GapKind::Redacted]), geometry: of(&[GapKind::MissingGeometry]) }
    }

    fn old(&self, element: ElementRef) -> bool {
        self.old.binary_search(&element).is_ok()
    }

    fn geometry(&self, element: ElementRef) -> bool {
        self.geometry.binary_search(&element).is_ok()
    }
}

fn missing_old(change: &ElementChange) -> Gap {
    let detail = "The version before this changeset is not in the source, so what differs is not known.";
    Gap { kind: GapKind::MissingOld, element: Some(change.element_ref()), version: None, detail: detail.to_owned() }
}

fn missing_geometry(side: Side<'_>) -> Option<Gap> {
    let element = side.known()?;
    let detail = missing_positions(element)?;
    let (kind, version) = (GapKind::MissingGeometry, Some(element.version));
    Some(Gap { kind, element: Some(element.element_ref()), version, detail })
}

fn missing_positions(element: &Element) -> Option<String> {
    match &element.data {
        ElementData::Node { position: None } => Some("The position of this version is not in the source.".to_owned()),
        ElementData::Way { nodes } => {
            let missing = nodes.iter().filter(|node| node.position.is_none()).count();
            let all = nodes.len();
            (missing > 0).then(|| format!("The positions of {missing} of its {all} nodes are not known."))
        }
        ElementData::Node { .. } | ElementData::Relation { .. } => None,
    }
}
