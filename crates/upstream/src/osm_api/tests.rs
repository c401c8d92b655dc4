use std::time::Duration;

use osmtracker_osm::{ChangesetId, ElementRef, Version};

use super::*;
use crate::{
    ApiMetadata,
    testing::{Hit, Reply, Server, bench, config},
};

const ID: ChangesetId = ChangesetId(7);

fn changeset(num_changes: u32) -> Changeset {
    Changeset {
        id: ID,
        created_at: Timestamp(0),
        closed_at: Some(Timestamp(10_000)),
        open: false,
        user: None,
        bounds: None,
        num_changes,
        comments_count: 0,
        tags: osmtracker_osm::Tags::new(),
        discussion: Vec::new(),
    }
}

fn node(id: u32, version: u32, second: u32, rest: &str) -> String {
    let time = format!("1970-01-01T00:{:02}:{:02}Z", second / 60, second % 60);
    format!(r#"<node id="{id}" version="{version}" changeset="7" timestamp="{time}" visible="true" {rest}</node>"#)
}

fn osm(elements: &[String]) -> Reply {
    Reply::ok(format!("<osm version=\"0.6\">{}</osm>", elements.concat()))
}

fn osm_change(block: &str, elements: &[String]) -> Reply {
    Reply::ok(format!("<osmChange version=\"0.6\"><{block}>{}</{block}></osmChange>", elements.concat()))
}

async fn ask(
    num_changes: u32,
    script: impl Fn(&Hit) -> Reply + Send + Sync + 'static,
) -> (Server, Result<SourcedChange, SourceError>) {
    let server = Server::new(script).await;
    let source = OsmApiSource::new(bench(config()).client, &server.url).unwrap();
    let result = source.changes(&changeset(num_changes)).await;
    (server, result)
}

fn path(hit: &Hit) -> &str {
    hit.target.strip_prefix("/api/0.6/").unwrap()
}

#[tokio::test]
async fn an_unknown_changeset_is_not_found_and_a_refusal_is_one() {
    let (_server, result) = ask(1, |_| Reply::status(404)).await;
    assert!(matches!(result, Err(SourceError::NotFound { source_name: "osm-api", id: ID })));
    for status in [403, 406] {
        let (_server, result) = ask(1, move |_| Reply::status(status)).await;
        assert!(matches!(result, Err(SourceError::Refused { status: seen, .. }) if seen == status));
    }
}

#[tokio::test]
async fn a_long_wait_that_the_server_asks_for_reaches_the_caller() {
    let (_server, result) = ask(1, |_| Reply::Whole(509, vec![("retry-after", "900".to_owned())], Vec::new())).await;
    let Err(SourceError::Transient { retry_after, .. }) = result else { panic!("{result:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(900)));
}

#[tokio::test]
async fn an_answer_that_ends_too_early_is_worth_another_try_and_another_document_is_not() {
    let (_server, result) = ask(1, |_| Reply::ok("<osmChange><create>")).await;
    assert!(matches!(result, Err(SourceError::Transient { .. })), "{result:?}");
    let (_server, result) = ask(1, |_| Reply::ok("<html></html>")).await;
    assert!(matches!(result, Err(SourceError::Permanent { .. })), "{result:?}");
}

#[tokio::test]
async fn forbidden_characters_are_repaired_and_noted() {
    let (_server, result) = ask(1, |hit| match path(hit) {
        "changeset/7/download" => {
            osm_change("create", &[node(1, 1, 5, "lat=\"1\" lon=\"2\"><tag k=\"note\" v=\"a\u{b}b&#8;\"/>")])
        }
        other => panic!("{other}"),
    })
    .await;
    let change = result.unwrap().change;
    let tags = &change.actions[0].new.as_ref().unwrap().tags;
    assert_eq!(tags.get("note"), Some("a\u{fffd}b\u{fffd}"));
    assert_eq!(change.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Repaired]);
}

#[tokio::test]
async fn versions_that_the_download_leaves_out_are_a_gap_with_their_number() {
    let (server, result) = ask(7, |_| osm_change("create", &[node(1, 1, 5, "lat=\"1\" lon=\"2\">")])).await;
    let change = result.unwrap().change;
    assert_eq!(change.actions.len(), 1);
    assert_eq!(change.gaps[0].kind, GapKind::Redacted);
    assert!(change.gaps[0].detail.starts_with("6 of 7 changes are redacted"), "{}", change.gaps[0].detail);
    assert_eq!(server.hits().len(), 1);

    // All of it redacted: an empty document.
    let (_server, result) = ask(2, |_| Reply::ok("<osmChange version=\"0.6\"/>")).await;
    let change = result.unwrap().change;
    assert_eq!((change.actions.len(), change.gaps.len()), (0, 1));
}

#[tokio::test]
async fn a_deleted_node_lies_where_its_previous_version_lay() {
    let (_server, result) = ask(1, |hit| match path(hit) {
        "changeset/7/download" => osm_change("delete", &[node(1, 3, 5, ">").replace("\"true\"", "\"false\"")]),
        "nodes?nodes=1v2" => osm(&[node(1, 2, 1, "lat=\"1\" lon=\"2\">")]),
        other => panic!("{other}"),
    })
    .await;
    let change = result.unwrap().change;
    let place = osmtracker_osm::Coordinate::from_degrees(2.0, 1.0);
    let action = &change.actions[0];
    let (old, new) = (action.old.as_ref().unwrap(), action.new.as_ref().unwrap());
    assert_eq!((old.position(), new.position(), new.visible), (place, place, false));
    assert!(change.gaps.is_empty());
}

#[tokio::test]
async fn a_redacted_old_version_is_looked_for_in_the_history_and_then_a_gap() {
    for (history, kind) in [
        (osm(&[node(1, 1, 1, "lat=\"1\" lon=\"2\">"), node(1, 3, 5, "lat=\"1\" lon=\"2\">")]), GapKind::Redacted),
        (Reply::status(403), GapKind::Redacted),
        (Reply::status(404), GapKind::MissingOld),
        (Reply::status(410), GapKind::MissingOld),
    ] {
        let (server, result) = ask(2, move |hit| match path(hit) {
            "changeset/7/download" => {
                osm_change("modify", &[node(1, 3, 5, "lat=\"1\" lon=\"2\">"), node(2, 2, 5, "lat=\"1\" lon=\"2\">")])
            }
            "nodes?nodes=1v2,2v1" | "nodes?nodes=1v2" => Reply::status(404),
            "nodes?nodes=2v1" => osm(&[node(2, 1, 1, "lat=\"1\" lon=\"2\">")]),
            "node/1/history" => history.clone(),
            other => panic!("{other}"),
        })
        .await;
        let sourced = result.unwrap();
        let node1 = ElementRef { kind: ElementType::Node, id: ElementId(1) };
        let gap = &sourced.change.gaps[0];
        assert_eq!((gap.kind, gap.element, gap.version), (kind, Some(node1), Some(Version(2))));
        assert!(sourced.change.actions[0].old.is_none() && sourced.change.actions[1].old.is_some());
        assert_eq!((sourced.calls, server.hits().len()), (5, 5));
    }
}

#[tokio::test]
async fn whoever_is_blocked_stops_knocking() {
    let (server, result) = ask(2, |hit| match path(hit) {
        "changeset/7/download" => {
            osm_change("modify", &[node(1, 3, 5, "lat=\"1\" lon=\"2\">"), node(2, 2, 5, "lat=\"1\" lon=\"2\">")])
        }
        _ => Reply::status(403),
    })
    .await;
    assert!(matches!(result, Err(SourceError::Refused { status: 403, .. })), "{result:?}");
    assert_eq!(server.hits().len(), 2);
}

#[tokio::test]
async fn several_versions_in_one_changeset_need_only_the_first_old_one() {
    let (server, result) = ask(3, |hit| match path(hit) {
        "changeset/7/download" => osm_change(
            "modify",
            &[5, 4, 3].map(|version| node(1, version, version, &format!("lat=\"{version}\" lon=\"0\">"))),
        ),
        "nodes?nodes=1v2" => osm(&[node(1, 2, 2, "lat=\"2\" lon=\"0\">")]),
        other => panic!("{other}"),
    })
    .await;
    let versions: Vec<_> = result
        .unwrap()
        .change
        .actions
        .iter()
        .map(|action| {
            let version = |side: &Option<Element>| side.as_ref().unwrap().version.0;
            (version(&action.old), version(&action.new))
        })
        .collect();
    assert_eq!(versions, [(2, 3), (3, 4), (4, 5)]);
    assert_eq!(server.hits().len(), 2);
}

fn metadata_xml(id: u64, comments: u32, comment: &str) -> String {
    let discussion = if comment.is_empty() {
        String::new()
    } else {
        format!("<discussion><comment date=\"2026-01-01T00:00:00Z\"><text>{comment}</text></comment></discussion>")
    };
    format!(
        "<changeset id=\"{id}\" created_at=\"2026-01-01T00:00:00Z\" open=\"true\" comments_count=\"{comments}\" \
         changes_count=\"1\">{discussion}</changeset>"
    )
}

#[tokio::test]
async fn metadata_of_many_changesets_take_few_calls_and_have_their_discussions() {
    let server = Server::new(|hit| match path(hit) {
        "changeset/2?include_discussion=true" => osm(&[metadata_xml(2, 1, "odd \u{b} text")]),
        "changeset/9?include_discussion=true" => Reply::status(404),
        target if target.starts_with("changesets?changesets=1,2,3,") => {
            osm(&[metadata_xml(2, 1, ""), metadata_xml(1, 0, "")])
        }
        target if target.starts_with("changesets?changesets=") => osm(&[]),
        other => panic!("{other}"),
    })
    .await;
    let source = ApiMetadata::new(bench(config()).client, &server.url).unwrap();
    use osmtracker_pipeline::ports::MetadataSource as _;
    let ids: Vec<_> = (1..=150).map(ChangesetId).collect();
    let mut found = source.metadata(&ids).await.unwrap();
    found.sort_by_key(|changeset| changeset.id);
    assert_eq!(found.iter().map(|changeset| changeset.id.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(found[1].discussion[0].text, "odd \u{fffd} text");
    assert_eq!(server.hits().len(), 3);
    assert!(source.metadata(&[ChangesetId(9)]).await.unwrap().is_empty());
    assert!(source.metadata(&[]).await.unwrap().is_empty());
    assert_eq!(server.hits().len(), 4);
}
