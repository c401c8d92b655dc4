use super::*;
use crate::testing::{Bench, Reply, Server, bench, config, gzip};

async fn get(bench: &Bench, server: &Server, path: &str, operation: Operation) -> Result<Response, UpstreamError> {
    let base = bench.client.folder(&server.url).unwrap();
    let url = base.url().join(path).unwrap();
    bench.client.get(&Request { base: &base, url, operation }).await
}

fn waits(bench: &Bench) -> Vec<u64> {
    bench.timer.slept().iter().map(Duration::as_secs).collect()
}

fn read(response: &Response) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut response.reader(), &mut bytes).map(|_| bytes)
}

#[tokio::test]
async fn requests_name_the_program_and_its_operator() {
    let server = Server::new(|_| Reply::ok("x")).await;
    let bench = bench(config());
    get(&bench, &server, "a", Operation::Changeset).await.unwrap();
    get(&bench, &server, "b", Operation::ReplicationFile).await.unwrap();
    let hits = server.hits();
    let agent = format!("user-agent: osmtracker/{} (+https://", env!("CARGO_PKG_VERSION"));
    assert!(hits[0].head.contains(&agent), "{}", hits[0].head);
    assert!(hits[0].head.contains("; tests@example.org)\r\n"));
    assert!(hits[0].head.contains("accept-encoding: gzip\r\n"));
    assert!(hits[1].head.contains("accept-encoding: identity\r\n"));
    assert!(hits.iter().all(|hit| !hit.head.contains("x-error-format")));
}

#[test]
fn a_contact_is_required_and_cannot_break_out_of_its_header() {
    let build = |contact: &str| Client::new(ClientConfig::new(contact), Arc::new(crate::NoObserver));
    assert!(matches!(build("  "), Err(UpstreamError::Config { .. })));
    assert!(build("me\r\nx-error-format: xml").is_ok());
    assert!(!ClientConfig::new("a)\r\nb\u{e9}").user_agent().contains(['\r', '\n', '\u{e9}']));
    assert!(ClientConfig::new("a)\r\nb").user_agent().ends_with("; ab)"));
}

#[tokio::test]
async fn failures_that_may_pass_are_tried_again_with_growing_waits() {
    for status in [408, 429, 500, 502, 503, 504, 509] {
        let server =
            Server::new(move |hit| if hit.before < 3 { Reply::status(status) } else { Reply::ok("here") }).await;
        let bench = bench(config());
        let response = get(&bench, &server, "a", Operation::ReplicationFile).await.unwrap();
        assert_eq!((response.status, &response.body[..]), (200, &b"here"[..]));
        let slept = bench.timer.slept();
        assert_eq!(slept.len(), 3, "{status}");
        for (wait, full) in slept.iter().zip([1, 2, 4]) {
            assert!(*wait >= Duration::from_secs(full) / 2 && *wait <= Duration::from_secs(full), "{slept:?}");
        }
        let cause = if matches!(status, 429 | 509) { RetryCause::RateLimited } else { RetryCause::ServerError };
        assert_eq!(*bench.recorder.retries.lock().unwrap(), [(Operation::ReplicationFile, cause); 3]);
        assert_eq!(bench.client.tally().calls(), 4);
    }
}

#[tokio::test]
async fn answers_that_will_not_change_are_not_asked_for_again() {
    for status in [201, 204, 304, 400, 401, 403, 404, 406, 410, 414] {
        let server = Server::new(move |_| Reply::status(status)).await;
        let bench = bench(config());
        assert_eq!(get(&bench, &server, "a", Operation::Nodes).await.unwrap().status, status);
        assert_eq!(server.hits().len(), 1);
    }
}

#[tokio::test]
async fn tries_end_and_the_last_failure_is_told() {
    let server = Server::new(|_| Reply::status(503)).await;
    let bench = bench(config());
    let error = get(&bench, &server, "a", Operation::ReplicationFile).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unavailable { attempts: 5, source: Cause::Status(503), .. }), "{error:?}");
    assert_eq!(server.hits().len(), 5);
}

