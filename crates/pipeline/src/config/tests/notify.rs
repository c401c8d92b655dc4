//! Targets of notifications.

use std::time::Duration;

use super::*;
use crate::metrics::NotifyKind;

const BASE: &str = "[[labels]]\nname = \"l\"\nwhen = \"true\"\n[[views]]\nname = \"v\"\nany = [\"l\"]\n[[notify]]\n";

/// Everything that is wrong with a target of these lines.
fn wrong(lines: &str) -> String {
    said(&format!("{BASE}{lines}"))
}

#[test]
fn a_target_is_read_with_its_secrets_place_and_never_with_a_secret() {
    let config = good(&format!(
        "{BASE}name = \"ops\"\nviews = [\"v\", \"index\"]\nlabels = [\"l\"]\nformat = \"webhook\"\n\
        target_file = \"secrets/chat\"\nkey_ssm = \"/osmtracker/key\"\ndigest_minutes = 30\nif_unsure = \"repeat\"\n"
    ));
    let target = config.notify_target("ops").unwrap();
    assert_eq!((target.kind, target.digest), (NotifyKind::Webhook, Some(Duration::from_secs(1_800))));
    assert_eq!(target.address, Address::Secret(SecretPlace::File("conf/secrets/chat".into())));
    assert_eq!(target.key, Some(SecretPlace::Ssm("/osmtracker/key".to_owned())));
    assert_eq!((target.if_unsure, target.allow_private), (IfUnsure::Repeat, false));
    assert!(config.summary().contains("notify ops (webhook)"));
    assert!(config.notify_target("others").is_none());
}

#[test]
fn what_is_wrong_with_a_target_is_said() {
    for (lines, expected) in [
        ("", "a target of notifications needs a `name`"),
        ("", "a target needs a `format`: one of webhook, slack, discord, matrix, sns, email"),
        ("", "a target needs `views` or `labels`; `views = [\"index\"]` is told of everything"),
        ("name = \"Ops\"", "\"Ops\" cannot be the name of a target"),
        ("name = \"a\"\n[[notify]]\nname = \"a\"", "there is another target \"a\"; give one of them another name"),
        ("views = [\"w\"]", "there is no view \"w\""),
        ("labels = [\"k\"]", "there is no label \"k\""),
        ("format = \"slck\"", "`format` does not know \"slck\"; did you mean `slack`?"),
        ("format = \"slack\"\nurl = \"https://hooks.slack.com/x\"", "the address of a chat's webhook is a secret"),
        ("format = \"discord\"", "it needs its address in `target_file`, `target_ssm` or `target_variable`"),
        ("format = \"webhook\"", "it needs its address in one of `url`, `target_file`"),
        ("format = \"webhook\"\nurl = \"https://e.org\"", "a webhook needs a key that signs its messages"),
        ("format = \"webhook\"\nurl = \"http://e.org\"", "`url` must begin with https:// (or set allow_private"),
        ("format = \"webhook\"\nurl = \"https://a:b@e.org\"", "`url` must hold no user name or password"),
        ("format = \"webhook\"\nurl = \"e.org\"", "`url` must be an address with a host"),
        ("format = \"matrix\"\nurl = \"https://e.org\"", "matrix needs an access token"),
        ("format = \"matrix\"\nurl = \"https://e.org\"", "matrix needs the `room`'s id"),
        ("format = \"matrix\"\nroom = \"#a:e.org\"", "`room` must be the room's id, which begins with !"),
        ("format = \"slack\"\nroom = \"!a:e.org\"", "`room` belongs to the format matrix alone"),
        ("format = \"slack\"\nkey_file = \"k\"", "the format slack has no use for a key; remove it"),
        ("format = \"sns\"", "the format sns needs a `topic`, the ARN of a topic, and no other address"),
        (
            "format = \"email\"\ntopic = \"arn:aws:sns:eu-central-1:123456789012:edits.fifo\"",
            "nobody can subscribe to a FIFO topic by mail",
        ),
        ("format = \"email\"\ntopic = \"edits\"", "`topic` must be the ARN of a topic"),
        (
            "format = \"slack\"\ntarget_file = \"a\"\ntarget_ssm = \"/b\"",
            "give one of `target_file`, `target_ssm` and `target_variable`",
        ),
        ("target_variable = \"chat\"", "\"chat\" cannot be the name of a variable"),
        ("target_ssm = \"chat\"", "\"chat\" cannot be used: a parameter's name begins with /"),
        ("if_unsure = \"perhaps\"", "`if_unsure` does not know \"perhaps\""),
        ("digest_minutes = 20000", "`digest_minutes` must be from 0 to 10080, not 20000"),
        ("tagret_file = \"x\"", "unknown key `tagret_file` in [notify]; did you mean `target_file`?"),
    ] {
        let found = wrong(lines);
        assert!(found.contains(expected), "--- {lines}\n{found}");
    }
}

#[test]
fn a_variable_that_holds_a_secret_is_none_of_the_configuration_s() {
    let found = load_with("", &[("OSMTRACKER_SECRET_CHAT", "https://example.org/secret")], Overrides::default());
    let shown = format!("{:?}", found.unwrap());
    assert!(!shown.contains("example.org/secret"), "{shown}");
}
