//! Analytic steps through the faces of cells, on both engines: exact where a component is linear from face
//! to face, never through a closed one, and the same however a step is divided.

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{EngineError, Integrator, Particle, Setup, Status, Step, Window};
use drogue::grid::{
    Arrangement, Curvilinear, EARTH_RADIUS, Field, Grid, MISSING, Pointing, Region,
};
use drogue::time::{Instant, Span};
use drogue::verify::window;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::curvilinear::{CELLS, ashore, field, grid, land, particles};
use crate::engines::{self, device};
use crate::tripolar;

fn analytic(grid: &Grid) -> Setup {
    Setup {
        grid: grid.clone(),
        integrator: Integrator::Analytic,
        coast: Default::default(),
        handover: None,
    }
}

/// So many cells a side, of which each is a unit square to the engines.
fn squares(cells: usize) -> Grid {
    let nodes = (0..=cells).flat_map(|j| (0..=cells).map(move |i| [i, j].map(|k| 0.01 * k as f64)));
    let (x, y): (Vec<f64>, Vec<f64>) = nodes.map(|[x, y]| (x, y)).unzip();
    let nodes = Curvilinear::new(&x, &y, cells + 1, Arrangement::Faces, EARTH_RADIUS).unwrap();
    Grid::of_nodes(EARTH_RADIUS, nodes)
}

/// What goes through the faces, in cells a second: `flow` at their middles, in cells.
fn through(grid: &Grid, flow: impl Fn([f64; 2]) -> [f64; 2]) -> Field {
    let (columns, rows) = (grid.columns(), grid.rows());
    let mut field =
        Field::new(grid, &vec![0.1; columns * (rows - 1)], &vec![0.1; (columns - 1) * rows]);
    for (cell, pairs) in field.nodes_mut().chunks_exact_mut(2).enumerate() {
        let [x, y] = [cell % (columns - 1), cell / (columns - 1)].map(|k| k as f64);
        pairs[0] = [0.0, 1.0].map(|d| flow([x + d, y + 0.5])[0] as f32);
        pairs[1] = [0.0, 1.0].map(|d| flow([x + 0.5, y + d])[1] as f32);
    }
    field
}

fn at([x, y]: [f64; 2]) -> Particle {
    Particle {
        offset: [x.fract(), y.fract()],
        depth: 0.0,
        cell: [x.floor() as i32, y.floor() as i32],
        status: Status::Active.code(),
        finished_step: 0,
    }
}

fn place(particle: &Particle) -> [f64; 2] {
    [0, 1].map(|d| f64::from(particle.cell[d]) + particle.offset[d])
}

fn hours(hours: f64, step: f64) -> Window {
    window([Instant(0), Instant((hours * 3.6e9) as i64)], Span::from_seconds(step), 0)
}

/// The same steps, taken from the end to the start.
fn back(mut window: Window) -> Window {
    let steps = window.steps.iter().rev();
    window.steps =
        steps.map(|step| Step { from: step.from + step.span, span: Span(-step.span.0) }).collect();
    window
}

/// Where particles end on the reference and on the adapter, with what of a cell they may be off by.
fn on_both(
    grid: &Grid,
    field: &Field,
    from: &[Particle],
    window: &Window,
) -> [(Vec<Particle>, f64); 2] {
    let setup = analytic(grid);
    let fields = [field; 2];
    [
        (engines::advanced(&CpuEngine::new(&setup), fields, from, window.clone()), 1e-10),
        (engines::advanced(&device(&setup), fields, from, window.clone()), 1e-6),
    ]
}

