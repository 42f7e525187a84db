//! A stage whose workers deal with several items at once and hand them on in order.

use std::time::Duration;

use tokio::sync::mpsc;

use super::budget::Reservation;
use super::crew::Job;
use super::depth::Depth;
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
/// first. A worker is free again when its result has been handed on, so the depth bounds what the
/// stage holds.
pub(super) async fn ordered<T, U>(
    post: Post,
    mut depth: Depth,
    mut inlet: Inlet<T>,
    mut sender: Sender<U>,
    start: impl Fn(Lane, T, Option<Duration>) -> Job<(Lane, U)>,
) -> Result<(), Stop> {
    // Each worker is off duty, in one of these two channels or on its way, so neither is ever full.
    let (free, mut idle) = mpsc::channel(depth.most());
    let (promised, mut promises) = mpsc::channel(depth.most());
    let mut off_duty: Vec<Lane> =
        (0..).take(depth.most()).map(|worker| post.lane(worker)).collect();
    off_duty.reverse();
    let mut on_duty = 0;
    post.say_depth(&depth);

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
        loop {
            while on_duty < depth.now()
                && let Some(lane) = off_duty.pop()
            {
                // After the end of the input nobody takes a worker, and nobody needs one.
                let _ = free.send(lane).await;
                on_duty += 1;
            }
            let Some(Promise { item, reservation, ticket, job }) = promises.recv().await else {
                break;
            };
            let (mut lane, content) = job.done(&post.name, Some(item)).await?;
            let sent = sender.send(content, reservation, &mut lane).await;
            sent.map_err(|error| post.failed(item, error))?;
            drop(ticket);
            depth.learn(lane.worked(), post.now());
            post.say_depth(&depth);
            off_duty.push(lane);
            on_duty -= 1;
        }
        Ok::<_, Stop>(sender)
    };

    let (fed, sender) = tokio::try_join!(feed, hand_on)?;
    fed?;
    sender.end().await;
    Ok(())
}
