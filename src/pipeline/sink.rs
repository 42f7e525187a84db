//! Where a flow ends.

use std::future::{Future, pending};

use super::crew::Crew;
use super::error::{BoxError, Stop};
use super::lane::{Lane, Post};
use super::queue::{Inlet, Parcel};
use super::serial::serial;

/// The last stage: one item at a time, in order, and an end.
pub trait Sink<T>: Send + 'static {
    /// What is known at the end, returned by [`Pipeline::run`](super::Pipeline::run).
    type Output: Send + 'static;
    /// Its own error.
    type Error: Into<BoxError> + Send;

    /// Deals with one item, whose memory is given back afterwards.
    fn take(&mut self, item: T) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Completes what was written when the input has ended, by itself or because the run was
    /// cancelled. Not run after an error or an abort.
    fn finish(self) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// A [`Sink`] that computes or blocks, as writing files does. It runs on threads that may.
pub trait BlockingSink<T>: Send + 'static {
    /// What is known at the end, returned by [`Pipeline::run`](super::Pipeline::run).
    type Output: Send + 'static;
    /// Its own error.
    type Error: Into<BoxError> + Send;

    /// Deals with one item, whose memory is given back afterwards.
    ///
    /// # Errors
    /// What is wrong with the item or the place it goes to; it ends the run.
    fn take(&mut self, item: T) -> Result<(), Self::Error>;

    /// Completes what was written; see [`Sink::finish`].
    ///
    /// # Errors
    /// What is wrong with the place the items went to.
    fn finish(self) -> Result<Self::Output, Self::Error>;
}

/// All items, in order.
impl<T: Send + 'static> Sink<T> for Vec<T> {
    type Output = Self;
    type Error = std::convert::Infallible;

    async fn take(&mut self, item: T) -> Result<(), Self::Error> {
        self.push(item);
        Ok(())
    }

    async fn finish(self) -> Result<Self, Self::Error> {
        Ok(self)
    }
}

/// Runs a sink that waits over its input.
pub(super) async fn drain<T: Send + 'static, S: Sink<T>>(
    post: Post,
    crew: Crew,
    inlet: Inlet<T>,
    sink: S,
) -> Result<S::Output, Stop> {
    let take = |mut sink: S, lane, Parcel { content, reservation, .. }| {
        crew.start(async move {
            sink.take(content).await.map_err(Into::into)?;
            drop(reservation);
            Ok((sink, lane))
        })
    };
    let finish = |sink: S, lane, _| {
        crew.start(async move {
            let output = sink.finish().await.map_err(Into::into)?;
            drop::<Lane>(lane);
            Ok(output)
        })
    };
    serial(post, inlet, pending(), sink, take, finish).await
}

/// Runs a sink that blocks over its input.
pub(super) async fn drain_blocking<T: Send + 'static, S: BlockingSink<T>>(
    post: Post,
    crew: Crew,
    inlet: Inlet<T>,
    sink: S,
) -> Result<S::Output, Stop> {
    let take = |mut sink: S, lane, Parcel { content, reservation, .. }| {
        crew.start_blocking(move || {
            sink.take(content).map_err(Into::into)?;
            drop(reservation);
            Ok((sink, lane))
        })
    };
    let finish = |sink: S, lane, _| {
        crew.start_blocking(move || {
            let output = sink.finish().map_err(Into::into)?;
            drop::<Lane>(lane);
            Ok(output)
        })
    };
    serial(post, inlet, pending(), sink, take, finish).await
}
