//! One flow on grids of several kinds: each must carry particles to the same places, the nearer the
//! finer it is.
//!
//! The flow is a rotation of the sphere about an axis in the plane of the equator, whose answer is a
//! closed form. On each grid it is followed with cells of some size and with cells of half that size;
//! what it is off by must fall to a quarter; to a half where velocities go through faces, for there a
//! component is constant across its cell. Cells are large enough for that to exceed the rounding
//! of f32 a hundredfold.

use std::f64::consts::PI;

use super::solid_body::{DURATION, RATE, SolidBody, Vector, place};
use super::{even, triangular};
use crate::grid::{Arrangement, Curvilinear, EARTH_RADIUS, Grid, Mesh, Pointing, Points};
use crate::verify::VerifyError;
use crate::verify::budget::Prediction;
use crate::verify::experiment::setup;
use crate::verify::suite::{Case, Course, converging, misses};

const FLOW: SolidBody = SolidBody { axis: [0.0, 1.0, 0.0], rate: RATE };
const EAST_AND_NORTH: Arrangement = Arrangement::Nodes(Pointing::Earth);
/// By how much a measured order may differ from the right one: particles end at other places within
/// their cells.
const TOLERANCE: f64 = 0.4;
/// The most that a velocity is off, as a multiple of the square of a cell's side as an angle: linear
/// interpolation of the flow along both axes (√5 / 8), and of a metre in cells (at 30° from the
/// grid's equator, 2 / 8); differences over two cells in place of slopes (√2 / 6).
const MOST: f64 = 0.28 + 0.25 + 0.24;

/// A grid of `cells` by `cells`, and the side of its largest cell as an angle.
type Make = fn(cells: usize) -> Result<(Grid, f64), VerifyError>;

/// Nodes where a function puts the points of a square from -1 to 1.
fn square(
    cells: usize,
    arrangement: Arrangement,
    put: impl Fn([f64; 2]) -> Vector,
) -> Result<Grid, VerifyError> {
    let along = |index: usize| 2.0 * index as f64 / cells as f64 - 1.0;
    let points = (0..=cells).flat_map(|j| (0..=cells).map(move |i| [along(i), along(j)]));
    let (longitudes, latitudes): (Vec<_>, Vec<_>) =
        points.map(|at| place(put(at))).map(|[x, y]| (x, y)).unzip();
    let nodes = Curvilinear::new(&longitudes, &latitudes, cells + 1, arrangement, EARTH_RADIUS)?;
    Ok(Grid::of_nodes(EARTH_RADIUS, nodes))
}

/// Longitude and latitude themselves, 60° of each around 0° E, 60° N.
fn rectilinear(cells: usize) -> Result<(Grid, f64), VerifyError> {
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    let grid = Grid::new(mesh, even(-30.0, 30.0, cells)?, even(30.0, 90.0, cells)?)?;
    Ok((grid, PI / 3.0 / cells as f64))
}

/// 60° by 60° about a point of the equator of a globe whose pole lies at 30° N, 180° E: that point
/// lies at 60° N on the meridian of Greenwich.
fn rotated(cells: usize) -> Result<(Grid, f64), VerifyError> {
    let (sin, cos) = (PI / 3.0).sin_cos();
    let grid = square(cells, EAST_AND_NORTH, |[a, b]| {
        let (sin_x, cos_x) = (a * PI / 6.0).sin_cos();
        let (sin_y, cos_y) = (b * PI / 6.0).sin_cos();
        let [x, y, z] = [cos_y * cos_x, cos_y * sin_x, sin_y];
        [cos * x - sin * z, y, sin * x + cos * z]
    })?;
    Ok((grid, PI / 3.0 / cells as f64))
}

/// The cap of a tripolar grid: ellipses on a stereographic map, around two poles of the grid at 60° N, down
/// to the line between those, beyond which they begin anew. The flow goes across that line.
fn tripolar(cells: usize) -> Result<(Grid, f64), VerifyError> {
    let (columns, rows) = (3 * cells, 3 * cells / 4);
    let step = 2.0 * PI / columns as f64;
    let half = 2.0 * (PI / 12.0).tan();
    let nodes = (0..=rows).flat_map(|j| (0..=columns).map(move |i| [i, rows - j]));
    let (longitudes, latitudes): (Vec<_>, Vec<_>) = nodes
        .map(|at| {
            let [t, s] = at.map(|index| step * index as f64);
            let [x, y] = [s.sinh() * t.sin(), s.cosh() * t.cos()].map(|part| half * part);
            place([x, y, 1.0 - (x * x + y * y) / 4.0])
        })
        .map(|[x, y]| (x, y))
        .unzip();
    let nodes =
        Curvilinear::new(&longitudes, &latitudes, columns + 1, EAST_AND_NORTH, EARTH_RADIUS)?;
    // Where particles are, hardly more than a radian of the map is as wide as half of the line.
    Ok((Grid::of_nodes(EARTH_RADIUS, nodes), step))
}

