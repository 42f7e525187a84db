//! Reads trajectories back from a Parquet file.

use std::fs::File;
use std::path::{Path, PathBuf};

use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type, UInt8Type,
};
use arrow_array::{Array as _, RecordBatch};

use super::{Damage, schema};
use crate::time::Instant;
use crate::trajectory::read::{Header, Source, Visit};
use crate::trajectory::{Observations, Sampled, TrajectoryError, cf};

/// Rows that are decoded at once.
const ROWS: usize = 1 << 16;

/// Trajectories in a Parquet file.
pub(in crate::trajectory) struct ParquetTrajectories {
    path: PathBuf,
    header: Header,
}

impl ParquetTrajectories {
    pub(in crate::trajectory) fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let read = |cause: Damage| TrajectoryError::Read { path: path.to_owned(), cause };
        let file = File::open(path).map_err(|cause| read(cause.into()))?;
        let metadata = ArrowReaderMetadata::load(&file, Default::default())
            .map_err(|cause| read(cause.into()))?;
        let header = header(&metadata)
            .map_err(|reason| TrajectoryError::NotTrajectories { path: path.to_owned(), reason })?;
        Ok(Self { path: path.to_owned(), header })
    }

    fn read(&self, visit: Visit<'_>) -> Result<(), Damage> {
        let file = File::open(&self.path)?;
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(ROWS).build()?;
        for rows in reader {
            let columns = Columns::of(&rows?, &self.header.samples)?;
            let mut from = 0;
            while from < columns.slot.len() {
                let slot = columns.slot[from];
                let same = columns.slot[from..].iter().take_while(|&&other| other == slot).count();
                visit(&self.batch(&columns, from..from + same)?);
                from += same;
            }
        }
        Ok(())
    }

    /// Rows of one output time as observations.
    fn batch(
        &self,
        columns: &Columns,
        rows: std::ops::Range<usize>,
    ) -> Result<Observations, Damage> {
        let slot = columns.slot[rows.start];
        let time = usize::try_from(slot)
            .ok()
            .and_then(|slot| self.header.output_times.get(slot).copied())
            .ok_or_else(|| format!("`obs` is {slot} and there is no such output time"))?;
        let mut batch = Observations::empty(slot as u32, time, self.header.depth.is_none());
        let sampled = columns.samples.iter().map(|values| values[rows.clone()].to_vec());
        batch.samples = sampled.collect();
        let mut times: Vec<Instant> = Vec::with_capacity(rows.len());
        for row in rows {
            let (id, code) = (columns.id[row], columns.status[row]);
            let known = u64::try_from(id).ok().filter(|&id| id < self.header.particles);
            batch.ids.push(known.ok_or_else(|| format!("there is no particle {id}"))?);
            batch.x.push(columns.x[row]);
            batch.y.push(columns.y[row]);
            if let Some(depth) = &mut batch.depth {
                depth.push(columns.z[row]);
            }
            batch.status.push(
                cf::parse_status(code)
                    .ok_or_else(|| format!("particle {id} has the unknown status {code}"))?,
            );
            times.push(cf::instant(columns.t[row], self.header.start));
        }
        batch.times = times.iter().any(|&at| at != time).then_some(times);
        Ok(batch)
    }
}

/// The values of some rows.
struct Columns {
    t: Vec<f64>,
    z: Vec<f32>,
    y: Vec<f64>,
    x: Vec<f64>,
    id: Vec<i64>,
    slot: Vec<i32>,
    status: Vec<u8>,
    samples: Vec<Vec<f32>>,
}

impl Columns {
    fn of(rows: &RecordBatch, samples: &[Sampled]) -> Result<Self, Damage> {
        Ok(Self {
            t: column::<Float64Type>(rows, "t")?,
            z: column::<Float32Type>(rows, "z")?,
            y: column::<Float64Type>(rows, "y")?,
            x: column::<Float64Type>(rows, "x")?,
            id: column::<Int64Type>(rows, "particle_id")?,
            slot: column::<Int32Type>(rows, "obs")?,
            status: column::<UInt8Type>(rows, "status")?,
            samples: samples
                .iter()
                .map(|sampled| column::<Float32Type>(rows, &sampled.name))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn column<T: ArrowPrimitiveType>(rows: &RecordBatch, name: &str) -> Result<Vec<T::Native>, Damage> {
    let values = rows
        .column_by_name(name)
        .and_then(|column| column.as_primitive_opt::<T>())
        .filter(|column| column.null_count() == 0)
        .ok_or_else(|| format!("the column `{name}` is not of type {}", T::DATA_TYPE))?;
    Ok(values.values().to_vec())
}

/// What the file says of itself, or a sentence on what it does not say.
fn header(file: &ArrowReaderMetadata) -> Result<Header, String> {
    let lacks = |what: &str| format!("it lacks {what}");
    let time = file.schema().field_with_name("t").map_err(|_| lacks("the column `t`"))?.metadata();
    let (start, calendar) = time
        .get("units")
        .zip(time.get("calendar"))
        .and_then(|(units, calendar)| cf::parse_time(units, calendar).ok())
        .ok_or_else(|| lacks("CF units and a calendar of `t`"))?;
    let mut attributes: std::collections::BTreeMap<String, String> = file
        .schema()
        .metadata()
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let appended = file.metadata().file_metadata().key_value_metadata();
    let find = |name: &str| {
        let entry = appended?.iter().find(|entry| entry.key == name)?;
        entry.value.clone()
    };
    let output_times: Vec<f64> = find(schema::OUTPUT_TIMES)
        .and_then(|text| serde_json::from_str(&text).ok())
        .ok_or_else(|| lacks("the metadata `output_times`"))?;
    for name in [cf::INCOMPLETE, cf::RUN_ENDED] {
        attributes.extend(find(name).map(|value| (name.to_owned(), value)));
    }
    let particles = attributes
        .get(schema::PARTICLES)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| lacks("the metadata `particles`"))?;
    let mesh = attributes
        .get(cf::MESH)
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| lacks("the metadata `mesh`"))?;
    let names = cf::sampled_names(attributes.get(cf::SAMPLED).map(String::as_str));
    let sampled = |name: String| {
        let lost = || lacks(&format!("the column `{name}`"));
        let metadata = file.schema().field_with_name(&name).map_err(|_| lost())?.metadata();
        Ok(cf::parse_sampled(name, |attribute| metadata.get(attribute).cloned()))
    };
    let samples = names.into_iter().map(sampled).collect::<Result<_, String>>()?;
    let depth = attributes.get(schema::FIXED_DEPTH).and_then(|text| text.parse().ok());
    Ok(Header {
        particles,
        output_times: output_times.into_iter().map(|s| cf::instant(s, start)).collect(),
        calendar,
        start,
        mesh,
        depth,
        samples,
        attributes,
    })
}

impl Source for ParquetTrajectories {
    fn header(&self) -> &Header {
        &self.header
    }

    fn stream(&self, _wanted: Option<&[u64]>, visit: Visit<'_>) -> Result<(), TrajectoryError> {
        self.read(visit).map_err(|cause| TrajectoryError::Read { path: self.path.clone(), cause })
    }
}
