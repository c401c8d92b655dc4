use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use osmtracker_pipeline::ports::{ETag, ObjectMeta, PortError, PutCondition, SiteStore};

use super::{Check, checks, eventually, run_all};

const META: ObjectMeta =
    ObjectMeta { content_type: "text/html; charset=utf-8", cache_control: "no-cache", content_encoding: None };

/// Beside each other in the checks of concurrent writers and readers.
const TASKS: usize = 8;

/// Makes object stores for [`site_store_suite`].
#[async_trait]
pub trait SiteStoreFactory: Send + Sync + 'static {
    /// An empty object store.
    async fn site_store(&self) -> Arc<dyn SiteStore>;
}

/// Checks an adapter of [`SiteStore`].
///
/// # Panics
/// With the names of the checks that failed.
pub async fn site_store_suite<F: SiteStoreFactory>(factory: F) {
    run_all("site store", factory, all()).await;
}

fn all<F: SiteStoreFactory>() -> &'static [Check<F>] {
    checks![
        an_absent_object_is_none,
        an_object_is_read_back_with_the_etag_of_its_put,
        any_bytes_are_read_back,
        an_empty_object_is_not_an_absent_one,
        a_private_object_may_be_compressed,
        a_large_object_is_read_back,
        a_put_replaces_the_whole_object,
        equal_content_put_again_is_no_error,
        the_etag_changes_with_the_content,
        a_put_if_absent_conflicts_when_there_is_an_object,
        a_put_if_it_matches_replaces_that_state_only,
        a_put_if_it_matches_conflicts_when_there_is_no_object,
        of_concurrent_first_puts_exactly_one_wins,
        concurrent_updates_in_a_loop_lose_nothing,
        readers_never_see_half_an_object,
        deleted_objects_are_absent_and_others_stay,
        deleting_an_absent_object_is_no_error,
        puts_and_deletes_of_neighbours_do_not_disturb_each_other,
        keys_are_listed_sorted_by_prefix,
        unusual_keys_are_kept_apart,
        keys_that_climb_are_refused_for_good,
    ]
}

async fn an_absent_object_is_none<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    put(&*site, "site/changesets/4711/index.html", "page").await;
    // Neither the folder of an object nor something below one is an object.
    for key in ["site/index.html", "site/changesets/4711", "site/changesets/4711/index.html/more", "index.html"] {
        assert_eq!(read(&*site, key).await, None, "{key}");
    }
}

async fn an_object_is_read_back_with_the_etag_of_its_put<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let etag = put(&*site, "site/index.html", "page").await;
    let object = site.get("site/index.html").await.expect("get").expect("an object");
    assert_eq!((object.bytes, object.etag), (Bytes::from("page"), etag));
}

async fn any_bytes_are_read_back<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let bytes: Bytes = (0..=u8::MAX).cycle().take(1000).collect();
    site.put("site/assets/x.woff2", bytes.clone(), META, PutCondition::Always).await.expect("put");
    assert_eq!(read(&*site, "site/assets/x.woff2").await, Some(bytes));
}

async fn an_empty_object_is_not_an_absent_one<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let etag = put(&*site, "site/empty", "").await;
    assert_eq!(read(&*site, "site/empty").await, Some(Bytes::new()));
    let condition = PutCondition::Matches(etag);
    site.put("site/empty", Bytes::from("full"), META, condition).await.expect("put");
}

async fn a_private_object_may_be_compressed<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let meta = ObjectMeta { content_encoding: Some("gzip"), content_type: "application/json", ..META };
    let bytes = Bytes::from_static(b"\x1f\x8b\x08\0not really");
    site.put("analysis/4711.json", bytes.clone(), meta, PutCondition::Always).await.expect("put");
    assert_eq!(read(&*site, "analysis/4711.json").await, Some(bytes));
}

async fn a_large_object_is_read_back<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let bytes: Bytes = (0..5_000_000_u32).map(|number| number.to_le_bytes()[number as usize % 3]).collect();
    site.put("analysis/1.json", bytes.clone(), META, PutCondition::Always).await.expect("put");
    assert!(read(&*site, "analysis/1.json").await == Some(bytes), "5 MB came back changed");
}

async fn a_put_replaces_the_whole_object<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    put(&*site, "site/index.html", "a long page").await;
    put(&*site, "site/index.html", "short").await;
    assert_eq!(read(&*site, "site/index.html").await, Some(Bytes::from("short")));
}

async fn equal_content_put_again_is_no_error<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    put(&*site, "site/index.html", "page").await;
    let etag = put(&*site, "site/index.html", "page").await;
    let object = site.get("site/index.html").await.expect("get").expect("an object");
    assert_eq!((object.bytes, object.etag), (Bytes::from("page"), etag));
}

async fn the_etag_changes_with_the_content<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let first = put(&*site, "site/index.html", "page 1").await;
    let second = put(&*site, "site/index.html", "page 2").await;
    assert_ne!(first, second);
}

