//! Parallelism without concurrency: the kernel on one core, on all of them, and on the adapter.

use std::time::Instant as Clock;

use serde::Serialize;

use super::{ExplainError, on_pool};
use crate::engine::gpu::{Adapter, GpuEngine};
use crate::engine::{Device, Engine, EngineError, Particle, Setup};
use crate::grid::{Axis, Field, Grid, Mesh};
use crate::time::{Instant, Span};
use crate::verify::{blocking, release, sample, window};

/// Particles of the measurement: 256 by 256.
const SIDE: usize = 256;
/// Steps of one measurement.
const STEPS: i64 = 36;
/// Measurements, of which the fastest counts: others only disturb.
const REPEATS: usize = 3;

/// How fast each device moves particles.
#[derive(Clone, Debug, Serialize)]
pub struct Kernel {
    /// Particles that were moved.
    pub particles: u64,
    /// Steps that each of them took.
    pub steps: u64,
    /// One core, all cores, and the adapter if there is one.
    pub rates: Vec<Rate>,
}

/// How fast a device moves particles.
#[derive(Clone, Debug, Serialize)]
pub struct Rate {
    /// What computed, in a few words.
    pub on: String,
    /// The device.
    pub device: Device,
    /// Particle-steps a second.
    pub per_second: f64,
}

impl Kernel {
    /// The first of the rates.
    pub fn on_one_core(&self) -> &Rate {
        &self.rates[0]
    }
}

pub(super) fn measure(cores: usize) -> Result<Kernel, ExplainError> {
    let eddies = Eddies::new();
    let mut rates = Vec::new();
    for (on, threads) in [("one core".to_owned(), 1), (format!("{cores} cores"), cores)] {
        rates.push(eddies.rate(on, &on_pool(&eddies.setup, threads)?)?);
    }
    if let Some(adapter) = Adapter::all().first() {
        let engine = GpuEngine::new(adapter, &eddies.setup)?;
        rates.push(eddies.rate("the adapter".to_owned(), &engine)?);
    }
    Ok(Kernel { particles: (SIDE * SIDE) as u64, steps: STEPS as u64, rates })
}

/// A flat sea full of eddies, one snapshot and its successor.
struct Eddies {
    setup: Setup,
    particles: Vec<Particle>,
    field: Field,
}

impl Eddies {
    fn new() -> Self {
        // A node each kilometre, and an eddy each ten.
        let axis = || Axis::new((0..=200).map(|node| 1000.0 * f64::from(node)).collect());
        let [x, y] = [axis(), axis()].map(|axis| axis.expect("ascending"));
        let grid = Grid::new(Mesh::Flat, x, y).expect("two nodes at least");
        let wave = std::f64::consts::PI / 10_000.0;
        let swirl = |x: f64, y: f64| {
            [(wave * x).sin() * (wave * y).cos(), -(wave * x).cos() * (wave * y).sin()]
        };
        let place = |index: usize| 20_000.0 + 160_000.0 * index as f64 / SIDE as f64;
        let positions: Vec<_> =
            (0..SIDE * SIDE).map(|index| [place(index % SIDE), place(index / SIDE)]).collect();
        Self {
            particles: release(&grid, &positions).expect("within the grid"),
            field: sample(&grid, swirl),
            setup: Setup { grid, integrator: Default::default(), coast: Default::default() },
        }
    }

    fn rate<E: Engine>(&self, on: String, engine: &E) -> Result<Rate, EngineError> {
        let fields = [
            blocking::upload(engine, self.field.clone())?,
            blocking::upload(engine, self.field.clone())?,
        ];
        let mut block = engine.load(&self.particles)?;
        let mut best = f64::INFINITY;
        // The first one is for the adapter's driver, which compiles the shader then.
        for repeat in 0..=REPEATS {
            let step = Span::from_seconds(600.0);
            let window = window([Instant(0), Instant(STEPS * step.0)], step, 0);
            let started = Clock::now();
            block = blocking::advance(engine, block, &fields, window, None)?;
            if repeat > 0 {
                best = best.min(started.elapsed().as_secs_f64());
            }
        }
        let steps = self.particles.len() as f64 * STEPS as f64;
        Ok(Rate { on, device: engine.device().clone(), per_second: steps / best })
    }
}
