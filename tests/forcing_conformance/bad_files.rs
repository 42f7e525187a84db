//! Files that are missing, cut short, damaged, or something else altogether.

use std::fs;
use std::path::Path;

use drogue::forcing::{Dataset, DatasetSpec, ForcingError, MissingChunks, inspect, open};
use drogue::grid::MISSING;
use netcdf_writer::NcWriteFormat;
use serde_json::json;
use tempfile::TempDir;

use crate::joining::{snapshot, spec};
use crate::sample::{HOURS, Sample, Values};
use crate::write;

/// What reading everything comes to.
fn read_all(path: &Path) -> Result<(), ForcingError> {
    let dataset = Dataset::open(&spec(path))?;
    (0..dataset.len()).try_for_each(|index| dataset.read(index).map(|_| ()))
}

fn zarr(path: &Path, shards: bool) {
    let zstd = json!([{"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "zstd", "configuration": {"level": 1, "checksum": true}}]);
    write::zarr_v3(path, &Sample::new(), &zstd, shards.then_some("end"));
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
    assert!(error.contains("damaged.nc") && error.contains("`uo` chunk [0, 0, 0]"), "{error}");
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
            // Chunks of a shard are compressed in parallel, so which of them
            // holds the damaged byte changes from one writing to the next.
            let named =
                (0..HOURS.len()).any(|time| text.contains(&format!("`uo` chunk [{time}, 0, 0]")));
            assert!(named, "{text}");
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

#[test]
fn what_a_netcdf4_file_lacks_at_its_end_is_noticed_at_once() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("short.nc");
    write::netcdf(&path, &Sample::new(), NcWriteFormat::Nc4);
    let whole = fs::read(&path).unwrap();
    for lost in [1, whole.len() / 10] {
        fs::write(&path, &whole[..whole.len() - lost]).unwrap();
        let error = open(&path, MissingChunks::Refuse).err().unwrap();
        let ForcingError::Truncated { length, needed, .. } = error else { panic!("{error}") };
        assert_eq!((length, needed), ((whole.len() - lost) as u64, whole.len() as u64));
        let text = error.to_string();
        assert!(text.contains("truncated") && text.contains("download it again"), "{text}");
    }
    // More than the header declares is no loss.
    fs::write(&path, [&whole[..], &[0; 7]].concat()).unwrap();
    assert!(read_all(&path).is_ok());
}

/// Makes the first of a file's filter pipelines, which shuffles and deflates, one of this filter
/// alone, and seals the object header again.
fn change_filter(path: &Path, id: u16) {
    let mut bytes = fs::read(path).unwrap();
    let shuffle_and_deflate = |at: &[u8]| at.starts_with(&[2, 2, 2, 0]) && at[12..14] == [1, 0];
    let at = (0..bytes.len() - 22).find(|&at| shuffle_and_deflate(&bytes[at..])).unwrap();
    // Version 2, one filter: its number, no name, no flags, and three parameters.
    bytes[at..at + 22].fill(0);
    bytes[at..at + 2].copy_from_slice(&[2, 1]);
    bytes[at + 2..at + 4].copy_from_slice(&id.to_le_bytes());
    bytes[at + 8] = 3;
    let header = (0..at).rev().find(|&start| bytes[start..].starts_with(b"OHDR")).unwrap();
    let flags = bytes[header + 5];
    let mut size_at = header + 6;
    size_at += if flags & 0x20 != 0 { 16 } else { 0 } + if flags & 0x10 != 0 { 4 } else { 0 };
    let width = 1 << (flags & 3);
    let mut size = [0; 8];
    size[..width].copy_from_slice(&bytes[size_at..size_at + width]);
    let end = size_at + width + u64::from_le_bytes(size) as usize;
    let checksum = hdf5_reader::checksum::jenkins_lookup3(&bytes[header..end]);
    bytes[end..end + 4].copy_from_slice(&checksum.to_le_bytes());
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_filter_that_is_not_built_in_is_named_at_once() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("filtered.nc");
    for (id, name) in [(307, "bzip2"), (32001, "blosc"), (32013, "zfp"), (40000, "unknown")] {
        write::netcdf(&path, &Sample::new(), NcWriteFormat::Nc4);
        change_filter(&path, id);
        let error = Dataset::open(&spec(&path)).err().unwrap().to_string();
        for part in ["filtered.nc", "`uo`", name, &id.to_string(), "h5repack", "nccopy"] {
            assert!(error.contains(part), "no {part} in: {error}");
        }
        assert!(!error.contains("damaged"), "{error}");
        let looked_at = inspect(&spec(&path));
        assert_eq!(looked_at.refused, Some(error));
        assert!(looked_at.to_string().contains("(cannot be read: it is compressed with"));
        let file = open(&path, MissingChunks::Refuse).unwrap();
        assert!(matches!(file.read_numbers("uo"), Err(ForcingError::NotNumbers { .. })));
        assert!(file.read_numbers("vo").is_ok(), "the other component is as it was");
    }
}

/// Changes the metadata of one array.
fn edit(array: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let at = ["zarr.json", ".zarray"].map(|name| array.join(name));
    let at = at.iter().find(|file| file.is_file()).unwrap();
    let mut metadata = serde_json::from_slice(&fs::read(at).unwrap()).unwrap();
    change(&mut metadata);
    fs::write(at, metadata.to_string()).unwrap();
}

#[test]
fn zarr_chunks_larger_than_any_memory_are_refused() {
    let directory = TempDir::new().unwrap();
    let huge = json!([1_u64 << 40, 1_u64 << 40, 5]);
    let large = json!([1_u64 << 20, 1_u64 << 20, 5]);
    for (number, shape) in [huge, large].into_iter().enumerate() {
        let path = |version: &str| directory.path().join(format!("{version}-{number}.zarr"));
        let (v2, v3, shards) = (path("v2"), path("v3"), path("shards"));
        write::zarr_v2(&v2, &Sample::new(), &serde_json::Value::Null, '<');
        edit(&v2.join("uo"), |array| array["chunks"] = shape.clone());
        zarr(&v3, false);
        zarr(&shards, true);
        for store in [&v3, &shards] {
            edit(&store.join("uo"), |array| {
                array["chunk_grid"]["configuration"]["chunk_shape"] = shape.clone();
            });
        }
        for store in [v2, v3, shards] {
            for missing_chunks in [MissingChunks::Refuse, MissingChunks::Fill] {
                let spec = DatasetSpec { missing_chunks, ..spec(&store) };
                let error = Dataset::open(&spec).err().unwrap().to_string();
                assert!(error.contains("`uo`") && error.contains("chunks of shape"), "{error}");
                assert_eq!(inspect(&spec).refused, Some(error));
            }
        }
    }
}

#[test]
fn zarr_codecs_and_types_that_are_not_read_are_named() {
    let directory = TempDir::new().unwrap();
    let compressor = |id: &str| json!({"id": id});
    let v2: [(&str, serde_json::Value, &str); 4] = [
        ("compressor", compressor("lz4"), "`lz4`"),
        ("compressor", compressor("lzma"), "`lzma`"),
        ("filters", json!([{"id": "delta", "dtype": "<i2"}]), "`delta`"),
        ("dtype", json!("<c8"), "c8"),
    ];
    let mut stores = Vec::new();
    for (number, (key, value, name)) in v2.into_iter().enumerate() {
        let path = directory.path().join(format!("{number}.zarr"));
        write::zarr_v2(&path, &Sample::new(), &serde_json::Value::Null, '<');
        edit(&path.join("uo"), |array| array[key] = value);
        stores.push((path, name, key != "dtype"));
    }
    let path = directory.path().join("v3.zarr");
    zarr(&path, false);
    edit(&path.join("uo"), |array| array["codecs"][1] = json!({"name": "nope"}));
    stores.push((path, "`nope`", true));
    for (path, name, is_codec) in stores {
        let found = Dataset::open(&spec(&path)).err().unwrap().to_string();
        let mut named = spec(&path);
        named.choice.u = Some("uo".into());
        named.choice.v = Some("vo".into());
        let by_name = Dataset::open(&named).err().unwrap().to_string();
        for error in [found, by_name] {
            assert!(error.contains("`uo` cannot be read") && error.contains(name), "{error}");
            assert_eq!(error.contains("recompress"), is_codec, "{error}");
        }
        let listed = inspect(&spec(&path)).to_string();
        assert!(listed.contains("uo(time 4, latitude 3, longitude 5)"), "{listed}");
    }
}

#[test]
fn zarr_arrays_without_names_of_dimensions_are_not_called_staggered() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("nameless.zarr");
    write::zarr_v2(&path, &Sample::new(), &serde_json::Value::Null, '<');
    for name in ["uo", "vo"] {
        let attributes = path.join(name).join(".zattrs");
        let mut json: serde_json::Value =
            serde_json::from_slice(&fs::read(&attributes).unwrap()).unwrap();
        json.as_object_mut().unwrap().remove("_ARRAY_DIMENSIONS").unwrap();
        fs::write(&attributes, json.to_string()).unwrap();
    }
    let error = Dataset::open(&spec(&path)).err().unwrap().to_string();
    assert!(error.contains("_ARRAY_DIMENSIONS") && !error.contains("stagger"), "{error}");
}

#[test]
fn a_snapshot_without_any_velocity_is_noted() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("land.nc");
    let note = |sample: &Sample| {
        write::netcdf(&path, sample, NcWriteFormat::Classic);
        inspect(&spec(&path))
            .to_string()
            .contains("note: all nodes that are read of snapshot 0 are missing")
    };
    let mut sample = Sample::new();
    assert!(!note(&sample));
    let Values::F32(values) = &mut sample.get_mut("vo").values else { panic!() };
    values[..15].fill(f32::NAN);
    assert!(note(&sample));
}
