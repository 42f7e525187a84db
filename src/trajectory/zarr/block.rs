//! One chunk of all variables, on its way to or from the disk.

use rayon::iter::{
    IndexedParallelIterator as _, IntoParallelIterator as _, IntoParallelRefIterator as _,
    ParallelIterator as _,
};
use zarrs::array::ArrayError;

use super::layout::Layout;
use super::store::{Arrays, Damage};
use crate::time::Instant;
use crate::trajectory::Observations;
use crate::trajectory::cf;

/// The observations of a chunk's trajectories and output times, in the order of the chunk: a
/// trajectory's observations lie side by side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    /// Seconds since the start of the run; NaN where there is no observation.
    pub time: Vec<f64>,
    /// Degrees or metres; NaN where there is no observation.
    pub x: Vec<f64>,
    /// Degrees or metres; NaN where there is no observation.
    pub y: Vec<f64>,
    /// Metres; NaN where there is no observation.
    pub depth: Option<Vec<f32>>,
    /// Status codes; [`cf::NO_STATUS`] where there is no observation.
    pub status: Vec<u8>,
    /// What is sampled; NaN where there is no observation, or no value.
    pub samples: Vec<Vec<f32>>,
}

impl Block {
    pub(super) fn empty(layout: Layout, with_depth: bool, samples: usize) -> Self {
        let length = layout.len();
        Self {
            time: vec![f64::NAN; length],
            x: vec![f64::NAN; length],
            y: vec![f64::NAN; length],
            depth: with_depth.then(|| vec![f32::NAN; length]),
            status: vec![cf::NO_STATUS; length],
            samples: vec![vec![f32::NAN; length]; samples],
        }
    }

    /// Bytes that a block of this layout takes.
    pub(super) fn bytes(layout: Layout, samples: usize) -> usize {
        let of_one = 3 * size_of::<f64>() + (1 + samples) * size_of::<f32>() + size_of::<u8>();
        layout.len() * of_one
    }

    /// Puts observation `i` of `batch` at `place`.
    pub(super) fn put(&mut self, place: usize, batch: &Observations, i: usize, start: Instant) {
        self.time[place] = cf::seconds(batch.time_of(i), start);
        self.x[place] = batch.x[i];
        self.y[place] = batch.y[i];
        if let (Some(mine), Some(depth)) = (&mut self.depth, &batch.depth) {
            mine[place] = depth[i];
        }
        self.status[place] = cf::status_code(batch.status[i]);
        for (mine, values) in self.samples.iter_mut().zip(&batch.samples) {
            mine[place] = values[i];
        }
    }

    /// Compresses and writes the chunk `[row, column]` of each variable, all variables at the same
    /// time. A chunk without any observation leaves no file.
    pub(super) fn store(&self, arrays: &Arrays, at: [u64; 2]) -> Result<(), Damage> {
        let depth = || match &self.depth {
            Some(depth) => arrays.depth.store_chunk(&at, depth),
            None => Ok(()),
        };
        let variables: [&(dyn Fn() -> Result<(), ArrayError> + Sync); 5] = [
            &|| arrays.time.store_chunk(&at, &self.time),
            &|| arrays.x.store_chunk(&at, &self.x),
            &|| arrays.y.store_chunk(&at, &self.y),
            &depth,
            &|| arrays.status.store_chunk(&at, &self.status),
        ];
        let samples = arrays.samples.par_iter().zip(&self.samples);
        let (own, sampled) = rayon::join(
            || variables.into_par_iter().try_for_each(|store| store()),
            || {
                samples
                    .into_par_iter()
                    .try_for_each(|(array, values)| array.store_chunk(&at, values))
            },
        );
        own?;
        Ok(sampled?)
    }

    /// Reads the chunk `[row, column]` of each variable.
    pub(super) fn load(arrays: &Arrays, at: [u64; 2], with_depth: bool) -> Result<Self, Damage> {
        Ok(Self {
            time: arrays.time.retrieve_chunk(&at)?,
            x: arrays.x.retrieve_chunk(&at)?,
            y: arrays.y.retrieve_chunk(&at)?,
            depth: if with_depth { Some(arrays.depth.retrieve_chunk(&at)?) } else { None },
            status: arrays.status.retrieve_chunk(&at)?,
            samples: arrays
                .samples
                .iter()
                .map(|array| array.retrieve_chunk(&at))
                .collect::<Result<_, _>>()?,
        })
    }
}
