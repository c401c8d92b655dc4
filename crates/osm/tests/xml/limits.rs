//! Each limit, just kept and just passed.

use std::io::{BufReader, Read};

use osmtracker_osm::{
    ReadErrorKind, gzip,
    xml::{Limits, limits, parse_changesets, parse_elements, read_elements, read_elements_within},
};

/// Passes with so many, fails with one more, and the failure names the limit.
fn check(what: &str, limit: usize, document: impl Fn(usize) -> String) {
    if let Err(error) = parse_elements(document(limit).as_bytes()) {
        panic!("{what}: {limit} are allowed: {error}");
    }
    let error = parse_elements(document(limit + 1).as_bytes()).unwrap_err();
    let ReadErrorKind::Limit { what: found, limit: named } = error.kind else { panic!("{what}: {error}") };
    assert_eq!((found, named), (what, limit as u64));
}

#[test]
fn elements_inside_each_other() {
    check("elements inside each other", limits::DEPTH, |n| {
        format!("<osm>{}{}</osm>", "<a>".repeat(n - 1), "</a>".repeat(n - 1))
    });
    let empty = format!("<osm>{}<b/>{}</osm>", "<a>".repeat(limits::DEPTH - 1), "</a>".repeat(limits::DEPTH - 1));
    assert!(parse_elements(empty.as_bytes()).is_err(), "an empty element counts");
}

#[test]
fn attributes_in_one_element() {
    check("attributes in one element", limits::ATTRIBUTES, |n| {
        let others: String = (1..n).map(|n| format!(" a{n}=\"\"")).collect();
        format!("<osm><node id=\"1\"{others}/></osm>")
    });
}

#[test]
fn tags_in_one_element() {
    check("tags in one element", limits::TAGS, |n| {
        format!("<osm><node id=\"1\">{}</node></osm>", "<tag k=\"a\" v=\"b\"/>".repeat(n))
    });
}

#[test]
fn bytes_in_one_attribute() {
    check("bytes in one attribute", limits::VALUE_BYTES, |n| {
        format!("<osm><node id=\"1\" user=\"{}\"/></osm>", "x".repeat(n))
    });
}

#[test]
fn bytes_in_the_tags_of_one_element() {
    let tag = format!("<tag k=\"a\" v=\"{}\"/>", "x".repeat(limits::VALUE_BYTES - 1));
    let tags = tag.repeat(limits::TAG_BYTES / limits::VALUE_BYTES);
    check("bytes in the tags of one element", limits::TAG_BYTES, |n| {
        let more = if n > limits::TAG_BYTES { "<tag k=\"a\" v=\"\"/>" } else { "" };
        format!("<osm><node id=\"1\">{tags}{more}</node></osm>")
    });
}

#[test]
fn nodes_in_one_way() {
    check("nodes in one way", limits::WAY_NODES, |n| {
        format!("<osm><way id=\"1\">{}</way></osm>", "<nd ref=\"1\"/>".repeat(n))
    });
}

#[test]
fn members_in_one_relation() {
    check("members in one relation", limits::MEMBERS, |n| {
        format!("<osm><relation id=\"1\">{}</relation></osm>", "<member type=\"node\" ref=\"1\" role=\"\"/>".repeat(n))
    });
}

#[test]
fn positions_in_one_relation() {
    let members = |n: usize| {
        let nds = "<nd/>".repeat(n);
        format!("<member type=\"way\" ref=\"1\" role=\"\">{nds}</member><member type=\"way\" ref=\"1\">{nds}</member>")
    };
    let half = members(limits::MEMBER_POSITIONS / 2);
    check("positions in one relation", limits::MEMBER_POSITIONS, |n| {
        let more = if n > limits::MEMBER_POSITIONS { members(1) } else { String::new() };
        format!("<osm><relation id=\"1\">{half}{more}</relation></osm>")
    });
}

