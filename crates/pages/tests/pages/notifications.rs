//! Messages about changesets: their forms, their limits, and hostile words in them.

use osmtracker_pages::{
    Entry, MAX_DOCUMENT_BYTES, Notice, NoticeFormat, NoticePurpose, Site, notification, notification_subject,
    sample_entry, schemas,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    fixture::{entries, rich_entry, site, time, user},
    hostile_words::PAYLOADS,
    json_schema::violations,
};

const FORMATS: [NoticeFormat; 5] =
    [NoticeFormat::Document, NoticeFormat::Slack, NoticeFormat::Discord, NoticeFormat::Matrix, NoticeFormat::Text];

fn notice(purpose: NoticePurpose, entries: &[Entry], more: u64) -> Notice<'_> {
    Notice { key: "ops-1795338000-4711", target: "ops", purpose, entries, more }
}

fn written(format: NoticeFormat, purpose: NoticePurpose, entries: &[Entry], more: u64) -> String {
    notification(&site(), format, &notice(purpose, entries, more))
}

fn pretty(message: &str) -> String {
    match serde_json::from_str::<Value>(message) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
        Err(_) => message.to_owned(),
    }
}

#[test]
fn a_changeset_in_each_form() {
    for format in FORMATS {
        let message = written(format, NoticePurpose::Changeset, &[rich_entry()], 0);
        insta::assert_snapshot!(format!("notification_{format:?}"), pretty(&message));
    }
}

#[test]
fn a_digest_in_each_form() {
    for format in FORMATS {
        let message =
            written(format, NoticePurpose::Digest, &[sample_entry(time("2026-11-22T09:38:43Z")), rich_entry()], 12);
        insta::assert_snapshot!(format!("digest_{format:?}"), pretty(&message));
    }
}

#[test]
fn a_test_says_that_it_is_one() {
    let sample = sample_entry(time("2026-11-22T09:38:43Z"));
    for format in FORMATS {
        let message = written(format, NoticePurpose::Test, std::slice::from_ref(&sample), 0);
        assert!(message.contains("test"), "{message}");
    }
}

#[test]
fn without_an_address_of_the_site_links_lead_to_openstreetmap() {
    let site = Site { base_url: None, ..site() };
    for format in FORMATS {
        let entries = [rich_entry()];
        let message = notification(&site, format, &notice(NoticePurpose::Changeset, &entries, 0));
        assert!(message.contains("https://www.openstreetmap.org/changeset/"), "{message}");
        assert!(!message.contains("example.org"), "{message}");
    }
}

#[test]
fn documents_fit_their_schema_whatever_they_tell() {
    let schema = &schemas()["notification.json"];
    for (purpose, entries) in [
        (NoticePurpose::Changeset, vec![rich_entry()]),
        (NoticePurpose::Digest, entries()),
        (NoticePurpose::Test, vec![sample_entry(time("2026-11-22T09:38:43Z"))]),
    ] {
        let document = serde_json::from_str(&written(NoticeFormat::Document, purpose, &entries, 3)).unwrap();
        assert_eq!(violations(schema.as_value(), &document), Vec::<String>::new());
    }
}

/// A changeset whose author wrote this wherever authors may write.
fn by(words: &str) -> Entry {
    let mut entry = rich_entry();
    entry.changeset.user = user(7, words);
    entry.changeset.tags = [("comment", words), ("source", words)].into_iter().collect();
    let digest = entry.digest.as_mut().unwrap();
    for tag in digest.tag_diff.create.iter_mut().chain(&mut digest.unchanged_tags) {
        (tag.key, tag.value) = (words.to_owned(), words.to_owned());
    }
    for user in &mut digest.affected_users {
        user.user = Some(words.to_owned());
    }
    entry
}

/// What a chat makes of the message, beside which it must hold none of its markup that a stranger could have meant.
fn checked(format: NoticeFormat, words: &str, purpose: NoticePurpose) {
    let entries = [by(words), by(words), by(words)];
    let entries = if purpose == NoticePurpose::Digest { &entries[..] } else { &entries[..1] };
    let message = written(format, purpose, entries, 5);
    match format {
        NoticeFormat::Document => {
            let document: Value = serde_json::from_str(&message).unwrap();
            assert_eq!(document["changesets"][0]["comment"].as_str().unwrap_or(words), words);
            assert!(message.len() <= MAX_DOCUMENT_BYTES);
        }
        NoticeFormat::Slack => slack(&serde_json::from_str(&message).unwrap()),
        NoticeFormat::Discord => discord(&serde_json::from_str(&message).unwrap()),
        NoticeFormat::Matrix => matrix(&message),
        NoticeFormat::Text => {
            assert!(!message.contains(|c: char| c.is_control() && c != '\n') && message.len() < 200_000, "{message:?}");
        }
    }
}

