//! Triangles on levels between a floor and a surface that heaves, on both engines.

use std::f64::consts::TAU;
use std::sync::Arc;

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Engine, Particle, Setup, Status};
use drogue::grid::{
    Field, Formula, Grid, Layers, Levels, MISSING, Points, Region, Terrain, TerrainError,
};
use drogue::time::{Instant, Span};
use drogue::verify::{position, release, window};

use crate::engines::{self, device, setup};
use crate::unstructured::{SIDE, noise, square_of};

/// Depth of the floor in metres.
fn floor([x, y]: [f64; 2]) -> f64 {
    40.0 + 8.0 * (TAU * x / SIDE).sin() + 0.005 * y
}

/// Height of the surface in metres, at a time in seconds.
fn surface([x, y]: [f64; 2], seconds: f64) -> f64 {
    2.0 + 1.5 * (TAU * (seconds / DURATION + 0.2 * y / SIDE)).sin() + 0.3 * (TAU * x / SIDE).cos()
}

const DURATION: f64 = 4000.0;

/// A mesh with so many layers, the middles of which have velocities.
fn sea(cells: usize, layers: usize, points: Points) -> Grid {
    let grid = square_of(cells, 11, points);
    let floor = nodes(cells).iter().map(|&at| floor(at) as f32).collect();
    let s = (0..layers).map(|layer| -(layer as f64 + 0.5) / layers as f64).collect();
    let terrain = Terrain::new(Formula::Sigma, s, vec![], floor).unwrap();
    grid.with_levels(Levels::following(terrain))
}

/// Where the nodes of [`square_of`] so many cells lie.
fn nodes(cells: usize) -> Vec<[f64; 2]> {
    let grid = square_of(cells, 11, Points::Nodes);
    (0..grid.data_shape()[0]).map(|node| grid.node([node, 0])).collect()
}

/// A flow that swings to the north and downward as it goes east, and goes north the faster the deeper:
/// along x, along y and downward.
fn velocity([x, _]: [f64; 2], depth: f64) -> [f64; 3] {
    let swing = (WAVE * x).cos();
    [EAST, 0.02 * swing + SHEAR * depth * depth, DOWN * swing]
}

const EAST: f64 = 0.07;
const WAVE: f64 = TAU / SIDE;
const SHEAR: f64 = 4e-5;
const DOWN: f64 = 0.004;

/// Where it takes what begins somewhere, after a while: x, y and depth.
fn exact([x, y, depth]: [f64; 3], seconds: f64) -> [f64; 3] {
    let (from, to) = (WAVE * x, WAVE * (x + EAST * seconds));
    let rate = WAVE * EAST;
    // Depth is a + b sin(θ), and north goes with its square.
    let b = DOWN / rate;
    let a = depth - b * from.sin();
    let squares = |angle: f64| {
        a * a * angle - 2.0 * a * b * angle.cos()
            + b * b * (angle / 2.0 - (2.0 * angle).sin() / 4.0)
    };
    [
        x + EAST * seconds,
        y + (0.02 * (to.sin() - from.sin()) + SHEAR * (squares(to) - squares(from))) / rate,
        a + b * to.sin(),
    ]
}

/// That flow at a time, on the levels as they lie then; or as they lie at rest, where velocities are
/// still those of where they really are.
fn sampled(grid: &Grid, cells: usize, seconds: f64, is_at_rest: bool) -> Field {
    let triangles = grid.triangles().unwrap();
    let levels = grid.levels().unwrap();
    let places = nodes(cells);
    let heights: Vec<f32> = places.iter().map(|&at| surface(at, seconds) as f32).collect();
    // Depths of all levels at each node, as a field of its own to take means of at the faces.
    let depths: Vec<Vec<f32>> = (0..places.len())
        .map(|node| levels.terrain().unwrap().depths(node, heights[node].into()).collect())
        .collect();
    let depth = |point: usize, level: usize| -> f64 {
        match triangles.points() {
            Points::Nodes => depths[point][level].into(),
            Points::Faces => {
                let corners = corners(cells, point);
                corners.map(|node| f64::from(depths[node][level])).iter().sum::<f64>() / 3.0
            }
        }
    };
    let mut parts = [const { Vec::new() }; 3];
    for level in 0..levels.count() {
        for point in 0..triangles.point_count() {
            let found = velocity(triangles.point(point), depth(point, level));
            for (part, component) in parts.iter_mut().zip(found) {
                part.push(component as f32);
            }
        }
    }
    let [u, v, mut w] = parts;
    w.iter_mut().for_each(|down| *down = -*down);
    // The data have neither the surface nor the floor.
    let own = triangles.point_count()..u.len() - triangles.point_count();
    let layers = Layers {
        u: &u[own.clone()],
        v: &v[own],
        w: Some(&w),
        surface: (!is_at_rest).then_some(&heights),
    };
    Field::of_levels(grid, &Region::whole(grid), layers)
}

