//! Closed coasts on meshes of triangles: their rims, on both engines.

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Coast, Engine, Particle, Setup, Status};
use drogue::grid::{
    Field, Formula, Grid, Layers, Levels, MISSING, Mesh, Points, Region, Terrain, Triangles,
};
use drogue::time::{Instant, Span};
use drogue::verify::{position, release, sample, window};

use crate::engines::{self, device};
use crate::unstructured::{SIDE, noise, square_of};

const CLOSED: [Coast; 2] = [Coast::Slip, Coast::Bounce];

fn with(grid: &Grid, coast: Coast) -> Setup {
    Setup { grid: grid.clone(), integrator: Default::default(), coast, handover: None }
}

fn advanced<E: Engine>(
    engine: &E,
    fields: [&Field; 2],
    particles: &[Particle],
    [seconds, step]: [f64; 2],
) -> Vec<Particle> {
    let span = Span::from_seconds(seconds);
    let window = window([Instant(0), Instant(0) + span], Span::from_seconds(step), 0);
    engines::advanced(engine, fields, particles, window)
}

/// The same on the reference and on the adapter.
fn both(
    setup: &Setup,
    fields: [&Field; 2],
    particles: &[Particle],
    time: [f64; 2],
) -> [Vec<Particle>; 2] {
    [
        advanced(&CpuEngine::new(setup), fields, particles, time),
        advanced(&device(setup), fields, particles, time),
    ]
}

/// A channel from (0, 0) to (900, 900) that is turned by some degrees and 300 m wide, cut into triangles.
fn channel(degrees: f64) -> (Grid, impl Fn([f64; 2]) -> [f64; 2]) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let turned = move |[x, y]: [f64; 2]| [cos * x - sin * y, sin * x + cos * y];
    let columns = 31;
    let nodes = (0..4 * columns)
        .map(|k| turned([40.0 * (k % columns) as f64, 100.0 * (k / columns) as f64]));
    let faces: Vec<u32> = (0..3 * (columns - 1))
        .flat_map(|cell| {
            let sw = (cell / (columns - 1) * columns + cell % (columns - 1)) as u32;
            let [se, nw, ne] = [1, columns as u32, columns as u32 + 1].map(|step| sw + step);
            [sw, se, nw, se, ne, nw]
        })
        .collect();
    let mesh = Triangles::new(Mesh::Flat, nodes.collect(), &faces, 3, Points::Nodes).unwrap();
    (Grid::of_triangles(Mesh::Flat, mesh), turned)
}

#[test]
fn a_wall_takes_away_what_goes_through_it_or_throws_it_back() {
    for degrees in [0.0, 33.0, 120.0] {
        let (grid, turned) = channel(degrees);
        let velocity = turned([0.9, 0.5]);
        let field = sample(&grid, |_, _| velocity);
        let from = [100.0, 220.0];
        let particles = release(&grid, &[turned(from)]).unwrap();
        // 450 m along and 250 m across in one step: the wall is 80 m away, and the other one 300 m from it.
        for (coast, across) in [(Coast::Slip, 300.0), (Coast::Bounce, 300.0 - 170.0)] {
            for moved in both(&with(&grid, coast), [&field; 2], &particles, [500.0, 500.0]) {
                let expected = turned([from[0] + 450.0, across]);
                let off = grid.distance(position(&grid, &moved[0]), expected);
                assert!(off < 0.01, "{degrees}°, {coast:?}: {off} m");
                assert_eq!(moved[0].status(), Status::Active);
            }
        }
        for moved in both(&with(&grid, Coast::Strand), [&field; 2], &particles, [500.0, 500.0]) {
            assert_eq!(moved[0].status(), Status::LeftDomain, "an open rim lets it go");
        }
    }
}

/// Velocities of up to a metre a second that care for no wall.
fn rough(grid: &Grid, seed: u64) -> Field {
    sample(grid, |x, y| {
        let salt = (x * 7.0 + y * 1013.0).to_bits();
        [noise(seed ^ salt), noise(seed ^ salt.rotate_left(17))]
    })
}

/// The square with a wall through its middle from south to north: on both sides of it the nodes are others.
fn divided() -> Grid {
    let cells = 10;
    let whole = square_of(cells, 11, Points::Nodes);
    let width = cells + 1;
    let mut nodes: Vec<[f64; 2]> = (0..width * width).map(|node| whole.node([node, 0])).collect();
    let twin = nodes.len() as u32;
    let middle = cells / 2;
    nodes.extend((0..width).map(|row| whole.node([row * width + middle, 0])));
    let faces: Vec<u32> = (0..cells * cells)
        .flat_map(|cell| {
            let (row, column) = (cell / cells, cell % cells);
            let node = |row: usize, column: usize| match column == middle {
                true => twin + row as u32,
                false => (row * width + column) as u32,
            };
            // East of the wall its western nodes are the twins.
            let [sw, nw] = match column == middle {
                true => [node(row, column), node(row + 1, column)],
                false => [row * width + column, (row + 1) * width + column].map(|node| node as u32),
            };
            let [se, ne] =
                [row * width + column + 1, (row + 1) * width + column + 1].map(|node| node as u32);
            [sw, se, nw, se, ne, nw]
        })
        .collect();
    let mesh = Triangles::new(Mesh::Flat, nodes, &faces, 3, Points::Nodes).unwrap();
    Grid::of_triangles(Mesh::Flat, mesh)
}

