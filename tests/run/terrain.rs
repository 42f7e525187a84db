//! Levels that follow the floor and the surface, as ROMS and CROCO write them.

use std::fs;
use std::path::Path;

use drogue::run::{Controls, Plan, RunError, run};
use drogue::scenario::Scenario;
use drogue::trajectory::{Track, Trajectories};
use netcdf_writer::{DimensionId, NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};
use tempfile::TempDir;

/// Centres of cells, a hundredth of a degree apart, on the equator.
const COLUMNS: usize = 24;
const ROWS: usize = 10;
const SPACING: f64 = 0.01;
const HOURS: [f64; 3] = [0.0, 2.0, 4.0];
/// Lowest first, as ROMS has them.
const S: [f64; 4] = [-0.875, -0.625, -0.375, -0.125];
const S_OF_W: [f64; 5] = [-1.0, -0.75, -0.5, -0.25, 0.0];
/// Height of the surface in metres.
const SURFACE: f64 = 0.5;
const METRES_IN_A_DEGREE: f64 = 6_371_000.0 * std::f64::consts::PI / 180.0;

/// What a file has.
#[derive(Clone, Copy)]
struct Form {
    /// The standard name of `s_rho`, or the number in `Vtransform`.
    formula: Formula,
    floor: fn(f64) -> f64,
    /// Names of variables that are left out.
    without: &'static [&'static str],
    /// The first column that falls dry between the second snapshot and the third.
    dry: usize,
}

