//! Memory as something that is asked for, held and given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, Notify};

/// A number of bytes that items in flight may hold between them.
///
/// Cheap to clone; clones share the same bytes.
///
/// Reservations are granted strictly in the order in which they were asked for: a large one is
/// never overtaken by small ones that would fit. An item that reserves all it will ever need
/// before it sets out, and only gives back from then on, therefore never waits for memory while
/// it holds some. The oldest item can always go on to its end, where it gives back what the next
/// one waits for; so a flow that reserves at its source cannot deadlock on memory.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    total: u64,
    used: AtomicU64,
    peak: AtomicU64,
    /// Held while waiting for bytes. Tokio's mutex is fair, which makes it the queue.
    turn: Mutex<()>,
    freed: Notify,
}

impl Budget {
    /// A budget of `total` bytes.
    pub fn new(total: u64) -> Self {
        Self(Arc::new(Shared {
            total,
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            turn: Mutex::new(()),
            freed: Notify::new(),
        }))
    }

    /// All bytes of the budget.
    pub fn total(&self) -> u64 {
        self.0.total
    }

    /// Bytes that are reserved now.
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Acquire)
    }

    /// The most bytes that were reserved at any one time.
    pub fn peak(&self) -> u64 {
        self.0.peak.load(Ordering::Acquire)
    }

    /// Waits until `bytes` are free and all earlier requests are served, then takes them.
    ///
    /// Dropping the future gives its place in the queue away.
    ///
    /// # Errors
    /// [`BudgetError::TooLarge`], at once, where the whole budget is smaller than `bytes`.
    pub async fn reserve(&self, bytes: u64) -> Result<Reservation, BudgetError> {
        let shared = &self.0;
        if bytes > shared.total {
            return Err(BudgetError::TooLarge { needed: bytes, total: shared.total });
        }
        let _turn = shared.turn.lock().await;
        // Only the holder of the turn adds to `used`, so what fits now still fits below.
        while bytes > shared.total - shared.used.load(Ordering::Acquire) {
            shared.freed.notified().await;
        }
        let used = shared.used.fetch_add(bytes, Ordering::AcqRel) + bytes;
        shared.peak.fetch_max(used, Ordering::AcqRel);
        Ok(Reservation { budget: self.clone(), bytes })
    }

    /// A reservation of no bytes, to be handed on where no memory is held.
    pub fn nothing(&self) -> Reservation {
        Reservation { budget: self.clone(), bytes: 0 }
    }

    fn give_back(&self, bytes: u64) {
        if bytes > 0 {
            self.0.used.fetch_sub(bytes, Ordering::AcqRel);
            // With nobody waiting this leaves a permit, so a waiter that has just looked at
            // `used` and not yet begun to wait is woken all the same.
            self.0.freed.notify_one();
        }
    }
}

/// Bytes taken from a [`Budget`]; dropping it gives them back.
#[derive(Debug)]
#[must_use = "dropping a reservation gives its bytes back"]
pub struct Reservation {
    budget: Budget,
    bytes: u64,
}

impl Reservation {
    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Gives back all but `bytes`.
    ///
    /// # Errors
    /// [`BudgetError::Outgrown`] where less than `bytes` is held; the reservation stays as it is.
    pub fn shrink_to(&mut self, bytes: u64) -> Result<(), BudgetError> {
        let surplus = self.without(bytes)?;
        self.bytes = bytes;
        self.budget.give_back(surplus);
        Ok(())
    }

    /// Moves `bytes` into a reservation of their own.
    ///
    /// # Errors
    /// [`BudgetError::Outgrown`] where less than `bytes` is held; the reservation stays as it is.
    pub fn split(&mut self, bytes: u64) -> Result<Reservation, BudgetError> {
        self.bytes = self.without(bytes)?;
        Ok(Self { budget: self.budget.clone(), bytes })
    }

    /// Takes over the bytes of `other`.
    ///
    /// # Errors
    /// [`BudgetError::Foreign`] where `other` is of another budget; its bytes go back there.
    pub fn merge(&mut self, mut other: Reservation) -> Result<(), BudgetError> {
        if !Arc::ptr_eq(&self.budget.0, &other.budget.0) {
            return Err(BudgetError::Foreign);
        }
        self.bytes += std::mem::take(&mut other.bytes);
        Ok(())
    }

