//! Releases as Parquet tables, and scenarios that go with them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Float64Array, RecordBatch};
use parquet::arrow::ArrowWriter;

use super::Cause;
use crate::bench::{BenchError, Workload};

/// Writes `w1_release_10000.parquet` and `w1_10000.toml` into `folder`.
pub(super) fn write(
    workload: Workload,
    particles: u64,
    folder: &Path,
    data: &Path,
) -> Result<[PathBuf; 2], BenchError> {
    let name = workload.name().to_lowercase();
    let release = folder.join(format!("{name}_release_{particles}.parquet"));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| BenchError::Write { path, cause }
    };
    table(workload, particles, &release).map_err(failed(&release))?;
    let scenario = folder.join(format!("{name}_{particles}.toml"));
    let text = text(workload, particles, data.strip_prefix(folder).unwrap_or(data));
    fs::write(&scenario, text).map_err(|error| failed(&scenario)(error.into()))?;
    Ok([release, scenario])
}

fn table(workload: Workload, particles: u64, path: &Path) -> Result<(), Cause> {
    let [x, y] = workload.release(particles as usize);
    let column = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as _;
    let batch = RecordBatch::try_from_iter([("lon", column(x)), ("lat", column(y))])?;
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
    format!(
        "# Workload {workload} of `drogue bench`.\n\n\
         [forcing.current]\ndata = {data}\n\n\
         [release]\nkind = \"file\"\npath = \"{name}_release_{particles}.parquet\"\n\n\
         [time]\nduration = \"{hours}h\"\nstep = \"{minutes}min\"\n\n\
         [output]\npath = \"{name}_{particles}.zarr\"\nevery = \"6h\"\n"
    )
}
