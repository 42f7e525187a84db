//! One file of the demo: a few snapshots as CF-1.11 NetCDF-4, laid out as ocean services do.

use std::ops::Range;

use netcdf_writer::{
    DimensionId, Error, NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions, VariableId,
};

use super::flow::{self, COLUMNS, FILL, INTERVAL_HOURS, ROWS, SCALE};

/// The whole file for these snapshots, counted from the start of the dataset.
pub fn file(snapshots: Range<usize>, land: &[bool]) -> Result<Vec<u8>, Error> {
    let mut file = NcFileBuilder::new();
    for (name, value) in [
        ("Conventions", "CF-1.11"),
        ("title", "A made-up sea"),
        ("institution", "drogue"),
        ("source", concat!("drogue ", env!("CARGO_PKG_VERSION"), ": formulas, not a model")),
        ("comment", "For trying things out. The coast and the currents are invented."),
    ] {
        file.add_attribute(name, text(value))?;
    }
    let time = file.add_dimension("time", snapshots.len() as u64)?;
    let depth = file.add_dimension("depth", 1)?;
    let latitude = file.add_dimension("latitude", ROWS as u64)?;
    let longitude = file.add_dimension("longitude", COLUMNS as u64)?;

    let hours: Vec<f64> = snapshots
        .clone()
        .map(|snapshot| HOURS_BEFORE_START + (snapshot * INTERVAL_HOURS) as f64)
        .collect();
    coordinate(
        &mut file,
        "time",
        time,
        &hours,
        &[
            ("standard_name", "time"),
            ("units", "hours since 1950-01-01"),
            ("calendar", "standard"),
            ("axis", "T"),
        ],
    )?;
    coordinate(
        &mut file,
        "depth",
        depth,
        &[0.5],
        &[("standard_name", "depth"), ("units", "m"), ("positive", "down"), ("axis", "Z")],
    )?;
    let rows: Vec<f64> = (0..ROWS).map(|row| flow::latitude(row as f64)).collect();
    coordinate(
        &mut file,
        "latitude",
        latitude,
        &rows,
        &[
            ("standard_name", "latitude"),
            ("units", "degrees_north"),
            ("long_name", "Latitude"),
            ("axis", "Y"),
        ],
    )?;
    let columns: Vec<f64> = (0..COLUMNS).map(|column| flow::longitude(column as f64)).collect();
    coordinate(
        &mut file,
        "longitude",
        longitude,
        &columns,
        &[
            ("standard_name", "longitude"),
            ("units", "degrees_east"),
            ("long_name", "Longitude"),
            ("axis", "X"),
        ],
    )?;

    let mut velocities = [Vec::new(), Vec::new()];
    for snapshot in snapshots {
        let snapshot = flow::velocities((snapshot * INTERVAL_HOURS) as f64, land);
        for (all, one) in velocities.iter_mut().zip(snapshot) {
            all.extend(one);
        }
    }
    let dimensions = [time, depth, latitude, longitude];
    for (name, direction, values) in
        [("uo", "eastward", &velocities[0]), ("vo", "northward", &velocities[1])]
    {
        velocity(&mut file, name, direction, &dimensions, values)?;
    }
    file.to_vec(NcWriteOptions { format: NcWriteFormat::Nc4 }).map(|(_, bytes)| bytes)
}

/// A coordinate variable with text attributes.
pub(crate) fn coordinate(
    file: &mut NcFileBuilder,
    name: &str,
    dimension: DimensionId,
    values: &[f64],
    attributes: &[(&str, &str)],
) -> Result<(), Error> {
    let variable = file.add_variable::<f64>(name, &[dimension])?;
    for (name, value) in attributes {
        file.add_variable_attribute(variable, *name, text(value))?;
    }
    file.write_variable(variable, values)
}

fn velocity(
    file: &mut NcFileBuilder,
    name: &str,
    direction: &str,
    dimensions: &[DimensionId],
    values: &[i16],
) -> Result<VariableId, Error> {
    let variable = file.add_variable::<i16>(name, dimensions)?;
    file.set_variable_fill_value(variable, FILL)?;
    for (name, value) in [
        ("standard_name", text(&format!("{direction}_sea_water_velocity"))),
        ("long_name", text(&format!("{direction} velocity of the sea water"))),
        ("units", text("m s-1")),
        ("scale_factor", NcAttrValue::Doubles(vec![SCALE])),
        ("add_offset", NcAttrValue::Doubles(vec![0.0])),
    ] {
        file.add_variable_attribute(variable, name, value)?;
    }
    file.set_variable_chunking(variable, [1, 1, ROWS as u64, COLUMNS as u64])?;
    file.set_variable_deflate(variable, Some(6), true)?;
    file.write_variable(variable, values)?;
    Ok(variable)
}

/// Hours from 1950-01-01 to the first snapshot, midnight of 2025-06-01.
const HOURS_BEFORE_START: f64 = 661_080.0;

/// A text attribute.
pub(crate) fn text(value: &str) -> NcAttrValue {
    NcAttrValue::Chars(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Calendar, CivilTime};

    #[test]
    fn the_first_snapshot_is_at_the_midnight_that_is_promised() {
        let midnight = |text| {
            let date = CivilTime::parse(text).expect("a date");
            Calendar::Standard.instant(date).expect("exists")
        };
        let span = midnight("2025-06-01T00:00:00Z") - midnight("1950-01-01T00:00:00Z");
        assert_eq!(span.seconds() / 3600.0, HOURS_BEFORE_START);
    }
}
