use osmtracker_analysis::{MemberChange, Note};
use osmtracker_osm::{ElementId, ElementRef, ElementType};

use crate::{Site, text};

/// Elements that a note names.
const NAMED: usize = 20;
/// Changed members that a relation lists.
pub(super) const MEMBERS: usize = 100;

/// A finding in words, with the elements that it names.
pub(super) struct NoteLine {
    pub(super) words: String,
    pub(super) elements: Vec<Named>,
    /// Those not named.
    pub(super) more: usize,
}

/// A link to an element.
pub(super) struct Named {
    pub(super) id: ElementId,
    pub(super) href: String,
}

/// A member that was added, removed or got another role.
pub(super) struct MemberRow<'a> {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) word: &'static str,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) old: Option<&'a str>,
    pub(super) new: Option<&'a str>,
}

/// The findings, except lists of members: those are in [`member_rows`].
pub(super) fn note_lines(site: &Site, notes: &[Note]) -> Vec<NoteLine> {
    notes.iter().filter_map(|note| note_line(site, note)).collect()
}

fn note_line(site: &Site, note: &Note) -> Option<NoteLine> {
    let plain = |words: &str| Some(NoteLine { words: words.to_owned(), elements: Vec::new(), more: 0 });
    let naming = |words: String, kind, ids| Some(named(site, words, kind, ids));
    let n = |ids: &Vec<ElementId>| text::plural(ids.len() as u64, "node");
    match note {
        Note::NodesAdded { nodes } => naming(format!("{} added to the way", n(nodes)), ElementType::Node, nodes),
        Note::NodesRemoved { nodes } => naming(format!("{} taken out of the way", n(nodes)), ElementType::Node, nodes),
        Note::SplitInto { ways } => {
            naming("Split: nodes of it are in ways created here".to_owned(), ElementType::Way, ways)
        }
        Note::NodesMovedTo { ways } => {
            naming("Nodes of it are now in ways modified here".to_owned(), ElementType::Way, ways)
        }
        Note::Reversed => plain("Runs the other way round."),
        Note::Reordered => plain("Has its nodes in another order."),
        Note::MembersReordered => plain("Has its members in another order."),
        Note::Restored => plain("Was deleted and came back."),
        Note::CreatedAndDeleted => plain("Was created and deleted within this changeset; it counts nowhere."),
        Note::MembersAdded { .. } | Note::MembersRemoved { .. } | Note::RolesChanged { .. } => None,
    }
}

fn named(site: &Site, words: String, kind: ElementType, ids: &[ElementId]) -> NoteLine {
    let link = |id: &ElementId| Named { id: *id, href: site.element_url(ElementRef { kind, id: *id }) };
    NoteLine { words, elements: ids.iter().take(NAMED).map(link).collect(), more: ids.len().saturating_sub(NAMED) }
}

/// Members that changed, at most [`MEMBERS`]: added, then removed, then those with another role, as the analysis has them.
pub(super) fn member_rows<'a>(site: &Site, notes: &'a [Note]) -> Vec<MemberRow<'a>> {
    let rows = notes.iter().flat_map(|note| {
        let (class, sign, word, members) = match note {
            Note::MembersAdded { members } => ("create", "+", "added", &members[..]),
            Note::MembersRemoved { members } => ("delete", "−", "removed", &members[..]),
            Note::RolesChanged { members } => ("modify", "±", "role changed", &members[..]),
            _ => ("", "", "", &[][..]),
        };
        members.iter().map(move |member| member_row(site, class, sign, word, member))
    });
    rows.take(MEMBERS).collect()
}

fn member_row<'a>(
    site: &Site,
    class: &'static str,
    sign: &'static str,
    word: &'static str,
    member: &'a MemberChange,
) -> MemberRow<'a> {
    let element = ElementRef { kind: member.kind, id: member.id };
    let (old, new) = (member.old_role.as_deref(), member.new_role.as_deref());
    MemberRow { class, sign, word, name: element.to_string(), href: site.element_url(element), old, new }
}
