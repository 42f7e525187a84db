//! How many steps one dispatch takes: as many as the device does in the time a dispatch may take, by
//! its own measured speed.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::layout::STEPS;
use crate::engine::DeviceKind;

/// Some systems reset a graphics processor that is busy for two seconds.
const TARGET: Duration = Duration::from_millis(250);

/// Nobody resets a software adapter, and there another dispatch costs much: each particle loads its
/// cell anew.
const SOFTWARE_TARGET: Duration = Duration::from_secs(2);

/// Particle-steps a second that any device is supposed to manage, before it was measured.
const INITIAL_RATE: f64 = 5e6;

pub(super) struct Pace {
    target: Duration,
    measured: Mutex<Measured>,
}

struct Measured {
    rate: f64,
    last_done: Instant,
}

impl Pace {
    pub fn new(kind: DeviceKind) -> Self {
        let target = if kind == DeviceKind::Software { SOFTWARE_TARGET } else { TARGET };
        let measured = Mutex::new(Measured { rate: INITIAL_RATE, last_done: Instant::now() });
        Self { target, measured }
    }

    /// One step at a time.
    #[cfg(test)]
    pub fn slowest() -> Self {
        Self { target: Duration::ZERO, ..Self::new(DeviceKind::Software) }
    }

    /// Steps that a dispatch of so many particles may take.
    pub fn steps(&self, particles: usize) -> u32 {
        let rate = self.measured.lock().expect("no panic while held").rate;
        ((rate * self.target.as_secs_f64() / particles.max(1) as f64) as u32).clamp(1, STEPS as u32)
    }

    /// Takes note of work that was submitted at `submitted` and is now done.
    pub fn note(&self, particle_steps: f64, submitted: Instant) {
        let mut measured = self.measured.lock().expect("no panic while held");
        let now = Instant::now();
        let busy = now - submitted.max(measured.last_done);
        measured.last_done = now;
        // Short dispatches measure overheads, not speed.
        if busy > Duration::from_millis(5) {
            measured.rate = particle_steps / busy.as_secs_f64();
        }
    }
}
