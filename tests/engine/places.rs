//! Particles get where they should: edges of cells, uneven axes, the antimeridian, the poles.

use drogue::engine::{Status, Step, Window};
use drogue::grid::{Axis, EARTH_RADIUS, Grid, Mesh};
use drogue::time::Span;
use drogue::verify::{Arithmetic, position, release, sample};

use super::task::{Task, both, even, globe, plane, rotation, setup, steps};

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
pub fn linear_on_sphere(
    matrix: [[f64; 3]; 3],
    constant: [f64; 3],
) -> impl Fn(f64, f64) -> [f64; 2] {
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
