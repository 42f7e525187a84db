//! Levels on the faces of cells, at fixed depths and between a floor and a surface, on both engines.

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Engine, Particle, Setup, Status};
use drogue::grid::{
    Arrangement, Curvilinear, EARTH_RADIUS, Field, Formula, Grid, Layers, Levels, MISSING, Region,
    Terrain,
};
use drogue::time::{Instant, Span};
use drogue::verify::{position, release, window};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::engines::{self, device, setup};

const CELLS: usize = 10;
/// Metres, about.
const CELL: f64 = 900.0;
/// Where levels lie between the surface and the floor.
const PARTS: [f64; 3] = [-0.125, -0.5, -0.875];

/// A grid of kilometres at 60° N that is turned and sheared, with velocities through faces.
fn flat() -> Grid {
    let nodes = (0..=CELLS).flat_map(|j| {
        (0..=CELLS).map(move |i| {
            let (a, b) = (i as f64 + 0.02 * (j * j) as f64, j as f64);
            (4.0 + 0.016 * (a - 0.4 * b), 60.0 + 0.008 * (0.5 * a + b))
        })
    });
    let (longitudes, latitudes): (Vec<f64>, Vec<f64>) = nodes.unzip();
    let faces = Arrangement::Faces;
    let nodes = Curvilinear::new(&longitudes, &latitudes, CELLS + 1, faces, EARTH_RADIUS).unwrap();
    Grid::of_nodes(EARTH_RADIUS, nodes)
}

/// The same with levels between the surface and a floor of this depth at each cell.
fn sea(floor: impl Fn(usize) -> f32) -> Grid {
    let floor = (0..CELLS * CELLS).map(floor).collect();
    let terrain = Terrain::new(Formula::Sigma, PARTS.to_vec(), vec![], floor).unwrap();
    flat().with_levels(Levels::following(terrain))
}

/// Noise from -1 to 1.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    }
}

/// Whether a cell is land: all at the rim, so that there is no way out, and some within.
fn land(seed: u64) -> Vec<bool> {
    let mut noise = noise(seed);
    (0..CELLS * CELLS)
        .map(|cell| {
            let (i, j) = (cell % CELLS, cell / CELLS);
            i == 0 || j == 0 || i == CELLS - 1 || j == CELLS - 1 || noise() > 0.5
        })
        .collect()
}

/// The cells on both sides of each face between columns, and of each between rows.
fn sides() -> [Vec<[Option<usize>; 2]>; 2] {
    let cell = |i: usize, j: usize| (i < CELLS && j < CELLS).then(|| j * CELLS + i);
    let between_columns =
        (0..CELLS).flat_map(|j| (0..=CELLS).map(move |i| [cell(i.wrapping_sub(1), j), cell(i, j)]));
    let between_rows =
        (0..=CELLS).flat_map(|j| (0..CELLS).map(move |i| [cell(i, j.wrapping_sub(1)), cell(i, j)]));
    [between_columns.collect(), between_rows.collect()]
}

/// Velocities of up to 1 m/s through the faces between cells of water, and of 5 mm/s up and down; a
/// surface that heaves by a metre. `leaky` ones go through the coast as well.
fn rough(grid: &Grid, land: &[bool], seed: u64, leaky: bool) -> Field {
    let mut noise = noise(seed);
    let is_land = |cell: Option<usize>| cell.is_none_or(|cell| land[cell]);
    let [u, v] = sides().map(|faces| {
        let mut planes = Vec::new();
        for _ in PARTS {
            planes.extend(faces.iter().map(|sides| {
                let speed = noise();
                match sides.map(is_land) {
                    [false, false] => speed,
                    [true, false] | [false, true] if leaky => speed,
                    _ => MISSING,
                }
            }));
        }
        planes
    });
    let w: Vec<f32> = (0..(PARTS.len() + 2) * CELLS * CELLS).map(|_| 0.005 * noise()).collect();
    let surface: Vec<f32> = (0..CELLS * CELLS).map(|_| noise()).collect();
    let layers = Layers { u: &u, v: &v, w: Some(&w), surface: Some(&surface) };
    Field::of_levels(grid, &Region::whole(grid), layers)
}

/// One particle in the middle of each cell of water, at this depth.
fn particles(land: &[bool], depth: f64) -> Vec<Particle> {
    let water = (0..land.len()).filter(|&cell| !land[cell]);
    water
        .map(|cell| Particle {
            offset: [0.5, 0.375],
            depth,
            cell: [(cell % CELLS) as i32, (cell / CELLS) as i32],
            status: Status::Active.code(),
            finished_step: 0,
        })
        .collect()
}

