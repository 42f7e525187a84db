//! Triangles with layers between the floor and the surface, as FVCOM writes them, and what of other
//! models is served or refused.

use std::fs;
use std::path::Path;

use drogue::forcing::cf::{Choice, Vertical};
use drogue::forcing::{DatasetSpec, inspect};
use drogue::report::suggestion;
use drogue::run::{Controls, Plan, RunError, run};
use drogue::scenario::Scenario;
use drogue::trajectory::Trajectories;
use netcdf_writer::{DimensionId, NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};
use tempfile::TempDir;

/// Nodes, a hundredth of a degree apart, on the equator.
const COLUMNS: usize = 24;
const ROWS: usize = 9;
const SPACING: f64 = 0.01;
const FACES: usize = 2 * (COLUMNS - 1) * (ROWS - 1);
const HOURS: [f64; 3] = [0.0, 2.0, 4.0];
const LAYERS: usize = 5;
const METRES_IN_A_DEGREE: f64 = 6_371_000.0 * std::f64::consts::PI / 180.0;
/// Height of the surface in metres at each of the hours.
const SURFACE: [f64; 3] = [0.5, 0.9, 0.1];
const RISE: f64 = 0.0005;

/// What a file has.
#[derive(Clone, Copy)]
struct Form {
    /// Whether layers lie elsewhere at each node.
    uneven: bool,
    /// Whether velocities lie at the nodes, as SCHISM and SELFE have them.
    at_nodes: bool,
    /// Whether the surface is told at the faces.
    zeta_at_faces: bool,
    /// Whether the file begins with the lowest layer.
    upside_down: bool,
    /// Names of variables that are left out.
    without: &'static [&'static str],
}

const FVCOM: Form =
    Form { uneven: true, at_nodes: false, zeta_at_faces: false, upside_down: false, without: &[] };

/// m/s, linear in depth.
fn eastward(depth: f64) -> f64 {
    0.02 + 0.004 * depth
}

fn floor(column: f64) -> f64 {
    40.0 + 0.5 * column
}

fn column(node: usize) -> f64 {
    (node % COLUMNS) as f64
}

fn corners(face: usize) -> [usize; 3] {
    let cell = face / 2;
    let sw = cell / (COLUMNS - 1) * COLUMNS + cell % (COLUMNS - 1);
    let (se, nw, ne) = (sw + 1, sw + COLUMNS, sw + COLUMNS + 1);
    if face.is_multiple_of(2) { [sw, se, nw] } else { [se, ne, nw] }
}

impl Form {
    fn sigma(&self, layer: usize, column: f64) -> f64 {
        let layer = if self.upside_down { LAYERS - 1 - layer } else { layer };
        let s = -(layer as f64 + 0.5) / LAYERS as f64;
        if self.uneven { s - 0.004 * column * s * (1.0 + s) } else { s }
    }

    /// Depth in metres, positive down.
    fn depth(&self, time: usize, layer: usize, column: f64) -> f64 {
        let zeta = SURFACE[time];
        -(zeta + self.sigma(layer, column) * (floor(column) + zeta))
    }
}

