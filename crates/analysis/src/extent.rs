//! The box of what really changed.

use osmtracker_osm::{Action, BoundingBox, Coordinate, Element, ElementData, ElementRef, Member, MemberGeometry};

use crate::{ElementChange, Extent, MemberChange, Note};

/// Boxes around the old and the new sides of all changed elements.
///
/// Of a relation whose list of members alone changed, only the members that were added, removed or got another role
/// count, as far as the source knows where they lie: a stop added to a long route is no change of the whole route.
pub(crate) fn around(elements: &[ElementChange]) -> Extent {
    let mut extent = Extent::default();
    for change in elements {
        let members = Members::of(change);
        add_side(&mut extent.old, change.before().known(), &members);
        add_side(&mut extent.new, change.after().known(), &members);
    }
    extent
}

/// The members of a relation that changed.
enum Members {
    All,
    These(Vec<ElementRef>),
}

impl Members {
    fn of(change: &ElementChange) -> Self {
        if change.action != Action::Modify || !change.tag_diff.is_empty() || change.both().is_none() {
            return Self::All;
        }
        let changes = change.notes.iter().filter_map(members_of).flatten();
        let mut these: Vec<_> = changes.map(|member| ElementRef { kind: member.kind, id: member.id }).collect();
        these.sort_unstable();
        Self::These(these)
    }

    fn contain(&self, member: &Member) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.binary_search(&member.element_ref()).is_ok(),
        }
    }
}

fn members_of(note: &Note) -> Option<&Vec<MemberChange>> {
    match note {
        Note::MembersAdded { members } | Note::MembersRemoved { members } | Note::RolesChanged { members } => {
            Some(members)
        }
        _ => None,
    }
}

fn add_side(bounds: &mut Option<BoundingBox>, side: Option<&Element>, members: &Members) {
    let mut add = |position: Coordinate| {
        *bounds = Some(bounds.map_or_else(|| BoundingBox::of(position), |bounds| bounds.including(position)));
    };
    match side.map(|element| &element.data) {
        None => {}
        Some(ElementData::Node { position }) => position.iter().copied().for_each(add),
        Some(ElementData::Way { nodes }) => nodes.iter().filter_map(|node| node.position).for_each(add),
        Some(ElementData::Relation { members: list }) => {
            for member in list.iter().filter(|member| members.contain(member)) {
                match &member.geometry {
                    None => {}
                    Some(MemberGeometry::Node(position)) => add(*position),
                    Some(MemberGeometry::Way(line)) => line.iter().flatten().copied().for_each(&mut add),
                }
            }
        }
    }
}
