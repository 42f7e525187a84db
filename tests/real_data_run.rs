//! Particles in real model output: the reference takes none further than the flow can, and the
//! software adapter takes them where the reference does.

use drogue::engine::{Coast, Status};
use drogue::forcing::cf::{Choice, Vertical};
use drogue::forcing::{Dataset, DatasetSpec, inspect};
use drogue::grid::EARTH_RADIUS;
use drogue::pipeline::Schedule;
use drogue::report::suggestion::scenario as scenario_on;
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

/// What to run on.
#[derive(Clone, Copy, Default)]
struct Forcing<'a> {
    kind: &'a str,
    files: &'a [&'a str],
    /// Further keys of its table.
    keys: &'a str,
    /// Files of the grid.
    grid: &'a [&'a str],
    /// West, south, east and north end of the release; the middle of the domain when absent.
    around: Option<[f64; 4]>,
    /// As long as the forcing reaches when absent.
    duration: Option<&'a str>,
    /// Ten minutes when absent.
    step: Option<&'a str>,
    /// Metres, positive down; at the surface when absent.
    depth: Option<f64>,
}

/// 400 particles.
fn scenario(forcing: Forcing<'_>, device: &str, folder: &TempDir) -> Scenario {
    let Forcing { kind, files, keys, grid, around, duration, step, depth } = forcing;
    let step = step.unwrap_or("10min");
    let paths = |files: &[&str]| -> Vec<String> {
        files.iter().map(|file| format!("{}/{file}", data())).collect()
    };
    let (paths, grid) = (paths(files), paths(grid));
    let grid = if grid.is_empty() { String::new() } else { format!("grid = {grid:?}\n") };
    let duration = duration.map_or(String::new(), |duration| format!("duration = '{duration}'\n"));
    let depth = depth.map_or(String::new(), |depth| format!("depth = {depth:?}\n"));
    let text = |[west, south, east, north]: [f64; 4]| {
        format!(
            "[forcing.{kind}]\ndata = {paths:?}\n{grid}{keys}\n\
             [release]\nkind = 'grid'\nlon = [{west}, {east}]\nlat = [{south}, {north}]\ncount = 400\n{depth}\
             [time]\nstep = '{step}'\n{duration}\
             [output]\npath = 'out.zarr'\nevery = '1h'\n\
             [run]\ndevice = '{device}'\n"
        )
    };
    let read = |text: String| Scenario::from_toml(&text, folder.path().join("run.toml")).unwrap();
    let around = around.unwrap_or_else(|| {
        let scenario = read(text([0.0, 0.0, 1.0, 1.0]));
        let dataset = Dataset::open(&spec(&scenario, &scenario.forcings[0])).unwrap();
        let [west, south, east, north] = dataset.grid().bounds();
        let (dx, dy) = (0.2 * (east - west), 0.2 * (north - south));
        [west + dx, south + dy, east - dx, north - dy]
    });
    read(text(around))
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
    let grid = plan.carriers[0].dataset.grid();
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
    runs_on(Forcing { kind, files, ..Forcing::default() });
}

