//! What can go wrong between a request and its answer, made to go wrong.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// What is done to one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// It is answered.
    None,
    /// It is answered after so long.
    Late(Duration),
    /// It is answered once so many have been under way at once.
    Gather(usize),
    /// Its answer comes in pieces of 64 bytes with so much time between them.
    Slow(Duration),
    /// It is never answered.
    Hang,
    /// The headers come, half of the body, and then nothing.
    Stall,
    /// The connection is reset before an answer.
    Reset,
    /// The connection is reset when half of the body is sent.
    ResetHalfway,
    /// The connection is closed properly when half of the body is sent.
    Short,
    /// Half of what was asked for comes, under headers that call it half.
    HalfTheRange,
    /// Half of what was asked for comes, under a `Content-Range` that calls it all.
    Lie,
    /// Another status, with so many seconds of `Retry-After`.
    Status(u16, Option<u32>),
    /// What is not there is refused, as by stores that may not be listed.
    Hidden,
    /// One bit of the middle of the answer is another.
    Flip,
}

/// What a store may do for a while, and to how many requests for each part of each file. Web servers
/// and buckets are tested with the same.
pub const PASSING: [(Fault, usize); 10] = [
    (Fault::Reset, 1),
    (Fault::ResetHalfway, 1),
    (Fault::Short, 1),
    (Fault::HalfTheRange, 1),
    (Fault::Lie, 1),
    (Fault::Status(503, None), 2),
    (Fault::Status(429, None), 1),
    (Fault::Status(500, None), 1),
    (Fault::Late(Duration::from_millis(30)), usize::MAX),
    (Fault::Slow(Duration::from_millis(1)), usize::MAX),
];

pub type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

/// Answers with all of a body.
pub fn whole(answer: Response<Bytes>) -> Answer {
    answer.map(|bytes| Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync())
}

/// Spoils an answer.
///
/// # Errors
/// Where there is none: the server then drops the connection.
pub async fn spoil(
    mut answer: Response<Bytes>,
    fault: Fault,
    socket: &TcpStream,
) -> io::Result<Answer> {
    // Only where the headers say what was asked for can it be seen that less came; and an answer
    // without a body has none that could break off.
    let is_part = answer.headers().contains_key(CONTENT_RANGE);
    let fault = match fault {
        Fault::Lie | Fault::HalfTheRange if !is_part => Fault::None,
        Fault::Stall | Fault::ResetHalfway | Fault::Short if answer.body().is_empty() => {
            Fault::None
        }
        fault => fault,
    };
    let half = answer.body().slice(..answer.body().len() / 2);
    let lost = || io::Error::other("a planted fault");
    match fault {
        Fault::None | Fault::Late(_) | Fault::Gather(_) => {}
        Fault::Slow(pause) => {
            let pieces: Vec<Bytes> = answer.body().chunks(64).map(Bytes::copy_from_slice).collect();
            let pieces = stream::iter(pieces).then(move |piece| async move {
                sleep(pause).await;
                Ok(Frame::data(piece))
            });
            return Ok(answer.map(|_| StreamBody::new(pieces).boxed_unsync()));
        }
        Fault::Hang => std::future::pending().await,
        Fault::Stall => return Ok(declared(answer, half, stream::pending().boxed())),
        Fault::Reset => {
            socket.set_zero_linger()?;
            return Err(lost());
        }
        Fault::ResetHalfway => {
            // The socket is closed when the body fails.
            socket.set_zero_linger()?;
            return Ok(declared(answer, half, stream::once(async move { Err(lost()) }).boxed()));
        }
        Fault::Short => {
            return Ok(declared(answer, half, stream::once(async move { Err(lost()) }).boxed()));
        }
        Fault::Lie | Fault::HalfTheRange => {
            if let (Fault::HalfTheRange, Some(range)) = (fault, answer.headers().get(CONTENT_RANGE))
            {
                let range = range.to_str().expect("the server wrote it");
                let (start, rest) = range.strip_prefix("bytes ").unwrap().split_once('-').unwrap();
                let (_, size) = rest.split_once('/').unwrap();
                let end = start.parse::<usize>().unwrap() + half.len().max(1) - 1;
                let shorter = format!("bytes {start}-{end}/{size}").parse().unwrap();
                answer.headers_mut().insert(CONTENT_RANGE, shorter);
            }
            answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(half.len()));
            *answer.body_mut() = half;
        }
        Fault::Status(status, retry_after) => {
            let mut refusal = Response::builder().status(status);
            if let Some(seconds) = retry_after {
                refusal = refusal.header(RETRY_AFTER, seconds);
            }
            answer = refusal.body(Bytes::from_static(b"a planted refusal")).unwrap();
        }
        Fault::Hidden => {
            if answer.status() == StatusCode::NOT_FOUND {
                *answer.status_mut() = StatusCode::FORBIDDEN;
            }
        }
        Fault::Flip => {
            let mut bytes = answer.body().to_vec();
            let middle = bytes.len() / 2;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte ^= 1;
            }
            *answer.body_mut() = bytes.into();
        }
    }
    Ok(whole(answer))
}

/// A body that does not keep to the length in its headers.
fn declared(
    answer: Response<Bytes>,
    sent: Bytes,
    then: stream::BoxStream<'static, io::Result<Frame<Bytes>>>,
) -> Answer {
    let (mut parts, whole) = answer.into_parts();
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    // Time in which the first half leaves.
    let pause = stream::once(sleep(Duration::from_millis(5))).flat_map(|()| stream::empty());
    let frames = stream::once(async move { Ok(Frame::data(sent)) }).chain(pause).chain(then);
    Response::from_parts(parts, StreamBody::new(frames).boxed_unsync())
}
