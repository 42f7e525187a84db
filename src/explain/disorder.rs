//! Disturbances that must not change a result.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::fingerprint::mix;
use crate::engine::{Advanced, Alteration, Done, Engine, Leg};
use crate::pipeline::Delay;

/// Holds every item up in every stage for a time drawn from `seed`, shorter than `most`.
pub fn delays(seed: u64, most: Duration) -> Delay {
    Arc::new(move |stage, item| {
        let stage = stage.bytes().fold(seed, |hash, byte| mix(hash ^ u64::from(byte)));
        part(mix(stage ^ item), most)
    })
}

/// A part of `most`, by the upper half of the bits of `draw`.
fn part(draw: u64, most: Duration) -> Duration {
    most.mul_f64((draw >> 32) as f64 / 2_f64.powi(32))
}

/// Has an engine begin to move blocks in random order, and give them back in another.
pub struct Disorder {
    porter: Porter,
    seed: u64,
    most: Duration,
    calls: AtomicU64,
}

impl Disorder {
    /// Holds each block back for two times drawn from `seed`, before and after it is moved, each
    /// shorter than `most`.
    pub fn new(seed: u64, most: Duration) -> Self {
        Self { porter: Porter::new(), seed, most, calls: AtomicU64::new(0) }
    }
}

impl<E: Engine> Alteration<E> for Disorder {
    fn advance(
        &self,
        engine: &Arc<E>,
        block: E::Block,
        fields: [Arc<E::Field>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<E::Block>>,
    ) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let [before, after] = [2 * call, 2 * call + 1].map(|n| part(mix(self.seed ^ n), self.most));
        let (engine, porter) = (Arc::clone(engine), self.porter.clone());
        self.porter.later(before, move || {
            let done = Box::new(move |result| porter.later(after, move || done(result)));
            engine.advance(block, fields, legs, done);
        });
    }
}

type Errand = Box<dyn FnOnce() + Send>;

/// Does things later, on a thread that ends with the last of them.
#[derive(Clone)]
struct Porter(Sender<(Instant, Errand)>);

impl Porter {
    fn new() -> Self {
        let (sender, receiver) = channel();
        std::thread::spawn(move || carry(&receiver));
        Self(sender)
    }

    fn later(&self, after: Duration, errand: impl FnOnce() + Send + 'static) {
        // The thread lives as long as any sender does.
        let _ = self.0.send((Instant::now() + after, Box::new(errand)));
    }
}

/// Does each errand when it is due, until nobody can send another.
fn carry(receiver: &Receiver<(Instant, Errand)>) {
    let mut errands: Vec<(Instant, Errand)> = Vec::new();
    loop {
        let next = (0..errands.len()).min_by_key(|&index| errands[index].0);
        let arrived = match next {
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(index) => {
                receiver.recv_timeout(errands[index].0.saturating_duration_since(Instant::now()))
            }
        };
        match (arrived, next) {
            (Ok(errand), _) => errands.push(errand),
            (Err(_), Some(index)) => (errands.swap_remove(index).1)(),
            (Err(_), None) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_drawn_from_their_seed() {
        let most = Duration::from_millis(3);
        let (one, again, other) = (delays(1, most), delays(1, most), delays(2, most));
        let draw = |delay: &Delay| -> Vec<Duration> {
            (0..50).flat_map(|item| [delay("fetch", item), delay("write", item)]).collect()
        };
        assert_eq!(draw(&one), draw(&again));
        assert_ne!(draw(&one), draw(&other));
        assert!(draw(&one).iter().all(|time| *time < most));
        let mean = draw(&one).iter().sum::<Duration>() / 100;
        assert!((most / 3..2 * most / 3).contains(&mean), "{mean:?}");
    }

    #[test]
    fn errands_are_done_when_they_are_due() {
        let (porter, (sender, receiver)) = (Porter::new(), channel());
        for (name, milliseconds) in [("second", 40), ("first", 0), ("third", 80)] {
            let sender = sender.clone();
            porter.later(Duration::from_millis(milliseconds), move || sender.send(name).unwrap());
        }
        drop((porter, sender));
        assert_eq!(receiver.iter().collect::<Vec<_>>(), ["first", "second", "third"]);
    }
}