/// A polar stereographic map with the pole in the middle of a cell of it, 30° to each side.
fn stereographic(cells: usize) -> Result<(Grid, f64), VerifyError> {
    polar_map(cells, EAST_AND_NORTH)
}

/// The same map with velocities through the faces of its cells.
fn staggered(cells: usize) -> Result<(Grid, f64), VerifyError> {
    polar_map(cells, Arrangement::Faces)
}

/// The stereographic map again, cut into triangles and quadrilaterals of all shapes.
fn triangular(cells: usize) -> Result<(Grid, f64), VerifyError> {
    polar_mesh(cells, Points::Nodes)
}

/// The same with velocities in the middle of its faces. Those are averaged to its nodes, with weights
/// that are exact for linear flows inside of the mesh.
fn triangular_faces(cells: usize) -> Result<(Grid, f64), VerifyError> {
    polar_mesh(cells, Points::Faces)
}

fn polar_mesh(cells: usize, points: Points) -> Result<(Grid, f64), VerifyError> {
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    let grid = triangular::mesh(mesh, cells, points, |at| place(on_polar_map(at)))?;
    Ok((grid, 2.0 * half_of_polar_map() / cells as f64))
}

fn polar_map(cells: usize, arrangement: Arrangement) -> Result<(Grid, f64), VerifyError> {
    let grid = square(cells, arrangement, on_polar_map)?;
    Ok((grid, 2.0 * half_of_polar_map() / cells as f64))
}

/// From the middle of the map to its sides, in radii.
fn half_of_polar_map() -> f64 {
    2.0 * (PI / 12.0).tan()
}

/// Where the points of a square from -1 to 1 lie on the map.
fn on_polar_map([a, b]: [f64; 2]) -> Vector {
    let half = half_of_polar_map();
    let [x, y] = [half * (a + 0.01), half * (b - 0.02)];
    let square = (x * x + y * y) / 4.0;
    [x, y, 1.0 - square]
}

fn case(
    name: &'static str,
    releases: &[[f64; 2]],
    right: f64,
    make: Make,
) -> Result<Case, VerifyError> {
    let course = |cells: usize| -> Result<_, VerifyError> {
        let (grid, side) = make(cells)?;
        let releases = releases.to_vec();
        let course =
            Course { flow: FLOW, grid, releases, duration: DURATION, intervals: 1, step: 3600.0 };
        Ok((course, side))
    };
    let [(coarse, side), (fine, _)] = [course(16)?, course(32)?];
    let tolerance = MOST * side * side * FLOW.rate * DURATION * EARTH_RADIUS;
    let ends: Vec<_> =
        releases.iter().map(|&at| Prediction { at: FLOW.exact(at, DURATION), tolerance }).collect();
    let grids = [coarse.grid.clone(), fine.grid.clone()];
    Ok(Case {
        name,
        experiments: vec![
            (setup(coarse.grid.clone()), coarse.experiment()?),
            (setup(fine.grid.clone()), fine.experiment()?),
        ],
        judge: Box::new(move |outcomes| {
            let what = "30 days about an axis in the plane of the equator, distance from the \
                        closed form; tolerance: interpolation between nodes 3.75° apart";
            let both = [0, 1].map(|run| misses(&grids[run], &outcomes[run], &ends));
            converging(name, what, "size of cells", [right, TOLERANCE], both)
        }),
    })
}

pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    let around = [[0.0, 60.0], [5.0, 55.0], [-12.0, 62.0], [9.0, 70.0], [-3.3, 48.0], [14.0, 50.0]];
    let over_the_pole =
        [[180.0, 85.0], [120.0, 80.0], [-60.0, 78.0], [3.0, 89.0], [-170.0, 79.5], [77.0, 86.0]];
    // Triangles differ so much that a few ways would tell little of their order.
    let many: Vec<[f64; 2]> =
        (0..60).map(|k| [f64::from(137 * k % 360), 88.0 - f64::from(k) / 6.0]).collect();
    Ok(vec![
        case("one flow on longitudes and latitudes", &around, 2.0, rectilinear)?,
        case("one flow on a rotated pole", &around, 2.0, rotated)?,
        case("one flow over the seam of a tripolar grid", &many, 2.0, tripolar)?,
        case("one flow on a polar map", &over_the_pole, 2.0, stereographic)?,
        case("one flow through the faces of a polar map", &over_the_pole, 1.0, staggered)?,
        case("one flow on triangles", &many, 2.0, triangular)?,
        case("one flow on the faces of triangles", &many, 2.0, triangular_faces)?,
    ])
}
