//! Particles in real model output: the reference takes none further than the flow can, and the
//! software adapter takes them where the reference does.

use drogue::engine::Status;
use drogue::forcing::Dataset;
use drogue::run::{Controls, Plan, RunReport, run, spec};
use drogue::scenario::Scenario;
use drogue::trajectory::{Track, Trajectories};
use drogue::verify::compare;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The folder of real data.
fn data() -> String {
    std::env::var("DROGUE_TEST_DATA").expect(
        "these tests read real model output: set DROGUE_TEST_DATA to the folder that holds it",
    )
}

/// 400 particles over the middle of the domain, for as long as the forcing reaches.
fn scenario(kind: &str, files: &[&str], device: &str, folder: &TempDir) -> Scenario {
    let paths: Vec<String> = files.iter().map(|file| format!("{}/{file}", data())).collect();
    let text = |[west, south, east, north]: [f64; 4]| {
        format!(
            "[forcing.{kind}]\ndata = {paths:?}\n\
             [release]\nkind = 'grid'\nlon = [{west}, {east}]\nlat = [{south}, {north}]\ncount = 400\n\
             [time]\nstep = '10min'\n\
             [output]\npath = 'out.zarr'\nevery = '1h'\n\
             [run]\ndevice = '{device}'\n"
        )
    };
    let read = |text: String| Scenario::from_toml(&text, folder.path().join("run.toml")).unwrap();
    let dataset = Dataset::open(&spec(&read(text([0.0, 0.0, 1.0, 1.0])))).unwrap();
    let [west, south, east, north] = dataset.grid().bounds();
    let (dx, dy) = (0.2 * (east - west), 0.2 * (north - south));
    read(text([west + dx, south + dy, east - dx, north - dy]))
}

fn tracks(folder: &TempDir) -> Vec<Track> {
    let ids: Vec<u64> = (0..400).collect();
    Trajectories::open(&folder.path().join("out.zarr")).unwrap().tracks(&ids).unwrap()
}

fn run_it(plan: &Plan) -> RunReport {
    Runtime::new().unwrap().block_on(run(plan, true, None, &Controls::default())).unwrap()
}

/// That no particle was faster than the flow, and most have moved.
fn check(plan: &Plan, report: &RunReport, tracks: &[Track]) {
    let grid = plan.dataset.grid();
    let mut moved = 0;
    for (id, track) in tracks.iter().enumerate() {
        for at in 1..track.times.len() {
            let seconds = (track.times[at] - track.times[at - 1]).seconds();
            let [a, b] = [at - 1, at].map(|at| [track.x[at], track.y[at]]);
            let way = grid.distance(a, b);
            let most = f64::from(report.fastest) * seconds * 1.0001 + 1.0;
            assert!(way <= most, "particle {id}: {way} m in {seconds} s, {most} m at most");
        }
        moved += usize::from(track.x.first() != track.x.last());
    }
    let sat = report.tally.count(Status::ReleasedOnLand) + report.tally.count(Status::Stranded);
    assert!(moved as u64 + sat >= 390, "{moved} of 400 have moved: {}", report.tally);
    assert!(moved >= 100, "{moved} of 400 have moved: {}", report.tally);
}

fn runs(kind: &str, files: &[&str]) {
    let folder = TempDir::new().unwrap();
    let plan = Plan::new(scenario(kind, files, "cpu", &folder)).unwrap();
    let report = run_it(&plan);
    check(&plan, &report, &tracks(&folder));
    let plan = Plan::new(scenario(kind, files, "software", &folder)).unwrap();
    let runtime = Runtime::new().unwrap();
    let comparison = runtime.block_on(compare(&plan, 400, &Controls::default())).unwrap();
    assert!(
        comparison.verdict.passed,
        "{files:?}: {}\n{}",
        comparison.verdict, comparison.separations
    );
}

#[test]
fn currents_off_western_australia_on_the_adapter() {
    runs("current", &["wa_coast_currents_wind/gridded_current.nc"]);
}

#[test]
fn wind_off_western_australia_on_the_adapter() {
    runs("wind", &["wa_coast_currents_wind/gridded_wind.nc"]);
}

#[test]
fn hourly_currents_in_the_channel_on_the_adapter() {
    runs("current", &["cmems_channel_hourly_era5/cmems_glo12_hourly_channel.nc"]);
}

#[test]
fn packed_daily_currents_on_the_adapter() {
    runs("current", &["cmems_glorys_packed_daily/glorys12_int16_channel.nc"]);
}

#[test]
fn packed_biscay_currents_on_the_adapter() {
    runs("current", &["ibi_packed/ibi-argo-7900573.nc"]);
}

#[test]
fn era5_wind_on_the_adapter() {
    runs("wind", &["era5_wind_120h/era5_20250101_20250105.nc"]);
}

#[test]
fn tides_in_the_iroise_sea_on_the_adapter() {
    runs("current", &["mars2d_iroise_tide/mars2d.xyt.nc"]);
}

#[test]
fn global_wind_in_two_files_on_the_adapter() {
    let files = ["uas", "vas"].map(|u| format!("global_wind_uas_vas/{u}_rectilinear_grid_2D.nc"));
    runs("wind", &files.each_ref().map(String::as_str));
}

#[test]
fn files_and_formats_of_the_same_data_give_the_same_bits() {
    let end = |files: &[&str]| {
        let folder = TempDir::new().unwrap();
        let plan = Plan::new(scenario("current", files, "cpu", &folder)).unwrap();
        run_it(&plan);
        let all: Vec<_> = tracks(&folder).into_iter().map(|track| (track.x, track.y)).collect();
        all
    };
    let hours =
        ["00", "08", "16"].map(|hour| format!("mars2d_iroise_tide/mars2d.xyt.20080815{hour}.nc"));
    let split = end(&hours.each_ref().map(String::as_str));
    assert_eq!(split, end(&["mars2d_iroise_tide/mars2d.xyt.nc"]));
    let v2 = end(&["zarr_DERIVED/wa_current_v2.zarr"]);
    assert_eq!(v2, end(&["zarr_DERIVED/wa_current_v3.zarr"]));
    assert_ne!(v2, split);
}