#[derive(Clone, Copy)]
enum Formula {
    Named(&'static str),
    Numbered(f64),
}

const SIGMA: Form = Form {
    formula: Formula::Named("ocean_sigma_coordinate"),
    floor: |column| 40.0 + 2.0 * column,
    without: &[],
    dry: COLUMNS,
};

/// Critical depth of the other formulas.
const CRITICAL: f64 = 10.0;

fn stretched(s: f64) -> f64 {
    0.25 * s + 0.75 * s * s.abs()
}

impl Form {
    /// Depth in metres, positive down.
    fn depth(&self, s: f64, column: f64) -> f64 {
        let (h, c) = ((self.floor)(column), stretched(s));
        -match self.formula {
            Formula::Named("ocean_sigma_coordinate") => SURFACE + s * (h + SURFACE),
            Formula::Named("ocean_s_coordinate_g1") | Formula::Numbered(1.0) => {
                let at_rest = CRITICAL * s + (h - CRITICAL) * c;
                at_rest + SURFACE * (1.0 + at_rest / h)
            }
            _ => SURFACE + (SURFACE + h) * (CRITICAL * s + h * c) / (CRITICAL + h),
        }
    }
}

/// m/s, linear in depth.
fn eastward(depth: f64) -> f64 {
    0.02 + 0.004 * depth
}

const RISE: f64 = 0.0005;

/// At the centres of cells, linear in depth.
fn temperature(depth: f64) -> f64 {
    20.0 - 0.1 * depth
}

fn write(path: &Path, form: &Form) {
    let text = |value: &str| NcAttrValue::Chars(value.to_owned());
    let mut file = NcFileBuilder::new();
    let time = file.add_dimension("ocean_time", HOURS.len() as u64).unwrap();
    let [eta_rho, eta_v] = [("eta_rho", ROWS), ("eta_v", ROWS - 1)]
        .map(|(name, length)| file.add_dimension(name, length as u64).unwrap());
    let [xi_rho, xi_u] = [("xi_rho", COLUMNS), ("xi_u", COLUMNS - 1)]
        .map(|(name, length)| file.add_dimension(name, length as u64).unwrap());
    let s_rho = file.add_dimension("s_rho", S.len() as u64).unwrap();
    let s_w = file.add_dimension("s_w", S_OF_W.len() as u64).unwrap();
    let mut add = |name: &str, dimensions: &[DimensionId], units: &str, values: Vec<f64>| {
        if form.without.contains(&name) {
            return;
        }
        let variable = file.add_variable::<f64>(name, dimensions).unwrap();
        if !units.is_empty() {
            file.add_variable_attribute(variable, "units", text(units)).unwrap();
        }
        if let ("s_rho", Formula::Named(standard_name)) = (name, form.formula) {
            file.add_variable_attribute(variable, "standard_name", text(standard_name)).unwrap();
        }
        file.write_variable(variable, &values).unwrap();
    };
    let plane = |value: fn(f64, f64) -> f64| -> Vec<f64> {
        (0..ROWS * COLUMNS).map(|p| value((p % COLUMNS) as f64, (p / COLUMNS) as f64)).collect()
    };
    add("ocean_time", &[time], "hours since 2020-01-01", HOURS.to_vec());
    add("s_rho", &[s_rho], "", S.to_vec());
    add("s_w", &[s_w], "", S_OF_W.to_vec());
    add("Cs_r", &[s_rho], "", S.map(stretched).to_vec());
    add("hc", &[], "meter", vec![CRITICAL]);
    if let Formula::Numbered(number) = form.formula {
        add("Vtransform", &[], "", vec![number]);
    }
    add("lon_rho", &[eta_rho, xi_rho], "degree_east", plane(|i, _| 5.0 + SPACING * i));
    add("lat_rho", &[eta_rho, xi_rho], "degree_north", plane(|_, j| SPACING * (j - 4.5)));
    add("mask_rho", &[eta_rho, xi_rho], "", plane(|_, _| 1.0));
    let is_wet = |time: usize, column: usize| time < HOURS.len() - 1 || column < form.dry;
    let wet = (0..HOURS.len() * ROWS * COLUMNS)
        .map(|p| f64::from(u8::from(is_wet(p / (ROWS * COLUMNS), p % COLUMNS))));
    add("wetdry_mask_rho", &[time, eta_rho, xi_rho], "", wet.collect());
    add("h", &[eta_rho, xi_rho], "meter", plane(|i, _| i).into_iter().map(form.floor).collect());
    let all = |levels: usize, rows: usize, columns: usize, value: &dyn Fn(usize, f64) -> f64| {
        let points = 0..HOURS.len() * levels * rows * columns;
        let value = |p| value(p / (rows * columns) % levels, (p % columns) as f64);
        points.map(value).collect::<Vec<_>>()
    };
    let surface = all(1, ROWS, COLUMNS, &|_, _| SURFACE);
    add("zeta", &[time, eta_rho, xi_rho], "meter", surface);
    // Between the centres, half a column on.
    let u = all(S.len(), ROWS, COLUMNS - 1, &|k, i| eastward(form.depth(S[k], i + 0.5)));
    add("u", &[time, s_rho, eta_rho, xi_u], "meter second-1", u);
    let v = all(S.len(), ROWS - 1, COLUMNS, &|_, _| 0.0);
    add("v", &[time, s_rho, eta_v, xi_rho], "meter second-1", v);
    let temp = all(S.len(), ROWS, COLUMNS, &|k, i| temperature(form.depth(S[k], i)));
    add("temp", &[time, s_rho, eta_rho, xi_rho], "degree_C", temp);
    let w = all(S_OF_W.len(), ROWS, COLUMNS, &|_, _| RISE);
    add("w", &[time, s_w, eta_rho, xi_rho], "meter second-1", w);
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Classic }).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The plan of a run of particles at 5.08° E at three depths.
fn plan(folder: &TempDir, forcing: &str, device: &str) -> Result<Plan, RunError> {
    fs::write(
        folder.path().join("release.csv"),
        "lon,lat,depth\n5.08,0.0,20.0\n5.08,0.0,25.0\n5.08,0.0,40.0\n",
    )
    .unwrap();
    let text = format!(
        "forcing.current = {{ data = 'sea.nc', {forcing} }}\n\
         release = {{ kind = 'file', path = 'release.csv' }}\ntime.step = '10min'\n\
         output = {{ path = 'out.parquet', every = '4h' }}\nphysics.sample = ['temp']\n\
         run.device = '{device}'"
    );
    Plan::new(Scenario::from_toml(&text, folder.path().join("scenario.toml")).unwrap())
}

/// Where the particles end, all of them below the uppermost level: metres east of the start, and depth.
fn ends(form: &Form, forcing: &str, device: &str) -> Vec<[f64; 2]> {
    let last = |track: &Track| {
        let depth = track.depth.as_ref().unwrap();
        [(track.x.last().unwrap() - 5.08) * METRES_IN_A_DEGREE, f64::from(*depth.last().unwrap())]
    };
    tracks(form, forcing, device).iter().map(last).collect()
}

fn tracks(form: &Form, forcing: &str, device: &str) -> Vec<Track> {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("sea.nc"), form);
    let plan = plan(&folder, forcing, device).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(&plan, true, None, &Controls::default())).unwrap();
    let tracks = Trajectories::open(&folder.path().join("out.parquet")).unwrap();
    tracks.tracks(&[0, 1, 2]).unwrap()
}

const DURATION: f64 = 4.0 * 3600.0;

fn check(form: &Form, vertical: &str, tolerance: f64) {
    let rise = if vertical == "velocity" { RISE } else { 0.0 };
    for device in ["cpu", "software"] {
        let found = ends(form, &format!("vertical = '{vertical}'"), device);
        for (depth, [east, end]) in [20.0, 25.0, 40.0].into_iter().zip(found) {
            // The mean depth of a steady rise is that of half of the time.
            let way = eastward(depth - rise * DURATION / 2.0) * DURATION;
            assert!(
                (east - way).abs() < tolerance,
                "{device}: {east} m for {way} m from {depth} m"
            );
            assert!((end - (depth - rise * DURATION)).abs() < 0.001, "{device}: {end} m deep");
        }
    }
}

