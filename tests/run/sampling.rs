//! Fields sampled along trajectories: what is linear in place, depth and time is found exactly, on points
//! of the field's own; what is not there is told.

use std::fs;

use drogue::engine::Status;
use drogue::forcing::{DatasetSpec, inspect};
use drogue::run::{Controls, Plan, RunError, RunReport, run};
use drogue::scenario::Scenario;
use drogue::trajectory::{Sampled, Track, Trajectories};
use tempfile::TempDir;

use crate::fields::{
    AT_CENTRES, COAST, Form, OF_TEMP, PLAIN, bottom, field, salinity, surface, temperature, write,
};

/// A folder with a sea in it.
struct Sea(TempDir);

const RELEASE: &str =
    "kind = 'grid'\nlon = [0.2, 1.2]\nlat = [-0.6, 0.6]\ncount = 40\nevery = '7h'";

impl Sea {
    fn new(levels: bool, form: &Form) -> Self {
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("sea.nc"), levels, &AT_CENTRES, form);
        Self(folder)
    }

    fn scenario(&self, forcing: &str, release: &str, more: &str) -> Scenario {
        let text = format!(
            "[forcing.current]\ndata = 'sea.nc'\n{forcing}\n[release]\n{release}\n[time]\n\
             step = '30min'\n[output]\npath = 'out.zarr'\nevery = '5h'\n[run]\ndevice = 'cpu'\n{more}"
        );
        Scenario::from_toml(&text, self.0.path().join("scenario.toml")).unwrap()
    }

    /// The account of a run that samples these, and all tracks.
    fn sampled(&self, forcing: &str, release: &str, more: &str) -> (RunReport, Vec<Track>) {
        let plan = Plan::new(self.scenario(forcing, release, more)).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let report = runtime.block_on(run(&plan, true, None, &Controls::default())).unwrap();
        let path = &plan.scenario.output.as_ref().unwrap().path;
        let trajectories = Trajectories::open(path).unwrap();
        let ids: Vec<u64> = (0..trajectories.particles()).collect();
        (report, trajectories.tracks(&ids).unwrap())
    }

    /// Why nothing can be sampled so.
    fn refused(&self, forcing: &str, more: &str, part: &str) {
        let release = "kind = 'point'\nlon = 1.0\nlat = 0.0";
        let Err(error) = Plan::new(self.scenario(forcing, release, more)) else {
            panic!("not refused: {more}")
        };
        let error = error.to_string();
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

fn sample(names: &str) -> String {
    format!("[physics]\nsample = [{names}]\n")
}

type Values = fn(f64, f64, f64, f64) -> f64;

/// How many values are not those of a field, of how many. Values stored and sampled are rounded to f32,
/// by half a unit of the largest of them each; those of a packed field by half a step of its packing.
fn wrong(tracks: &[Track], number: usize, of: Values, packed: f64) -> [usize; 2] {
    let mut counts = [0, 0];
    let start = tracks.iter().map(|track| track.times[0]).min().unwrap();
    for track in tracks {
        for at in 0..track.times.len() {
            let hour = (track.times[at] - start).seconds() / 3600.0;
            let depth = track.depth.as_ref().map_or(OF_TEMP[0], |depth| f64::from(depth[at]));
            let right = of(hour, depth.max(OF_TEMP[0]), track.y[at], track.x[at]);
            let found = f64::from(track.samples[number][at]);
            let tolerance = packed / 2.0 + f64::from(f32::EPSILON) * 2.0 * right.abs();
            counts[0] += usize::from(found.is_nan() || (found - right).abs() > tolerance);
            counts[1] += 1;
        }
    }
    counts
}

#[test]
fn what_is_linear_is_found_exactly_on_points_of_its_own() {
    for chunked in [true, false] {
        let sea = Sea::new(false, &Form { chunked, ..PLAIN });
        let names = "'temp', 'salt', 'sst', 'h'";
        let (report, tracks) = sea.sampled("", RELEASE, &sample(names));
        assert!(report.complete);
        for (number, of, packed) in [
            (0, temperature as Values, 0.0),
            (1, salinity, 0.001),
            (2, surface, 0.0),
            (3, bottom, 0.0),
        ] {
            let [wrong, all] = wrong(&tracks, number, of, packed);
            assert_eq!(wrong, 0, "{number}, of {all}");
            assert!(all > 400, "{all}");
        }
    }
}

#[test]
fn planted_errors_are_found() {
    let sea = Sea::new(false, &PLAIN);
    let (_, tracks) = sea.sampled("", RELEASE, &sample("'temp', 'salt'"));
    let all = |of: Values, number| wrong(&tracks, number, of, 0.0);
    for (what, of) in [
        ("half a cell", (|h, d, y, x| temperature(h, d, y, x + 0.125)) as Values),
        ("an hour", |h, d, y, x| temperature(h + 1.0, d, y, x)),
        ("exchanged axes", |h, d, y, x| temperature(h, d, x, y)),
        ("another level", |h, d, y, x| temperature(h, d + 1.0, y, x)),
    ] {
        let [wrong, of] = all(of, 0);
        assert!(wrong > of * 9 / 10, "{what}: {wrong} of {of}");
    }
    assert!(all(temperature, 1)[0] > 0, "exchanged variables");
    // In the data as well: values that lie half a cell from where their coordinates say.
    let shifted = Sea::new(false, &Form { shift: 0.125, ..PLAIN });
    let (_, tracks) = shifted.sampled("", RELEASE, &sample("'temp'"));
    let [wrong, of] = wrong(&tracks, 0, temperature, 0.0);
    assert!(wrong > of * 9 / 10, "{wrong} of {of}");
}

#[test]
fn depths_lie_between_the_levels_of_the_field() {
    let sea = Sea::new(true, &PLAIN);
    let rows: Vec<String> = (0..30)
        .map(|k| format!("{},{},{}", 0.3 + 0.02 * f64::from(k), -0.3, 2.0 * f64::from(k)))
        .collect();
    fs::write(sea.0.path().join("release.csv"), format!("lon,lat,depth\n{}\n", rows.join("\n")))
        .unwrap();
    let release = "kind = 'file'\npath = 'release.csv'";
    let (_, tracks) = sea.sampled("vertical = 'fixed'", release, &sample("'temp', 'h'"));
    let depth = |track: &Track| track.depth.as_ref().unwrap()[0];
    let (known, below): (Vec<_>, Vec<_>) =
        tracks.into_iter().partition(|track| f64::from(depth(track)) <= OF_TEMP[2]);
    assert_eq!(wrong(&known, 0, temperature, 0.0), [0, known.len() * 6]);
    assert!(known.len() > 20 && below.len() > 3);
    // Below its lowest level there is no temperature; the bottom is where it is.
    assert!(below.iter().all(|track| track.samples[0].iter().all(|value| value.is_nan())));
    assert_eq!(wrong(&below, 1, bottom, 0.0)[0], 0);
    // The velocity's levels taken for the field's own.
    let other = |h, d: f64, y, x| temperature(h, if d < 20.0 { d / 2.0 } else { d }, y, x);
    assert!(wrong(&known, 0, other, 0.0)[0] > 0);
}

#[test]
fn next_to_land_what_the_water_has_counts() {
    let sea = Sea::new(false, &PLAIN);
    let release = "kind = 'points'\nlon = [2.4, 2.5, 2.7, 2.9]\nlat = [0.05, 0.0, 0.1, 0.0]";
    let (_, tracks) = sea.sampled("", release, &sample("'temp', 'h'"));
    // The last column with values lies at 2.375°, the coast at 2.6°.
    const { assert!(COAST > 2.375 && COAST < 2.625) };
    for (track, is_there) in tracks.iter().zip([true, true, false, false]) {
        let found = f64::from(track.samples[0][0]);
        assert_eq!(!found.is_nan(), is_there, "{track:?}");
        if is_there {
            let right = temperature(0.0, OF_TEMP[0], track.y[0], 2.375);
            assert!((found - right).abs() < 1e-5, "{found} where {right} is right");
        }
        assert!(
            (f64::from(track.samples[1][0]) - bottom(0.0, 0.0, track.y[0], track.x[0])).abs()
                < 1e-3
        );
    }
}

#[test]
fn those_that_end_are_sampled_where_and_when_they_do() {
    let sea = Sea::new(false, &PLAIN);
    let release = "kind = 'grid'\nlon = [1.6, 2.2]\nlat = [-0.4, 0.4]\ncount = 30";
    let more = "[physics]\nsample = ['sst', 'salt']\nmax_age = '500min'\n";
    let (report, tracks) = sea.sampled("", release, more);
    assert_eq!(report.tally.count(Status::AgedOut), 30, "{}", report.tally);
    let ends = |track: &Track| (track.times[2] - track.times[0]).seconds() / 3600.0;
    assert!(tracks.iter().all(|track| (ends(track) - (8.0 + 1.0 / 3.0)).abs() < 1e-9));
    assert_eq!(wrong(&tracks, 0, surface, 0.0)[0], 0);
    assert_eq!(wrong(&tracks, 1, salinity, 0.001)[0], 0);
    // At the time of the output that they did not see.
    let late: Values = |hour, d, y, x| surface(if hour > 6.0 { 10.0 } else { hour }, d, y, x);
    assert_eq!(wrong(&tracks, 0, late, 0.0)[0], 30);
}

#[test]
fn going_back_is_as_going_forth() {
    let sea = Sea::new(false, &PLAIN);
    let scenario = |more: &str| sea.scenario("", "kind = 'point'\nlon = 1.4\nlat = 0.1", more);
    let mut back = scenario(&sample("'sst', 'temp'"));
    back.time.direction = drogue::scenario::Direction::Backward;
    let plan = Plan::new(back).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(&plan, true, None, &Controls::default())).unwrap();
    let mut tracks =
        Trajectories::open(&sea.0.path().join("out.zarr")).unwrap().tracks(&[0]).unwrap();
    // Hours are counted from the earliest observation, which is at midnight.
    let first = &mut tracks[0];
    for values in [&mut first.x, &mut first.y] {
        values.reverse();
    }
    first.times.reverse();
    first.samples.iter_mut().for_each(|values| values.reverse());
    assert_eq!(wrong(&tracks, 0, surface, 0.0), [0, 6]);
    assert_eq!(wrong(&tracks, 1, temperature, 0.0), [0, 6]);
}

