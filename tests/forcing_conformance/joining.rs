//! Files joined along time: their own packing, order, gaps, and what does not fit together.

use std::path::Path;

use drogue::forcing::cf::Choice;
use drogue::forcing::{Attribute, Dataset, DatasetSpec, ForcingError, Snapshot, inspect};
use drogue::grid::{MISSING, Region};
use netcdf_writer::NcWriteFormat;
use tempfile::TempDir;

use crate::formats::written;
use crate::sample::{Sample, Values};
use crate::write;

pub fn spec(path: &Path) -> DatasetSpec {
    DatasetSpec { data: vec![path.display().to_string()], ..DatasetSpec::default() }
}

pub fn snapshot(dataset: &Dataset, index: usize) -> Snapshot {
    dataset.read(index).unwrap()
}

fn snapshots(path: &Path) -> Vec<Snapshot> {
    let dataset = Dataset::open(&spec(path)).unwrap();
    (0..dataset.len()).map(|index| snapshot(&dataset, index)).collect()
}

/// Writes samples at these times as `0.nc`, `1.nc` and so on.
fn files(directory: &TempDir, of_hours: &[&[f64]]) {
    for (number, hours) in of_hours.iter().enumerate() {
        let path = directory.path().join(format!("{number}.nc"));
        write::netcdf(&path, &Sample::at(hours), NcWriteFormat::Classic);
    }
}

fn refusal(directory: &TempDir) -> String {
    Dataset::open(&spec(directory.path())).err().expect("it must be refused").to_string()
}

#[test]
fn every_format_makes_the_same_snapshots() {
    let directory = TempDir::new().unwrap();
    let mut all = written(directory.path(), &Sample::new()).into_iter();
    let expected = snapshots(&all.next().unwrap().1);
    assert_eq!(expected.len(), 4);
    // Packed 10 * 6 + 1 - 20 at 6 h, node 1.
    assert!((expected[1].u[1] - (41.0 * 0.01 + 0.5)).abs() < 1e-6);
    assert_eq!([expected[0].u[7], expected[0].v[7], expected[0].v[3]], [MISSING; 3]);
    assert_ne!(expected[0].u[3], MISSING);
    for (name, path) in all {
        assert_eq!(snapshots(&path), expected, "{name} {path:?}");
    }
}

#[test]
fn descending_and_transposed_axes_are_turned() {
    let directory = TempDir::new().unwrap();
    let plain = directory.path().join("plain.nc");
    let sample = Sample::new();
    write::netcdf(&plain, &sample, NcWriteFormat::Classic);
    let expected = snapshots(&plain);

    let mut turned = sample.clone();
    for name in ["latitude", "longitude"] {
        match &mut turned.get_mut(name).values {
            Values::F32(values) => values.reverse(),
            Values::F64(values) => values.reverse(),
            _ => unreachable!("coordinates of the sample are floats"),
        }
    }
    // To dimensions (longitude, latitude, time), both axes descending.
    for name in ["uo", "vo"] {
        let made = turned.get_mut(name);
        let places = (0..5).flat_map(|i| {
            (0..3).flat_map(move |j| (0..4).map(move |t| t * 15 + (2 - j) * 5 + (4 - i)))
        });
        match &mut made.values {
            Values::I16(values) => *values = places.map(|place| values[place]).collect(),
            Values::F32(values) => *values = places.map(|place| values[place]).collect(),
            _ => unreachable!("components of the sample are i16 and f32"),
        }
        made.variable.dimensions.reverse();
        made.variable.shape.reverse();
        made.variable.chunks = None;
    }
    let path = directory.path().join("turned.zarr");
    write::zarr_v2(&path, &turned, &serde_json::Value::Null, '<');
    assert_eq!(snapshots(&path), expected);
}

