//! What is observed: the positions of particles at one output time.

use crate::engine::Status;
use crate::time::Instant;

/// Observations of one output time, or a part of them.
///
/// Slot `k` holds what was observed in `(T(k-1), T(k)]` in the direction of the run: particles
/// that move are observed at `T(k)`; one that finished in between is observed once, at the moment
/// it finished. A particle that is not released yet, or that finished in an earlier slot, is not
/// observed. All vectors are equally long and run over the particles of the batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    /// The output time `T(k)`.
    pub time: Instant,
    /// Its number, from 0.
    pub slot: u32,
    /// Which particles, in any order; below [`Metadata::particles`](super::Metadata::particles).
    pub ids: Vec<u64>,
    /// Longitude in degrees east, or x in metres on a flat mesh.
    pub x: Vec<f64>,
    /// Latitude in degrees north, or y in metres on a flat mesh.
    pub y: Vec<f64>,
    /// Depth in metres, positive down. `None` if all particles of the run are at
    /// [`Metadata::depth`](super::Metadata::depth).
    pub depth: Option<Vec<f32>>,
    /// The [`Status`] of each particle.
    pub status: Vec<Status>,
    /// When each was observed. `None` if all were at `time`.
    pub times: Option<Vec<Instant>>,
    /// What was sampled at each: a vector for each of
    /// [`Metadata::samples`](super::Metadata::samples), in its units; NaN where it has no value.
    pub samples: Vec<Vec<f32>>,
}

impl Observations {
    /// No observations at `time` yet, and nothing sampled. `with_depth` makes room for each one's own
    /// depth.
    pub fn empty(slot: u32, time: Instant, with_depth: bool) -> Self {
        Self {
            time,
            slot,
            ids: Vec::new(),
            x: Vec::new(),
            y: Vec::new(),
            depth: with_depth.then(Vec::new),
            status: Vec::new(),
            times: None,
            samples: Vec::new(),
        }
    }

    /// How many observations there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// When observation `i` was made.
    ///
    /// # Panics
    /// If there is no such observation.
    pub fn time_of(&self, i: usize) -> Instant {
        self.times.as_ref().map_or(self.time, |times| times[i])
    }

    /// The observations whose index `keep` accepts.
    pub(super) fn filtered(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.len()).filter(|&i| keep(i)).collect();
        fn pick<T: Copy>(from: &[T], kept: &[usize]) -> Vec<T> {
            kept.iter().map(|&i| from[i]).collect()
        }
        Self {
            time: self.time,
            slot: self.slot,
            ids: pick(&self.ids, &kept),
            x: pick(&self.x, &kept),
            y: pick(&self.y, &kept),
            depth: self.depth.as_deref().map(|depth| pick(depth, &kept)),
            status: pick(&self.status, &kept),
            times: self.times.as_deref().map(|times| pick(times, &kept)),
            samples: self.samples.iter().map(|values| pick(values, &kept)).collect(),
        }
    }
}
