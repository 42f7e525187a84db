//! Files that are missing, cut short, damaged, or something else altogether.

use std::fs;
use std::path::Path;

use drogue::forcing::{Dataset, DatasetSpec, ForcingError, MissingChunks, inspect, open};
use drogue::grid::MISSING;
use netcdf_writer::NcWriteFormat;
use serde_json::json;
use tempfile::TempDir;

use crate::joining::{snapshot, spec};
use crate::sample::Sample;
use crate::write;

/// What reading everything comes to.
fn read_all(path: &Path) -> Result<(), ForcingError> {
    let dataset = Dataset::open(&spec(path))?;
    (0..dataset.len()).try_for_each(|index| dataset.decode(dataset.fetch(index)?).map(|_| ()))
}

fn zarr(path: &Path, shards: bool) {
    let zstd = json!([{"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "zstd", "configuration": {"level": 1, "checksum": true}}]);
    write::zarr_v3(path, &Sample::new(), &zstd, shards);
}

#[test]
fn a_missing_file_is_named() {
    let error = read_all(Path::new("nowhere/at/all.nc")).unwrap_err();
    assert!(matches!(error, ForcingError::NotFound { .. }));
    assert!(error.to_string().contains("nowhere/at/all.nc"));
}

#[test]
fn what_is_no_dataset_is_called_by_its_name() {
    let directory = TempDir::new().unwrap();
    let cases: [(&[u8], &str); 6] = [
        (b"GRIB\0\0\0\x02", "GRIB"),
        (b"{\"a\": 1}", "JSON"),
        (b"<!DOCTYPE html>", "web page"),
        (b"lon,lat\n1,2\n", "text"),
        (b"CDF\x09", "unknown version"),
        (b"", "empty"),
    ];
    for (content, name) in cases {
        let path = directory.path().join("file.nc");
        fs::write(&path, content).unwrap();
        let error = read_all(&path).unwrap_err().to_string();
        assert!(error.contains("file.nc") && error.contains(name), "{error}");
        let looked_at = inspect(&spec(&path));
        assert_eq!(looked_at.refused.as_deref(), Some(error.as_str()));
        assert!(looked_at.to_string().contains(name));
    }
}

#[test]
fn a_truncated_classic_file_is_refused_at_once() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("short.nc");
    for format in [NcWriteFormat::Classic, NcWriteFormat::Offset64, NcWriteFormat::Cdf5] {
        write::netcdf(&path, &Sample::new(), format);
        assert!(read_all(&path).is_ok(), "it is whole before it is cut");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 50]).unwrap();
        let error = open(&path, MissingChunks::Refuse).err().unwrap();
        assert!(matches!(error, ForcingError::Truncated { records: Some((3, 4)), .. }), "{error}");
        assert!(error.to_string().contains("3 of 4 records are complete"), "{error}");
        for length in (0..whole.len() - 4).step_by(11) {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(read_all(&path).is_err(), "cut to {length} of {}", whole.len());
        }
    }
}

#[test]
fn a_truncated_netcdf4_file_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("short.nc");
    write::netcdf(&path, &Sample::new(), NcWriteFormat::Nc4);
    assert!(read_all(&path).is_ok());
    let whole = fs::read(&path).unwrap();
    for tenths in 0..10 {
        fs::write(&path, &whole[..whole.len() * tenths / 10]).unwrap();
        let error = read_all(&path).unwrap_err().to_string();
        assert!(error.contains("short.nc"), "{error}");
    }
}

#[test]
fn a_damaged_netcdf4_chunk_is_named() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("damaged.nc");
    write::netcdf(&path, &Sample::new(), NcWriteFormat::Nc4);
    let mut bytes = fs::read(&path).unwrap();
    // Deflate streams of level 4 start so.
    let streams: Vec<usize> =
        (0..bytes.len() - 1).filter(|&at| bytes[at..at + 2] == [0x78, 0x5e]).collect();
    assert!(!streams.is_empty());
    for at in streams {
        bytes[at + 2] = 0xff;
    }
    fs::write(&path, bytes).unwrap();
    let error = read_all(&path).unwrap_err().to_string();
    assert!(error.contains("damaged.nc") && error.contains("`uo`[0, 0:3, 0:5]"), "{error}");
}

#[test]
fn a_missing_zarr_chunk_is_lost_data_unless_the_scenario_says_otherwise() {
    let directory = TempDir::new().unwrap();
    for shards in [false, true] {
        let path = directory.path().join(format!("{shards}.zarr"));
        zarr(&path, shards);
        assert!(read_all(&path).is_ok());
        let chunk = path.join("vo/c/0/0/0");
        fs::remove_file(&chunk).unwrap();
        let error = read_all(&path).unwrap_err();
        assert!(matches!(error, ForcingError::MissingChunk { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("`vo`") && text.contains(&chunk.display().to_string()), "{text}");

        let lenient = DatasetSpec { missing_chunks: MissingChunks::Fill, ..spec(&path) };
        let read = snapshot(&Dataset::open(&lenient).unwrap(), 0);
        assert_eq!(read.v[0], 0.0, "the fill value of this array is nought");
        assert_ne!(read.u[0], MISSING);
    }
}

#[test]
fn short_and_damaged_zarr_chunks_are_named() {
    let directory = TempDir::new().unwrap();
    for (number, shards) in [false, true].into_iter().enumerate() {
        let path = directory.path().join(format!("{number}.zarr"));
        zarr(&path, shards);
        let chunk = path.join("uo/c/0/0/0");
        let whole = fs::read(&chunk).unwrap();
        let mut flipped = whole.clone();
        flipped[10] ^= 0xff;
        for damaged in [&whole[..whole.len() / 2], &whole[..0], &flipped] {
            fs::write(&chunk, damaged).unwrap();
            let error = read_all(&path).unwrap_err();
            assert!(matches!(error, ForcingError::Damaged { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains("`uo` chunk [0, 0, 0]"), "{text}");
            assert!(text.contains(&chunk.display().to_string()), "{text}");
        }
    }
    // Without a codec there is no checksum, and the length still tells.
    let path = directory.path().join("plain.zarr");
    write::zarr_v2(&path, &Sample::new(), &serde_json::Value::Null, '<');
    let chunk = path.join("uo/0.0.0");
    let whole = fs::read(&chunk).unwrap();
    fs::write(&chunk, &whole[..whole.len() - 2]).unwrap();
    assert!(matches!(read_all(&path).unwrap_err(), ForcingError::Damaged { .. }));
}

#[test]
fn broken_zarr_metadata_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("broken.zarr");
    zarr(&path, false);
    fs::write(path.join("zarr.json"), "{ not json").unwrap();
    let error = read_all(&path).unwrap_err().to_string();
    assert!(error.contains("broken.zarr") && error.contains("Zarr"), "{error}");
}