    fn without(&self, bytes: u64) -> Result<u64, BudgetError> {
        self.bytes
            .checked_sub(bytes)
            .ok_or(BudgetError::Outgrown { needed: bytes, reserved: self.bytes })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

/// Memory that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// One reservation is larger than the whole budget.
    #[error(
        "{needed} bytes are needed at once and the memory budget is {total} bytes; raise the budget or make the items smaller"
    )]
    TooLarge {
        /// Bytes asked for.
        needed: u64,
        /// Bytes of the budget.
        total: u64,
    },
    /// An item does not fit beside the items that stages keep back, so it would wait for ever.
    #[error(
        "an item of {item} bytes must fit beside {kept} kept back by stages, which makes {needed} bytes, and the memory budget is {total} bytes; raise the budget or make the items smaller"
    )]
    NoRoomBesideKept {
        /// Bytes of the largest item so far.
        item: u64,
        /// Items that stages may keep back.
        kept: u64,
        /// Bytes that are needed for all of them.
        needed: u64,
        /// Bytes of the budget.
        total: u64,
    },
    /// More is needed than was reserved.
    #[error(
        "{needed} bytes are needed where {reserved} bytes were reserved; reserve the most that an item ever needs at the source"
    )]
    Outgrown {
        /// Bytes needed.
        needed: u64,
        /// Bytes held.
        reserved: u64,
    },
    /// Reservations of two budgets were to be merged.
    #[error("reservations of two different memory budgets cannot be merged; use one budget")]
    Foreign,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn a_small_request_does_not_overtake_a_large_one() {
        let budget = Budget::new(10);
        let first = budget.reserve(6).await.unwrap();
        let large = tokio::spawn({
            let budget = budget.clone();
            async move { budget.reserve(8).await }
        });
        tokio::task::yield_now().await;
        assert!(timeout(SOON, budget.reserve(1)).await.is_err(), "4 bytes are free, but not yet");
        drop(first);
        let large = large.await.unwrap().unwrap();
        let small = budget.reserve(1).await.unwrap();
        assert_eq!((large.bytes(), small.bytes(), budget.used(), budget.peak()), (8, 1, 9, 9));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_dropped_lets_the_next_one_through() {
        let budget = Budget::new(10);
        let _held = budget.reserve(6).await.unwrap();
        assert!(timeout(SOON, budget.reserve(10)).await.is_err());
        let small = timeout(SOON, budget.reserve(4)).await.unwrap().unwrap();
        assert_eq!(small.bytes(), 4);
    }

    #[tokio::test]
    async fn more_than_everything_is_refused_at_once_with_both_numbers() {
        let budget = Budget::new(10);
        let _held = budget.reserve(10).await.unwrap();
        let error = budget.reserve(11).await.unwrap_err();
        assert_eq!(error, BudgetError::TooLarge { needed: 11, total: 10 });
        assert!(error.to_string().contains("11 bytes") && error.to_string().contains("10 bytes"));
    }

    #[tokio::test]
    async fn bytes_are_neither_made_nor_lost() {
        let budget = Budget::new(100);
        let mut whole = budget.reserve(90).await.unwrap();
        let part = whole.split(30).unwrap();
        assert_eq!((whole.bytes(), part.bytes(), budget.used()), (60, 30, 90));
        whole.shrink_to(10).unwrap();
        assert_eq!(budget.used(), 40);
        whole.merge(part).unwrap();
        assert_eq!((whole.bytes(), budget.used()), (40, 40));
        let outgrown = BudgetError::Outgrown { needed: 41, reserved: 40 };
        assert_eq!(whole.shrink_to(41), Err(outgrown.clone()));
        assert_eq!(whole.split(41).unwrap_err(), outgrown);
        assert_eq!(whole.merge(Budget::new(1).nothing()), Err(BudgetError::Foreign));
        assert_eq!(whole.bytes(), 40);
        drop(whole);
        assert_eq!((budget.used(), budget.peak()), (0, 90));
    }
}
