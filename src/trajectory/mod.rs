//! Observations on their way to disk, and back.
//!
//! | format | laid out as | written | after `kill -9` |
//! |---|---|---|---|
//! | `.zarr` | CF trajectories, `(trajectory, obs)`, for `xarray.open_zarr` | grows with the run | readable up to the last flushed output times |
//! | `.parquet` | long form, one row an observation, as Parcels 4 has it | there when the run has ended | nothing, and a former file of that name is untouched |
//!
//! [`create`] gives a [`Writer`]; [`Trajectories`] reads either format back; a [`Tally`] proves
//! that no particle was lost. All of it blocks, and belongs on a thread that may.

mod cf;
mod checked;
mod destination;
mod error;
mod late;
mod metadata;
mod observations;
mod parquet;
mod read;
mod summary;
mod zarr;

use std::path::{Path, PathBuf};

pub(crate) use destination::folder_of;
pub use error::TrajectoryError;
pub use metadata::{Metadata, ReleaseTimes, Sampled};
pub use observations::Observations;
pub use read::{FinalStates, Track, Trajectories};
pub use summary::Tally;

use crate::time::Instant;

/// Writes the observations of a run, output time by output time.
pub trait Writer: Send {
    /// Adds observations to the slot that is open: the one after the last that was ended.
    /// Blocks of particles may come in any order; in order of their ids is fastest.
    ///
    /// # Errors
    /// [`TrajectoryError::Inconsistent`] if they break the contract of [`Observations`], and then
    /// nothing of the batch is written; [`TrajectoryError::Write`] if the disk refuses.
    fn write(&mut self, batch: &Observations) -> Result<(), TrajectoryError>;

    /// Says that the slot is complete, and its output time, even if there was no observation.
    ///
    /// # Errors
    /// As for [`Writer::write`].
    fn end_slot(&mut self, time: Instant) -> Result<(), TrajectoryError>;

    /// Completes the output, whose attribute `run_ended` then says how the run ended. To be called
    /// at the end of every run, also one that was stopped or failed in another stage: a Parquet
    /// file exists only after it, that of a failed run under the name `NAME.incomplete.parquet`. A
    /// slot that was not ended is kept and named in the attribute `incomplete_obs`.
    ///
    /// # Errors
    /// [`TrajectoryError::Write`] if the disk refuses.
    fn finish(self: Box<Self>, ending: Ending) -> Result<Written, TrajectoryError>;
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It came to its end.
    Complete,
    /// It was stopped from outside.
    Stopped,
    /// It failed.
    Failed,
}

impl Ending {
    fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// Bytes of observations that a writer gathers before it compresses them, about.
pub const WRITER_BYTES: u64 = 16 << 20;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it is.
    pub path: PathBuf,
    /// The number of output times.
    pub slots: u32,
    /// The number of observations.
    pub observations: u64,
}

/// An output at `path`, in the format that its ending names: `.zarr` or `.parquet`.
///
/// With `overwrite`, a former output there is replaced; nothing else ever is. Nothing is changed on
/// disk before the first observation, and nothing at all if none comes.
///
/// # Errors
/// [`TrajectoryError::UnknownFormat`], [`TrajectoryError::Exists`], [`TrajectoryError::NotOurs`]
/// or [`TrajectoryError::Folder`], where it is clear already that the output cannot be written.
pub fn create(
    path: &Path,
    metadata: &Metadata,
    overwrite: bool,
) -> Result<Box<dyn Writer>, TrajectoryError> {
    let inner = Box::new(late::Late::new(path.to_owned(), metadata.clone(), overwrite)?);
    Ok(Box::new(checked::Checked::new(inner, metadata)))
}
