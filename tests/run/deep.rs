//! A sea of several levels in a file.

use std::fs;
use std::path::Path;

use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};

pub const LONGITUDES: [f64; 7] = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0];
pub const LATITUDES: [f64; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];
/// Of u and v, and of w.
pub const DEPTHS: [f64; 4] = [1.0, 5.0, 20.0, 60.0];
const OF_W: [f64; 5] = [0.0, 3.0, 10.0, 40.0, 80.0];
pub const HOURS: [f64; 3] = [0.0, 12.0, 24.0];

/// m/s; linear in depth, so that nothing is lost between levels.
pub fn eastward(x: f64, depth: f64) -> f64 {
    0.05 + 0.002 * depth + 0.01 * x
}

pub fn upward(depth: f64) -> f64 {
    1e-5 * depth
}

/// Below 30 m there is rock from 2° on.
pub fn is_rock(x: f64, depth: f64) -> bool {
    x >= 2.0 && depth > 30.0
}

/// How a file has it.
pub struct Form {
    /// Dimensions of u and v: t, z, y, x.
    pub order: &'static str,
    /// Heights from the bottom instead of depths from the top.
    pub upward: bool,
    /// The components in it. Where w is alone, its levels have the name that those of u have elsewhere.
    pub parts: &'static str,
}

pub const PLAIN: Form = Form { order: "tzyx", upward: false, parts: "uvw" };

pub fn write(path: &Path, form: &Form) {
    let text = |value: &str| NcAttrValue::Chars(value.to_owned());
    let mut file = NcFileBuilder::new();
    let vertical = |depths: &[f64]| -> Vec<f64> {
        match form.upward {
            true => depths.iter().rev().map(|depth| -depth).collect(),
            false => depths.to_vec(),
        }
    };
    let positive = text(if form.upward { "up" } else { "down" });
    let axes = [
        ("time", "hours since 2020-01-01", HOURS.to_vec()),
        (if form.parts == "w" { "z_of_u" } else { "z" }, "m", vertical(&DEPTHS)),
        ("lat", "degrees_north", LATITUDES.to_vec()),
        ("lon", "degrees_east", LONGITUDES.to_vec()),
        (if form.parts == "w" { "z" } else { "zw" }, "m", vertical(&OF_W)),
    ];
    let mut ids = Vec::new();
    for &(name, units, ref values) in &axes {
        let id = file.add_dimension(name, values.len() as u64).unwrap();
        let variable = file.add_variable::<f64>(name, &[id]).unwrap();
        file.add_variable_attribute(variable, "units", text(units)).unwrap();
        if name.starts_with('z') {
            file.add_variable_attribute(variable, "positive", positive.clone()).unwrap();
        }
        file.write_variable(variable, values).unwrap();
        ids.push(id);
    }
    let components = [("u", "eastward", 1), ("v", "northward", 1), ("w", "upward", 4)];
    for (name, way, z) in components.into_iter().filter(|(name, ..)| form.parts.contains(name)) {
        let standard_name = format!("{way}_sea_water_velocity");
        let along = |letter: char| match letter {
            't' => 0,
            'z' => z,
            'y' => 2,
            _ => 3,
        };
        let order: Vec<usize> = form.order.chars().map(along).collect();
        let dimensions: Vec<_> = order.iter().map(|&axis| ids[axis]).collect();
        let counts: Vec<usize> = order.iter().map(|&axis| axes[axis].2.len()).collect();
        let values = (0..counts.iter().product::<usize>()).map(|index| {
            let mut rest = index;
            let (mut x, mut depth) = (0.0, 0.0);
            for (&axis, &count) in order.iter().zip(&counts).rev() {
                let value = axes[axis].2[rest % count];
                rest /= count;
                if axis == 3 {
                    x = value;
                } else if axis == z {
                    depth = value.abs();
                }
            }
            let velocity = match name {
                "u" => eastward(x, depth),
                "v" => 0.0,
                _ => upward(depth),
            };
            if is_rock(x, depth) { 1e20 } else { velocity as f32 }
        });
        let variable = file.add_variable::<f32>(name, &dimensions).unwrap();
        file.add_variable_attribute(variable, "standard_name", text(&standard_name)).unwrap();
        file.add_variable_attribute(variable, "units", text("m s-1")).unwrap();
        file.add_variable_attribute(variable, "missing_value", NcAttrValue::Floats(vec![1e20]))
            .unwrap();
        file.write_variable(variable, &values.collect::<Vec<_>>()).unwrap();
    }
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Classic }).unwrap();
    fs::write(path, bytes).unwrap();
}
