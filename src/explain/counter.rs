//! What goes wrong without independence: a counter that all threads share.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Additions of each thread.
const EACH: u64 = 2_000_000;

/// Threads that add one to one counter at the same time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LostUpdates {
    /// Threads.
    pub threads: u64,
    /// Additions of all of them.
    pub expected: u64,
    /// What the counter says where each addition reads it, adds one and writes it back.
    pub read_then_written: u64,
    /// What it says where each addition is one indivisible step.
    pub indivisible: u64,
}

pub(super) fn measure(cores: usize) -> LostUpdates {
    let threads = cores.clamp(2, 8) as u64;
    LostUpdates {
        threads,
        expected: threads * EACH,
        read_then_written: count(threads, |counter| {
            // Between the two, another thread may have written: its addition is lost.
            let read = counter.load(Ordering::Relaxed);
            counter.store(read + 1, Ordering::Relaxed);
        }),
        indivisible: count(threads, |counter| {
            counter.fetch_add(1, Ordering::Relaxed);
        }),
    }
}

fn count(threads: u64, add: impl Fn(&AtomicU64) + Sync) -> u64 {
    let counter = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..EACH).for_each(|_| add(&counter)));
        }
    });
    counter.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_indivisible_additions_all_count() {
        let counted = measure(2);
        assert_eq!(counted.indivisible, counted.expected);
        assert!(counted.read_then_written <= counted.expected);
    }
}
