//! Particles from a table of comma-separated values.

use std::path::Path;

use super::ReleaseError;
use super::list::{Columns, List, instant, value};
use crate::grid::Mesh;
use crate::time::Calendar;

/// Reads a CSV file with a header. A second line of units, as ERDDAP servers write it, is skipped.
pub(super) fn read(path: &Path, mesh: Mesh, calendar: Calendar) -> Result<List, ReleaseError> {
    let format = |error: csv::Error| ReleaseError::Format {
        path: path.to_owned(),
        message: format!("it is not a proper CSV table: {error}"),
    };
    let file = std::fs::File::open(path)
        .map_err(|source| ReleaseError::Unreadable { path: path.to_owned(), source })?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header: Vec<String> = reader.headers().map_err(format)?.iter().map(str::to_owned).collect();
    let columns = Columns::find(mesh, path, &header)?;
    let mut list = List {
        depth: columns.depth.map(|_| Vec::new()),
        time: columns.time.map(|_| Vec::new()),
        ..List::default()
    };
    let mut row = 0;
    for record in reader.records() {
        let record = record.map_err(format)?;
        if row == 0 && matches!(&record[columns.x], "degrees_east" | "degree_east" | "m") {
            continue;
        }
        row += 1;
        let number = |column: usize| {
            let text = &record[column];
            let problem = || match text {
                "" => "the value is missing".to_owned(),
                _ => format!("`{text}` is not a number"),
            };
            text.parse::<f64>().map_err(|_| value(path, row, &header[column], problem()))
        };
        list.x.push(number(columns.x)?);
        list.y.push(number(columns.y)?);
        if let (Some(depths), Some(column)) = (&mut list.depth, columns.depth) {
            depths.push(number(column)?);
        }
        if let (Some(times), Some(column)) = (&mut list.time, columns.time) {
            let time = instant(calendar, &record[column]);
            times.push(time.map_err(|problem| value(path, row, &header[column], problem))?);
        }
    }
    Ok(list)
}