fn write(path: &Path, form: &Form) {
    let text = |value: &str| NcAttrValue::Chars(value.to_owned());
    let mut file = NcFileBuilder::new();
    let time = file.add_dimension("time", HOURS.len() as u64).unwrap();
    let siglay = file.add_dimension("siglay", LAYERS as u64).unwrap();
    let node = file.add_dimension("node", (COLUMNS * ROWS) as u64).unwrap();
    let nele = file.add_dimension("nele", FACES as u64).unwrap();
    let three = file.add_dimension("three", 3).unwrap();
    type Attributes<'a> = &'a [(&'a str, &'a str)];
    let mut add =
        |name: &str, dimensions: &[DimensionId], about: Attributes<'_>, values: Vec<f64>| {
            if form.without.contains(&name) {
                return;
            }
            let variable = file.add_variable::<f64>(name, dimensions).unwrap();
            for (key, value) in about {
                file.add_variable_attribute(variable, *key, text(value)).unwrap();
            }
            file.write_variable(variable, &values).unwrap();
        };
    let nodes = |value: &dyn Fn(usize) -> f64| (0..COLUMNS * ROWS).map(value).collect::<Vec<_>>();
    add("time", &[time], &[("units", "hours since 2020-01-01")], HOURS.to_vec());
    let degrees = |units| [("units", units)];
    add("lon", &[node], &degrees("degrees_east"), nodes(&|node| 5.0 + SPACING * column(node)));
    let row = |node: usize| (node / COLUMNS) as f64 - 4.0;
    add("lat", &[node], &degrees("degrees_north"), nodes(&|node| SPACING * row(node)));
    let corner = |k: usize| corners(k % FACES)[k / FACES] as f64 + 1.0;
    add("nv", &[three, nele], &[], (0..3 * FACES).map(corner).collect());
    let of_sigma = [
        ("standard_name", "ocean_sigma/general_coordinate"),
        ("formula_terms", "sigma:siglay eta:zeta depth:h"),
    ];
    let sigma = (0..LAYERS).flat_map(|layer| nodes(&|node| form.sigma(layer, column(node))));
    add("siglay", &[siglay, node], &of_sigma, sigma.collect());
    add("h", &[node], &[("units", "m")], nodes(&|node| floor(column(node))));
    let points = if form.zeta_at_faces { FACES } else { COLUMNS * ROWS };
    let zeta = SURFACE.iter().flat_map(|&zeta| vec![zeta; points]).collect();
    let at = if form.zeta_at_faces { nele } else { node };
    add("zeta", &[time, at], &[("units", "meters")], zeta);
    let (at, points) = if form.at_nodes { (node, COLUMNS * ROWS) } else { (nele, FACES) };
    let all = |value: &dyn Fn(f64) -> f64| -> Vec<f64> {
        let depth = |k: usize| {
            let (time, layer, point) = (k / points / LAYERS, k / points % LAYERS, k % points);
            match form.at_nodes {
                true => form.depth(time, layer, column(point)),
                false => {
                    let corners = corners(point).map(|node| form.depth(time, layer, column(node)));
                    corners.iter().sum::<f64>() / 3.0
                }
            }
        };
        (0..HOURS.len() * LAYERS * points).map(|k| value(depth(k))).collect()
    };
    let units = [("units", "meters s-1")];
    let dimensions = [time, siglay, at];
    add("u", &dimensions, &units, all(&eastward));
    add("v", &dimensions, &units, all(&|_| 0.0));
    add("ww", &dimensions, &units, all(&|_| RISE));
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Classic }).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The plan of a run of particles at 5.08° E at four depths.
fn plan(folder: &TempDir, forcing: &str, device: &str) -> Result<Plan, RunError> {
    fs::write(
        folder.path().join("release.csv"),
        "lon,lat,depth\n5.08,0.001,12.0\n5.08,0.001,20.0\n5.08,0.001,25.0\n5.08,0.001,34.0\n",
    )
    .unwrap();
    let text = format!(
        "forcing.current = {{ data = 'sea.nc', {forcing} }}\n\
         release = {{ kind = 'file', path = 'release.csv' }}\ntime.step = '10min'\n\
         output = {{ path = 'out.parquet', every = '4h' }}\nrun.device = '{device}'"
    );
    Plan::new(Scenario::from_toml(&text, folder.path().join("scenario.toml")).unwrap())
}

/// Where the particles end: metres east of the start, and depth.
fn ends(form: &Form, forcing: &str, device: &str) -> Vec<[f64; 2]> {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("sea.nc"), form);
    let plan = plan(&folder, forcing, device).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(&plan, true, None, &Controls::default())).unwrap();
    let tracks = Trajectories::open(&folder.path().join("out.parquet")).unwrap();
    let tracks = tracks.tracks(&[0, 1, 2, 3]).unwrap();
    let last = |track: &drogue::trajectory::Track| {
        let depth = track.depth.as_ref().unwrap();
        [(track.x.last().unwrap() - 5.08) * METRES_IN_A_DEGREE, f64::from(*depth.last().unwrap())]
    };
    tracks.iter().map(last).collect()
}

