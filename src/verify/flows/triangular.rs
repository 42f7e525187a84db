//! Flows on meshes of triangles of all shapes, whose nodes or faces have the velocity.

use std::f64::consts::TAU;

use super::Flow;
use crate::engine::Status;
use crate::grid::{Grid, Mesh, NO_CORNER, Points, Triangles, TrianglesError};
use crate::verify::VerifyError;
use crate::verify::budget::Prediction;
use crate::verify::experiment::setup;
use crate::verify::suite::{Case, CaseResult, Course, Miss, misses};

/// A mesh of so many cells by as many of a square from -1 to 1, put where a function puts them. Every
/// third cell is one face of four corners, the others are cut along one of their diagonals. Nodes
/// inside are moved by a fifth of a cell at most.
pub(super) fn mesh(
    mesh: Mesh,
    cells: usize,
    points: Points,
    put: impl Fn([f64; 2]) -> [f64; 2],
) -> Result<Grid, TrianglesError> {
    let side = 2.0 / cells as f64;
    let node = |index: usize| {
        let ij = [index % (cells + 1), index / (cells + 1)];
        let inside = ij.iter().all(|&k| 0 < k && k < cells);
        // Angles that follow no pattern.
        let angle = TAU * (index as f64 * 0.618_034).fract();
        let off = if inside { side / 5.0 * (0.3 * index as f64).sin() } else { 0.0 };
        let [a, b] = ij.map(|k| side * k as f64 - 1.0);
        put([a + off * angle.cos(), b + off * angle.sin()])
    };
    let positions = (0..(cells + 1) * (cells + 1)).map(node).collect();
    let faces = (0..cells * cells).flat_map(|cell| {
        let first = cell / cells * (cells + 1) + cell % cells;
        let [sw, se, nw, ne] = [0, 1, cells + 1, cells + 2].map(|step| (first + step) as u32);
        match cell % 3 {
            0 => vec![sw, se, ne, nw],
            // One of them the other way around.
            1 => vec![sw, se, ne, NO_CORNER, sw, nw, ne, NO_CORNER],
            _ => vec![se, ne, nw, NO_CORNER, sw, se, nw, NO_CORNER],
        }
    });
    let triangles = Triangles::new(mesh, positions, &faces.collect::<Vec<_>>(), 4, points)?;
    Ok(Grid::of_triangles(mesh, triangles))
}

/// Metres from the middle of the plane to its sides.
const HALF: f64 = 10_000.0;

fn plane(cells: usize, points: Points) -> Result<Grid, TrianglesError> {
    mesh(Mesh::Flat, cells, points, |at| at.map(|part| part * HALF))
}

/// A rotation about the middle, which is linear and so exact on triangles.
#[derive(Clone)]
struct Rotation;

const PERIOD: f64 = 86_400.0;

impl Flow for Rotation {
    fn velocity(&self, _: f64, [x, y]: [f64; 2]) -> [f64; 2] {
        [-TAU / PERIOD * y, TAU / PERIOD * x]
    }
}

/// Solid-body rotation and uniform translation on unstructured meshes are T1-2 and T1-1 of Parcels'
/// own validation.
fn rotation() -> Result<Case, VerifyError> {
    let releases = vec![[2000.0, 0.0], [-7000.0, 1000.0], [3333.0, -4444.0], [0.5, 0.5]];
    let course = Course {
        flow: Rotation,
        grid: plane(40, Points::Nodes)?,
        releases: releases.clone(),
        duration: PERIOD,
        intervals: 1,
        step: 600.0,
    };
    // Runge and Kutta's method is off by the fifth power of a step's angle over 120.
    let step = TAU * course.step / PERIOD;
    let truncation = HALF * PERIOD / course.step * step.powi(5) / 120.0;
    let tolerance = truncation + course.rounding(TAU / PERIOD * HALF, 2.0 * HALF / 40.0);
    let expected = releases.iter().map(|&at| Prediction { at, tolerance }).collect();
    course.case(
        "solid body on triangles",
        "one turn on an uneven mesh of triangles and quadrilaterals, distance from the start; \
         tolerance: truncation, rounding",
        expected,
    )
}

/// A velocity that is the same everywhere.
#[derive(Clone)]
struct Uniform([f64; 2]);

impl Flow for Uniform {
    fn velocity(&self, _: f64, _: [f64; 2]) -> [f64; 2] {
        self.0
    }
}

/// Whole ways over many triangles at once, and out of the mesh.
fn translation() -> Result<Case, VerifyError> {
    let flow = Uniform([1.5, -0.75]);
    let releases = vec![[-9000.0, 9000.0], [-9100.0, 300.0], [9000.0, -5000.0], [0.0, -9900.0]];
    let (duration, grid) = (10_800.0, plane(40, Points::Faces)?);
    let course = Course {
        flow: flow.clone(),
        grid: grid.clone(),
        releases,
        duration,
        intervals: 1,
        step: 1350.0,
    };
    let tolerance = course.rounding(2.0, 2.0 * HALF / 40.0);
    let end = |at: [f64; 2]| [0, 1].map(|d| at[d] + flow.0[d] * duration);
    let stay: Vec<_> =
        course.releases[..2].iter().map(|&at| Prediction { at: end(at), tolerance }).collect();
    Ok(Case {
        name: "translation over triangles",
        experiments: vec![(setup(grid.clone()), course.experiment()?)],
        judge: Box::new(move |outcomes| {
            let (staying, leaving) = outcomes[0].split_at(2);
            let left = Status::LeftDomain.code();
            let wrong = leaving.iter().filter(|particle| particle.status != left).count();
            vec![
                CaseResult::new(
                    "translation over triangles",
                    "steps over four faces each, distance from the closed form; \
                     tolerance: rounding",
                    "m",
                    misses(&grid, staying, &stay),
                ),
                CaseResult::new(
                    "the rim of a mesh",
                    "particles that went over it and have not left",
                    "particles",
                    [Miss { error: wrong as f64, tolerance: 0.0 }],
                ),
            ]
        }),
    })
}

pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    Ok(vec![rotation()?, translation()?])
}
