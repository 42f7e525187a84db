//! The sample in every format that lies on a store, and what reading it from disk gives.

use std::fs;
use std::path::Path;

use drogue::forcing::{Access, Dataset, DatasetSpec, ForcingError, Snapshot};
use netcdf_writer::NcWriteFormat;
use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::sample::Sample;
use crate::write;

/// Names of what [`write_all`] writes.
pub const ALL: [&str; 6] =
    ["v2.zarr", "v3.zarr", "plain.zarr", "sharded.zarr", "classic.nc", "hdf5.nc"];

/// The sample as Zarr v2, v3 (compressed, and as it is) and sharded, each with consolidated
/// metadata, and as NetCDF-3 and -4.
pub fn write_all(folder: &Path) {
    let sample = Sample::new();
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let zstd = json!({"name": "zstd", "configuration": {"level": 1, "checksum": false}});
    let at = |name: &str| folder.join(name);
    write::zarr_v2(&at("v2.zarr"), &sample, &json!({"id": "zlib", "level": 3}), '<');
    write::zarr_v3(&at("v3.zarr"), &sample, &json!([bytes, zstd]), None);
    write::zarr_v3(&at("plain.zarr"), &sample, &json!([bytes]), None);
    write::zarr_v3(&at("sharded.zarr"), &sample, &json!([bytes, zstd]), Some("end"));
    for store in ["v2.zarr", "v3.zarr", "plain.zarr", "sharded.zarr"] {
        consolidate(&at(store));
    }
    write::netcdf(&at("classic.nc"), &sample, NcWriteFormat::Classic);
    write::netcdf(&at("hdf5.nc"), &sample, NcWriteFormat::Nc4);
}

/// Gathers the metadata of a store's arrays into one file, as zarr-python does.
pub fn consolidate(store: &Path) {
    let read = |path: &Path| -> Option<Value> {
        Some(serde_json::from_slice(&fs::read(path).ok()?).unwrap())
    };
    let mut all = Map::new();
    let is_v2 = store.join(".zgroup").exists();
    let files: &[&str] = if is_v2 { &[".zarray", ".zattrs"] } else { &["zarr.json"] };
    for array in fs::read_dir(store).unwrap() {
        let array = array.unwrap();
        let name = array.file_name().into_string().unwrap();
        for file in files {
            if let Some(found) = read(&array.path().join(file)) {
                let key = if is_v2 { format!("{name}/{file}") } else { name.clone() };
                all.insert(key, found);
            }
        }
    }
    if is_v2 {
        all.insert(".zgroup".to_owned(), read(&store.join(".zgroup")).unwrap());
        let document = json!({"zarr_consolidated_format": 1, "metadata": all});
        fs::write(store.join(".zmetadata"), document.to_string()).unwrap();
    } else {
        let mut root = read(&store.join("zarr.json")).unwrap();
        root["consolidated_metadata"] =
            json!({"kind": "inline", "must_understand": false, "metadata": all});
        fs::write(store.join("zarr.json"), root.to_string()).unwrap();
    }
}

/// Reads this, asking so many times at once, for so long.
pub fn spec(data: &str, at_once: usize, patience: Duration) -> DatasetSpec {
    let access = Access { at_once, patience, ..Access::default() };
    DatasetSpec { data: vec![data.to_owned()], access, ..DatasetSpec::default() }
}

/// Longer than any fault of these tests that passes.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What tests wait for a fault that stays.
pub const SHORT: Duration = Duration::from_secs(1);

/// All snapshots, in order.
pub fn snapshots(data: &str) -> Vec<Snapshot> {
    read(&spec(data, 32, PATIENCE)).unwrap()
}

pub fn read(spec: &DatasetSpec) -> Result<Vec<Snapshot>, ForcingError> {
    let dataset = Dataset::open(spec)?;
    (0..dataset.len()).map(|index| dataset.read(index)).collect()
}

/// Why it cannot be read.
pub fn refusal(spec: &DatasetSpec) -> ForcingError {
    read(spec).expect_err("it must be refused")
}

/// Whether two readings are the same bits.
pub fn same_bits(a: &[Snapshot], b: &[Snapshot]) -> bool {
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let key =
        |snapshot: &Snapshot| (snapshot.index, snapshot.time, bits(&snapshot.u), bits(&snapshot.v));
    a.iter().map(key).eq(b.iter().map(key))
}