fn apart(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[test]
fn a_hyperbolic_flow_is_exact_with_cells_and_steps_of_any_size() {
    // In four hours distances grow by e^3.5.
    let rate = 0.25 / 1024.0;
    for cells in [2, 6, 40, 120] {
        let grid = squares(cells);
        let middle = cells as f64 / 2.0;
        let field = through(&grid, |[x, y]| [rate * (x - middle), -rate * (y - middle)]);
        let starts: Vec<[f64; 2]> = (0..40)
            .map(|k| {
                let (a, b) = (f64::from(k) * 0.618_034 % 1.0, f64::from(k) / 40.0);
                [middle * (1.0 + 0.028 * (2.0 * a - 1.0)), middle * (1.0 + 0.98 * (2.0 * b - 1.0))]
            })
            .collect();
        let from: Vec<_> = starts.iter().map(|&start| at(start)).collect();
        for step in [14_400.0, 3600.0, 100.0] {
            let stretch = (rate * 14_400.0).exp();
            for (moved, allowed) in on_both(&grid, &field, &from, &hours(4.0, step)) {
                for (particle, start) in moved.iter().zip(&starts) {
                    let right = [
                        middle + (start[0] - middle) * stretch,
                        middle + (start[1] - middle) / stretch,
                    ];
                    let off = apart(place(particle), right) / middle.max(4.0);
                    assert!(off < allowed, "{cells} cells, {step} s, {start:?}: {off}");
                    assert_eq!(particle.status(), Status::Active);
                }
            }
        }
    }
}

#[test]
fn a_uniform_flow_is_followed_to_a_millionth_and_back() {
    let grid = squares(40);
    let (u, v) = (0.7 / 1024.0, -0.45 / 1024.0);
    let field = through(&grid, |_| [u, v]);
    let starts = [[3.25, 30.125], [0.5, 39.0], [7.5, 20.0], [1.0, 38.999]];
    let from = starts.map(at);
    for step in [36_000.0, 900.0] {
        for (moved, _) in on_both(&grid, &field, &from, &hours(10.0, step)) {
            for (particle, start) in moved.iter().zip(starts) {
                let right = [start[0] + u * 36_000.0, start[1] + v * 36_000.0];
                let way = apart(start, right);
                assert!(apart(place(particle), right) < 1e-6 * way, "{step}: {particle:?}");
            }
            for (returned, _) in on_both(&grid, &field, &moved, &back(hours(10.0, step))) {
                for (particle, start) in returned.iter().zip(starts) {
                    assert!(apart(place(particle), start) < 2e-5, "{particle:?} {start:?}");
                }
            }
        }
    }
}

#[test]
fn who_leaves_has_left() {
    let grid = squares(8);
    let field = through(&grid, |[x, y]| [(x - 4.0) / 1024.0, (y - 4.0) / 1024.0]);
    let from = [[4.5, 4.0], [3.0, 4.5], [4.0, 7.5], [4.5, 0.5], [4.0, 4.0]].map(at);
    for (moved, _) in on_both(&grid, &field, &from, &hours(2.0, 600.0)) {
        let left = moved.iter().filter(|particle| particle.status() == Status::LeftDomain).count();
        assert_eq!(left, 4);
        assert_eq!(place(&moved[4]), [4.0; 2], "nothing moves it");
    }
}

/// 25 hours of a rotation in a day about the middle of 20 km, 4 km from it: how far it is from there at the
/// end, beside those 4 km, in metres.
fn radius_error(cells: usize, engine: usize) -> f64 {
    let grid = squares(cells);
    let rate = std::f64::consts::TAU / 86_400.0;
    let (c, metres) = (cells as f64 / 2.0, 20_000.0 / cells as f64);
    let field = through(&grid, |[x, y]| [rate * (y - c), -rate * (x - c)]);
    let from = [at([c, c + 4000.0 / metres])];
    let (moved, _) = &on_both(&grid, &field, &from, &hours(25.0, 300.0))[engine];
    apart(place(&moved[0]), [c; 2]) * metres - 4000.0
}

#[test]
fn a_rotation_keeps_its_radius_the_better_the_finer_the_cells() {
    for engine in [0, 1] {
        let sizes = [25, 50, 100, 200, 400];
        let errors = sizes.map(|cells| radius_error(cells, engine));
        // Of first order at least, for a component is constant across its cell. Parcels' analytic steps
        // are 2.28 m off through cells of 100 m.
        for (cells, error) in sizes.iter().zip(errors) {
            assert!(error.abs() < 20.0 * 25.0 / *cells as f64, "{errors:?}");
        }
        assert!(errors[3].abs() < 0.5 && errors[4].abs() < errors[1].abs() / 8.0, "{errors:?}");
    }
}

/// Whether a wall between two columns is all that keeps apart what lies on both of its sides.
fn passed(wall: usize, from: &[Particle], moved: &[Particle]) -> usize {
    let side = |particle: &Particle| particle.cell[0] < wall as i32;
    from.iter().zip(moved).filter(|(a, b)| side(a) != side(b)).count()
}

#[test]
fn a_wall_between_two_cells_of_water_lets_nothing_through_and_a_gap_in_it_does() {
    let grid = squares(12);
    let flow = |gap: f64| {
        move |[x, y]: [f64; 2]| {
            let closed = x == 6.0 && y != gap;
            let u = if closed { 0.0 } else { 1e-3 * (2.1 * y + 0.9 * x).sin() };
            [u, 1e-3 * (1.7 * x - 0.3 * y).cos()]
        }
    };
    let from: Vec<_> = (0..200)
        .map(|k| at([4.0 + 4.0 * (f64::from(k) * 0.618_034 % 1.0), 2.0 + f64::from(k) / 25.0]))
        .collect();
    for step in [21_600.0, 3600.0, 300.0] {
        let closed = through(&grid, flow(f64::NAN));
        for (moved, _) in on_both(&grid, &closed, &from, &hours(24.0, step)) {
            assert_eq!(passed(6, &from, &moved), 0, "{step}");
        }
        for (moved, _) in on_both(&grid, &through(&grid, flow(5.5)), &from, &hours(24.0, step)) {
            let passed = passed(6, &from, &moved);
            assert!(passed > 2, "a leak is noticed: {passed}");
        }
    }
}

fn day(step: f64) -> Window {
    hours(24.0, step)
}

#[test]
fn nothing_gets_ashore_and_leaks_are_noticed_on_either_engine() {
    let grid = grid(Arrangement::Faces);
    let (land, setup) = (land(3), analytic(&grid));
    let particles = particles(&land);
    let (reference, device) = (CpuEngine::new(&setup), device(&setup));
    for step in [240.0, 7200.0] {
        let on = |leaky| {
            let fields = [3, 4].map(|seed| field(&grid, &land, seed, leaky));
            let fields = fields.each_ref();
            [
                engines::advanced(&reference, fields, &particles, day(step)),
                engines::advanced(&device, fields, &particles, day(step)),
            ]
        };
        let [a, b] = on(false);
        assert_eq!((ashore(&a, &land), ashore(&b, &land)), (0, 0));
        let mut apart: Vec<f64> =
            a.iter().zip(&b).map(|(a, b)| apart(place(a), place(b))).collect();
        apart.sort_by(f64::total_cmp);
        // The flow is rough: a few particles are torn apart at the corners of cells.
        assert!(apart[apart.len() / 2] < 1e-5, "{apart:?}");
        let leaks = on(true).map(|moved| ashore(&moved, &land));
        assert!(leaks.iter().all(|&ashore| ashore > 5), "{leaks:?}");
    }
}

#[test]
fn cells_that_fall_dry_are_not_entered() {
    let grid = grid(Arrangement::Faces);
    let (before, setup) = (land(5), analytic(&grid));
    // Where it is land at any time, nobody starts.
    let after: Vec<bool> = before.iter().zip(land(6)).map(|(&a, b)| a || b).collect();
    let fields = [field(&grid, &before, 5, false), field(&grid, &after, 6, false)];
    let particles = particles(&after);
    let reference =
        engines::advanced(&CpuEngine::new(&setup), fields.each_ref(), &particles, day(600.0));
    let adapter = engines::advanced(&device(&setup), fields.each_ref(), &particles, day(600.0));
    assert_eq!((ashore(&reference, &after), ashore(&adapter, &after)), (0, 0));
}

/// A flow without divergence through the faces between cells of water, from differences of a function that
/// is nothing around land.
fn streaming(grid: &Grid, land: &[bool], seed: u64) -> Field {
    let is_land = |i: usize, j: usize| {
        let known = (1..=CELLS).contains(&i) && (1..=CELLS).contains(&j);
        !known || land[(j - 1) * CELLS + i - 1]
    };
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        f64::from((state >> 48) as i16) / 32_768.0
    };
    let corners: Vec<f64> = (0..=CELLS)
        .flat_map(|j| (0..=CELLS).map(move |i| [i, j]))
        .map(|[i, j]| {
            let around =
                [is_land(i, j), is_land(i + 1, j), is_land(i, j + 1), is_land(i + 1, j + 1)];
            if around.contains(&true) { 0.0 } else { 1e-3 * draw() }
        })
        .collect();
    let corner = |x: f64, y: f64| corners[y as usize * (CELLS + 1) + x as usize];
    let mut field = through(grid, |[x, y]| {
        // Of a face, one of both lies in its middle.
        match x.fract() == 0.0 {
            true => [corner(x, y + 0.5) - corner(x, y - 0.5), 0.0],
            false => [0.0, corner(x - 0.5, y) - corner(x + 0.5, y)],
        }
    });
    for (pairs, _) in field.nodes_mut().chunks_exact_mut(2).zip(land).filter(|(_, land)| **land) {
        pairs.fill([MISSING; 2]);
    }
    field
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn none_ends_in_a_closed_cell_and_a_divided_step_leads_to_the_same_place(
        seed in 0..1_000_000_u64,
        step in prop_oneof![Just(1200.0), Just(3600.0), Just(7200.0)],
    ) {
        let grid = squares(CELLS);
        let land = land(seed);
        let field = streaming(&grid, &land, seed);
        let particles = particles(&land);
        let engine = CpuEngine::new(&analytic(&grid));
        let end = |step| engines::advanced(&engine, [&field; 2], &particles, day(step));
        let (whole, halves) = (end(step), end(step / 2.0));
        prop_assert_eq!(ashore(&whole, &land), 0);
        let moved = whole.iter().zip(&particles).filter(|(a, b)| a.cell != b.cell).count();
        prop_assert!(moved > 5);
        let mut far: Vec<f64> =
            whole.iter().zip(&halves).map(|(a, b)| apart(place(a), place(b))).collect();
        far.sort_by(f64::total_cmp);
        // All but one or two that pass next to the corner of four cells.
        prop_assert!(far[far.len() - 3] < 1e-9, "{far:?}");
    }
}

