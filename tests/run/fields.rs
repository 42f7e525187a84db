//! A sea with fields beside the current, on points, levels and times of their own, whose values are known
//! everywhere.

use std::fs;
use std::path::Path;

use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};

pub const HOURS: [f64; 5] = [0.0, 6.0, 12.0, 18.0, 24.0];
/// Snapshots of the field that has times of its own.
const OF_SST: [f64; 3] = [-12.0, 12.0, 36.0];
const DEPTHS: [f64; 4] = [1.0, 5.0, 20.0, 60.0];
pub const OF_TEMP: [f64; 3] = [2.0, 10.0, 50.0];
const FILL: f64 = 1e20;
/// From here on the field has no value.
pub const COAST: f64 = 2.6;

/// A quarter of a degree apart, those of scalars half a cell off.
fn axis(from: f64, count: usize) -> Vec<f64> {
    (0..count).map(|k| from + 0.25 * k as f64).collect()
}

/// Bilinear in place, linear in depth and time.
pub fn temperature(hour: f64, depth: f64, y: f64, x: f64) -> f64 {
    12.0 + 0.5 * x - 0.7 * y + 0.3 * x * y + 0.05 * hour - 0.04 * depth
}

pub fn salinity(hour: f64, _: f64, y: f64, x: f64) -> f64 {
    35.0 + 0.1 * x + 0.2 * y - 0.01 * hour
}

pub fn surface(hour: f64, _: f64, y: f64, x: f64) -> f64 {
    15.0 - x * y + 0.1 * hour
}

pub fn bottom(_: f64, _: f64, y: f64, x: f64) -> f64 {
    400.0 + 100.0 * x + 30.0 * y
}

/// A field: its name, dimensions, units, the packing of what is stored as i16, and its values.
pub struct Field {
    pub name: &'static str,
    pub dimensions: &'static [&'static str],
    pub standard_name: &'static str,
    pub units: &'static str,
    pub packing: Option<[f64; 2]>,
    pub of: fn(f64, f64, f64, f64) -> f64,
}

pub const fn field(
    name: &'static str,
    dimensions: &'static [&'static str],
    of: fn(f64, f64, f64, f64) -> f64,
) -> Field {
    Field { name, dimensions, standard_name: "", units: "1", packing: None, of }
}

static CURRENT: [Field; 2] = [
    Field {
        standard_name: "eastward_sea_water_velocity",
        units: "m s-1",
        ..field("u", &[], |_, depth, y, _| 0.4 + 0.1 * y + 0.001 * depth)
    },
    Field {
        standard_name: "northward_sea_water_velocity",
        units: "m s-1",
        ..field("v", &[], |hour, _, _, x| 0.1 * (x - 1.5) + 0.005 * hour)
    },
];

pub static AT_CENTRES: [Field; 4] = [
    Field {
        standard_name: "sea_water_potential_temperature",
        units: "degC",
        ..field("temp", &["time", "z_t", "lat_t", "lon_t"], temperature)
    },
    Field {
        packing: Some([0.001, 30.0]),
        units: "1e-3",
        ..field("salt", &["time", "lat_t", "lon_t"], salinity)
    },
    Field { units: "degC", ..field("sst", &["time_s", "lat_t", "lon_t"], surface) },
    Field { units: "m", ..field("h", &["lat_t", "lon_t"], bottom) },
];

/// Where the fields of a file lie; those of scalars so much further east than they are told to be.
pub struct Form {
    pub shift: f64,
    pub chunked: bool,
    /// Hours by which all times are late.
    pub late: f64,
}

pub const PLAIN: Form = Form { shift: 0.0, chunked: true, late: 0.0 };

fn text(value: &str) -> NcAttrValue {
    NcAttrValue::Chars(value.to_owned())
}

