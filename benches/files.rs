//! What goes in and out: snapshots decoded, observations written.
//!
//! `cargo bench --bench files`

use std::path::{Path, PathBuf};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use drogue::engine::{Device, DeviceKind, Status};
use drogue::forcing::{Dataset, DatasetSpec};
use drogue::grid::{EARTH_RADIUS, Mesh};
use drogue::time::{Calendar, Instant};
use drogue::trajectory::{Ending, Metadata, Observations, ReleaseTimes, create};
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};

const NODES: usize = 512;
const PARTICLES: u64 = 1 << 18;

fn main() {
    divan::main();
}

/// Two snapshots of 512 × 512 nodes, shuffled and deflated.
fn sea(folder: &Path) -> PathBuf {
    let mut file = NcFileBuilder::new();
    let text = |value: &str| NcAttrValue::Chars(value.to_owned());
    let dimensions = [("time", 2), ("lat", NODES), ("lon", NODES)]
        .map(|(name, length)| (name, file.add_dimension(name, length as u64).unwrap(), length));
    let units = ["hours since 2020-01-01", "degrees_north", "degrees_east"];
    for ((name, dimension, length), units) in dimensions.into_iter().zip(units) {
        let values: Vec<f64> = (0..length).map(|i| 0.05 * i as f64).collect();
        let variable = file.add_variable::<f64>(name, &[dimension]).unwrap();
        file.add_variable_attribute(variable, "units", text(units)).unwrap();
        file.write_variable(variable, &values).unwrap();
    }
    let [time, lat, lon] = dimensions.map(|(_, dimension, _)| dimension);
    for (name, direction) in [("u", "eastward"), ("v", "northward")] {
        let values: Vec<f32> =
            (0..2 * NODES * NODES).map(|i| (0.001 * i as f64).sin() as f32).collect();
        let variable = file.add_variable::<f32>(name, &[time, lat, lon]).unwrap();
        let standard_name = text(&format!("{direction}_sea_water_velocity"));
        file.add_variable_attribute(variable, "standard_name", standard_name).unwrap();
        file.add_variable_attribute(variable, "units", text("m s-1")).unwrap();
        file.set_variable_chunking(variable, [1, NODES as u64 / 2, NODES as u64 / 2]).unwrap();
        file.set_variable_deflate(variable, Some(4), true).unwrap();
        file.write_variable(variable, &values).unwrap();
    }
    let path = folder.join("sea.nc");
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Nc4 }).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

#[divan::bench(sample_count = 20)]
fn decode_a_netcdf4_snapshot(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let data = vec![sea(folder.path()).to_string_lossy().into_owned()];
    let spec = DatasetSpec { data, ..DatasetSpec::default() };
    bencher
        .counter(BytesCount::new(NODES * NODES * 8))
        // Opened anew, for decoded chunks are kept.
        .with_inputs(|| Dataset::open(&spec).unwrap())
        .bench_local_refs(|dataset| dataset.read(1).unwrap());
}

fn metadata() -> Metadata {
    Metadata {
        particles: PARTICLES,
        slots: Some(1),
        calendar: Calendar::Standard,
        start: Instant(0),
        mesh: Mesh::Sphere { radius: EARTH_RADIUS },
        depth: Some(0.0),
        title: "a bench".into(),
        scenario: String::new(),
        version: env!("CARGO_PKG_VERSION").into(),
        device: Device {
            kind: DeviceKind::Cpu,
            name: "none".into(),
            backend: "none".into(),
            driver: "none".into(),
        },
        seed: 0,
        history: None,
        release_times: ReleaseTimes::at(Instant(0)),
    }
}

fn observations() -> Observations {
    let mut batch = Observations::empty(0, Instant(0), false);
    for id in 0..PARTICLES {
        batch.ids.push(id);
        batch.x.push(20.0 * (id as f64 * 0.754_877_666).fract());
        batch.y.push(20.0 * (id as f64 * 0.569_840_291).fract());
        batch.status.push(Status::Active);
    }
    batch
}

#[divan::bench(args = ["out.zarr", "out.parquet"], sample_count = 10)]
fn write_an_output_time(bencher: Bencher<'_, '_>, name: &str) {
    let batch = observations();
    bencher
        .counter(ItemsCount::new(PARTICLES))
        .with_inputs(|| tempfile::tempdir().unwrap())
        .bench_local_refs(|folder| {
            let mut writer = create(&folder.path().join(name), &metadata(), false).unwrap();
            writer.write(&batch).unwrap();
            writer.end_slot(Instant(0)).unwrap();
            writer.finish(Ending::Complete).unwrap()
        });
}
