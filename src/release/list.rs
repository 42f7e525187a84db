//! Particles that a file lists, one a row.

use std::path::Path;

use super::ReleaseError;
use super::metric::check;
use crate::grid::Mesh;
use crate::time::{Calendar, CivilTime, Instant};

/// Particles one by one: as many entries in each column that there is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct List {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// Metres, positive down.
    pub depth: Option<Vec<f64>>,
    pub time: Option<Vec<Instant>>,
}

/// A column that a table may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    X,
    Y,
    Depth,
    Time,
}

/// The columns in a table, by index.
pub(super) struct Columns {
    pub x: usize,
    pub y: usize,
    pub depth: Option<usize>,
    pub time: Option<usize>,
}

impl Column {
    /// Names in lower case; the first that a table has counts. A table may hold degrees and metres
    /// side by side, so the mesh decides which come first.
    fn names(self, mesh: Mesh) -> [&'static str; 3] {
        match (self, mesh) {
            (Self::X, Mesh::Sphere { .. }) => ["lon", "longitude", "x"],
            (Self::Y, Mesh::Sphere { .. }) => ["lat", "latitude", "y"],
            (Self::X, Mesh::Flat) => ["x", "lon", "longitude"],
            (Self::Y, Mesh::Flat) => ["y", "lat", "latitude"],
            (Self::Depth, _) => ["depth"; 3],
            (Self::Time, _) => ["time"; 3],
        }
    }

    fn find(self, mesh: Mesh, header: &[String]) -> Option<usize> {
        let named = |wanted: &str| {
            header.iter().position(|name| name.trim().to_ascii_lowercase() == wanted)
        };
        self.names(mesh).into_iter().find_map(named)
    }

    fn require(
        self,
        mesh: Mesh,
        path: &Path,
        header: &[String],
        wanted: &'static str,
    ) -> Result<usize, ReleaseError> {
        self.find(mesh, header).ok_or_else(|| ReleaseError::NoColumn {
            path: path.to_owned(),
            wanted,
            accepted: self.names(mesh).join(", "),
            found: header.to_vec(),
        })
    }
}

impl Columns {
    /// Finds the columns in the header of a table.
    pub(super) fn find(mesh: Mesh, path: &Path, header: &[String]) -> Result<Self, ReleaseError> {
        Ok(Self {
            x: Column::X.require(mesh, path, header, "the longitude (or x)")?,
            y: Column::Y.require(mesh, path, header, "the latitude (or y)")?,
            depth: Column::Depth.find(mesh, header),
            time: Column::Time.find(mesh, header),
        })
    }
}

impl List {
    /// Reads the file that its ending says it is.
    pub(super) fn read(path: &Path, mesh: Mesh, calendar: Calendar) -> Result<Self, ReleaseError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let list = match ending.to_ascii_lowercase().as_str() {
            "csv" => super::csv::read(path, mesh, calendar)?,
            "parquet" | "pq" => super::parquet::read(path, mesh, calendar)?,
            "geojson" | "json" => super::geojson::points(path, calendar)?,
            _ => {
                let message =
                    "particles are read from .csv, .parquet and .geojson files".to_owned();
                return Err(ReleaseError::Format { path: path.to_owned(), message });
            }
        };
        list.check(path, mesh)?;
        Ok(list)
    }

    fn check(&self, path: &Path, mesh: Mesh) -> Result<(), ReleaseError> {
        for (index, (&x, &y)) in self.x.iter().zip(&self.y).enumerate() {
            check(mesh, [x, y], || format!("{}, row {}", path.display(), index + 1))?;
        }
        for (index, &depth) in self.depth.iter().flatten().enumerate() {
            if !(depth.is_finite() && depth >= 0.0) {
                let problem = format!("{depth} is no depth: metres, positive down");
                return Err(value(path, index as u64 + 1, "depth", problem));
            }
        }
        Ok(())
    }
}

/// The fault of a value of a table; rows count from 1.
pub(super) fn value(
    path: &Path,
    row: u64,
    column: &str,
    problem: impl Into<String>,
) -> ReleaseError {
    let (path, column, problem) = (path.to_owned(), column.to_owned(), problem.into());
    ReleaseError::Value { path, row, column, problem }
}

/// The moment that a text of a table stands for.
pub(super) fn instant(calendar: Calendar, text: &str) -> Result<Instant, String> {
    CivilTime::parse(text)
        .and_then(|civil| calendar.instant(civil))
        .map_err(|error| error.to_string())
}
