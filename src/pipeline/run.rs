//! A flow at work.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::crew::{Crew, stopped};
use super::error::{PipelineError, Stop};
use super::source::Gate;

/// A stage that waits to be run.
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) task: Pin<Box<dyn Future<Output = Result<(), Stop>> + Send>>,
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
    /// Whether all items of the source were taken; `false` where a [`Cancel`](super::Cancel) came
    /// first, or an operator had [enough](super::Operator::enough).
    pub complete: bool,
}

impl<O> Pipeline<O> {
    /// Runs all stages until the last item has left the last of them.
    ///
    /// An error or a panic in a stage stops it and the stages before it. Those behind it still deal
    /// with all items that were ahead of the one that failed, but none of them is told that its
    /// input has ended: no sink is finished. An abort drops everything at once.
    ///
    /// Nothing of the run is left when this returns. Dropping this future drops what is in flight
    /// without waiting until it is gone.
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

/// Waits for all stages and returns the first error.
async fn all(
    tasks: &mut JoinSet<Result<(), Stop>>,
    names: &HashMap<tokio::task::Id, String>,
) -> Result<(), PipelineError> {
    let mut first = Ok(());
    while let Some(task) = tasks.join_next_with_id().await {
        let error = match task {
            Ok((_, Ok(()) | Err(Stop::BrokenOff))) => continue,
            Ok((_, Err(Stop::Failed(error)))) => error,
            Err(error) => {
                let name = names.get(&error.id()).map_or("", String::as_str);
                stopped(error, name, None)
            }
        };
        if first.is_ok() {
            first = Err(error);
        } else {
            tracing::warn!(%error, "another stage failed while the run was ending");
        }
    }
    first
}