/// The bits of all that was sampled.
fn bits(tracks: &[Track]) -> Vec<u32> {
    let values = tracks.iter().flat_map(|track| track.samples.iter().flatten());
    values.map(|value| value.to_bits()).collect()
}

#[test]
fn devices_schedules_blocks_formats_and_memory_change_no_bit() {
    let sea = Sea::new(false, &PLAIN);
    let names = "[physics]\nsample = ['temp', 'salt', 'sst', 'h']\nmax_age = '9h'\n";
    let run_with = |keys: &str, path: &str| {
        let mut scenario = sea.scenario("", RELEASE, names);
        for key in keys.split_whitespace() {
            match key.split_once('=').unwrap() {
                ("block", value) => scenario.run.block = value.parse().ok(),
                ("threads", value) => scenario.run.threads = value.parse().ok(),
                ("memory", value) => scenario.run.memory = value.parse().ok(),
                (_, _) => scenario.run.schedule = drogue::pipeline::Schedule::Serial,
            }
        }
        scenario.output.as_mut().unwrap().path = sea.0.path().join(path);
        let plan = Plan::new(scenario).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let report = runtime.block_on(run(&plan, true, None, &Controls::default())).unwrap();
        let names: Vec<&str> = report.stages.iter().map(|stage| &*stage.stage).collect();
        assert!(names.contains(&"sample"), "{names:?}");
        let trajectories = Trajectories::open(&sea.0.path().join(path)).unwrap();
        let ids: Vec<u64> = (0..trajectories.particles()).collect();
        (plan.memory, bits(&trajectories.tracks(&ids).unwrap()))
    };
    let (memory, expected) = run_with("block=1000", "a.zarr");
    assert!(memory.kept > 0, "{memory:?}");
    let least = format!("memory={} block=16", memory.least());
    for keys in ["block=7 threads=3", "block=40 schedule=serial", "threads=1 block=1", &least] {
        for path in ["b.zarr", "b.parquet"] {
            assert!(run_with(keys, path).1 == expected, "{keys} {path}");
        }
    }
}

