//! The patterns in which particles start.

use std::path::PathBuf;

use serde::Serialize;

/// Where particles start. x and y are longitude and latitude in degrees on a sphere, metres on a
/// plane; the keys are `lon` and `lat`, or `x` and `y`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Pattern {
    /// All at one place.
    Point {
        /// x of the place.
        x: f64,
        /// y of the place.
        y: f64,
        /// How many.
        count: u64,
    },
    /// One at each of some places.
    Points {
        /// x of the places.
        x: Vec<f64>,
        /// y of the places, as many.
        y: Vec<f64>,
    },
    /// Evenly along a line, one at either end.
    Line {
        /// x and y of the first.
        from: [f64; 2],
        /// x and y of the last.
        to: [f64; 2],
        /// How many.
        count: u64,
    },
    /// Rows and columns in a box.
    Grid {
        /// Western and eastern end. If the eastern is the smaller, the box crosses the antimeridian.
        x: [f64; 2],
        /// Southern and northern end.
        y: [f64; 2],
        /// How densely.
        layout: Layout,
    },
    /// Evenly in a circle.
    Disc {
        /// x of the centre.
        x: f64,
        /// y of the centre.
        y: f64,
        /// Radius in metres.
        radius: f64,
        /// How many.
        count: u64,
    },
    /// Rows and columns in an area.
    Polygon {
        /// The area.
        area: Area,
        /// How densely.
        layout: Layout,
    },
    /// At the places, and maybe times, that a file lists.
    File {
        /// A CSV, Parquet or GeoJSON file.
        path: PathBuf,
    },
}

impl Pattern {
    /// The kind as it is written: `point`, `grid` and so on.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Point { .. } => "point",
            Self::Points { .. } => "points",
            Self::Line { .. } => "line",
            Self::Grid { .. } => "grid",
            Self::Disc { .. } => "disc",
            Self::Polygon { .. } => "polygon",
            Self::File { .. } => "file",
        }
    }
}

/// How densely rows and columns lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// So that there are exactly so many particles.
    Count(u64),
    /// So far apart.
    Spacing(Spacing),
}

/// The distance between neighbouring rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spacing {
    /// In degrees of longitude and latitude.
    Degrees(f64),
    /// In metres.
    Metres(f64),
}

/// An area on the map.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// The corners of one polygon: x and y each.
    Points(Vec<[f64; 2]>),
    /// A GeoJSON file of polygons.
    File(PathBuf),
}
