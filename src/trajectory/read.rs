//! Reads trajectories back, from either format, without holding more than a chunk of them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::cf::Attributes;
use super::destination::Format;
use super::parquet::ParquetTrajectories;
use super::zarr::ZarrTrajectories;
use super::{Observations, Sampled, Tally, TrajectoryError};
use crate::engine::Status;
use crate::grid::Mesh;
use crate::time::{Calendar, Instant};

/// What is called with each batch of observations.
pub(super) type Visit<'a> = &'a mut dyn FnMut(&Observations);

/// What a file says about all its observations.
pub(super) struct Header {
    pub particles: u64,
    pub output_times: Vec<Instant>,
    pub calendar: Calendar,
    pub start: Instant,
    pub mesh: Mesh,
    pub depth: Option<f64>,
    pub samples: Vec<Sampled>,
    pub attributes: BTreeMap<String, String>,
}

/// A format that can be read.
pub(super) trait Source: Send + Sync {
    fn header(&self) -> &Header;

    /// Visits batches in order of output times. Batches without any of the `wanted` particles,
    /// which are sorted, may be left out; others come whole.
    fn stream(&self, wanted: Option<&[u64]>, visit: Visit<'_>) -> Result<(), TrajectoryError>;
}

/// Trajectories on disk.
pub struct Trajectories {
    source: Box<dyn Source>,
}

/// All observations of one particle, in the order of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Which particle.
    pub id: u64,
    /// When it was observed.
    pub times: Vec<Instant>,
    /// Longitude in degrees east, or x in metres on a flat mesh.
    pub x: Vec<f64>,
    /// Latitude in degrees north, or y in metres on a flat mesh.
    pub y: Vec<f64>,
    /// Depth in metres, positive down; `None` if [`Trajectories::depth`] holds for all.
    pub depth: Option<Vec<f32>>,
    /// The status at each observation.
    pub status: Vec<Status>,
    /// For each of [`Trajectories::samples`] its value at each observation; NaN where there is none.
    pub samples: Vec<Vec<f32>>,
}

/// The last observation of every particle, in order of their ids.
#[derive(Clone, Debug, PartialEq)]
pub struct FinalStates {
    /// Longitude in degrees east, or x in metres; NaN for a particle that was never observed.
    pub x: Vec<f64>,
    /// Latitude in degrees north, or y in metres; NaN for a particle that was never observed.
    pub y: Vec<f64>,
    /// The status; [`Status::Pending`] for a particle that was never observed.
    pub status: Vec<Status>,
}

impl Trajectories {
    /// Opens an output of drogue, `.zarr` or `.parquet`. A Zarr store may still be growing: what
    /// is seen is what it held when it was opened.
    ///
    /// # Errors
    /// [`TrajectoryError::UnknownFormat`], [`TrajectoryError::Read`] or
    /// [`TrajectoryError::NotTrajectories`].
    pub fn open(path: &Path) -> Result<Self, TrajectoryError> {
        Ok(Self {
            source: match Format::of(path)? {
                Format::Zarr => Box::new(ZarrTrajectories::open(path)?),
                Format::Parquet => Box::new(ParquetTrajectories::open(path)?),
            },
        })
    }

    /// How many particles the run had; their ids are `0..particles`.
    pub fn particles(&self) -> u64 {
        self.source.header().particles
    }

    /// How many output times there are.
    pub fn slots(&self) -> u32 {
        self.output_times().len() as u32
    }

    /// The output times, in the order of the run.
    pub fn output_times(&self) -> &[Instant] {
        &self.source.header().output_times
    }

    /// The calendar of all times.
    pub fn calendar(&self) -> Calendar {
        self.source.header().calendar
    }

    /// When the run started.
    pub fn start(&self) -> Instant {
        self.source.header().start
    }

    /// What the coordinates mean.
    pub fn mesh(&self) -> Mesh {
        self.source.header().mesh
    }

    /// The depth in metres, positive down, at which all particles stayed, if they did.
    pub fn depth(&self) -> Option<f64> {
        self.source.header().depth
    }

