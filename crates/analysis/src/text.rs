//! A changeset in plain words, for terminals, feeds and notifications.

use osmtracker_osm::{Action, Changeset, ElementType};

use crate::{AffectedUser, Digest, Length, Summary};

/// Tags of each kind that are named.
const TAGS: usize = 4;

/// Earlier authors that are named.
const USERS: usize = 3;

/// Characters of a stranger's text that are kept.
const TEXT_CHARS: usize = 120;

/// What a phrase is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhraseKind {
    /// Id, author and comment.
    Title,
    /// Elements by action and type.
    Elements,
    /// A tag that appeared, changed or went away, or how many more did.
    TagDiff,
    /// Tags of elements of which only geometry or members changed.
    UnchangedTags,
    /// Nodes that moved.
    MovedNodes,
    /// Metres of ways.
    Mileage,
    /// Earlier authors.
    AffectedUsers,
    /// What could not be known.
    Gaps,
}

/// A few words about a changeset, such as `+120 nodes, ±3 ways` or `highway: track → residential ×2`.
///
/// Plain text: strangers' words in it are cut to 120 characters and hold no control characters, line breaks
/// or changes of writing direction, so that a terminal shows them as they are. Escape it for HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// What it is about.
    pub kind: PhraseKind,
    /// The words.
    pub text: String,
}

/// A changeset in plain words: the title first, then what was found, most important first.
#[must_use]
pub fn text_summary(changeset: &Changeset, digest: &Digest) -> Vec<Phrase> {
    let phrases = |kind, texts: Vec<String>| texts.into_iter().map(move |text| Phrase { kind, text });
    let mut summary = vec![Phrase { kind: PhraseKind::Title, text: title(changeset) }];
    summary.extend(phrases(PhraseKind::Elements, vec![elements(&digest.summary)]));
    summary.extend(phrases(PhraseKind::TagDiff, tag_diff(digest)));
    summary.extend(phrases(PhraseKind::UnchangedTags, unchanged_tags(digest).into_iter().collect()));
    summary.extend(phrases(PhraseKind::MovedNodes, moved_nodes(digest.moved_nodes).into_iter().collect()));
    summary.extend(phrases(PhraseKind::Mileage, mileage(digest)));
    summary.extend(phrases(PhraseKind::AffectedUsers, affected_users(digest).into_iter().collect()));
    summary.extend(phrases(PhraseKind::Gaps, gaps(digest.gaps).into_iter().collect()));
    summary
}

/// All phrases but the title in one line.
#[must_use]
pub fn one_line(phrases: &[Phrase]) -> String {
    let texts = phrases.iter().filter(|phrase| phrase.kind != PhraseKind::Title).map(|phrase| phrase.text.as_str());
    texts.collect::<Vec<_>>().join("; ")
}

fn title(changeset: &Changeset) -> String {
    let author = changeset.user.as_ref().map_or("an unnamed user".to_owned(), |user| plain(&user.name));
    let comment = changeset.comment().map_or("(no comment)".to_owned(), plain);
    format!("{} by {author}: {comment}", changeset.id)
}

fn elements(summary: &Summary) -> String {
    let signs = [(Action::Create, '+'), (Action::Modify, '±'), (Action::Delete, '−')];
    let count = |(action, sign), kind| {
        let count = summary.of(action).of(kind);
        (count > 0).then(|| format!("{sign}{}", counted(count, kind.as_str())))
    };
    let counts =
        signs.into_iter().flat_map(|sign| ElementType::ALL.into_iter().filter_map(move |kind| count(sign, kind)));
    let counts: Vec<_> = counts.collect();
    if counts.is_empty() { "no element changed".to_owned() } else { counts.join(", ") }
}

