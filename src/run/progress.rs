//! How far a run is, for progress bars.

use std::sync::atomic::{AtomicU64, Ordering};

/// Steps done and to be done. Cheap to read at any time from any thread.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    pub(super) fn begin(&self, total: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    pub(super) fn add(&self, steps: u32) {
        self.done.fetch_add(steps.into(), Ordering::Relaxed);
    }

    /// Time steps that all particles have taken, and those of the whole run (0 before it starts).
    pub fn steps(&self) -> [u64; 2] {
        [self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed)]
    }
}
