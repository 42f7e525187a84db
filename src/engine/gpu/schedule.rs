//! The same bits whatever the schedule: block sizes, windows cut in two, and how long a particle
//! waits for others.

use std::sync::{Arc, mpsc};

use super::field::Store;
use super::pace::Pace;
use super::shader::{self, Kernel};
use super::{Adapter, GpuEngine};
use crate::engine::{
    Coast, DeviceKind, Done, Engine, EngineError, Integrator, Leg, Lifetime, Particle, Setup,
    Status, Step, Window,
};
use crate::grid::{Axis, EARTH_RADIUS, Field, Grid, MISSING, Mesh};
use crate::time::{Instant, Span};

const STEPS: i64 = 48;
const SECOND: i64 = 1_000_000; // in the microseconds of `Instant`

struct Case {
    setup: Setup,
    fields: [Field; 2],
    particles: Vec<Particle>,
    lifetimes: Vec<Lifetime>,
}

/// Eddies with an island, and particles of which some strand, leave, wait and age out.
fn case(x: Vec<f64>, y: Vec<f64>, integrator: Integrator) -> Case {
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    let grid = Grid::new(mesh, Axis::new(x).unwrap(), Axis::new(y).unwrap()).unwrap();
    let [columns, rows] = grid.data_shape();
    let field = |time: f32| {
        let node = |index: usize| ((index % columns) as f32, (index / columns) as f32);
        let island = |i: f32, j: f32| (i - 9.0).hypot(j - 9.0) < 2.5;
        let wave = |i: f32, j: f32| match island(i, j) {
            true => (MISSING, MISSING),
            false => ((0.7 * j + time).sin() * 9.0 + 2.0, (0.9 * i - time).cos() * 9.0),
        };
        let (u, v): (Vec<_>, Vec<_>) =
            (0..columns * rows).map(node).map(|(i, j)| wave(i, j)).unzip();
        Field::new(&grid, &u, &v)
    };
    let [west, south, east, north] = grid.bounds();
    let count = 700;
    let particles = (0..count).map(|k| {
        let (a, b) = ((k as f64 * 0.618_034) % 1.0, (k as f64 + 0.5) / count as f64);
        let at = grid.locate(west + a * (east - west), south + b * (north - south)).unwrap();
        let status = if k % 5 == 0 { Status::Pending } else { Status::Active };
        Particle {
            offset: at.offset,
            depth: 0.0,
            cell: at.cell,
            status: status.code(),
            finished_step: 0,
        }
    });
    let lifetimes = (0..count as u32).map(|k| match k % 5 {
        0 => Lifetime { first_step: k % 40, end_step: u32::MAX, delay: 0.25, curtail: 0.0 },
        1 => Lifetime { first_step: 0, end_step: 1 + k % 60, delay: 0.0, curtail: 0.5 },
        _ => Lifetime::WHOLE,
    });
    Case {
        particles: particles.collect(),
        lifetimes: lifetimes.collect(),
        fields: [field(0.0), field(1.0)],
        setup: Setup { grid, integrator, coast: Coast::Strand, handover: None },
    }
}

fn even(count: usize, first: f64, step: f64) -> Vec<f64> {
    (0..count).map(|k| first + step * k as f64).collect()
}

/// A region with even cells, one with uneven ones, and the globe with both poles.
fn cases() -> Vec<Case> {
    let stretched = |count: usize, first: f64| {
        (0..count).map(|k| first + 0.05 * k as f64 + 0.001 * (k * k) as f64).collect::<Vec<_>>()
    };
    vec![
        case(even(32, -40.0, 0.05), even(24, 30.0, 0.05), Integrator::Rk4),
        case(even(32, -40.0, 0.05), even(24, 30.0, 0.05), Integrator::Rk2),
        case(stretched(32, -40.0), stretched(24, 30.0), Integrator::Rk4),
        case(even(360, -180.0, 1.0), even(181, -90.0, 1.0), Integrator::Rk4),
    ]
}

fn wait<T: Send + 'static>(start: impl FnOnce(Done<T>)) -> T {
    let (sender, receiver) = mpsc::channel();
    start(Box::new(move |result| sender.send(result).unwrap()));
    receiver.recv().unwrap().unwrap()
}

/// The steps `from..to` of the window.
fn window(from: i64, to: i64, seconds: i64) -> Window {
    let at = |step: i64| Instant(step * seconds * SECOND);
    Window {
        earlier: at(0),
        later: at(STEPS),
        steps: (from..to)
            .map(|step| Step { from: at(step), span: Span(seconds * SECOND) })
            .collect(),
        first_step: from as u32,
    }
}