#[test]
fn the_adapter_follows_the_reference() {
    let grid = squares(CELLS);
    let setup = analytic(&grid);
    let (reference, device) = (CpuEngine::new(&setup), device(&setup));
    for seed in [5, 6, 7] {
        let land = land(seed);
        let fields = [seed, seed + 1].map(|seed| streaming(&grid, &land, seed));
        let (fields, particles) = (fields.each_ref(), particles(&land));
        let a = engines::advanced(&reference, fields, &particles, day(900.0));
        let b = engines::advanced(&device, fields, &particles, day(900.0));
        assert_eq!((ashore(&a, &land), ashore(&b, &land)), (0, 0));
        let mut far: Vec<f64> = a.iter().zip(&b).map(|(a, b)| apart(place(a), place(b))).collect();
        far.sort_by(f64::total_cmp);
        // All but one or two that pass next to the corner of four cells.
        assert!(far[far.len() - 3] < 1e-4 && far[far.len() / 2] < 1e-5, "{far:?}");
    }
}

#[test]
fn the_seam_of_a_tripolar_grid_is_no_edge() {
    for before in [-1.0, -0.5] {
        let grid = tripolar::grid(Arrangement::Faces, before);
        let (setup, whole) = (analytic(&grid), Region::whole(&grid));
        let reference = tripolar::moved(&CpuEngine::new(&setup), &grid, &whole);
        let other = tripolar::moved(&device(&setup), &grid, &whole);
        for moved in [&reference, &other] {
            let (crossed, apart) = tripolar::outcome(&grid, moved);
            assert!(crossed > 50 && apart < 9_000.0, "{before}: {crossed} of 200, {apart} m");
        }
        let far = reference.iter().zip(&other).map(|(a, b)| apart(place(a), place(b)));
        assert!(far.fold(0.0, f64::max) < 1e-4);
    }
}

#[test]
fn other_grids_are_refused_by_name() {
    let grid = grid(Arrangement::Nodes(Pointing::Earth));
    let error = analytic(&grid).check().unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, EngineError::NoFaces { .. }));
    assert!(text.contains("the nodes of its grid") && text.contains("rk45"), "{text}");
}

#[test]
fn steps_through_more_cells_than_are_followed_are_refused() {
    let grid = grid(Arrangement::Faces);
    let land = vec![false; CELLS * CELLS];
    let field = field(&grid, &land, 1, false);
    let setup = analytic(&grid);
    let error = |result: Result<Vec<Particle>, EngineError>| result.unwrap_err().to_string();
    let particles = particles(&land);
    let window = || hours(48.0, 86_400.0);
    let texts = [
        error(engines::tried(&CpuEngine::new(&setup), [&field; 2], &particles, window())),
        error(engines::tried(&device(&setup), [&field; 2], &particles, window())),
    ];
    for text in texts {
        assert!(text.contains("shorten `step`"), "{text}");
    }
    assert!(field.nodes().iter().all(|pair| pair[0] != MISSING));
}
