//! `[search]`.

use std::{path::Path, time::Duration};

use super::*;

#[test]
fn there_is_an_index_where_there_is_a_server() {
    assert_eq!(good("").search, None);
    assert_eq!(good("[search]\nindex = \"x\"").search, None);
    let search = good("[search]\nurl = \"https://search.example.org:9200\"").search.unwrap();
    assert_eq!((search.url.as_str(), search.index.as_str()), ("https://search.example.org:9200/", "osmtracker"));
    assert_eq!((search.credentials_file, search.credentials_parameter), (None, None));
    assert_eq!((search.ca_certificate, search.timeout), (None, Duration::from_secs(30)));
}

#[test]
fn files_are_found_beside_the_configuration() {
    let text = "[search]\nurl = \"https://s.example.org\"\ncredentials_file = \"secret\"\nca_file = \"search-ca.pem\"";
    let search = good(text).search.unwrap();
    assert_eq!(search.credentials_file.as_deref(), Some(Path::new("conf/secret")));
    assert!(search.ca_certificate.is_some_and(|pem| pem.starts_with("-----BEGIN")));
}

#[test]
fn plain_http_stays_on_this_machine_unless_it_is_allowed() {
    for text in [
        "url = \"http://127.0.0.1:9200\"",
        "url = \"http://localhost:9200\"",
        "url = \"http://search.lan:9200\"\nallow_http = true",
    ] {
        assert!(good(&format!("[search]\n{text}")).search.is_some(), "{text}");
    }
    assert!(good("[search]\nurl = \"http://[::1]:9200\"").search.unwrap().is_on_this_machine());
}

#[test]
fn what_cannot_be_is_told() {
    let first = |text: &str| said(&format!("[search]\n{text}")).lines().next().unwrap().to_owned();
    for (text, expected) in [
        (
            "url = \"http://search.lan:9200\"",
            "conf/o.toml:2:7: `url` must begin with https:// (or set search.allow_http = true in a network that you trust): \"http://search.lan:9200\"",
        ),
        (
            "url = \"https://elastic:geheim@s.example.org\"",
            "conf/o.toml:2:7: `url` must hold no user name or password: \"https://elastic:geheim@s.example.org\"",
        ),
        (
            "index = \"Changesets\"",
            "conf/o.toml:2:9: `index` must have up to 200 characters a-z, 0-9, -, _ and ., the first of them a letter or digit, not \"Changesets\"",
        ),
        (
            "credentials_file = \"a\"\ncredentials_parameter = \"b\"",
            "conf/o.toml:3:25: `credentials_file` and `credentials_parameter` cannot both be given; remove one of them",
        ),
        ("ca_file = \"absent.pem\"", "conf/o.toml:2:11: cannot read conf/absent.pem: entity not found"),
        ("ca_file = \"areas/square.poly\"", "conf/o.toml:2:11: conf/areas/square.poly is no certificate in PEM format"),
    ] {
        assert_eq!(first(text), expected, "{text}");
    }
    for index in ["", "a/b", "_all", ".x", "-x", "a*", "a,b", "..", "ü"] {
        assert!(first(&format!("index = {index:?}")).contains("`index` must have"), "{index}");
    }
}