fn run(engine: &GpuEngine, case: &Case, block: usize, cut: i64, seconds: i64) -> Vec<Particle> {
    let fields = case
        .fields
        .each_ref()
        .map(|field| Arc::new(wait(|done| engine.upload(field.clone(), done))));
    let blocks = case.particles.chunks(block).zip(case.lifetimes.chunks(block));
    let moved = blocks.flat_map(|(particles, lifetimes)| {
        let mut block = engine.load(particles).unwrap();
        for (from, to) in [(0, cut), (cut, STEPS)] {
            let leg = leg(from, to, seconds, lifetimes);
            block = wait(|done| engine.advance(block, fields.clone(), vec![leg], done)).block;
        }
        wait(|done| engine.read(block, done)).1
    });
    moved.collect()
}

/// The steps `from..to` of the window in which these are the lifetimes.
fn leg(from: i64, to: i64, seconds: i64, lifetimes: &[Lifetime]) -> Leg {
    let shifted = |step: u32| step.saturating_sub(from as u32);
    let lifetimes = lifetimes.iter().map(|whole| Lifetime {
        first_step: shifted(whole.first_step),
        end_step: match whole.end_step {
            u32::MAX => u32::MAX,
            end => shifted(end),
        },
        delay: if whole.first_step < from as u32 { 0.0 } else { whole.delay },
        curtail: whole.curtail,
    });
    Leg { lifetimes: Some(lifetimes.collect()), ..Leg::whole(window(from, to, seconds)) }
}

fn software() -> Adapter {
    Adapter::of_kind(DeviceKind::Software)
        .expect("this test needs a software adapter: install mesa-vulkan-drivers")
}

#[test]
fn a_kernel_that_cannot_be_built_is_an_error_of_the_dispatch() {
    let case = &cases()[0];
    let mut engine = GpuEngine::new(&software(), &case.setup).unwrap();
    let source = shader::source(shader::Form::Nodes).replace("fn advance(", "fn retreat(");
    engine.kernel = Arc::new(Kernel::new(&engine.device, &source, &case.setup, 1));
    let fields = (case.fields.each_ref())
        .map(|field| Arc::new(wait(|done| engine.upload(field.clone(), done))));
    let block = engine.load(&case.particles).unwrap();
    let (sender, receiver) = mpsc::channel();
    let done = Box::new(move |result: Result<_, _>| sender.send(result.map(drop)).unwrap());
    engine.advance(block, fields, vec![Leg::whole(window(0, STEPS, 600))], done);
    match receiver.recv().unwrap() {
        Err(EngineError::Device { message, .. }) => {
            assert!(message.contains("advance"), "{message}")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_schedule_changes_a_bit() {
    let adapter = software();
    for (number, case) in cases().iter().enumerate() {
        let engine = |turns| GpuEngine::with(&adapter, &case.setup, turns).unwrap();
        let plain = engine(1);
        let all = run(&plain, case, 700, STEPS, 600);
        for turns in [1, 3, 1000] {
            let engine = engine(turns);
            for (block, cut) in [(700, STEPS), (37, STEPS), (256, 17), (64, 1)] {
                let other = run(&engine, case, block, cut, 600);
                assert!(
                    all == other,
                    "case {number}, {turns} turns: blocks of {block}, cut at {cut}"
                );
            }
        }
        let mut copying = engine(1);
        copying.fields = Store::new(&copying.device, copying.field_bytes, false);
        assert!(all == run(&copying, case, 700, STEPS, 600), "case {number}: fields are copied");
        let count = |status: Status| all.iter().filter(|p| p.status() == status).count();
        assert!(count(Status::Stranded) > 0, "case {number} tries the coast");
        assert!(count(Status::AgedOut) > 0, "case {number} tries lifetimes");
        assert!(count(Status::Active) > 100, "case {number} tries whole windows");
        assert!(all != run(&plain, case, 700, STEPS, 601), "a longer step is another result");
    }
}

#[test]
fn what_is_seen_between_legs_is_the_same_in_any_number_of_submissions() {
    const CUTS: [i64; 5] = [0, 1, 17, 30, STEPS];
    for (number, case) in cases().iter().enumerate() {
        let mut engine = GpuEngine::new(&software(), &case.setup).unwrap();
        let seen = |engine: &GpuEngine| {
            let fields = (case.fields.each_ref())
                .map(|field| Arc::new(wait(|done| engine.upload(field.clone(), done))));
            let leg =
                |cut: &[i64]| Leg { observed: true, ..leg(cut[0], cut[1], 600, &case.lifetimes) };
            let legs: Vec<Leg> = CUTS.windows(2).map(leg).collect();
            let block = engine.load(&case.particles).unwrap();
            wait(|done| engine.advance(block, fields, legs, done)).observed
        };
        let in_one = seen(&engine);
        engine.pace = Arc::new(Pace::slowest());
        let in_many = seen(&engine);
        assert!(in_one == in_many, "case {number}");
        assert_eq!(in_one.len(), CUTS.len() - 1);
        assert!(in_one.windows(2).all(|legs| legs[0] != legs[1]), "case {number}: they move");
        let all = run(&engine, case, 700, STEPS, 600);
        assert!(in_one.last() == Some(&all), "case {number}: unobserved");
    }
}
