//! A small ocean to try everything on: a made-up sea with a ragged coast, islands, eddies, a
//! boundary current and a tide, written as the NetCDF files that ocean models publish, and a
//! scenario that releases a million particles in it.
//!
//! Everything is a formula, so that two machines with the same mathematics library write the same
//! bytes, and nothing has to be downloaded.

mod coast;
mod flow;
pub(crate) mod netcdf;

use std::path::{Path, PathBuf};

use thiserror::Error;

/// The scenario that goes with the ocean.
const SCENARIO: &str = include_str!("demo.toml");

/// The snapshots of each file, three-hourly, ten days in all.
const FILES: [std::ops::Range<usize>; 3] = [0..27, 27..54, 54..81];

/// What [`write()`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoFiles {
    /// The scenario to run.
    pub scenario: PathBuf,
    /// The ocean, in the order of time.
    pub forcing: Vec<PathBuf>,
}

/// Why the demo could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DemoError {
    /// A file of that name exists and holds something else.
    #[error(
        "{path} exists and is not what the demo would write: move it away, or name another folder"
    )]
    Exists {
        /// The file in the way.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot write {path}: {source}; name a folder that you may write to")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The NetCDF file could not be put together.
    #[error("cannot put together {path}: {source}")]
    NetCdf {
        /// The file.
        path: PathBuf,
        /// What the NetCDF writer said.
        source: netcdf_writer::Error,
    },
}

/// Writes `demo.toml` and the three files of its ocean, `sea_1.nc` to `sea_3.nc`, into `folder`,
/// which is made if it does not exist.
///
/// Writing again over an unchanged demo is no error.
///
/// # Errors
/// [`DemoError`], among others where a file of one of these names holds something else.
pub fn write(folder: &Path) -> Result<DemoFiles, DemoError> {
    std::fs::create_dir_all(folder)
        .map_err(|source| DemoError::Io { path: folder.to_owned(), source })?;
    let scenario = folder.join("demo.toml");
    keep_or_create(&scenario, SCENARIO.as_bytes())?;
    let land = flow::land();
    let mut forcing = Vec::new();
    for (index, snapshots) in FILES.into_iter().enumerate() {
        let path = folder.join(format!("sea_{}.nc", index + 1));
        let bytes = netcdf::file(snapshots, &land)
            .map_err(|source| DemoError::NetCdf { path: path.clone(), source })?;
        keep_or_create(&path, &bytes)?;
        forcing.push(path);
    }
    Ok(DemoFiles { scenario, forcing })
}

/// Creates the file, or leaves it alone if it holds these very bytes.
fn keep_or_create(path: &Path, bytes: &[u8]) -> Result<(), DemoError> {
    let failed = |source| DemoError::Io { path: path.to_owned(), source };
    if path.exists() {
        return if std::fs::read(path).map_err(failed)? == bytes {
            Ok(())
        } else {
            Err(DemoError::Exists { path: path.to_owned() })
        };
    }
    // Whole or not at all: a half-written ocean would be refused as somebody else's next time.
    let partial = path.with_added_extension("partial");
    std::fs::write(&partial, bytes).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)?;
    Ok(())
}