    /// What was sampled along the trajectories, in the order of [`Observations::samples`].
    pub fn samples(&self) -> &[Sampled] {
        &self.source.header().samples
    }

    /// What else the file says of its run: `source`, `scenario`, `device`, `random_seed`, ….
    pub fn attributes(&self) -> &BTreeMap<String, String> {
        &self.source.header().attributes
    }

    /// Visits all observations in order of output times. A slot may come in several batches, each
    /// a block of particles; a slot without observations does not come at all.
    ///
    /// # Errors
    /// [`TrajectoryError::Read`].
    pub fn for_each_batch(
        &self,
        mut visit: impl FnMut(&Observations),
    ) -> Result<(), TrajectoryError> {
        self.source.stream(None, &mut visit)
    }

    /// Visits the observations of some particles only, in order of output times. A Zarr store
    /// reads no chunk that has none of them.
    ///
    /// # Errors
    /// [`TrajectoryError::Read`].
    pub fn for_each_batch_of(
        &self,
        ids: &[u64],
        mut visit: impl FnMut(&Observations),
    ) -> Result<(), TrajectoryError> {
        let mut wanted = ids.to_vec();
        wanted.sort_unstable();
        self.source.stream(Some(&wanted), &mut |batch| {
            let kept = batch.filtered(|i| wanted.binary_search(&batch.ids[i]).is_ok());
            if !kept.is_empty() {
                visit(&kept);
            }
        })
    }

    /// The whole trajectories of some particles, in the order in which they are named. They are
    /// held in memory.
    ///
    /// # Errors
    /// [`TrajectoryError::Read`].
    pub fn tracks(&self, ids: &[u64]) -> Result<Vec<Track>, TrajectoryError> {
        let (own_depth, samples) = (self.depth().is_none(), self.samples().len());
        let mut tracks: BTreeMap<u64, Track> =
            ids.iter().map(|&id| (id, Track::empty(id, own_depth, samples))).collect();
        self.for_each_batch_of(ids, |batch| {
            for (i, id) in batch.ids.iter().enumerate() {
                if let Some(track) = tracks.get_mut(id) {
                    track.push(batch, i);
                }
            }
        })?;
        Ok(ids.iter().map(|id| tracks[id].clone()).collect())
    }

    /// Where every particle was last, and what became of it. Takes 20 bytes for each particle.
    ///
    /// # Errors
    /// [`TrajectoryError::Read`].
    pub fn final_states(&self) -> Result<FinalStates, TrajectoryError> {
        let particles = self.particles() as usize;
        let mut states = FinalStates {
            x: vec![f64::NAN; particles],
            y: vec![f64::NAN; particles],
            status: vec![Status::Pending; particles],
        };
        self.for_each_batch(|batch| {
            for (i, &id) in batch.ids.iter().enumerate() {
                states.x[id as usize] = batch.x[i];
                states.y[id as usize] = batch.y[i];
                states.status[id as usize] = batch.status[i];
            }
        })?;
        Ok(states)
    }
}

impl FinalStates {
    /// The particles counted by status.
    pub fn tally(&self) -> Tally {
        self.status.iter().copied().collect()
    }
}

impl Track {
    fn empty(id: u64, with_depth: bool, samples: usize) -> Self {
        Self {
            id,
            times: Vec::new(),
            x: Vec::new(),
            y: Vec::new(),
            depth: with_depth.then(Vec::new),
            status: Vec::new(),
            samples: vec![Vec::new(); samples],
        }
    }

    fn push(&mut self, batch: &Observations, i: usize) {
        self.times.push(batch.time_of(i));
        self.x.push(batch.x[i]);
        self.y.push(batch.y[i]);
        self.status.push(batch.status[i]);
        if let (Some(mine), Some(depth)) = (&mut self.depth, &batch.depth) {
            mine.push(depth[i]);
        }
        self.samples.iter_mut().zip(&batch.samples).for_each(|(mine, values)| mine.push(values[i]));
    }
}

/// The attributes as texts.
pub(super) fn texts(attributes: Option<&Attributes>) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    attributes.into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}
