//! Parallelism without concurrency: the kernel on one core, on all of them, and on the adapter.

use std::time::Instant as Clock;

use serde::Serialize;

use super::sea::stopped;
use super::{ExplainError, on_pool};
use crate::bench::{Starts, Workload};
use crate::engine::gpu::{Adapter, GpuEngine};
use crate::engine::{Device, Engine, EngineError, Particle, Setup, Window};
use crate::grid::Field;
use crate::pipeline::Cancel;
use crate::time::Instant;
use crate::verify::{blocking, release, window};

/// What is computed: the first interval between two snapshots of the workload that `drogue bench`
/// measures kernels by. Its cells are some five kilometres wide, so that a particle stays in its cell
/// for several steps, as in the models that people have.
const WORKLOAD: Workload = Workload::W1;
/// Enough to keep a graphics processor busy, few enough for one core.
const PARTICLES: usize = 1 << 17;
/// Measurements, of which the fastest counts: others only disturb.
const REPEATS: usize = 3;

/// How fast each device moves particles.
#[derive(Clone, Debug, Serialize)]
pub struct Kernel {
    /// The workload whose first interval it was; see [`Workload`].
    pub workload: Workload,
    /// How wide its cells are, in metres ([`Grid::finest`](crate::grid::Grid::finest)).
    pub cell: f64,
    /// How far the fastest water goes in a step, in metres.
    pub way: f64,
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

    /// Cells that a particle goes through in a step, at most.
    pub fn cells_a_step(&self) -> f64 {
        self.way / self.cell
    }
}

pub(super) fn measure(cores: usize, cancel: &Cancel) -> Result<Kernel, ExplainError> {
    let task = Task::new();
    let mut rates = Vec::new();
    for (on, threads) in [("one core".to_owned(), 1), (format!("{cores} cores"), cores)] {
        rates.push(task.rate(on, &on_pool(&task.setup, threads)?)?);
        stopped(cancel)?;
    }
    if let Some(adapter) = Adapter::all().first() {
        let engine = GpuEngine::new(adapter, &task.setup)?;
        rates.push(task.rate("the adapter".to_owned(), &engine)?);
    }
    let fastest = task.fields.iter().map(Field::fastest).fold(0.0, f32::max);
    Ok(Kernel {
        workload: WORKLOAD,
        cell: task.setup.grid.finest(),
        way: f64::from(fastest) * WORKLOAD.step().seconds(),
        particles: PARTICLES as u64,
        steps: task.window.steps.len() as u64,
        rates,
    })
}

/// Particles, and the two snapshots that they move between.
struct Task {
    setup: Setup,
    particles: Vec<Particle>,
    fields: [Field; 2],
    window: Window,
}

impl Task {
    fn new() -> Self {
        let (grid, ocean) = (WORKLOAD.grid(), WORKLOAD.ocean());
        let fields = [0.0, WORKLOAD.interval().seconds()].map(|seconds| {
            let components = ocean.velocities(seconds);
            Field::new(&grid, &components[0], &components[1])
        });
        let Starts { x, y, .. } = WORKLOAD.release(PARTICLES);
        let places: Vec<_> = x.into_iter().zip(y).map(|(x, y)| [x, y]).collect();
        Self {
            particles: release(&grid, &places).expect("workloads release within their grids"),
            fields,
            window: window([Instant(0), Instant(WORKLOAD.interval().0)], WORKLOAD.step(), 0),
            setup: Setup {
                grid,
                integrator: Default::default(),
                coast: Default::default(),
                handover: None,
            },
        }
    }

    fn rate<E: Engine>(&self, on: String, engine: &E) -> Result<Rate, EngineError> {
        let [earlier, later] = self.fields.clone();
        let fields = [blocking::upload(engine, earlier)?, blocking::upload(engine, later)?];
        let mut best = f64::INFINITY;
        // The first one is for the adapter's driver, which compiles the shader then.
        for repeat in 0..=REPEATS {
            let block = engine.load(&self.particles)?;
            let window = self.window.clone();
            let started = Clock::now();
            blocking::advance(engine, block, &fields, window, None)?;
            if repeat > 0 {
                best = best.min(started.elapsed().as_secs_f64());
            }
        }
        let steps = self.particles.len() as f64 * self.window.steps.len() as f64;
        Ok(Rate { on, device: engine.device().clone(), per_second: steps / best })
    }
}
