//! A small ocean in a file, and runs on it.

use std::fs;
use std::path::{Path, PathBuf};

use drogue::run::{Controls, Plan, RunError, RunReport, run};
use drogue::scenario::Scenario;
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};
use tempfile::TempDir;

pub const COLUMNS: usize = 41;
pub const ROWS: usize = 21;

/// 10°W to 10°E by half a degree, 40°N to 50°N; a swirl of about half a metre a second that turns
/// with time, and land from 8°E on. Written as one file with snapshots at these hours.
pub fn write(path: &Path, hours: &[f64], format: NcWriteFormat) {
    write_flow(path, hours, format, [ROWS, COLUMNS], |hour, x, y, component| {
        let phase = 1.57 * component as f64;
        0.3 + 0.5 * (0.9 * x + 1.3 * y + 0.1 * hour + phase).sin()
    });
}

/// The same with another flow (m/s, of the hour, the position and the component), in chunks of so
/// many rows and columns.
pub fn write_flow(
    path: &Path,
    hours: &[f64],
    format: NcWriteFormat,
    chunk: [usize; 2],
    flow: impl Fn(f64, f64, f64, usize) -> f64,
) {
    let mut file = NcFileBuilder::new();
    let text = |value: &str| NcAttrValue::Chars(value.to_owned());
    let time = file.add_unlimited_dimension("time").unwrap();
    let lat = file.add_dimension("lat", ROWS as u64).unwrap();
    let lon = file.add_dimension("lon", COLUMNS as u64).unwrap();
    let rows: Vec<f64> = (0..ROWS).map(|j| 40.0 + 0.5 * j as f64).collect();
    let columns: Vec<f64> = (0..COLUMNS).map(|i| -10.0 + 0.5 * i as f64).collect();
    for (name, dimension, units, values) in [
        ("time", time, "hours since 2020-01-01", hours),
        ("lat", lat, "degrees_north", &rows),
        ("lon", lon, "degrees_east", &columns),
    ] {
        let variable = file.add_variable::<f64>(name, &[dimension]).unwrap();
        file.add_variable_attribute(variable, "units", text(units)).unwrap();
        file.write_variable(variable, values).unwrap();
    }
    for (component, (name, direction)) in
        [("u", "eastward"), ("v", "northward")].into_iter().enumerate()
    {
        let mut values = Vec::new();
        for hour in hours {
            for y in &rows {
                for x in &columns {
                    let flow = flow(*hour, *x, *y, component) as f32;
                    values.push(if *x >= 8.0 { 1e20 } else { flow });
                }
            }
        }
        let variable = file.add_variable::<f32>(name, &[time, lat, lon]).unwrap();
        let standard_name = format!("{direction}_sea_water_velocity");
        file.add_variable_attribute(variable, "standard_name", text(&standard_name)).unwrap();
        file.add_variable_attribute(variable, "units", text("m s-1")).unwrap();
        file.add_variable_attribute(variable, "missing_value", NcAttrValue::Floats(vec![1e20]))
            .unwrap();
        if format == NcWriteFormat::Nc4 {
            file.set_variable_chunking(variable, [1, chunk[0] as u64, chunk[1] as u64]).unwrap();
            file.set_variable_deflate(variable, Some(4), true).unwrap();
        }
        file.write_variable(variable, &values).unwrap();
    }
    let (_, bytes) = file.to_vec(NcWriteOptions { format }).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Hours of nine snapshots, two days in all.
pub const HOURS: [f64; 9] = [0.0, 6.0, 12.0, 18.0, 24.0, 30.0, 36.0, 42.0, 48.0];

/// A folder with the ocean in it.
pub struct Ocean {
    pub folder: TempDir,
}

impl Ocean {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("ocean.nc"), &HOURS, NcWriteFormat::Nc4);
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A scenario of 500 particles on the reference, with these sections changed or added.
    pub fn scenario(&self, changes: &str) -> String {
        let mut table: toml::Table = toml::from_str(
            r#"
            forcing.current.data = "ocean.nc"
            release = { kind = "grid", lon = [-6.0, 7.7], lat = [42.0, 48.0], count = 500 }
            time.step = "30min"
            run.device = "cpu"
            "#,
        )
        .unwrap();
        let changes: toml::Table = toml::from_str(changes).unwrap();
        for (section, values) in changes {
            match (table.get_mut(&section), values) {
                (Some(toml::Value::Table(old)), toml::Value::Table(new))
                    if section != "release" =>
                {
                    old.extend(new);
                }
                (_, values) => {
                    table.insert(section, values);
                }
            }
        }
        toml::to_string(&table).unwrap()
    }

    pub fn plan(&self, changes: &str) -> Result<Plan, RunError> {
        let text = self.scenario(changes);
        Plan::new(Scenario::from_toml(&text, self.path("scenario.toml")).unwrap())
    }

    pub fn run(&self, changes: &str) -> Result<RunReport, RunError> {
        run_plan(&self.plan(changes)?)
    }
}

pub fn run_plan(plan: &Plan) -> Result<RunReport, RunError> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(plan, true, None, &Controls::default()))
}
