//! `[output]`: what is kept of a run.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::Fault;
use super::reader::{Read, Table, Value};
use super::values;
use crate::time::{MICROSECONDS, Span};

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Output {
    /// Where it goes. A relative path of a scenario file has that file's folder in front of it.
    pub path: PathBuf,
    /// How it is stored: the ending of the path.
    pub format: OutputFormat,
    /// Time between two observations of a particle.
    pub every: Span,
}

/// How trajectories are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// A Zarr store: `.zarr`.
    Zarr,
    /// A Parquet table: `.parquet`.
    Parquet,
}

impl Output {
    /// The default of [`Output::every`]: six hours.
    pub const EVERY: Span = Span(6 * 3600 * MICROSECONDS);

    /// Output to `path` every six hours, stored as its ending says; `None` for an ending that no
    /// format has.
    pub fn to(path: impl Into<PathBuf>) -> Option<Self> {
        let path = path.into();
        let format = match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "zarr" => OutputFormat::Zarr,
            "parquet" => OutputFormat::Parquet,
            _ => return None,
        };
        Some(Self { path, format, every: Self::EVERY })
    }
}

pub(super) fn read(mut table: Table<'_>, folder: &Path) -> Option<Output> {
    let output = table.required(&["path"], "for example path = \"trajectories.zarr\"", |value| {
        destination(value, folder)
    });
    let every = table.optional(&["every"], values::duration).unwrap_or(Output::EVERY);
    table.finish();
    Some(Output { every, ..output? })
}

fn destination(value: &Value<'_>, folder: &Path) -> Read<Output> {
    let path = values::text(value)?;
    Output::to(folder.join(path)).ok_or_else(|| {
        let message = if path.to_ascii_lowercase().ends_with(".nc") {
            "NetCDF output is not available yet in this version".to_owned()
        } else {
            format!("the ending of `{path}` does not say how to store the trajectories")
        };
        Fault::at(value.span(), message).help("end the path in .zarr or .parquet")
    })
}