#[tokio::test]
async fn retry_after_is_waited_for_exactly() {
    let replies = [("retry-after", "7".to_owned()), ("retry-after", "Sun, 22 Nov 2026 10:00:40 GMT".to_owned())];
    let server = Server::new(move |hit| match replies.get(hit.before) {
        Some(header) => {
            let date = ("date", "Sun, 22 Nov 2026 10:00:00 GMT".to_owned());
            Reply::Whole(509, vec![header.clone(), date], Vec::new())
        }
        None => Reply::ok(""),
    })
    .await;
    let bench = bench(config());
    assert_eq!(get(&bench, &server, "a", Operation::Nodes).await.unwrap().status, 200);
    assert_eq!(waits(&bench), [7, 40]);
}

#[tokio::test]
async fn a_long_retry_after_is_handed_to_the_caller_and_closes_the_api_for_all() {
    let server = Server::new(|_| Reply::Whole(509, vec![("retry-after", "600".to_owned())], Vec::new())).await;
    let bench = bench(config());
    let asked = |error| match error {
        UpstreamError::Unavailable { retry_after: Some(wait), .. } => wait.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(asked(get(&bench, &server, "a", Operation::Nodes).await.unwrap_err()), 600);
    bench.timer.sleep(Duration::from_secs(100)).await;
    // Another call does not even knock, and the other servers' rules are their own.
    assert_eq!(asked(get(&bench, &server, "b", Operation::Ways).await.unwrap_err()), 500);
    assert_eq!(server.targets(), ["/a"]);
    assert!(get(&bench, &server, "c", Operation::AltSource).await.is_err());
    assert_eq!(server.targets(), ["/a", "/c"]);
    bench.timer.sleep(Duration::from_secs(460)).await;
    // The rest of the wait is short enough to sit out.
    assert!(get(&bench, &server, "d", Operation::Ways).await.is_err());
    assert_eq!(bench.timer.slept().last().unwrap().as_secs(), 40);
    assert_eq!(server.targets(), ["/a", "/c", "/d"]);
}

#[tokio::test]
async fn a_connection_that_breaks_at_any_moment_is_tried_again() {
    let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody";
    for end in [0, 5, 20, whole.len() - 5, whole.len() - 1] {
        let server =
            Server::new(move |hit| if hit.before == 0 { Reply::Raw(whole[..end].to_vec()) } else { Reply::ok("body") })
                .await;
        let bench = bench(config());
        assert_eq!(&get(&bench, &server, "a", Operation::Nodes).await.unwrap().body[..], b"body");
        assert_eq!(*bench.recorder.retries.lock().unwrap(), [(Operation::Nodes, RetryCause::Connection)], "{end}");
    }
}

#[tokio::test]
async fn silence_before_and_within_an_answer_ends_the_try() {
    for begun in [&b""[..], b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbo"] {
        let server =
            Server::new(move |hit| if hit.before == 0 { Reply::Stall(begun.to_vec()) } else { Reply::ok("body") })
                .await;
        let bench = bench(ClientConfig { read_timeout: Duration::from_millis(60), ..config() });
        assert_eq!(&get(&bench, &server, "a", Operation::Nodes).await.unwrap().body[..], b"body");
        assert_eq!(*bench.recorder.retries.lock().unwrap(), [(Operation::Nodes, RetryCause::Timeout)]);
    }
}

#[tokio::test]
async fn redirects_are_followed_three_times_and_not_more() {
    for (hops, arrives) in [(1, true), (3, true), (4, false)] {
        let server = Server::new(move |hit| match hit.target.trim_start_matches('/').parse::<u32>() {
            Ok(hop) if hop < hops => Reply::redirect(format!("/{}", hop + 1)),
            _ => Reply::ok("end"),
        })
        .await;
        let bench = bench(config());
        let result = get(&bench, &server, "0", Operation::ReplicationFile).await;
        assert_eq!(result.is_ok(), arrives, "{hops}");
        if let Err(error) = result {
            assert!(matches!(error, UpstreamError::Forbidden { source: Refusal::TooMany(3), .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn redirects_into_private_networks_are_not_followed() {
    let canary = Server::new(|_| Reply::ok("secret")).await;
    let port = canary.url.rsplit_once(':').unwrap().1.to_owned();
    let mut targets: Vec<String> = crate::guard::tests::ASTRAY.iter().map(|url| (*url).to_owned()).collect();
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "user@127.0.0.1"] {
        targets.push(format!("http://{host}:{port}/secret"));
        targets.push(format!("https://{host}:{port}/secret"));
    }
    for target in targets {
        let location = target.clone();
        let server = Server::new(move |_| Reply::redirect(location.clone())).await;
        let bench = bench(config());
        let error = get(&bench, &server, "a", Operation::ReplicationFile).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Forbidden { .. }), "{target}: {error:?}");
        assert_eq!(server.hits().len(), 1, "{target}");
    }
    assert!(canary.hits().is_empty());
}

#[tokio::test]
async fn bodies_over_the_limit_are_cut_off_with_and_without_a_length() {
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let endless = [chunked, b"3e8\r\n".to_vec(), vec![b'x'; 1000], b"\r\n".to_vec()].concat();
    for reply in [Reply::ok(vec![b'x'; 501]), Reply::Stall(endless)] {
        let server = Server::new(move |_| reply.clone()).await;
        let bench = bench(ClientConfig { max_body_bytes: 500, ..config() });
        let error = get(&bench, &server, "a", Operation::Nodes).await.unwrap_err();
        assert!(matches!(error, UpstreamError::TooLarge { limit: 500, .. }), "{error:?}");
        assert_eq!(server.hits().len(), 1);
    }
}

#[tokio::test]
async fn a_gzip_bomb_stops_at_the_limit_of_inflated_bytes() {
    let bomb = gzip(&vec![b'x'; 10 << 20]);
    assert!(bomb.len() < 200_000);
    let server =
        Server::new(move |_| Reply::Whole(200, vec![("content-encoding", "gzip".to_owned())], bomb.clone())).await;
    let bench = bench(ClientConfig { max_inflated_bytes: 1 << 20, ..config() });
    let response = get(&bench, &server, "a", Operation::AltSource).await.unwrap();
    assert!(read(&response).unwrap_err().to_string().contains("1048576"));
}

#[tokio::test]
async fn compressed_answers_are_counted_as_received_and_read_inflated() {
    let text = "the same words again and again ".repeat(1000);
    let body = gzip(text.as_bytes());
    let length = body.len() as u64;
    let reply = Reply::Whole(200, vec![("content-encoding", "gzip".to_owned())], body);
    let server = Server::new(move |_| reply.clone()).await;
    let bench = bench(config());
    let response = get(&bench, &server, "a", Operation::Nodes).await.unwrap();
    assert_eq!(read(&response).unwrap(), text.as_bytes());
    let call = bench.recorder.calls.lock().unwrap()[0];
    assert_eq!((call.operation, call.status), (Operation::Nodes, Some(200)));
    assert!((length..length + 200).contains(&call.received), "{call:?}");
    // What went over the wire, to the byte.
    assert_eq!(call.sent, server.hits()[0].head.len() as u64, "{}", server.hits()[0].head);
    assert_eq!((bench.client.tally().calls(), bench.client.tally().bytes()), (1, call.received));
    assert_eq!(bench.client.counting_anew().tally().calls(), 0);
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_refused() {
    let server = Server::new(|_| Reply::Whole(200, vec![("content-encoding", "br".to_owned())], b"x".to_vec())).await;
    let error = get(&bench(config()), &server, "a", Operation::Nodes).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Malformed { .. }), "{error:?}");
}

#[tokio::test]
async fn no_more_than_two_downloads_run_against_the_api() {
    for (operation, expected) in [(Operation::Nodes, 2), (Operation::AltSource, 6)] {
        let server = Server::closed(|_| Reply::ok("x")).await;
        let bench = bench(config());
        let gets = futures_util::future::join_all((0..6).map(|n| {
            let (bench, server) = (&bench, &server);
            async move { get(bench, server, &n.to_string(), operation).await.map(|response| response.status) }
        }));
        let open = async {
            while server.hits().len() < expected {
                tokio::task::yield_now().await;
            }
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
            server.open();
        };
        let (statuses, ()) = futures_util::future::join(gets, open).await;
        assert!(statuses.into_iter().all(|status| status.unwrap() == 200));
        assert_eq!(server.most_running(), expected, "{operation}");
    }
}