/// The nodes at the corners of a face: those nearest to its middle, for the faces are small.
fn corners(cells: usize, face: usize) -> [usize; 3] {
    let width = cells + 1;
    let sw = face / 2 / cells * width + face / 2 % cells;
    let [se, nw, ne] = [sw + 1, sw + width, sw + width + 1];
    let is_cut_from_south_west = noise(11 ^ (1000 + (face / 2) as u64)) > 0.0;
    match (is_cut_from_south_west, face % 2) {
        (true, 0) => [sw, se, ne],
        (true, _) => [sw, nw, ne],
        (false, 0) => [sw, se, nw],
        (false, _) => [se, nw, ne],
    }
}

const STARTS: [[f64; 3]; 5] = [
    [240.0, 300.0, 12.0],
    [270.0, 420.0, 20.0],
    [310.0, 350.0, 25.0],
    [330.0, 500.0, 16.0],
    [300.0, 250.0, 22.0],
];

fn starts(grid: &Grid) -> Vec<Particle> {
    let places = STARTS.map(|[x, y, _]| [x, y]);
    let mut particles = release(grid, &places).unwrap();
    for (particle, [.., depth]) in particles.iter_mut().zip(STARTS) {
        particle.depth = depth;
    }
    particles
}

fn instant(seconds: f64) -> Instant {
    Instant(0) + Span::from_seconds(seconds)
}

/// How far from the exact place particles end, in metres and in metres of depth, at most, with so many
/// cells, layers and snapshots.
fn off<E: Engine>(
    engine: impl Fn(&Setup) -> E,
    points: Points,
    fineness: usize,
    is_at_rest: bool,
) -> [f64; 2] {
    let (cells, layers, windows) = (9 * fineness, 5 * fineness, 6 * fineness);
    let grid = sea(cells, layers, points);
    let engine = engine(&setup(&grid));
    let mut particles = starts(&grid);
    let time = |number: usize| DURATION * number as f64 / windows as f64;
    let step = Span::from_seconds(DURATION / 72.0);
    for number in 0..windows {
        let fields =
            [number, number + 1].map(|number| sampled(&grid, cells, time(number), is_at_rest));
        let between = [number, number + 1].map(|number| instant(time(number)));
        let window = window(between, step, 0);
        particles = engines::advanced(&engine, [&fields[0], &fields[1]], &particles, window);
    }
    let mut most = [0.0_f64; 2];
    for (particle, start) in particles.iter().zip(STARTS) {
        assert_eq!(particle.status(), Status::Active);
        let [x, y, depth] = exact(start, DURATION);
        most[0] = most[0].max(grid.distance(position(&grid, particle), [x, y]));
        most[1] = most[1].max((particle.depth - depth).abs());
    }
    most
}

/// By which power of the fineness an error falls.
fn orders(coarse: [f64; 2], fine: [f64; 2]) -> [f64; 2] {
    [0, 1].map(|k| (coarse[k] / fine[k]).log2())
}

#[test]
fn an_exact_flow_in_three_dimensions_is_met_to_second_order() {
    for points in [Points::Nodes, Points::Faces] {
        let errors = [1, 2, 4].map(|fineness| off(CpuEngine::new, points, fineness, false));
        let mean = orders(errors[0], errors[2]).map(|order| order / 2.0);
        assert!(mean.iter().all(|order| *order > 1.7), "{points:?}: {mean:?} {errors:?}");
        assert!(errors[2][0] < 1.0 && errors[2][1] < 0.1, "{points:?}: {errors:?}");
        // A surface that is taken to be at rest is noticed.
        let wrong = [1, 4].map(|fineness| off(CpuEngine::new, points, fineness, true));
        let mean = orders(wrong[0], wrong[1]).map(|order| order / 2.0);
        assert!(mean[0] < 0.5 && wrong[1][0] > 5.0 * errors[2][0], "{mean:?} {wrong:?}");
    }
}

#[test]
fn the_adapter_meets_it_as_well() {
    for points in [Points::Nodes, Points::Faces] {
        let [reference, adapter] = [
            off(CpuEngine::new, points, 2, false),
            off(|setup: &Setup| device(setup), points, 2, false),
        ];
        let apart = [0, 1].map(|k| (reference[k] - adapter[k]).abs());
        assert!(apart[0] < 0.005 && apart[1] < 0.001, "{reference:?} {adapter:?}");
    }
}