fn tag_diff(digest: &Digest) -> Vec<String> {
    let diff = &digest.tag_diff;
    let added = diff.create.iter().map(|tag| format!("+ {}", tag_text(&tag.key, &tag.value, tag.count)));
    let changed = diff
        .modify
        .iter()
        .map(|tag| format!("{}: {} → {}{}", plain(&tag.key), plain(&tag.old), plain(&tag.new), times(tag.count)));
    let removed = diff.delete.iter().map(|tag| format!("− {}", tag_text(&tag.key, &tag.value, tag.count)));
    let mut texts: Vec<_> = added.take(TAGS).chain(changed.take(TAGS)).chain(removed.take(TAGS)).collect();
    let all = diff.create.len() + diff.modify.len() + diff.delete.len();
    let more = crate::counting::count(all - texts.len()) + digest.tag_diff_more;
    if more > 0 {
        texts.push(format!("{more} more tag {}", if more == 1 { "change" } else { "changes" }));
    }
    texts
}

fn unchanged_tags(digest: &Digest) -> Option<String> {
    let tags = digest.unchanged_tags.iter().take(TAGS).map(|tag| tag_text(&tag.key, &tag.value, tag.count));
    let tags: Vec<_> = tags.collect();
    (!tags.is_empty()).then(|| format!("same tags: {}", tags.join(", ")))
}

fn moved_nodes(moved: u32) -> Option<String> {
    (moved > 0).then(|| format!("{} moved", counted(moved, "node")))
}

/// Metres by kind of way, and those of no kind as `ways`.
fn mileage(digest: &Digest) -> Vec<String> {
    let mileage = &digest.mileage_m;
    let by_key = mileage.by_type.iter().map(|(key, values)| (key.as_str(), sum(values.values())));
    let mut texts: Vec<_> = by_key.flat_map(|(key, length)| length_texts(key, length)).collect();
    if mileage.by_type.is_empty() {
        texts = length_texts("ways", mileage.total);
    }
    texts
}

fn sum<'a>(lengths: impl Iterator<Item = &'a Length>) -> Length {
    lengths.fold(Length::default(), |sum, length| Length {
        created: sum.created + length.created,
        deleted: sum.deleted + length.deleted,
        changed: sum.changed + length.changed,
    })
}

fn length_texts(what: &str, length: Length) -> Vec<String> {
    let change = if length.changed < 0.0 { "shorter" } else { "longer" };
    let texts = [
        metres(length.created).map(|metres| format!("{metres} of {what} created")),
        metres(length.deleted).map(|metres| format!("{metres} of {what} deleted")),
        metres(length.changed.abs()).map(|metres| format!("{what} {metres} {change}")),
    ];
    texts.into_iter().flatten().collect()
}

/// Metres or kilometres to two or three digits; `None` under half a metre.
fn metres(metres: f64) -> Option<String> {
    match metres {
        m if m < 0.5 => None,
        m if m < 999.5 => Some(format!("{m:.0} m")),
        m if m < 99_950.0 => Some(format!("{:.1} km", m / 1000.0)),
        m => Some(format!("{:.0} km", m / 1000.0)),
    }
}

fn affected_users(digest: &Digest) -> Option<String> {
    let named: Vec<_> = digest.affected_users.iter().take(USERS).map(user_text).collect();
    let others = digest.affected_users.len() - named.len();
    let others = crate::counting::count(others) + digest.affected_users_more;
    let more = if others > 0 { format!(" and {}", counted(others, "other")) } else { String::new() };
    (!named.is_empty()).then(|| format!("earlier work of {}{more}", named.join(", ")))
}

fn user_text(user: &AffectedUser) -> String {
    let name = match (&user.user, user.uid) {
        (Some(name), _) => plain(name),
        (None, Some(uid)) => format!("user {uid}"),
        (None, None) => "anonymous".to_owned(),
    };
    format!("{name}{}", times(user.elements))
}

fn gaps(gaps: u32) -> Option<String> {
    (gaps > 0).then(|| format!("{} in the data", counted(gaps, "gap")))
}

fn tag_text(key: &str, value: &str, count: u32) -> String {
    format!("{}={}{}", plain(key), plain(value), times(count))
}

