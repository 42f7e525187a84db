//! How much is asked for, and how much of it at once.

use std::ops::Range;

use drogue::forcing::{Attribute, Dataset};
use drogue::grid::Region;
use netcdf_writer::NcWriteFormat;
use pollster::FutureExt;
use serde_json::json;
use tempfile::TempDir;

use crate::faults::Fault;
use crate::sample::{Made, Sample, Values};
use crate::server::{Asked, Server};
use crate::stores::{ALL, PATIENCE, consolidate, same_bits, snapshots, spec, write_all};
use crate::write;

/// What was asked for of the velocities, sorted.
fn chunks(record: Vec<Asked>) -> Vec<String> {
    let of_fields = record.into_iter().filter(|asked| asked.path.contains("o/c/"));
    let mut paths: Vec<String> = of_fields.map(|asked| asked.path).collect();
    paths.sort();
    paths
}

#[test]
fn only_the_chunks_of_a_snapshot_and_a_region_are_asked_for() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = Server::folder(folder.path());
    let dataset = Dataset::open(&spec(&server.url("v3.zarr"), 32, PATIENCE)).unwrap();
    assert_eq!(chunks(server.record()), [""; 0], "opening reads no velocities");
    dataset.read(2).unwrap();
    let expected = |columns: &[u8], rows: &[u8]| {
        let mut all = Vec::new();
        for component in ["uo", "vo"] {
            for row in rows {
                for column in columns {
                    all.push(format!("v3.zarr/{component}/c/1/{row}/{column}"));
                }
            }
        }
        all
    };
    assert_eq!(chunks(server.record()), expected(&[0, 1], &[0, 1]));
    // The chunks hold two times: the next is in memory.
    dataset.read(3).unwrap();
    assert_eq!(server.record(), []);

    // Also where both times are fetched at once.
    let dataset = Dataset::open(&spec(&server.url("v3.zarr"), 32, PATIENCE)).unwrap();
    server.record();
    let whole = Region::whole(dataset.grid());
    let both = futures::future::try_join(dataset.fetch(2, &whole), dataset.fetch(3, &whole));
    let (second, third) = both.block_on().unwrap();
    assert_eq!(chunks(server.record()), expected(&[0, 1], &[0, 1]));
    let expected_values = snapshots(&server.url("v3.zarr"));
    let decoded = [second, third].map(|fetched| dataset.decode(fetched).unwrap());
    assert!(same_bits(&decoded, &expected_values[2..4]));
    server.record();
    dataset.read(2).unwrap();
    assert_eq!(server.record(), [], "they stay in memory");

    let dataset = Dataset::open(&spec(&server.url("v3.zarr"), 32, PATIENCE)).unwrap();
    server.record();
    let corner = Region { columns: 3..5, rows: 2..3 };
    let fetched = dataset.fetch(3, &corner).block_on().unwrap();
    assert_eq!(chunks(server.record()), expected(&[1], &[1]));
    let corner_values = dataset.decode(fetched).unwrap();
    let whole = &snapshots(&server.url("v3.zarr"))[3];
    assert_eq!(corner_values.u, whole.u[13..15]);
}

#[test]
fn only_the_sub_chunks_of_a_region_are_asked_for() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = Server::folder(folder.path());
    let dataset = Dataset::open(&spec(&server.url("sharded.zarr"), 32, PATIENCE)).unwrap();
    server.record();
    let corner = Region { columns: 0..2, rows: 0..1 };
    dataset.decode(dataset.fetch(0, &corner).block_on().unwrap()).unwrap();
    let shard = folder.path().join("sharded.zarr/uo/c/0/0/0");
    let whole = std::fs::metadata(shard).unwrap().len();
    let record = server.record();
    let asked: Vec<_> = record.iter().filter(|asked| asked.path.contains("/uo/c/")).collect();
    let bytes: u64 =
        asked.iter().filter_map(|asked| asked.range.clone()).map(|r| r.end - r.start).sum();
    assert!(bytes > 0 && bytes < whole, "{bytes} of {whole}: {asked:?}");
    assert!(asked.iter().all(|asked| asked.range.is_some() || asked.method == "HEAD"), "{asked:?}");
}

