//! Currents made up in files, on any axes, at any times.

use std::fs;
use std::path::Path;

use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};

/// m/s eastward and northward, of the hour and the place; none on land.
pub type Flow<'a> = &'a dyn Fn(f64, f64, f64) -> Option<[f64; 2]>;

/// What its coordinates are.
#[derive(Clone, Copy, PartialEq)]
pub enum Places {
    /// Longitudes and latitudes.
    Degrees,
    /// The same, of two dimensions: the axes turned about their middle by so many degrees.
    Turned(f64),
    /// x and y in metres.
    Metres,
}

/// So many numbers from one to another, both included.
pub fn axis(from: f64, to: f64, cells: usize) -> Vec<f64> {
    (0..=cells).map(|k| from + (to - from) * k as f64 / cells as f64).collect()
}

/// Writes a flow on these columns and rows at these hours.
pub fn write(path: &Path, places: Places, axes: [&[f64]; 2], hours: &[f64], flow: Flow<'_>) {
    let [columns, rows] = axes;
    let text = |value: &str| NcAttrValue::Chars(value.to_owned());
    let mut file = NcFileBuilder::new();
    let time = file.add_dimension("time", hours.len() as u64).unwrap();
    let row = file.add_dimension("y", rows.len() as u64).unwrap();
    let column = file.add_dimension("x", columns.len() as u64).unwrap();
    let middle = axes.map(|axis| (axis[0] + axis[axis.len() - 1]) / 2.0);
    let place = |x: f64, y: f64| match places {
        Places::Turned(angle) => {
            let (sin, cos) = angle.to_radians().sin_cos();
            let [a, b] = [x - middle[0], y - middle[1]];
            [middle[0] + a * cos - b * sin, middle[1] + a * sin + b * cos]
        }
        Places::Degrees | Places::Metres => [x, y],
    };
    let all: Vec<[f64; 2]> =
        rows.iter().flat_map(|&y| columns.iter().map(move |&x| place(x, y))).collect();
    let (names, units) = match places {
        Places::Metres => (["x", "y"], ["m", "m"]),
        Places::Degrees => (["x", "y"], ["degrees_east", "degrees_north"]),
        Places::Turned(_) => (["lon", "lat"], ["degrees_east", "degrees_north"]),
    };
    let variable = file.add_variable::<f64>("time", &[time]).unwrap();
    file.add_variable_attribute(variable, "units", text("hours since 2020-01-01")).unwrap();
    file.write_variable(variable, hours).unwrap();
    for (d, dimension) in [column, row].into_iter().enumerate() {
        let (dimensions, values) = match places {
            Places::Turned(_) => (vec![row, column], all.iter().map(|place| place[d]).collect()),
            Places::Degrees | Places::Metres => (vec![dimension], axes[d].to_vec()),
        };
        let variable = file.add_variable::<f64>(names[d], &dimensions).unwrap();
        file.add_variable_attribute(variable, "units", text(units[d])).unwrap();
        if places == Places::Metres {
            file.add_variable_attribute(variable, "axis", text(["X", "Y"][d])).unwrap();
        }
        file.write_variable(variable, &values).unwrap();
    }
    let directions = match places {
        Places::Metres => ["sea_water_x_velocity", "sea_water_y_velocity"],
        _ => ["eastward_sea_water_velocity", "northward_sea_water_velocity"],
    };
    for (component, standard_name) in directions.into_iter().enumerate() {
        let at = |hour: f64| {
            let value =
                move |&[x, y]: &[f64; 2]| flow(hour, x, y).map(|flow| flow[component] as f32);
            all.iter().map(move |place| value(place).unwrap_or(1e20))
        };
        let values: Vec<f32> = hours.iter().flat_map(|&hour| at(hour)).collect();
        let name = ["u", "v"][component];
        let variable = file.add_variable::<f32>(name, &[time, row, column]).unwrap();
        for (key, value) in [("standard_name", standard_name), ("units", "m s-1")] {
            file.add_variable_attribute(variable, key, text(value)).unwrap();
        }
        if matches!(places, Places::Turned(_)) {
            file.add_variable_attribute(variable, "coordinates", text("lon lat")).unwrap();
        }
        file.add_variable_attribute(variable, "_FillValue", NcAttrValue::Floats(vec![1e20]))
            .unwrap();
        file.write_variable(variable, &values).unwrap();
    }
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Classic }).unwrap();
    fs::write(path, bytes).unwrap();
}
