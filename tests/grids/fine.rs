//! Cells much smaller than a step is long: however many a window leads through, both engines go all the
//! way.

use drogue::engine::cpu::CpuEngine;
use drogue::grid::{Axis, Grid, Levels, Mesh, Points, Triangles};
use drogue::time::{Instant, Span};
use drogue::verify::{position, release, sample, sample_levels, window};

use crate::engines::{advanced, device, setup};

const CELLS: usize = 200;
/// Metres.
const CELL: f64 = 50.0;
const STEP: f64 = 600.0;
const STEPS: i64 = 1024;
/// How far water turns in a step.
const TURN: f64 = 0.25;

/// A square of cells that are not quite even.
fn nodes() -> Vec<f64> {
    let node = |k: usize| CELL * (k as f64 + if k % 2 == 1 { 0.2 } else { 0.0 });
    (0..=CELLS).map(node).collect()
}

fn of_axes() -> Grid {
    let axis = || Axis::new(nodes()).unwrap();
    Grid::new(Mesh::Flat, axis(), axis()).unwrap()
}

fn of_triangles() -> Grid {
    let (along, width) = (nodes(), CELLS + 1);
    let places = (0..width * width).map(|k| [along[k % width], along[k / width]]).collect();
    let faces: Vec<u32> = (0..CELLS * CELLS)
        .flat_map(|cell| {
            let sw = (cell / CELLS * width + cell % CELLS) as u32;
            let [se, nw, ne] = [1, width as u32, width as u32 + 1].map(|step| sw + step);
            [sw, se, nw, se, ne, nw]
        })
        .collect();
    let triangles = Triangles::new(Mesh::Flat, places, &faces, 3, Points::Nodes).unwrap();
    Grid::of_triangles(Mesh::Flat, triangles)
}

/// Water that turns like a wheel is linear, so that both engines have it right everywhere.
fn stays_together(grid: &Grid) {
    let middle = CELL * CELLS as f64 / 2.0;
    let starts: Vec<[f64; 2]> = (0..40)
        .map(|k| {
            let (sin, cos) = (f64::from(k) * 2.4).sin_cos();
            let radius = middle * 0.95 * f64::from(k + 1) / 40.0;
            [middle + radius * cos, middle + radius * sin]
        })
        .collect();
    let rate = TURN / STEP;
    let field = sample(grid, |x, y| [-rate * (y - middle), rate * (x - middle)]);
    let particles = release(grid, &starts).unwrap();
    let span = Span::from_seconds(STEP);
    let window = || window([Instant(0), Instant(STEPS * span.0)], span, 0);
    let setup = setup(grid);
    let reference = advanced(&CpuEngine::new(&setup), [&field; 2], &particles, window());
    let moved = advanced(&device(&setup), [&field; 2], &particles, window());
    let most = (reference.iter().zip(&moved))
        .map(|(a, b)| {
            assert_eq!(a.status, b.status);
            grid.distance(position(grid, a), position(grid, b))
        })
        .fold(0.0, f64::max);
    assert!(most < 5.0, "{most} m");
    let came = grid.distance(position(grid, &moved[39]), starts[39]);
    assert!(came > 100.0, "256 rad are no whole turns, and {came} m are none");
}

#[test]
fn uneven_axes_are_walked_along_to_the_end() {
    stays_together(&of_axes());
}

#[test]
fn triangles_are_crossed_to_the_last() {
    stays_together(&of_triangles());
}

#[test]
fn levels_are_passed_to_the_last() {
    const THICKNESS: f64 = 0.25;
    let axis = |cells: usize| Axis::new((0..=cells).map(|k| 100.0 * k as f64).collect()).unwrap();
    let depths = (0..=800).map(|level| THICKNESS * f64::from(level)).collect();
    let grid = Grid::new(Mesh::Flat, axis(2), axis(1)).unwrap();
    let grid = grid.with_levels(Levels::new(depths).unwrap());
    // A wheel from the west to the east and downward.
    let rate = TURN / STEP;
    let field = sample_levels(&grid, |x, _, z| [-rate * (z - 100.0), 0.0, -rate * (x - 100.0)]);
    let starts: Vec<[f64; 2]> = (0..40).map(|k| [100.0 + 2.3 * f64::from(k), 40.0]).collect();
    let mut particles = release(&grid, &starts).unwrap();
    particles.iter_mut().for_each(|particle| particle.depth = 100.0);
    let span = Span::from_seconds(STEP);
    let window = || window([Instant(0), Instant(STEPS * span.0)], span, 0);
    let setup = setup(&grid);
    let reference = advanced(&CpuEngine::new(&setup), [&field; 2], &particles, window());
    let moved = advanced(&device(&setup), [&field; 2], &particles, window());
    for (a, b) in reference.iter().zip(&moved) {
        assert_eq!(a.status, b.status);
        let across = grid.distance(position(&grid, a), position(&grid, b));
        assert!(across.hypot(a.depth - b.depth) < 0.5, "{across} m, {} and {}", a.depth, b.depth);
    }
    assert!(reference.iter().any(|particle| (particle.depth - 100.0).abs() > 30.0));
}
