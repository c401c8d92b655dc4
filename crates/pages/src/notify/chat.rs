//! What each chat takes, within its limits.

use serde_json::json;

use super::{
    Notice, NoticePurpose, Told, and_more,
    cut::{self, Unit, escaped},
    heading,
};
use crate::Site;

/// Most changesets told in one message of a chat.
const CHAT_CHANGESETS: usize = 10;

/// Most changesets told in a mail.
const MAIL_CHANGESETS: usize = 50;

/// Discord's limit of a message: <https://docs.discord.com/developers/resources/webhook#execute-webhook>.
const DISCORD_LIMIT: usize = 2_000;

/// Room that is left for `and 12 more`.
const MORE: usize = 40;

/// Longest parts of a changeset, escaped.
#[derive(Clone, Copy)]
struct Lengths {
    title: usize,
    labels: usize,
    summary: usize,
}

impl Lengths {
    const ALONE: Self = Self { title: 600, labels: 200, summary: 700 };
    const AMONG_OTHERS: Self = Self { title: 300, labels: 100, summary: 300 };

    fn of(notice: &Notice<'_>) -> Self {
        match notice.purpose {
            NoticePurpose::Digest => Self::AMONG_OTHERS,
            NoticePurpose::Changeset | NoticePurpose::Test => Self::ALONE,
        }
    }
}

fn told<'a>(site: &'a Site, notice: &'a Notice<'_>, most: usize) -> impl Iterator<Item = Told> + 'a {
    notice.entries.iter().take(most).map(|entry| Told::of(site, entry))
}

/// Blocks of `plain_text`, in which Slack reads no markup, no links and no mentions; only the links are `mrkdwn`.
///
/// Source: <https://docs.slack.dev/reference/block-kit/composition-objects/text-object>.
pub(super) fn slack(site: &Site, notice: &Notice<'_>) -> String {
    let lengths = Lengths::of(notice);
    let cut = |text: &str, limit| escaped(text, Unit::Utf16, limit, cut::slack);
    let plain = |text: &str, limit| escaped(text, Unit::Utf16, limit, cut::plain);
    let section = |kind: &str, text: String| json!({"type": "section", "text": {"type": kind, "text": text}});
    let (mut blocks, mut shown) = (Vec::new(), 0);
    let heading = heading(site, notice);
    blocks.extend(heading.iter().map(|heading| section("plain_text", plain(heading, 300))));
    for told in told(site, notice, CHAT_CHANGESETS) {
        let osm = told.page.as_ref().map(|_| format!(" · <{}|OSM>", slack_url(&told.osm))).unwrap_or_default();
        let link = format!("<{}|Changeset {}>{osm}", slack_url(told.link()), told.id);
        blocks.push(section("mrkdwn", link));
        let mut lines = vec![plain(&told.title, lengths.title)];
        lines.extend((!told.labels.is_empty()).then(|| plain(&told.labels, lengths.labels)));
        lines.push(plain(&told.summary, lengths.summary));
        blocks.push(section("plain_text", lines.join("\n")));
        shown += 1;
    }
    blocks.extend(and_more(notice, shown).map(|more| section("plain_text", more)));
    // What notifications of phones show, and clients without blocks.
    let first = told(site, notice, 1).map(|told| format!("Changeset {} {}", told.id, told.title)).next();
    let text = heading.or(first).unwrap_or_default();
    json!({
        "text": cut(&text, 1_000),
        "blocks": blocks,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    })
    .to_string()
}

/// An address between `<` and `|`.
fn slack_url(url: &str) -> String {
    url.replace('&', "&amp;").replace('<', "%3C").replace('>', "%3E").replace('|', "%7C")
}

/// Text with escaped signs and no allowed mentions. Links in `<…>` show no preview.
///
/// Source: <https://docs.discord.com/developers/resources/message#allowed-mentions-object>.
pub(super) fn discord(site: &Site, notice: &Notice<'_>) -> String {
    let lengths = Lengths::of(notice);
    let cut = |text: &str, limit| escaped(text, Unit::Utf16, limit, cut::discord);
    let piece = |told: &Told| {
        let osm = told.page.as_ref().map(|_| format!(" · [OSM](<{}>)", discord_url(&told.osm))).unwrap_or_default();
        let link = format!("[Changeset {}](<{}>){osm}", told.id, discord_url(told.link()));
        let mut lines = vec![format!("{link} {}", cut(&told.title, lengths.title))];
        lines.extend((!told.labels.is_empty()).then(|| cut(&told.labels, lengths.labels)));
        lines.push(cut(&told.summary, lengths.summary));
        lines.join("\n")
    };
    let heading = heading(site, notice).map(|heading| cut(&heading, 300));
    let pieces = told(site, notice, CHAT_CHANGESETS).map(|told| piece(&told));
    let content = fitting(notice, heading, pieces, DISCORD_LIMIT);
    json!({
        "content": content,
        "allowed_mentions": {"parse": []},
        // No previews of links.
        "flags": 4,
    })
    .to_string()
}

