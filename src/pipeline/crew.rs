//! Where the bodies of stages run.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinError;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::error::{BoxError, PipelineError, panic_message};

/// Starts bodies and knows which still run.
///
/// Each body has a task of its own, so that it goes on while its stage waits to hand a result on,
/// and so that a panic in it is an error of that stage and that item.
#[derive(Clone, Default)]
pub(super) struct Crew(TaskTracker);

/// A body at work; dropping it aborts the body.
pub(super) struct Job<R>(AbortOnDropHandle<Result<R, BoxError>>);

impl Crew {
    pub(super) fn start<R: Send + 'static>(
        &self,
        body: impl Future<Output = Result<R, BoxError>> + Send + 'static,
    ) -> Job<R> {
        Job(AbortOnDropHandle::new(self.0.spawn(body)))
    }

    /// Starts a body that computes or blocks, on a thread that may do so.
    pub(super) fn start_blocking<R: Send + 'static>(
        &self,
        body: impl FnOnce() -> Result<R, BoxError> + Send + 'static,
    ) -> Job<R> {
        Job(AbortOnDropHandle::new(self.0.spawn_blocking(body)))
    }

    /// Starts a blocking body after a while, in which no thread is kept.
    pub(super) fn start_blocking_after<R: Send + 'static>(
        &self,
        delay: Option<Duration>,
        body: impl FnOnce() -> Result<R, BoxError> + Send + 'static,
    ) -> Job<R> {
        let Some(delay) = delay else { return self.start_blocking(body) };
        let tracker = self.0.clone();
        self.start(async move {
            tokio::time::sleep(delay).await;
            let body = tracker.spawn_blocking(body);
            body.await.unwrap_or_else(|error| match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(error.into()),
            })
        })
    }

    /// Waits until no body runs any more.
    pub(super) async fn gone(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

impl<R> Job<R> {
    pub(super) async fn done(self, stage: &str, item: Option<u64>) -> Result<R, PipelineError> {
        match self.0.await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(source)) => Err(PipelineError::Failed { stage: stage.to_owned(), item, source }),
            Err(error) => Err(stopped(error, stage, item)),
        }
    }
}

/// The error of a task that did not come to its end.
pub(super) fn stopped(error: JoinError, stage: &str, item: Option<u64>) -> PipelineError {
    match error.try_into_panic() {
        Ok(payload) => PipelineError::Panicked {
            stage: stage.to_owned(),
            item,
            message: panic_message(&*payload),
        },
        Err(_) => PipelineError::Aborted,
    }
}
