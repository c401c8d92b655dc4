//! `[[notify]]`: who is told of which changesets.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use osmtracker_analysis::LabelMatch;
use osmtracker_pages::{NoticeFormat, Site, View};
use url::Url;

use super::reader::{Reader, Section, Written};
use crate::metrics::NotifyKind;

/// A target of notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyTarget {
    /// 1 to 64 characters `a-z`, `0-9` and `-`: part of keys of messages.
    pub name: String,
    /// Views whose changesets are told; `index` is the one of everything.
    pub views: Vec<String>,
    /// Labels whose changesets are told.
    pub labels: Vec<String>,
    /// What takes the messages, and in which form.
    pub kind: NotifyKind,
    /// Where they are sent.
    pub address: Address,
    /// What a webhook's messages are signed with, or the access token of Matrix.
    pub key: Option<SecretPlace>,
    /// The room, of Matrix alone.
    pub room: Option<String>,
    /// Least time between two messages, each of which tells all that matched; `None`: each changeset by itself.
    pub digest: Option<Duration>,
    /// What happens with a message of which nobody knows whether it was sent.
    pub if_unsure: IfUnsure,
    /// Whether the address may be private, and without encryption.
    pub allow_private: bool,
}

/// Where messages are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A web address that is no secret.
    Url(Url),
    /// A web address that is one.
    Secret(SecretPlace),
    /// A topic of SNS, by its ARN.
    Topic(String),
}

/// Where a secret is kept. It is read when it is needed and is never part of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretPlace {
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// A parameter of the Systems Manager of AWS.
    Ssm(String),
}

/// What happens with a message whose sender died between sending it and writing down that it was sent, where the receiver
/// cannot tell that it has had it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfUnsure {
    /// It counts as sent: at most once.
    Skip,
    /// It is sent again: at least once.
    Repeat,
}

impl NotifyTarget {
    /// Whether it is told of a changeset with these labels.
    #[must_use]
    pub fn matches(&self, site: &Site, labels: &[LabelMatch]) -> bool {
        self.labels.iter().any(|name| labels.iter().any(|label| label.name == *name))
            || site.all_views().any(|view| self.views.contains(&view.name) && view.matches(labels))
    }

    /// The form of its messages.
    #[must_use]
    pub const fn format(&self) -> NoticeFormat {
        match self.kind {
            NotifyKind::Webhook | NotifyKind::Sns => NoticeFormat::Document,
            NotifyKind::Slack => NoticeFormat::Slack,
            NotifyKind::Discord => NoticeFormat::Discord,
            NotifyKind::Matrix => NoticeFormat::Matrix,
            NotifyKind::Email => NoticeFormat::Text,
        }
    }

    /// For how long the receiver knows a message again by its key, so that sending it twice does no harm; `None`: not at all.
    #[must_use]
    pub fn knows_keys_for(&self) -> Option<Duration> {
        match self.kind {
            NotifyKind::Webhook | NotifyKind::Matrix => Some(Duration::MAX),
            NotifyKind::Slack | NotifyKind::Discord => None,
            NotifyKind::Sns | NotifyKind::Email => self.topic().is_some_and(is_fifo).then_some(FIFO_KNOWS_KEYS_FOR),
        }
    }

    /// The topic, where it is one.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        match &self.address {
            Address::Topic(arn) => Some(arn),
            Address::Url(_) | Address::Secret(_) => None,
        }
    }
}

/// Less than the five minutes that a FIFO topic knows a key, by what two clocks may differ.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html>.
const FIFO_KNOWS_KEYS_FOR: Duration = Duration::from_secs(270);

/// Whether a topic keeps order and drops what it has seen, by its ARN.
#[must_use]
pub fn is_fifo(arn: &str) -> bool {
    arn.ends_with(".fifo")
}

const UNSURE: [(&str, IfUnsure); 2] = [("skip", IfUnsure::Skip), ("repeat", IfUnsure::Repeat)];