/// Levels that lie elsewhere at each node, over an uneven floor.
fn uneven(cells: usize, points: Points) -> Grid {
    let grid = square_of(cells, 11, points);
    let count = grid.floor_points();
    let floor = (0..count).map(|node| (30.0 + 10.0 * noise(700 + node as u64)) as f32).collect();
    let base = [-0.125, -0.5, -0.875];
    let s =
        (0..base.len() * count).map(|k| (base[k / count] + 0.12 * noise(9000 + k as u64)) as f32);
    let terrain = Terrain::of_points(Arc::new(s.collect()), floor).unwrap();
    grid.with_levels(Levels::following(terrain))
}

/// Velocities of up to 0.3 m/s that fall to nothing towards the rim, and of `rise` m/s and 2 cm/s up and
/// down; a surface that heaves by a metre. Faces that are dry have none.
fn rough(grid: &Grid, seed: u64, rise: f32, is_dry: impl Fn(usize) -> bool) -> (Field, Vec<f32>) {
    let (points, levels) = (grid.data_shape()[0], grid.levels().unwrap());
    let inward = |point: usize| {
        let [x, y] = grid.node([point, 0]);
        (x.min(SIDE - x).min(y).min(SIDE - y) / 150.0 - 0.5).clamp(0.0, 1.0)
    };
    let planes = |count: usize, most: f64, salt: u64| -> Vec<f32> {
        let value = |k: usize| most * noise(seed ^ (salt + k as u64)) * inward(k % points);
        (0..count * points).map(|k| value(k) as f32).collect()
    };
    let mut u = planes(levels.data_levels(), 0.3, 1 << 20);
    u.iter_mut().enumerate().filter(|(k, _)| is_dry(k % points)).for_each(|(_, u)| *u = MISSING);
    let v = planes(levels.data_levels(), 0.3, 2 << 20);
    let mut w = planes(levels.count(), 0.02, 3 << 20);
    w.iter_mut().for_each(|w| *w += rise);
    let surface: Vec<f32> =
        (0..grid.floor_points()).map(|k| noise(seed ^ (5 << 20 | k as u64)) as f32).collect();
    let layers = Layers { u: &u, v: &v, w: Some(&w), surface: Some(&surface) };
    (Field::of_levels(grid, &Region::whole(grid), layers), surface)
}

fn scattered(grid: &Grid, depth: f64) -> Vec<Particle> {
    let along = |k: u64| SIDE * (0.5 + 0.4 * noise(60_000 + k));
    let places: Vec<[f64; 2]> = (0..300).map(|k| [along(2 * k), along(2 * k + 1)]).collect();
    let mut particles = release(grid, &places).unwrap();
    particles.iter_mut().for_each(|particle| particle.depth = depth);
    particles
}

fn advanced<E: Engine>(engine: &E, fields: [&Field; 2], particles: &[Particle]) -> Vec<Particle> {
    let window = window([Instant(0), instant(7200.0)], Span::from_seconds(60.0), 0);
    engines::advanced(engine, fields, particles, window)
}

/// Depth of the surface and of the floor where a particle is, at the later snapshot: those of the field's
/// first and last level there.
fn ends(grid: &Grid, field: &Field, particle: &Particle) -> [f64; 2] {
    let count = grid.level_count();
    let [a, b] = particle.offset;
    [0, count - 1].map(|level| {
        let first = 3 * (particle.cell[0] as usize * count + level);
        let at = |corner: usize| f64::from(field.nodes()[2 * (first + corner) + 1][1]);
        (1.0 - a - b) * at(0) + a * at(1) + b * at(2)
    })
}

#[test]
fn nothing_leaves_the_water_on_the_adapter_too() {
    for (points, rise) in
        [(Points::Nodes, 0.0), (Points::Faces, 0.0), (Points::Faces, 0.02), (Points::Faces, -0.02)]
    {
        let grid = uneven(9, points);
        let [(a, _), (b, heights)] = [3, 4].map(|seed| rough(&grid, seed, rise, |_| false));
        let highest = heights.iter().copied().fold(0.0, f32::max);
        let start = scattered(&grid, 10.0);
        let setup = setup(&grid);
        let (reference, device) = (CpuEngine::new(&setup), device(&setup));
        let moved = [advanced(&reference, [&a, &b], &start), advanced(&device, [&a, &b], &start)];
        for moved in &moved {
            for particle in moved {
                assert_eq!(particle.status(), Status::Active);
                let [surface, floor] = ends(&grid, &b, particle);
                assert!(-surface <= f64::from(highest) && floor > 19.0);
                assert!((surface - 1e-3..=floor + 1e-3).contains(&particle.depth), "{particle:?}");
            }
            let is_held = |particle: &&Particle| {
                let [surface, floor] = ends(&grid, &b, particle);
                (particle.depth - surface).abs().min((particle.depth - floor).abs()) < 1e-3
            };
            let held = moved.iter().filter(is_held).count();
            assert_eq!(held > 250, rise != 0.0, "{held}: they come to the surface or the floor");
            let crossed = moved.iter().zip(&start).filter(|(a, b)| a.cell != b.cell).count();
            assert!(crossed > 100, "{crossed}");
        }
        let mut apart: Vec<[f64; 2]> = (moved[0].iter().zip(&moved[1]))
            .map(|(a, b)| {
                let way = grid.distance(position(&grid, a), position(&grid, b));
                [way, (a.depth - b.depth).abs()]
            })
            .collect();
        // The flow is rough: a few particles are torn apart.
        for k in [0, 1] {
            apart.sort_by(|a, b| a[k].total_cmp(&b[k]));
            let most = apart[apart.len() * 95 / 100][k];
            assert!(most < [0.05, 0.005][k], "{points:?}, {rise}: {most} m");
        }
    }
}

