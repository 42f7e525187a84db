//! Workloads as NetCDF-4 files, a few snapshots each, as ocean services publish them.

use std::ops::Range;
use std::path::Path;

use netcdf_writer::{Error, NcFileBuilder, NcWriteFormat, NcWriteOptions};
use rayon::prelude::*;

use super::{Cause, TIME_UNITS};
use crate::bench::ocean::{COMPONENTS, Ocean};
use crate::bench::{Watch, Workload};
use crate::demo::netcdf::{coordinate, text};

/// Velocities in one file at most: the writer holds a file in memory, and each thread writes one.
const FILE_BYTES: usize = 48 << 20;

/// Writes `w1_01.nc` and so on into `folder`.
pub(super) fn write(workload: Workload, folder: &Path, watch: &dyn Watch) -> Result<(), Cause> {
    let ocean = workload.ocean();
    let in_a_file = FILE_BYTES / workload.snapshot_bytes() as usize;
    let name = workload.name().to_lowercase();
    watch.begin(&format!("making {workload} as NetCDF"), workload.snapshots() as u64);
    let files = workload.snapshots().div_ceil(in_a_file);
    (0..files).into_par_iter().try_for_each(|index| {
        let first = index * in_a_file;
        let snapshots = first..(first + in_a_file).min(workload.snapshots());
        let bytes = file(workload, &ocean, snapshots, watch)?;
        std::fs::write(folder.join(format!("{name}_{:02}.nc", index + 1)), bytes)?;
        Ok(())
    })
}

fn file(
    workload: Workload,
    ocean: &Ocean,
    snapshots: Range<usize>,
    watch: &dyn Watch,
) -> Result<Vec<u8>, Error> {
    let (longitudes, latitudes) = (workload.longitudes(), workload.latitudes());
    let mut file = NcFileBuilder::new();
    file.add_attribute("Conventions", text("CF-1.8"))?;
    let time = file.add_unlimited_dimension("time")?;
    let lat = file.add_dimension("lat", latitudes.len() as u64)?;
    let lon = file.add_dimension("lon", longitudes.len() as u64)?;
    let seconds: Vec<f64> =
        snapshots.clone().map(|index| index as f64 * workload.interval().seconds()).collect();
    let attributes =
        [("units", TIME_UNITS), ("calendar", "standard"), ("standard_name", "time"), ("axis", "T")];
    coordinate(&mut file, "time", time, &seconds, &attributes)?;
    let attributes = [("units", "degrees_north"), ("standard_name", "latitude"), ("axis", "Y")];
    coordinate(&mut file, "lat", lat, &latitudes, &attributes)?;
    let attributes = [("units", "degrees_east"), ("standard_name", "longitude"), ("axis", "X")];
    coordinate(&mut file, "lon", lon, &longitudes, &attributes)?;
    let mut dimensions = vec![time, lat, lon];
    let mut shape = vec![1, latitudes.len() as u64, longitudes.len() as u64];
    if let depths @ [_, ..] = workload.depths() {
        let depth = file.add_dimension("depth", depths.len() as u64)?;
        let attributes =
            [("units", "m"), ("positive", "down"), ("standard_name", "depth"), ("axis", "Z")];
        coordinate(&mut file, "depth", depth, depths, &attributes)?;
        dimensions.insert(1, depth);
        shape.insert(1, 1);
    }
    let mut velocities = vec![Vec::new(); workload.components()];
    for seconds in seconds {
        for (all, one) in velocities.iter_mut().zip(ocean.velocities(seconds)) {
            all.extend(one);
        }
        watch.advance(1);
    }
    for ((name, direction), values) in COMPONENTS.into_iter().zip(velocities) {
        let variable = file.add_variable::<f32>(name, &dimensions)?;
        let standard_name = text(&format!("{direction}_sea_water_velocity"));
        file.add_variable_attribute(variable, "units", text("m s-1"))?;
        file.add_variable_attribute(variable, "standard_name", standard_name)?;
        file.set_variable_chunking(variable, shape.clone())?;
        file.set_variable_deflate(variable, Some(4), true)?;
        file.write_variable(variable, &values)?;
    }
    file.to_vec(NcWriteOptions { format: NcWriteFormat::Nc4 }).map(|(_, bytes)| bytes)
}
