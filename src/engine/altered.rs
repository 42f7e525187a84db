//! An engine some of whose calls do something else besides.

use std::sync::Arc;

use super::{Advanced, Device, Done, Engine, EngineError, Leg, Particle};
use crate::grid::Field;

/// What calls of an engine do besides: each is given the engine, and hands on to it what it is not
/// about. By default all do.
pub trait Alteration<E: Engine>: Send + Sync + 'static {
    /// In place of [`Engine::upload`].
    fn upload(&self, engine: &Arc<E>, field: Field, done: Done<E::Field>) {
        engine.upload(field, done);
    }

    /// In place of [`Engine::load`].
    ///
    /// # Errors
    /// Those of the engine.
    fn load(&self, engine: &Arc<E>, particles: &[Particle]) -> Result<E::Block, EngineError> {
        engine.load(particles)
    }

    /// In place of [`Engine::advance`].
    fn advance(
        &self,
        engine: &Arc<E>,
        block: E::Block,
        fields: [Arc<E::Field>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<E::Block>>,
    ) {
        engine.advance(block, fields, legs, done);
    }
}

/// An engine with an [`Alteration`].
pub struct Altered<E, A> {
    engine: Arc<E>,
    by: A,
}

impl<E: Engine, A: Alteration<E>> Altered<E, A> {
    /// `engine`, altered `by` this.
    pub fn new(engine: E, by: A) -> Self {
        Self { engine: Arc::new(engine), by }
    }
}

impl<E: Engine, A: Alteration<E>> Engine for Altered<E, A> {
    type Field = E::Field;
    type Block = E::Block;

    fn device(&self) -> &Device {
        self.engine.device()
    }

    fn upload(&self, field: Field, done: Done<E::Field>) {
        self.by.upload(&self.engine, field, done);
    }

    fn load(&self, particles: &[Particle]) -> Result<E::Block, EngineError> {
        self.by.load(&self.engine, particles)
    }

    fn advance(
        &self,
        block: E::Block,
        fields: [Arc<E::Field>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<E::Block>>,
    ) {
        self.by.advance(&self.engine, block, fields, legs, done);
    }

    fn read(&self, block: E::Block, done: Done<(E::Block, Vec<Particle>)>) {
        self.engine.read(block, done);
    }
}
