//! A stage whose workers deal with several items at once and hand them on in order.

use tokio::sync::mpsc;

use super::budget::Reservation;
use super::crew::Job;
use super::error::Stop;
use super::lane::{Lane, Post};
use super::queue::{Inlet, Sender};
use super::timeline::Kind;

/// A result that is being made.
struct Promise<U> {
    item: u64,
    reservation: Reservation,
    job: Job<(Lane, U)>,
}

/// Takes parcels as workers become free, and hands results on in the order of their parcels.
///
/// Order costs no sorting: promises queue up in the order of the input, and the oldest is awaited
/// first. A worker is free again when its result has been handed on, so their number bounds what
/// the stage holds.
pub(super) async fn ordered<T, U>(
    post: Post,
    workers: usize,
    mut inlet: Inlet<T>,
    mut sender: Sender<U>,
    start: impl Fn(Lane, T) -> Job<(Lane, U)>,
) -> Result<(), Stop> {
    // Each worker is in one of these two channels or on its way, so neither is ever full.
    let (free, mut idle) = mpsc::channel(workers.max(1));
    let (promised, mut promises) = mpsc::channel(workers.max(1));
    for worker in (0..).take(workers.max(1)) {
        let _ = free.send(post.lane(worker)).await;
    }

    let feed = async move {
        while let Some(mut lane) = idle.recv().await {
            let parcel = match inlet.wait(&mut lane).await {
                Ok(Some(parcel)) => parcel,
                Ok(None) => break,
                // What has begun is handed on first.
                Err(stop) => return Ok(Err(stop)),
            };
            let (item, reservation) = (parcel.number, parcel.reservation);
            lane.begin(Kind::Busy, item, reservation.bytes());
            let job = start(lane, parcel.content);
            if promised.send(Promise { item, reservation, job }).await.is_err() {
                break;
            }
        }
        Ok(Ok(()))
    };

    let hand_on = async {
        while let Some(Promise { item, reservation, job }) = promises.recv().await {
            let (mut lane, content) = job.done(&post.name, Some(item)).await?;
            let sent = sender.send(content, reservation, &mut lane).await;
            sent.map_err(|error| post.failed(item, error))?;
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