fn advanced<E: Engine>(engine: &E, fields: [&Field; 2], particles: &[Particle]) -> Vec<Particle> {
    let window = window([Instant(0), Instant(86_400_000_000)], Span::from_seconds(240.0), 0);
    engines::advanced(engine, fields, particles, window)
}

/// How many particles are not at sea at the end: on land, or out of the water that is 20 m to 40 m deep.
fn astray(particles: &[Particle], land: &[bool]) -> usize {
    let is_astray = |particle: &&Particle| {
        let [i, j] = particle.cell.map(|index| index as usize);
        let in_water = (-1.0..=40.001).contains(&particle.depth);
        particle.status != Status::Active.code() || land[j * CELLS + i] || !in_water
    };
    particles.iter().filter(is_astray).count()
}

fn floor(cell: usize) -> f32 {
    20.0 + (cell * 7 % 21) as f32
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]
    #[test]
    fn nothing_leaves_the_water(seed in 0..1_000_000_u64) {
        let (grid, land) = (sea(floor), land(seed));
        let [a, b] = [seed, seed + 1].map(|seed| rough(&grid, &land, seed, false));
        let particles = particles(&land, 10.0);
        let moved = advanced(&CpuEngine::new(&setup(&grid)), [&a, &b], &particles);
        prop_assert_eq!(astray(&moved, &land), 0);
        prop_assert!(moved.iter().zip(&particles).filter(|(a, b)| a.cell != b.cell).count() > 5);
        let depths = moved.iter().filter(|particle| (particle.depth - 10.0).abs() > 1.0).count();
        prop_assert!(depths > 5, "they rise and sink");
    }
}

#[test]
fn the_adapter_keeps_them_in_the_water_too_and_open_coasts_are_noticed() {
    let (grid, land) = (sea(floor), land(3));
    let setup = setup(&grid);
    let particles = particles(&land, 10.0);
    let (reference, device) = (CpuEngine::new(&setup), device(&setup));
    let [a, b] = [3, 4].map(|seed| rough(&grid, &land, seed, false));
    let [on_reference, on_device] =
        [advanced(&reference, [&a, &b], &particles), advanced(&device, [&a, &b], &particles)];
    assert_eq!((astray(&on_reference, &land), astray(&on_device, &land)), (0, 0));
    let apart = |of: &dyn Fn(&Particle, &Particle) -> f64| {
        let mut apart: Vec<f64> =
            on_reference.iter().zip(&on_device).map(|(a, b)| of(a, b)).collect();
        apart.sort_by(f64::total_cmp);
        apart[apart.len() / 2]
    };
    // The flow is rough: a few particles are torn apart at the corners of cells.
    let metres = apart(&|a, b| grid.distance(position(&grid, a), position(&grid, b)));
    let depth = apart(&|a, b| (a.depth - b.depth).abs());
    assert!(metres < 0.05 && depth < 0.001, "{metres} m apart, {depth} m in depth");
    let [a, b] = [3, 4].map(|seed| rough(&grid, &land, seed, true));
    assert!(astray(&advanced(&reference, [&a, &b], &particles), &land) > 5);
    assert!(astray(&advanced(&device, [&a, &b], &particles), &land) > 5);
}

/// What of a velocity to the east and to the north goes through each face.
fn uniform(grid: &Grid, [east, north]: [f64; 2]) -> [Vec<f32>; 2] {
    let part = |index, between_rows| {
        let (_, part) = grid.curvilinear().unwrap().face(index, between_rows);
        (part[0] * east + part[1] * north) as f32
    };
    let u = (0..CELLS).flat_map(|j| (0..=CELLS).map(move |i| part([i, j], false)));
    let v = (0..=CELLS).flat_map(|j| (0..CELLS).map(move |i| part([i, j], true)));
    [u.collect(), v.collect()]
}

/// A current that grows with depth over a level floor, as a field of levels; with this velocity upward.
fn sheared(grid: &Grid, depth: f64, rise: f32, height: f32) -> Field {
    let of_level = |part: f64| uniform(grid, profile(-part * depth));
    let all = PARTS.map(of_level);
    let [u, v] = [0, 1].map(|k| all.iter().flat_map(|level| level[k].clone()).collect::<Vec<_>>());
    let w = vec![rise; (PARTS.len() + 2) * CELLS * CELLS];
    let surface = vec![height; CELLS * CELLS];
    let layers = Layers { u: &u, v: &v, w: Some(&w), surface: Some(&surface) };
    Field::of_levels(grid, &Region::whole(grid), layers)
}

/// East and north in m/s at a depth.
fn profile(depth: f64) -> [f64; 2] {
    [0.05 + 0.004 * depth, 0.03 - 0.001 * depth]
}

const START: [f64; 2] = [4.02, 60.05];

