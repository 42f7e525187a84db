//! Longitudes and latitudes that are arrays of two dimensions: those of a curvilinear grid.

use super::families::Along;
use super::kind::{Kind, along, named_coordinates, wide};
use super::velocity::{self, Pair};
use super::{CfError, Choice, Components, NodesVariables, Read, horizontal};
use crate::forcing::{Catalogue, Variable};
use crate::grid::{Arrangement, Mesh, Pointing};

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
        let named = |name: &Option<String>| {
            name.as_ref().map(|name| velocity::variable(catalogue, name)).transpose()
        };
        let chosen = [named(&choice.x)?, named(&choice.y)?];
        if chosen.iter().flatten().any(|variable| wide(variable).count() < 2) {
            return Ok(None);
        }
        let found = |kind, fits: &dyn Fn(&'a Variable) -> bool| {
            let named = named_coordinates(pair.u).filter_map(|name| catalogue.variable(name));
            named.chain(&catalogue.variables).find(|&v| Kind::of(v) == kind && fits(v))
        };
        let shared = |v: &'a Variable| Self::dimensions(v, pair.u).is_some();
        let longitude = chosen[0].or_else(|| found(Kind::Longitude, &shared));
        let Some(longitude) = longitude else { return Ok(None) };
        let refuse = |why: &str| {
            Err(CfError::Coordinate { variable: longitude.name.clone(), why: why.to_owned() })
        };
        let along = |coordinate| match chosen {
            [Some(_), Some(_)] => Self::dimensions(coordinate, pair.u)
                .or_else(|| dimensions_by_length(coordinate, pair.u)),
            _ => Self::dimensions(coordinate, pair.u),
        };
        let Some([y_dimension, x_dimension]) = along(longitude) else {
            return refuse("does not run along two dimensions of the velocity");
        };
        let fits = |v: &'a Variable| along(v) == Some([y_dimension, x_dimension]);
        let latitude = match chosen[1] {
            Some(latitude) => fits(latitude).then_some(latitude),
            None => found(Kind::Latitude, &fits),
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
        let longitudes = horizontal::values(self.longitude, true, mesh, read, notes)?;
        let latitudes = horizontal::values(self.latitude, false, mesh, read, notes)?;
        let wide = self.longitude.shape.iter().rfind(|&&length| length > 1);
        let columns = wide.map_or(0, |&columns| columns as usize);
        let lies = || format!("`{}` is an array of two dimensions", self.longitude.name);
        let follows_grid = match follows_grid(pair, choice, lies) {
            Err(CfError::Pointing { .. }) if turn(&longitudes, &latitudes, columns) < SLIGHT => {
                notes.push(format!(
                    "`{}` and `{}` do not say which way they point: taken as east and north, which are the ways of the grid's own rows and columns here",
                    pair.u.name, pair.v.name
                ));
                false
            }
            said => said?,
        };
        let pointing = if follows_grid {
            let signs = [
                self.sign(catalogue, self.x_dimension, read)?,
                self.sign(catalogue, self.y_dimension, read)?,
            ];
            if handedness(&longitudes, &latitudes, columns) * signs[0] * signs[1] < 0.0 {
                return Err(CfError::Coordinate {
                    variable: self.longitude.name.clone(),
                    why: "has rows that run along the grid's second axis, or follow each other \
                          against it: which way the components point cannot be told; turn the \
                          dataset so that rows run along x and follow each other along y"
                        .to_owned(),
                });
            }
            Pointing::Grid { signs }
        } else {
            Pointing::Earth
        };
        Ok(NodesVariables {
            longitude: self.longitude.name.clone(),
            latitude: self.latitude.name.clone(),
            mapping: None,
            columns,
            longitudes: longitudes.into(),
            latitudes: latitudes.into(),
            arrangement: Arrangement::Nodes(pointing),
            first: [[0; 2]; 3],
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

/// The last two dimensions of a velocity, where a coordinate of other dimensions has their lengths:
/// some models keep coordinates in a file with names of its own.
fn dimensions_by_length<'a>(coordinate: &Variable, velocity: &'a Variable) -> Option<[&'a str; 2]> {
    let lengths: Vec<u64> = coordinate.shape.iter().copied().filter(|&length| length > 1).collect();
    match (velocity.dimensions.as_slice(), velocity.shape.as_slice()) {
        ([.., y, x], [.., rows, columns]) if lengths == [*rows, *columns] => Some([y, x]),
        _ => None,
    }
}

/// A turn that makes no difference, in degrees: a velocity is 1 % off at most.
const SLIGHT: f64 = 0.5;

/// Degrees to the east and to the north from one node to another.
fn way(longitudes: &[f64], latitudes: &[f64], from: usize, to: usize) -> [f64; 2] {
    let east = (longitudes[to] - longitudes[from] + 180.0).rem_euclid(360.0) - 180.0;
    [east, latitudes[to] - latitudes[from]]
}

/// How far rows turn away from east, or columns from north, at most, in degrees.
fn turn(longitudes: &[f64], latitudes: &[f64], columns: usize) -> f64 {
    let way = |from: usize, to: usize| {
        let [east, north] = way(longitudes, latitudes, from, to);
        let middle = (latitudes[from] + latitudes[to]) / 2.0;
        (east * middle.to_radians().cos(), north)
    };
    let of_rows = (0..longitudes.len()).filter(|index| (index + 1) % columns != 0).map(|index| {
        let (east, north) = way(index, index + 1);
        north.atan2(east)
    });
    let of_columns = (columns..longitudes.len()).map(|index| {
        let (east, north) = way(index - columns, index);
        east.atan2(north)
    });
    let known = of_rows.chain(of_columns).filter(|angle| angle.is_finite());
    known.fold(0.0, |most: f64, angle| most.max(angle.abs())).to_degrees()
}

/// Positive where the way from row to row is to the left of the way along them, negative where it is
/// to the right: in most of the cells whose corners are known.
fn handedness(longitudes: &[f64], latitudes: &[f64], columns: usize) -> f64 {
    let cells = (0..longitudes.len().saturating_sub(columns)).filter(|k| (k + 1) % columns != 0);
    let turns = cells.map(|k| {
        let along = way(longitudes, latitudes, k, k + 1);
        let across = way(longitudes, latitudes, k, k + columns);
        along[0] * across[1] - along[1] * across[0]
    });
    turns.filter(|turn| turn.is_finite()).map(f64::signum).sum()
}
