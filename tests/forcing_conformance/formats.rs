//! Every format gives back what was written, whole and in blocks.

use std::path::{Path, PathBuf};

use drogue::forcing::{MissingChunks, Slab, Source, open};
use netcdf_writer::NcWriteFormat;
use pollster::FutureExt;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sample::{Made, Sample, Values};
use crate::write;

/// The sample in every format: what it is called, and where it is.
pub fn written(directory: &Path, sample: &Sample) -> Vec<(String, PathBuf)> {
    let mut all = Vec::new();
    for (name, format) in [
        ("NetCDF-3 classic", NcWriteFormat::Classic),
        ("NetCDF-3 64-bit offset", NcWriteFormat::Offset64),
        ("NetCDF-3 CDF-5", NcWriteFormat::Cdf5),
        ("NetCDF-4", NcWriteFormat::Nc4),
    ] {
        let path = directory.join(format!("{name}.nc"));
        write::netcdf(&path, sample, format);
        all.push((name.to_owned(), path));
    }
    let blosc = json!({"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0});
    for (name, compressor, order) in [
        ("plain", Value::Null, '<'),
        ("big-endian", Value::Null, '>'),
        ("blosc", blosc, '<'),
        ("zlib", json!({"id": "zlib", "level": 3}), '<'),
        ("gzip", json!({"id": "gzip", "level": 3}), '<'),
        ("zstd", json!({"id": "zstd", "level": 1}), '<'),
    ] {
        let path = directory.join(format!("v2-{name}.zarr"));
        write::zarr_v2(&path, sample, &compressor, order);
        all.push(("Zarr v2".to_owned(), path));
    }
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let zstd = json!({"name": "zstd", "configuration": {"level": 1, "checksum": false}});
    let gzip = json!({"name": "gzip", "configuration": {"level": 3}});
    let blosc = json!({"name": "blosc", "configuration":
        {"cname": "zstd", "clevel": 3, "shuffle": "noshuffle", "blocksize": 0}});
    for (name, codecs, shards) in [
        ("plain", json!([bytes]), None),
        ("zstd", json!([bytes, zstd]), None),
        ("gzip", json!([bytes, gzip]), None),
        ("blosc", json!([bytes, blosc]), None),
        ("crc32c", json!([bytes, {"name": "crc32c"}]), None),
        ("sharded", json!([bytes, zstd]), Some("end")),
        ("sharded-plain", json!([bytes]), Some("end")),
        ("sharded-start", json!([bytes]), Some("start")),
    ] {
        let path = directory.join(format!("v3-{name}.zarr"));
        write::zarr_v3(&path, sample, &codecs, shards);
        all.push(("Zarr v3".to_owned(), path));
    }
    all
}

/// Compares a block of a variable with what was written, bit for bit.
fn compare(file: &Source, made: &Made, slab: &Slab) -> Result<(), String> {
    let name = &made.variable.name;
    let read = file.fetch(name, slab).block_on().and_then(|fetched| file.decode(fetched));
    let read = read.map_err(|error| error.to_string())?;
    let written = made.values.to_f64();
    let expected = indices(&made.variable.shape, slab).into_iter().map(|index| written[index]);
    let expected: Vec<u64> = expected.map(f64::to_bits).collect();
    let read: Vec<u64> = read.to_f64().into_iter().map(f64::to_bits).collect();
    if read == expected { Ok(()) } else { Err(format!("{name}{slab} differs")) }
}

/// Row-major indices of a block's values in the whole variable.
fn indices(shape: &[u64], slab: &Slab) -> Vec<usize> {
    let mut indices = vec![0];
    for ((&length, &start), &count) in shape.iter().zip(&slab.start).zip(&slab.count) {
        indices = (indices.into_iter())
            .flat_map(|outer| {
                (start..start + count).map(move |i| outer * length as usize + i as usize)
            })
            .collect();
    }
    indices
}

#[test]
fn every_format_gives_back_what_was_written() {
    let directory = TempDir::new().unwrap();
    let sample = Sample::new();
    for (name, path) in written(directory.path(), &sample) {
        let file = open(&path, MissingChunks::Refuse).unwrap();
        assert_eq!(file.format(), name);
        assert_eq!(file.path(), path);
        for made in &sample.0 {
            let wanted = &made.variable;
            let Some(found) = file.catalogue().variable(&wanted.name) else {
                // 64-bit integers came with CDF-5.
                assert!(wanted.name == "counter" && name.starts_with("NetCDF-3"), "{name}");
                continue;
            };
            assert_eq!(found.dimensions, wanted.dimensions, "{path:?}");
            assert_eq!(found.shape, wanted.shape, "{path:?}");
            assert_eq!(found.stored, wanted.stored, "{path:?}");
            assert_eq!(found.attributes, wanted.attributes, "{path:?}");
            compare(&file, made, &Slab::whole(&wanted.shape)).unwrap();
            for time in (0..wanted.shape[0]).chain([2, 0]) {
                let mut slab = Slab::whole(&wanted.shape);
                (slab.start[0], slab.count[0]) = (time, 1);
                compare(&file, made, &slab).unwrap();
            }
        }
        for slab in [
            Slab { start: vec![1, 1, 2], count: vec![2, 2, 2] },
            Slab { start: vec![3, 2, 4], count: vec![1, 1, 1] },
            Slab { start: vec![0, 0, 3], count: vec![4, 1, 2] },
        ] {
            compare(&file, sample.get("uo"), &slab).unwrap();
            compare(&file, sample.get("vo"), &slab).unwrap();
        }
    }
}

#[test]
fn the_comparison_catches_a_single_wrong_bit() {
    let directory = TempDir::new().unwrap();
    let mut sample = Sample::new();
    let files = written(directory.path(), &sample);
    let made = sample.get_mut("vo");
    let Values::F32(values) = &mut made.values else { panic!("vo is made of floats") };
    values[30] = f32::from_bits(values[30].to_bits() ^ 1);
    for (_, path) in files {
        let file = open(&path, MissingChunks::Refuse).unwrap();
        assert!(compare(&file, made, &Slab::whole(&made.variable.shape)).is_err());
    }
}

#[test]
fn integers_of_53_bits_are_exact_as_coordinates() {
    let directory = TempDir::new().unwrap();
    let sample = Sample::new();
    for (name, path) in written(directory.path(), &sample) {
        let file = open(&path, MissingChunks::Refuse).unwrap();
        if file.catalogue().variable("counter").is_none() {
            continue;
        }
        let numbers = file.read_numbers("counter").unwrap();
        let exact: Vec<i64> = numbers.into_iter().map(|number| number as i64).collect();
        assert_eq!(exact, [0, 1, 2, 3].map(|n| (1_i64 << 53) - 1 - n), "{name}");
    }
}

#[test]
fn encoded_chunks_are_fetched_apart_from_being_decoded() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("sample.zarr");
    let zstd = json!([{"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "zstd", "configuration": {"level": 1, "checksum": false}}]);
    write::zarr_v3(&path, &Sample::new(), &zstd, Some("end"));
    let file = open(&path, MissingChunks::Refuse).unwrap();
    let slab = Slab { start: vec![0, 0, 0], count: vec![1, 3, 5] };
    let first = file.fetch("uo", &slab).block_on().unwrap();
    assert!(first.bytes() > 0);
    assert!(first.bytes() <= file.fetch_bytes("uo", &slab));
    let first = file.decode(first).unwrap();
    // The chunks hold the next time too, and are not read again.
    let slab = Slab { start: vec![1, 0, 0], ..slab };
    let next = file.fetch("uo", &slab).block_on().unwrap();
    assert_eq!(next.bytes(), 0);
    assert_ne!(file.decode(next).unwrap(), first);
}

#[test]
fn a_block_outside_the_variable_is_refused() {
    let directory = TempDir::new().unwrap();
    for (_, path) in written(directory.path(), &Sample::new()) {
        let file = open(&path, MissingChunks::Refuse).unwrap();
        for (start, count) in [(4, 1), (0, 5), (u64::MAX, 2)] {
            let slab = Slab { start: vec![start, 0, 0], count: vec![count, 3, 5] };
            let error = file.fetch("uo", &slab).block_on().unwrap_err().to_string();
            assert!(error.contains("uo") && error.contains("outside"), "{error}");
        }
        let error = file.fetch("wo", &Slab::whole(&[4])).block_on().unwrap_err().to_string();
        assert!(error.contains("`wo`") && error.contains("vo"), "{error}");
    }
}