pub(super) fn read(reader: &mut Reader<'_>, root: &mut Section, site: &Site) -> Vec<NotifyTarget> {
    let (mut targets, mut seen) = (Vec::new(), BTreeSet::new());
    for Written { value: mut section, origin } in reader.sections(root, "notify") {
        let s = &mut section;
        let name = name(reader, s, &origin, &mut seen);
        let views = known(reader, s, "views", site.all_views().map(|view| view.name).collect());
        let labels = known(reader, s, "labels", site.labels.iter().map(|label| label.name.clone()).collect());
        let kind = kind(reader, s, &origin);
        let digest = reader.integer(s, "digest_minutes", 0..=7 * 24 * 60, 0);
        let if_unsure = reader.text(s, "if_unsure");
        let if_unsure = if_unsure.and_then(|text| reader.choice("if_unsure", &text, &UNSURE));
        let allow_private = reader.bool(s, "allow_private").unwrap_or(false);
        let address = address(reader, s, &origin, kind, allow_private);
        let key = secret(reader, s, ["key_file", "key_ssm", "key_variable"]);
        let room = reader.text(s, "room");
        check_key(reader, &origin, kind, key.is_some());
        let room = check_room(reader, &origin, kind, room);
        if views.is_empty() && labels.is_empty() {
            reader.wrong(&origin, "a target needs `views` or `labels`; `views = [\"index\"]` is told of everything");
        }
        reader.done(section);
        let (Some(name), Some(kind), Some(address)) = (name, kind, address) else { continue };
        targets.push(NotifyTarget {
            name,
            views,
            labels,
            kind,
            address,
            key,
            room,
            digest: (digest > 0).then(|| Duration::from_secs(u64::from(digest) * 60)),
            if_unsure: if_unsure.unwrap_or(IfUnsure::Skip),
            allow_private,
        });
    }
    targets
}

type Place = super::tree::Origin;

fn name(reader: &mut Reader<'_>, s: &mut Section, origin: &Place, seen: &mut BTreeSet<String>) -> Option<String> {
    let Some(name) = reader.text(s, "name") else {
        reader.wrong(origin, "a target of notifications needs a `name`");
        return None;
    };
    if !View::is_valid_name(&name.value) {
        let rule = "1 to 64 characters a-z, 0-9 and -, and not index";
        reader.wrong(&name.origin, format!("{:?} cannot be the name of a target: {rule}", name.value));
    } else if !seen.insert(name.value.clone()) {
        reader.wrong(&name.origin, format!("there is another target {:?}; give one of them another name", name.value));
    }
    Some(name.value)
}

/// Names that must be among those that there are.
fn known(reader: &mut Reader<'_>, s: &mut Section, key: &'static str, names: Vec<String>) -> Vec<String> {
    let written = reader.texts(s, key).unwrap_or_default();
    for name in &written {
        if !names.contains(&name.value) {
            let hint = super::suggest::suggestion(&name.value, names.iter().map(String::as_str));
            let what = key.trim_end_matches('s');
            reader.wrong(&name.origin, format!("there is no {what} {:?}{hint}", name.value));
        }
    }
    written.into_iter().map(|name| name.value).collect()
}

fn kind(reader: &mut Reader<'_>, s: &mut Section, origin: &Place) -> Option<NotifyKind> {
    let choices: Vec<_> = NotifyKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
    match reader.text(s, "format") {
        Some(text) => reader.choice("format", &text, &choices),
        None => {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            reader.wrong(origin, format!("a target needs a `format`: one of {}", names.join(", ")));
            None
        }
    }
}

/// Reads `target_file` and so on: at most one of them.
fn secret(reader: &mut Reader<'_>, s: &mut Section, keys: [&'static str; 3]) -> Option<SecretPlace> {
    let [file, ssm, variable] = keys.map(|key| reader.text(s, key));
    if let Some(variable) = variable.as_ref().filter(|text| !is_variable(&text.value)) {
        reader.wrong(&variable.origin, format!("{:?} cannot be the name of a variable", variable.value));
    }
    if let Some(ssm) = ssm.as_ref().filter(|text| !is_parameter(&text.value)) {
        let rule = "a parameter's name begins with / and holds letters, digits and / _ . -";
        reader.wrong(&ssm.origin, format!("{:?} cannot be used: {rule}", ssm.value));
    }
    let [file_key, ssm_key, variable_key] = keys;
    if let Some(second) = [&file, &ssm, &variable].into_iter().flatten().nth(1) {
        let message = format!("give one of `{file_key}`, `{ssm_key}` and `{variable_key}`");
        reader.wrong(&second.origin, message);
    }
    file.map(|file| SecretPlace::File(reader.path(&file)))
        .or_else(|| ssm.map(|ssm| SecretPlace::Ssm(ssm.value)))
        .or_else(|| variable.map(|variable| SecretPlace::Variable(variable.value)))
}

fn is_variable(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(plain)
}

fn is_parameter(name: &str) -> bool {
    name.len() > 1 && name.starts_with('/') && name.chars().all(|c| c.is_ascii_alphanumeric() || "/_.-".contains(c))
}

