//! The land of maps, as real model output has it.

use drogue::forcing::{Dataset, DatasetSpec};
use drogue::report::chart::land;
use drogue::report::map::Mask;

/// A file of the test data.
fn data(name: &str) -> Dataset {
    let folder = std::env::var("DROGUE_TEST_DATA")
        .expect("set DROGUE_TEST_DATA to the folder with the test data");
    let spec = DatasetSpec { data: vec![format!("{folder}/{name}")], ..DatasetSpec::default() };
    Dataset::open(&spec).expect("opens")
}

#[test]
fn land_is_what_was_dry_at_any_time_and_winds_have_none() {
    let whole = |dataset: &Dataset| {
        let times = dataset.times();
        land(dataset, [times[0], times[times.len() - 1]]).expect("reads")
    };
    assert_eq!(whole(&data("era5_wind_120h/era5_20250101_20250105.nc")), None);
    let tide = data("mars2d_iroise_tide/mars2d.xyt.nc");
    let flats = whole(&tide).expect("has land");
    assert!(flats.varies);
    let first = land(&tide, [tide.times()[0]; 2]).expect("reads").expect("has land");
    assert!(!first.varies);
    let count = |mask: &Mask| mask.land.iter().filter(|&&land| land == Some(true)).count();
    assert!(count(&flats) > count(&first), "{} and {}", count(&flats), count(&first));
}
