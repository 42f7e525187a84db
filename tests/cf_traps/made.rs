//! Datasets under construction.

use drogue::forcing::cf::{CfError, Choice, Interpretation, interpret};
use drogue::forcing::{Attribute, Attributes, Catalogue, StoredType, Variable};

/// A dataset under construction: declarations, and the values of coordinate variables.
#[derive(Clone)]
pub struct Made {
    pub catalogue: Catalogue,
    pub values: Vec<(&'static str, Vec<f64>)>,
}

impl Made {
    pub fn with(
        mut self,
        name: &'static str,
        dimensions: &[(&str, u64)],
        attributes: &[(&str, &str)],
    ) -> Self {
        let attributes = attributes
            .iter()
            .map(|&(key, text)| (key.to_owned(), Attribute::Text(text.to_owned())))
            .collect();
        self.catalogue.variables.retain(|variable| variable.name != name);
        self.catalogue.variables.push(Variable {
            name: name.to_owned(),
            dimensions: dimensions.iter().map(|(dimension, _)| (*dimension).to_owned()).collect(),
            shape: dimensions.iter().map(|&(_, length)| length).collect(),
            stored: StoredType::F64,
            chunks: None,
            attributes: Attributes(attributes),
        });
        self
    }

    pub fn axis(self, name: &'static str, attributes: &[(&str, &str)], values: &[f64]) -> Self {
        self.coordinate(name, &[(name, values.len() as u64)], attributes, values)
    }

    pub fn coordinate(
        mut self,
        name: &'static str,
        dimensions: &[(&str, u64)],
        attributes: &[(&str, &str)],
        values: &[f64],
    ) -> Self {
        self.values.push((name, values.to_vec()));
        self.with(name, dimensions, attributes)
    }

    pub fn without(mut self, name: &str) -> Self {
        self.catalogue.variables.retain(|variable| variable.name != name);
        self
    }

    pub fn read(&self, choice: &Choice) -> Result<Interpretation, CfError> {
        let read = |name: &str| {
            let found = self.values.iter().rev().find(|(known, _)| *known == name);
            found.map(|(_, values)| values.clone()).ok_or_else(|| "no values".to_owned())
        };
        interpret(&self.catalogue, &read, choice)
    }

    pub fn served(&self) -> Interpretation {
        self.read(&Choice::default()).unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn refused(&self) -> CfError {
        self.read(&Choice::default()).expect_err("this dataset must be refused")
    }
}

pub const DIMENSIONS: &[(&str, u64)] = &[("time", 2), ("lat", 2), ("lon", 3)];
pub const EAST: (&str, &str) = ("standard_name", "eastward_sea_water_velocity");
pub const NORTH: (&str, &str) = ("standard_name", "northward_sea_water_velocity");
pub const METRES: (&str, &str) = ("units", "m s-1");

/// Currents on longitude and latitude, with nothing odd about them.
pub fn plain() -> Made {
    Made { catalogue: Catalogue::default(), values: Vec::new() }
        .axis("time", &[("units", "hours since 2000-01-01")], &[0.0, 1.0])
        .axis("lat", &[("units", "degrees_north")], &[40.0, 41.0])
        .axis("lon", &[("units", "degrees_east")], &[0.0, 1.0, 2.0])
        .with("u", DIMENSIONS, &[EAST, METRES])
        .with("v", DIMENSIONS, &[NORTH, METRES])
}
