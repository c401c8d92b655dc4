//! The public objects, as CloudFront in front of the bucket would serve them.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use osmtracker_pipeline::ports::Object;

use crate::Web;

/// Answers the object under `site/` that the path names; a folder answers its `index.html`.
pub(crate) async fn serve(State(web): State<Web>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(path) = decoded(uri.path()) else { return not_found() };
    let key = match path.strip_suffix('/') {
        Some("") => "site/index.html".to_owned(),
        Some(folder) => format!("site{folder}/index.html"),
        None => format!("site{path}"),
    };
    match web.site.get(&key).await {
        Ok(Some(object)) => answer(&key, object, &headers),
        Ok(None) if is_folder(&web, &key).await => Redirect::permanent(&format!("{}/", uri.path())).into_response(),
        Ok(None) => not_found(),
        Err(error) => {
            tracing::warn!(%key, %error, "an object could not be read");
            (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be read; try again\n").into_response()
        }
    }
}

/// Whether `key` without a trailing slash names a folder with a page.
async fn is_folder(web: &Web, key: &str) -> bool {
    matches!(web.site.get(&format!("{key}/index.html")).await, Ok(Some(_)))
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is no such page\n").into_response()
}

fn answer(key: &str, object: Object, request: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", object.etag.0.trim_matches('"'));
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response =
        if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(object.bytes).into_response()
        };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(key)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(key)));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
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
        _ => "text/plain; charset=utf-8",
    }
}

/// Hashed assets for ever; all else is asked for again each time, which costs a 304.
fn cache_control(key: &str) -> &'static str {
    if key.starts_with("site/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// Longest path of a key, whose limit is 1024 bytes in S3, with room for what is put around it.
const MAX_PATH_BYTES: usize = 1000;
/// Longest segment that a store can have as a file.
const MAX_SEGMENT_BYTES: usize = 255;

/// The path with its percent escapes resolved; `None` when it is no text, or has a segment that could lead outside, is
/// hidden (nothing published is), or is too long to be one of ours.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => byte,
        });
    }
    let path = String::from_utf8(bytes).ok()?;
    let harmless = |segment: &str| {
        !segment.starts_with('.') && !segment.contains(['\\', '\0']) && segment.len() <= MAX_SEGMENT_BYTES
    };
    (path.len() <= MAX_PATH_BYTES && path.split('/').all(harmless) && !path.contains("//")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::decoded;

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
