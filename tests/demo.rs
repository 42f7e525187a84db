//! The demo's files as others see them.

use std::path::Path;

use drogue::demo::{self, DemoError};
use netcdf_reader::{NcFile, NcVariable};

fn text(variable: &NcVariable, name: &str) -> String {
    let attribute = variable.attribute(name).unwrap_or_else(|| panic!("no attribute {name}"));
    attribute.value.as_string().expect("a text")
}

fn write(folder: &Path) -> demo::DemoFiles {
    demo::write(folder).expect("the demo can be written")
}

#[test]
fn the_files_open_and_join_to_one_three_hourly_ocean() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = write(folder.path());
    let mut hours = Vec::new();
    for path in &files.forcing {
        let file = NcFile::open(path).expect("opens");
        hours.extend(file.read_variable_as_f64("time").expect("time"));
        for (name, standard_name) in
            [("uo", "eastward_sea_water_velocity"), ("vo", "northward_sea_water_velocity")]
        {
            let variable = file.variable(name).expect("velocity");
            assert_eq!(text(variable, "standard_name"), standard_name);
            assert_eq!(text(variable, "units"), "m s-1");
            assert_eq!(variable.shape()[1], 1, "one level");
        }
        assert_eq!(text(file.variable("time").expect("time"), "units"), "hours since 1950-01-01");
    }
    assert_eq!(hours.len(), 81);
    assert!(hours.windows(2).all(|pair| pair[1] - pair[0] == 3.0));
}

#[test]
fn land_is_missing_and_the_sea_moves_slower_than_1_5_m_per_s() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in write(folder.path()).forcing {
        let file = NcFile::open(path).expect("opens");
        let u = file.read_variable_unpacked_masked("uo").expect("uo");
        let v = file.read_variable_unpacked_masked("vo").expect("vo");
        let land = u.iter().filter(|u| u.is_nan()).count() as f64 / u.len() as f64;
        assert!((0.15..0.40).contains(&land), "land share {land}");
        for (u, v) in u.iter().zip(&v) {
            assert_eq!(u.is_nan(), v.is_nan());
            assert!(u.is_nan() || u.hypot(*v) < 1.5);
        }
    }
}

#[test]
fn two_writes_are_the_same_bytes_and_a_few_megabytes() {
    let (one, other) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let (first, second) = (write(one.path()), write(other.path()));
    let mut size = 0;
    for (a, b) in first.forcing.iter().zip(&second.forcing) {
        let (a, b) = (std::fs::read(a).expect("reads"), std::fs::read(b).expect("reads"));
        assert!(a == b, "the same bytes");
        size += a.len();
    }
    assert!((1_000_000..6_000_000).contains(&size), "{size} bytes");
    assert_eq!(write(one.path()), first, "writing again over the same is no error");
}

#[test]
fn a_changed_file_is_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = write(folder.path()).scenario;
    std::fs::write(&scenario, "# mine").expect("writes");
    let error = demo::write(folder.path()).expect_err("in the way");
    assert!(matches!(&error, DemoError::Exists { path } if *path == scenario), "{error}");
    assert_eq!(std::fs::read_to_string(&scenario).expect("reads"), "# mine");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("writes");
    let error = demo::write(&file.join("below")).expect_err("below a file");
    assert!(error.to_string().contains("below"), "{error}");
}
