//! The public objects, as CloudFront in front of the bucket would serve them.

use std::{ops::Range, sync::Arc};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use osmtracker_pipeline::{
    ports::{Object, PortError},
    steps::Ports,
};

use crate::percent::{Plus, decode};

/// Answers the object under `site/` that the path names; a folder answers its `index.html`.
pub(crate) async fn serve(State(ports): State<Arc<Ports>>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(path) = decoded(uri.path()) else { return not_found() };
    let key = match path.strip_suffix('/') {
        Some("") => "site/index.html".to_owned(),
        Some(folder) => format!("site{folder}/index.html"),
        None => format!("site{path}"),
    };
    match find(&ports, &key, &headers).await {
        Ok(Some(found)) => answer(&key, found, &headers),
        Ok(None) if is_folder(&ports, &key).await => Redirect::permanent(&format!("{}/", uri.path())).into_response(),
        Ok(None) => not_found(),
        Err(error) => {
            tracing::warn!(%key, %error, "an object could not be read");
            (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be read; try again\n").into_response()
        }
    }
}

/// Of a hashed file, what may be sent instead of it and lies beside it, the smaller first: suffix and encoding.
const VARIANTS: [(&str, &str); 2] = [(".br", "br"), (".gz", "gzip")];

/// An object, and the encoding of its bytes.
struct Sent {
    object: Object,
    encoding: Option<&'static str>,
}

/// The object under the key; a hashed file in the smallest variant that the reader understands.
async fn find(ports: &Ports, key: &str, request: &HeaderMap) -> Result<Option<Sent>, PortError> {
    for (suffix, encoding) in VARIANTS {
        if is_asset(key)
            && accepts(request, encoding)
            && let Some(object) = ports.site.get(&format!("{key}{suffix}")).await?
        {
            return Ok(Some(Sent { object, encoding: Some(encoding) }));
        }
    }
    Ok(ports.site.get(key).await?.map(|object| Sent { object, encoding: None }))
}

/// Whether the reader names the encoding and does not refuse it by `q=0`.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let names = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    names.flat_map(|value| value.split(',')).any(|one| {
        let (name, quality) = one.split_once(';').unwrap_or((one, "q=1"));
        let quality = quality.trim().trim_start_matches("q=").parse::<f32>();
        name.trim().eq_ignore_ascii_case(encoding) && quality.is_ok_and(|quality| quality > 0.0)
    })
}

/// Whether `key` without a trailing slash names a folder with a page.
async fn is_folder(ports: &Ports, key: &str) -> bool {
    matches!(ports.site.get(&format!("{key}/index.html")).await, Ok(Some(_)))
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is no such page\n").into_response()
}

fn answer(key: &str, Sent { object, encoding }: Sent, request: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", object.etag.0.trim_matches('"'));
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response =
        if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else if encoding.is_none()
            && let Some(range) = range(request, object.bytes.len())
        {
            part(&object.bytes, range)
        } else {
            Body::from(object.bytes).into_response()
        };
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(key)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(key)));
    if is_asset(key) {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// The bytes that `Range: bytes=FIRST-LAST` or `bytes=FIRST-` asks for, as a map does of a file of tiles. Any other range,
/// and one that is not in the file, is answered with the whole.
fn range(request: &HeaderMap, length: usize) -> Option<Range<usize>> {
    let (first, last) = request.get(header::RANGE)?.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let first: usize = first.parse().ok()?;
    let last =
        if last.is_empty() { length.checked_sub(1)? } else { last.parse::<usize>().ok()?.min(length.checked_sub(1)?) };
    (first <= last).then_some(first..last + 1)
}

fn part(bytes: &Bytes, range: Range<usize>) -> Response {
    let content_range = format!("bytes {}-{}/{}", range.start, range.end - 1, bytes.len());
    let body = Body::from(bytes.slice(range));
    (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, content_range)], body).into_response()
}

/// By extension, since a folder of files knows no other types.
fn content_type(key: &str) -> &'static str {
    if key.ends_with("/recent.json") {
        return "application/feed+json";
    }
    match key.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("geojson") => "application/geo+json",
        Some("atom") => "application/atom+xml; charset=utf-8",
        Some("adiff") => "application/xml; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("pmtiles") => "application/vnd.pmtiles",
        _ => "text/plain; charset=utf-8",
    }
}

/// Hashed assets for ever; all else is asked for again each time, which costs a 304.
fn cache_control(key: &str) -> &'static str {
    if is_asset(key) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn is_asset(key: &str) -> bool {
    key.starts_with("site/assets/")
}

/// Longest path of a key, whose limit is 1024 bytes in S3, with room for what is put around it.
const MAX_PATH_BYTES: usize = 1000;
/// Longest segment that a store can have as a file.
const MAX_SEGMENT_BYTES: usize = 255;

/// The path with its percent escapes resolved; `None` when it is no text, or has a segment that could lead outside, is
/// hidden (nothing published is), or is too long to be one of ours.
fn decoded(path: &str) -> Option<String> {
    let path = decode(path, Plus::Itself)?;
    let harmless = |segment: &str| {
        !segment.starts_with('.') && !segment.contains(['\\', '\0']) && segment.len() <= MAX_SEGMENT_BYTES
    };
    (path.len() <= MAX_PATH_BYTES && path.split('/').all(harmless) && !path.contains("//")).then_some(path)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{accepts, decoded, range};

    #[test]
    fn a_part_of_a_file_is_its_bytes_from_and_to() {
        for (value, expected) in [
            ("bytes=0-6", Some(0..7)),
            ("bytes=3-", Some(3..10)),
            ("bytes=9-200", Some(9..10)),
            ("bytes=10-", None),
            ("bytes=5-4", None),
            ("bytes=-3", None),
            ("bytes=0-1,4-5", None),
            ("lines=0-6", None),
        ] {
            let request = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static(value))]);
            assert_eq!(range(&request, 10), expected, "{value}");
            assert_eq!(range(&request, 0), None, "{value}");
        }
    }

    #[test]
    fn an_encoding_is_sent_to_those_who_name_it() {
        for (value, br, gzip) in [
            ("gzip, deflate, br, zstd", true, true),
            ("GZIP;q=0.8", false, true),
            ("br;q=0, gzip;q=1.0", false, true),
            ("brotli", false, false),
            ("br;q=high", false, false),
            ("", false, false),
        ] {
            let request = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!((accepts(&request, "br"), accepts(&request, "gzip")), (br, gzip), "{value}");
        }
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn paths_that_could_lead_outside_are_refused() {
        for path in ["/../x", "/a/%2e%2e/x", "/a//b", "/%5c..", "/a%00", "/%zz", "/%c3", "/.incoming/1"] {
            assert_eq!(decoded(path), None, "{path}");
        }
        assert_eq!(decoded(&format!("/{}", "a".repeat(256))), None);
        assert_eq!(decoded(&"/a".repeat(501)), None);
        assert_eq!(decoded("/views/r%C3%B8d/").as_deref(), Some("/views/rød/"));
    }
}