/// In which half of [`divided`] a triangle lies.
fn is_east(particle: &Particle) -> bool {
    particle.cell[0] as usize / 2 % 10 >= 5
}

fn scattered(grid: &Grid) -> Vec<Particle> {
    let along = |k: u64| SIDE * (0.5 + 0.49 * noise(60_000 + k));
    let places: Vec<[f64; 2]> = (0..400).map(|k| [along(2 * k), along(2 * k + 1)]).collect();
    release(grid, &places).unwrap()
}

#[test]
fn nobody_crosses_a_closed_side_and_open_ones_are_noticed() {
    let grid = divided();
    let [a, b] = [1, 2].map(|seed| rough(&grid, seed));
    let start = scattered(&grid);
    for coast in CLOSED {
        // Steps within a triangle, and over several.
        for step in [20.0, 400.0] {
            let moved = both(&with(&grid, coast), [&a, &b], &start, [4000.0, step]);
            for moved in &moved {
                for (from, to) in start.iter().zip(moved) {
                    assert_eq!(to.status(), Status::Active);
                    assert_eq!(is_east(from), is_east(to), "{coast:?}: {from:?} {to:?}");
                    let [x, y] = position(&grid, to);
                    assert!([x, y].iter().all(|at| (-1e-3..=SIDE + 1e-3).contains(at)), "{x} {y}");
                }
            }
            // Steps that long tear neighbours apart.
            if step < 100.0 {
                let mut apart: Vec<f64> = (moved[0].iter().zip(&moved[1]))
                    .map(|(a, b)| grid.distance(position(&grid, a), position(&grid, b)))
                    .collect();
                apart.sort_by(f64::total_cmp);
                assert!(apart[200] < 0.05, "{coast:?}: {}", apart[200]);
            }
        }
    }
    for moved in both(&with(&grid, Coast::Strand), [&a, &b], &start, [4000.0, 20.0]) {
        let left = moved.iter().filter(|particle| particle.status() == Status::LeftDomain).count();
        assert!(left > 100, "{left}");
    }
}

/// The same in three dimensions, where some faces are dry: before these they wait.
#[test]
fn nobody_crosses_it_in_three_dimensions_nor_goes_onto_dry_faces() {
    let flat = square_of(9, 11, Points::Faces);
    let floor = vec![30.0; flat.floor_points()];
    let terrain = Terrain::new(Formula::Sigma, vec![-0.25, -0.75], vec![], floor).unwrap();
    let grid = flat.with_levels(Levels::following(terrain));
    let is_dry = |face: usize| {
        let [x, y] = grid.node([face, 0]);
        (x - 450.0).hypot(y - 450.0) < 150.0
    };
    let points = grid.data_shape()[0];
    let planes = |levels: usize, most: f64, salt: u64, holes: bool| -> Vec<f32> {
        let value = |k: usize| match holes && is_dry(k % points) {
            true => MISSING,
            false => (most * noise(salt + k as u64)) as f32,
        };
        (0..levels * points).map(value).collect()
    };
    let field = |salt: u64| {
        let (u, v) = (planes(2, 1.0, salt, true), planes(2, 1.0, salt + 7777, true));
        let w = planes(4, 0.01, salt + 99_999, false);
        let layers = Layers { u: &u, v: &v, w: Some(&w), surface: None };
        Field::of_levels(&grid, &Region::whole(&grid), layers)
    };
    let (a, b) = (field(1), field(100_000_000));
    let triangles = grid.triangles().unwrap();
    let dry = |particle: &Particle| {
        let at = drogue::grid::Location { cell: particle.cell, offset: particle.offset };
        is_dry(triangles.point_near(at))
    };
    let mut start = scattered(&grid);
    start.retain(|particle| !dry(particle));
    start.iter_mut().for_each(|particle| particle.depth = 12.0);
    for coast in CLOSED {
        for moved in both(&with(&grid, coast), [&a, &b], &start, [4000.0, 40.0]) {
            for particle in &moved {
                assert_eq!(particle.status(), Status::Active);
                assert!(
                    !dry(particle) && (-1e-3..=30.001).contains(&particle.depth),
                    "{particle:?}"
                );
            }
        }
    }
    for moved in both(&with(&grid, Coast::Strand), [&a, &b], &start, [4000.0, 40.0]) {
        let ended = moved.iter().filter(|particle| particle.status() != Status::Active).count();
        assert!(ended > 50, "{ended}");
    }
}
