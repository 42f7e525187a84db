//! Particles on curvilinear grids, on both engines: along faces nothing gets ashore, and the engines
//! agree.

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Engine, Particle, Status};
use drogue::grid::{Arrangement, Curvilinear, EARTH_RADIUS, Field, Grid, MISSING, Pointing};
use drogue::time::{Instant, Span};
use drogue::verify::{position, release, window};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::engines::{self, device, setup};

pub const CELLS: usize = 12;
/// Metres, about.
const CELL: f64 = 900.0;

/// A grid of kilometres at 60° N that is turned and sheared.
pub fn grid(arrangement: Arrangement) -> Grid {
    let nodes = (0..=CELLS).flat_map(|j| {
        (0..=CELLS).map(move |i| {
            let (a, b) = (i as f64 + 0.02 * (j * j) as f64, j as f64);
            (4.0 + 0.016 * (a - 0.4 * b), 60.0 + 0.008 * (0.5 * a + b))
        })
    });
    let (longitudes, latitudes): (Vec<f64>, Vec<f64>) = nodes.unzip();
    let nodes =
        Curvilinear::new(&longitudes, &latitudes, CELLS + 1, arrangement, EARTH_RADIUS).unwrap();
    Grid::of_nodes(EARTH_RADIUS, nodes)
}

/// Whether a cell is land: all at the rim, so that there is no way out, and some within.
pub fn land(seed: u64) -> Vec<bool> {
    let mut state = seed;
    (0..CELLS * CELLS)
        .map(|cell| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (i, j) = (cell % CELLS, cell / CELLS);
            let rim = i == 0 || j == 0 || i == CELLS - 1 || j == CELLS - 1;
            rim || (state >> 33).is_multiple_of(4)
        })
        .collect()
}

/// Velocities of up to 1 m/s through the faces between cells of water. `leaky` ones go through the
/// coast as well.
pub fn field(grid: &Grid, land: &[bool], seed: u64, leaky: bool) -> Field {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    let mut through = |cells: [Option<usize>; 2]| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let speed = (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0;
        let is_land = |cell: Option<usize>| cell.is_none_or(|cell| land[cell]);
        match cells.map(is_land) {
            [false, false] => speed,
            [true, false] | [false, true] if leaky => speed,
            _ => MISSING,
        }
    };
    let cell = |i: usize, j: usize| (i < CELLS && j < CELLS).then(|| j * CELLS + i);
    let u: Vec<f32> = (0..CELLS)
        .flat_map(|j| (0..=CELLS).map(move |i| [cell(i.wrapping_sub(1), j), cell(i, j)]))
        .map(&mut through)
        .collect();
    let v: Vec<f32> = (0..=CELLS)
        .flat_map(|j| (0..CELLS).map(move |i| [cell(i, j.wrapping_sub(1)), cell(i, j)]))
        .map(&mut through)
        .collect();
    Field::new(grid, &u, &v)
}

/// One particle in the middle of each cell of water.
pub fn particles(land: &[bool]) -> Vec<Particle> {
    let water = (0..land.len()).filter(|&cell| !land[cell]);
    water
        .map(|cell| Particle {
            offset: [0.5, 0.375],
            depth: 0.0,
            cell: [(cell % CELLS) as i32, (cell / CELLS) as i32],
            status: Status::Active.code(),
            finished_step: 0,
        })
        .collect()
}

fn advanced<E: Engine>(engine: &E, fields: &[Field; 2], particles: &[Particle]) -> Vec<Particle> {
    let window = window([Instant(0), Instant(86_400_000_000)], Span::from_seconds(240.0), 0);
    engines::advanced(engine, fields.each_ref(), particles, window)
}

/// How many particles are not at sea at the end.
pub fn ashore(particles: &[Particle], land: &[bool]) -> usize {
    let is_ashore = |particle: &&Particle| {
        let [i, j] = particle.cell.map(|index| index as usize);
        particle.status != Status::Active.code() || land[j * CELLS + i]
    };
    particles.iter().filter(is_ashore).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]
    #[test]
    fn nothing_crosses_a_closed_face(seed in 0..1_000_000_u64) {
        let grid = grid(Arrangement::Faces);
        let land = land(seed);
        let fields = [seed, seed + 1].map(|seed| field(&grid, &land, seed, false));
        let particles = particles(&land);
        let moved = advanced(&CpuEngine::new(&setup(&grid)), &fields, &particles);
        prop_assert_eq!(ashore(&moved, &land), 0);
        prop_assert!(moved.iter().zip(&particles).filter(|(a, b)| a.cell != b.cell).count() > 5);
    }
}

#[test]
fn nothing_crosses_a_closed_face_on_the_adapter_either_and_open_ones_are_noticed() {
    let grid = grid(Arrangement::Faces);
    let (land, setup) = (land(3), setup(&grid));
    let particles = particles(&land);
    let (reference, device) = (CpuEngine::new(&setup), device(&setup));
    let closed = [3, 4].map(|seed| field(&grid, &land, seed, false));
    let (a, b) =
        (advanced(&reference, &closed, &particles), advanced(&device, &closed, &particles));
    assert_eq!((ashore(&a, &land), ashore(&b, &land)), (0, 0));
    let mut apart: Vec<f64> = (a.iter().zip(&b))
        .map(|(a, b)| grid.distance(position(&grid, a), position(&grid, b)))
        .collect();
    apart.sort_by(f64::total_cmp);
    // The flow is rough: a few particles are torn apart at the corners of cells.
    assert!(apart[apart.len() / 2] < 0.05, "{apart:?}");
    let leaky = [3, 4].map(|seed| field(&grid, &land, seed, true));
    assert!(ashore(&advanced(&reference, &leaky, &particles), &land) > 5);
    assert!(ashore(&advanced(&device, &leaky, &particles), &land) > 5);
}

#[test]
fn a_uniform_wind_through_the_faces_is_one_past_the_nodes() {
    let through = grid(Arrangement::Faces);
    let past = grid(Arrangement::Nodes(Pointing::Earth));
    let (east, north) = (0.3, 0.2);
    let part = |index, between_rows| {
        let (_, part) = through.curvilinear().unwrap().face(index, between_rows);
        (part[0] * east + part[1] * north) as f32
    };
    let u: Vec<f32> =
        (0..CELLS).flat_map(|j| (0..=CELLS).map(move |i| part([i, j], false))).collect();
    let v: Vec<f32> =
        (0..=CELLS).flat_map(|j| (0..CELLS).map(move |i| part([i, j], true))).collect();
    let nodes = (CELLS + 1) * (CELLS + 1);
    let fields = [
        Field::new(&through, &u, &v),
        Field::new(&past, &vec![east as f32; nodes], &vec![north as f32; nodes]),
    ];
    let end = |grid: &Grid, field: &Field| {
        let particles = release(grid, &[[4.02, 60.05]]).unwrap();
        let engine = CpuEngine::new(&setup(grid));
        let window = window([Instant(0), Instant(7_200_000_000)], Span::from_seconds(60.0), 0);
        position(grid, &engines::advanced(&engine, [field; 2], &particles, window)[0])
    };
    let (a, b) = (end(&through, &fields[0]), end(&past, &fields[1]));
    let way = through.distance([4.02, 60.05], b);
    let expected = 7200.0 * f64::hypot(east, north);
    assert!((way - expected).abs() < 0.01 * CELL, "{way} m of {expected} m");
    assert!(through.distance(a, b) < 0.03 * CELL, "{a:?} {b:?}");
}
