//! The bounded queue between two stages.
//!
//! In a serial schedule a parcel comes with a [`Ticket`] that the receiver holds until it has dealt
//! with the parcel, and the sender waits for that. A receiver has dealt with a parcel when it has
//! handed on what it made of it, which waits in its turn: sends nest like calls.
//!
//! A queue ends with an explicit end mark. One that breaks off without it belongs to a run that
//! has failed: the stage behind it deals with what is in the queue still, and breaks off as well. A
//! stage whose results nobody takes any more is dropped, see [`Sender::unwanted`].

use std::convert::Infallible;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::budget::{BudgetError, Reservation};
use super::error::Stop;
use super::lane::Lane;
use super::schedule::Schedule;
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
    /// The item of the source that it comes from.
    pub(super) origin: u64,
}

/// Held by whoever deals with a parcel; dropping it says that the parcel has been dealt with.
pub(super) struct Ticket {
    _held: Option<oneshot::Sender<Infallible>>,
}

/// Tells the sender of a parcel when its [`Ticket`] was dropped.
pub(super) struct Receipt(Option<oneshot::Receiver<Infallible>>);

impl Receipt {
    /// Waits until the parcel has been dealt with; not at all in a concurrent schedule.
    pub(super) async fn dealt_with(self) {
        if let Some(ticket) = self.0 {
            let _dropped = ticket.await;
        }
    }
}

/// What lies in a queue; `None` marks the end.
type Entry<T> = Option<(Parcel<T>, Ticket)>;

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
    queue: mpsc::Sender<Entry<T>>,
    release: Release<T>,
    schedule: Schedule,
    next: u64,
}

/// Where a stage takes its input.
pub(super) struct Inlet<T> {
    queue: mpsc::Receiver<Entry<T>>,
    seen: u64,
}

/// A queue of `depth` parcels; 0 counts as 1.
pub(super) fn queue<T>(depth: usize, schedule: Schedule) -> (Sender<T>, Inlet<T>, Release<T>) {
    let (sender, receiver) = mpsc::channel(depth.max(1));
    let release = Arc::new(Mutex::new(None));
    let sender = Sender { queue: sender, release: Release(release.clone()), schedule, next: 0 };
    (sender, Inlet { queue: receiver, seen: 0 }, Release(release))
}

impl<T> Sender<T> {
    /// The number that the next parcel will have.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Ends when the stage that takes from the queue is gone. The queue cannot end while this lives.
    pub(super) fn unwanted(&self) -> impl Future<Output = ()> + Send + 'static
    where
        T: Send + 'static,
    {
        let queue = self.queue.clone();
        async move { queue.closed().await }
    }

    /// Gives back the memory that the item no longer needs, then waits for room and sends it; in a
    /// serial schedule waits until it has been dealt with, too.
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
        let origin = lane.origin();
        self.room().await.send(content, reservation, origin).dealt_with().await;
        lane.end();
        Ok(())
    }

    /// Waits for room for one parcel.
    pub(super) async fn room(&mut self) -> Room<'_, T> {
        match self.queue.reserve().await {
            Ok(permit) => Room { permit, schedule: self.schedule, next: &mut self.next },
            Err(_) => pending().await,
        }
    }

    /// Says that there is no more, to whom it concerns.
    pub(super) async fn end(self) {
        let _ = self.queue.send(None).await;
    }
}

/// Drops `work` once nobody takes what it makes.
pub(super) async fn while_wanted(
    work: impl Future<Output = Result<(), Stop>>,
    unwanted: impl Future<Output = ()>,
) -> Result<(), Stop> {
    tokio::select! {
        biased;
        ended = work => ended,
        () = unwanted => Err(Stop::BrokenOff),
    }
}

/// Room for one parcel.
pub(super) struct Room<'a, T> {
    permit: mpsc::Permit<'a, Entry<T>>,
    schedule: Schedule,
    next: &'a mut u64,
}

impl<T> Room<'_, T> {
    pub(super) fn send(self, content: T, reservation: Reservation, origin: u64) -> Receipt {
        let (held, told) = match self.schedule {
            Schedule::Concurrent => (None, None),
            Schedule::Serial => {
                let (held, told) = oneshot::channel();
                (Some(held), Some(told))
            }
        };
        let parcel = Parcel { number: *self.next, content, reservation, origin };
        self.permit.send(Some((parcel, Ticket { _held: held })));
        *self.next += 1;
        Receipt(told)
    }
}

impl<T> Inlet<T> {
    /// How many parcels have been taken.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// The next parcel, `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Entry<T>, Stop> {
        let entry = self.queue.recv().await.ok_or(Stop::BrokenOff)?;
        if let Some((parcel, _)) = &entry {
            self.seen = parcel.number + 1;
        }
        Ok(entry)
    }

    /// The next parcel, recorded as a wait of `lane`, which deals with it from then on.
    pub(super) async fn wait(&mut self, lane: &mut Lane) -> Result<Entry<T>, Stop> {
        lane.begin(Kind::WaitInput, self.seen, 0);
        let entry = self.next().await;
        if let Ok(Some((parcel, _))) = &entry {
            lane.follow(parcel.origin);
        }
        lane.end();
        entry
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::pipeline::Budget;

    const LONG: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_breaks_off_has_not_ended() {
        let (sender, mut inlet, _) = queue::<u64>(1, Schedule::Concurrent);
        drop(sender);
        assert!(matches!(inlet.next().await, Err(Stop::BrokenOff)));

        let (sender, mut inlet, _) = queue::<u64>(1, Schedule::Concurrent);
        sender.end().await;
        assert!(matches!(inlet.next().await, Ok(None)));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_to_a_stage_that_is_gone() {
        let (mut sender, inlet, _) = queue::<u64>(1, Schedule::Concurrent);
        let unwanted = sender.unwanted();
        drop(inlet);
        unwanted.await;
        assert!(timeout(LONG, sender.room()).await.is_err());
        sender.end().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_serial_sender_hears_when_its_parcel_has_been_dealt_with() {
        for (schedule, waits) in [(Schedule::Serial, true), (Schedule::Concurrent, false)] {
            let (mut sender, mut inlet, _) = queue::<u64>(1, schedule);
            let receipt = sender.room().await.send(7, Budget::new(0).nothing(), 0);
            let mut heard = pin!(receipt.dealt_with());
            let entry = inlet.next().await.ok().flatten().expect("was sent");
            assert_eq!(timeout(LONG, heard.as_mut()).await.is_err(), waits, "{schedule:?}");
            drop(entry);
            if waits {
                heard.await;
            }
        }
    }
}