/// A file with a slow current, in three dimensions where it has `levels`, and these fields.
pub fn write(path: &Path, levels: bool, fields: &[Field], form: &Form) {
    let axes = [
        ("time", "hours since 2020-01-01", HOURS.map(|hour| hour + form.late).to_vec()),
        ("time_s", "hours since 2020-01-01", OF_SST.map(|hour| hour + form.late).to_vec()),
        ("z", "m", DEPTHS.to_vec()),
        ("z_t", "m", OF_TEMP.to_vec()),
        ("lat", "degrees_north", axis(-1.0, 9)),
        ("lat_t", "degrees_north", axis(-1.125, 10)),
        ("lon", "degrees_east", axis(0.0, 13)),
        ("lon_t", "degrees_east", axis(-0.125, 14)),
    ];
    let mut file = NcFileBuilder::new();
    let mut ids = Vec::new();
    for (name, units, values) in &axes {
        let id = file.add_dimension(*name, values.len() as u64).unwrap();
        let variable = file.add_variable::<f64>(*name, &[id]).unwrap();
        file.add_variable_attribute(variable, "units", text(units)).unwrap();
        if name.starts_with('z') {
            file.add_variable_attribute(variable, "positive", text("down")).unwrap();
        }
        file.write_variable(variable, values).unwrap();
        ids.push(id);
    }
    let current: &[&str] =
        if levels { &["time", "z", "lat", "lon"] } else { &["time", "lat", "lon"] };
    let of_current = |field: &'static Field| (field, current);
    let fields = fields.iter().map(|field| (field, field.dimensions));
    for (field, dimensions) in CURRENT.iter().map(of_current).chain(fields) {
        let order: Vec<usize> = dimensions
            .iter()
            .map(|name| axes.iter().position(|(axis, ..)| axis == name).unwrap())
            .collect();
        let counts: Vec<usize> = order.iter().map(|&at| axes[at].2.len()).collect();
        let value = |index: usize| {
            let (mut rest, mut at) = (index, [0.0; 4]);
            for (&axis, &count) in order.iter().zip(&counts).rev() {
                // They come in pairs: times, depths, latitudes, longitudes.
                at[axis / 2] = axes[axis].2[rest % count];
                rest /= count;
            }
            let [hour, depth, y, x] = at;
            let x = if dimensions.contains(&"lon_t") { x + form.shift } else { x };
            let is_land = field.name == "temp" && x >= COAST;
            if is_land { FILL } else { (field.of)(hour, depth, y, x) }
        };
        let values: Vec<f64> = (0..counts.iter().product()).map(value).collect();
        let along: Vec<_> = order.iter().map(|&axis| ids[axis]).collect();
        let variable = match field.packing {
            None => file.add_variable::<f32>(field.name, &along),
            Some(_) => file.add_variable::<i16>(field.name, &along),
        }
        .unwrap();
        file.add_variable_attribute(variable, "units", text(field.units)).unwrap();
        if !field.standard_name.is_empty() {
            let name = text(field.standard_name);
            file.add_variable_attribute(variable, "standard_name", name).unwrap();
        }
        if form.chunked {
            // Parts of rows and columns, of one time and one level.
            let slow = counts.len() - 2;
            let chunk = counts.iter().enumerate();
            let chunk = chunk.map(|(at, &count)| if at < slow { 1 } else { count.min(4) as u64 });
            file.set_variable_chunking(variable, chunk.collect::<Vec<_>>()).unwrap();
        }
        match field.packing {
            None => {
                let missing = NcAttrValue::Floats(vec![FILL as f32]);
                file.add_variable_attribute(variable, "missing_value", missing).unwrap();
                let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
                file.write_variable(variable, &values).unwrap();
            }
            Some([scale, offset]) => {
                for (name, value) in [("scale_factor", scale), ("add_offset", offset)] {
                    let value = NcAttrValue::Doubles(vec![value]);
                    file.add_variable_attribute(variable, name, value).unwrap();
                }
                let pack = |value: &f64| ((value - offset) / scale).round() as i16;
                file.write_variable(variable, &values.iter().map(pack).collect::<Vec<i16>>())
                    .unwrap();
            }
        }
    }
    let format = if form.chunked { NcWriteFormat::Nc4 } else { NcWriteFormat::Classic };
    let (_, bytes) = file.to_vec(NcWriteOptions { format }).unwrap();
    fs::write(path, bytes).unwrap();
}