#[test]
fn dry_faces_strand_at_every_depth_on_the_adapter_too() {
    let grid = uneven(9, Points::Faces);
    let is_dry = |face: usize| grid.node([face, 0])[0] > 500.0;
    let [(a, _), (b, _)] = [7, 8].map(|seed| rough(&grid, seed, 0.0, is_dry));
    let setup = setup(&grid);
    let triangles = grid.triangles().unwrap();
    let at = |particle: &Particle| {
        triangles
            .point_near(drogue::grid::Location { cell: particle.cell, offset: particle.offset })
    };
    for depth in [1.0, 12.0, 19.0] {
        let wet: Vec<Particle> =
            scattered(&grid, depth).into_iter().filter(|particle| !is_dry(at(particle))).collect();
        let moved = [
            advanced(&CpuEngine::new(&setup), [&a, &b], &wet),
            advanced(&device(&setup), [&a, &b], &wet),
        ];
        let stranded = moved.each_ref().map(|moved| {
            assert!(moved.iter().all(|particle| !is_dry(at(particle))));
            moved.iter().filter(|particle| particle.status() == Status::Stranded).count()
        });
        assert!(stranded[0] > 0 && stranded[0].abs_diff(stranded[1]) <= 1, "{stranded:?}");
    }
}

/// Levels at fixed depths, as UGRID has them with a depth for each layer: below the lowest they leave.
#[test]
fn levels_at_fixed_depths_end_at_the_lowest() {
    let levels = Levels::new(vec![5.0, 15.0, 30.0]).unwrap();
    let grid = square_of(9, 11, Points::Nodes).with_levels(levels);
    let points = grid.data_shape()[0];
    let planes = |of_level: [f32; 3]| -> Vec<f32> {
        of_level.iter().flat_map(|&value| vec![value; points]).collect()
    };
    let (u, v, w) = (planes([0.01, 0.02, 0.05]), planes([0.0; 3]), planes([-0.001; 3]));
    let layers = Layers { u: &u, v: &v, w: Some(&w), surface: None };
    let field = Field::of_levels(&grid, &Region::whole(&grid), layers);
    let setup = setup(&grid);
    let mut start = release(&grid, &[[100.0, 400.0], [100.0, 500.0]]).unwrap();
    (start[0].depth, start[1].depth) = (6.0, 25.0);
    for moved in [
        advanced(&CpuEngine::new(&setup), [&field; 2], &start),
        advanced(&device(&setup), [&field; 2], &start),
    ] {
        // 7.2 m deeper in two hours, on average at 9.6 m.
        let [x, _] = position(&grid, &moved[0]);
        assert!((moved[0].depth - 13.2).abs() < 1e-4, "{}", moved[0].depth);
        assert!((x - 100.0 - 7200.0 * 0.0146).abs() < 0.05, "{x}");
        assert_eq!(moved[1].status(), Status::LeftDomain);
    }
}

#[test]
fn levels_that_do_not_descend_at_a_node_are_refused_by_it() {
    let refused =
        |s: [f32; 4]| Terrain::of_points(Arc::new(s.to_vec()), vec![9.0, 8.0]).unwrap_err();
    let at = f64::from(-0.1_f32);
    let error = TerrainError::NotDescendingAt { index: 1, at, point: 1 };
    assert_eq!(refused([-0.2, -0.2, -0.7, -0.1]), error);
    assert!(error.to_string().contains("at point 1"));
    let land = Terrain::of_points(Arc::new(vec![-0.2, -0.2, -0.7, -0.8]), vec![0.0, -3.0]);
    assert_eq!(land.unwrap_err(), TerrainError::NoFloor);
}
