//! The bounded queue between two stages.
//!
//! A queue ends with an explicit end mark. One that breaks off without it belongs to a run that
//! has failed and is about to be dropped, so both ends then wait for that, instead of taking the
//! failure for an end or reporting it a second time.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::budget::{BudgetError, Reservation};
use super::lane::Lane;
use super::timeline::Kind;

/// An item on its way, with its place in the order and the memory that it holds.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parcel<T> {
    /// Its number, counted from 0 in the queue that it came through.
    pub number: u64,
    /// The item.
    pub content: T,
    /// The memory it holds.
    pub reservation: Reservation,
}

/// Bytes that an item needs from now on.
type Need<T> = Arc<dyn Fn(&T) -> u64 + Send + Sync>;

/// A need that can still be told to a queue's sender after it was built.
pub(super) struct Release<T>(Arc<Mutex<Option<Need<T>>>>);

impl<T> Release<T> {
    pub(super) fn set(&self, need: impl Fn(&T) -> u64 + Send + Sync + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(need));
    }

    fn get(&self) -> Option<Need<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where a stage hands its results on.
pub(super) struct Sender<T> {
    /// `None` marks the end.
    queue: mpsc::Sender<Option<Parcel<T>>>,
    release: Release<T>,
    next: u64,
}

/// Where a stage takes its input.
pub(super) struct Inlet<T> {
    queue: mpsc::Receiver<Option<Parcel<T>>>,
    seen: u64,
}

/// A queue of `depth` parcels; 0 counts as 1.
pub(super) fn queue<T>(depth: usize) -> (Sender<T>, Inlet<T>, Release<T>) {
    let (sender, receiver) = mpsc::channel(depth.max(1));
    let release = Arc::new(Mutex::new(None));
    let sender = Sender { queue: sender, release: Release(release.clone()), next: 0 };
    (sender, Inlet { queue: receiver, seen: 0 }, Release(release))
}

impl<T> Sender<T> {
    /// The number that the next parcel will have.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Gives back the memory that the item no longer needs, then waits for room and sends it.
    pub(super) async fn send(
        &mut self,
        content: T,
        mut reservation: Reservation,
        lane: &mut Lane,
    ) -> Result<(), BudgetError> {
        if let Some(need) = self.release.get() {
            reservation.shrink_to(need(&content))?;
        }
        lane.begin(Kind::WaitOutput, self.next, reservation.bytes());
        self.room().await.send(content, reservation);
        lane.end();
        Ok(())
    }

    /// Waits for room for one parcel.
    pub(super) async fn room(&mut self) -> Room<'_, T> {
        match self.queue.reserve().await {
            Ok(permit) => Room { permit, next: &mut self.next },
            Err(_) => pending().await,
        }
    }

    /// Says that there is no more.
    pub(super) async fn end(self) {
        if self.queue.send(None).await.is_err() {
            pending().await
        }
    }
}

/// Room for one parcel.
pub(super) struct Room<'a, T> {
    permit: mpsc::Permit<'a, Option<Parcel<T>>>,
    next: &'a mut u64,
}

impl<T> Room<'_, T> {
    pub(super) fn send(self, content: T, reservation: Reservation) {
        self.permit.send(Some(Parcel { number: *self.next, content, reservation }));
        *self.next += 1;
    }
}

impl<T> Inlet<T> {
    /// How many parcels have been taken.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// The next parcel, `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Parcel<T>> {
        let parcel = match self.queue.recv().await {
            Some(parcel) => parcel?,
            None => pending().await,
        };
        self.seen = parcel.number + 1;
        Some(parcel)
    }

    /// The next parcel, recorded as a wait of `lane`.
    pub(super) async fn wait(&mut self, lane: &mut Lane) -> Option<Parcel<T>> {
        lane.begin(Kind::WaitInput, self.seen, 0);
        let parcel = self.next().await;
        lane.end();
        parcel
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const LONG: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_breaks_off_has_not_ended() {
        let (sender, mut inlet, _) = queue::<u64>(1);
        drop(sender);
        assert!(timeout(LONG, inlet.next()).await.is_err());

        let (sender, mut inlet, _) = queue::<u64>(1);
        sender.end().await;
        assert!(timeout(LONG, inlet.next()).await.unwrap().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_to_a_stage_that_is_gone() {
        let (mut sender, inlet, _) = queue::<u64>(1);
        drop(inlet);
        assert!(timeout(LONG, sender.room()).await.is_err());
        assert!(timeout(LONG, sender.end()).await.is_err());
    }
}
