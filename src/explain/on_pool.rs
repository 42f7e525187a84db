//! The reference on threads of its own.

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::engine::cpu::CpuEngine;
use crate::engine::{Advanced, Alteration, Altered, Done, Engine, Leg, Setup};

/// The reference on the threads of a pool: so that one process can compare one core with all of
/// them.
pub type OnPool = Altered<CpuEngine, ThreadPool>;

/// The reference on so many threads.
///
/// # Errors
/// Where the threads cannot be had.
pub fn on_pool(setup: &Setup, threads: usize) -> Result<OnPool, ThreadPoolBuildError> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
    Ok(Altered::new(pool.install(|| CpuEngine::new(setup)), pool))
}

/// An engine that computes with rayon does so on the pool that it is called on.
impl<E: Engine> Alteration<E> for ThreadPool {
    fn advance(
        &self,
        engine: &Arc<E>,
        block: E::Block,
        fields: [Arc<E::Field>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<E::Block>>,
    ) {
        let engine = Arc::clone(engine);
        self.spawn(move || engine.advance(block, fields, legs, done));
    }
}
