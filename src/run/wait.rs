//! From an engine's callbacks to futures, and what would hold up a thread of the runtime.

use std::pin::Pin;

use tokio::sync::oneshot;
use tokio::task::block_in_place;

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

/// Particles that are gone through sooner than another thread takes over the runtime's tasks.
const FEW: usize = 1 << 12;

/// Goes through so many particles. Where that takes a while, the runtime's other tasks go on
/// elsewhere; where not, making threads for them would cost more, in time and in memory.
pub(super) fn go_through<T>(particles: usize, work: impl FnOnce() -> T) -> T {
    if particles > FEW { block_in_place(work) } else { work() }
}
