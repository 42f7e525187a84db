//! An engine's calls, each waited for: for checks and tests, where nothing is to overlap.

use std::sync::Arc;
use std::sync::mpsc::channel;

use crate::engine::{Done, Engine, EngineError, Leg, Lifetime, Particle, Window};
use crate::grid::Field;

/// Calls `start` with a [`Done`] and waits for its outcome.
fn wait<T: Send + 'static>(start: impl FnOnce(Done<T>)) -> Result<T, EngineError> {
    let (sender, receiver) = channel();
    start(Box::new(move |outcome| {
        // Nobody listens any more only if this thread has panicked.
        sender.send(outcome).ok();
    }));
    receiver.recv().unwrap_or(Err(EngineError::Stopped))
}

/// Makes a field available to the engine.
///
/// # Errors
/// What the engine reports.
pub fn upload<E: Engine>(engine: &E, field: Field) -> Result<Arc<E::Field>, EngineError> {
    wait(|done| engine.upload(field, done)).map(Arc::new)
}

/// Takes a block through a window and gives it back.
///
/// # Errors
/// What the engine reports.
pub fn advance<E: Engine>(
    engine: &E,
    block: E::Block,
    fields: &[Arc<E::Field>; 2],
    window: Window,
    lifetimes: Option<Vec<Lifetime>>,
) -> Result<E::Block, EngineError> {
    let fields = [Arc::clone(&fields[0]), Arc::clone(&fields[1])];
    let leg = Leg { lifetimes, ..Leg::whole(window) };
    wait(|done| engine.advance(block, fields, vec![leg], done)).map(|advanced| advanced.block)
}

/// Copies the particles of a block out.
///
/// # Errors
/// What the engine reports.
pub fn read<E: Engine>(engine: &E, block: E::Block) -> Result<Vec<Particle>, EngineError> {
    wait(|done| engine.read(block, done)).map(|(_, particles)| particles)
}
