//! Coasts: what water does beside them, and that nobody gets onto land where they are closed.

use drogue::engine::{Coast, Integrator, Particle, Setup, Status};
use drogue::grid::{Axis, Field, Grid, Levels, MISSING, Mesh};
use drogue::verify::{position, release, sample, sample_levels};

use super::task::{Task, both, device, even, plane, reference, steps};

/// Where land is, a place beside it, and the velocity of the water.
type Side = (fn(f64, f64) -> bool, [f64; 2], [f64; 2]);

/// Metres.
const CELL: f64 = 1000.0;
const CLOSED: [(Coast, f64); 3] =
    [(Coast::Slip, 1.0), (Coast::PartialSlip, 0.5), (Coast::Bounce, 0.0)];

fn with(grid: &Grid, coast: Coast, integrator: Integrator) -> Setup {
    Setup { grid: grid.clone(), integrator, coast, handover: None }
}

/// Where engines take particles in `count` steps.
fn moved(
    setup: &Setup,
    field: &Field,
    places: &[[f64; 2]],
    count: i64,
    seconds: f64,
) -> [(&'static str, Vec<Particle>); 2] {
    let mut particles = release(&setup.grid, places).unwrap();
    if setup.grid.levels().is_some() {
        particles.iter_mut().for_each(|particle| particle.depth = 15.0);
    }
    let task = Task::new(particles, [field.clone(), field.clone()], steps(count, seconds));
    both(setup).map(|(name, perform)| (name, perform(&task)))
}

/// The plane of 10 × 10 cells, and the same with three levels.
fn grids() -> [Grid; 2] {
    let levels = Levels::new(vec![0.0, 10.0, 20.0]).unwrap();
    [plane(), plane().with_levels(levels)]
}

/// A field of `velocity`, without one where `is_land`.
fn water(grid: &Grid, velocity: [f64; 2], is_land: impl Fn(f64, f64) -> bool + Sync) -> Field {
    let [u, v] = velocity;
    let at = |x: f64, y: f64| match is_land(x, y) {
        true => f64::from(MISSING),
        false => u,
    };
    match grid.levels() {
        None => sample(grid, |x, y| [at(x, y), if is_land(x, y) { f64::from(MISSING) } else { v }]),
        Some(_) => sample_levels(grid, |x, y, _| [at(x, y), v, 0.0]),
    }
}

#[test]
fn water_runs_along_a_closed_coast_as_fast_as_it_slips() {
    // A quarter of a cell from a coast on each side.
    let sides: [Side; 4] = [
        (|_, y| y < 4500.0, [2500.0, 4250.0], [1.0, 0.0]),
        (|_, y| y > 4500.0, [2500.0, 4750.0], [1.0, 0.0]),
        (|x, _| x < 4500.0, [4250.0, 2500.0], [0.0, 1.0]),
        (|x, _| x > 4500.0, [4750.0, 2500.0], [0.0, 1.0]),
    ];
    for grid in grids() {
        for (coast, slip) in CLOSED {
            for (is_land, place, way) in sides {
                let field = water(&grid, way, is_land);
                let speed = slip + (1.0 - slip) * 0.25;
                let setup = with(&grid, coast, Integrator::Rk4);
                for (name, moved) in moved(&setup, &field, &[place], 10, 60.0) {
                    let to = position(&grid, &moved[0]);
                    let found = [to[0] - place[0], to[1] - place[1]];
                    let expected = way.map(|part| part * 600.0 * speed);
                    let off = (found[0] - expected[0]).hypot(found[1] - expected[1]);
                    assert!(
                        off < 1e-2,
                        "{name}, {coast:?}, {place:?}: {found:?}, not {expected:?}"
                    );
                    assert_eq!(moved[0].status(), Status::Active);
                }
            }
        }
        let field = water(&grid, [1.0, 0.0], |_, y| y < 4500.0);
        let setup = with(&grid, Coast::Strand, Integrator::Rk4);
        for (name, moved) in moved(&setup, &field, &[[2500.0, 4250.0]], 1, 60.0) {
            assert_eq!(moved[0].status(), Status::Stranded, "{name}: nearer to land than to water");
        }
    }
}

#[test]
fn corners_of_land_are_rounded() {
    // Water at one node of a cell, and land at one node.
    for grid in grids() {
        let bay = water(&grid, [1.0, 0.5], |x, y| x < 4500.0 || y < 4500.0);
        let cape = water(&grid, [1.0, 0.5], |x, y| x < 4500.0 && y < 4500.0);
        for (coast, slip) in CLOSED {
            let setup = with(&grid, coast, Integrator::Euler);
            let (a, b) = (0.25, 0.75);
            let place = [4000.0 + a * CELL, 4000.0 + b * CELL];
            // Along the southern side u changes from the western node to the eastern, and so on.
            let bay_at = [a * (b + slip * (1.0 - b)), 0.5 * b * (a + slip * (1.0 - a))];
            let cape_at = [1.0, 0.5].map(|speed| speed * (1.0 - (1.0 - a) * (1.0 - b)));
            for (field, expected) in [(&bay, bay_at), (&cape, cape_at)] {
                for (name, moved) in moved(&setup, field, &[place], 1, 60.0) {
                    let to = position(&grid, &moved[0]);
                    let found = [0, 1].map(|d| (to[d] - place[d]) / 60.0);
                    let off = (found[0] - expected[0]).hypot(found[1] - expected[1]);
                    assert!(off < 1e-4, "{name}, {coast:?}: {found:?}, not {expected:?}");
                }
            }
        }
    }
}

#[test]
fn who_would_step_onto_land_is_kept_from_it_or_thrown_back() {
    // Half a cell from land, with half the speed, in one long step of 600 m.
    for grid in grids() {
        for (velocity, is_land, place, side) in [
            ([0.0, -1.0], (|_, y| y < 4500.0) as fn(f64, f64) -> bool, [2500.0, 4500.0], 4000.0),
            ([0.0, 1.0], |_, y| y > 4500.0, [2500.0, 4500.0], 5000.0),
            ([-1.0, 0.0], |x, _| x < 4500.0, [4500.0, 2500.0], 4000.0),
            ([1.0, 0.0], |x, _| x > 4500.0, [4500.0, 2500.0], 5000.0),
        ] {
            let field = water(&grid, velocity, is_land);
            let along = usize::from(velocity[0] == 0.0);
            let sign = velocity[along];
            for (coast, back) in
                [(Coast::Slip, 0.0), (Coast::PartialSlip, 0.0), (Coast::Bounce, 100.0)]
            {
                let setup = with(&grid, coast, Integrator::Euler);
                for (name, moved) in moved(&setup, &field, &[place], 1, 1200.0) {
                    let to = position(&grid, &moved[0]);
                    assert_eq!(moved[0].status(), Status::Active, "{name}, {coast:?}");
                    assert!((to[along] - (side - sign * back)).abs() < 1e-2, "{name}: {to:?}");
                    assert!((to[1 - along] - place[1 - along]).abs() < 1e-2, "{name}: {to:?}");
                }
            }
            let setup = with(&grid, Coast::Strand, Integrator::Euler);
            for (name, moved) in moved(&setup, &field, &[place], 1, 1200.0) {
                assert_eq!(moved[0].status(), Status::Stranded, "{name}");
                assert!((position(&grid, &moved[0])[along] - 4500.0).abs() < 1e-2, "{name}");
            }
        }
    }
}

#[test]
fn nobody_ends_on_an_island_and_the_engines_agree() {
    let grid = Grid::new(Mesh::Flat, even(0.0, 2e4, 20), even(0.0, 2e4, 20)).unwrap();
    let is_land = |x: f64, y: f64| {
        let rim = x < 500.0 || y < 500.0 || x > 19_500.0 || y > 19_500.0;
        rim || (x - 9000.0).hypot(y - 8000.0) < 2600.0 || (x > 14_500.0 && y > 12_500.0)
    };
    let field = sample(&grid, |x, y| match is_land(x, y) {
        true => [f64::from(MISSING); 2],
        false => [(y / 3000.0).sin() + 0.3, (x / 2500.0).cos()],
    });
    let places: Vec<[f64; 2]> = (0..4000)
        .map(|k| [(f64::from(k) * 0.618_034).fract(), (f64::from(k) * 0.754_878).fract()])
        .map(|[a, b]| [600.0 + 18_800.0 * a, 600.0 + 18_800.0 * b])
        .filter(|&[x, y]| {
            let [i, j] = [x, y].map(|at| (at / CELL).floor() * CELL);
            let corners = [[i, j], [i + CELL, j], [i, j + CELL], [i + CELL, j + CELL]];
            corners.iter().any(|&[x, y]| !is_land(x, y))
        })
        .collect();
    for (coast, _) in CLOSED {
        let setup = with(&grid, coast, Integrator::Rk4);
        let particles = release(&grid, &places).unwrap();
        let task = Task::new(particles, [field.clone(), field.clone()], steps(60, 300.0));
        let [there, here] = [reference(&setup), device(&setup)].map(|perform| perform(&task));
        let on_land = |particle: &Particle| {
            let [i, j] = particle.cell.map(|at| f64::from(at) * CELL);
            let corners = [[i, j], [i + CELL, j], [i, j + CELL], [i + CELL, j + CELL]];
            corners.iter().all(|&[x, y]| is_land(x, y))
        };
        for all in [&there, &here] {
            assert!(all.iter().all(|particle| particle.status() == Status::Active));
            assert!(!all.iter().any(on_land), "{coast:?}");
        }
        let mut apart: Vec<f64> = (there.iter().zip(&here))
            .map(|(a, b)| grid.distance(position(&grid, a), position(&grid, b)))
            .collect();
        apart.sort_by(f64::total_cmp);
        assert!(apart[apart.len() / 2] < 0.1, "{coast:?}: {} m", apart[apart.len() / 2]);
        assert!(apart[apart.len() * 9 / 10] < 10.0, "{coast:?}: {}", apart[apart.len() * 9 / 10]);
    }
}

#[test]
fn the_rim_of_the_grid_is_a_coast_where_it_is_land() {
    for grid in grids() {
        // Into the rim at half of it, over its end in one step.
        let land = |x: f64, y: f64| x > 9500.0 && y < 4500.0;
        let field = water(&grid, [1.0, 0.0], land);
        for (coast, to) in [(Coast::Slip, 1e4), (Coast::Bounce, 9900.0)] {
            let setup = with(&grid, coast, Integrator::Euler);
            let places = [[9500.0, 2500.0], [9500.0, 7500.0]];
            for (name, moved) in moved(&setup, &field, &places, 1, 1200.0) {
                let [x, y] = position(&grid, &moved[0]);
                assert!((x - to).abs() < 1e-2 && (y - 2500.0).abs() < 1e-2, "{name}: {x}, {y}");
                let statuses = [moved[0].status(), moved[1].status()];
                assert_eq!(statuses, [Status::Active, Status::LeftDomain], "{name}");
            }
        }
    }
}

#[test]
fn who_is_carried_against_a_coast_slips_along_it_all_day() {
    // Rounding puts particles on the side of their cell after some hours.
    let sides: [Side; 4] = [
        (|_, y| y > 5500.0, [500.0, 4900.0], [0.1, 1.0]),
        (|_, y| y < 4500.0, [500.0, 5100.0], [0.1, -1.0]),
        (|x, _| x > 5500.0, [4900.0, 500.0], [1.0, 0.1]),
        (|x, _| x < 4500.0, [5100.0, 500.0], [-1.0, 0.1]),
    ];
    for grid in grids() {
        for (is_land, place, velocity) in sides {
            let field = water(&grid, velocity, is_land);
            let along = usize::from(velocity[0].abs() > velocity[1].abs());
            let setup = with(&grid, Coast::Slip, Integrator::Rk4);
            for (name, moved) in moved(&setup, &field, &[place], 280, 300.0) {
                let to = position(&grid, &moved[0]);
                let off = to[along] - (place[along] + 0.1 * 84_000.0);
                assert!(off.abs() < 0.1, "{name}, {velocity:?}: {off} m");
            }
        }
    }
}

#[test]
fn uneven_cells_hold_who_is_thrown_back() {
    let x = Axis::new(vec![0.0, 1000.0, 2100.0, 3000.0]).unwrap();
    let grid = Grid::new(Mesh::Flat, x, even(0.0, 2000.0, 2)).unwrap();
    let field = water(&grid, [1.0, 0.0], |x, _| x > 2500.0);
    let setup = with(&grid, Coast::Bounce, Integrator::Euler);
    let [a, b] = moved(&setup, &field, &[[2550.0, 700.0]], 1, 2800.0).map(|(_, moved)| moved[0]);
    assert!(a.offset.iter().all(|part| (0.0..1.0).contains(part)), "{a:?}");
    assert!(grid.distance(position(&grid, &a), position(&grid, &b)) < 1e-2, "{a:?} {b:?}");
}

#[test]
fn a_long_step_along_a_coast_is_cut_only_where_it_meets_it() {
    // Two cells along the coast and into it: along it, there is water.
    for grid in grids() {
        let field = water(&grid, [1.0, 1.0], |_, y| y > 5500.0);
        let setup = with(&grid, Coast::Slip, Integrator::Euler);
        for (name, moved) in moved(&setup, &field, &[[2500.0, 4900.0]], 1, 2400.0) {
            let [x, y] = position(&grid, &moved[0]);
            assert!((x - 4900.0).abs() < 1e-2 && (y - 5000.0).abs() < 1e-2, "{name}: {x}, {y}");
        }
    }
}
