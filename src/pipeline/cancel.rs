//! How a run is asked to stop.

use tokio_util::sync::CancellationToken;

/// A wish to stop, in two strengths. Cheap to clone; clones share the wish.
///
/// * [`now`](Self::now): the source takes no further input. Items in flight are finished and the
///   sink runs its `finish`, so what was written is complete as far as it goes.
/// * [`abort`](Self::abort): everything in flight is dropped and no `finish` is run. Blocking
///   bodies that have begun are waited for, because a thread cannot be stopped.
#[derive(Clone, Debug)]
pub struct Cancel {
    cancel: CancellationToken,
    abort: CancellationToken,
}

impl Default for Cancel {
    fn default() -> Self {
        let abort = CancellationToken::new();
        // A child, so that whoever waits for the weaker wish hears of the stronger one too.
        Self { cancel: abort.child_token(), abort }
    }
}

impl Cancel {
    /// Stops taking input.
    pub fn now(&self) {
        self.cancel.cancel();
    }

    /// Stops everything.
    pub fn abort(&self) {
        self.abort.cancel();
    }

    /// Whether [`now`](Self::now) or [`abort`](Self::abort) was called.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Whether [`abort`](Self::abort) was called.
    pub fn is_aborted(&self) -> bool {
        self.abort.is_cancelled()
    }

    /// Waits until [`now`](Self::now) or [`abort`](Self::abort) is called.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// Waits until [`abort`](Self::abort) is called.
    pub async fn aborted(&self) {
        self.abort.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn abort_is_also_a_cancel_and_cancel_is_no_abort() {
        let (mild, strong) = (Cancel::default(), Cancel::default());
        mild.clone().now();
        mild.cancelled().await;
        assert!(mild.is_cancelled() && !mild.is_aborted());
        strong.clone().abort();
        strong.cancelled().await;
        strong.aborted().await;
        assert!(strong.is_cancelled() && strong.is_aborted());
    }
}