async fn a_put_if_absent_conflicts_when_there_is_an_object<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let key = "site/hours/2026-11-22T09.json";
    site.put(key, Bytes::from("first"), META, PutCondition::Absent).await.expect("put");
    assert_conflict(site.put(key, Bytes::from("second"), META, PutCondition::Absent).await);
    assert_conflict(site.put(key, Bytes::from("first"), META, PutCondition::Absent).await);
    assert_eq!(read(&*site, key).await, Some(Bytes::from("first")));
    site.delete(&[key.to_owned()]).await.expect("delete");
    site.put(key, Bytes::from("second"), META, PutCondition::Absent).await.expect("put after delete");
}

async fn a_put_if_it_matches_replaces_that_state_only<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let key = "site/recent.json";
    let first = put(&*site, key, "1").await;
    let second =
        site.put(key, Bytes::from("2"), META, PutCondition::Matches(first.clone())).await.expect("put in order");
    assert_conflict(site.put(key, Bytes::from("late"), META, PutCondition::Matches(first)).await);
    assert_eq!(read(&*site, key).await, Some(Bytes::from("2")));
    site.put(key, Bytes::from("3"), META, PutCondition::Matches(second)).await.expect("put in order");
    assert_eq!(read(&*site, key).await, Some(Bytes::from("3")));
}

async fn a_put_if_it_matches_conflicts_when_there_is_no_object<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let etag = put(&*site, "site/recent.json", "1").await;
    site.delete(&["site/recent.json".to_owned()]).await.expect("delete");
    let put = site.put("site/recent.json", Bytes::from("2"), META, PutCondition::Matches(etag)).await;
    assert_conflict(put);
    assert_eq!(read(&*site, "site/recent.json").await, None);
}

async fn of_concurrent_first_puts_exactly_one_wins<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let writers: Vec<_> = (0..TASKS)
        .map(|number| {
            let site = Arc::clone(&site);
            let bytes = Bytes::from(number.to_string());
            tokio::spawn(async move { site.put("site/status.json", bytes, META, PutCondition::Absent).await })
        })
        .collect();
    let mut won = Vec::new();
    for (number, writer) in writers.into_iter().enumerate() {
        match writer.await.expect("a writer that does not panic") {
            Ok(_) => won.push(Bytes::from(number.to_string())),
            lost => assert_conflict(lost),
        }
    }
    assert_eq!(won.len(), 1, "writers that won: {won:?}");
    assert_eq!(read(&*site, "site/status.json").await, won.pop());
}

async fn concurrent_updates_in_a_loop_lose_nothing<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    put(&*site, "site/recent.json", "").await;
    let writers: Vec<_> = (0..TASKS).map(|_| tokio::spawn(append_ten(Arc::clone(&site), "site/recent.json"))).collect();
    for writer in writers {
        writer.await.expect("a writer that does not panic");
    }
    assert_eq!(read(&*site, "site/recent.json").await.map(|bytes| bytes.len()), Some(10 * TASKS));
}

async fn readers_never_see_half_an_object<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let contents: Vec<Bytes> = (1..=4).map(|number| vec![number; 60_000 * usize::from(number)].into()).collect();
    let key = "site/index.html";
    site.put(key, contents[0].clone(), META, PutCondition::Always).await.expect("put");
    let readers: Vec<_> =
        (0..TASKS).map(|_| tokio::spawn(read_whole(Arc::clone(&site), key, contents.clone()))).collect();
    for round in 0..40 {
        site.put(key, contents[round % 4].clone(), META, PutCondition::Always).await.expect("put");
    }
    for reader in readers {
        reader.await.expect("a reader that sees whole objects");
    }
}

async fn deleted_objects_are_absent_and_others_stay<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    for key in ["site/changesets/1/index.html", "site/changesets/1/analysis.json", "site/changesets/2/index.html"] {
        put(&*site, key, key).await;
    }
    let gone = ["site/changesets/1/index.html", "site/changesets/1/analysis.json"].map(str::to_owned);
    site.delete(&gone).await.expect("delete");
    assert_eq!(read(&*site, &gone[0]).await, None);
    assert_eq!(read(&*site, &gone[1]).await, None);
    let left = "site/changesets/2/index.html";
    assert_eq!(read(&*site, left).await, Some(Bytes::from(left)));
    put(&*site, &gone[0], "again").await;
    assert_eq!(read(&*site, &gone[0]).await, Some(Bytes::from("again")));
}

async fn deleting_an_absent_object_is_no_error<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    put(&*site, "site/a/b", "b").await;
    let absent = ["site/nothing", "site/a", "site/a/b/c", "analysis/1.json"].map(str::to_owned);
    site.delete(&absent).await.expect("delete");
    site.delete(&[]).await.expect("delete of nothing");
    assert_eq!(read(&*site, "site/a/b").await, Some(Bytes::from("b")));
}

