//! Where items enter: in order, one reservation each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::budget::{Budget, BudgetError, Reservation};
use super::cancel::Cancel;
use super::error::Stop;
use super::lane::Post;
use super::queue::Sender;
use super::timeline::Kind;

/// What decides whether an item may enter.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) budget: Budget,
    pub(super) cancel: Cancel,
    /// Items that operators keep back, known once the flow is built.
    pub(super) kept: Arc<AtomicU64>,
    /// Set where the source stops before its items end, or an operator takes no more of them.
    pub(super) cut_short: Arc<AtomicBool>,
}

/// Lets items in as long as there is room, memory and no wish to stop.
///
/// Room comes before memory: an item that cannot go on would only hold what others need.
pub(super) async fn admit<T>(
    post: Post,
    gate: Gate,
    mut items: impl Iterator<Item = T>,
    cost: impl Fn(&T) -> u64,
    mut sender: Sender<T>,
) -> Result<(), Stop> {
    let mut lane = post.lane(0);
    let mut largest = 0;
    loop {
        let item = sender.next();
        lane.follow(item);
        lane.begin(Kind::Busy, item, 0);
        let Some(content) = items.next() else { break };
        let bytes = cost(&content);
        largest = bytes.max(largest);
        lane.begin(Kind::WaitOutput, item, bytes);
        let room = sender.room().await;
        lane.begin(Kind::WaitMemory, item, bytes);
        let reservation = tokio::select! {
            biased;
            () = gate.cancel.cancelled() => {
                gate.cut_short.store(true, Ordering::Release);
                break;
            }
            reservation = gate.reserve(bytes, largest) => reservation,
        };
        let reservation = reservation.map_err(|error| post.failed(item, error))?;
        lane.begin(Kind::Busy, item, bytes);
        let receipt = room.send(content, reservation, item);
        lane.end();
        lane.begin(Kind::WaitOutput, item, bytes);
        receipt.dealt_with().await;
        lane.end();
    }
    drop(lane);
    sender.end().await;
    Ok(())
}

impl Gate {
    /// Reserves `bytes` if the largest item so far still fits beside those that are kept back: then
    /// what is in flight comes to its end some day, and what it gives back suffices.
    async fn reserve(&self, bytes: u64, largest: u64) -> Result<Reservation, BudgetError> {
        let kept = self.kept.load(Ordering::Relaxed);
        let needed = largest.saturating_mul(kept.saturating_add(1));
        let total = self.budget.total();
        if bytes <= total && needed > total {
            return Err(BudgetError::NoRoomBesideKept { item: largest, kept, needed, total });
        }
        self.budget.reserve(bytes).await
    }
}