#[test]
fn fields_may_have_files_names_and_times_of_their_own() {
    let sea = Sea::new(false, &PLAIN);
    write(&sea.0.path().join("fields.nc"), false, &AT_CENTRES, &PLAIN);
    write(&sea.0.path().join("sea.nc"), false, &[], &PLAIN);
    let more = "[sample.warmth]\nvariable = 'sea_water_potential_temperature'\ndata = 'fields.nc'\n\
                [sample.first_sst]\nvariable = 'sst'\ndata = ['fields.nc']\nsteady = true\n\
                [sample.h]\ndata = 'fields.nc'\n[sample.deep]\nvariable = 'temp'\nlevel = 2\ndata = 'fields.nc'\n";
    let (_, tracks) = sea.sampled("", RELEASE, more);
    // Tables are in the order of their names.
    assert_eq!(wrong(&tracks, 0, |h, _, y, x| temperature(h, OF_TEMP[2], y, x), 0.0)[0], 0);
    assert_eq!(wrong(&tracks, 1, |_, d, y, x| surface(-12.0, d, y, x), 0.0)[0], 0);
    assert_eq!(wrong(&tracks, 2, bottom, 0.0)[0], 0);
    assert_eq!(wrong(&tracks, 3, temperature, 0.0)[0], 0);
    let samples = Trajectories::open(&sea.0.path().join("out.zarr")).unwrap().samples().to_vec();
    let text = |text: &str| Some(text.to_owned());
    let warmth = Sampled {
        name: "warmth".to_owned(),
        units: text("degC"),
        standard_name: text("sea_water_potential_temperature"),
        long_name: None,
    };
    assert_eq!(samples[3], warmth);
}