fn discord_url(url: &str) -> String {
    url.replace('<', "%3C").replace('>', "%3E").replace(' ', "%20")
}

/// As many pieces as there is room for, one below the other.
fn fitting(notice: &Notice<'_>, heading: Option<String>, pieces: impl Iterator<Item = String>, limit: usize) -> String {
    let (mut text, mut shown) = (heading.unwrap_or_default(), 0);
    for piece in pieces {
        let gap = if text.is_empty() { "" } else { "\n" };
        let longer = format!("{text}{gap}{piece}");
        if Unit::Utf16.length(&longer) + MORE > limit {
            break;
        }
        (text, shown) = (longer, shown + 1);
    }
    if let Some(more) = and_more(notice, shown) {
        text.push_str(if text.is_empty() { "" } else { "\n" });
        text.push_str(&more);
    }
    text
}

/// A notice, which pings nobody by the default rules, with an empty list of mentions, so that no word in it counts as
/// one.
///
/// Source: <https://spec.matrix.org/v1.16/client-server-api/#mnotice>, and there "User and room mentions".
pub(super) fn matrix(site: &Site, notice: &Notice<'_>) -> String {
    let lengths = Lengths::of(notice);
    let plain = |text: &str, limit| escaped(text, Unit::Byte, limit, cut::plain);
    let html = |text: &str, limit| escaped(text, Unit::Byte, limit, cut::html);
    let (mut body, mut formatted, mut shown) = (Vec::new(), Vec::new(), 0);
    if let Some(heading) = heading(site, notice) {
        body.push(plain(&heading, 300));
        formatted.push(html(&heading, 300));
    }
    for told in told(site, notice, CHAT_CHANGESETS) {
        let (osm, address) = (html(&told.osm, usize::MAX), html(told.link(), usize::MAX));
        let mut lines = vec![format!("Changeset {} {}", told.id, plain(&told.title, lengths.title))];
        let link = format!("<a href=\"{address}\">Changeset {}</a>", told.id);
        let osm = told.page.as_ref().map(|_| format!(" · <a href=\"{osm}\">OSM</a>")).unwrap_or_default();
        let mut marked = vec![format!("{link}{osm} {}", html(&told.title, lengths.title))];
        if !told.labels.is_empty() {
            lines.push(plain(&told.labels, lengths.labels));
            marked.push(format!("<b>{}</b>", html(&told.labels, lengths.labels)));
        }
        lines.push(plain(&told.summary, lengths.summary));
        marked.push(html(&told.summary, lengths.summary));
        lines.push(told.link().to_owned());
        body.push(lines.join("\n"));
        formatted.push(marked.join("<br>"));
        shown += 1;
    }
    if let Some(more) = and_more(notice, shown) {
        body.push(more.clone());
        formatted.push(more);
    }
    json!({
        "msgtype": "m.notice",
        "body": body.join("\n\n"),
        "format": "org.matrix.custom.html",
        "formatted_body": formatted.iter().map(|part| format!("<p>{part}</p>")).collect::<String>(),
        "m.mentions": {},
    })
    .to_string()
}

pub(super) fn text(site: &Site, notice: &Notice<'_>) -> String {
    let plain = |text: &str, limit| escaped(text, Unit::Byte, limit, cut::plain);
    let (mut parts, mut shown) = (Vec::new(), 0);
    parts.extend(heading(site, notice).map(|heading| plain(&heading, 300)));
    for told in told(site, notice, MAIL_CHANGESETS) {
        let mut lines = vec![format!("Changeset {} {}", told.id, plain(&told.title, 1_000))];
        lines.extend((!told.labels.is_empty()).then(|| plain(&told.labels, 500)));
        lines.push(plain(&told.summary, 2_000));
        lines.extend(told.page.clone());
        lines.push(told.osm.clone());
        parts.push(lines.join("\n"));
        shown += 1;
    }
    parts.extend(and_more(notice, shown));
    parts.join("\n\n") + "\n"
}
