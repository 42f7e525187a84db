//! The engines, and what they make of particles in one window.

use std::sync::Arc;

use drogue::engine::gpu::{Adapter, GpuEngine};
use drogue::engine::{DeviceKind, Engine, EngineError, Particle, Setup, Window};
use drogue::grid::{Field, Grid};
use drogue::verify::blocking;

pub fn setup(grid: &Grid) -> Setup {
    Setup {
        grid: grid.clone(),
        integrator: Default::default(),
        coast: Default::default(),
        handover: None,
    }
}

pub fn device(setup: &Setup) -> GpuEngine {
    let adapter = Adapter::of_kind(DeviceKind::Software).unwrap_or_else(|error| {
        panic!("this test needs a software adapter, from the package mesa-vulkan-drivers: {error}")
    });
    GpuEngine::new(&adapter, setup).unwrap()
}

pub fn advanced<E: Engine>(
    engine: &E,
    fields: [&Field; 2],
    particles: &[Particle],
    window: Window,
) -> Vec<Particle> {
    tried(engine, fields, particles, window).unwrap()
}

pub fn tried<E: Engine>(
    engine: &E,
    fields: [&Field; 2],
    particles: &[Particle],
    window: Window,
) -> Result<Vec<Particle>, EngineError> {
    let fields: [Arc<E::Field>; 2] =
        fields.map(|field| blocking::upload(engine, field.clone()).unwrap());
    let block = engine.load(particles)?;
    let block = blocking::advance(engine, block, &fields, window, None)?;
    blocking::read(engine, block)
}
