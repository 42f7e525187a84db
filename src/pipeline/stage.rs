//! A stage whose workers deal with several items at once and hand them on in order.

use std::time::Duration;

use tokio::sync::mpsc;

use super::budget::Reservation;
use super::crew::Job;
use super::error::Stop;
use super::lane::{Lane, Post};
use super::queue::{Inlet, Sender, Ticket};
use super::timeline::Kind;

/// A result that is being made.
struct Promise<U> {
    item: u64,
    reservation: Reservation,
    ticket: Ticket,
    job: Job<(Lane, U)>,
}

/// Takes parcels as workers become free, and hands results on in the order of their parcels.
/// `start` is told how long the item is to be held up.
///
/// Order costs no sorting: promises queue up in the order of the input, and the oldest is awaited
/// first. A worker is free again when its result has been handed on, so their number bounds what
/// the stage holds.
pub(super) async fn ordered<T, U>(
    post: Post,
    workers: usize,
    mut inlet: Inlet<T>,
    mut sender: Sender<U>,
    start: impl Fn(Lane, T, Option<Duration>) -> Job<(Lane, U)>,
) -> Result<(), Stop> {
    // Each worker is in one of these two channels or on its way, so neither is ever full.
    let (free, mut idle) = mpsc::channel(workers.max(1));
    let (promised, mut promises) = mpsc::channel(workers.max(1));
    for worker in (0..).take(workers.max(1)) {
        let _ = free.send(post.lane(worker)).await;
    }

    let at = &post;
    let feed = async move {
        while let Some(mut lane) = idle.recv().await {
            let (parcel, ticket) = match inlet.wait(&mut lane).await {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                // What has begun is handed on first.
                Err(stop) => return Ok(Err(stop)),
            };
            let (item, reservation) = (parcel.number, parcel.reservation);
            lane.begin(Kind::Busy, item, reservation.bytes());
            let job = start(lane, parcel.content, at.delay(item));
            if promised.send(Promise { item, reservation, ticket, job }).await.is_err() {
                break;
            }
        }
        Ok(Ok(()))
    };

    let hand_on = async {
        while let Some(Promise { item, reservation, ticket, job }) = promises.recv().await {
            let (mut lane, content) = job.done(&post.name, Some(item)).await?;
            let sent = sender.send(content, reservation, &mut lane).await;
            sent.map_err(|error| post.failed(item, error))?;
            drop(ticket);
            // After the end of the input nobody takes a worker back, and nobody needs one.
            let _ = free.send(lane).await;
        }
        Ok::<_, Stop>(sender)
    };

    let (fed, sender) = tokio::try_join!(feed, hand_on)?;
    fed?;
    sender.end().await;
    Ok(())
}
