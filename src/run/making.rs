//! An engine that is made while the first snapshots are on their way.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use crate::engine::{Engine, EngineError};

/// An engine, or what waits for it.
pub(super) struct Making<E>(Shared<BoxFuture<'static, Result<Arc<E>, EngineError>>>);

impl<E> Clone for Making<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: Engine> Making<E> {
    /// Begins to make one, on a thread of its own.
    pub fn begin(make: impl FnOnce() -> Result<E, EngineError> + Send + 'static) -> Self {
        let begun = tokio::task::spawn_blocking(make);
        let made = async { begun.await.expect("making an engine does not panic").map(Arc::new) };
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