/// Runs on both engines; the tracks of the reference.
fn runs_on(forcing: Forcing<'_>) -> Vec<Track> {
    let folder = TempDir::new().unwrap();
    let plan = Plan::new(scenario(forcing, "cpu", &folder)).unwrap();
    let report = run_it(&plan);
    let tracks = tracks(&folder);
    check(&plan, &report, &tracks);
    let files = forcing.files;
    let plan = Plan::new(scenario(forcing, "software", &folder)).unwrap();
    let runtime = Runtime::new().unwrap();
    let comparison = runtime.block_on(compare(&plan, 400, &Controls::default())).unwrap();
    assert!(
        comparison.verdict.passed,
        "{files:?}: {}\n{}",
        comparison.verdict, comparison.separations
    );
    tracks
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
        let plan = Plan::new(scenario(
            Forcing { kind: "current", files, ..Forcing::default() },
            "cpu",
            &folder,
        ))
        .unwrap();
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

#[test]
fn a_polar_map_of_the_arctic() {
    runs_on(Forcing {
        kind: "current",
        files: &["metno_arctic20_zlevels/Arctic20_1to5Feb_2016.nc"],
        around: Some([5.0, 70.0, 20.0, 74.0]),
        ..Forcing::default()
    });
}

#[test]
fn wind_on_a_conic_map() {
    runs_on(Forcing {
        kind: "wind",
        files: &["metno_arome_wind/AROME_MetCoOp_00_DEF_20160114_subset.nc"],
        around: Some([3.0, 61.5, 6.0, 63.0]),
        ..Forcing::default()
    });
}

#[test]
fn wind_on_a_polar_map_far_from_the_pole() {
    runs_on(Forcing {
        kind: "wind",
        files: &["hirlam_wind_polarstereo/coordTest.nc"],
        around: Some([-12.6, 30.3, -11.8, 31.0]),
        ..Forcing::default()
    });
}

#[test]
fn roms_through_the_faces_of_its_cells() {
    runs_on(Forcing {
        kind: "current",
        files: &["roms_norfjords_sgrid/norfjords_roms_forcing.nc"],
        around: Some([5.674, 59.030, 5.680, 59.036]),
        ..Forcing::default()
    });
    runs_on(Forcing {
        kind: "current",
        files: &["roms_wcofs_surface/WCOFS_subset.nc"],
        around: Some([-125.0, 44.3, -124.2, 45.5]),
        ..Forcing::default()
    });
}

/// On its own 35 levels between the floor and the surface.
#[test]
fn roms_in_three_dimensions() {
    for keys in ["vertical = 'fixed'", "vertical = 'velocity'"] {
        let tracks = runs_on(Forcing {
            kind: "current",
            files: &["roms_norfjords_sgrid/norfjords_roms_forcing.nc"],
            keys,
            around: Some([5.674, 59.030, 5.680, 59.036]),
            // In ten minutes particles pass two cells, and may meet a coast or not by a rounding.
            step: Some("2min"),
            ..Forcing::default()
        });
        let depths = tracks.iter().filter_map(|track| track.depth.as_ref()?.last());
        // Released at the surface: it rises and falls with the tide, and the water with it.
        assert!(depths.clone().count() > 0 && depths.into_iter().all(|depth| depth.abs() < 50.0));
    }
}

#[test]
fn croco_in_three_dimensions() {
    runs_on(Forcing {
        kind: "current",
        files: &["croco_benguela/croco_his.nc"],
        keys: "epoch = '2000-01-01'\nvertical = 'fixed'",
        around: Some([9.0, -37.0, 17.0, -28.0]),
        ..Forcing::default()
    });
}

#[test]
fn croco_through_the_faces_of_its_cells() {
    runs_on(Forcing {
        kind: "current",
        files: &["croco_benguela/croco_his.nc"],
        keys: "epoch = '2000-01-01'",
        around: Some([9.0, -37.0, 17.0, -28.0]),
        ..Forcing::default()
    });
}

#[test]
fn nemo_through_the_faces_of_its_cells() {
    runs_on(Forcing {
        kind: "current",
        files: &[
            "nemo_mercator_med_set/test_U_2020-01-04.nc",
            "nemo_mercator_med_set/test_V_2020-01-04.nc",
        ],
        keys: "steady = true",
        grid: &["nemo_mercator_med_set/test_ocean_mesh_hgr.nc"],
        duration: Some("2d"),
        ..Forcing::default()
    });
}

/// The flow of these files is made up: 1 m/s to the east everywhere, on a grid that is turned by up to
/// 20° and crosses the antimeridian.
#[test]
fn nemo_carries_particles_east_along_their_parallel() {
    let folder = "nemo_orca025_dateline";
    let tracks = runs_on(Forcing {
        kind: "current",
        files: &[
            &format!("{folder}/Uu_eastward_nemo_cross_180lon.nc"),
            &format!("{folder}/Vv_eastward_nemo_cross_180lon.nc"),
        ],
        keys: "steady = true",
        grid: &[&format!("{folder}/mask_nemo_cross_180lon.nc")],
        around: Some([174.0, 81.2, 178.0, 81.5]),
        duration: Some("1d"),
        ..Forcing::default()
    });
    for track in &tracks {
        let last = track.x.len() - 1;
        assert_eq!(track.status[last], Status::Active);
        let (from, to) = (track.y[0], track.y[last]);
        let metres = (to - from).to_radians() * EARTH_RADIUS;
        assert!(metres.abs() < 25.0, "{metres} m off its parallel after 86 km");
        let east = (track.x[last] - track.x[0]).rem_euclid(360.0).to_radians();
        let way = east * from.to_radians().cos() * EARTH_RADIUS;
        assert!((way - 86_400.0).abs() < 100.0, "{way} m to the east");
    }
}

#[test]
fn mom_at_its_velocity_points() {
    runs_on(Forcing {
        kind: "current",
        files: &["mom5_access_om2/access-om2-01_u.nc", "mom5_access_om2/access-om2-01_v.nc"],
        keys: "lon = 'xu_ocean'\nlat = 'yu_ocean'",
        around: Some([-247.2, -64.2, -246.6, -64.0]),
        ..Forcing::default()
    });
}

#[test]
fn pop_whose_coordinates_are_in_a_file_of_other_dimensions() {
    runs_on(Forcing {
        kind: "current",
        files: &["pop_samoc_cms/popdata.nc"],
        keys: "lon = 'U_LON_2D'\nlat = 'U_LAT_2D'\nlevel = 0\ncomponents = 'grid'\nsteady = true",
        grid: &["pop_samoc_cms/popcoordinates.nc"],
        around: Some([147.5, 30.4, 149.0, 31.2]),
        duration: Some("2d"),
        ..Forcing::default()
    });
}

#[test]
fn fvcom_on_the_faces_of_its_mesh() {
    for kind in ["current", "wind"] {
        let keys = if kind == "wind" { "u = 'uwind_speed'\nv = 'vwind_speed'" } else { "" };
        runs_on(Forcing {
            kind,
            files: &["fvcom_sfbofs/tri_grid_example-FVCOM.nc"],
            keys,
            around: Some([-122.492, 37.872, -122.485, 37.878]),
            ..Forcing::default()
        });
    }
}

/// Between the floor and the tide; the file has no vertical velocity.
#[test]
fn fvcom_in_three_dimensions() {
    let forcing = Forcing {
        kind: "current",
        files: &["fvcom_sfbofs/tri_grid_example-FVCOM.nc"],
        keys: "vertical = 'fixed'",
        around: Some([-122.492, 37.872, -122.485, 37.878]),
        step: Some("2min"),
        ..Forcing::default()
    };
    let released = |depth| runs_on(Forcing { depth: Some(depth), ..forcing });
    let (above, below) = (released(1.0), released(8.0));
    let differ = above.iter().zip(&below).filter(|(a, b)| a.x.get(1) != b.x.get(1)).count();
    assert!(differ > 300, "{differ} of 400 meet other water below");
    let folder = TempDir::new().unwrap();
    let plan = Plan::new(scenario(forcing, "cpu", &folder)).unwrap();
    let (dataset, grid) = (&plan.carriers[0].dataset, plan.carriers[0].dataset.grid());
    assert_eq!(grid.level_count(), 22);
    let mut seen = 0;
    for (index, &time) in dataset.times().iter().enumerate() {
        let field = dataset.read(index).unwrap().laid_out(grid);
        for track in above.iter().chain(&below) {
            let Some(at) = track.times.iter().position(|&own| own == time) else { continue };
            let Some(place) = grid.locate(track.x[at], track.y[at]) else { continue };
            let [a, b] = place.offset;
            let end = |level: usize| {
                let first = 3 * (place.cell[0] as usize * grid.level_count() + level);
                let at = |corner: usize| f64::from(field.nodes()[2 * (first + corner) + 1][1]);
                (1.0 - a - b) * at(0) + a * at(1) + b * at(2)
            };
            let depth = f64::from(track.depth.as_ref().unwrap()[at]);
            let water = end(0) - 0.01..=end(grid.level_count() - 1) + 0.01;
            // Where the floor is less deep than the release, the first step sets a particle on it.
            assert!(at == 0 || water.contains(&depth), "{depth} m deep in {water:?}");
            seen += 1;
        }
    }
    assert!(seen > 1000, "{seen}");
    let keys = "vertical = 'velocity'";
    let Err(error) = Plan::new(scenario(Forcing { keys, ..forcing }, "cpu", &folder)) else {
        panic!("there is none");
    };
    assert!(error.to_string().contains("no vertical velocity"), "{error}");
}

/// On the grids that the made-up seas of the property test are not on.
#[test]
fn schedules_and_blocks_change_no_bit_on_faces_and_triangles_on_the_adapter() {
    let seas = [
        ("roms_wcofs_surface/WCOFS_subset.nc", [-125.0, 44.3, -124.2, 45.5]),
        ("fvcom_sfbofs/tri_grid_example-FVCOM.nc", [-122.492, 37.872, -122.485, 37.878]),
    ];
    for (file, around) in seas {
        for device in ["cpu", "software"] {
            let bits = |block, schedule| {
                let folder = TempDir::new().unwrap();
                let around = Some(around);
                let files = &[file][..];
                let forcing = Forcing { kind: "current", files, around, ..Forcing::default() };
                let mut scenario = scenario(forcing, device, &folder);
                scenario.run.schedule = schedule;
                run_it(&Plan { block, ..Plan::new(scenario).unwrap() });
                let bits =
                    |numbers: &[f64]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
                let all: Vec<_> = tracks(&folder)
                    .iter()
                    .map(|track| [&track.x, &track.y].map(|n| bits(n)))
                    .collect();
                all
            };
            let plain = bits(400, Schedule::Serial);
            assert!(bits(37, Schedule::Concurrent) == plain, "{file} on {device}");
        }
    }
}

#[test]
fn what_inspect_suggests_runs() {
    let file = |name: &str| format!("{}/{name}", data());
    let spec_of = |files: &[&str]| DatasetSpec {
        data: files.iter().map(|name| file(name)).collect(),
        ..DatasetSpec::default()
    };
    let nemo = |part: &str| file(&format!("nemo_mercator_med_set/test_{part}.nc"));
    let steady = Choice { steady: true, ..Choice::default() };
    for spec in [
        spec_of(&["roms_wcofs_surface/WCOFS_subset.nc"]),
        spec_of(&["fvcom_sfbofs/tri_grid_example-FVCOM.nc"]),
        DatasetSpec {
            choice: Choice { vertical: Some(Vertical::Fixed), ..Choice::default() },
            ..spec_of(&["fvcom_sfbofs/tri_grid_example-FVCOM.nc"])
        },
        spec_of(&["cmems_glorys_packed_daily/glorys12_int16_channel.nc"]),
        spec_of(&["hirlam_wind_polarstereo/coordTest.nc"]),
        DatasetSpec {
            data: vec![nemo("U_2020-01-04"), nemo("V_2020-01-04")],
            grid: vec![nemo("ocean_mesh_hgr")],
            choice: steady,
            ..DatasetSpec::default()
        },
    ] {
        let field = inspect(&spec).field.unwrap();
        let text = scenario_on(&spec, &field).unwrap();
        let folder = TempDir::new().unwrap();
        let read = Scenario::from_toml(&text, folder.path().join("run.toml"));
        let plan = Plan::new(read.unwrap_or_else(|error| panic!("{text}\n{error:?}"))).unwrap();
        let report = run_it(&plan);
        assert!(report.tally.count(Status::ReleasedOnLand) < 500, "{text}\n{}", report.tally);
    }
}

#[test]
fn half_a_slip_is_refused_where_water_slips_freely() {
    let refused = |file, coast| {
        let forcing = Forcing { kind: "current", files: &[file], ..Forcing::default() };
        let mut scenario = scenario(forcing, "cpu", &TempDir::new().unwrap());
        scenario.physics.coast = coast;
        Plan::new(scenario).err().map(|error| error.to_string())
    };
    for (file, place) in [
        ("roms_norfjords_sgrid/norfjords_roms_forcing.nc", "faces of cells"),
        ("fvcom_sfbofs/tri_grid_example-FVCOM.nc", "on triangles"),
    ] {
        let error = refused(file, Coast::PartialSlip).expect("it is refused");
        assert!(error.contains(place) && error.contains("\"slip\""), "{error}");
        assert_eq!(refused(file, Coast::Slip), None, "{file}");
    }
}