/// Two levels, each in chunks of its own.
fn with_levels() -> Sample {
    let Sample(mut all) = Sample::new();
    let mut depth = all[1].clone();
    depth.variable.name = "depth".to_owned();
    depth.variable.dimensions = vec!["depth".to_owned()];
    depth.variable.shape = vec![2];
    depth.variable.attributes.0 = [
        ("units".to_owned(), Attribute::Text("m".to_owned())),
        ("positive".to_owned(), Attribute::Text("down".to_owned())),
    ]
    .into();
    depth.values = Values::F32(vec![0.5, 100.0]);
    for Made { variable, values } in all.iter_mut().filter(|m| m.variable.chunks.is_some()) {
        variable.dimensions.insert(1, "depth".to_owned());
        variable.shape.insert(1, 2);
        variable.chunks = Some(vec![1, 1, 3, 5]);
        // The lower level is the upper one of another time.
        match values {
            Values::I16(values) => *values = twice(values),
            Values::F32(values) => *values = twice(values),
            _ => unreachable!("components of the sample are i16 and f32"),
        }
    }
    all.push(depth);
    Sample(all)
}

fn twice<T: Copy>(values: &[T]) -> Vec<T> {
    let planes: Vec<&[T]> = values.chunks(15).collect();
    let levels = (0..planes.len()).map(|time| [planes[time], planes[planes.len() - 1 - time]]);
    levels.flatten().flatten().copied().collect()
}

#[test]
fn only_the_chunks_of_the_level_are_asked_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("levels.zarr");
    let bytes = json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
    write::zarr_v3(&path, &with_levels(), &bytes, None);
    consolidate(&path);
    let server = Server::folder(folder.path());
    let mut spec = spec(&server.url("levels.zarr"), 32, PATIENCE);
    spec.choice.depth = Some(100.0);
    let dataset = Dataset::open(&spec).unwrap();
    server.record();
    let snapshot = dataset.read(1).unwrap();
    let expected = ["levels.zarr/uo/c/1/1/0/0", "levels.zarr/vo/c/1/1/0/0"];
    assert_eq!(chunks(server.record()), expected);
    // Packed 10 * 12 + 1 - 20 at 12 h, node 1.
    assert!((snapshot.u[1] - (101.0 * 0.01 + 0.5)).abs() < 1e-6);
}

/// Four times on 60 by 100 nodes.
fn large() -> Sample {
    let Sample(mut all) = Sample::new();
    let axis = |made: &mut Made, count: usize| {
        made.variable.shape = vec![count as u64];
        match &mut made.values {
            Values::F32(values) => *values = (0..count).map(|k| k as f32 * 0.1).collect(),
            Values::F64(values) => *values = (0..count).map(|k| k as f64 * 0.1).collect(),
            _ => unreachable!("coordinates of the sample are floats"),
        }
    };
    axis(&mut all[1], 600);
    axis(&mut all[2], 1000);
    for Made { variable, values } in all.iter_mut().filter(|m| m.variable.chunks.is_some()) {
        variable.shape = vec![4, 600, 1000];
        variable.chunks = Some(vec![1, 300, 500]);
        // Noise does not compress.
        let noise = (0..4 * 600 * 1000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 16) % 1000);
        match values {
            Values::I16(values) => *values = noise.map(|n| n as i16).collect(),
            Values::F32(values) => *values = noise.map(|n| n as f32 / 1000.0).collect(),
            _ => unreachable!("components of the sample are i16 and f32"),
        }
    }
    Sample(all)
}

