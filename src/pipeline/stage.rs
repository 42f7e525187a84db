//! A stage whose workers deal with several items at once and hand them on in order.

use tokio::sync::mpsc;

use super::budget::Reservation;
use super::crew::Job;
use super::error::PipelineError;
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
) -> Result<(), PipelineError> {
    // Each worker is in one of these two channels or on its way, so neither is ever full.
    let (free, mut idle) = mpsc::channel(workers.max(1));
    let (promised, mut promises) = mpsc::channel(workers.max(1));
    for worker in (0..).take(workers.max(1)) {
        let _ = free.send(post.lane(worker)).await;
    }

    let feed = async move {
        while let Some(mut lane) = idle.recv().await {
            let Some(parcel) = inlet.wait(&mut lane).await else { break };
            let (item, reservation) = (parcel.number, parcel.reservation);
            lane.begin(Kind::Busy, item, reservation.bytes());
            let job = start(lane, parcel.content);
            if promised.send(Promise { item, reservation, job }).await.is_err() {
                break;
            }
        }
        Ok(())
    };

    let hand_on = async {
        while let Some(Promise { item, reservation, job }) = promises.recv().await {
            let (mut lane, content) = job.done(&post.name, Some(item)).await?;
            let sent = sender.send(content, reservation, &mut lane).await;
            sent.map_err(|error| post.failed(item, error))?;
            // After the end of the input nobody takes a worker back, and nobody needs one.
            let _ = free.send(lane).await;
        }
        sender.end().await;
        Ok(())
    };

    tokio::try_join!(feed, hand_on).map(|((), ())| ())
}
