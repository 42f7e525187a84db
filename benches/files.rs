//! What goes in and out: snapshots decoded and prepared, observations written.
//!
//! `cargo bench --bench files`

mod size;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use drogue::engine::{Device, DeviceKind, Status};
use drogue::forcing::{Dataset, DatasetSpec};
use drogue::grid::{Axis, EARTH_RADIUS, Field, Grid, Mesh};
use drogue::time::{Calendar, Instant};
use drogue::trajectory::{Ending, Metadata, Observations, ReleaseTimes, create};
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};
use zarrs::array::codec::{BloscCodec, BloscCompressionLevel, BloscCompressor, BloscShuffleMode};
use zarrs::array::{ArrayBuilder, data_type};
use zarrs::filesystem::FilesystemStore;
use zarrs::group::GroupBuilder;

/// Nodes along each axis.
fn nodes() -> usize {
    size::size(512, 32)
}

fn particles() -> u64 {
    size::size(1 << 18, 500) as u64
}

fn main() {
    divan::main();
}

/// Two snapshots, shuffled and deflated.
fn sea(folder: &Path) -> PathBuf {
    let nodes = nodes();
    let mut file = NcFileBuilder::new();
    let text = |value: &str| NcAttrValue::Chars(value.to_owned());
    let dimensions = [("time", 2), ("lat", nodes), ("lon", nodes)]
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
            (0..2 * nodes * nodes).map(|i| (0.001 * i as f64).sin() as f32).collect();
        let variable = file.add_variable::<f32>(name, &[time, lat, lon]).unwrap();
        let standard_name = text(&format!("{direction}_sea_water_velocity"));
        file.add_variable_attribute(variable, "standard_name", standard_name).unwrap();
        file.add_variable_attribute(variable, "units", text("m s-1")).unwrap();
        file.set_variable_chunking(variable, [1, nodes as u64 / 2, nodes as u64 / 2]).unwrap();
        file.set_variable_deflate(variable, Some(4), true).unwrap();
        file.write_variable(variable, &values).unwrap();
    }
    let path = folder.join("sea.nc");
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Nc4 }).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The same as a Zarr store, compressed with blosc and zstd.
fn sea_in_zarr(folder: &Path) -> PathBuf {
    let path = folder.join("sea.zarr");
    let storage = Arc::new(FilesystemStore::new(&path).unwrap());
    GroupBuilder::new().build(storage.clone(), "/").unwrap().store_metadata().unwrap();
    let axes = [("time", 2), ("lat", nodes()), ("lon", nodes())];
    let units = ["hours since 2020-01-01", "degrees_north", "degrees_east"];
    for ((name, length), units) in axes.into_iter().zip(units) {
        let values: Vec<f64> = (0..length).map(|i| 0.05 * i as f64).collect();
        let shape = vec![length as u64];
        let array = ArrayBuilder::new(shape.clone(), shape, data_type::float64(), f64::NAN)
            .dimension_names(Some([name]))
            .attributes(attributes([("units", units)]))
            .build(storage.clone(), &format!("/{name}"))
            .unwrap();
        array.store_metadata().unwrap();
        array.store_chunk(&[0], &values).unwrap();
    }
    let nodes = nodes() as u64;
    for (name, direction) in [("u", "eastward"), ("v", "northward")] {
        let level = BloscCompressionLevel::try_from(3).unwrap();
        let (zstd, shuffle) = (BloscCompressor::Zstd, BloscShuffleMode::Shuffle);
        let codec = BloscCodec::new(zstd, level, None, shuffle, Some(4)).unwrap();
        let standard_name = format!("{direction}_sea_water_velocity");
        let array = ArrayBuilder::new(
            vec![2, nodes, nodes],
            vec![1, nodes / 2, nodes / 2],
            data_type::float32(),
            f32::NAN,
        )
        .bytes_to_bytes_codecs(vec![Arc::new(codec)])
        .dimension_names(Some(["time", "lat", "lon"]))
        .attributes(attributes([("units", "m s-1"), ("standard_name", &standard_name)]))
        .build(storage.clone(), &format!("/{name}"))
        .unwrap();
        array.store_metadata().unwrap();
        let values: Vec<f32> =
            (0..2 * nodes * nodes).map(|i| (0.001 * i as f64).sin() as f32).collect();
        array.store_chunks(&[0..2, 0..2, 0..2], &values).unwrap();
    }
    path
}

fn attributes<const N: usize>(
    texts: [(&str, &str); N],
) -> serde_json::Map<String, serde_json::Value> {
    texts.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
}

fn decode(bencher: Bencher<'_, '_>, make: fn(&Path) -> PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data = vec![make(folder.path()).to_string_lossy().into_owned()];
    let spec = DatasetSpec { data, ..DatasetSpec::default() };
    bencher
        .counter(BytesCount::new(8 * nodes() * nodes()))
        // Opened anew, for decoded chunks are kept.
        .with_inputs(|| Dataset::open(&spec).unwrap())
        .bench_local_refs(|dataset| dataset.read(1).unwrap());
}

#[divan::bench(sample_count = 20)]
fn decode_a_netcdf4_snapshot(bencher: Bencher<'_, '_>) {
    decode(bencher, sea);
}

#[divan::bench(sample_count = 20)]
fn decode_a_zarr_snapshot(bencher: Bencher<'_, '_>) {
    decode(bencher, sea_in_zarr);
}

#[divan::bench(sample_count = 20)]
fn prepare_a_field(bencher: Bencher<'_, '_>) {
    let axis = || Axis::new((0..nodes()).map(|i| 0.05 * i as f64).collect()).unwrap();
    let grid = Grid::new(Mesh::Sphere { radius: EARTH_RADIUS }, axis(), axis()).unwrap();
    let [u, v] = [0.1, 0.2].map(|speed| vec![speed; nodes() * nodes()]);
    bencher
        .counter(BytesCount::new(8 * nodes() * nodes()))
        .bench_local(|| Field::new(&grid, &u, &v));
}

fn metadata() -> Metadata {
    Metadata {
        particles: particles(),
        slots: Some(1),
        calendar: Calendar::Standard,
        start: Instant(0),
        mesh: Mesh::Sphere { radius: EARTH_RADIUS },
        depth: Some(0.0),
        samples: Vec::new(),
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
    for id in 0..particles() {
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
        .counter(ItemsCount::new(particles()))
        .with_inputs(|| tempfile::tempdir().unwrap())
        .bench_local_refs(|folder| {
            let mut writer = create(&folder.path().join(name), &metadata(), false).unwrap();
            writer.write(&batch).unwrap();
            writer.end_slot(Instant(0)).unwrap();
            writer.finish(Ending::Complete).unwrap()
        });
}
