//! What can go wrong in a bench.

use std::path::PathBuf;

use crate::engine::EngineError;
use crate::run::RunError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// There is no such workload.
    #[error("there is no workload {name}: choose among W1, W1h, W2 and W3")]
    UnknownWorkload {
        /// What was asked for.
        name: String,
    },
    /// Nothing would be measured.
    #[error("{0}")]
    NothingToDo(&'static str),
    /// The user's cache folder is not known.
    #[error("where to keep the workloads is not known ({0}): name a folder with --data")]
    NoCache(Box<dyn std::error::Error + Send + Sync>),
    /// Data are found by names that are UTF-8.
    #[error("{} is not UTF-8, and data are found by names that are: name another folder", path.display())]
    NotUtf8 {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file of a workload cannot be written.
    #[error("cannot write {}: {cause}; name a folder that you may write to, with room for it", path.display())]
    Write {
        /// The file, folder or store.
        path: PathBuf,
        /// What the library or the system says.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The device cannot do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A run failed.
    #[error("{workload}: {source}")]
    Run {
        /// The workload's name.
        workload: &'static str,
        /// What the run says.
        source: Box<RunError>,
    },
    /// The particles did not do what they do on a device that computes properly.
    #[error(
        "{device}: {moving} of {particles} particles of {workload} were still moving at the end, \
         and all should be: the figures would mean nothing; `drogue verify` tells more"
    )]
    NotAllMoved {
        /// The device's name.
        device: String,
        /// The workload's name.
        workload: &'static str,
        /// Particles that were active at the end.
        moving: u64,
        /// Particles that were released.
        particles: u64,
    },
    /// It was stopped from outside.
    #[error("the bench was stopped: there is no record of it")]
    Stopped,
    /// A record cannot be read.
    #[error("{}: {problem}; it has to be what `drogue bench --json FILE` writes", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Another machine's record.
    #[error(
        "{} was measured on another machine: {there}; this one is {here}. Times of two machines say \
         nothing about the program",
        path.display()
    )]
    OtherMachine {
        /// The file.
        path: PathBuf,
        /// The machine of the record.
        there: String,
        /// This machine.
        here: String,
    },
    /// Nothing that is measured is in the record.
    #[error(
        "{} holds nothing that is measured now: it has {there}; ask for the same workloads, measures, \
         formats, devices and numbers of particles",
        path.display()
    )]
    NothingInCommon {
        /// The file.
        path: PathBuf,
        /// What the record holds.
        there: String,
    },
}
