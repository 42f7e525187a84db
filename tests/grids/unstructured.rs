//! Particles on meshes of triangles, on both engines: they go straight on through whatever lies on
//! their way, and the engines agree.

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Engine, EngineError, Particle, Status};
use drogue::grid::{
    EARTH_RADIUS, Field, Grid, MISSING, Mesh, NO_CORNER, Points, Triangles, TrianglesError,
};
use drogue::time::{Instant, Span};
use drogue::verify::{position, release, sample, window};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::engines::{self, device, setup};

const CELLS: usize = 9;
/// Metres.
pub const SIDE: f64 = 900.0;

/// A number from -1 to 1 that follows no pattern.
pub fn noise(seed: u64) -> f64 {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state ^ state >> 31) as f64 / u64::MAX as f64 * 2.0 - 1.0
}

fn square(seed: u64, points: Points) -> Grid {
    square_of(CELLS, seed, points)
}

/// A square of the plane cut into uneven triangles, so many pairs of them along each side.
pub fn square_of(cells: usize, seed: u64, points: Points) -> Grid {
    let width = cells + 1;
    let node = |index: usize| {
        let along = |k: usize, which: u64| {
            let inside = 0 < k && k < cells;
            let off = if inside { 0.24 * noise(seed ^ (2 * index as u64 + which)) } else { 0.0 };
            SIDE / cells as f64 * (k as f64 + off)
        };
        [along(index % width, 0), along(index / width, 1)]
    };
    let faces: Vec<u32> = (0..cells * cells)
        .flat_map(|cell| {
            let sw = (cell / cells * width + cell % cells) as u32;
            let [se, nw, ne] = [1, width as u32, width as u32 + 1].map(|step| sw + step);
            match noise(seed ^ (1000 + cell as u64)) > 0.0 {
                true => [sw, se, ne, sw, nw, ne],
                false => [sw, se, nw, se, nw, ne],
            }
        })
        .collect();
    let nodes = (0..width * width).map(node).collect();
    Grid::of_triangles(Mesh::Flat, Triangles::new(Mesh::Flat, nodes, &faces, 3, points).unwrap())
}

/// Where one step of so many seconds takes particles.
fn advanced<E: Engine>(
    engine: &E,
    field: &Field,
    particles: &[Particle],
    seconds: f64,
) -> Vec<Particle> {
    let span = Span::from_seconds(seconds);
    let window = window([Instant(0), Instant(0) + span], span, 0);
    engines::advanced(engine, [field; 2], particles, window)
}

/// How far the particles that stay inside are from where a straight way leads, at most, and how many
/// have left and should not, or the other way round.
fn off(grid: &Grid, from: &[[f64; 2]], way: [f64; 2], moved: &[Particle]) -> (f64, usize) {
    let (mut most, mut wrong) = (0.0_f64, 0);
    for (from, particle) in from.iter().zip(moved) {
        let to = [from[0] + way[0], from[1] + way[1]];
        let stays = to.iter().all(|part| (0.0..=SIDE).contains(part));
        let active = particle.status == Status::Active.code();
        wrong += usize::from(stays != active);
        if stays && active {
            most = most.max(grid.distance(position(grid, particle), to));
        }
    }
    (most, wrong)
}

fn starts(seed: u64) -> Vec<[f64; 2]> {
    let along = |index: u64| SIDE * (0.5 + 0.499 * noise(seed ^ (50_000 + index)));
    (0..200).map(|index| [along(2 * index), along(2 * index + 1)]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]
    #[test]
    fn a_way_over_many_triangles_is_straight(seed in 0..1_000_000_u64, u in -500.0..500.0_f32, v in -500.0..500.0_f32) {
        for points in [Points::Nodes, Points::Faces] {
            let grid = square(seed, points);
            let starts = starts(seed);
            let particles = release(&grid, &starts).unwrap();
            let field = sample(&grid, |_, _| [f64::from(u), f64::from(v)]);
            let moved = advanced(&CpuEngine::new(&setup(&grid)), &field, &particles, 1.0);
            let (most, wrong) = off(&grid, &starts, [f64::from(u), f64::from(v)], &moved);
            // The weights that average faces to nodes are f32.
            prop_assert!(most < 1e-3 && wrong == 0, "{most} m, {wrong} wrong");
        }
    }
}

