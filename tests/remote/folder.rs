//! A plain web server of a folder: GET and HEAD, ranges and versions, no listing.

use std::path::Path;

use bytes::Bytes;
use hyper::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, IF_MATCH, IF_UNMODIFIED_SINCE,
    LAST_MODIFIED, RANGE,
};
use hyper::{Method, Response, StatusCode};
use std::hash::{DefaultHasher, Hash, Hasher};

/// How the server tells a file from another that takes its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Versions {
    /// By tags of the bytes.
    Tags,
    /// By tags that stand for no bytes, which no condition may name, and by times.
    WeakTags,
    /// By times alone.
    Times,
    None,
}

/// Answers from the files below `root`.
pub fn answer(
    root: &Path,
    versions: Versions,
    method: &Method,
    path: &str,
    asked: &HeaderMap,
) -> Response<Bytes> {
    let status = |status: StatusCode| Response::builder().status(status);
    let empty = |code: StatusCode| status(code).body(Bytes::new()).unwrap();
    if method != Method::GET && method != Method::HEAD {
        return empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Ok(bytes) = std::fs::read(root.join(path.trim_start_matches('/'))) else {
        return empty(StatusCode::NOT_FOUND);
    };
    let bytes = Bytes::from(bytes);
    let [tag, time] = version(&bytes);
    let is_other = |header, now: &str| asked.get(header).is_some_and(|wanted| wanted != now);
    let now = if versions == Versions::Tags { &tag } else { "no other tag is strong" };
    if is_other(IF_MATCH, now) || is_other(IF_UNMODIFIED_SINCE, &time) {
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
    let builder = builder.header(ACCEPT_RANGES, "bytes").header(CONTENT_LENGTH, body.len());
    let builder = match versions {
        Versions::Tags => builder.header(ETAG, tag).header(LAST_MODIFIED, time),
        Versions::WeakTags => builder.header(ETAG, format!("W/{tag}")).header(LAST_MODIFIED, time),
        Versions::Times => builder.header(LAST_MODIFIED, time),
        Versions::None => builder,
    };
    let body = if method == Method::HEAD { Bytes::new() } else { body };
    builder.body(body).unwrap()
}

/// A tag, and a time that stands for the time of a change.
fn version(bytes: &Bytes) -> [String; 2] {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let hash = hasher.finish();
    let time = format!("Thu, 01 Jan 2026 00:{:02}:{:02} GMT", hash / 60 % 60, hash % 60);
    [format!("\"{hash:x}\""), time]
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
