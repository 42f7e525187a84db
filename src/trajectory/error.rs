//! What can go wrong with trajectories on disk.

use std::path::PathBuf;

/// The error below an error.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong between observations and the disk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrajectoryError {
    /// The name's ending says nothing about the format.
    #[error("{}: trajectories are written to names that end in .zarr or .parquet", path.display())]
    UnknownFormat {
        /// The path as given.
        path: PathBuf,
    },
    /// There is something at the path, and nobody said to overwrite it.
    #[error("{} exists already: choose another name, or say to overwrite it", path.display())]
    Exists {
        /// The path as given.
        path: PathBuf,
    },
    /// Something is to be overwritten that does not look like a former output.
    #[error(
        "{} is not overwritten, because {reason}: choose another name, or remove it yourself",
        path.display()
    )]
    NotOurs {
        /// The path as given.
        path: PathBuf,
        /// What makes it look different.
        reason: String,
    },
    /// The folder of the output is missing or nothing can be created in it.
    #[error(
        "cannot create {}: {cause}; the folder must exist and be writable",
        path.display()
    )]
    Folder {
        /// What was to be created.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Writing failed: a full disk, a lost network folder.
    #[error("cannot write {}: {cause}; {kept}", path.display())]
    Write {
        /// The file or folder being written.
        path: PathBuf,
        /// What of the output is on disk and can be read.
        kept: String,
        /// What the system or the format's library said.
        cause: Cause,
    },
    /// Reading failed.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file or folder being read.
        path: PathBuf,
        /// What the system or the format's library said.
        cause: Cause,
    },
    /// A readable file that does not hold trajectories as drogue writes them.
    #[error(
        "{} does not hold trajectories that drogue can read: {reason}; name an output of `drogue run`",
        path.display()
    )]
    NotTrajectories {
        /// The file or folder.
        path: PathBuf,
        /// What is missing or different, naming the variable.
        reason: String,
    },
    /// A batch of observations breaks the contract of [`Observations`](super::Observations).
    #[error("observations of output time {slot} are inconsistent: {reason}")]
    Inconsistent {
        /// The number of the output time.
        slot: u32,
        /// What is wrong, naming the particle.
        reason: String,
    },
    /// The particles do not add up.
    #[error(
        "{released} particles were released, but {accounted} are active or finished: {tally}; this is a defect of drogue, please report it"
    )]
    Lost {
        /// How many were released.
        released: u64,
        /// How many are active or finished for a reason.
        accounted: u64,
        /// All the counts.
        tally: String,
    },
}
