//! A flow at work.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::crew::{Crew, stopped};
use super::error::PipelineError;
use super::source::Gate;

/// A stage that waits to be run.
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) task: Pin<Box<dyn Future<Output = Result<(), PipelineError>> + Send>>,
}

/// A [`Flow`](super::Flow) with all its ends, ready to run.
#[must_use = "a pipeline does nothing until it is run"]
pub struct Pipeline<O> {
    pub(super) stages: Vec<Stage>,
    pub(super) output: oneshot::Receiver<O>,
    pub(super) crew: Crew,
    pub(super) gate: Gate,
}

/// How a run without an error ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome<O> {
    /// What the sink's `finish` returned.
    pub output: O,
    /// Whether all items of the source were taken; `false` where a [`Cancel`](super::Cancel) came first.
    pub complete: bool,
}

impl<O> Pipeline<O> {
    /// Runs all stages until the last item has left the last of them.
    ///
    /// Nothing of the run is left when this returns: the first error, an abort and a panic all drop
    /// what is in flight and wait until it is gone. Dropping this future does the same without the
    /// wait.
    ///
    /// # Errors
    /// [`PipelineError`]: the first error of any stage, or that the run was aborted.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub async fn run(self) -> Result<Outcome<O>, PipelineError> {
        let Self { stages, output, crew, gate } = self;
        let mut tasks = JoinSet::new();
        let mut names = HashMap::new();
        for Stage { name, task } in stages {
            names.insert(tasks.spawn(task).id(), name);
        }
        let ended = tokio::select! {
            biased;
            ended = all(&mut tasks, &names) => ended,
            () = gate.cancel.aborted() => Err(PipelineError::Aborted),
        };
        tasks.shutdown().await;
        crew.gone().await;
        ended?;
        let output = output.await.map_err(|_| PipelineError::Aborted)?;
        Ok(Outcome { output, complete: !gate.cut_short.load(Ordering::Acquire) })
    }
}

/// Waits for all stages or the first error.
async fn all(
    tasks: &mut JoinSet<Result<(), PipelineError>>,
    names: &HashMap<tokio::task::Id, String>,
) -> Result<(), PipelineError> {
    while let Some(task) = tasks.join_next_with_id().await {
        match task {
            Ok((_, ended)) => ended?,
            Err(error) => {
                let name = names.get(&error.id()).map_or("", String::as_str);
                return Err(stopped(error, name, None));
            }
        }
    }
    Ok(())
}
