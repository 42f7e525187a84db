//! What is said of the velocity in the same files, as far as it fits a scalar.

use crate::forcing::cf::kind::{Kind, named_coordinates, wide};
use crate::forcing::cf::{CfError, Choice};
use crate::forcing::{Catalogue, Variable};

/// What is known of the velocity in the same files: for a scalar it holds as far as it fits.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// What the scenario says of the velocity.
    pub choice: &'a Choice,
    /// How many levels the velocity has.
    pub levels: Option<u64>,
}

/// What the scenario says of a scalar, and where it says nothing, what it says of the velocity beside it
/// and fits.
///
/// # Errors
/// [`CfError::SeveralPlaces`] where nobody says which of several coordinates are the scalar's.
pub(super) fn merged(
    catalogue: &Catalogue,
    scalar: &Variable,
    own: &Choice,
    beside: Option<Beside<'_>>,
) -> Result<Choice, CfError> {
    let mut merged = own.clone();
    if let Some(Beside { choice, .. }) = beside {
        let fits = |name: &&String| {
            let along_own = |coordinate: &Variable| {
                wide(coordinate).all(|d| scalar.dimensions.iter().any(|own| own == d))
            };
            catalogue.variable(name).is_some_and(along_own)
        };
        let fitting = |name: &Option<String>| name.as_ref().filter(fits).cloned();
        if !names_its_places(catalogue, scalar) {
            merged.x = merged.x.or_else(|| fitting(&choice.x));
            merged.y = merged.y.or_else(|| fitting(&choice.y));
        }
        merged.time = merged.time.or_else(|| fitting(&choice.time));
        merged.level = merged.level.or(choice.level);
        merged.epoch = merged.epoch.or(choice.epoch);
        merged.steady |= choice.steady;
    }
    if merged.x.is_none() && merged.y.is_none() && !names_its_places(catalogue, scalar) {
        [merged.x, merged.y] = only_places(catalogue, scalar)?;
    }
    Ok(merged)
}

/// Whether a variable names a longitude that is there among its coordinates.
fn names_its_places(catalogue: &Catalogue, scalar: &Variable) -> bool {
    named_coordinates(scalar)
        .filter_map(|name| catalogue.variable(name))
        .any(|coordinate| Kind::of(coordinate) == Kind::Longitude)
}

/// NEMO's longitude and latitude of the points of scalars, which has them of three others as well.
pub(super) const OF_SCALARS: [&str; 2] = ["glamt", "gphit"];

/// The coordinates of a scalar that names none, where there are several along both its dimensions.
fn only_places(catalogue: &Catalogue, scalar: &Variable) -> Result<[Option<String>; 2], CfError> {
    let shares = |coordinate: &&Variable| {
        Kind::of(coordinate) == Kind::Longitude
            && wide(coordinate).count() == 2
            && wide(coordinate).all(|d| scalar.dimensions.iter().any(|own| own == d))
    };
    let found: Vec<&str> =
        catalogue.variables.iter().filter(shares).map(|v| v.name.as_str()).collect();
    match found.as_slice() {
        [] | [_] => Ok([None, None]),
        several if several.contains(&OF_SCALARS[0]) && scalar.name != OF_SCALARS[0] => {
            Ok(OF_SCALARS.map(|name| Some(name.to_owned())))
        }
        several => Err(CfError::SeveralPlaces {
            variable: scalar.name.clone(),
            found: several.iter().map(|&name| name.to_owned()).collect(),
        }),
    }
}