#[test]
fn what_cannot_be_sampled_is_refused() {
    let sea = Sea::new(false, &PLAIN);
    sea.refused("", &sample("'tmep'"), "did you mean `temp`?");
    sea.refused("", &sample("'tmep'"), "the fields there are u, v, temp, salt, sst, h");
    sea.refused("", &sample("'time_s'"), "`time_s` has no axis");
    sea.refused("", "[sample.h]\ndata = 'nowhere.nc'\n", "nowhere.nc");
    sea.refused("", "[sample.h]\nlat = 'lta'\n", "did you mean `lat");
    sea.refused("", "[sample.deep]\nvariable = 'temp'\nlevel = 3\n", "no level 3");
    let spectrum = [field("spectrum", &["time", "time_s", "lat_t", "lon_t"], surface)];
    write(&sea.0.path().join("spectrum.nc"), false, &spectrum, &PLAIN);
    sea.refused("", "[sample.spectrum]\ndata = 'spectrum.nc'\n", "second time axis");
    let error = match Plan::new({
        let mut scenario = sea.scenario("", RELEASE, "");
        scenario.samples = vec![drogue::scenario::Sample::of("lon")];
        scenario
    }) {
        Err(error @ RunError::SampleName { .. }) => error.to_string(),
        _ => panic!("not refused"),
    };
    assert!(error.contains("`lon`") && error.contains("[sample.NAME]"), "{error}");
}

#[test]
fn only_what_lies_around_the_particles_is_fetched() {
    let sea = Sea::new(false, &PLAIN);
    write(&sea.0.path().join("fields.nc"), false, &AT_CENTRES, &PLAIN);
    let bytes = |release: &str| {
        let more = "[sample.salt]\ndata = 'fields.nc'\n";
        let plan = Plan::new(sea.scenario("", release, more)).unwrap();
        let opened = plan.samplings[0].scalar.own_traffic().bytes;
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let report = runtime.block_on(run(&plan, true, None, &Controls::default())).unwrap();
        let own = plan.samplings[0].scalar.own_traffic();
        assert_eq!(report.traffic, plan.carriers[0].dataset.traffic().with(own));
        own.bytes - opened
    };
    let narrow = bytes("kind = 'point'\nlon = 0.3\nlat = -0.8");
    let wide = bytes("kind = 'grid'\nlon = [0.1, 2.9]\nlat = [-0.9, 0.9]\ncount = 50");
    assert!(0 < narrow && 3 * narrow < wide, "{narrow} {wide}");
}

#[test]
fn an_inspection_lists_what_can_be_sampled() {
    let sea = Sea::new(true, &PLAIN);
    let data = vec![sea.0.path().join("sea.nc").display().to_string()];
    let field = inspect(&DatasetSpec { data, ..DatasetSpec::default() }).field.unwrap();
    assert_eq!(field.sample, ["temp", "salt", "sst", "h"]);
    assert!(field.to_string().contains("can be sampled: temp, salt, sst, h\n"), "{field}");
}

#[test]
fn a_field_that_ends_before_the_run_is_refused() {
    let sea = Sea::new(false, &PLAIN);
    let mut scenario = sea.scenario("", RELEASE, &sample("'temp'"));
    scenario.samples[0].data = vec![sea.0.path().join("early.nc").display().to_string()];
    write(&sea.0.path().join("early.nc"), false, &AT_CENTRES, &Form { late: -6.0, ..PLAIN });
    let error = Plan::new(scenario.clone()).err().expect("it is too short").to_string();
    for part in ["`temp`", "2020-01-01T18:00:00Z", "steady = true"] {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
    scenario.samples[0].steady = true;
    assert!(Plan::new(scenario.clone()).is_ok());
    scenario.samples.clear();
    assert!(Plan::new(scenario).unwrap().samplings.is_empty());
}
