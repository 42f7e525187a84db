//! An engine on threads of its own.

use std::sync::Arc;

use rayon::ThreadPool;

use crate::engine::{Advanced, Device, Done, Engine, EngineError, Lifetime, Particle, Window};
use crate::grid::Field;

/// An engine that moves particles on the threads of a pool, if it computes with rayon at all: so
/// that one process can compare one core with all of them.
pub struct OnPool<E> {
    engine: Arc<E>,
    pool: ThreadPool,
}

impl<E: Engine> OnPool<E> {
    /// `engine`, on the threads of `pool`.
    pub fn new(engine: E, pool: ThreadPool) -> Self {
        Self { engine: Arc::new(engine), pool }
    }
}

impl<E: Engine> Engine for OnPool<E> {
    type Field = E::Field;
    type Block = E::Block;

    fn device(&self) -> &Device {
        self.engine.device()
    }

    fn field_bytes(&self) -> u64 {
        self.engine.field_bytes()
    }

    fn block_bytes(&self, particles: usize) -> u64 {
        self.engine.block_bytes(particles)
    }

    fn largest_block(&self) -> usize {
        self.engine.largest_block()
    }

    fn upload(&self, field: Field, done: Done<Self::Field>) {
        self.engine.upload(field, done);
    }

    fn load(&self, particles: &[Particle]) -> Result<Self::Block, EngineError> {
        self.engine.load(particles)
    }

    fn advance(
        &self,
        block: Self::Block,
        fields: [Arc<Self::Field>; 2],
        window: Arc<Window>,
        lifetimes: Option<Vec<Lifetime>>,
        done: Done<Advanced<Self::Block>>,
    ) {
        let engine = Arc::clone(&self.engine);
        self.pool.spawn(move || engine.advance(block, fields, window, lifetimes, done));
    }

    fn read(&self, block: Self::Block, done: Done<(Self::Block, Vec<Particle>)>) {
        self.engine.read(block, done);
    }
}
