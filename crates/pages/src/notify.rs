//! Messages about changesets, in the form of each service that takes them.
//!
//! Strangers' words come from [`osmtracker_analysis::text_summary`], which cuts them and takes out what moves the cursor
//! or the writing direction. What is left is escaped for each service, so that it formats, links and pings nothing.

mod chat;
mod cut;
mod document;

use osmtracker_analysis::{Digest, PhraseKind, one_line, text_summary};
use osmtracker_osm::{Changeset, ChangesetId, Tags, Timestamp, User};

pub use document::{MAX_DOCUMENT_BYTES, NotificationDocument, NotifiedChangeset, NotifiedLabel};

use crate::{Entry, Progress, Site, keys};

/// In which form a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeFormat {
    /// The JSON document [`NotificationDocument`].
    Document,
    /// What an incoming webhook of Slack takes.
    Slack,
    /// What a webhook of Discord takes.
    Discord,
    /// The content of an `m.room.message` of Matrix.
    Matrix,
    /// Plain text, for mail.
    Text,
}

/// What a message is about.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// Names the message: the same for each try to send it.
    pub key: &'a str,
    /// The target's name in the configuration.
    pub target: &'a str,
    /// What it is sent for.
    pub purpose: NoticePurpose,
    /// The changesets, in the order in which they are told; at least one.
    pub entries: &'a [Entry],
    /// How many more there are, which are not told.
    pub more: u64,
}

/// What a message is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticePurpose {
    /// A changeset that matches.
    Changeset,
    /// All that matched for some time.
    Digest,
    /// Somebody tries whether messages arrive.
    Test,
}

/// The message in this form.
#[must_use]
pub fn notification(site: &Site, format: NoticeFormat, notice: &Notice<'_>) -> String {
    // The page of a changeset that is made up is not there.
    let without_pages = Site { base_url: None, ..site.clone() };
    let site = if notice.purpose == NoticePurpose::Test { &without_pages } else { site };
    match format {
        NoticeFormat::Document => document::render(site, notice),
        NoticeFormat::Slack => chat::slack(site, notice),
        NoticeFormat::Discord => chat::discord(site, notice),
        NoticeFormat::Matrix => chat::matrix(site, notice),
        NoticeFormat::Text => chat::text(site, notice),
    }
}

/// The subject of a mail: ASCII, at most 99 characters, and nothing that a stranger wrote.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>, `Subject`.
#[must_use]
pub fn notification_subject(site: &Site, notice: &Notice<'_>) -> String {
    let what = match (notice.purpose, notice.entries.first()) {
        (NoticePurpose::Test, _) => "a test".to_owned(),
        (NoticePurpose::Changeset, Some(entry)) => format!("changeset {}", entry.id()),
        _ => format!("{} changesets", notice.entries.len() as u64 + notice.more),
    };
    let title: String = site.title.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).take(60).collect();
    let title = title.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if title.is_empty() { format!("osmtracker: {what}") } else { format!("{title}: {what}") }
}

/// A made-up changeset, for a test.
#[must_use]
pub fn sample_entry(at: Timestamp) -> Entry {
    let changeset = Changeset {
        id: ChangesetId(1),
        created_at: at,
        closed_at: Some(at),
        open: false,
        user: Some(User { uid: None, name: "osmtracker".into() }),
        bounds: None,
        num_changes: 0,
        comments_count: 0,
        tags: Tags::from_iter([("comment", "A test of notifications: this is no real edit")]),
        discussion: Vec::new(),
    };
    let nothing = osmtracker_osm::AugmentedChange { actions: Vec::new(), gaps: Vec::new() };
    let digest = Digest::of(&osmtracker_analysis::analyse(&changeset, nothing));
    Entry { changeset, progress: Progress::Analysed, labels: Vec::new(), digest: Some(digest), source: None }
}

/// What a message tells of one changeset: plain text, not escaped yet.
struct Told {
    id: ChangesetId,
    /// `by ann: fix a bench`.
    title: String,
    /// Titles of its labels, with commas.
    labels: String,
    /// What changed, in a line.
    summary: String,
    /// Its page here, where the site has an address.
    page: Option<String>,
    /// The changeset on OpenStreetMap.
    osm: String,
}

impl Told {
    fn of(site: &Site, entry: &Entry) -> Self {
        let id = entry.id();
        let phrases = entry.digest.as_ref().map(|digest| text_summary(&entry.changeset, digest)).unwrap_or_default();
        let title = phrases.iter().find(|phrase| phrase.kind == PhraseKind::Title).map_or("", |phrase| &phrase.text);
        let labels: Vec<_> = entry.labels.iter().map(|label| site.label_title(&label.name)).collect();
        Self {
            id,
            title: title.strip_prefix(&format!("{id} ")).unwrap_or(title).to_owned(),
            labels: labels.join(", "),
            summary: one_line(&phrases),
            page: site.absolute(&keys::changeset_page(id)),
            osm: site.changeset_url(id),
        }
    }

    /// The address that the changeset's name leads to.
    fn link(&self) -> &str {
        self.page.as_deref().unwrap_or(&self.osm)
    }
}

/// What stands above the changesets of a digest or a test.
fn heading(site: &Site, notice: &Notice<'_>) -> Option<String> {
    let all = notice.entries.len() as u64 + notice.more;
    match notice.purpose {
        NoticePurpose::Changeset => None,
        NoticePurpose::Digest => Some(format!("{}: {}", site.title, crate::text::plural(all, "changeset"))),
        NoticePurpose::Test => Some(format!("{}: this is a test of the target {}", site.title, notice.target)),
    }
}

/// `and 12 more`; nothing when all are told.
fn and_more(notice: &Notice<'_>, shown: usize) -> Option<String> {
    let left = (notice.entries.len() - shown) as u64 + notice.more;
    (left > 0).then(|| format!("and {} more", crate::text::count(left)))
}