#[test]
fn the_adapter_goes_straight_on_too_and_another_way_is_noticed() {
    for (seed, way) in [(1, [310.5, -120.25]), (2, [-700.0, 33.0]), (3, [3.5, 2.0])] {
        let grid = square(seed, Points::Nodes);
        let starts = starts(seed);
        let particles = release(&grid, &starts).unwrap();
        let field = sample(&grid, |_, _| way);
        let moved = advanced(&device(&setup(&grid)), &field, &particles, 1.0);
        let (most, wrong) = off(&grid, &starts, way, &moved);
        assert!(most < 5e-3 && wrong == 0, "{most} m, {wrong} wrong");
        let (most, _) = off(&grid, &starts, [way[0] * 1.0001, way[1]], &moved);
        assert!(most > 3e-4, "{most}");
    }
}

#[test]
fn dry_faces_strand_and_the_engines_agree_on_it() {
    let grid = square(5, Points::Faces);
    let is_dry = |x: f64, _: f64| x > 600.0;
    let field = sample(&grid, |x, y| match is_dry(x, y) {
        true => [f64::from(MISSING); 2],
        false => [0.05, 0.01 * (y / 100.0).sin()],
    });
    let particles = release(&grid, &starts(5)).unwrap();
    let at = |particle: &Particle| {
        grid.triangles()
            .unwrap()
            .point_near(drogue::grid::Location { cell: particle.cell, offset: particle.offset })
    };
    let dry: Vec<bool> =
        (0..grid.data_shape()[0]).map(|face| is_dry(grid.node([face, 0])[0], 0.0)).collect();
    let sea: Vec<Particle> = particles.into_iter().filter(|p| !dry[at(p)]).collect();
    let setup = setup(&grid);
    let go = |moved: &mut Vec<Particle>, advance: &dyn Fn(&[Particle]) -> Vec<Particle>| {
        for _ in 0..60 {
            *moved = advance(moved);
        }
    };
    let (reference, device) = (CpuEngine::new(&setup), device(&setup));
    let (mut a, mut b) = (sea.clone(), sea.clone());
    go(&mut a, &|p| advanced(&reference, &field, p, 120.0));
    go(&mut b, &|p| advanced(&device, &field, p, 120.0));
    let stranded =
        |all: &[Particle]| all.iter().filter(|p| p.status == Status::Stranded.code()).count();
    assert!(stranded(&a) > 20, "{} of {}", stranded(&a), a.len());
    assert!(stranded(&a).abs_diff(stranded(&b)) <= 1);
    assert!(a.iter().all(|particle| !dry[at(particle)]), "who strands stays where it was before");
    let mut apart: Vec<f64> = (a.iter().zip(&b))
        .map(|(a, b)| grid.distance(position(&grid, a), position(&grid, b)))
        .collect();
    apart.sort_by(f64::total_cmp);
    assert!(apart[apart.len() * 95 / 100] < 1e-2, "{:?}", &apart[apart.len() - 10..]);
}