const DURATION: f64 = 4.0 * 3600.0;

fn check(form: &Form, vertical: &str) {
    let rise = if vertical == "velocity" { RISE } else { 0.0 };
    for device in ["cpu", "software"] {
        let found = ends(form, &format!("vertical = '{vertical}'"), device);
        for (depth, [east, end]) in [12.0, 20.0, 25.0, 34.0].into_iter().zip(found) {
            // The mean depth of a steady rise is that of half of the time.
            let way = eastward(depth - rise * DURATION / 2.0) * DURATION;
            // Layers whose slope is curved between nodes, and times between hours, cost some metres.
            let off = (east - way).abs();
            assert!(off < 4.0, "{device}: {east} m for {way} m from {depth} m");
            assert!((end - (depth - rise * DURATION)).abs() < 0.001, "{device}: {end} m deep");
        }
    }
}

#[test]
fn a_shear_is_met_at_each_depth_between_a_sloping_floor_and_the_tide() {
    check(&FVCOM, "fixed");
    check(&FVCOM, "velocity");
}

#[test]
fn layers_that_are_alike_and_turned_over_and_velocities_at_the_nodes_are_read_too() {
    check(&Form { uneven: false, ..FVCOM }, "velocity");
    check(&Form { upside_down: true, ..FVCOM }, "velocity");
    check(&Form { at_nodes: true, ..FVCOM }, "velocity");
}

/// What is told of the layers is seen: with a surface at rest, a run goes elsewhere.
#[test]
fn the_height_of_the_surface_counts() {
    let resting = Form { without: &["zeta"], ..FVCOM };
    let [moved, rested] = [FVCOM, resting].map(|form| ends(&form, "vertical = 'fixed'", "cpu")[0]);
    assert!((moved[0] - rested[0]).abs() > 10.0, "{moved:?} {rested:?}");
}

#[test]
fn what_is_missing_of_a_mesh_in_depth_is_named() {
    for (form, vertical, part) in [
        (Form { without: &["h"], ..FVCOM }, "fixed", "the depth of the floor `h` is missing"),
        (Form { without: &["ww"], ..FVCOM }, "velocity", "no vertical velocity"),
        (
            Form { zeta_at_faces: true, ..FVCOM },
            "fixed",
            "`zeta` at the nodes of the mesh is missing",
        ),
        (Form { without: &["siglay"], ..FVCOM }, "fixed", "have no coordinate variable"),
        (FVCOM, "continuity", "on triangles"),
    ] {
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("sea.nc"), &form);
        let Err(error) = plan(&folder, &format!("vertical = '{vertical}'"), "cpu") else {
            panic!("not refused: {part}")
        };
        assert!(error.to_string().contains(part), "no `{part}` in: {error}");
    }
}

#[test]
fn inspect_says_where_the_layers_lie_and_what_it_suggests_runs() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sea.nc");
    write(&path, &FVCOM);
    let spec = DatasetSpec {
        data: vec![path.to_str().unwrap().to_owned()],
        choice: Choice { vertical: Some(Vertical::Velocity), ..Choice::default() },
        ..DatasetSpec::default()
    };
    let inspection = inspect(&spec);
    let said = inspection.to_string();
    for part in [
        "w: ww (found by its name)",
        "unstructured, velocities in the middle of faces",
        "levels: 5 along `siglay`, from the surface to the floor, which is 51.5 m deep at most; depths are positive down",
        "levels follow the floor `h` and the surface `zeta`",
    ] {
        assert!(said.contains(part), "no `{part}` in: {said}");
    }
    let text = suggestion::scenario(&spec, inspection.field.as_ref().unwrap()).unwrap();
    let scenario = Scenario::from_toml(&text, folder.path().join("scenario.toml")).unwrap();
    let plan = Plan::new(scenario).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(&plan, true, None, &Controls::default())).unwrap();
}
