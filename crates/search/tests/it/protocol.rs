//! Bulk requests, and what comes back.

use osmtracker_search::{Index, Operation, Outcome, SearchError};
use osmtracker_testkit::search::{SearchFault, SearchServer};

use crate::support::{bulks, changed, expected, held, row, server, version, version_of};

fn operations(ids: std::ops::Range<u64>) -> Vec<Operation> {
    ids.map(|id| Operation::of(&row(id))).collect()
}

async fn applied(index: &Index, operations: &[Operation]) -> Vec<Outcome> {
    index.apply(operations).await.unwrap()
}

#[tokio::test]
async fn documents_have_the_changesets_id_and_the_rows_version() {
    let (server, index) = server().await;
    let (first, second) = (row(1), changed(&row(1)));
    assert_eq!(applied(&index, &[Operation::of(&first)]).await, [Outcome::Indexed]);
    assert_eq!(version_of(&server, 1), Some(version(&first)));
    assert_eq!(applied(&index, &[Operation::of(&second)]).await, [Outcome::Indexed]);
    assert_eq!(version_of(&server, 1), Some(version(&first) + 1));
    assert_eq!(held(&server), expected(&[second]));
}

#[tokio::test]
async fn what_comes_late_or_twice_changes_nothing_and_is_no_failure() {
    let (server, index) = server().await;
    let (first, second) = (row(1), changed(&row(1)));
    applied(&index, &[Operation::of(&second)]).await;
    let again = [Operation::of(&first), Operation::of(&second)];
    assert_eq!(applied(&index, &again).await, [Outcome::Conflict, Outcome::Conflict]);
    assert_eq!(held(&server), expected(&[second]));
}

#[tokio::test]
async fn a_late_version_does_not_bring_a_deleted_document_back() {
    let (server, index) = server().await;
    let (first, second) = (row(1), changed(&row(1)));
    applied(&index, &[Operation::of(&first)]).await;
    assert_eq!(applied(&index, &[Operation::gone(&second)]).await, [Outcome::Deleted]);
    assert_eq!(applied(&index, &[Operation::of(&second)]).await, [Outcome::Conflict]);
    assert_eq!(applied(&index, &[Operation::gone(&second)]).await, [Outcome::Conflict]);
    assert!(held(&server).is_empty());
}

#[tokio::test]
async fn deleting_what_is_not_there_is_done() {
    let (_server, index) = server().await;
    assert_eq!(applied(&index, &[Operation::gone(&row(1))]).await, [Outcome::Deleted]);
}

#[tokio::test]
async fn a_changeset_that_was_dropped_and_comes_back_is_found_again() {
    let (server, index) = server().await;
    let many_versions = (0..20).fold(row(1), |row, _| changed(&row));
    applied(&index, &[Operation::of(&many_versions), Operation::gone(&many_versions)]).await;
    let mut returned = row(1);
    returned.first_written_at = returned.first_written_at.plus_seconds(3_600);
    assert_eq!(applied(&index, &[Operation::of(&returned)]).await, [Outcome::Indexed]);
    // What is late of its earlier life does it no harm.
    let late = [Operation::gone(&many_versions), Operation::of(&many_versions)];
    assert_eq!(applied(&index, &late).await, [Outcome::Conflict, Outcome::Conflict]);
    assert_eq!(held(&server), expected(&[returned]));
}

#[tokio::test]
async fn words_of_strangers_stay_within_their_line() {
    let hostile = [
        "\n{\"delete\":{\"_id\":\"2\",\"version\":9007199254740991,\"version_type\":\"external\"}}\n",
        "\r\n{\"index\":{}}\r\n{}",
        "\u{2028}\u{2029}\u{0}\u{7f}\u{feff}",
        "\"}\n{\"index\":{\"_index\":\"other\"}}\n{}\n\\",
        "\u{202e}\u{1f5fa}</script>",
    ];
    let (server, index) = server().await;
    let rows: Vec<_> = (1..)
        .zip(hostile)
        .map(|(id, words)| {
            let mut row = row(id);
            let keys = ["comment", "created_by", "source", words];
            row.changeset.tags = keys.into_iter().map(|key| (key, words)).collect();
            row.labels = serde_json::from_value(serde_json::json!([{"name": words, "evidence": []}])).unwrap();
            row
        })
        .collect();
    let operations: Vec<_> = rows.iter().map(Operation::of).collect();
    assert_eq!(applied(&index, &operations).await, vec![Outcome::Indexed; rows.len()]);
    assert_eq!(held(&server), expected(&rows));
    assert_eq!(bulks(&server)[0].lines().count(), 2 * rows.len());
}

