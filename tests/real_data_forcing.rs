//! Real model output of many producers, against what netCDF4-python 1.7 reads from it: for one
//! snapshot the number of valid nodes and the sum of each component
//! (`numpy.ma.masked_invalid(variable[index]).astype("f8")`, then `.count()` and `.sum()`).

use drogue::forcing::cf::Choice;
use drogue::forcing::{Dataset, DatasetSpec, ForcingError, Snapshot, inspect};
use drogue::grid::MISSING;

/// The folder of real data.
fn data() -> String {
    std::env::var("DROGUE_TEST_DATA").expect(
        "these tests read real model output: set DROGUE_TEST_DATA to the folder that holds it",
    )
}

fn spec(files: &[&str]) -> DatasetSpec {
    let data: Vec<String> = files.iter().map(|file| format!("{}/{file}", data())).collect();
    DatasetSpec { data, ..DatasetSpec::default() }
}

fn opened(files: &[&str]) -> Dataset {
    Dataset::open(&spec(files)).unwrap()
}

fn snapshot(dataset: &Dataset, index: usize) -> Snapshot {
    dataset.read(index).unwrap()
}

fn total(component: &[f32]) -> (usize, f64) {
    let valid: Vec<f64> = component
        .iter()
        .filter(|&&value| value != MISSING)
        .map(|&value| f64::from(value))
        .collect();
    (valid.len(), valid.iter().sum())
}

#[derive(Debug)]
struct Truth {
    snapshots: usize,
    index: usize,
    u: (usize, f64),
    v: (usize, f64),
}

fn check(dataset: &Dataset, truth: &Truth) -> Result<(), String> {
    let read = snapshot(dataset, truth.index);
    let alike = |(count, sum): (usize, f64), (true_count, true_sum): (usize, f64)| {
        // Values are rounded to f32: some 1e-7 of each, at random.
        count == true_count && (sum - true_sum).abs() < 1e-6 * (true_count as f64 + true_sum.abs())
    };
    let (u, v) = (total(&read.u), total(&read.v));
    if dataset.len() == truth.snapshots && alike(u, truth.u) && alike(v, truth.v) {
        Ok(())
    } else {
        Err(format!("{} snapshots, u {u:?}, v {v:?}, where {truth:?}", dataset.len()))
    }
}

#[test]
fn sums_agree_with_netcdf4_python() {
    let truths = [
        (
            "wa_coast_currents_wind/gridded_current.nc",
            Truth { snapshots: 17, index: 3, u: (888, 90.1530040), v: (888, -60.3350028) },
        ),
        (
            "wa_coast_currents_wind/gridded_wind.nc",
            Truth { snapshots: 17, index: 2, u: (49, -15.9347630), v: (49, 409.0451269) },
        ),
        (
            "cmems_channel_hourly_era5/cmems_glo12_hourly_channel.nc",
            Truth { snapshots: 25, index: 5, u: (3845, 92.8388801), v: (3845, 145.4158440) },
        ),
        (
            "cmems_glorys_packed_daily/glorys12_int16_channel.nc",
            Truth { snapshots: 2, index: 1, u: (9452, 277.9778433), v: (9452, -127.6955472) },
        ),
        (
            "cmems_glorys_nan_daily/glorys12_nan_20151116.nc",
            Truth { snapshots: 3, index: 2, u: (16744, 1633.5380090), v: (16744, 100.2471997) },
        ),
        (
            "ibi_packed/ibi-argo-7900573.nc",
            Truth { snapshots: 2, index: 1, u: (104, -6.2070003), v: (104, 0.8620000) },
        ),
        (
            "era5_wind_120h/era5_20250101_20250105.nc",
            Truth {
                snapshots: 120,
                index: 100,
                u: (4788, -26757.2852440),
                v: (4788, -1544.4883385),
            },
        ),
        (
            "mars2d_iroise_tide/mars2d.xyt.nc",
            Truth { snapshots: 24, index: 9, u: (2134, -735.9140286), v: (2157, -674.0422328) },
        ),
    ];
    for (file, truth) in truths {
        let dataset = opened(&[file]);
        check(&dataset, &truth).unwrap_or_else(|difference| panic!("{file}: {difference}"));
        let wrong = Truth { u: (truth.u.0, truth.u.1 + 0.1), ..truth };
        assert!(check(&dataset, &wrong).is_err(), "the check lets a wrong sum pass");
    }
}

#[test]
fn components_in_two_files_are_one_dataset() {
    let dataset = opened(&[
        "global_wind_uas_vas/uas_rectilinear_grid_2D.nc",
        "global_wind_uas_vas/vas_rectilinear_grid_2D.nc",
    ]);
    let truth =
        Truth { snapshots: 12, index: 1, u: (96 * 192, 3670.28125), v: (96 * 192, -1727.2490234) };
    check(&dataset, &truth).unwrap();
    assert!(dataset.grid().is_periodic());
    let read = snapshot(&dataset, 1);
    assert_eq!((read.u[5], read.v[5]), (-3.519_964_2, -2.366_183_3));
}

