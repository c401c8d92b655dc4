use std::{error::Error as _, fs, io::Write as _};

use osmtracker_osm::ChangesetId;
use osmtracker_testkit::{Error, Upstream, replay::ReplayOptions, require_data};

use crate::support::{api, replay};

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const NODES: &str = r#"<osm version="0.6">
<node id="1" version="1" visible="true" changeset="7" timestamp="2020-01-01T00:00:00Z" user="ann" uid="1" lat="1" lon="2"/>
<node id="1" version="2" visible="false" changeset="8" timestamp="2020-01-02T00:00:00Z" user="bo" uid="2" lat="1" lon="2"/>
</osm>"#;

#[test]
fn what_cannot_be_replayed_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("notes.txt"), "no history").unwrap();
    fs::write(path("broken.osm.pbf"), [0, 0, 0, 9, 1, 2, 3]).unwrap();
    fs::write(path("broken.osm.gz"), &gzipped(NODES)[..80]).unwrap();
    fs::write(path("unclosed.osm"), "<osm><node id=\"1\" version=\"1\"/>").unwrap();

    let absent = Upstream::open(path("absent.osm.gz")).unwrap_err();
    assert!(matches!(absent, Error::Read { .. }) && absent.source().is_some());
    for name in ["broken.osm.pbf", "broken.osm.gz", "unclosed.osm"] {
        let error = Upstream::open(path(name)).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
        assert!(error.to_string().contains(name), "{error}");
    }
    for unfit in [path("notes.txt"), folder.path().to_owned()] {
        let error = Upstream::open(unfit).unwrap_err();
        assert!(matches!(error, Error::NotAnUpstream { .. }), "{error:?}");
        assert!(error.to_string().contains("full-history"), "{error}");
    }
}

#[tokio::test]
async fn a_folder_without_feeds_gets_them_with_its_metadata() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("history.osm.gz"), gzipped(NODES)).unwrap();
    let metadata = r#"<osm><changeset id="7" created_at="2020-01-01T00:00:00Z" closed_at="2020-01-01T00:05:00Z" open="false"
        num_changes="1" user="ann" uid="1" comments_count="0"><tag k="comment" v="first"/></changeset></osm>"#;
    fs::write(folder.path().join("changesets.osm.gz"), gzipped(metadata)).unwrap();
    let upstream = Upstream::open(folder.path()).unwrap();
    assert_eq!(upstream.changeset_ids(), [ChangesetId(7), ChangesetId(8)]);
    let replay = replay(upstream, ReplayOptions::default()).await;
    let answer = api(&replay, "changesets?changesets=7,8").await;
    let changesets = osmtracker_osm::xml::parse_changesets(&answer.body).unwrap();
    assert_eq!(changesets.iter().map(|changeset| changeset.comment()).collect::<Vec<_>>(), [None, Some("first")]);
    assert_eq!(changesets[0].user.as_ref().unwrap().name.as_ref(), "bo");
    assert_eq!(api(&replay, "node/1").await.status, 410);
    assert!(!api(&replay, "node/1/2").await.text().contains("lat="));
}

#[test]
fn a_plain_history_document_opens() {
    let upstream = Upstream::open(require_data!("e2e-niue/7954070/history.osm")).unwrap();
    assert!(upstream.changeset_ids().contains(&ChangesetId(7_954_070)));
}