/// Where a particle is that starts here at this depth, after two hours.
fn end<E: Engine>(engine: &E, grid: &Grid, field: &Field, depth: f64) -> ([f64; 2], Particle) {
    let mut particles = release(grid, &[START]).unwrap();
    particles[0].depth = depth;
    let window = window([Instant(0), Instant(7_200_000_000)], Span::from_seconds(60.0), 0);
    let moved = engines::advanced(engine, [field; 2], &particles, window)[0];
    (position(grid, &moved), moved)
}

/// The same on the reference and on the adapter.
fn ends(setup: &Setup, field: &Field, depth: f64) -> [([f64; 2], Particle); 2] {
    let grid = &setup.grid;
    [end(&CpuEngine::new(setup), grid, field, depth), end(&device(setup), grid, field, depth)]
}

#[test]
fn a_particle_at_a_depth_meets_the_velocity_of_that_depth() {
    let (plane, deep) = (flat(), 48.0);
    let grid = sea(|_| deep as f32);
    let setup_of = setup(&grid);
    let field = sheared(&grid, deep, 0.0, 0.0);
    for depth in [6.0, 15.0, 24.0, 41.5] {
        let [u, v] = uniform(&plane, profile(depth));
        let alone = Field::new(&plane, &u, &v);
        let (expected, _) = end(&CpuEngine::new(&setup(&plane)), &plane, &alone, 0.0);
        assert!(grid.distance(START, expected) > 0.2 * CELL);
        for (tolerance, (found, particle)) in
            [1e-3, 0.05].into_iter().zip(ends(&setup_of, &field, depth))
        {
            let off = grid.distance(found, expected);
            assert!(off < tolerance, "{off} m at {depth} m");
            assert!((particle.depth - depth).abs() < 1e-6);
        }
        let [u, v] = uniform(&plane, profile(depth + 1.0));
        let other = Field::new(&plane, &u, &v);
        let (wrong, _) = end(&CpuEngine::new(&setup(&plane)), &plane, &other, 0.0);
        assert!(grid.distance(wrong, expected) > 10.0, "a metre of depth is seen");
    }
}

#[test]
fn the_floor_and_the_surface_hold_what_sinks_and_what_rises() {
    let grid = sea(|_| 48.0);
    let setup = setup(&grid);
    for (rise, height, expected) in [(-0.02, 0.0, 48.0), (0.02, 1.5, -1.5), (0.02, -2.0, 2.0)] {
        let field = sheared(&grid, 48.0, rise, height);
        for (found, particle) in ends(&setup, &field, 30.0) {
            assert_eq!(particle.status(), Status::Active, "{rise}");
            assert!((particle.depth - expected).abs() < 1e-4, "{} for {expected}", particle.depth);
            assert!(grid.distance(START, found) > 100.0, "they drift on");
        }
    }
}

/// Fixed levels on faces: the water ends at one of them in a part of the sea.
#[test]
fn rock_below_is_no_rock_above() {
    let depths = [0.0, 10.0, 20.0, 30.0];
    let grid = flat().with_levels(Levels::new(depths.to_vec()).unwrap());
    let setup = setup(&grid);
    // From the sixth column on there is rock at 20 m and below.
    let is_rock =
        |level: usize, cell: Option<usize>| cell.is_none_or(|cell| cell % CELLS >= 6 && level >= 2);
    let of_levels = |k: usize| {
        let open = &uniform(&grid, [0.2, 0.0])[k];
        let faces = &sides()[k];
        let at = &|level: usize, face: usize| {
            let closed = faces[face].iter().any(|&cell| is_rock(level, cell));
            if closed { MISSING } else { open[face] }
        };
        let level = |level: usize| (0..open.len()).map(move |face| at(level, face));
        (0..depths.len()).flat_map(level).collect::<Vec<_>>()
    };
    let (u, v) = (of_levels(0), of_levels(1));
    let layers = Layers { u: &u, v: &v, w: None, surface: None };
    let field = Field::of_levels(&grid, &Region::whole(&grid), layers);
    let column = |depth: f64| {
        let mut particles =
            particles(&[vec![true; 33], vec![false], vec![true; 66]].concat(), depth);
        particles[0].offset = [0.5, 0.5];
        [
            advanced(&CpuEngine::new(&setup), [&field; 2], &particles),
            advanced(&device(&setup), [&field; 2], &particles),
        ]
        .map(|moved| (moved[0].cell[0], moved[0].status()))
    };
    for (column, status) in column(2.0) {
        assert!(column >= 6, "above the rock it goes on: {column} {status:?}");
    }
    for (column, status) in column(22.0) {
        assert!(column < 6 && status == Status::Active, "below it stays: {column} {status:?}");
    }
}
