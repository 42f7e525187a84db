//! The floor that levels follow, at the points of the grid.

use std::path::Path;
use std::sync::Arc;

use crate::forcing::ForcingError;
use crate::forcing::cf::{Horizontal, Interpretation, LevelsVariable, TerrainVariables};
use crate::grid::{Arrangement, Grid, Levels, Terrain};

/// Levels between the surface and the floor of a file.
///
/// # Errors
/// [`ForcingError::ShapesDiffer`] for a floor on other points than the grid's, and
/// [`ForcingError::Terrain`].
pub(super) fn levels(
    path: &Path,
    grid: &Grid,
    found: &Interpretation,
    levels: &LevelsVariable,
    terrain: &TerrainVariables,
) -> Result<Levels, ForcingError> {
    let wrong = |source| ForcingError::Terrain {
        path: path.to_owned(),
        variable: levels.variable.clone(),
        source,
    };
    let own = terrain.shape;
    if let Some(triangles) = grid.triangles() {
        let nodes = triangles.node_count();
        if own != [nodes, 1] {
            return Err(differs(path, terrain, [nodes, 1]));
        }
        let floor = terrain.depths.to_vec();
        let in_depth = match &terrain.of_nodes {
            Some(s) => Terrain::of_points(Arc::clone(s), floor),
            None => {
                let s = levels.depths.iter().map(|part| -part).collect();
                Terrain::new(terrain.formula, s, terrain.stretched.clone(), floor)
            }
        };
        return in_depth.map(Levels::following).map_err(wrong);
    }
    let [columns, rows] = found.horizontal.shape();
    let (first, [width, height], fits) = match &found.horizontal {
        Horizontal::Nodes(nodes) if nodes.arrangement == Arrangement::Faces => {
            let fits = own == [columns, rows] || own == [columns + 1, rows + 1];
            (nodes.first[2], [columns - 1, rows - 1], fits)
        }
        _ => ([0; 2], [columns, rows], own == [columns, rows]),
    };
    if !fits {
        return Err(differs(path, terrain, [columns, rows]));
    }
    // Where a model repeats columns the grid has fewer than the file.
    let width = match grid.has_faces() {
        true => width.min(grid.columns() - 1),
        false => width.min(grid.data_shape()[0]),
    };
    let flipped = found.horizontal.axes().map_or([false; 2], |axes| axes.map(|axis| axis.flipped));
    let turned =
        |index: usize, count: usize, flipped| if flipped { count - 1 - index } else { index };
    let points = (0..height).flat_map(|j| (0..width).map(move |i| [i, j]));
    let depths = points.map(|[i, j]| {
        let (i, j) = (turned(i, width, flipped[0]), turned(j, height, flipped[1]));
        let depth = terrain.depths[(j + first[1]) * own[0] + i + first[0]];
        // Land, whose height is nobody's depth.
        if depth > 0.0 { depth } else { f32::NAN }
    });
    let s = levels.depths.iter().map(|part| -part).collect();
    Terrain::new(terrain.formula, s, terrain.stretched.clone(), depths.collect())
        .map(Levels::following)
        .map_err(wrong)
}

fn differs(path: &Path, terrain: &TerrainVariables, expected: [usize; 2]) -> ForcingError {
    let lengths = |shape: [usize; 2]| shape.iter().rev().map(|&length| length as u64).collect();
    ForcingError::ShapesDiffer {
        path: path.to_owned(),
        variable: terrain.floor.clone(),
        shape: lengths(terrain.shape),
        expected: lengths(expected),
    }
}
