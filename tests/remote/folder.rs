//! A plain web server of a folder: GET and HEAD, ranges and versions, no listing.

use std::path::Path;

use bytes::Bytes;
use hyper::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, IF_MATCH, RANGE,
};
use hyper::{Method, Response, StatusCode};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Answers from the files below `root`.
pub fn answer(root: &Path, method: &Method, path: &str, asked: &HeaderMap) -> Response<Bytes> {
    let status = |status: StatusCode| Response::builder().status(status);
    let empty = |code: StatusCode| status(code).body(Bytes::new()).unwrap();
    if method != Method::GET && method != Method::HEAD {
        return empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Ok(bytes) = std::fs::read(root.join(path.trim_start_matches('/'))) else {
        return empty(StatusCode::NOT_FOUND);
    };
    let bytes = Bytes::from(bytes);
    let etag = etag(&bytes);
    if asked.get(IF_MATCH).is_some_and(|wanted| wanted != etag.as_str()) {
        return empty(StatusCode::PRECONDITION_FAILED);
    }
    let (builder, body) = match asked.get(RANGE).and_then(|range| range.to_str().ok()) {
        None => (status(StatusCode::OK), bytes),
        Some(range) => {
            let Some((start, end)) = bounds(range, bytes.len()) else {
                return empty(StatusCode::RANGE_NOT_SATISFIABLE);
            };
            let told = format!("bytes {start}-{}/{}", end - 1, bytes.len());
            (
                status(StatusCode::PARTIAL_CONTENT).header(CONTENT_RANGE, told),
                bytes.slice(start..end),
            )
        }
    };
    let builder = builder
        .header(ETAG, etag)
        .header(ACCEPT_RANGES, "bytes")
        .header(CONTENT_LENGTH, body.len())
        .header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
    let body = if method == Method::HEAD { Bytes::new() } else { body };
    builder.body(body).unwrap()
}

fn etag(bytes: &Bytes) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("\"{:x}\"", hasher.finish())
}

/// First byte and end of `bytes=a-b`, `bytes=a-` or `bytes=-n`; `None` for none that there is.
fn bounds(range: &str, length: usize) -> Option<(usize, usize)> {
    let (start, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (start, last) {
        ("", count) => (length.saturating_sub(count.parse().ok()?), length),
        (start, "") => (start.parse().ok()?, length),
        (start, last) => (start.parse().ok()?, (last.parse::<usize>().ok()? + 1).min(length)),
    };
    (start < end).then_some((start, end))
}
