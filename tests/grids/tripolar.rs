//! Particles across the seam of a tripolar grid, on both engines.

use std::f64::consts::{PI, TAU};

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Engine, Particle, Status};
use drogue::grid::{Arrangement, Curvilinear, EARTH_RADIUS, Extent, Field, Grid, Pointing, Region};
use drogue::time::{Instant, Span};
use drogue::verify::{position, release, window};

use crate::engines::{self, device, setup};

const COLUMNS: usize = 96;
const ROWS: usize = 30;
const DAYS: i64 = 30;
/// Radians a second about the axis through 90° E on the equator: 20° in all.
const RATE: f64 = PI / 9.0 / (DAYS * 86_400) as f64;

/// Ellipses around two poles at 60° N, at 90° W and 90° E, down to the line between them: its last row lies
/// `before` rows before that line.
pub fn grid(arrangement: Arrangement, before: f64) -> Grid {
    let step = TAU / COLUMNS as f64;
    let half = 2.0 * (PI / 12.0).tan();
    let nodes =
        (0..ROWS).flat_map(|j| (0..=COLUMNS).map(move |i| [i as f64, (ROWS - 1 - j) as f64]));
    let places = nodes.map(|[i, j]| {
        let (t, s) = (-step * i, step * (j + before));
        let [x, y] = [half * s.sinh() * t.sin(), half * s.cosh() * t.cos()];
        let height = 1.0 - (x * x + y * y) / 4.0;
        (y.atan2(x).to_degrees(), height.atan2(x.hypot(y)).to_degrees())
    });
    let (longitudes, latitudes): (Vec<_>, Vec<_>) = places.unzip();
    let nodes =
        Curvilinear::new(&longitudes, &latitudes, COLUMNS + 1, arrangement, EARTH_RADIUS).unwrap();
    Grid::of_nodes(EARTH_RADIUS, nodes)
}

/// East and north in m/s.
fn flow([x, y]: [f64; 2]) -> [f64; 2] {
    let ((sin_x, cos_x), sin_y) = (x.to_radians().sin_cos(), y.to_radians().sin());
    [-RATE * EARTH_RADIUS * sin_y * sin_x, -RATE * EARTH_RADIUS * cos_x]
}

fn carried([x, y]: [f64; 2], angle: f64) -> [f64; 2] {
    let ((sin_x, cos_x), (sin_y, cos_y)) = (x.to_radians().sin_cos(), y.to_radians().sin_cos());
    let [a, b, c] = [cos_y * cos_x, cos_y * sin_x, sin_y];
    let (sin, cos) = angle.sin_cos();
    let [a, c] = [cos * a + sin * c, cos * c - sin * a];
    [b.atan2(a).to_degrees(), c.atan2(a.hypot(b)).to_degrees()]
}

/// The flow in a part of the grid, as files would have it.
fn field(grid: &Grid, region: &Region) -> Field {
    let nodes = |columns: std::ops::Range<usize>, rows: std::ops::Range<usize>| {
        rows.flat_map(move |j| columns.clone().map(move |i| [i, j]))
    };
    let (columns, rows) = (region.columns.clone(), region.rows.clone());
    let (u, v): (Vec<f32>, Vec<f32>) = if grid.has_faces() {
        let through = |node, between_rows| {
            let (at, [east, north]) = grid.curvilinear().unwrap().face(node, between_rows);
            let [u, v] = flow(at);
            (u * east + v * north) as f32
        };
        let u = nodes(columns.clone(), rows.start..rows.end - 1).map(|node| through(node, false));
        let v = nodes(columns.start..columns.end - 1, rows).map(|node| through(node, true));
        (u.collect(), v.collect())
    } else {
        let velocities = nodes(columns, rows).map(|node| flow(grid.node(node)));
        velocities.map(|[u, v]| (u as f32, v as f32)).unzip()
    };
    Field::within(grid, region, &u, &v)
}

fn releases() -> Vec<[f64; 2]> {
    (0..200)
        .map(|k| [f64::from(k) * 137.5 % 360.0 - 180.0, 88.0 - 8.0 * f64::from(k) / 200.0])
        .collect()
}