/// Over a floor that slopes evenly, sigma levels lose nothing: what is left is that of cells on a sphere.
#[test]
fn a_shear_over_a_slope_is_met_at_each_depth_on_the_adapter_too() {
    check(&SIGMA, "fixed", 1.0);
    check(&SIGMA, "velocity", 1.0);
}

#[test]
fn stretched_levels_are_where_their_formulas_have_them_on_the_adapter_too() {
    for formula in [
        Formula::Named("ocean_s_coordinate_g1"),
        Formula::Named("ocean_s_coordinate_g2"),
        Formula::Numbered(1.0),
        Formula::Numbered(2.0),
    ] {
        check(&Form { formula, floor: |_| 60.0, ..SIGMA }, "velocity", 1.0);
    }
}

/// How far the sampled temperature is from that at the particle's depth, at most.
fn warmer(form: &Form) -> f64 {
    let off = |track: Track| {
        let depths = track.depth.unwrap().into_iter().map(f64::from);
        let found = track.samples[0].iter().map(|&value| f64::from(value));
        let off = depths.zip(found).map(|(depth, found)| (found - temperature(depth)).abs());
        // A NaN is as wrong as can be, which `f64::max` would not say.
        off.fold(0.0, |most: f64, off| if off <= most { most } else { off })
    };
    let tracks = tracks(form, "vertical = 'velocity'", "cpu");
    tracks.into_iter().map(off).fold(0.0, f64::max)
}

#[test]
fn scalars_are_found_between_levels_that_follow_the_floor_and_the_surface() {
    let names = ["ocean_s_coordinate_g1", "ocean_s_coordinate_g2"].map(Formula::Named);
    let flat = names.map(|formula| Form { formula, floor: |_| 60.0, ..SIGMA });
    for form in flat.iter().chain([&SIGMA]) {
        assert!(warmer(form) < 1e-4, "{}", warmer(form));
    }
    // A surface that is taken to be at rest, half a metre too low, shows.
    let resting = Form { without: &["zeta"], ..SIGMA };
    assert!(warmer(&resting) > 0.01, "{}", warmer(&resting));
}

/// Half a metre of surface is seen: a run that takes it to be at rest is off by its shear.
#[test]
fn the_height_of_the_surface_counts() {
    let resting = Form { without: &["zeta"], ..SIGMA };
    let [moved, rested] = [SIGMA, resting].map(|form| ends(&form, "vertical = 'fixed'", "cpu")[0]);
    assert!((moved[0] - rested[0]).abs() > 5.0, "{moved:?} {rested:?}");
}

/// What drifts towards cells that fall dry stops at their faces; without the mask it goes on.
#[test]
fn nothing_goes_where_the_water_has_gone_on_the_adapter_too() {
    // Centres are at whole columns: the last face that is open is half a column before.
    let drying = Form { dry: 10, ..SIGMA };
    let shore = (9.5 - 8.0) * SPACING * METRES_IN_A_DEGREE;
    for device in ["cpu", "software"] {
        let found = ends(&drying, "mask = 'wetdry_mask_rho', vertical = 'fixed'", device);
        assert!(found.iter().all(|[east, _]| *east <= shore + 0.01), "{device}: {found:?}");
        assert!(found.iter().any(|[east, _]| *east > 0.5 * shore), "{device}: {found:?}");
    }
    let unmasked = ends(&drying, "vertical = 'fixed'", "cpu");
    assert!(unmasked.iter().any(|[east, _]| *east > shore + 100.0), "{unmasked:?}");
}

#[test]
fn what_is_missing_of_the_levels_is_named() {
    let numbered = |without| Form { formula: Formula::Numbered(2.0), without, ..SIGMA };
    for (form, part) in [
        (numbered(&["h"]), "`h` is missing"),
        (numbered(&["Cs_r"]), "`Cs_r` is missing"),
        (numbered(&["hc"]), "`hc` is missing"),
        (numbered(&["Vtransform"]), "`Vtransform`, or a standard name, is missing"),
        (numbered(&["w"]), "no vertical velocity"),
    ] {
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("sea.nc"), &form);
        let Err(error) = plan(&folder, "vertical = 'velocity'", "cpu") else {
            panic!("not refused: {part}")
        };
        assert!(error.to_string().contains(part), "no `{part}` in: {error}");
    }
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("sea.nc"), &SIGMA);
    let Err(error) = plan(&folder, "vertical = 'continuity'", "cpu") else { panic!("not refused") };
    assert!(error.to_string().contains("\"fixed\""), "{error}");
}
