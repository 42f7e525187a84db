//! What can keep the explanation from being measured.

use std::io;

use crate::demo::DemoError;
use crate::engine::EngineError;
use crate::forcing::ForcingError;
use crate::pipeline::PipelineError;
use crate::run::RunError;
use crate::scenario::ScenarioError;

/// Why nothing could be explained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// It was asked to stop.
    #[error("stopped before everything was measured")]
    Stopped,
    /// The made-up sea could not be written to the folder for temporary files.
    #[error(transparent)]
    Sea(#[from] DemoError),
    /// It could not be read.
    #[error(transparent)]
    Forcing(#[from] ForcingError),
    /// Its scenario was refused.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// An engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An example failed.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The system refused a file or a thread.
    #[error("cannot measure: {0}; make room in the folder for temporary files (TMPDIR)")]
    System(#[from] io::Error),
    /// Threads to compute with could not be started.
    #[error("cannot start threads to compute with: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}