async fn puts_and_deletes_of_neighbours_do_not_disturb_each_other<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let tasks: Vec<_> = (0..TASKS).map(|number| tokio::spawn(put_and_delete(Arc::clone(&site), number))).collect();
    for task in tasks {
        task.await.expect("a task that finds its own object");
    }
    eventually(Vec::new(), || list(&*site, "site/")).await;
}

async fn keys_are_listed_sorted_by_prefix<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let keys = ["analysis/1.json", "site/b", "site/a/2", "site/a/10", "site/a.html", "site/ab/c", "sitemap"];
    for key in keys {
        put(&*site, key, "x").await;
    }
    let all = ["analysis/1.json", "site/a.html", "site/a/10", "site/a/2", "site/ab/c", "site/b", "sitemap"];
    eventually(all.map(str::to_owned).to_vec(), || list(&*site, "")).await;
    eventually(all[1..6].iter().map(|&key| key.to_owned()).collect(), || list(&*site, "site/")).await;
    eventually(all[1..5].iter().map(|&key| key.to_owned()).collect(), || list(&*site, "site/a")).await;
    eventually(all[2..4].iter().map(|&key| key.to_owned()).collect(), || list(&*site, "site/a/")).await;
    eventually(all[1..].iter().map(|&key| key.to_owned()).collect(), || list(&*site, "site")).await;
    eventually(Vec::new(), || list(&*site, "site/nothing/")).await;
}

async fn unusual_keys_are_kept_apart<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    let long = format!("site/{}/{}.json", "x".repeat(200), "y".repeat(200));
    let keys = [
        "site/a b",
        "site/a+b",
        "site/a%20b",
        "site/ab",
        "site/..a",
        "site/a..",
        "site/...",
        "site/.well-known/x",
        "site/views/Ærø æøå/index.html",
        "site/views/\u{1f5fa}/index.html",
        "site/'quoted\"&<x>",
        "site/~",
        "site/-rf",
        "site/a?b=c#d",
        "site/a:b",
        "site/a*",
        "a",
        "site",
        "private/site/index.html",
        "site/private/index.html",
        &long,
    ];
    for key in keys {
        put(&*site, key, key).await;
    }
    for key in keys {
        assert_eq!(read(&*site, key).await, Some(Bytes::from(key.to_owned())), "{key}");
    }
    let mut sorted = keys.map(str::to_owned).to_vec();
    sorted.sort();
    eventually(sorted, || list(&*site, "")).await;
}

async fn keys_that_climb_are_refused_for_good<F: SiteStoreFactory>(factory: Arc<F>) {
    let site = factory.site_store().await;
    for key in ["", "/etc/passwd", "site/../../x", "..", "site/./x", "site//x", "site/x/", "site/x\0"] {
        let put = site.put(key, Bytes::new(), META, PutCondition::Always).await;
        assert!(matches!(put, Err(PortError::Permanent { .. })), "put {key:?}: {put:?}");
        let get = site.get(key).await;
        assert!(matches!(get, Err(PortError::Permanent { .. })), "get {key:?}: {get:?}");
        let delete = site.delete(&[key.to_owned()]).await;
        assert!(matches!(delete, Err(PortError::Permanent { .. })), "delete {key:?}: {delete:?}");
    }
}

async fn put(site: &dyn SiteStore, key: &str, content: &str) -> ETag {
    site.put(key, Bytes::from(content.to_owned()), META, PutCondition::Always).await.expect("put")
}

async fn read(site: &dyn SiteStore, key: &str) -> Option<Bytes> {
    site.get(key).await.expect("get").map(|object| object.bytes)
}

async fn list(site: &dyn SiteStore, prefix: &str) -> Vec<String> {
    site.list(prefix).await.expect("list")
}

/// Appends a byte ten times by compare-and-put.
async fn append_ten(site: Arc<dyn SiteStore>, key: &str) {
    let mut appended = 0;
    while appended < 10 {
        let object = site.get(key).await.expect("get").expect("an object");
        let longer = [&object.bytes[..], b"x"].concat();
        match site.put(key, longer.into(), META, PutCondition::Matches(object.etag)).await {
            Ok(_) => appended += 1,
            lost => assert_conflict(lost),
        }
    }
}

async fn read_whole(site: Arc<dyn SiteStore>, key: &str, contents: Vec<Bytes>) {
    for _ in 0..30 {
        let bytes = read(&*site, key).await.expect("an object that is always there");
        assert!(contents.contains(&bytes), "{} bytes that nobody put", bytes.len());
    }
}

async fn put_and_delete(site: Arc<dyn SiteStore>, number: usize) {
    let key = format!("site/changesets/1/deep/{number}");
    for _ in 0..20 {
        put(&*site, &key, &key).await;
        assert_eq!(read(&*site, &key).await, Some(Bytes::from(key.clone())));
        site.delete(std::slice::from_ref(&key)).await.expect("delete");
        assert_eq!(read(&*site, &key).await, None);
    }
}

fn assert_conflict<T: std::fmt::Debug>(result: Result<T, PortError>) {
    assert!(matches!(result, Err(PortError::Conflict { .. })), "expected a conflict, got {result:?}");
}
