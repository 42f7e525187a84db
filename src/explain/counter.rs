//! What goes wrong without independence: a counter that all threads share.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Additions of each thread.
const EACH: u64 = 2_000_000;
/// Tries, where chance has the threads take turns and nothing is lost: a busy machine may give them
/// one core.
const TRIES: usize = 20;

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
    let expected = threads * EACH;
    let read_then_written = || {
        count(threads, |counter| {
            // Between the two, another thread may have written: its addition is lost.
            let read = counter.load(Ordering::Relaxed);
            counter.store(read + 1, Ordering::Relaxed);
        })
    };
    let mut tries = std::iter::repeat_with(read_then_written).take(TRIES);
    LostUpdates {
        threads,
        expected,
        read_then_written: tries.find(|&counted| counted < expected).unwrap_or(expected),
        indivisible: count(threads, |counter| {
            counter.fetch_add(1, Ordering::Relaxed);
        }),
    }
}

fn count(threads: u64, add: impl Fn(&AtomicU64) + Sync) -> u64 {
    let counter = AtomicU64::new(0);
    // The first would be done before the last is started.
    let together = Barrier::new(threads as usize);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                together.wait();
                (0..EACH).for_each(|_| add(&counter));
            });
        }
    });
    counter.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_indivisible_additions_all_count() {
        let cores = std::thread::available_parallelism().unwrap().get();
        let counted = measure(cores);
        assert_eq!(counted.indivisible, counted.expected);
        // One core takes turns, at moments that are seldom between reading and writing.
        assert!(cores == 1 || counted.read_then_written < counted.expected, "{counted:?}");
    }
}
