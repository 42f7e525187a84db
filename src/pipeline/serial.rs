//! One item at a time, with a state that goes from each to the next.

use std::pin::pin;

use super::crew::Job;
use super::error::Stop;
use super::lane::{Lane, Post};
use super::queue::{Inlet, Parcel};
use super::timeline::Kind;

/// Carries a state from parcel to parcel, each in a job of its own, and through a last job: when
/// there are no more, or when `enough` ends and what is left is not wanted.
///
/// The lane travels with the state, for an operator that has to say when it waits.
pub(super) async fn serial<S, T, R>(
    post: Post,
    mut inlet: Inlet<T>,
    enough: impl Future<Output = ()>,
    mut state: S,
    take: impl Fn(S, Lane, Parcel<T>) -> Job<(S, Lane)>,
    finish: impl FnOnce(S, Lane, u64) -> Job<R>,
) -> Result<R, Stop> {
    let mut lane = post.lane(0);
    let mut enough = pin!(enough);
    loop {
        let entry = tokio::select! {
            biased;
            () = &mut enough => break,
            entry = inlet.wait(&mut lane) => entry?,
        };
        let Some((parcel, _ticket)) = entry else { break };
        let item = parcel.number;
        lane.begin(Kind::Busy, item, parcel.reservation.bytes());
        post.hold_up(item).await;
        (state, lane) = take(state, lane, parcel).done(&post.name, Some(item)).await?;
        lane.end();
    }
    let seen = inlet.seen();
    // Before the last job: the stages that it came from go on for nobody.
    drop(inlet);
    lane.begin(Kind::Busy, seen, 0);
    Ok(finish(state, lane, seen).done(&post.name, None).await?)
}
