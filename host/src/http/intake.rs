//! Bodies and answers while clients take their time.
//!
//! A body is read whole before its request takes a place, so that whoever sends slowly
//! keeps nobody from being answered. What is held of bodies on their way in, and of answers
//! on their way out, has a limit in all. A little is free for everyone, so that large ones
//! leave room for small ones.

use std::time::Duration;

use assay_domain::refusal::{Code, Refusal};
use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};

use crate::app::room::{Held, Room};

/// A body or an answer that is this small is not counted: a connection costs as much.
const FREE_BYTES: usize = 16 * 1024;

/// What came of reading.
enum Read {
    /// All of it.
    Whole(Bytes),
    /// More than is taken, or something went wrong: this much, and how it goes on.
    Part(Vec<u8>, Result<Bytes, axum::Error>),
    /// Nothing more may be held.
    NoRoom,
}

/// The request with its body in memory, and the bytes that this holds. A body longer than
/// any handler takes is left to its handler, which refuses it.
pub(super) async fn whole(
    room: &Room,
    request: Request,
    bytes_max: usize,
    time: Duration,
) -> Result<(Request, Held), Refusal> {
    let mut held = Held::default();
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if request.body().is_end_stream() || length.is_some_and(|length: usize| length > bytes_max) {
        return Ok((request, held));
    }
    let (parts, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let read = tokio::time::timeout(time, read(room, &mut held, &mut body, bytes_max)).await;
    let body = match read {
        Ok(Read::Whole(bytes)) => Body::from(bytes),
        Ok(Read::Part(begun, next)) => {
            Body::from_stream(stream::iter([Ok(Bytes::from(begun)), next]).chain(body))
        }
        Ok(Read::NoRoom) => return Err(overloaded()),
        Err(_) => return Err(Refusal::new(Code::Overloaded, "the body took too long to arrive")),
    };
    Ok((Request::from_parts(parts, body), held))
}

async fn read(room: &Room, held: &mut Held, body: &mut BodyDataStream, bytes_max: usize) -> Read {
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = match piece {
            Ok(piece) if all.len().max(first.len()) + piece.len() <= bytes_max => piece,
            other => return Read::Part(if all.is_empty() { first.into() } else { all }, other),
        };
        if first.is_empty() {
            first = piece;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&piece);
        }
        let bytes = all.len().max(first.len());
        if bytes > FREE_BYTES && !room.hold_body(held, bytes - held.bytes()) {
            return Read::NoRoom;
        }
    }
    Read::Whole(if all.is_empty() { first } else { all.into() })
}

/// The answer, which holds its bytes until they are sent or its client is gone. One that
/// only tells something is told later where no more may be held; what was done is told.
pub(super) async fn answer(room: &Room, response: Response, only_tells: bool) -> Result<Response, Refusal> {
    let size = response.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
    let Some(size) = size.filter(|size| *size > FREE_BYTES) else { return Ok(response) };
    let mut held = Held::default();
    if !room.hold_answer(&mut held, size) {
        return if only_tells { Err(overloaded()) } else { Ok(response) };
    }
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, size).await.map_err(|_| overloaded())?;
    Ok(Response::from_parts(parts, Body::from(Bytes::from_owner(Sending { bytes, _held: held }))))
}

/// Bytes of an answer until the connection lets go of them.
struct Sending {
    bytes: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for Sending {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// No room.
pub(super) fn overloaded() -> Refusal {
    Refusal::new(Code::Overloaded, "the server is busy: try again shortly")
}
