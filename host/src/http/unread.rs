//! What a client still sends when it has been answered already.
//!
//! A connection that is closed over unread bytes takes the answer with it: whoever sends
//! too much, or sends without a key, would see a broken pipe and never why. So the rest is
//! read and thrown away, up to a limit, while the answer goes out.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::Request;
use futures_util::{Stream, StreamExt as _};

use crate::app::App;

/// Lets an answer reach who is still sending.
pub(super) fn read_on(app: &App, request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let limits = &app.settings.limits;
    let (bytes_max, time) = (limits.unread_bytes_max, Duration::from_millis(limits.unread_ms_max));
    let sent = |body: Body| Sent { body: Some(body.into_data_stream()), bytes_max, time };
    request.map(|body| Body::from_stream(sent(body)))
}

/// A body that is read to its end, by its handler or after it.
struct Sent {
    body: Option<BodyDataStream>,
    bytes_max: u64,
    time: Duration,
}

impl Stream for Sent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let piece = body.poll_next_unpin(context);
        if matches!(piece, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        piece
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) else { return };
        // A server that is being torn down reads nothing more.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (mut left, time) = (self.bytes_max, self.time);
        let thrown_away = body.take_while(move |piece| {
            let size = piece.as_ref().map_or(u64::MAX, |piece| piece.len() as u64);
            let goes_on = size <= left;
            left = left.saturating_sub(size);
            std::future::ready(goes_on)
        });
        runtime.spawn(async move {
            tokio::time::timeout(time, thrown_away.for_each(|_| std::future::ready(()))).await
        });
    }
}
