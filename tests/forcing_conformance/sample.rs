//! A small dataset that every format must give back unchanged.

use drogue::forcing::{Attribute, Attributes, StoredType, Variable};

/// Values of the types that the sample has.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    I16(Vec<i16>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Values {
    /// Their type.
    pub fn stored(&self) -> StoredType {
        match self {
            Self::I16(_) => StoredType::I16,
            Self::I64(_) => StoredType::I64,
            Self::F32(_) => StoredType::F32,
            Self::F64(_) => StoredType::F64,
        }
    }

    /// The values as f64, which holds all of the sample's.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::I16(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Self::I64(values) => values.iter().map(|&value| value as f64).collect(),
            Self::F32(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Self::F64(values) => values.clone(),
        }
    }
}

/// A variable and its values, as they are to be stored.
#[derive(Clone)]
pub struct Made {
    pub variable: Variable,
    pub values: Values,
}

/// Variables that make a dataset.
#[derive(Clone)]
pub struct Sample(pub Vec<Made>);

/// Hours of the sample's times, since 2000-01-01.
pub const HOURS: [f64; 4] = [0.0, 6.0, 12.0, 18.0];

const LATITUDES: [f32; 3] = [-10.0, -9.0, -8.0];
const LONGITUDES: [f64; 5] = [20.0, 20.5, 21.0, 21.5, 22.0];

/// What the packed component says is missing.
pub const FILL_U: i16 = -32767;
/// What the float component says is missing, beside NaN.
pub const FILL_V: f32 = 999.0;

impl Sample {
    /// Four times, three latitudes, five longitudes: `uo` packed in 16 bits with a fill value, `vo`
    /// as floats with NaN and a fill value, and a counter that needs 53 bits.
    pub fn new() -> Self {
        Self::at(&HOURS)
    }

    /// The sample with these times, in hours since 2000-01-01.
    pub fn at(hours: &[f64]) -> Self {
        let plane = LATITUDES.len() * LONGITUDES.len();
        let nodes = hours.len() * plane;
        let mut u: Vec<i16> =
            (0..nodes).map(|n| (hours[n / plane] as i16) * 10 + (n % plane) as i16 - 20).collect();
        let mut v: Vec<f32> = (0..nodes)
            .map(|n| hours[n / plane] as f32 * 0.01 - (n % plane) as f32 * 0.001)
            .collect();
        (u[7], v[7], v[3]) = (FILL_U, f32::NAN, FILL_V);
        let counter = (0..hours.len() as i64).map(|n| (1 << 53) - 1 - n).collect();
        let field = ["time", "latitude", "longitude"];
        let text = |text: &str| Attribute::Text(text.to_owned());
        let number = |number: f64| Attribute::Floats(vec![number]);
        Self(vec![
            made(
                "time",
                &["time"],
                Values::F64(hours.to_vec()),
                vec![("units", text("hours since 2000-01-01")), ("standard_name", text("time"))],
                hours.len(),
            ),
            made(
                "latitude",
                &["latitude"],
                Values::F32(LATITUDES.to_vec()),
                vec![("units", text("degrees_north"))],
                hours.len(),
            ),
            made(
                "longitude",
                &["longitude"],
                Values::F64(LONGITUDES.to_vec()),
                vec![("units", text("degrees_east"))],
                hours.len(),
            ),
            made(
                "uo",
                &field,
                Values::I16(u),
                vec![
                    ("standard_name", text("eastward_sea_water_velocity")),
                    ("units", text("m s-1")),
                    ("scale_factor", number(0.01)),
                    ("add_offset", number(0.5)),
                    ("_FillValue", Attribute::Integers(vec![f64::from(FILL_U)])),
                ],
                hours.len(),
            ),
            made(
                "vo",
                &field,
                Values::F32(v),
                vec![
                    ("standard_name", text("northward_sea_water_velocity")),
                    ("units", text("m s-1")),
                    ("_FillValue", number(f64::from(FILL_V))),
                ],
                hours.len(),
            ),
            made("counter", &["time"], Values::I64(counter), vec![], hours.len()),
        ])
    }

    pub fn get_mut(&mut self, name: &str) -> &mut Made {
        self.0.iter_mut().find(|made| made.variable.name == name).expect("a variable of the sample")
    }

    pub fn get(&self, name: &str) -> &Made {
        self.0.iter().find(|made| made.variable.name == name).expect("a variable of the sample")
    }

    /// The sample without one of its variables.
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|made| made.variable.name != name);
        self
    }

    /// All dimensions and their lengths, in order of appearance.
    pub fn dimensions(&self) -> Vec<(String, u64)> {
        let mut dimensions: Vec<(String, u64)> = Vec::new();
        for Made { variable, .. } in &self.0 {
            for (name, &length) in variable.dimensions.iter().zip(&variable.shape) {
                if !dimensions.iter().any(|(known, _)| known == name) {
                    dimensions.push((name.clone(), length));
                }
            }
        }
        dimensions
    }
}

/// Fields are cut into chunks that divide neither axis, and span two times.
fn made(
    name: &str,
    dimensions: &[&str],
    values: Values,
    attributes: Vec<(&str, Attribute)>,
    times: usize,
) -> Made {
    let length = |dimension: &&str| match *dimension {
        "time" => times as u64,
        "latitude" => LATITUDES.len() as u64,
        _ => LONGITUDES.len() as u64,
    };
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
    Made {
        variable: Variable {
            name: name.to_owned(),
            dimensions: dimensions.iter().map(|&name| name.to_owned()).collect(),
            shape: dimensions.iter().map(length).collect(),
            stored: values.stored(),
            chunks: (dimensions.len() == 3).then(|| vec![2.min(times as u64), 2, 3]),
            attributes: Attributes(attributes.collect()),
        },
        values,
    }
}