#[test]
fn a_mask_is_turned_with_the_velocity_and_may_lie_in_a_file_of_its_own() {
    let directory = TempDir::new().unwrap();
    let (sea, grid) = (directory.path().join("sea.nc"), directory.path().join("grid.nc"));
    let mut turned = Sample::new();
    match &mut turned.get_mut("latitude").values {
        Values::F32(values) => values.reverse(),
        _ => unreachable!("latitudes of the sample are f32"),
    }
    write::netcdf(&sea, &turned, NcWriteFormat::Classic);
    let mut mask = turned.get_mut("latitude").clone();
    mask.variable.name = "mask".to_owned();
    mask.variable.attributes.0.clear();
    mask.variable.dimensions = vec!["latitude".to_owned(), "longitude".to_owned()];
    mask.variable.shape = vec![3, 5];
    // Land at the northern end of the second column, which the file begins with.
    mask.values = Values::F32((0..15).map(|node| if node == 1 { 0.0 } else { 1.0 }).collect());
    turned.0.push(mask);
    turned.0.retain(|made| made.variable.name != "uo" && made.variable.name != "vo");
    write::netcdf(&grid, &turned, NcWriteFormat::Classic);
    let plain = Dataset::open(&spec(&sea)).unwrap();
    let choice = Choice { mask: Some("mask".to_owned()), ..Choice::default() };
    let masked = DatasetSpec { choice, grid: vec![grid.display().to_string()], ..spec(&sea) };
    let masked = Dataset::open(&masked).unwrap();
    let (before, after) = (snapshot(&plain, 1), snapshot(&masked, 1));
    let closed = 2 * 5 + 1;
    assert_ne!((before.u[closed], before.v[closed]), (MISSING, MISSING));
    for (before, after) in [(&before.u, &after.u), (&before.v, &after.v)] {
        let differing: Vec<_> = (0..15).filter(|&node| before[node] != after[node]).collect();
        assert_eq!((differing, after[closed]), (vec![closed], MISSING));
    }
    // A part of the grid has its part of the mask.
    let part = Region { columns: 1..3, rows: 2..3 };
    let read = |dataset: &Dataset| {
        dataset.decode(pollster::block_on(dataset.fetch(1, &part)).unwrap()).unwrap().u
    };
    assert_eq!(read(&masked), [MISSING, before.u[closed + 1]]);
    assert_eq!(read(&plain), before.u[closed..closed + 2]);
}

#[test]
fn each_file_keeps_its_own_packing() {
    let directory = TempDir::new().unwrap();
    let whole = directory.path().join("whole.nc");
    write::netcdf(&whole, &Sample::new(), NcWriteFormat::Classic);
    let expected = snapshots(&whole);
    let parts = directory.path().join("parts");
    std::fs::create_dir(&parts).unwrap();
    write::netcdf(&parts.join("late.nc"), &Sample::at(&[12.0, 18.0]), NcWriteFormat::Nc4);
    // The early file, which sorts after the late one, holds the same numbers at another scale.
    let mut early = Sample::at(&[0.0, 6.0]);
    let u = early.get_mut("uo");
    let attributes = &mut u.variable.attributes.0;
    attributes.insert("scale_factor".to_owned(), Attribute::Floats(vec![0.005]));
    attributes.insert("_FillValue".to_owned(), Attribute::Integers(vec![-9999.0]));
    if let Values::I16(values) = &mut u.values {
        for value in values {
            *value = if *value == crate::sample::FILL_U { -9999 } else { *value * 2 };
        }
    }
    write::netcdf(&parts.join("x-early.nc"), &early, NcWriteFormat::Classic);
    let joined = snapshots(&parts);
    assert_eq!(joined.len(), 4);
    for (joined, expected) in joined.iter().zip(&expected) {
        assert_eq!(joined.time, expected.time);
        let pairs = joined.u.iter().zip(&expected.u);
        // The samples differ in their missing nodes: each has them at its own first time.
        let differing =
            pairs.filter(|(a, b)| **a != MISSING && **b != MISSING && (*a - *b).abs() > 1e-6);
        assert_eq!(differing.count(), 0);
    }
    assert_eq!(joined[0].u[7], MISSING);
}

#[test]
fn components_in_files_of_their_own_are_joined() {
    let directory = TempDir::new().unwrap();
    let whole = directory.path().join("whole.nc");
    write::netcdf(&whole, &Sample::new(), NcWriteFormat::Classic);
    let expected = snapshots(&whole);
    let parts = directory.path().join("parts");
    std::fs::create_dir(&parts).unwrap();
    let sample = Sample::new();
    write::netcdf(&parts.join("u.nc"), &sample.clone().without("vo"), NcWriteFormat::Classic);
    write::netcdf(&parts.join("v.nc"), &sample.without("uo"), NcWriteFormat::Nc4);
    assert_eq!(snapshots(&parts), expected);
    // A file without velocities does not matter, and is mentioned.
    let other = Sample::new().without("uo").without("vo");
    write::netcdf(&parts.join("mask.nc"), &other, NcWriteFormat::Cdf5);
    assert_eq!(snapshots(&parts), expected);
    let dataset = Dataset::open(&spec(&parts)).unwrap();
    assert!(dataset.notes().iter().any(|note| note.contains("mask.nc")));
    // The other component's times are its own.
    let longer = Sample::at(&[0.0, 6.0, 12.0, 18.0, 24.0]).without("uo");
    write::netcdf(&parts.join("v.nc"), &longer, NcWriteFormat::Classic);
    let error = refusal(&directory_of(&parts));
    assert!(
        error.contains("u.nc") && error.contains("v.nc") && error.contains("4 and 5"),
        "{error}"
    );
}

