//! What can go wrong while verifying, apart from a case that does not pass.

use crate::engine::EngineError;
use crate::grid::{AxisError, CurvilinearError, LevelsError, TrianglesError};

/// Why a verification could not be carried out.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The engine that was to be verified reported an error.
    #[error("{case}: {source}")]
    Engine {
        /// The case or comparison in which it happened.
        case: String,
        /// What the engine said.
        source: EngineError,
    },
    /// A case's grid could not be made.
    #[error("a grid of the analytic suite is not valid: {0}")]
    Axis(#[from] AxisError),
    /// The nodes of an experiment make no grid.
    #[error("the nodes of an experiment make no grid: {0}")]
    Nodes(#[from] CurvilinearError),
    /// The faces of an experiment make no mesh.
    #[error("the faces of an experiment make no mesh: {0}")]
    Triangles(#[from] TrianglesError),
    /// The depths of an experiment make no levels.
    #[error("the depths of an experiment make no levels: {0}")]
    Levels(#[from] LevelsError),
    /// A particle was to be released outside of its grid.
    #[error("release {index} at ({x}, {y}) lies outside the grid; move it within {bounds:?}")]
    OutsideGrid {
        /// Index of the release.
        index: usize,
        /// Longitude or x.
        x: f64,
        /// Latitude or y.
        y: f64,
        /// West, south, east and north ends of the grid.
        bounds: [f64; 4],
    },
    /// Two sets of positions that were to be compared differ in number.
    #[error(
        "{reference} positions cannot be compared with {other}: give the same particles in the same order"
    )]
    CountsDiffer {
        /// Particles in the first set.
        reference: usize,
        /// Particles in the second set.
        other: usize,
    },
    /// A comparison of no particles proves nothing.
    #[error("there are no particles to compare: release at least one")]
    Nothing,
}
