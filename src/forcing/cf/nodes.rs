//! Longitudes and latitudes that are arrays of two dimensions: those of a curvilinear grid.

use super::families::Along;
use super::kind::{Kind, along, named_coordinates};
use super::packing::Unpacker;
use super::velocity::{self, Pair};
use super::{CfError, Choice, Components, MeshChoice, NodesVariables, Read, horizontal};
use crate::forcing::{Catalogue, Variable};
use crate::grid::{Mesh, Pointing};

/// The coordinates of a curvilinear grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nodes<'a> {
    pub longitude: &'a Variable,
    pub latitude: &'a Variable,
    /// The dimension along which rows follow each other, and that along a row.
    pub y_dimension: &'a str,
    pub x_dimension: &'a str,
}

impl<'a> Nodes<'a> {
    /// The two-dimensional coordinates that share both dimensions with the velocity: those that the
    /// scenario names, else those that the velocity names, else any.
    ///
    /// # Errors
    /// [`CfError::Coordinate`] where the scenario names one that fits no other, or not the velocity.
    pub fn of(
        catalogue: &'a Catalogue,
        pair: &Pair<'a>,
        choice: &Choice,
    ) -> Result<Option<Self>, CfError> {
        if choice.mesh == MeshChoice::Flat {
            return Ok(None);
        }
        let named = |name: &Option<String>| {
            name.as_ref().map(|name| velocity::variable(catalogue, name)).transpose()
        };
        let chosen = [named(&choice.x)?, named(&choice.y)?];
        if chosen.iter().flatten().any(|variable| wide(variable).count() < 2) {
            return Ok(None);
        }
        let mut candidates: Vec<&Variable> = named_coordinates(pair.u)
            .filter_map(|name| catalogue.variable(name))
            .chain(&catalogue.variables)
            .filter(|variable| Self::dimensions(variable, pair.u).is_some())
            .collect();
        let is = |variable: &Variable, kind| Kind::of(variable) == kind;
        if let [Some(longitude), latitude] = chosen {
            candidates.retain(|v| v.name == longitude.name || !is(v, Kind::Longitude));
            candidates.insert(0, longitude);
            candidates.extend(latitude);
        }
        let longitude = match chosen[0] {
            Some(longitude) => Some(longitude),
            None => candidates.iter().copied().find(|v| is(v, Kind::Longitude)),
        };
        let Some(longitude) = longitude else { return Ok(None) };
        let refuse = |why: &str| {
            Err(CfError::Coordinate { variable: longitude.name.clone(), why: why.to_owned() })
        };
        let Some([y_dimension, x_dimension]) = Self::dimensions(longitude, pair.u) else {
            return refuse("does not run along two dimensions of the velocity");
        };
        let fits = |v| Self::dimensions(v, pair.u) == Some([y_dimension, x_dimension]);
        let latitude = match chosen[1] {
            Some(latitude) => fits(latitude).then_some(latitude),
            None => candidates.iter().copied().find(|v| is(v, Kind::Latitude) && fits(v)),
        };
        match latitude {
            Some(latitude) => Ok(Some(Self { longitude, latitude, y_dimension, x_dimension })),
            None => refuse("has no latitude along the same dimensions in the same order"),
        }
    }

    /// The two dimensions of a coordinate, if they are the velocity's and it has no other.
    fn dimensions(coordinate: &'a Variable, velocity: &Variable) -> Option<[&'a str; 2]> {
        let mut wide = wide(coordinate);
        let both = [wide.next()?, wide.next()?];
        let shared = both.iter().all(|name| velocity.dimensions.iter().any(|d| d == name));
        (wide.next().is_none() && shared).then_some(both)
    }

    /// Reads them.
    ///
    /// # Errors
    /// [`CfError::Coordinate`] for units that are none of theirs, and where nobody says which way
    /// the components point.
    pub fn read(
        &self,
        catalogue: &Catalogue,
        pair: &Pair<'_>,
        choice: &Choice,
        mesh: Mesh,
        read: &Read<'_>,
        notes: &mut Vec<String>,
    ) -> Result<NodesVariables, CfError> {
        let mut degrees = |variable: &Variable, is_x| -> Result<Vec<f64>, CfError> {
            let scale = horizontal::scale(variable, is_x, mesh, notes)?;
            let unpacker = Unpacker::of(variable)?;
            let stored = super::read_coordinate(variable, read)?;
            let unpacked = stored.into_iter().map(|value| {
                unpacker.unpack(value, variable.stored).map_or(f64::NAN, |value| value * scale)
            });
            Ok(unpacked.collect())
        };
        let longitudes = degrees(self.longitude, true)?;
        let latitudes = degrees(self.latitude, false)?;
        let length = |name: &str| {
            let at = self.longitude.dimensions.iter().position(|dimension| dimension == name);
            at.map_or(0, |at| self.longitude.shape[at] as usize)
        };
        let lies = || format!("`{}` is an array of two dimensions", self.longitude.name);
        let pointing = if follows_grid(pair, choice, lies)? {
            let signs = [
                self.sign(catalogue, self.x_dimension, read)?,
                self.sign(catalogue, self.y_dimension, read)?,
            ];
            Pointing::Grid { signs }
        } else {
            Pointing::Earth
        };
        Ok(NodesVariables {
            longitude: self.longitude.name.clone(),
            latitude: self.latitude.name.clone(),
            mapping: None,
            columns: length(self.x_dimension),
            longitudes,
            latitudes,
            pointing,
        })
    }

    /// 1 where the grid's own coordinate ascends along a dimension or there is none, -1 where it
    /// descends: components that follow the grid point towards its higher values.
    fn sign(
        &self,
        catalogue: &Catalogue,
        dimension: &str,
        read: &Read<'_>,
    ) -> Result<f64, CfError> {
        let own = along(catalogue, dimension).find(|variable| {
            use Kind::{PlaneX, PlaneY, RotatedLatitude, RotatedLongitude};
            matches!(Kind::of(variable), PlaneX | PlaneY | RotatedLongitude | RotatedLatitude)
        });
        let Some(own) = own else { return Ok(1.0) };
        let values = super::read_coordinate(own, read)?;
        let descends = values.len() > 1 && values[values.len() - 1] < values[0];
        Ok(if descends { -1.0 } else { 1.0 })
    }
}

/// Whether the components follow the grid and not east and north. `lies` says how the grid does, in
/// words for a dataset that does not tell.
///
/// # Errors
/// [`CfError::Pointing`] where nobody says.
pub(super) fn follows_grid(
    pair: &Pair<'_>,
    choice: &Choice,
    lies: impl Fn() -> String,
) -> Result<bool, CfError> {
    match (choice.components, pair.along) {
        (Some(components), _) => Ok(components == Components::Grid),
        (None, Along::Earth) => Ok(false),
        (None, Along::Grid) => Ok(true),
        (None, Along::Unsaid) => {
            Err(CfError::Pointing { u: pair.u.name.clone(), v: pair.v.name.clone(), sign: lies() })
        }
    }
}

/// Names of dimensions with more than one point.
fn wide(variable: &Variable) -> impl Iterator<Item = &str> {
    let of_shape = variable.dimensions.iter().zip(&variable.shape);
    of_shape.filter(|&(_, &length)| length > 1).map(|(name, _)| name.as_str())
}