fn address(
    reader: &mut Reader<'_>,
    s: &mut Section,
    origin: &Place,
    kind: Option<NotifyKind>,
    allow_private: bool,
) -> Option<Address> {
    let url = reader.text(s, "url");
    let topic = reader.text(s, "topic");
    let secret = secret(reader, s, ["target_file", "target_ssm", "target_variable"]);
    match (kind?, url, topic, secret) {
        (kind @ (NotifyKind::Sns | NotifyKind::Email), None, Some(topic), None) => checked_topic(reader, kind, topic),
        (kind @ (NotifyKind::Sns | NotifyKind::Email), ..) => {
            let kind = kind.as_str();
            reader
                .wrong(origin, format!("the format {kind} needs a `topic`, the ARN of a topic, and no other address"));
            None
        }
        (NotifyKind::Slack | NotifyKind::Discord, Some(url), ..) => {
            let advice =
                "the address of a chat's webhook is a secret; give `target_file`, `target_ssm` or `target_variable`";
            reader.wrong(&url.origin, advice);
            None
        }
        (_, None, None, Some(secret)) => Some(Address::Secret(secret)),
        (_, Some(url), None, None) => checked_url(reader, url, allow_private),
        (NotifyKind::Slack | NotifyKind::Discord, ..) => {
            let advice = "it needs its address in `target_file`, `target_ssm` or `target_variable`, and nowhere else";
            reader.wrong(origin, advice);
            None
        }
        _ => {
            let advice = "it needs its address in one of `url`, `target_file`, `target_ssm` and `target_variable`";
            reader.wrong(origin, advice);
            None
        }
    }
}

fn checked_topic(reader: &mut Reader<'_>, kind: NotifyKind, topic: Written<String>) -> Option<Address> {
    let parts: Vec<_> = topic.value.split(':').collect();
    let is_arn = matches!(parts[..], ["arn", _, "sns", region, account, name]
        if !region.is_empty() && !account.is_empty() && !name.is_empty());
    if !is_arn {
        let example = "arn:aws:sns:eu-central-1:123456789012:edits";
        reader.wrong(&topic.origin, format!("`topic` must be the ARN of a topic, such as {example}"));
    }
    if kind == NotifyKind::Email && is_fifo(&topic.value) {
        let advice = "nobody can subscribe to a FIFO topic by mail; give the ARN of a standard topic";
        reader.wrong(&topic.origin, advice);
    }
    is_arn.then_some(Address::Topic(topic.value))
}

fn checked_url(reader: &mut Reader<'_>, text: Written<String>, allow_private: bool) -> Option<Address> {
    let url = Url::parse(&text.value).ok().filter(Url::has_host);
    let Some(url) = url else {
        reader.wrong(&text.origin, "`url` must be an address with a host, such as https://example.org/hook");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        reader.wrong(&text.origin, "`url` must hold no user name or password");
    }
    if url.scheme() != "https" && !(allow_private && url.scheme() == "http") {
        reader.wrong(&text.origin, "`url` must begin with https:// (or set allow_private = true for one of your own)");
    }
    Some(Address::Url(url))
}

fn check_key(reader: &mut Reader<'_>, origin: &Place, kind: Option<NotifyKind>, is_given: bool) {
    match kind {
        Some(NotifyKind::Webhook) if !is_given => {
            reader.wrong(
                origin,
                "a webhook needs a key that signs its messages: `key_file`, `key_ssm` or `key_variable`",
            );
        }
        Some(NotifyKind::Matrix) if !is_given => {
            reader.wrong(origin, "matrix needs an access token: `key_file`, `key_ssm` or `key_variable`");
        }
        Some(NotifyKind::Webhook | NotifyKind::Matrix) | None => {}
        Some(kind) if is_given => {
            reader.wrong(origin, format!("the format {} has no use for a key; remove it", kind.as_str()));
        }
        Some(_) => {}
    }
}

fn check_room(
    reader: &mut Reader<'_>,
    origin: &Place,
    kind: Option<NotifyKind>,
    room: Option<Written<String>>,
) -> Option<String> {
    match (kind, room) {
        (Some(NotifyKind::Matrix), None) => {
            reader.wrong(origin, "matrix needs the `room`'s id, such as !abc:example.org");
            None
        }
        (Some(NotifyKind::Matrix), Some(room)) => {
            if !room.value.starts_with('!') {
                let advice = "`room` must be the room's id, which begins with !; an alias such as #room:… is not one";
                reader.wrong(&room.origin, advice);
            }
            Some(room.value)
        }
        (_, Some(room)) => {
            reader.wrong(&room.origin, "`room` belongs to the format matrix alone");
            None
        }
        _ => None,
    }
}