#[test]
fn time_may_come_last_and_a_hole_in_it_is_found() {
    let wind = spec(&["cmems_channel_hourly_era5/era5_wind_time_last.nc"]);
    let refused = Dataset::open(&wind).err().unwrap();
    assert!(matches!(refused, ForcingError::Gap { .. }), "{refused}");
    let dataset = Dataset::open(&DatasetSpec { allow_gaps: true, ..wind }).unwrap();
    let truth = Truth { snapshots: 26, index: 2, u: (225, 185.4545336), v: (225, 1263.1169662) };
    check(&dataset, &truth).unwrap();
    // The file's row 3 from the north is row 11 from the south.
    let read = snapshot(&dataset, 2);
    assert_eq!((read.u[11 * 15 + 7], read.v[11 * 15 + 7]), (2.444_676_4, 4.596_214_3));
}

#[test]
fn a_day_in_three_files_is_the_same_day() {
    let whole = opened(&["mars2d_iroise_tide/mars2d.xyt.nc"]);
    let parts = opened(&[
        "mars2d_iroise_tide/mars2d.xyt.2008081516.nc",
        "mars2d_iroise_tide/mars2d.xyt.2008081500.nc",
        "mars2d_iroise_tide/mars2d.xyt.2008081508.nc",
    ]);
    assert_eq!(whole.times(), parts.times());
    for index in 0..whole.len() {
        assert_eq!(snapshot(&whole, index), snapshot(&parts, index));
    }
    // The whole and a part of it overlap.
    let both = spec(&["mars2d_iroise_tide"]);
    assert!(matches!(Dataset::open(&both).err(), Some(ForcingError::FilesOverlap { .. })));
}

#[test]
fn zarr_holds_what_netcdf_holds() {
    let netcdf = opened(&["wa_coast_currents_wind/gridded_current.nc"]);
    for store in ["zarr_DERIVED/wa_current_v2.zarr", "zarr_DERIVED/wa_current_v3.zarr"] {
        let zarr = opened(&[store]);
        assert_eq!(zarr.times(), netcdf.times(), "{store}");
        assert_eq!(zarr.grid(), netcdf.grid(), "{store}");
        for index in 0..netcdf.len() {
            assert_eq!(snapshot(&zarr, index), snapshot(&netcdf, index), "{store} {index}");
        }
    }
}

#[test]
fn a_deeper_level_is_taken_when_asked_for() {
    let file = "cmems_glorys_packed_daily/glorys12_int16_channel.nc";
    let surface = opened(&[file]);
    assert_eq!(surface.level().map(|level| level.index), Some(0));
    let deeper =
        DatasetSpec { choice: Choice { depth: Some(3.8), ..Choice::default() }, ..spec(&[file]) };
    let deeper = Dataset::open(&deeper).unwrap();
    let level = deeper.level().unwrap();
    assert_eq!(level.index, 3);
    assert!((level.depth.unwrap() - 3.819_495).abs() < 1e-5);
    assert_ne!(snapshot(&deeper, 0).u, snapshot(&surface, 0).u);
}

#[test]
fn a_staggered_model_on_one_grid_shows_by_its_masks() {
    let notes = |file| inspect(&spec(&[file])).field.unwrap().notes;
    let mars = notes("mars2d_iroise_tide/mars2d.xyt.nc");
    assert!(mars.iter().any(|note| note.contains("half a cell off")), "{mars:?}");
    let plain = notes("cmems_glorys_packed_daily/glorys12_int16_channel.nc");
    assert!(plain.iter().all(|note| !note.contains("half a cell off")), "{plain:?}");
}

#[test]
fn inspection_tells_what_is_there_and_why_it_is_refused() {
    let looked_at = inspect(&spec(&["wa_coast_currents_wind/gridded_current.nc"]));
    assert_eq!(looked_at.refused, None);
    let field = looked_at.field.as_ref().unwrap();
    assert_eq!((field.shape, field.snapshots, field.step), ([26, 52], 17, Some(10800.0)));
    assert!((field.missing_share - 0.34).abs() < 0.01);
    let text = looked_at.to_string();
    for part in ["NetCDF-3 classic", "water_u", "26 x 52", "2023-03-02T12:00:00Z", "every 3 h"] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    assert!(serde_json::to_string(&looked_at).unwrap().contains("water_u"));

    let looked_at = inspect(&spec(&["croco_benguela/croco_his.nc"]));
    assert!(looked_at.field.is_none() && looked_at.refused.is_some());
    assert!(!looked_at.files[0].variables.is_empty());
}