pub fn moved<E: Engine>(engine: &E, grid: &Grid, region: &Region) -> Vec<Particle> {
    moved_from(engine, grid, region, &release(grid, &releases()).unwrap())
}

fn moved_from<E: Engine>(
    engine: &E,
    grid: &Grid,
    region: &Region,
    particles: &[Particle],
) -> Vec<Particle> {
    let end = Instant(DAYS * 86_400_000_000);
    let window = window([Instant(0), end], Span::from_seconds(3600.0), 0);
    let field = field(grid, region);
    engines::advanced(engine, [&field, &field], particles, window)
}

/// How many have been taken to the other half of the grid, and the farthest from where they ought to be.
pub fn outcome(grid: &Grid, moved: &[Particle]) -> (usize, f64) {
    let ends = moved.iter().zip(releases());
    let apart = ends.clone().map(|(particle, at)| {
        let right = carried(at, RATE * (DAYS * 86_400) as f64);
        assert_eq!(particle.status(), Status::Active, "{at:?}");
        grid.distance(position(grid, particle), right)
    });
    let apart = apart.fold(0.0, f64::max);
    let half = |particle: &Particle| particle.cell[0] < COLUMNS as i32 / 2;
    let starts = release(grid, &releases()).unwrap();
    let crossed = moved.iter().zip(&starts).filter(|(end, start)| half(end) != half(start));
    (crossed.count(), apart)
}

#[test]
fn the_seam_is_no_edge_on_either_engine() {
    let cases = [
        (Arrangement::Nodes(Pointing::Earth), 0.0, 3_000.0),
        (Arrangement::Nodes(Pointing::Earth), 0.5, 3_000.0),
        (Arrangement::Nodes(Pointing::Earth), -1.0, 3_000.0),
        (Arrangement::Faces, -1.0, 9_000.0),
        (Arrangement::Faces, -0.5, 9_000.0),
    ];
    for (arrangement, before, most) in cases {
        let grid = grid(arrangement, before);
        assert!(grid.fold().is_some());
        let (setup, whole) = (setup(&grid), Region::whole(&grid));
        let reference = moved(&CpuEngine::new(&setup), &grid, &whole);
        let (crossed, apart) = outcome(&grid, &reference);
        assert!(crossed > 50, "{crossed} of 200");
        assert!(apart < most, "{arrangement:?}, {before}: {apart} m");
        let other = moved(&device(&setup), &grid, &whole);
        let between = reference.iter().zip(&other);
        let between = between.map(|(a, b)| grid.distance(position(&grid, a), position(&grid, b)));
        let farthest = between.fold(0.0, f64::max);
        assert!(farthest < 1.0, "{arrangement:?}, {before}: {farthest} m");
    }
}

#[test]
fn what_lies_around_particles_is_enough_across_the_seam_too() {
    for arrangement in [Arrangement::Nodes(Pointing::Earth), Arrangement::Faces] {
        let grid = grid(arrangement, -0.5);
        let last = (ROWS - 1) as f64;
        let around = Extent { low: [10.0, last - 18.0], high: [20.0, last + 0.5] };
        let part = Region::of(&grid, &around);
        assert!(part.rows.start > 0 && part.columns.len() == Region::whole(&grid).columns.len());
        let engine = CpuEngine::new(&setup(&grid));
        assert_eq!(moved(&engine, &grid, &part), moved(&engine, &grid, &Region::whole(&grid)));
    }
}

#[test]
fn without_its_seam_a_grid_ends_there() {
    let grid = grid(Arrangement::Nodes(Pointing::Earth), 2.0);
    assert!(grid.fold().is_none());
    let region = Region::whole(&grid);
    let places = releases().into_iter().filter(|&[x, y]| grid.locate(x, y).is_some());
    let particles = release(&grid, &places.collect::<Vec<_>>()).unwrap();
    let moved = moved_from(&CpuEngine::new(&setup(&grid)), &grid, &region, &particles);
    assert!(moved.iter().filter(|particle| particle.status() == Status::LeftDomain).count() > 20);
}