/// The files of a directory in one that cleans up after itself.
fn directory_of(path: &Path) -> TempDir {
    let directory = TempDir::new().unwrap();
    for item in std::fs::read_dir(path).unwrap() {
        let item = item.unwrap();
        std::fs::copy(item.path(), directory.path().join(item.file_name())).unwrap();
    }
    directory
}

/// `u.nc` and `v.nc` with one component each, the second changed.
fn two_files(change: impl FnOnce(&mut Sample)) -> TempDir {
    let directory = TempDir::new().unwrap();
    let (u, mut v) = (Sample::new().without("vo"), Sample::new().without("uo"));
    change(&mut v);
    write::netcdf(&directory.path().join("u.nc"), &u, NcWriteFormat::Classic);
    write::netcdf(&directory.path().join("v.nc"), &v, NcWriteFormat::Classic);
    directory
}

#[test]
fn components_in_two_files_on_axes_of_two_names_are_staggered() {
    let directory = two_files(|v| {
        let longitude = &mut v.get_mut("longitude").variable;
        (longitude.name, longitude.dimensions) =
            ("longitude_v".to_owned(), vec!["longitude_v".to_owned()]);
        v.get_mut("vo").variable.dimensions[2] = "longitude_v".to_owned();
    });
    let error = refusal(&directory);
    assert!(error.contains("staggered") && error.contains("longitude_v = 5"), "{error}");
    assert!(!error.contains("give both files"), "{error}");
}

#[test]
fn components_in_two_files_on_shifted_axes_of_one_name_are_refused() {
    for shifted in ["longitude", "latitude"] {
        let directory = two_files(|v| match &mut v.get_mut(shifted).values {
            Values::F32(values) => values.iter_mut().for_each(|value| *value += 0.5),
            Values::F64(values) => values.iter_mut().for_each(|value| *value += 0.25),
            _ => unreachable!("coordinates of the sample are floats"),
        });
        let error = refusal(&directory);
        let wanted = format!("their `{shifted}` axes differ at node 0");
        assert!(error.contains("u.nc") && error.contains(&wanted), "{error}");
    }
    let same = two_files(|_| ());
    assert_eq!(snapshots(same.path()).len(), 4);
}

#[test]
fn components_missing_at_different_nodes_are_mentioned() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("masks.nc");
    let mut sample = Sample::new();
    write::netcdf(&path, &sample, NcWriteFormat::Classic);
    let notes = |path| inspect(&spec(path)).field.unwrap().notes;
    let note = notes(&path).pop().unwrap();
    assert!(note.contains("u is known at 14 nodes and v at 13"), "{note}");
    if let Values::F32(values) = &mut sample.get_mut("vo").values {
        values[3] = 0.0;
    }
    write::netcdf(&path, &sample, NcWriteFormat::Classic);
    assert!(notes(&path).is_empty(), "one mask needs no note");
}

#[test]
fn a_valid_range_of_floats_beside_packed_integers_is_of_velocities() {
    let directory = TempDir::new().unwrap();
    let mut sample = Sample::new();
    let range = Attribute::Floats(vec![-20.0, 20.0]);
    sample.get_mut("uo").variable.attributes.0.insert("valid_range".to_owned(), range);
    for (name, path) in written(directory.path(), &sample) {
        let read = snapshots(&path).remove(0);
        let missing: Vec<_> = (0..15).filter(|&node| read.u[node] == MISSING).collect();
        assert_eq!(missing, [7], "{name} {path:?}");
    }
}

#[test]
fn times_that_do_not_increase_are_named() {
    for hours in [[0.0, 6.0, 6.0, 12.0], [0.0, 12.0, 6.0, 18.0]] {
        let directory = TempDir::new().unwrap();
        files(&directory, &[&hours]);
        let error = refusal(&directory);
        assert!(
            error.contains("0.nc") && error.contains("time 2 (2000-01-01T06:00:00Z)"),
            "{error}"
        );
    }
}

