//! One item on two ways at once, and together again.
//!
//! Neither way can block the other for good. The fork sends item *n* both ways before item *n* + 1,
//! so when it waits for room on one way, the other has been given all earlier items; and the join,
//! if it waits, waits for one of those.

use super::budget::Budget;
use super::error::{PipelineError, Stop};
use super::lane::Post;
use super::queue::{Inlet, Sender, while_wanted};
use super::timeline::Kind;

/// Splits each item in two. The left part takes the reservation with it.
pub(super) async fn fork<T, A, B>(
    post: Post,
    budget: Budget,
    mut inlet: Inlet<T>,
    split: impl Fn(T) -> (A, B),
    mut left: Sender<A>,
    mut right: Sender<B>,
) -> Result<(), Stop>
where
    A: Send + 'static,
    B: Send + 'static,
{
    let (left_unwanted, right_unwanted) = (left.unwanted(), right.unwanted());
    let unwanted = async {
        tokio::select! {
            () = left_unwanted => {}
            () = right_unwanted => {}
        }
    };
    let split_all = async {
        let mut lane = post.lane(0);
        while let Some((parcel, _ticket)) = inlet.wait(&mut lane).await? {
            let item = parcel.number;
            lane.begin(Kind::Busy, item, parcel.reservation.bytes());
            post.hold_up(item).await;
            let (a, b) = split(parcel.content);
            lane.end();
            let sent = left.send(a, parcel.reservation, &mut lane).await;
            sent.map_err(|error| post.failed(item, error))?;
            let sent = right.send(b, budget.nothing(), &mut lane).await;
            sent.map_err(|error| post.failed(item, error))?;
        }
        Ok(())
    };
    while_wanted(split_all, unwanted).await?;
    tokio::join!(left.end(), right.end());
    Ok(())
}

/// Pairs the items of both ways in order.
pub(super) async fn join<A, B>(
    post: Post,
    mut left: Inlet<A>,
    mut right: Inlet<B>,
    mut sender: Sender<(A, B)>,
) -> Result<(), Stop> {
    let mut lane = post.lane(0);
    loop {
        let item = sender.next();
        let unpaired = |ended| {
            let stage = post.name.clone();
            Stop::from(PipelineError::Unpaired { stage, item, ended })
        };
        lane.begin(Kind::WaitInput, item, 0);
        // In a serial schedule the fork takes the left way first: waiting for the other half is no
        // part of dealing with the left one.
        let left = async { Ok(left.next().await?.map(|(parcel, _)| parcel)) };
        let (mut a, (b, _ticket)) = match tokio::try_join!(left, right.next())? {
            (Some(a), Some(b)) => (a, b),
            (None, None) => break,
            (None, Some(_)) => return Err(unpaired("left")),
            (Some(_), None) => return Err(unpaired("right")),
        };
        let merged = a.reservation.merge(b.reservation);
        merged.map_err(|error| post.failed(item, error))?;
        lane.follow(a.origin);
        lane.begin(Kind::Busy, item, a.reservation.bytes());
        post.hold_up(item).await;
        lane.end();
        let sent = sender.send((a.content, b.content), a.reservation, &mut lane).await;
        sent.map_err(|error| post.failed(item, error))?;
    }
    drop(lane);
    sender.end().await;
    Ok(())
}
