//! Unstructured meshes in files: series of them, and masks.

use std::path::Path;

use drogue::forcing::cf::Choice;
use drogue::forcing::{Attribute, Attributes, Dataset, DatasetSpec, Variable};
use drogue::grid::MISSING;
use netcdf_writer::NcWriteFormat;
use tempfile::TempDir;

use crate::joining::{snapshot, spec};
use crate::sample::{Made, Sample, Values};
use crate::write;

fn made(
    name: &str,
    dimensions: &[(&str, u64)],
    values: Values,
    attributes: &[(&str, &str)],
) -> Made {
    let attributes = attributes
        .iter()
        .map(|&(key, text)| (key.to_owned(), Attribute::Text(text.to_owned())))
        .collect();
    let variable = Variable {
        name: name.to_owned(),
        dimensions: dimensions.iter().map(|(name, _)| (*name).to_owned()).collect(),
        shape: dimensions.iter().map(|&(_, length)| length).collect(),
        stored: values.stored(),
        chunks: None,
        attributes: Attributes(attributes),
    };
    Made { variable, values }
}

/// Two triangles between four nodes, and a fifth that none of them has and that lies nowhere.
fn mesh(hour: f64, stored: fn(Vec<f64>) -> Values) -> Sample {
    const NODE: (&str, u64) = ("node", 5);
    const FIELD: &[(&str, u64)] = &[("time", 1), NODE];
    let velocity = (0..5).map(|node| hour as f32 + node as f32 * 0.1).collect::<Vec<_>>();
    let east = [("standard_name", "eastward_sea_water_velocity"), ("units", "m s-1")];
    let north = [("standard_name", "northward_sea_water_velocity"), ("units", "m s-1")];
    Sample(vec![
        made(
            "time",
            &[("time", 1)],
            Values::F64(vec![hour]),
            &[("units", "hours since 2000-01-01")],
        ),
        made(
            "lon",
            &[NODE],
            stored(vec![1.1, 1.2, 1.1, 1.2, f64::NAN]),
            &[("units", "degrees_east")],
        ),
        made(
            "lat",
            &[NODE],
            stored(vec![50.1, 50.1, 50.2, 50.2, f64::NAN]),
            &[("units", "degrees_north")],
        ),
        made(
            "nv",
            &[("three", 3), ("nele", 2)],
            Values::F64(vec![1.0, 2.0, 2.0, 4.0, 3.0, 3.0]),
            &[],
        ),
        made("wet", &[NODE], Values::F32(vec![1.0, 0.0, 1.0, 1.0, 1.0]), &[]),
        made("u", FIELD, Values::F32(velocity.clone()), &east),
        made("v", FIELD, Values::F32(velocity), &north),
    ])
}

fn written(path: &Path, sample: &Sample) {
    write::netcdf(path, sample, NcWriteFormat::Classic);
}

#[test]
fn files_whose_nodes_are_rounded_or_nowhere_are_joined() {
    let directory = TempDir::new().unwrap();
    written(&directory.path().join("0.nc"), &mesh(0.0, Values::F64));
    let rounded = |values: Vec<f64>| Values::F32(values.iter().map(|&v| v as f32).collect());
    written(&directory.path().join("1.nc"), &mesh(1.0, rounded));
    let dataset = Dataset::open(&spec(directory.path())).unwrap();
    assert_eq!(dataset.len(), 2);
    assert_eq!(snapshot(&dataset, 1).u[3], 1.3);
    // But not those that lie elsewhere.
    let mut moved = mesh(2.0, Values::F64);
    moved.get_mut("lon").values = Values::F64(vec![1.1, 1.2001, 1.1, 1.2, f64::NAN]);
    written(&directory.path().join("2.nc"), &moved);
    let error = Dataset::open(&spec(directory.path())).err().expect("it must be refused");
    assert!(error.to_string().contains("their meshes (`nv`) differ"), "{error}");
}

#[test]
fn a_mask_of_nodes_closes_those_that_it_says() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("0.nc");
    written(&path, &mesh(0.0, Values::F64));
    let choice =
        |mask: &str| Choice { mask: Some(mask.to_owned()), steady: true, ..Choice::default() };
    let masked = DatasetSpec { choice: choice("wet"), ..spec(&path) };
    let snapshot = snapshot(&Dataset::open(&masked).unwrap(), 0);
    let missing: Vec<bool> = snapshot.u.iter().map(|&u| u == MISSING).collect();
    assert_eq!(missing, [false, true, false, false, false]);
    let elsewhere = DatasetSpec { choice: choice("nv"), ..spec(&path) };
    let error = Dataset::open(&elsewhere).err().expect("it must be refused").to_string();
    assert!(error.contains("runs along nele where the velocity runs along node"), "{error}");
}
