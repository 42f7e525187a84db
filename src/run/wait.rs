//! From an engine's callbacks to futures.

use std::pin::Pin;

use tokio::sync::oneshot;

use crate::engine::{Done, EngineError};

/// Work that an engine has begun.
pub(super) type Begun<T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send>>;

/// Starts work of an engine at once, and gives what waits for it without blocking a thread.
pub(super) fn start<T: Send + 'static>(work: impl FnOnce(Done<T>)) -> Begun<T> {
    let (sender, receiver) = oneshot::channel();
    work(Box::new(move |result| {
        // A run that was aborted has nobody to tell.
        let _ = sender.send(result);
    }));
    Box::pin(async { receiver.await.unwrap_or(Err(EngineError::Stopped)) })
}
