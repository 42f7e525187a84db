//! The Parquet format: one row an observation, in the order of output times, with the columns of
//! Parcels 4 and three more.
//!
//! | column | type | |
//! |---|---|---|
//! | `t` | f64 | CF time of the observation, seconds since the start of the run |
//! | `z` | f32 | depth in metres, positive down |
//! | `y`, `x` | f64 | degrees north and east, or metres on a flat mesh |
//! | `particle_id` | i64 | `0..particles` |
//! | `obs` | i32 | number of the output time |
//! | `status` | u8 | CF flags |
//! | `release_time` | f64 | when the particle is released, as `t` |
//! | what is sampled | f32 | in its own units; NaN where it has no value |
//!
//! Arrow field metadata holds the CF attributes. A Parquet file cannot be read before its last
//! bytes are written, so it is written under another name in the same folder and renamed when
//! complete: a name that ends in `.parquet` is never half a file.

mod reading;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::file::metadata::KeyValue;
use arrow_array::{
    ArrayRef, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch, UInt8Array,
};
use arrow_schema::Schema;
use tempfile::NamedTempFile;

use super::error::Cause as Damage;
use super::{
    Ending, Metadata, Observations, ReleaseTimes, TrajectoryError, Writer, Written, cf, destination,
};
use crate::time::Instant;

pub(super) use reading::ParquetTrajectories;

/// Writes trajectories as Parquet.
pub(super) struct ParquetWriter {
    path: PathBuf,
    overwrite: bool,
    schema: Arc<Schema>,
    file: ArrowWriter<NamedTempFile>,
    start: Instant,
    depth: Option<f64>,
    release_times: ReleaseTimes,
    times: Vec<Instant>,
    /// The time of the slot that is open, once it has observations.
    pending: Option<Instant>,
    observations: u64,
}

impl ParquetWriter {
    /// Starts a file that will be at `path` when it is complete.
    pub(super) fn create(
        path: &Path,
        metadata: &Metadata,
        overwrite: bool,
    ) -> Result<Self, TrajectoryError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".drogue-").suffix(".parquet.partial");
        let file = destination::readable(&mut builder)
            .tempfile_in(destination::folder_of(path))
            .map_err(|cause| TrajectoryError::Folder { path: path.to_owned(), cause })?;
        let schema = schema::columns(metadata);
        let started = schema::properties().and_then(|properties| {
            Ok(ArrowWriter::try_new(file, schema.clone(), Some(properties))?)
        });
        Ok(Self {
            file: started.map_err(|cause| damage(path, cause))?,
            path: path.to_owned(),
            overwrite,
            schema,
            start: metadata.start,
            depth: metadata.depth,
            release_times: metadata.release_times.clone(),
            times: Vec::new(),
            pending: None,
            observations: 0,
        })
    }

    fn rows(&self, batch: &Observations) -> Result<RecordBatch, Damage> {
        let length = batch.len();
        let seconds = (0..length).map(|i| cf::seconds(batch.time_of(i), self.start));
        let depth = match (&batch.depth, self.depth) {
            (Some(depth), _) => Float32Array::from(depth.clone()),
            (None, Some(depth)) => Float32Array::from_value(depth as f32, length),
            (None, None) => return Err("observations without depth in a run with depths".into()),
        };
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(Float64Array::from_iter_values(seconds)),
            Arc::new(depth),
            Arc::new(Float64Array::from(batch.y.clone())),
            Arc::new(Float64Array::from(batch.x.clone())),
            Arc::new(Int64Array::from_iter_values(batch.ids.iter().map(|&id| id as i64))),
            Arc::new(Int32Array::from_value(batch.slot as i32, length)),
            Arc::new(UInt8Array::from_iter_values(
                batch.status.iter().copied().map(cf::status_code),
            )),
            Arc::new(Float64Array::from(self.release_times(&batch.ids))),
        ];
        let sampled = batch.samples.iter().map(|values| Float32Array::from(values.clone()));
        columns.extend(sampled.map(|values| Arc::new(values) as ArrayRef));
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }

    /// When these particles are released, in seconds since the start; asked for in runs of ids
    /// without a gap.
    fn release_times(&self, ids: &[u64]) -> Vec<f64> {
        ids.chunk_by(|&a, &b| a + 1 == b)
            .flat_map(|run| self.release_times.of(run[0]..run[run.len() - 1] + 1))
            .map(|time| cf::seconds(time, self.start))
            .collect()
    }

    /// Writes the last bytes and gives the file its name.
    fn complete(mut self, ending: Ending) -> Result<Written, Damage> {
        if let Some(time) = self.pending.take() {
            let incomplete = self.times.len().to_string();
            self.file.append_key_value_metadata(KeyValue::new(cf::INCOMPLETE.into(), incomplete));
            self.times.push(time);
        }
        let seconds: Vec<f64> =
            self.times.iter().map(|&time| cf::seconds(time, self.start)).collect();
        self.file.append_key_value_metadata(KeyValue::new(
            schema::OUTPUT_TIMES.into(),
            serde_json::to_string(&seconds)?,
        ));
        let ended = KeyValue::new(cf::RUN_ENDED.into(), ending.name().to_owned());
        self.file.append_key_value_metadata(ended);
        let file = self.file.into_inner()?;
        let path = match ending {
            // What is left of an earlier attempt is no result.
            Ending::Failed => self.path.with_extension("incomplete.parquet"),
            Ending::Complete | Ending::Stopped => self.path,
        };
        if self.overwrite || ending == Ending::Failed {
            file.persist(&path).map_err(|failed| failed.error)?;
        } else {
            file.persist_noclobber(&path).map_err(|failed| failed.error)?;
        }
        Ok(Written { path, slots: self.times.len() as u32, observations: self.observations })
    }
}

fn damage(path: &Path, cause: Damage) -> TrajectoryError {
    TrajectoryError::Write {
        path: path.to_owned(),
        kept: "nothing was kept, as a Parquet file is only readable when complete; a .zarr output \
               keeps what was written"
            .into(),
        cause,
    }
}

impl Writer for ParquetWriter {
    fn write(&mut self, batch: &Observations) -> Result<(), TrajectoryError> {
        self.pending = Some(batch.time);
        self.observations += batch.len() as u64;
        self.rows(batch)
            .and_then(|rows| Ok(self.file.write(&rows)?))
            .map_err(|cause| damage(&self.path, cause))
    }

    fn end_slot(&mut self, time: Instant) -> Result<(), TrajectoryError> {
        self.pending = None;
        self.times.push(time);
        Ok(())
    }

    fn finish(self: Box<Self>, ending: Ending) -> Result<Written, TrajectoryError> {
        let path = self.path.clone();
        self.complete(ending).map_err(|cause| damage(&path, cause))
    }
}
