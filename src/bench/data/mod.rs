//! The workloads as files: what runs read, and what other tools can be held against.

mod netcdf;
mod releases;
mod zarr;

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{BenchError, Watch, Workload};

/// The format of the files that a run reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// NetCDF-4, f32, deflated at level 4 and shuffled, one chunk a snapshot.
    #[default]
    Netcdf,
    /// Zarr v2, blosc with zstd, one chunk a snapshot.
    Zarr,
}

impl Input {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Netcdf, Self::Zarr];

    /// The name, such as `netcdf`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Netcdf => "netcdf",
            Self::Zarr => "zarr",
        }
    }
}

/// A folder with the workloads' files.
#[derive(Clone, Debug)]
pub struct Data {
    folder: PathBuf,
}

/// `units` of the time axis.
const TIME_UNITS: &str = "seconds since 2020-01-01 00:00:00";

/// What the library that writes a format, or the disk, complains of.
type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Data {
    /// The data in this folder, which need not exist yet.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The data in the user's folder for what can be made anew.
    ///
    /// # Errors
    /// [`BenchError::NoCache`] where the user has no home.
    pub fn cached() -> Result<Self, BenchError> {
        use etcetera::BaseStrategy;
        let strategy =
            etcetera::choose_base_strategy().map_err(|error| BenchError::NoCache(error.into()))?;
        Ok(Self::in_folder(strategy.cache_dir().join("drogue").join("bench")))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a scenario names as data. The files are made unless they are there: under
    /// [`Data::folder`] the store `w1.zarr`, or the file `w1.nc`, or files `w1/w1_*.nc`; those that
    /// are made come into view when they are complete.
    ///
    /// # Errors
    /// [`BenchError::Write`].
    pub fn provide(
        &self,
        workload: Workload,
        input: Input,
        watch: &dyn Watch,
    ) -> Result<String, BenchError> {
        let name = workload.name().to_lowercase();
        let (place, pattern) = match input {
            Input::Netcdf => {
                let single = self.folder.join(format!("{name}.nc"));
                if single.is_file() {
                    return text(&single);
                }
                let folder = self.folder.join(&name);
                (folder.clone(), folder.join("*.nc"))
            }
            Input::Zarr => {
                let store = self.folder.join(format!("{name}.zarr"));
                (store.clone(), store)
            }
        };
        if !place.exists() {
            let failed = |cause| BenchError::Write { path: place.clone(), cause };
            make(&self.folder, &place, |folder| match input {
                Input::Netcdf => netcdf::write(workload, folder, watch),
                Input::Zarr => zarr::write(workload, folder, watch),
            })
            .map_err(failed)?;
        }
        text(&pattern)
    }

    /// The release of so many particles as a Parquet table in the folder, made anew.
    ///
    /// # Errors
    /// [`BenchError::Write`].
    pub fn release(&self, workload: Workload, particles: u64) -> Result<PathBuf, BenchError> {
        releases::table(workload, particles, &self.folder)
    }

    /// Writes the workload in both formats, releases of these numbers of particles as Parquet, and a
    /// scenario for each, and says what was written. Files that are there already are left as they
    /// are, but for releases and scenarios.
    ///
    /// # Errors
    /// [`BenchError::Write`].
    pub fn write(
        &self,
        workload: Workload,
        particles: &[u64],
        watch: &dyn Watch,
    ) -> Result<Vec<PathBuf>, BenchError> {
        let mut written: Vec<PathBuf> = Vec::new();
        for input in Input::ALL {
            written.push(self.provide(workload, input, watch)?.into());
        }
        let particles =
            if particles.is_empty() { workload.definition().releases } else { particles };
        for &particles in particles {
            let data = written[0].clone();
            written.extend(releases::write(workload, particles, &self.folder, &data)?);
        }
        Ok(written)
    }
}

/// Has `fill` fill a folder that then appears at `place`, whole.
fn make(
    parent: &Path,
    place: &Path,
    fill: impl FnOnce(&Path) -> Result<(), Cause>,
) -> Result<(), Cause> {
    fs::create_dir_all(parent)?;
    let folder = tempfile::Builder::new().prefix(".making-").tempdir_in(parent)?;
    // One level down, where it gets the rights that the user gives to folders.
    let whole = folder.path().join("whole");
    fs::create_dir(&whole)?;
    fill(&whole)?;
    match fs::rename(&whole, place) {
        // Another process was faster, and has made the same.
        Err(_) if place.exists() => Ok(()),
        renamed => Ok(renamed?),
    }
}

fn text(path: &Path) -> Result<String, BenchError> {
    let utf8 = path.to_str().map(str::to_owned);
    utf8.ok_or_else(|| BenchError::NotUtf8 { path: path.to_owned() })
}