#[test]
fn a_place_is_found_where_it_is_on_both_sides_of_the_antimeridian_and_over_the_pole() {
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    for (centre, spread) in [([180.0, -17.0], 3.0), ([0.0, 90.0], 20.0)] {
        // A fan of triangles around the centre.
        let rim = (0..12).map(|k| {
            let angle = f64::from(k) * 30.0_f64;
            match centre[1] == 90.0 {
                true => [angle, 90.0 - spread],
                false => {
                    let (sin, cos) = angle.to_radians().sin_cos();
                    // Some files have them from -180, others from 0.
                    let x: f64 = centre[0] + spread * cos;
                    [if k % 2 == 0 { x - 360.0 } else { x }, centre[1] + spread * sin]
                }
            }
        });
        let nodes: Vec<[f64; 2]> = std::iter::once(centre).chain(rim).collect();
        let faces: Vec<u32> = (0..12).flat_map(|k| [0, k + 1, (k + 1) % 12 + 1]).collect();
        let triangles = Triangles::new(mesh, nodes, &faces, 3, Points::Nodes).unwrap();
        let grid = Grid::of_triangles(mesh, triangles);
        for k in 0..500_u64 {
            let offset = {
                let (a, b) = (0.5 + 0.5 * noise(2 * k), 0.5 + 0.5 * noise(2 * k + 1));
                if a + b > 1.0 { [1.0 - a, 1.0 - b] } else { [a, b] }
            };
            let at = drogue::grid::Location { cell: [(k % 12) as i32, 0], offset };
            let place = grid.position(at);
            let found = grid.locate(place[0], place[1]).unwrap();
            let way = grid.distance(grid.position(found), place);
            assert!(way < 1e-3, "{place:?}: {way} m");
            assert_eq!(found.cell, at.cell);
        }
        assert_eq!(grid.locate(centre[0] + 90.0, -60.0), None);
    }
}

#[test]
fn what_is_no_mesh_is_refused_by_name() {
    let nodes = || vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 2.0]];
    let flat = |faces: &[u32]| Triangles::new(Mesh::Flat, nodes(), faces, 3, Points::Nodes);
    assert!(flat(&[0, 1, 2, 1, 3, 2]).is_ok());
    let refused = |faces: &[u32]| flat(faces).unwrap_err();
    assert_eq!(refused(&[]), TrianglesError::NoFace);
    assert_eq!(refused(&[0, 1, 7]), TrianglesError::NoNode { face: 0, node: 7, nodes: 5 });
    assert_eq!(refused(&[0, 1, 2, 0, 3, 4]), TrianglesError::Shape { face: 1 });
    assert_eq!(refused(&[0, 1, NO_CORNER]), TrianglesError::Shape { face: 0 });
    assert!(matches!(
        refused(&[0, 1, 2, 0, 1, 3]),
        TrianglesError::Overlap { face: 1, nodes: [0, 1] }
    ));
    // What follows a missing corner is none, even where it is no node either.
    for points in [Points::Nodes, Points::Faces] {
        let faces = [0, 1, 2, NO_CORNER, 1_000_000];
        let padded = Triangles::new(Mesh::Flat, nodes(), &faces, 5, points).unwrap();
        assert_eq!(padded.count(), 1);
    }
    let globe = vec![[0.0, 0.0], [120.0, 0.0], [-120.0, 0.0], [0.0, 90.0], [0.0, -90.0]];
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    let faces = [0, 1, 3, 1, 2, 3, 2, 0, 3, 0, 1, 4];
    let error = Triangles::new(mesh, globe, &faces, 3, Points::Nodes).unwrap_err();
    assert!(matches!(error, TrianglesError::Nowhere { .. }), "{error}");
}

/// A strip of so many squares with sides of a metre, each cut into two triangles.
fn strip(squares: u32) -> Grid {
    let nodes = (0..=squares).flat_map(|i| [[f64::from(i), 0.0], [f64::from(i), 1.0]]).collect();
    let cut = |i: u32| [2 * i, 2 * i + 2, 2 * i + 1, 2 * i + 1, 2 * i + 2, 2 * i + 3];
    let faces: Vec<u32> = (0..squares).flat_map(cut).collect();
    let triangles = Triangles::new(Mesh::Flat, nodes, &faces, 3, Points::Nodes).unwrap();
    Grid::of_triangles(Mesh::Flat, triangles)
}

