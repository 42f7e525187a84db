//! What an engine does: moving particles, taking a field, giving particles back.
//!
//! `cargo bench --bench engines`; throughputs of `advance` are particle-steps.

mod size;

use std::sync::Arc;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use drogue::engine::cpu::CpuEngine;
use drogue::engine::gpu::{Adapter, GpuEngine};
use drogue::engine::{Engine, Integrator, Particle, Setup, Window};
use drogue::grid::{Axis, EARTH_RADIUS, Field, Grid, Mesh};
use drogue::run::devices;
use drogue::time::{Instant, Span};
use drogue::verify::{blocking, release, sample, window};

const INTEGRATORS: [Integrator; 3] = [Integrator::Euler, Integrator::Rk2, Integrator::Rk4];

fn main() {
    divan::main();
}

fn count() -> usize {
    size::size(1 << 16, 500)
}

/// 512 × 512 nodes of a twentieth of a degree, or as many degrees with fewer nodes.
fn grid() -> Grid {
    let nodes = size::size(512, 32);
    let spacing = 0.05 * 512.0 / nodes as f64;
    let axis =
        |from: f64| Axis::new((0..nodes).map(|i| from + spacing * i as f64).collect()).unwrap();
    Grid::new(Mesh::Sphere { radius: EARTH_RADIUS }, axis(-60.0), axis(20.0)).unwrap()
}

/// Eddies of a few degrees and half a metre a second.
fn field(grid: &Grid, hours: f64) -> Field {
    sample(grid, |x, y| {
        let (a, b) = (2.1 * x + 0.02 * hours, 1.8 * y - 0.03 * hours);
        [0.5 * a.sin() * b.cos(), -0.5 * a.cos() * b.sin()]
    })
}

fn particles(grid: &Grid) -> Vec<Particle> {
    let places: Vec<_> = (0..count())
        .map(|i| {
            let part = |ratio: f64| 1.0 + 23.0 * (i as f64 * ratio).fract();
            [-60.0 + part(0.754_877_666), 20.0 + part(0.569_840_291)]
        })
        .collect();
    release(grid, &places).unwrap()
}

/// Six hours in steps of ten minutes.
fn six_hours() -> Window {
    window([Instant(0), Instant(21_600_000_000)], Span::from_seconds(600.0), 0)
}

fn setup(integrator: Integrator) -> Setup {
    Setup { grid: grid(), integrator, coast: Default::default(), handover: None }
}

/// The first adapter there is; a software one where there is no other.
fn adapter() -> Adapter {
    let kind = devices().first().expect("the processor is a device").kind;
    Adapter::of_kind(kind).unwrap_or_else(|error| {
        panic!("this needs an adapter, such as the one of mesa-vulkan-drivers: {error}")
    })
}

fn advance<E: Engine>(bencher: Bencher<'_, '_>, engine: &E) {
    let grid = grid();
    let fields = [0.0, 6.0].map(|hours| blocking::upload(engine, field(&grid, hours)).unwrap());
    let start = particles(&grid);
    bencher
        .counter(ItemsCount::new(count() * six_hours().steps.len()))
        .with_inputs(|| engine.load(&start).unwrap())
        .bench_local_values(|block| {
            blocking::advance(engine, block, &fields, six_hours(), None).unwrap()
        });
}

#[divan::bench(args = INTEGRATORS, sample_count = 10)]
fn advance_on_the_reference(bencher: Bencher<'_, '_>, integrator: Integrator) {
    advance(bencher, &CpuEngine::new(&setup(integrator)));
}

#[divan::bench(args = INTEGRATORS, sample_count = 10)]
fn advance_on_the_adapter(bencher: Bencher<'_, '_>, integrator: Integrator) {
    advance(bencher, &GpuEngine::new(&adapter(), &setup(integrator)).unwrap());
}

#[divan::bench]
fn upload_to_the_adapter(bencher: Bencher<'_, '_>) {
    let engine = GpuEngine::new(&adapter(), &setup(Integrator::Rk4)).unwrap();
    let field = field(&grid(), 0.0);
    bencher
        .counter(BytesCount::new(field.bytes()))
        .with_inputs(|| field.clone())
        .bench_local_values(|field| -> Arc<_> { blocking::upload(&engine, field).unwrap() });
}

#[divan::bench]
fn read_from_the_adapter(bencher: Bencher<'_, '_>) {
    let engine = GpuEngine::new(&adapter(), &setup(Integrator::Rk4)).unwrap();
    let start = particles(&grid());
    bencher
        .counter(ItemsCount::new(count()))
        .with_inputs(|| engine.load(&start).unwrap())
        .bench_local_values(|block| blocking::read(&engine, block).unwrap());
}