#[tokio::test]
async fn many_documents_go_in_few_requests() {
    let (server, index) = server().await;
    applied(&index, &operations(1..1_201)).await;
    let sizes: Vec<_> = bulks(&server).iter().map(|body| body.lines().count() / 2).collect();
    assert_eq!(sizes, [500, 500, 200]);
}

#[tokio::test]
async fn large_documents_are_shared_out_over_requests() {
    let (server, index) = server().await;
    let large: Vec<_> = (1..9)
        .map(|id| {
            let mut row = row(id);
            row.changeset.tags = [("comment", "x".repeat(1 << 20).as_str())].into_iter().collect();
            Operation::of(&row)
        })
        .collect();
    assert_eq!(applied(&index, &large).await, vec![Outcome::Indexed; 8]);
    assert!(bulks(&server).iter().all(|body| body.len() <= 5 << 20));
}

#[tokio::test]
async fn a_request_that_is_too_large_for_the_server_is_sent_in_parts() {
    let (server, index) = server().await;
    server.set_most_bytes(2_000);
    let mut rows: Vec<_> = (1..6).map(row).collect();
    rows[2].changeset.tags = [("comment", "x".repeat(3_000).as_str())].into_iter().collect();
    let operations: Vec<_> = rows.iter().map(Operation::of).collect();
    let outcomes = applied(&index, &operations).await;
    assert!(matches!(outcomes[2], Outcome::Rejected(_)), "{outcomes:?}");
    rows.remove(2);
    assert_eq!(held(&server), expected(&rows));
}