fn times(count: u32) -> String {
    if count == 1 { String::new() } else { format!(" ×{count}") }
}

fn counted(count: u32, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A stranger's words on one line.
fn plain(text: &str) -> String {
    let mut chars = text.trim().chars();
    let mut plain: String = chars.by_ref().take(TEXT_CHARS).map(|c| if is_hostile(c) { ' ' } else { c }).collect();
    if chars.next().is_some() {
        plain.push('…');
    }
    plain
}

/// Control characters, line and paragraph separators, and those that change the writing direction.
fn is_hostile(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use osmtracker_osm::{ChangesetId, Tags, Timestamp, User, UserId};

    use super::*;
    use crate::{Mileage, TagChangeCount, TagCount, TagDiff, TypeCounts};

    fn changeset(name: &str, comment: &str) -> Changeset {
        Changeset {
            id: ChangesetId(4711),
            created_at: Timestamp(0),
            closed_at: None,
            open: true,
            user: Some(User { uid: Some(UserId(1)), name: name.into() }),
            bounds: None,
            num_changes: 0,
            comments_count: 0,
            tags: [("comment", comment)].into_iter().collect::<Tags>(),
            discussion: Vec::new(),
        }
    }

    fn tag(key: &str, value: &str, count: u32) -> TagCount {
        TagCount { key: key.to_owned(), value: value.to_owned(), count }
    }

    fn busy() -> Digest {
        let track = TagChangeCount { key: "highway".into(), old: "track".into(), new: "residential".into(), count: 2 };
        let road = Length { created: 1234.5, deleted: 0.2, changed: -310.0 };
        let by_type = [("highway".to_owned(), [("residential".to_owned(), road)].into())].into();
        let user = |uid, name: Option<&str>, elements| AffectedUser { uid, user: name.map(str::to_owned), elements };
        Digest {
            summary: Summary {
                create: TypeCounts { node: 120, way: 3, relation: 0 },
                modify: TypeCounts { way: 1, ..TypeCounts::default() },
                delete: TypeCounts { relation: 2, ..TypeCounts::default() },
                ..Summary::default()
            },
            tag_diff: TagDiff {
                create: vec![tag("building", "yes", 124)],
                modify: vec![track],
                delete: vec![tag("shop", "bakery", 1)],
            },
            tag_diff_more: 5,
            unchanged_tags: vec![tag("barrier", "gate", 3)],
            moved_nodes: 1,
            mileage_m: Mileage { total: road, by_type },
            affected_users: vec![user(Some(UserId(2)), Some("ann"), 12), user(None, None, 1)],
            affected_users_more: 1,
            gaps: 2,
            ..Digest::default()
        }
    }

    #[test]
    fn a_busy_changeset_fits_in_a_line() {
        let summary = text_summary(&changeset("Bo", "More houses"), &busy());
        assert_eq!(summary[0].text, "4711 by Bo: More houses");
        assert_eq!(
            one_line(&summary),
            "+120 nodes, +3 ways, ±1 way, −2 relations; + building=yes ×124; highway: track → residential ×2; \
             − shop=bakery; 5 more tag changes; same tags: barrier=gate ×3; 1 node moved; 1.2 km of highway created; \
             highway 310 m shorter; earlier work of ann ×12, anonymous and 1 other; 2 gaps in the data"
        );
    }

    #[test]
    fn an_empty_changeset_says_so() {
        let summary = text_summary(&changeset("Bo", " "), &Digest::default());
        let texts: Vec<_> = summary.iter().map(|phrase| phrase.text.as_str()).collect();
        assert_eq!(texts, ["4711 by Bo: (no comment)", "no element changed"]);
    }

    #[test]
    fn strangers_words_cannot_steer_a_terminal() {
        let summary = text_summary(&changeset("\u{1b}[31mred\r\n", &"x\u{202e}".repeat(200)), &Digest::default());
        let expected = format!("4711 by  [31mred: {}…", "x ".repeat(60));
        assert_eq!(summary[0].text, expected);
    }
}
