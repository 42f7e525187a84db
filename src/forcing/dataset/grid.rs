//! The grid that coordinates make.

use std::path::Path;

use super::floor;
use crate::forcing::ForcingError;
use crate::forcing::cf::{Horizontal, Interpretation, NodesVariables, TrianglesVariables};
use crate::grid::{Axis, Curvilinear, Grid, Levels, Mesh, Triangles};

/// The grid of a velocity, with its levels where it moves in three dimensions.
///
/// # Errors
/// Those of [`of`], [`ForcingError::LevelsOfSeam`], [`ForcingError::Levels`] and [`ForcingError::Terrain`].
pub(super) fn of_velocity(
    path: &Path,
    found: &Interpretation,
    period: Option<f64>,
) -> Result<Grid, ForcingError> {
    let horizontal = of(path, &found.horizontal, found.mesh, period)?;
    let Some(levels) = &found.levels else { return Ok(horizontal) };
    if horizontal.fold().is_some() && horizontal.has_faces() {
        return Err(ForcingError::LevelsOfSeam { path: path.to_owned() });
    }
    let in_depth = match &found.terrain {
        None => Levels::new(levels.depths.clone()).map_err(|source| ForcingError::Levels {
            path: path.to_owned(),
            variable: levels.variable.clone(),
            source,
        })?,
        Some(terrain) => floor::levels(path, &horizontal, found, levels, terrain)?,
    };
    Ok(horizontal.with_levels(in_depth))
}

/// The grid of the file at `path`, without levels, which closes on itself where it covers this
/// period.
///
/// # Errors
/// [`ForcingError::Axis`], [`ForcingError::Nodes`] and [`ForcingError::Triangles`].
pub(super) fn of(
    path: &Path,
    horizontal: &Horizontal,
    mesh: Mesh,
    period: Option<f64>,
) -> Result<Grid, ForcingError> {
    let wrong = |variable: &str| {
        let (path, variable) = (path.to_owned(), variable.to_owned());
        move |source| ForcingError::Axis { path, variable, source }
    };
    match (horizontal, mesh) {
        (Horizontal::Nodes(nodes), Mesh::Sphere { radius }) => {
            let NodesVariables { longitudes, latitudes, columns, arrangement, .. } = nodes;
            Curvilinear::new(longitudes, latitudes, *columns, *arrangement, radius)
                .map(|nodes| Grid::of_nodes(radius, nodes))
                .map_err(|source| ForcingError::Nodes {
                    path: path.to_owned(),
                    variable: nodes.longitude.clone(),
                    source,
                })
        }
        (Horizontal::Nodes(_), Mesh::Flat) => unreachable!("nodes have longitudes and latitudes"),
        (Horizontal::Triangles(of_file), mesh) => {
            let TrianglesVariables { nodes, faces, width, points, .. } = of_file;
            Triangles::new(mesh, nodes.to_vec(), faces, *width, *points)
                .map(|triangles| Grid::of_triangles(mesh, triangles))
                .map_err(|source| ForcingError::Triangles {
                    path: path.to_owned(),
                    variable: of_file.connectivity.clone(),
                    source,
                })
        }
        (Horizontal::Axes { x, y }, mesh) => {
            let x_axis = Axis::new(x.nodes.clone()).map_err(wrong(&x.name))?;
            let y_axis = Axis::new(y.nodes.clone()).map_err(wrong(&y.name))?;
            let repeating = period.and_then(|period| {
                Grid::repeating(mesh, x_axis.clone(), y_axis.clone(), period).ok()
            });
            let grid = repeating.map_or_else(|| Grid::new(mesh, x_axis, y_axis), Ok);
            grid.map_err(wrong(&format!("{}, {}", x.name, y.name)))
        }
    }
}
