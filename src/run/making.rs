//! An engine that is made while the first snapshots are on their way.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tokio::task::JoinError;

use crate::engine::{Device, Engine, EngineError};

/// An engine, or what waits for it.
pub(super) struct Making<E>(Shared<BoxFuture<'static, Result<Arc<E>, EngineError>>>);

impl<E> Clone for Making<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: Engine> Making<E> {
    /// Begins to make one for a device, on a thread of its own.
    pub fn begin(
        device: &Device,
        make: impl FnOnce() -> Result<E, EngineError> + Send + 'static,
    ) -> Self {
        let (begun, device) = (tokio::task::spawn_blocking(make), device.name.clone());
        let made = async {
            // Drivers have been known to panic.
            let failed =
                |error: JoinError| EngineError::Device { device, message: error.to_string() };
            begun.await.map_err(failed)?.map(Arc::new)
        };
        Self(made.boxed().shared())
    }

    /// One that is there.
    pub fn done(engine: E) -> Self {
        Self(std::future::ready(Ok(Arc::new(engine))).boxed().shared())
    }

    /// The engine, once it is there.
    pub async fn wait(&self) -> Result<Arc<E>, EngineError> {
        self.0.clone().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cpu::CpuEngine;

    #[tokio::test]
    async fn what_goes_wrong_in_making_is_an_error_for_all_who_wait() {
        let device = CpuEngine::describe();
        let failing = Making::<CpuEngine>::begin(&device, || Err(EngineError::Stopped));
        for _ in 0..2 {
            assert!(matches!(failing.wait().await, Err(EngineError::Stopped)));
        }
        let panicking = Making::<CpuEngine>::begin(&device, || panic!("planted"));
        let error = panicking.clone().wait().await.err().expect("it panicked");
        assert!(error.to_string().contains("planted"), "{error}");
    }
}