#[test]
fn overlapping_files_are_named() {
    let directory = TempDir::new().unwrap();
    files(&directory, &[&[0.0, 6.0], &[6.0, 12.0]]);
    let error = refusal(&directory);
    assert!(
        error.contains("0.nc") && error.contains("1.nc") && error.contains("overlap"),
        "{error}"
    );
}

#[test]
fn a_gap_is_refused_unless_allowed() {
    let directory = TempDir::new().unwrap();
    files(&directory, &[&[0.0, 6.0, 12.0], &[36.0, 42.0]]);
    let error = refusal(&directory);
    assert!(error.contains("2000-01-01T12:00:00Z and 2000-01-02T12:00:00Z (24 h"), "{error}");
    let looked_at = inspect(&spec(directory.path()));
    assert_eq!(looked_at.refused, Some(error));
    assert_eq!(looked_at.field.unwrap().gaps.len(), 1);
    let lenient = DatasetSpec { allow_gaps: true, ..spec(directory.path()) };
    assert_eq!(Dataset::open(&lenient).unwrap().len(), 5);
}

#[test]
fn files_on_different_grids_are_not_joined() {
    let directory = TempDir::new().unwrap();
    files(&directory, &[&[0.0, 6.0]]);
    let mut other = Sample::at(&[12.0, 18.0]);
    if let Values::F64(values) = &mut other.get_mut("longitude").values {
        values.iter_mut().for_each(|value| *value += 0.25);
    }
    write::netcdf(&directory.path().join("other.nc"), &other, NcWriteFormat::Classic);
    let error = refusal(&directory);
    assert!(error.contains("other.nc") && error.contains("longitude"), "{error}");
}

#[test]
fn components_of_different_shapes_are_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("staggered.zarr");
    let mut sample = Sample::new();
    let v = sample.get_mut("vo");
    v.variable.shape[2] = 4;
    v.variable.dimensions[2] = "longitude_v".to_owned();
    v.variable.chunks = None;
    if let Values::F32(values) = &mut v.values {
        values.truncate(4 * 3 * 4);
    }
    write::zarr_v2(&path, &sample, &serde_json::Value::Null, '<');
    let error = Dataset::open(&spec(&path)).err().unwrap().to_string();
    assert!(error.contains("staggered.zarr") && error.contains("vo"), "{error}");
}

#[test]
fn an_index_beyond_the_end_is_refused() {
    let directory = TempDir::new().unwrap();
    files(&directory, &[&[0.0, 6.0]]);
    let dataset = Dataset::open(&spec(directory.path())).unwrap();
    let error = dataset.read(2).err().unwrap();
    assert!(matches!(error, ForcingError::NoSuchSnapshot { index: 2, snapshots: 2 }));
}

#[test]
fn more_files_than_stay_open_are_read_in_any_order() {
    let directory = TempDir::new().unwrap();
    let times: Vec<[f64; 1]> = (0..12).map(|n| [f64::from(n)]).collect();
    let times: Vec<&[f64]> = times.iter().map(|time| &time[..]).collect();
    files(&directory, &times);
    let dataset = Dataset::open(&spec(directory.path())).unwrap();
    assert_eq!(dataset.len(), 12);
    let whole = Region::whole(dataset.grid());
    for index in (0..12).rev().chain(0..12) {
        let fetched = pollster::block_on(dataset.fetch(index, &whole)).unwrap();
        assert!(fetched.bytes() <= dataset.fetched_bytes());
        let read = dataset.decode(fetched).unwrap();
        assert_eq!((read.u.len() + read.v.len()) * 4, dataset.snapshot_bytes() as usize);
        let expected = ((index * 10 + 1) as f32 - 20.0) * 0.01 + 0.5;
        assert!((read.u[1] - expected).abs() < 1e-6);
    }
    // A file that is replaced by another is noticed when it is opened again.
    let first = dataset.read(11).and_then(|_| dataset.read(0)).unwrap();
    drop(first);
    for number in 0..12 {
        let path = directory.path().join(format!("{number}.nc"));
        std::fs::remove_file(&path).unwrap();
        write::netcdf(&path, &Sample::at(&[0.0, 1.0]), NcWriteFormat::Classic);
    }
    let changed = (0..12).filter_map(|index| dataset.read(index).err());
    assert!(changed.into_iter().any(|error| matches!(error, ForcingError::Changed { .. })));
}
