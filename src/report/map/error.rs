//! What keeps a map from being drawn.

use std::path::PathBuf;

use thiserror::Error;

/// Why a map could not be drawn.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MapError {
    /// There is nothing to draw.
    #[error("the trajectories hold no position: there is nothing to draw")]
    Empty,
    /// The observations could not be read.
    #[error("cannot read the trajectories: {0}")]
    Tracks(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A frame's columns differ in length.
    #[error("a frame of observations has columns of different lengths")]
    Ragged,
    /// A position that is not on the mesh.
    #[error(
        "particle {id} is at ({x}, {y}), which is no position: write the trajectories again, or choose another mesh"
    )]
    Position {
        /// The particle's number.
        id: u64,
        /// Longitude or x as stored.
        x: f64,
        /// Latitude or y as stored.
        y: f64,
    },
    /// A status code that drogue does not write.
    #[error("particle {id} has the status {code}, which drogue does not know")]
    UnknownStatus {
        /// The particle's number.
        id: u64,
        /// The code as stored.
        code: u8,
    },
    /// A particle number too large to be one of a run's.
    #[error("{id} is too large for a particle's number: runs count their particles from 0")]
    Id {
        /// The number as stored.
        id: u64,
    },
    /// The extent that was asked for is none.
    #[error(
        "{0:?} is no extent: give west, south, east and north, with south below north and latitudes from -90 to 90"
    )]
    Extent([f64; 4]),
    /// The width that was asked for is out of range.
    #[error("a map can be 400 to 6000 pixels wide, not {0}")]
    Width(u32),
    /// The mask's values do not fit its coordinates.
    #[error(
        "the land mask needs ascending coordinates and a value for each of its {columns} x {rows} nodes; it has {values}"
    )]
    Mask {
        /// Columns of nodes.
        columns: usize,
        /// Rows of nodes.
        rows: usize,
        /// Values given.
        values: usize,
    },
    /// The file's ending is that of no picture.
    #[error("{0} ends in neither .png nor .svg")]
    Ending(PathBuf),
    /// The picture could not be put together.
    #[error("cannot draw the map: {0}")]
    Draw(String),
    /// The PNG could not be put together.
    #[error("cannot encode the picture: {0}")]
    Png(#[from] png::EncodingError),
    /// The file could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