/// Only links of ours are `mrkdwn`; in the text beside the blocks, `<` would begin a link or a mention.
fn slack(message: &Value) {
    assert_eq!((&message["parse"], &message["link_names"]), (&Value::from("none"), &Value::from(false)));
    assert!(!message["text"].as_str().unwrap().contains(['<', '>']), "{message}");
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    for block in blocks {
        let text = block["text"]["text"].as_str().unwrap();
        assert!((1..=3_000).contains(&text.encode_utf16().count()), "{text}");
        if block["text"]["type"] == "mrkdwn" {
            let id = text.split_once("|Changeset ").unwrap().1.split_once('>').unwrap().0;
            let own = format!(
                "<https://example.org/niue/changesets/{id}/index.html|Changeset {id}> · \
                <https://www.openstreetmap.org/changeset/{id}|OSM>"
            );
            assert_eq!(text, own);
        } else {
            assert_eq!(block["text"]["type"], "plain_text");
        }
    }
}

/// Without our own links, every sign has a backslash.
fn discord(message: &Value) {
    assert_eq!(message["allowed_mentions"], serde_json::json!({"parse": []}));
    let content = message["content"].as_str().unwrap();
    assert!(content.encode_utf16().count() <= 2_000, "{}", content.len());
    for line in content.lines() {
        let rest = match line.strip_prefix("[Changeset ") {
            Some(rest) => rest.split_once("[OSM](<").unwrap().1.split_once(">)").unwrap().1,
            None => line,
        };
        let mut chars = rest.chars();
        while let Some(c) = chars.next() {
            assert!(!c.is_ascii_punctuation() || c == '\\', "{c:?} in {rest}");
            if c == '\\' {
                assert!(chars.next().is_some_and(|c| c.is_ascii_punctuation()), "{rest}");
            }
        }
    }
}

/// The HTML has the elements that we write and their own attributes, and no others.
fn matrix(message: &str) {
    assert!(message.len() < 60_000, "an event holds 64 KB");
    let message: Value = serde_json::from_str(message).unwrap();
    assert_eq!((&message["msgtype"], &message["m.mentions"]), (&Value::from("m.notice"), &serde_json::json!({})));
    let html = message["formatted_body"].as_str().unwrap();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, more) = after.split_once('>').unwrap();
        let is_link = tag.strip_prefix("a href=\"https://").is_some_and(|url| {
            let url = url.strip_suffix('"').unwrap_or_default();
            url.starts_with("example.org/niue/changesets/") || url.starts_with("www.openstreetmap.org/changeset/")
        });
        assert!(is_link || ["p", "/p", "b", "/b", "br", "/a"].contains(&tag), "<{tag}> in {html}");
        rest = more;
    }
}

#[test]
fn hostile_words_stay_words() {
    let more = [
        "<!channel> <!here> <@U123> <https://evil.example|click>",
        "@everyone @here <@123> <@&456> <#789> <t:0:R> </cmd:1>",
        "[click](https://evil.example) https://evil.example :smile: <:a:1>",
        "**a** __b__ ~~c~~ `d` ||e|| > f # g - h ```x```",
        "@room @alice:example.org <a href=\"https://matrix.to/#/@a:b\">x</a>",
        "&lt;!channel&gt; &amp;amp; \\* \\\\*",
        "\u{202e}reversed\u{2066} \r\n\u{7} \u{200b}",
    ];
    for words in PAYLOADS.into_iter().chain(more) {
        for format in FORMATS {
            for purpose in [NoticePurpose::Changeset, NoticePurpose::Digest] {
                checked(format, words, purpose);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_words_stay_words_and_messages_stay_in_their_limits(words in "\\PC{0,400}|[<>&|@*_~`\\[\\]():#\\\\!\"' a😀é\\n]{0,400}") {
        for format in FORMATS {
            for purpose in [NoticePurpose::Changeset, NoticePurpose::Digest] {
                checked(format, &words, purpose);
            }
        }
    }
}

#[test]
fn a_chat_tells_as_many_as_it_has_room_for_and_counts_the_rest() {
    let many = vec![rich_entry(); 30];
    for format in [NoticeFormat::Slack, NoticeFormat::Discord, NoticeFormat::Matrix] {
        let message = written(format, NoticePurpose::Digest, &many, 100);
        let shown = message.matches("Changeset ").count();
        assert!(shown > 0, "{message}");
        assert!(message.contains(" more"), "{message}");
    }
    let document: Value =
        serde_json::from_str(&written(NoticeFormat::Document, NoticePurpose::Digest, &many, 100)).unwrap();
    let listed = document["changesets"].as_array().unwrap().len() as u64;
    assert_eq!(listed + document["more"].as_u64().unwrap(), 130);
}

#[test]
fn a_subject_is_short_plain_and_ours() {
    for title in ["Island watch", "Ø ✓ 島", "\r\nBcc: x", "", &"long ".repeat(50)] {
        let site = Site { title: title.to_owned(), ..site() };
        let entries = [by("\r\nBcc: everybody@example.org")];
        for purpose in [NoticePurpose::Changeset, NoticePurpose::Digest, NoticePurpose::Test] {
            let subject = notification_subject(&site, &notice(purpose, &entries, 2));
            assert!(subject.len() < 100 && subject.starts_with(|c: char| c.is_ascii_alphanumeric()), "{subject:?}");
            assert!(subject.chars().all(|c| (' '..='~').contains(&c)), "{subject:?}");
            assert!(!subject.contains("everybody"), "{subject:?}");
        }
    }
}