#[test]
fn comments_and_their_text() {
    let comment = |text: &str| format!("<comment date=\"2017-01-01T00:00:00Z\"><text>{text}</text></comment>");
    let document = |comments: &str| {
        format!(
            "<osm><changeset id=\"1\" created_at=\"2017-01-01T00:00:00Z\"><discussion>{comments}</discussion></changeset></osm>"
        )
    };
    let read = |comments: String| parse_changesets(document(&comments).as_bytes());
    assert!(read(comment("").repeat(limits::COMMENTS)).is_ok());
    let error = read(comment("").repeat(limits::COMMENTS + 1)).unwrap_err().to_string();
    assert!(error.ends_with("more than 10000 comments in one discussion"), "{error}");
    // Pieces, so that no single event is too long.
    let half = "x".repeat(limits::COMMENT_BYTES / 2);
    assert!(read(comment(&format!("{half}<!-- -->{half}"))).is_ok());
    let error = read(comment(&format!("{half}&amp;{half}"))).unwrap_err().to_string();
    assert!(error.ends_with("more than 1048576 bytes in one text"), "{error}");
}

#[test]
fn bytes_in_one_tag_or_text() {
    let long = "x".repeat(limits::EVENT_BYTES);
    let in_limit = &long[..limits::EVENT_BYTES - 10];
    assert!(parse_elements(format!("<osm><!--{in_limit}--></osm>").as_bytes()).is_ok());
    for document in [
        format!("<osm><!--{long}--></osm>"),
        format!("<osm><a b=\"{long}\"/></osm>"),
        format!("<osm><a>{long}</a></osm>"),
        format!("<osm>{}</osm>", " ".repeat(limits::EVENT_BYTES + 1)),
        format!("<osm><{long}/></osm>"),
        format!("<osm><a>&{long};</a></osm>"),
        format!("<?{long}?><osm/>"),
        format!("<!DOCTYPE {long}><osm/>"),
    ] {
        // From a slice, and in small pieces as from a network.
        for error in [
            parse_elements(document.as_bytes()).unwrap_err(),
            read_elements(BufReader::with_capacity(100, document.as_bytes()), |_| {}).unwrap_err(),
        ] {
            assert!(error.to_string().ends_with("more than 1048576 bytes in one tag or text"), "{error}");
        }
    }
}

#[test]
fn an_unending_document_is_stopped_and_memory_does_not_grow() {
    let limits = Limits { document_bytes: 1 << 20 };
    let node = "<node id=\"1\" version=\"1\"/>\n";
    let endless = "<osm>".as_bytes().chain(Endless { text: node.as_bytes(), at: 0 });
    let mut count = 0;
    let error = read_elements_within(BufReader::new(endless), limits, |_| count += 1).unwrap_err();
    assert_eq!(error.to_string(), "at byte 1048576: more than 1048576 bytes in the inflated document");
    assert_eq!(count, (1 << 20) / node.len());

    let document = format!("<osm>{}</osm>", node.repeat(10));
    let exactly = Limits { document_bytes: document.len() as u64 };
    assert!(read_elements_within(document.as_bytes(), exactly, |_| {}).is_ok());
}

#[test]
fn a_gzip_bomb_is_stopped() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(b"<osm>").unwrap();
    for _ in 0..64 {
        encoder.write_all(&[b'\n'; 1 << 14]).unwrap();
        encoder.write_all(b"<a/>").unwrap();
    }
    encoder.write_all(b"</osm>").unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(read_elements(gzip::gunzip(&bomb[..], 1 << 21), |_| {}).is_ok());
    let error = read_elements(gzip::gunzip(&bomb[..], 1 << 19), |_| {}).unwrap_err();
    assert!(matches!(error.kind, ReadErrorKind::Limit { limit: 524_288, .. }), "{error}");
}

/// The same text for ever.
struct Endless<'a> {
    text: &'a [u8],
    at: usize,
}

impl Read for Endless<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        for byte in &mut *into {
            *byte = self.text[self.at];
            self.at = (self.at + 1) % self.text.len();
        }
        Ok(into.len())
    }
}
