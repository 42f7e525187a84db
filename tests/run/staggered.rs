//! Arakawa C by the names of MITgcm and by SGRID, in a flow that such grids follow exactly.

use std::fs;
use std::path::Path;

use drogue::forcing::cf::{CfError, Unserved};
use drogue::forcing::{DatasetSpec, ForcingError};
use drogue::run::{Plan, RunError};
use drogue::scenario::Scenario;
use drogue::trajectory::Trajectories;
use netcdf_writer::{DimensionId, NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};
use tempfile::TempDir;

use crate::ocean::run_plan;

const CORNERS: usize = 25;
const SPACING: f64 = 0.05;
/// Stretching eastward and shrinking northward, per second: by e in 2 days.
const RATE: f64 = 1.0 / 172_800.0;
const METRES_IN_A_DEGREE: f64 = 6_371_000.0 * std::f64::consts::PI / 180.0;

/// What a file calls its parts, and how many cells it has before the first corner and after the last.
#[derive(Clone, Copy)]
struct Form {
    /// Dimensions of the corners and of the cells, along x and along y.
    corners: [&'static str; 2],
    cells: [&'static str; 2],
    /// Longitude and latitude of the corners.
    coordinates: [&'static str; 2],
    in_rows: bool,
    padding: [usize; 2],
    /// What `face_dimensions` says, if SGRID is to tell.
    sgrid: Option<&'static str>,
}

const XMITGCM: Form = Form {
    corners: ["XG", "YG"],
    cells: ["XC", "YC"],
    coordinates: ["XG", "YG"],
    in_rows: false,
    padding: [0, 1],
    sgrid: None,
};
const CURVILINEAR: Form =
    Form { corners: ["i_g", "j_g"], cells: ["i", "j"], in_rows: true, ..XMITGCM };
const MNC: Form = Form {
    corners: ["Xp1", "Yp1"],
    cells: ["X", "Y"],
    coordinates: ["Xp1", "Yp1"],
    padding: [0, 0],
    ..XMITGCM
};
const SGRID: Form = Form {
    corners: ["nx", "ny"],
    cells: ["cx", "cy"],
    coordinates: ["clon", "clat"],
    in_rows: true,
    padding: [1, 0],
    sgrid: Some("cx: nx (padding: low) cy:ny (padding:low)"),
};

fn write(path: &Path, form: &Form) {
    let text = |value: &str| NcAttrValue::Chars(value.to_owned());
    let mut file = NcFileBuilder::new();
    let [low, high] = form.padding;
    let cells = CORNERS - 1 + low + high;
    let corner = |index: usize| SPACING * (index as f64 - 12.0);
    let centre = |index: usize| corner(index) + SPACING * (0.5 - low as f64);
    let time = file.add_dimension("time", 2).unwrap();
    let corners = form.corners.map(|name| file.add_dimension(name, CORNERS as u64).unwrap());
    let middles = form.cells.map(|name| file.add_dimension(name, cells as u64).unwrap());
    let variable = file.add_variable::<f64>("time", &[time]).unwrap();
    file.add_variable_attribute(variable, "units", text("hours since 2020-01-01")).unwrap();
    file.write_variable(variable, &[0.0, 48.0]).unwrap();
    for (along, units) in ["degrees_east", "degrees_north"].into_iter().enumerate() {
        let (dimensions, values): (Vec<_>, Vec<f64>) = match form.in_rows {
            true => (
                vec![corners[1], corners[0]],
                (0..CORNERS * CORNERS).map(|k| corner([k % CORNERS, k / CORNERS][along])).collect(),
            ),
            false => (vec![corners[along]], (0..CORNERS).map(corner).collect()),
        };
        let variable = file.add_variable::<f64>(form.coordinates[along], &dimensions).unwrap();
        file.add_variable_attribute(variable, "units", text(units)).unwrap();
        file.write_variable(variable, &values).unwrap();
    }
    let east = |i: usize, j: usize| corner(i) * centre(j).to_radians().cos();
    let north = |_: usize, j: usize| -corner(j);
    let mut add = |name: &str,
                   [x, y]: [DimensionId; 2],
                   [columns, rows]: [usize; 2],
                   of: &dyn Fn(usize, usize) -> f64| {
        let plane =
            (0..rows * columns).map(|k| RATE * METRES_IN_A_DEGREE * of(k % columns, k / columns));
        let plane: Vec<f64> = plane.collect();
        let variable = file.add_variable::<f64>(name, &[time, y, x]).unwrap();
        file.add_variable_attribute(variable, "units", text("m s-1")).unwrap();
        file.write_variable(variable, &[plane.clone(), plane].concat()).unwrap();
    };
    add("UVEL", [corners[0], middles[1]], [CORNERS, cells], &east);
    add("VVEL", [middles[0], corners[1]], [cells, CORNERS], &north);
    if let Some(faces) = form.sgrid {
        let topology = file.add_variable::<i32>("grid", &[]).unwrap();
        for (name, value) in [
            ("cf_role", "grid_topology"),
            ("node_coordinates", &form.coordinates.join(" ")),
            ("face_dimensions", faces),
        ] {
            file.add_variable_attribute(topology, name, text(value)).unwrap();
        }
        file.write_variable(topology, &[0]).unwrap();
    }
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Classic }).unwrap();
    fs::write(path, bytes).unwrap();
}

fn plan(folder: &TempDir, integrator: &str, device: &str) -> Result<Plan, RunError> {
    let text = format!(
        "forcing.current.data = 'sea.nc'\n\
         release = {{ kind = 'points', lon = [-0.09, 0.13, 0.01], lat = [0.41, -0.3, 0.12] }}\n\
         time = {{ duration = '1d', step = '10min' }}\nphysics.integrator = '{integrator}'\n\
         output = {{ path = 'out.zarr', every = '1d' }}\nrun.device = '{device}'\n"
    );
    Plan::new(Scenario::from_toml(&text, folder.path().join("run.toml")).unwrap())
}

#[test]
fn a_strain_through_faces_is_followed_whoever_names_them() {
    for (name, form) in [("XG", XMITGCM), ("i_g", CURVILINEAR), ("Xp1", MNC), ("SGRID", SGRID)] {
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("sea.nc"), &form);
        for (integrator, device) in [("rk4", "cpu"), ("analytic", "cpu"), ("rk4", "auto")] {
            run_plan(&plan(&folder, integrator, device).unwrap()).unwrap();
            let ends = Trajectories::open(&folder.path().join("out.zarr")).unwrap();
            let ends = ends.final_states().unwrap();
            let starts = [[-0.09, 0.41], [0.13, -0.3], [0.01, 0.12]];
            let grown = (86_400.0 * RATE).exp();
            for ((x, y), [x0, y0]) in ends.x.iter().zip(&ends.y).zip(starts) {
                let off = (x - x0 * grown).hypot(y - y0 / grown);
                // A cell beside the right one would be off by half of its width.
                assert!(off < 1e-4, "{name}, {integrator}, {device}: {off}° at {x}, {y}");
            }
        }
    }
}

#[test]
fn paddings_that_do_not_fit_and_corners_that_lack_are_refused() {
    let wrong = Form { sgrid: Some("cx: nx (padding: none) cy: ny (padding: low)"), ..SGRID };
    let lost = Form { coordinates: ["x_of_corner", "y_of_corner"], ..CURVILINEAR };
    for form in [wrong, lost] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("sea.nc");
        write(&path, &form);
        let data = vec![path.display().to_string()];
        let refused = drogue::forcing::Dataset::open(&DatasetSpec { data, ..Default::default() });
        let error = refused.map(drop).unwrap_err();
        let ForcingError::Cf { source: CfError::Unserved(reason), .. } = &error else {
            panic!("{error}")
        };
        assert!(matches!(reason, Unserved::Staggered { .. }), "{error}");
    }
}