#[test]
fn a_step_over_thousands_of_triangles_ends_where_it_leads_or_is_refused() {
    let grid = strip(3000);
    let particles = release(&grid, &[[0.25, 0.25], [2999.0, 0.5]]).unwrap();
    let field = sample(&grid, |_, _| [2900.0, 0.0]);
    let moved = advanced(&CpuEngine::new(&setup(&grid)), &field, &particles, 1.0);
    let [x, y] = position(&grid, &moved[0]);
    assert!((x - 2900.25).hypot(y - 0.25) < 1e-6, "{x} {y}");
    assert_eq!(moved[1].status, Status::LeftDomain.code());
    let span = Span::from_seconds(1.0);
    let window = window([Instant(0), Instant(0) + span], span, 0);
    let error = engines::tried(&device(&setup(&grid)), [&field; 2], &particles, window);
    let error = error.unwrap_err();
    assert!(matches!(error, EngineError::StepTooLong { .. }), "{error}");
    assert!(error.to_string().contains("shorten `step`"), "{error}");
    // As far as it goes.
    let field = sample(&grid, |_, _| [500.0, 0.0]);
    let moved = advanced(&device(&setup(&grid)), &field, &particles, 0.5);
    let [x, y] = position(&grid, &moved[0]);
    assert!((x - 250.25).hypot(y - 0.25) < 1e-2, "{x} {y}");
}

#[test]
fn who_rests_on_the_rim_stays_and_who_is_released_there_is_inside() {
    let grid = square(3, Points::Nodes);
    let still = sample(&grid, |_, _| [0.0; 2]);
    let along = (0..200).map(|k| SIDE * (0.5 + 0.5 * noise(900 + k)));
    let rim: Vec<[f64; 2]> = along
        .flat_map(|at| [[at, 0.0], [at, SIDE], [0.0, at], [SIDE, at]])
        .chain([[0.0; 2], [SIDE; 2], [SIDE, 0.0], [0.0, SIDE]])
        .collect();
    let particles = release(&grid, &rim).unwrap();
    let (reference, device) = (CpuEngine::new(&setup(&grid)), device(&setup(&grid)));
    for moved in [
        advanced(&reference, &still, &particles, 3600.0),
        advanced(&device, &still, &particles, 3600.0),
    ] {
        for (from, particle) in rim.iter().zip(&moved) {
            assert_eq!(particle.status, Status::Active.code(), "{from:?}");
            assert!(grid.distance(*from, position(&grid, particle)) < 1e-3);
        }
    }
    // As files round them to f32, and no farther.
    assert!(grid.locate(SIDE * (1.0 + 0.4 * f64::from(f32::EPSILON)), 10.0).is_some());
    assert!(grid.locate(SIDE + 1e-3, 10.0).is_none());
}

#[test]
fn particles_on_corners_and_sides_come_back_from_the_device_as_they_went() {
    let grid = square(4, Points::Nodes);
    let nodes: Vec<[f64; 2]> = (0..grid.data_shape()[0]).map(|node| grid.node([node, 0])).collect();
    let between = nodes.windows(2).map(|pair| [0, 1].map(|d| (pair[0][d] + pair[1][d]) / 2.0));
    let places: Vec<[f64; 2]> = between.chain(nodes.clone()).collect();
    let engine = device(&setup(&grid));
    let there = |particles: &[Particle]| {
        drogue::verify::blocking::read(&engine, engine.load(particles).unwrap()).unwrap()
    };
    let field = sample(&grid, |x, y| [0.3 * y, -0.1 * x]);
    for seconds in [1e-3, 7.0] {
        let moved = advanced(&engine, &field, &release(&grid, &places).unwrap(), seconds);
        assert_eq!(there(&moved), moved);
    }
}

#[test]
fn a_repeated_corner_is_none() {
    let nodes = || vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    for faces in [[0, 1, 2, 2, 1, 3, 2, NO_CORNER], [0, 1, 2, 0, 1, 3, 2, 2]] {
        for points in [Points::Nodes, Points::Faces] {
            let padded = Triangles::new(Mesh::Flat, nodes(), &faces, 4, points).unwrap();
            assert_eq!(padded.count(), 2);
        }
    }
}
