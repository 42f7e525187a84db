//! What holds for each engine, whatever the grid, the blocks and the windows; and that both agree.

mod coasts;

use std::sync::Arc;

use drogue::engine::cpu::CpuEngine;
use drogue::engine::gpu::{Adapter, GpuEngine};
use drogue::engine::{
    DeviceKind, Engine, Integrator, Lifetime, Particle, Setup, Status, Step, Window,
};
use drogue::grid::{Axis, EARTH_RADIUS, Field, Grid, MISSING, Mesh};
use drogue::time::{Instant, Span};
use drogue::verify::{
    Arithmetic, Perturbation, Perturbed, Scale, Separations, blocking, position, release, sample,
    sightings, verdict, window,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What an engine is asked to do, between two snapshots.
#[derive(Clone)]
struct Task {
    particles: Vec<Particle>,
    fields: [Field; 2],
    windows: Vec<Window>,
    /// In the first window.
    lifetimes: Option<Vec<Lifetime>>,
    /// Particles in a block.
    block: usize,
}

impl Task {
    fn new(particles: Vec<Particle>, fields: [Field; 2], window: Window) -> Self {
        let block = particles.len();
        Self { particles, fields, windows: vec![window], lifetimes: None, block }
    }
}

fn perform<E: Engine>(engine: &E, task: &Task) -> Vec<Particle> {
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

type Perform = Box<dyn Fn(&Task) -> Vec<Particle>>;

fn reference(setup: &Setup) -> Perform {
    let engine = CpuEngine::new(setup);
    Box::new(move |task| perform(&engine, task))
}

fn device(setup: &Setup) -> Perform {
    let adapter = Adapter::of_kind(DeviceKind::Software).unwrap_or_else(|error| {
        panic!("these tests need a software adapter, from the package mesa-vulkan-drivers: {error}")
    });
    let engine = GpuEngine::new(&adapter, setup).unwrap();
    Box::new(move |task| perform(&engine, task))
}

fn both(setup: &Setup) -> [(&'static str, Perform); 2] {
    [("reference", reference(setup)), ("device", device(setup))]
}

fn setup(grid: Grid) -> Setup {
    Setup { grid, integrator: Integrator::Rk4, coast: Default::default() }
}

fn even(from: f64, to: f64, cells: usize) -> Axis {
    Axis::new((0..=cells).map(|i| from + (to - from) * i as f64 / cells as f64).collect()).unwrap()
}

/// 10 × 10 cells of 1 km.
fn plane() -> Grid {
    Grid::new(Mesh::Flat, even(0.0, 1e4, 10), even(0.0, 1e4, 10)).unwrap()
}

/// A global grid of 5°.
fn globe() -> Grid {
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    Grid::new(mesh, even(-180.0, 175.0, 71), even(-90.0, 90.0, 36)).unwrap()
}

/// So many steps of so many seconds, which fill the time between the snapshots.
fn steps(count: i64, seconds: f64) -> Window {
    let step = Span::from_seconds(seconds);
    window([Instant(0), Instant(step.0 * count)], step, 0)
}

/// Clockwise about the middle of [`plane`], once in `period` seconds.
fn rotation(period: f64) -> impl Fn(f64, f64) -> [f64; 2] {
    let rate = std::f64::consts::TAU / period;
    move |x, y| [rate * (y - 5000.0), -rate * (x - 5000.0)]
}

/// A rotation that speeds up, with a coast in the east, and particles all over the plane.
fn busy(particles: usize) -> (Setup, Task) {
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

#[test]
fn results_do_not_depend_on_blocks() {
    let (setup, task) = busy(60_000);
    for (name, perform) in both(&setup) {
        let whole = perform(&task);
        let ended = whole.iter().filter(|particle| particle.status().is_finished()).count();
        assert!(ended > 1000 && ended < 59_000, "{name}: {ended} ended");
        for block in [64, 7_777, 30_000] {
            // A few small blocks say as much as a thousand.
            let particles = task.particles[..(20 * block).min(60_000)].to_vec();
            let parts = perform(&Task { particles, block, ..task.clone() });
            assert!(parts == whole[..parts.len()], "{name}: blocks of {block} differ");
        }
    }
}

#[test]
fn results_do_not_depend_on_the_order_of_particles() {
    let (setup, mut task) = busy(3_000);
    let lifetimes = (0..3_000).map(|k| Lifetime { end_step: 1 + k % 50, ..Lifetime::WHOLE });
    task.lifetimes = Some(lifetimes.collect());
    let mut turned = task.clone();
    turned.particles.reverse();
    turned.lifetimes.iter_mut().for_each(|lifetimes| lifetimes.reverse());
    for (name, perform) in both(&setup) {
        let there = perform(&task);
        let mut back = perform(&turned);
        assert!(back != there, "{name}: particles are given back as they came");
        back.reverse();
        assert!(back == there, "{name}");
        let aged = |step: u32| {
            there.iter().any(|p| p.status() == Status::AgedOut && p.finished_step == step)
        };
        assert!(aged(0) && aged(39), "{name}: lifetimes differ");
    }
}

#[test]
fn results_do_not_depend_on_how_a_window_is_split() {
    // More steps than the device takes in a dispatch.
    let (setup, task) = busy(3_000);
    let window = steps(600, 40.0);
    let task = Task { windows: vec![window.clone()], ..task };
    for (name, perform) in both(&setup) {
        let whole = perform(&task);
        for size in [7, 39, 599] {
            let parts = window.steps.chunks(size).enumerate().map(|(number, steps)| Window {
                steps: steps.to_vec(),
                first_step: (number * size) as u32,
                ..window.clone()
            });
            let split = perform(&Task { windows: parts.collect(), ..task.clone() });
            assert!(split == whole, "{name}: windows of {size} steps differ");
        }
    }
}

/// The pipeline with lifetimes is another compilation of the shader.
#[test]
fn lifetimes_that_cover_a_window_change_no_bit() {
    let (setup, task) = busy(3_000);
    let whole = vec![Lifetime::WHOLE; task.particles.len()];
    for (name, perform) in both(&setup) {
        let with = perform(&Task { lifetimes: Some(whole.clone()), ..task.clone() });
        assert!(with == perform(&task), "{name}");
    }
}

#[test]
fn the_way_back_leads_to_the_start() {
    let grid = plane();
    let fields = [sample(&grid, rotation(80_000.0)), sample(&grid, rotation(40_000.0))];
    let places = [[5000.0, 7000.0], [3000.0, 4500.0], [5000.0, 5000.0], [4321.0, 1234.5]];
    let forward = steps(40, 600.0);
    let back = Window {
        steps: forward
            .steps
            .iter()
            .rev()
            .map(|step| Step { from: step.from + step.span, span: Span(-step.span.0) })
            .collect(),
        first_step: 40,
        ..forward.clone()
    };
    let mut task = Task::new(release(&grid, &places).unwrap(), fields, forward);
    let rounding =
        Arithmetic { cell_m: 1000.0, speed: 1.0, step_s: 600.0, steps: 80 }.accumulated();
    // Classical Runge–Kutta shrinks a turn by z⁶/144 a step, z = 0.094 at most, there and back.
    let truncation = 80.0 * 4000.0 * 0.094_f64.powi(6) / 144.0;
    for (name, perform) in both(&setup(grid.clone())) {
        task.windows.truncate(1);
        let there = perform(&task);
        assert!(grid.distance(position(&grid, &there[0]), places[0]) > 1000.0, "{name}");
        task.windows.push(back.clone());
        for (particle, place) in perform(&task).iter().zip(places) {
            let miss = grid.distance(position(&grid, particle), place);
            assert!(miss <= rounding + truncation, "{name}: {miss} m from {place:?}");
        }
    }
}

#[test]
fn uneven_axes_lead_to_the_same_places() {
    // The field is linear, so any nodes hold it exactly.
    let uneven =
        || Axis::new(vec![0.0, 250.0, 1700.0, 4000.0, 4900.0, 7300.0, 9100.0, 1e4]).unwrap();
    let grid = Grid::new(Mesh::Flat, uneven(), uneven()).unwrap();
    let places = [[5000.0, 9000.0], [1701.0, 4000.0], [5000.0, 5000.0], [2345.0, 1900.0]];
    let turn = rotation(24_000.0);
    let fields = [sample(&grid, &turn), sample(&grid, &turn)];
    // A quarter of a turn.
    let task = Task::new(release(&grid, &places).unwrap(), fields, steps(60, 100.0));
    let rounding = Arithmetic { cell_m: 2400.0, speed: 1.5, step_s: 100.0, steps: 60 };
    for (name, perform) in both(&setup(grid.clone())) {
        for (particle, [x, y]) in perform(&task).iter().zip(places) {
            let miss = grid.distance(position(&grid, particle), [y, 1e4 - x]);
            assert!(miss <= rounding.accumulated() + 1e-3, "{name}: {miss} m from ({x}, {y})");
        }
    }
}

#[test]
fn the_antimeridian_is_no_edge() {
    for (grid, name) in [
        (globe(), "even"),
        (
            Grid::new(
                Mesh::Sphere { radius: EARTH_RADIUS },
                Axis::new((0..72).map(|i| f64::from(i * 5 + i % 2) - 180.0).collect()).unwrap(),
                even(-60.0, 60.0, 24),
            )
            .unwrap(),
            "uneven",
        ),
    ] {
        assert!(grid.is_periodic(), "{name}");
        for (speed, start) in [(2.0, 179.9), (-2.0, -179.9)] {
            let flow = |_: f64, _: f64| [speed, 0.0];
            let fields = [sample(&grid, flow), sample(&grid, flow)];
            let task =
                Task::new(release(&grid, &[[start, 0.0]]).unwrap(), fields, steps(48, 1800.0));
            let moved: f64 = speed * 86_400.0 / EARTH_RADIUS;
            for (engine, perform) in both(&setup(grid.clone())) {
                let [particle] = perform(&task)[..] else { panic!("one particle") };
                assert_eq!(particle.status(), Status::Active, "{name} {engine}");
                assert!((0..grid.columns() as i32 - 1).contains(&particle.cell[0]));
                let miss =
                    grid.distance(position(&grid, &particle), [start + moved.to_degrees(), 0.0]);
                assert!(miss < 1.0, "{name} {engine}: {miss} m");
            }
        }
    }
}

/// The velocity on the sphere that is the tangent part of a linear function of the place in space.
fn linear_on_sphere(matrix: [[f64; 3]; 3], constant: [f64; 3]) -> impl Fn(f64, f64) -> [f64; 2] {
    move |longitude, latitude| {
        let (sin_x, cos_x) = longitude.to_radians().sin_cos();
        let (sin_y, cos_y) = latitude.to_radians().sin_cos();
        let place = [cos_y * cos_x, cos_y * sin_x, sin_y];
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let velocity = [0, 1, 2].map(|i| constant[i] + dot(matrix[i], place));
        [
            dot(velocity, [-sin_x, cos_x, 0.0]),
            dot(velocity, [-sin_y * cos_x, -sin_y * sin_x, cos_y]),
        ]
    }
}

#[test]
fn a_pole_is_one_place() {
    let grid = globe();
    let flow =
        linear_on_sphere([[0.0, 0.3, 0.0], [-0.3, 0.0, 0.4], [0.0, -0.4, 0.0]], [1.0, 0.2, 0.1]);
    let fields = [sample(&grid, &flow), sample(&grid, &flow)];
    for latitude in [90.0, -90.0] {
        let places: Vec<_> = (-18..18).map(|i| [f64::from(i) * 10.0 + 1.0, latitude]).collect();
        let particles = release(&grid, &places).unwrap();
        let task = Task::new(particles, fields.clone(), steps(24, 3600.0));
        let rounding =
            Arithmetic { cell_m: 560_000.0, speed: 1.5, step_s: 3600.0, steps: 24 }.accumulated();
        for (name, perform) in both(&setup(grid.clone())) {
            let ends = perform(&task);
            let first = position(&grid, &ends[0]);
            let way = grid.distance(first, [0.0, latitude]);
            assert!(way > 50_000.0, "{name}: went {way} m");
            for end in &ends {
                assert_eq!(end.status(), Status::Active);
                // Within a cell at the pole, velocities are interpolated between meridians 5°
                // apart, which shortens a vector by 1 − cos 2.5° at most.
                let miss = grid.distance(first, position(&grid, end));
                assert!(miss <= rounding + 0.001 * way, "{name}: {miss} m after {way} m");
            }
        }
    }
}

#[test]
fn particles_on_nodes_and_edges_stay_where_nothing_moves() {
    for grid in [plane(), globe()] {
        let places: Vec<_> = grid
            .y()
            .nodes()
            .iter()
            .flat_map(|&y| grid.x().nodes().iter().map(move |&x| [x, y]))
            .collect();
        let still = sample(&grid, |_, _| [0.0, 0.0]);
        let particles = release(&grid, &places).unwrap();
        let task = Task::new(particles, [still.clone(), still], steps(3, 600.0));
        for (name, perform) in both(&setup(grid.clone())) {
            for (particle, place) in perform(&task).iter().zip(&places) {
                assert_eq!(particle.status(), Status::Active, "{name} at {place:?}");
                let miss = grid.distance(position(&grid, particle), *place);
                assert!(miss < 1e-3, "{name}: {miss} m from {place:?}");
            }
        }
    }
}

#[test]
fn a_velocity_missing_from_either_snapshot_is_land() {
    let grid = plane();
    let water = sample(&grid, |_, _| [0.1, 0.0]);
    let hole = sample(&grid, |x, y| {
        if [x, y] == [4000.0, 4000.0] { [f64::from(MISSING); 2] } else { [0.1, 0.0] }
    });
    // East of the node in its own half of the cell, the same but one cell further, and far away.
    let places = [[4100.0, 4100.0], [4600.0, 4100.0], [7000.0, 7000.0]];
    for fields in [[water.clone(), hole.clone()], [hole.clone(), water], [hole.clone(), hole]] {
        let particles = release(&grid, &places).unwrap();
        let mut task = Task::new(particles, fields, steps(4, 100.0));
        for (name, perform) in both(&setup(grid.clone())) {
            task.lifetimes = None;
            let statuses: Vec<_> = perform(&task).iter().map(Particle::status).collect();
            assert_eq!(statuses, [Status::Stranded, Status::Active, Status::Active], "{name}");
            let mut pending = task.clone();
            for particle in &mut pending.particles {
                particle.status = Status::Pending.code();
            }
            for lifetimes in [None, Some(vec![Lifetime::WHOLE; 3])] {
                pending.lifetimes = lifetimes;
                let statuses: Vec<_> = perform(&pending).iter().map(Particle::status).collect();
                assert_eq!(
                    statuses,
                    [Status::ReleasedOnLand, Status::Active, Status::Active],
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn nothing_moves_on_land() {
    let grid = globe();
    let land = sample(&grid, |_, _| [f64::from(MISSING); 2]);
    let places = [[0.0, 0.0], [179.0, 89.0], [-180.0, -90.0], [12.5, 42.5]];
    let particles = release(&grid, &places).unwrap();
    let task = Task::new(particles.clone(), [land.clone(), land], steps(4, 100.0));
    for (name, perform) in both(&setup(grid.clone())) {
        for (particle, place) in perform(&task).iter().zip(places) {
            assert_eq!(
                (particle.status(), particle.finished_step),
                (Status::Stranded, 0),
                "{name}"
            );
            assert!(grid.distance(position(&grid, particle), place) < 1e-2, "{name}");
        }
    }
}

#[test]
fn a_window_of_very_many_steps_is_taken_to_its_end() {
    // Mesa's software adapter ends loops after 65 535 turns.
    let uneven = Axis::new(vec![0.0, 900.0, 2000.0, 2900.0, 4000.0, 1e4]).unwrap();
    for (grid, name) in
        [(plane(), "even"), (Grid::new(Mesh::Flat, uneven.clone(), uneven).unwrap(), "uneven")]
    {
        let flow = |_: f64, _: f64| [0.125, 0.0625];
        let particles = release(&grid, &[[500.0, 500.0]]).unwrap();
        let task =
            Task::new(particles, [sample(&grid, flow), sample(&grid, flow)], steps(70_000, 1.0));
        for (engine, perform) in both(&setup(grid.clone())) {
            let [particle] = perform(&task)[..] else { panic!("one particle") };
            let miss = grid.distance(position(&grid, &particle), [9250.0, 4875.0]);
            assert!(miss < 1.0, "{name} {engine}: {miss} m");
        }
    }
}

#[test]
fn an_empty_block_is_no_trouble() {
    let (setup, mut task) = busy(1);
    task.particles.clear();
    for (_, perform) in both(&setup) {
        assert_eq!(perform(&Task { block: 1, ..task.clone() }), []);
    }
    let engine = CpuEngine::new(&setup);
    let block = engine.load(&[]).unwrap();
    assert_eq!(blocking::read(&engine, block).unwrap(), []);
}

/// A small grid of any kind, with velocities of up to 1.5 m/s.
#[derive(Clone, Debug)]
struct Water {
    grid: Grid,
    fields: [Field; 2],
}

fn axis(from: f64, widths: &[f64]) -> Axis {
    let mut nodes = vec![from];
    for width in widths {
        nodes.push(nodes[nodes.len() - 1] + width);
    }
    Axis::new(nodes).unwrap()
}

/// Part of a plane or a sphere, with random velocities and some land.
fn regional() -> impl Strategy<Value = Water> {
    let nodes = 9;
    let widths = || prop::collection::vec(prop_oneof![Just(1.0), 0.5..2.0], nodes - 1);
    let node = || {
        prop_oneof![
            9 => [-1.0..1.0_f32, -1.0..1.0_f32],
            1 => Just([MISSING; 2]),
        ]
    };
    let velocities = prop::collection::vec([node(), node()], nodes * nodes);
    (any::<[bool; 2]>(), [widths(), widths()], velocities).prop_map(
        move |([flat, even], [x, y], velocities)| {
            let scale = if flat { 1e5 } else { 1.0 };
            let scaled = |widths: Vec<f64>| -> Vec<f64> {
                widths.iter().map(|width| scale * if even { 1.0 } else { *width }).collect()
            };
            let mesh = if flat { Mesh::Flat } else { Mesh::Sphere { radius: EARTH_RADIUS } };
            let grid =
                Grid::new(mesh, axis(-3.0 * scale, &scaled(x)), axis(50.0 * scale, &scaled(y)))
                    .unwrap();
            let fields = [0, 1].map(|snapshot| {
                let (u, v): (Vec<f32>, Vec<f32>) =
                    velocities.iter().map(|pair| (pair[snapshot][0], pair[snapshot][1])).unzip();
                Field::new(&grid, &u, &v)
            });
            Water { grid, fields }
        },
    )
}

/// The whole sphere, with data up to the poles or short of them.
fn global() -> impl Strategy<Value = Water> {
    let number = || -0.4..0.4;
    let matrix = || prop::array::uniform3(prop::array::uniform3(number()));
    let constant = || prop::array::uniform3(number());
    (any::<[bool; 2]>(), [matrix(), matrix()], [constant(), constant()]).prop_map(
        |([to_pole, even_x], [m0, m1], [c0, c1])| {
            let reach = if to_pole { 90.0 } else { 87.5 };
            let cells = if to_pole { 36 } else { 35 };
            let x = if even_x {
                even(-180.0, 175.0, 71)
            } else {
                Axis::new((0..72).map(|i| f64::from(i * 5 + i % 2)).collect()).unwrap()
            };
            let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
            let grid = Grid::new(mesh, x, even(-reach, reach, cells)).unwrap();
            let fields =
                [sample(&grid, linear_on_sphere(m0, c0)), sample(&grid, linear_on_sphere(m1, c1))];
            Water { grid, fields }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        rng_seed: RngSeed::Fixed(20_151_116),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn device_and_reference_agree_on_any_grid(
        water in prop_oneof![2 => regional(), 1 => global()],
        parts in prop::collection::vec([0.0..1.0, 0.0..1.0], 300),
        integrator in prop_oneof![
            Just(Integrator::Euler),
            Just(Integrator::Rk2),
            Just(Integrator::Rk4),
        ],
    ) {
        let Water { grid, fields } = water;
        let setup = Setup { grid: grid.clone(), integrator, coast: Default::default() };
        let [west, south, east, north] = grid.bounds();
        let places: Vec<_> = parts
            .iter()
            .map(|part| [west + part[0] * (east - west), south + part[1] * (north - south)])
            .collect();
        let task = Task::new(release(&grid, &places).unwrap(), fields, steps(48, 1800.0));
        let exact = reference(&setup)(&task);
        let found = device(&setup)(&task);
        for particle in found.iter().chain(&exact) {
            prop_assert!(particle.offset.iter().all(|offset| (0.0..=1.0).contains(offset)));
            prop_assert!((0..grid.columns() as i32 - 1).contains(&particle.cell[0]));
            prop_assert!((0..grid.rows() as i32 - 1).contains(&particle.cell[1]));
        }
        let apart = |a: &[Particle], b: &[Particle]| {
            Separations::between(&grid, &sightings(&grid, a), &sightings(&grid, b)).unwrap()
        };
        let perturbed = |by: Perturbation| {
            let engine = Perturbed::new(CpuEngine::new(&setup), by);
            apart(&exact, &perform(&engine, &task))
        };
        let scale = Scale {
            start: apart(&task.particles, &Perturbation::ONE_ULP.particles(&task.particles)),
            one_ulp: perturbed(Perturbation::ONE_ULP),
            rounding: perturbed(Perturbation::rounding(48)),
        };
        let device = apart(&exact, &found);
        let verdict = verdict(&device, &scale);
        prop_assert!(verdict.passed, "{verdict}\n{device}\n{:?}", verdict.checks);
    }

    #[test]
    fn lifetimes_end_in_the_same_step_on_both(
        lives in prop::collection::vec((0_u32..25, 0_u32..30, 0.0..0.5, 0.0..0.5), 100),
    ) {
        let grid = plane();
        let flow = |_: f64, _: f64| [0.5, 0.25];
        let mut particles = release(&grid, &vec![[1000.0, 1000.0]; lives.len()]).unwrap();
        for particle in &mut particles {
            particle.status = Status::Pending.code();
        }
        let mut task =
            Task::new(particles, [sample(&grid, flow), sample(&grid, flow)], steps(20, 100.0));
        let lifetimes: Vec<_> = lives
            .iter()
            .map(|&(first_step, length, delay, curtail)| Lifetime {
                first_step,
                end_step: first_step + length + 1,
                delay,
                curtail,
            })
            .collect();
        task.lifetimes = Some(lifetimes.clone());
        let rounding =
            Arithmetic { cell_m: 1000.0, speed: 0.6, step_s: 100.0, steps: 20 }.accumulated();
        for (name, perform) in both(&setup(grid.clone())) {
            for (particle, life) in perform(&task).iter().zip(&lifetimes) {
                let steps = f64::from(life.end_step.min(20)) - f64::from(life.first_step);
                let (status, steps) = if life.first_step >= 20 {
                    (Status::Pending, 0.0)
                } else if life.end_step > 20 {
                    (Status::Active, steps - life.delay)
                } else {
                    (Status::AgedOut, steps - life.delay - life.curtail)
                };
                prop_assert_eq!(particle.status(), status, "{} {:?}", name, life);
                if status == Status::AgedOut {
                    prop_assert_eq!(particle.finished_step, life.end_step - 1);
                }
                let expected = [1000.0 + 50.0 * steps, 1000.0 + 25.0 * steps];
                let miss = grid.distance(position(&grid, particle), expected);
                prop_assert!(miss <= rounding, "{}: {} m, {:?}", name, miss, life);
            }
        }
    }
}