/// Requests that go wrong before one that does not.
async fn after(faults: impl IntoIterator<Item = SearchFault>) -> (SearchServer, Result<Vec<Outcome>, SearchError>) {
    let (server, index) = server().await;
    // Template and index are there.
    applied(&index, &[Operation::of(&row(99))]).await;
    server.forget_requests();
    server.fail_next(faults);
    let result = index.apply(&operations(1..5)).await;
    (server, result)
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    for fault in [
        SearchFault::TooManyRequests(None),
        SearchFault::TooManyRequests(Some(0)),
        SearchFault::Status(503),
        SearchFault::Status(500),
        SearchFault::Dropped,
    ] {
        let (server, result) = after([fault, fault]).await;
        assert_eq!(result.unwrap(), vec![Outcome::Indexed; 4], "{fault:?}");
        assert_eq!(bulks(&server).len(), 3, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_finds_its_own_work() {
    let (server, result) = after([SearchFault::AnswerLost]).await;
    assert_eq!(result.unwrap(), vec![Outcome::Conflict; 4]);
    assert_eq!(held(&server), expected(&[row(1), row(2), row(3), row(4), row(99)]));
}

#[tokio::test]
async fn what_does_not_pass_is_said_after_some_tries() {
    let (server, result) = after([SearchFault::Status(503); 10]).await;
    let said = result.unwrap_err().to_string();
    assert!(said.contains("write 4 documents") && said.contains("503") && said.contains("127.0.0.1"), "{said}");
    assert_eq!(bulks(&server).len(), 4);
}

#[tokio::test]
async fn items_that_failed_are_retried_one_by_one() {
    for status in [429, 503] {
        let (server, result) = after([SearchFault::ItemsFailed(status)]).await;
        assert_eq!(result.unwrap(), vec![Outcome::Indexed; 4]);
        let sizes: Vec<_> = bulks(&server).iter().map(|body| body.lines().count() / 2).collect();
        assert_eq!(sizes, [4, 1, 1], "every second one failed");
    }
}

#[tokio::test]
async fn a_server_without_room_is_not_asked_for_each_item() {
    let (server, result) = after([SearchFault::ItemsFailed(429); 20]).await;
    let outcomes = result.unwrap();
    assert!(matches!(outcomes[0], Outcome::Undone(_)) && matches!(outcomes[2], Outcome::Undone(_)), "{outcomes:?}");
    assert_eq!((&outcomes[1], &outcomes[3]), (&Outcome::Indexed, &Outcome::Indexed));
    assert_eq!(bulks(&server).len(), 1 + 4, "together, and one of them until there was no further try");
}

#[tokio::test]
async fn a_document_that_is_never_taken_does_not_keep_others_back() {
    let (server, index) = server().await;
    server.reject("2");
    let outcomes = applied(&index, &operations(1..4)).await;
    let Outcome::Rejected(rejection) = &outcomes[1] else { panic!("{outcomes:?}") };
    assert_eq!(rejection.kind, "document_parsing_exception");
    assert_eq!(held(&server), expected(&[row(1), row(3)]));
}

fn is_undone(outcome: &Outcome, reason: &str) -> bool {
    matches!(outcome, Outcome::Undone(said) if said == reason)
}

#[tokio::test]
async fn an_index_that_takes_no_document_makes_none_of_them_poison() {
    for kind in ["index_closed_exception", "illegal_argument_exception", "a_name_of_tomorrow"] {
        let (server, index) = server().await;
        applied(&index, &operations(1..3)).await;
        match kind {
            "index_closed_exception" => server.close_index("osmtracker"),
            kind => server.forbid_writes("osmtracker", kind),
        }
        server.forget_requests();
        let outcomes = applied(&index, &operations(3..6)).await;
        assert!(outcomes.iter().all(|it| is_undone(it, &format!("400 {kind}"))), "{outcomes:?}");
        assert!(server.requests().len() <= 4, "{:?}", server.requests());
        server.open_index("osmtracker");
        assert_eq!(applied(&index, &operations(3..6)).await, vec![Outcome::Indexed; 3]);
        assert_eq!(held(&server), expected((1..6).map(row).collect::<Vec<_>>().iter()));
    }
}

#[tokio::test]
async fn an_empty_index_makes_no_document_poison_until_it_takes_one() {
    let (server, index) = server().await;
    server.reject_with("1", 500, "null_pointer_exception");
    assert!(is_undone(&applied(&index, &operations(1..2)).await[0], "500 null_pointer_exception"));
    assert!(matches!(applied(&index, &operations(1..3)).await[..], [Outcome::Rejected(_), Outcome::Indexed]));
}

#[tokio::test]
async fn an_error_of_any_name_that_only_some_documents_get_is_theirs() {
    // An immense term; a bug of the server's.
    for (status, kind) in [(400, "illegal_argument_exception"), (500, "null_pointer_exception")] {
        let (server, index) = server().await;
        applied(&index, &operations(1..2)).await;
        let before = server.documents("osmtracker");
        server.reject_with("2", status, kind);
        server.reject_with("4", status, kind);
        let outcomes = applied(&index, &operations(2..6)).await;
        for place in [0, 2] {
            assert!(matches!(&outcomes[place], Outcome::Rejected(it) if it.kind == kind), "{outcomes:?}");
        }
        assert_eq!(held(&server), expected(&[row(1), row(3), row(5)]));
        assert_eq!(server.documents("osmtracker")["1"], before["1"], "the witness stays as it is");
        let tries = bulks(&server).iter().filter(|body| body.contains("\"_id\":\"4\"")).count();
        assert_eq!(tries, 4, "time and again, before that is said");
        // Also when it comes alone, as in a batch that was halved.
        assert!(matches!(applied(&index, &operations(2..3)).await[..], [Outcome::Rejected(_)]));
    }
}

#[tokio::test]
async fn a_document_that_spoils_the_request_for_all_is_put_aside_alone() {
    let (server, index) = server().await;
    server.spoil("2");
    let outcomes = applied(&index, &operations(1..4)).await;
    assert!(matches!(&outcomes[1], Outcome::Rejected(it) if it.kind == "parse_exception"), "{outcomes:?}");
    assert_eq!(held(&server), expected(&[row(1), row(3)]));
}

#[tokio::test]
async fn a_part_of_the_index_that_is_away_makes_no_document_poison() {
    let (server, index) = server().await;
    applied(&index, &operations(1..2)).await;
    server.reject_with("2", 503, "unavailable_shards_exception");
    let outcomes = applied(&index, &operations(2..4)).await;
    assert!(is_undone(&outcomes[0], "503 unavailable_shards_exception"), "{outcomes:?}");
    assert_eq!(outcomes[1], Outcome::Indexed);
}

#[tokio::test]
async fn a_request_that_is_refused_for_a_moment_makes_no_document_poison() {
    let (server, result) = after([SearchFault::Status(400); 9]).await;
    let outcomes = result.unwrap();
    assert!(outcomes.iter().all(|it| matches!(it, Outcome::Undone(_))), "{outcomes:?}");
    assert!(held(&server).len() == 1);
}

#[tokio::test]
async fn an_index_that_was_removed_is_made_anew() {
    let (server, index) = server().await;
    applied(&index, &operations(1..3)).await;
    server.remove_index("osmtracker");
    assert_eq!(applied(&index, &operations(3..5)).await, vec![Outcome::Indexed; 2]);
    assert_eq!(held(&server), expected(&[row(3), row(4)]));
}
