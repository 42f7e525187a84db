//! Domains that repeat themselves: what leaves a channel in the east comes back in the west.

use std::f64::consts::TAU;
use std::fs;
use std::path::Path;

use drogue::engine::Status;
use drogue::run::{Plan, RunError};
use drogue::scenario::Scenario;
use drogue::trajectory::Trajectories;
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};
use tempfile::TempDir;

use crate::ocean::run_plan;

/// What repeats, in metres.
const PERIOD: f64 = 60e3;
const COLUMNS: usize = 30;
const HOURS: [f64; 5] = [0.0, 12.0, 24.0, 36.0, 48.0];

/// A meandering current of this many columns, the first of them at `west`, and a tracer.
fn write(path: &Path, west: f64, columns: usize) {
    let mut file = NcFileBuilder::new();
    let text = |value: &str| NcAttrValue::Chars(value.to_owned());
    let axis =
        |first: f64, count: usize| (0..count).map(|k| first + 2e3 * k as f64).collect::<Vec<_>>();
    let (x, y) = (axis(west, columns), axis(-20e3, 21));
    let axes = [("time", "hours since 2020-01-01", &HOURS[..]), ("y", "m", &y), ("x", "m", &x)];
    let dimensions = axes.map(|(name, units, values)| {
        let dimension = file.add_dimension(name, values.len() as u64).unwrap();
        let variable = file.add_variable::<f64>(name, &[dimension]).unwrap();
        file.add_variable_attribute(variable, "units", text(units)).unwrap();
        file.write_variable(variable, values).unwrap();
        dimension
    });
    let wave = |x: f64| TAU * x / PERIOD;
    let flow = |name: &str, hour: f64, y: f64, x: f64| match name {
        "u" => 1.2 + 0.2 * (y / 5e3).cos() + 0.3 * (wave(x) - 0.1 * hour).sin(),
        "v" => 0.1 * (wave(x) + 0.05 * hour).cos(),
        _ => wave(x).sin(),
    };
    for (name, standard_name) in
        [("u", "sea_water_x_velocity"), ("v", "sea_water_y_velocity"), ("dye", "")]
    {
        let mut values = Vec::new();
        for &hour in &HOURS {
            for &y in &y {
                values.extend(x.iter().map(|&x| flow(name, hour, y, x) as f32));
            }
        }
        let variable = file.add_variable::<f32>(name, &dimensions).unwrap();
        file.add_variable_attribute(variable, "units", text("m s-1")).unwrap();
        if !standard_name.is_empty() {
            file.add_variable_attribute(variable, "standard_name", text(standard_name)).unwrap();
        }
        file.set_variable_chunking(variable, [1, 7, 5]).unwrap();
        file.write_variable(variable, &values).unwrap();
    }
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Nc4 }).unwrap();
    fs::write(path, bytes).unwrap();
}

fn plan(folder: &TempDir, data: &str, period: &str, device: &str) -> Result<Plan, RunError> {
    let text = format!(
        "[forcing.current]\ndata = '{data}'\n\
         [release]\nkind = 'grid'\nx = [1000.0, 56000.0]\ny = [-8000.0, 8000.0]\ncount = 200\n\
         [time]\nduration = '2d'\nstep = '10min'\n\
         [physics]\nmesh = 'flat'\nsample = ['dye']\n{period}\n\
         [output]\npath = 'out.zarr'\nevery = '6h'\n[run]\ndevice = '{device}'\n"
    );
    Plan::new(Scenario::from_toml(&text, folder.path().join("channel.toml")).unwrap())
}

/// Each particle's x modulo the period, y and last status, at the end.
fn ends(folder: &TempDir, plan: &Plan) -> Vec<(f64, f64, Status)> {
    run_plan(plan).unwrap();
    let ends = Trajectories::open(&folder.path().join("out.zarr")).unwrap().final_states().unwrap();
    let places = ends.x.iter().zip(&ends.y).zip(&ends.status);
    places.map(|((x, y), status)| (x.rem_euclid(PERIOD), *y, *status)).collect()
}

/// The farthest that two runs are apart, in metres, over the seam where that is nearer.
fn apart(a: &[(f64, f64, Status)], b: &[(f64, f64, Status)]) -> f64 {
    let distance = |(a, b): (&(f64, f64, Status), &(f64, f64, Status))| {
        let along = (a.0 - b.0).abs();
        along.min(PERIOD - along).hypot(a.1 - b.1)
    };
    a.iter().zip(b).map(distance).fold(0.0, f64::max)
}

#[test]
fn a_channel_is_as_good_as_many_periods_of_it() {
    let folder = TempDir::new().unwrap();
    // The last column may be the first again, or the one before; it may begin anywhere.
    let channels = [("open.nc", 0.0, COLUMNS), ("closed.nc", 0.0, COLUMNS + 1)];
    let elsewhere = ("elsewhere.nc", -22e3, COLUMNS);
    for (name, west, columns) in channels.into_iter().chain([elsewhere]) {
        write(&folder.path().join(name), west, columns);
    }
    write(&folder.path().join("many.nc"), 0.0, 8 * COLUMNS);
    let expected = ends(&folder, &plan(&folder, "many.nc", "", "cpu").unwrap());
    assert!(expected.iter().all(|end| end.2 == Status::Active));
    let period = "period = 60000.0";
    for (name, ..) in channels.into_iter().chain([elsewhere]) {
        let found = ends(&folder, &plan(&folder, name, period, "cpu").unwrap());
        assert!(found.iter().all(|end| end.2 == Status::Active), "{name}");
        // The velocities are f32 of places that differ by rounding.
        assert!(apart(&found, &expected) < 0.1, "{name}: {} m", apart(&found, &expected));
        let on_an_adapter = ends(&folder, &plan(&folder, name, period, "auto").unwrap());
        assert!(apart(&on_an_adapter, &expected) < 0.2, "{name} on an adapter");
    }
    let left = ends(&folder, &plan(&folder, "open.nc", "", "cpu").unwrap());
    assert!(left.iter().all(|end| end.2 == Status::LeftDomain), "without a period they leave");
}

#[test]
fn a_part_of_a_channel_is_enough_and_its_seam_is_sampled() {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("channel.nc"), 0.0, COLUMNS);
    let mut plan = plan(&folder, "channel.nc", "period = 60000.0", "cpu").unwrap();
    let part = ends(&folder, &plan);
    let tracks = Trajectories::open(&folder.path().join("out.zarr")).unwrap();
    for track in tracks.tracks(&[0, 57, 199]).unwrap() {
        for (x, dye) in track.x.iter().zip(&track.samples[0]) {
            let expected = (TAU * x / PERIOD).sin();
            assert!((f64::from(*dye) - expected).abs() < 0.01, "{dye} at {x}, not {expected}");
        }
    }
    plan.whole_snapshots = true;
    assert!(part == ends(&folder, &plan), "reading less changes nothing");
}

#[test]
fn a_period_that_is_not_the_datas_is_refused() {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("channel.nc"), 0.0, COLUMNS);
    for period in ["period = '50km'", "period = '70km'"] {
        let error = plan(&folder, "channel.nc", period, "cpu").map(drop).unwrap_err().to_string();
        assert!(error.contains("channel.nc") && error.contains("cover 58000"), "{error}");
    }
}
