//! Particles from a Parquet table.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::ReleaseError;
use super::list::{Columns, List, instant, value};
use crate::grid::Mesh;
use crate::time::{Calendar, Instant, MICROSECONDS};

/// Reads a Parquet file. Positions are numbers; times are timestamps, or texts as in a CSV file.
pub(super) fn read(path: &Path, mesh: Mesh, calendar: Calendar) -> Result<List, ReleaseError> {
    let format = |error: String| ReleaseError::Format {
        path: path.to_owned(),
        message: format!("it is not a proper Parquet table: {error}"),
    };
    let file = std::fs::File::open(path)
        .map_err(|source| ReleaseError::Unreadable { path: path.to_owned(), source })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| format(error.to_string()))?;
    let header: Vec<String> =
        builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let columns = Columns::find(mesh, path, &header)?;
    let wanted = [Some(columns.x), Some(columns.y), columns.depth, columns.time];
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.into_iter().flatten());
    let batches =
        builder.with_projection(mask).build().map_err(|error| format(error.to_string()))?;

    let mut list = List {
        depth: columns.depth.map(|_| Vec::new()),
        time: columns.time.map(|_| Vec::new()),
        ..List::default()
    };
    for batch in batches {
        let batch = batch.map_err(|error| format(error.to_string()))?;
        let table = Table { path, batch: &batch, first_row: list.x.len() as u64 + 1 };
        table.numbers(&header[columns.x], &mut list.x)?;
        table.numbers(&header[columns.y], &mut list.y)?;
        if let (Some(depths), Some(column)) = (&mut list.depth, columns.depth) {
            table.numbers(&header[column], depths)?;
        }
        if let (Some(times), Some(column)) = (&mut list.time, columns.time) {
            table.times(&header[column], calendar, times)?;
        }
    }
    Ok(list)
}

/// A part of the table.
struct Table<'a> {
    path: &'a Path,
    batch: &'a RecordBatch,
    /// The number of its first row, from 1.
    first_row: u64,
}

impl Table<'_> {
    /// The column of this name, without missing values.
    fn column(&self, name: &str) -> Result<&dyn Array, ReleaseError> {
        let missing = |row| value(self.path, self.first_row + row, name, "the value is missing");
        let array = self.batch.column_by_name(name).ok_or_else(|| missing(0))?;
        match (0..array.len()).find(|&row| array.is_null(row)) {
            Some(row) => Err(missing(row as u64)),
            None => Ok(array.as_ref()),
        }
    }

    fn numbers(&self, name: &str, numbers: &mut Vec<f64>) -> Result<(), ReleaseError> {
        let array = self.column(name)?;
        match array.data_type() {
            DataType::Float64 => numbers.extend(array.as_primitive::<Float64Type>().values()),
            DataType::Float32 => {
                let values = array.as_primitive::<Float32Type>().values();
                numbers.extend(values.iter().map(|&value| f64::from(value)));
            }
            DataType::Int32 => {
                let values = array.as_primitive::<Int32Type>().values();
                numbers.extend(values.iter().map(|&value| f64::from(value)));
            }
            DataType::Int64 => {
                let values = array.as_primitive::<Int64Type>().values();
                numbers.extend(values.iter().map(|&value| value as f64));
            }
            other => {
                let problem = format!("expected numbers, the column holds {other}");
                return Err(value(self.path, self.first_row, name, problem));
            }
        }
        Ok(())
    }

    fn times(
        &self,
        name: &str,
        calendar: Calendar,
        times: &mut Vec<Instant>,
    ) -> Result<(), ReleaseError> {
        let array = self.column(name)?;
        let at = |row: usize, time: Result<Instant, String>| {
            time.map_err(|problem| value(self.path, self.first_row + row as u64, name, problem))
        };
        if let DataType::Timestamp(unit, _) = array.data_type() {
            let values = match unit {
                TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
                TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
                TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
                TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
            };
            for (row, &ticks) in values.iter().enumerate() {
                times.push(at(row, timestamp(calendar, ticks, *unit))?);
            }
            return Ok(());
        }
        let texts: Vec<&str> = match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().iter().flatten().collect(),
            DataType::LargeUtf8 => array.as_string::<i64>().iter().flatten().collect(),
            DataType::Utf8View => array.as_string_view().iter().flatten().collect(),
            other => {
                let problem = format!(
                    "expected timestamps or texts such as 2015-11-16T00:00:00Z, the column holds \
                     {other}"
                );
                return Err(value(self.path, self.first_row, name, problem));
            }
        };
        for (row, text) in texts.into_iter().enumerate() {
            times.push(at(row, instant(calendar, text))?);
        }
        Ok(())
    }
}

/// A timestamp counts from 1970 on the proleptic Gregorian calendar; the same date on `calendar`.
fn timestamp(calendar: Calendar, ticks: i64, unit: TimeUnit) -> Result<Instant, String> {
    let microseconds = match unit {
        TimeUnit::Second => ticks.checked_mul(MICROSECONDS),
        TimeUnit::Millisecond => ticks.checked_mul(1000),
        TimeUnit::Microsecond => Some(ticks),
        TimeUnit::Nanosecond => Some(ticks.div_euclid(1000)),
    };
    let microseconds = microseconds.ok_or_else(|| format!("the time {ticks} is out of range"))?;
    let civil = Calendar::ProlepticGregorian.civil(Instant(microseconds));
    calendar.instant(civil).map_err(|error| error.to_string())
}
