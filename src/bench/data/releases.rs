//! Releases as Parquet tables, and scenarios that go with them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Float64Array, RecordBatch};
use parquet::arrow::ArrowWriter;

use super::Cause;
use crate::bench::{BenchError, Starts, Workload};

/// Writes `w1_release_10000.parquet` and `w1_10000.toml` into `folder`.
pub(super) fn write(
    workload: Workload,
    particles: u64,
    folder: &Path,
    data: &Path,
) -> Result<[PathBuf; 2], BenchError> {
    let name = workload.name().to_lowercase();
    let release = table(workload, particles, folder)?;
    let scenario = folder.join(format!("{name}_{particles}.toml"));
    let text = text(workload, particles, data.strip_prefix(folder).unwrap_or(data));
    fs::write(&scenario, text).map_err(|error| failed(&scenario, error.into()))?;
    Ok([release, scenario])
}

/// Writes `w1_release_10000.parquet` into `folder`.
pub(super) fn table(
    workload: Workload,
    particles: u64,
    folder: &Path,
) -> Result<PathBuf, BenchError> {
    let name = workload.name().to_lowercase();
    let path = folder.join(format!("{name}_release_{particles}.parquet"));
    fill(workload, particles, &path).map_err(|cause| failed(&path, cause))?;
    Ok(path)
}

fn failed(path: &Path, cause: Cause) -> BenchError {
    BenchError::Write { path: path.to_owned(), cause }
}

fn fill(workload: Workload, particles: u64, path: &Path) -> Result<(), Cause> {
    let Starts { x, y, depth } = workload.release(particles as usize);
    let columns = [("lon", Some(x)), ("lat", Some(y)), ("depth", depth)];
    let column = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as _;
    let present = columns.into_iter().filter_map(|(name, values)| Some((name, column(values?))));
    let batch = RecordBatch::try_from_iter(present)?;
    let mut writer = ArrowWriter::try_new(File::create(path)?, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn text(workload: Workload, particles: u64, data: &Path) -> String {
    let name = workload.name().to_lowercase();
    let hours = workload.duration().seconds() / 3600.0;
    let minutes = workload.step().seconds() / 60.0;
    let data = toml::Value::String(data.to_string_lossy().into_owned());
    let vertical = if workload.depths().is_empty() { "" } else { "vertical = \"velocity\"\n" };
    format!(
        "# Workload {workload} of `drogue bench`.\n\n\
         [forcing.current]\ndata = {data}\n{vertical}\n\
         [release]\nkind = \"file\"\npath = \"{name}_release_{particles}.parquet\"\n\n\
         [time]\nduration = \"{hours}h\"\nstep = \"{minutes}min\"\n\n\
         [output]\npath = \"{name}_{particles}.zarr\"\nevery = \"6h\"\n"
    )
}