#[test]
fn only_the_bytes_of_a_snapshot_are_asked_of_a_netcdf_file() {
    let folder = TempDir::new().unwrap();
    for (name, format) in [("a.nc", NcWriteFormat::Offset64), ("b.nc", NcWriteFormat::Nc4)] {
        let path = folder.path().join(name);
        write::netcdf(&path, &large(), format);
        let length = std::fs::metadata(&path).unwrap().len();
        let server = Server::folder(folder.path());
        let dataset = Dataset::open(&spec(&server.url(name), 32, PATIENCE)).unwrap();
        let ranges = |record: Vec<Asked>| -> Vec<Range<u64>> {
            let of_file = record.into_iter().filter(|a| a.path == name && a.method == "GET");
            of_file.map(|asked| asked.range.expect("no request for the whole file")).collect()
        };
        let total = |ranges: &[Range<u64>]| ranges.iter().map(|r| r.end - r.start).sum::<u64>();
        let opening = ranges(server.record());
        assert!(total(&opening) < length / 3, "{name}: {} of {length}", total(&opening));
        let snapshot = dataset.read(1).unwrap();
        let reading = ranges(server.record());
        // One of four times, and what lies between its chunks.
        assert!(total(&reading) < length * 2 / 5, "{name}: {} of {length}", total(&reading));
        let expected = Dataset::open(&spec(&path.display().to_string(), 32, PATIENCE)).unwrap();
        assert_eq!(snapshot, expected.read(1).unwrap());
    }
}

#[test]
fn so_many_requests_are_under_way_at_once_and_no_more() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    for at_once in [1, 2, 3] {
        let server = Server::folder(folder.path());
        let dataset = Dataset::open(&spec(&server.url("v3.zarr"), at_once, PATIENCE)).unwrap();
        assert!(server.most_at_once() <= at_once);
        server.record();
        server.fail(move |_| Fault::Gather(at_once));
        dataset.read(0).unwrap();
        assert_eq!(server.most_at_once(), at_once);
    }
}

#[test]
fn axes_come_with_the_metadata() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    for (store, chunk) in [("v2.zarr", "0"), ("v3.zarr", "c/0")] {
        let server = Server::folder(folder.path());
        // Four files of metadata, and two chunks for each of six names.
        server.fail(|_| Fault::Gather(16));
        Dataset::open(&spec(&server.url(store), 32, PATIENCE)).unwrap();
        assert_eq!(server.most_at_once(), 16, "{store}");
        let record = server.record();
        for axis in ["time", "latitude", "longitude"] {
            let path = format!("{store}/{axis}/{chunk}");
            let asked = record.iter().filter(|asked| asked.path == path).count();
            assert_eq!(asked, 1, "{path}: {record:?}");
        }
    }
}

#[test]
fn what_is_asked_for_on_chance_keeps_nobody_waiting() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    for (store, fault) in [("v2.zarr", Fault::Hang), ("v3.zarr", Fault::Status(503, None))] {
        let server = Server::folder(folder.path());
        server.fail(move |asked| match asked.path.contains("/lat/") {
            true => fault,
            false => Fault::None,
        });
        let dataset = Dataset::open(&spec(&server.url(store), 32, PATIENCE)).unwrap();
        dataset.read(0).unwrap();
        let tried = server.record().into_iter().filter(|asked| asked.path.contains("/lat/"));
        assert!(tried.count() <= 4, "there is no such axis: it is not asked for again");
    }
}

#[test]
fn nothing_is_asked_for_on_chance_where_a_file_may_be() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = Server::folder(folder.path());
    Dataset::open(&spec(&server.url("hdf5.nc"), 32, PATIENCE)).unwrap();
    let record = server.record();
    let beside = record.iter().filter(|asked| asked.path != "hdf5.nc");
    assert_eq!(beside.count(), 4, "the marks of a Zarr store: {record:?}");
}

#[test]
fn reads_overlap_where_the_store_is_far_away() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    for name in ALL {
        let server = Server::folder(folder.path());
        let dataset = Dataset::open(&spec(&server.url(name), 32, PATIENCE)).unwrap();
        // The chunks of the third time are others than those of the first.
        dataset.read(0).unwrap();
        server.record();
        // Both components at least; all eight chunks of a store.
        let many = if name == "v2.zarr" || name == "v3.zarr" { 8 } else { 2 };
        server.fail(move |_| Fault::Gather(many));
        dataset.read(2).unwrap();
        assert!(server.most_at_once() >= many, "{name}: {}", server.most_at_once());
    }
}
