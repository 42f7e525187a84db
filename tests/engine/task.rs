//! What engines are asked to do, and how they are asked.

use std::sync::Arc;

use drogue::engine::cpu::CpuEngine;
use drogue::engine::gpu::{Adapter, GpuEngine};
use drogue::engine::{DeviceKind, Engine, Integrator, Lifetime, Particle, Setup, Window};
use drogue::grid::{Axis, EARTH_RADIUS, Field, Grid, MISSING, Mesh};
use drogue::time::{Instant, Span};
use drogue::verify::{blocking, release, sample, window};

/// What an engine is asked to do, between two snapshots.
#[derive(Clone)]
pub struct Task {
    pub particles: Vec<Particle>,
    pub fields: [Field; 2],
    pub windows: Vec<Window>,
    /// In the first window.
    pub lifetimes: Option<Vec<Lifetime>>,
    /// Particles in a block.
    pub block: usize,
}

impl Task {
    pub fn new(particles: Vec<Particle>, fields: [Field; 2], window: Window) -> Self {
        let block = particles.len();
        Self { particles, fields, windows: vec![window], lifetimes: None, block }
    }
}

pub fn perform<E: Engine>(engine: &E, task: &Task) -> Vec<Particle> {
    let fields: [Arc<E::Field>; 2] =
        task.fields.each_ref().map(|field| blocking::upload(engine, field.clone()).unwrap());
    let mut done = Vec::new();
    for (number, particles) in task.particles.chunks(task.block).enumerate() {
        let mut block = engine.load(particles).unwrap();
        let mut lifetimes = task
            .lifetimes
            .as_ref()
            .map(|all| all[number * task.block..][..particles.len()].to_vec());
        for window in &task.windows {
            block = blocking::advance(engine, block, &fields, window.clone(), lifetimes.take())
                .unwrap();
        }
        done.extend(blocking::read(engine, block).unwrap());
    }
    done
}

pub type Perform = Box<dyn Fn(&Task) -> Vec<Particle>>;

pub fn reference(setup: &Setup) -> Perform {
    let engine = CpuEngine::new(setup);
    Box::new(move |task| perform(&engine, task))
}

pub fn device(setup: &Setup) -> Perform {
    let adapter = Adapter::of_kind(DeviceKind::Software).unwrap_or_else(|error| {
        panic!("these tests need a software adapter, from the package mesa-vulkan-drivers: {error}")
    });
    let engine = GpuEngine::new(&adapter, setup).unwrap();
    Box::new(move |task| perform(&engine, task))
}

pub fn both(setup: &Setup) -> [(&'static str, Perform); 2] {
    [("reference", reference(setup)), ("device", device(setup))]
}

pub fn setup(grid: Grid) -> Setup {
    Setup { grid, integrator: Integrator::Rk4, coast: Default::default(), handover: None }
}

pub fn even(from: f64, to: f64, cells: usize) -> Axis {
    Axis::new((0..=cells).map(|i| from + (to - from) * i as f64 / cells as f64).collect()).unwrap()
}

/// 10 × 10 cells of 1 km.
pub fn plane() -> Grid {
    Grid::new(Mesh::Flat, even(0.0, 1e4, 10), even(0.0, 1e4, 10)).unwrap()
}

/// A global grid of 5°.
pub fn globe() -> Grid {
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    Grid::new(mesh, even(-180.0, 175.0, 71), even(-90.0, 90.0, 36)).unwrap()
}

/// So many steps of so many seconds, which fill the time between the snapshots.
pub fn steps(count: i64, seconds: f64) -> Window {
    let step = Span::from_seconds(seconds);
    window([Instant(0), Instant(step.0 * count)], step, 0)
}

/// Clockwise about the middle of [`plane`], once in `period` seconds.
pub fn rotation(period: f64) -> impl Fn(f64, f64) -> [f64; 2] {
    let rate = std::f64::consts::TAU / period;
    move |x, y| [rate * (y - 5000.0), -rate * (x - 5000.0)]
}

/// A rotation that speeds up, with a coast in the east, and particles all over the plane.
pub fn busy(particles: usize) -> (Setup, Task) {
    let grid = plane();
    let coast = |period: f64| {
        let turn = rotation(period);
        move |x: f64, y: f64| if x > 8500.0 { [f64::from(MISSING); 2] } else { turn(x, y) }
    };
    let fields = [sample(&grid, coast(80_000.0)), sample(&grid, coast(40_000.0))];
    // The golden ratio spreads points evenly.
    let places: Vec<_> = (0..particles)
        .map(|i| {
            [8400.0 * (i as f64 * 0.618_033_988_75).fract(), 1e4 * i as f64 / particles as f64]
        })
        .collect();
    let task = Task::new(release(&grid, &places).unwrap(), fields, steps(40, 600.0));
    (setup(grid), task)
}
