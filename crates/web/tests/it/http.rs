use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use osmtracker_web::{Surroundings, router, serve};
use tokio::net::TcpListener;

use crate::world::World;

#[tokio::test]
async fn only_get_and_head_are_answered() {
    let world = World::filled(1).await;
    for path in ["/api/v1/changesets", "/metrics", "/", "/api/v0.1/changesets"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            let answer = world.ask(method, path, &[]).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method} {path}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
    }
    let head = world.ask("HEAD", "/api/v1/changesets", &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let get = world.get("/api/v1/changesets").await;
    assert_eq!(head.header("etag"), get.header("etag"));
    assert_eq!(head.header("content-length"), Some(&*get.body.len().to_string()));
}

#[tokio::test]
async fn bodies_and_long_addresses_are_refused() {
    let world = World::new();
    for headers in [&[("content-length", "2")], &[("transfer-encoding", "chunked")]] {
        assert_eq!(world.ask("GET", "/api/v1/labels", headers).await.status, 413);
    }
    assert_eq!(world.ask("GET", "/api/v1/labels", &[("content-length", "0")]).await.status, 200);
    let long = format!("/api/v1/changesets?q={}", "x".repeat(16_384));
    assert_eq!(world.get(&long).await.status, 414);
}

#[tokio::test]
async fn the_longest_query_that_the_document_allows_is_answered() {
    let world = World::new();
    let text = |characters: usize| "%F0%9F%97%BA".repeat(characters);
    let list = |item: &str| vec![item; 20].join("%2C");
    let labels = list(&"l".repeat(64));
    let path = format!(
        "/api/v1/changesets?user={}&editor={}&q={}&label={labels}&not_label={labels}&state={}&uid={}&min_changes={}\
         &bbox=-179.123456789012345,-89.123456789012345,179.123456789012345,89.123456789012345&has_comments=false\
         &since=2026-11-27T00:00:00.123456789%2B00:00&until=2026-11-28T00:00:00.123456789%2B00:00&limit=500",
        text(255),
        text(255),
        text(200),
        list("BOUNDS_CHECKED"),
        i64::MAX,
        u32::MAX,
    );
    assert!(path.len() > 11_000, "{}", path.len());
    let answer = world.get(&path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn every_answer_has_what_browsers_must_know_and_those_of_the_api_are_for_all() {
    let world = World::new();
    for path in ["/api/v1/labels", "/api/v1/changesets?limit=x", "/api/v1/absent", "/api/v1/", "/metrics", "/absent"] {
        let answer = world.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        let of_the_api = path != "/absent";
        assert_eq!(answer.header("access-control-allow-origin"), of_the_api.then_some("*"), "{path}");
    }
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_ask_and_keep_their_tag() {
    let world = World::filled(20).await;
    let path = "/api/v1/changesets";
    let plain = world.get(path).await;
    assert_eq!(plain.header("content-encoding"), None);
    let gzip = world.ask("GET", path, &[("accept-encoding", "gzip")]).await;
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert_eq!(gzip.gunzipped(), plain.body);
    assert!(gzip.body.len() * 3 < plain.body.len(), "{} of {}", gzip.body.len(), plain.body.len());
    let brotli = world.ask("GET", path, &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(brotli.header("content-encoding"), Some("br"));
    assert!(brotli.body.len() < plain.body.len() / 3);
    let tag = plain.header("etag").unwrap();
    assert!(tag.starts_with("W/"), "{tag}");
    assert_eq!((gzip.header("etag"), brotli.header("etag")), (Some(tag), Some(tag)));
}

#[tokio::test]
async fn a_list_that_did_not_change_costs_a_304() {
    let world = World::filled(2).await;
    let path = "/api/v1/changesets";
    let tag = world.get(path).await.header("etag").unwrap().to_owned();
    for known in [tag.clone(), format!("\"other\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()] {
        let answer = world.ask("GET", path, &[("if-none-match", &known)]).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
    }
    world.put(&crate::world::row(3)).await;
    assert_eq!(world.ask("GET", path, &[("if-none-match", &tag)]).await.status, 200);
}

#[tokio::test]
async fn as_a_function_there_is_the_api_alone() {
    let mut world = World::filled(1).await;
    world.object("site/index.html", "<html>".to_owned()).await;
    assert_eq!(world.get("/").await.status, 200);
    world.surroundings = Surroundings::Function;
    let answer = world.get("/").await;
    assert_eq!((answer.status, answer.header("content-type")), (404, Some("application/problem+json")));
    assert_eq!(world.get("/api/v1/changesets").await.ids(), [1]);
    let absent = world.get("/api/v2/changesets").await;
    assert_eq!(absent.status, 404);
    assert!(absent.json()["detail"].as_str().unwrap().contains("/api/v1/"));
}

/// Serves a world on a port of its own.
async fn served(world: &World) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router(Arc::clone(&world.ports), world.surroundings.clone())));
    address
}

/// The first line and all else of what a server says to these bytes.
async fn said(address: SocketAddr, request: String) -> String {
    let exchange = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        // A server that has heard enough may close before everything was said.
        let _ = stream.write_all(request.as_bytes());
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_too_often_is_told_when_to_go_on_and_the_site_stays_open_to_it() {
    let world = World::with("[api]\nrequests_per_minute = 2");
    world.object("site/index.html", "<html>".to_owned()).await;
    let address = served(&world).await;
    for _ in 0..2 {
        assert!(said(address, request("/api/v1/labels")).await.starts_with("HTTP/1.1 200 "));
    }
    let refused = said(address, request("/api/v1/labels")).await;
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    let seconds = refused.lines().find_map(|line| line.strip_prefix("retry-after: ")).unwrap();
    assert!((1..=30).contains(&seconds.parse::<u64>().unwrap()), "{seconds}");
    assert!(refused.contains("more than 2 requests a minute"), "{refused}");
    for path in ["/", "/metrics", "/healthz"] {
        assert!(said(address, request(path)).await.starts_with("HTTP/1.1 200 "), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_end_is_cut_off() {
    let world = World::new();
    let address = served(&world).await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: {}\r\n\r\n", "x".repeat(400_000));
    let answer = said(address, long).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(said(address, request("/healthz")).await.starts_with("HTTP/1.1 200 "), "others are served as before");
}
