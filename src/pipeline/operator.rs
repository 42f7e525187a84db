//! Stages with a memory: one item at a time, in order.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::budget::{BudgetError, Reservation};
use super::crew::Crew;
use super::error::{BoxError, Stop};
use super::lane::{Lane, Post};
use super::queue::{Inlet, Parcel, Sender};
use super::serial::serial;
use super::timeline::Kind;

/// A stage that remembers: for each item it hands on none, one or many.
///
/// Pairing neighbours, collecting a batch and moving a state forward are operators.
pub trait Operator<T>: Send + 'static {
    /// What it hands on.
    type Output: Send + 'static;
    /// Its own error.
    type Error: Into<BoxError> + Send;

    /// Deals with one item.
    fn take(
        &mut self,
        parcel: Parcel<T>,
        out: &mut Outlet<Self::Output>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Hands on what is left when the input has ended. Not run after an error or an abort.
    fn finish(
        self,
        out: &mut Outlet<Self::Output>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Ends when no more input is wanted: the stages before are then dropped with all that they hold,
    /// and [`finish`](Self::finish) is run. Looked at between two items. Without it, that is never.
    fn enough(&self) -> impl Future<Output = ()> + Send + 'static {
        pending()
    }

    /// How many items' reservations it may hold between two calls, beside those handed on.
    ///
    /// The source refuses an item that does not fit into the budget beside so many of the largest
    /// item's size. An operator that holds more than it says can stop the flow for ever.
    fn keeps(&self) -> u64 {
        0
    }
}

/// Where an [`Operator`] hands its results on.
pub struct Outlet<U> {
    sender: Sender<U>,
    lane: Lane,
    item: u64,
    bytes: u64,
    overdrawn: Result<(), BudgetError>,
}

impl<U> Outlet<U> {
    pub(super) fn new(sender: Sender<U>, lane: Lane, item: u64, bytes: u64) -> Self {
        Self { sender, lane, item, bytes, overdrawn: Ok(()) }
    }

    pub(super) fn close(self) -> Result<(Sender<U>, Lane), BoxError> {
        self.overdrawn?;
        Ok((self.sender, self.lane))
    }

    /// Hands `content` on with the memory that it holds, and waits for room where the next stage
    /// is behind.
    pub async fn send(&mut self, content: U, reservation: Reservation) {
        let sent = self.sender.send(content, reservation, &mut self.lane).await;
        // Reported when the operator returns, so that its own errors need not know of budgets.
        if self.overdrawn.is_ok() {
            self.overdrawn = sent;
        }
        self.lane.begin(Kind::Busy, self.item, self.bytes);
    }
}

/// Runs an operator over its input.
pub(super) async fn operate<T: Send + 'static, O: Operator<T>>(
    post: Post,
    crew: Crew,
    inlet: Inlet<T>,
    cut_short: Arc<AtomicBool>,
    operator: O,
    sender: Sender<O::Output>,
) -> Result<(), Stop> {
    let enough = operator.enough();
    let enough = async move {
        enough.await;
        cut_short.store(true, Ordering::Release);
    };
    let take = |(mut operator, sender): (O, _), lane, parcel: Parcel<T>| {
        let mut out = Outlet::new(sender, lane, parcel.number, parcel.reservation.bytes());
        crew.start(async move {
            operator.take(parcel, &mut out).await.map_err(Into::into)?;
            let (sender, lane) = out.close()?;
            Ok(((operator, sender), lane))
        })
    };
    let finish = |(operator, sender): (O, _), lane, item| {
        let mut out = Outlet::new(sender, lane, item, 0);
        crew.start(async move {
            operator.finish(&mut out).await.map_err(Into::into)?;
            let (sender, _) = out.close()?;
            sender.end().await;
            Ok(())
        })
    };
    serial(post, inlet, enough, (operator, sender), take, finish).await
}
