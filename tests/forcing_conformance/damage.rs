//! Bytes that were changed or lost on the way: whatever they come to, it is no panic.

use std::fs;
use std::path::{Path, PathBuf};

use drogue::forcing::{Dataset, inspect};
use netcdf_writer::NcWriteFormat;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::json;
use tempfile::TempDir;

use crate::joining::spec;
use crate::sample::Sample;
use crate::write;

/// The same cases in every run.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_000_101),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// What happens to a file: these bits flip, at these parts of its length, and the rest is cut off.
#[derive(Clone, Debug)]
struct Damage {
    flips: Vec<(f64, u8)>,
    keep: f64,
}

fn damage() -> impl Strategy<Value = Damage> {
    // Headers come first and are short: most flips belong there.
    let place = prop_oneof![3 => 0.0..0.1_f64, 1 => 0.0..1.0_f64];
    let flips = prop::collection::vec((place, (0..8_u32).prop_map(|bit| 1_u8 << bit)), 0..6);
    let keep = prop_oneof![3 => Just(1.0), 1 => 0.0..1.0_f64];
    (flips, keep).prop_map(|(flips, keep)| Damage { flips, keep })
}

impl Damage {
    fn apply(&self, file: &Path) {
        let mut bytes = fs::read(file).unwrap();
        let length = bytes.len() as f64;
        for &(place, bit) in &self.flips {
            bytes[(place * length) as usize] ^= bit;
        }
        bytes.truncate((self.keep * length) as usize);
        fs::write(file, bytes).unwrap();
    }
}

/// Opens and reads everything, and looks at it; an error is as good as values.
fn read_all(path: &Path) {
    if let Ok(dataset) = Dataset::open(&spec(path)) {
        for index in 0..dataset.len().min(8) {
            let _ = dataset.read(index);
        }
    }
    let _ = inspect(&spec(path)).to_string();
}

fn damaged_netcdf(format: NcWriteFormat, damage: &Damage) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("damaged.nc");
    write::netcdf(&path, &Sample::new(), format);
    damage.apply(&path);
    read_all(&path);
}

/// All files of a store.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for item in fs::read_dir(directory).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn damaged_zarr(write: impl Fn(&Path), which: prop::sample::Index, damage: &Damage) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("damaged.zarr");
    write(&path);
    let metadata = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.starts_with(".z") || name.ends_with(".json")
    };
    let files: Vec<PathBuf> = files(&path).into_iter().filter(metadata).collect();
    let file: &PathBuf = which.get(&files);
    damage.apply(file);
    read_all(&path);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_damaged_classic_file_is_no_panic(
        format in prop::sample::select(&[
            NcWriteFormat::Classic, NcWriteFormat::Offset64, NcWriteFormat::Cdf5,
        ][..]),
        damage in damage(),
    ) {
        damaged_netcdf(format, &damage);
    }

    #[test]
    fn a_damaged_netcdf4_file_is_no_panic(damage in damage()) {
        damaged_netcdf(NcWriteFormat::Nc4, &damage);
    }

    #[test]
    fn damaged_zarr_metadata_are_no_panic(
        which: prop::sample::Index, version in 0..3_u8, damage in damage(),
    ) {
        let bytes = json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
        let written = |path: &Path| match version {
            0 => write::zarr_v2(path, &Sample::new(), &serde_json::Value::Null, '<'),
            1 => write::zarr_v3(path, &Sample::new(), &bytes, None),
            _ => write::zarr_v3(path, &Sample::new(), &bytes, Some("end")),
        };
        damaged_zarr(written, which, &damage);
    }
}
