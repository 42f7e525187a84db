//! All levels of a velocity and its vertical component, for motion in three dimensions.

use serde::{Deserialize, Serialize};

use super::kind::{Kind, coordinate_of, last_two};
use super::layout::Layout;
use super::level::{depths, follows_terrain, not_a_depth};
use super::terrain::{self, Parts};
use super::velocity::{self, readable};
use super::{CfError, Choice, Component, FoundBy, Packing, Read, Role, VelocityKind};
use crate::forcing::{Catalogue, StoredType, Variable};

/// What moves particles up and down where they meet the velocities of all levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vertical {
    /// Nothing: each stays at the depth at which it was released.
    Fixed,
    /// The vertical velocity of the data.
    Velocity,
    /// What flows together or apart beneath them: see [`upward`](crate::grid::upward).
    Continuity,
}

impl Vertical {
    /// As the scenario has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Velocity => "velocity",
            Self::Continuity => "continuity",
        }
    }
}

/// The levels of a variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelsVariable {
    /// The coordinate variable.
    pub variable: String,
    /// Depths in metres, positive down, ascending. Of levels that follow the floor, how far down they lie:
    /// from 0 at the surface to 1 at the floor, in the mean of a mesh's nodes where those differ.
    pub depths: Vec<f64>,
    /// Whether they do.
    pub terrain: bool,
    /// Whether the file begins with the lowest.
    pub flipped: bool,
}

/// The vertical velocity and the levels that it lies on, which may be others than those of the
/// horizontal one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Upward {
    /// Its variable, upward in m/s.
    pub component: Component,
    /// Where its values lie.
    pub levels: LevelsVariable,
}

/// The names of an upward velocity, the preferred first.
const STANDARD_NAMES: [&str; 2] =
    ["upward_sea_water_velocity", "upward_sea_water_velocity_due_to_w"];
const NAMES: [&str; 10] = [
    "wo",
    "w",
    "ww",
    "w_velocity",
    "wvel",
    "vovecrtz",
    "upward_velocity",
    "water_w",
    "wvelocity",
    "verticalvelocity",
];

/// The levels of the velocity.
///
/// # Errors
/// [`CfError::NoLevels`] where there are none, [`CfError::NoDepths`] where they lie at no fixed depths,
/// and [`CfError::Coordinate`] where depths do not follow each other.
pub(super) fn levels(
    u: &Variable,
    layout: &Layout<'_>,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<LevelsVariable, CfError> {
    let Some((dimension, _, coordinate)) = layout.level else {
        return Err(CfError::NoLevels { variable: u.name.clone() });
    };
    let what = match coordinate {
        None => Some("have no coordinate variable to tell their depth"),
        Some(coordinate) if follows_terrain(coordinate) => None,
        Some(coordinate) => not_a_depth(coordinate),
    };
    match (coordinate, what) {
        (Some(coordinate), None) => along(coordinate, layout, read, notes),
        (_, what) => Err(CfError::NoDepths {
            variable: u.name.clone(),
            dimension: dimension.to_owned(),
            what: what.unwrap_or_default(),
        }),
    }
}

fn along(
    coordinate: &Variable,
    layout: &Layout<'_>,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<LevelsVariable, CfError> {
    let terrain = terrain::follows(layout);
    let (depths, flipped) = if terrain {
        let Parts { down, flipped, .. } = terrain::parts(coordinate, layout, read)?;
        (down, flipped)
    } else {
        from_the_surface(depths(coordinate, read, notes)?)
    };
    let is_ascending = depths.windows(2).all(|pair| pair[0] < pair[1]);
    if !is_ascending {
        let why = "holds depths that do not follow each other from the surface down, or up to it";
        let variable = coordinate.name.clone();
        return Err(CfError::Coordinate { variable, why: why.to_owned() });
    }
    Ok(LevelsVariable { variable: coordinate.name.clone(), depths, terrain, flipped })
}

/// Depths in ascending order, and whether that is not the file's.
pub(super) fn from_the_surface(mut depths: Vec<f64>) -> (Vec<f64>, bool) {
    let flipped = depths.len() > 1 && depths[0] > depths[depths.len() - 1];
    if flipped {
        depths.reverse();
    }
    (depths, flipped)
}

/// The vertical velocity that the scenario names, or one with a well-known name: on the points of the
/// horizontal one, or `in_cells` through whose faces that goes.
///
/// # Errors
/// [`CfError::NoUpward`] where there is none, and [`CfError::Dimension`] for one on other points than
/// the horizontal velocity.
pub(super) fn upward(
    catalogue: &Catalogue,
    u: &Variable,
    layout: &Layout<'_>,
    in_cells: bool,
    choice: &Choice,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<Upward, CfError> {
    let (variable, found_by) = match &choice.w {
        Some(name) => (velocity::variable(catalogue, name)?, FoundBy::Scenario),
        None => find(catalogue).ok_or_else(|| CfError::NoUpward { u: u.name.clone() })?,
    };
    readable(catalogue, &variable.name)?;
    let mut level = None;
    let mut roles = Vec::new();
    // In the middle of cells, where u and v go through faces.
    let own = if in_cells { last_two(variable) } else { None };
    for (dimension, &length) in variable.dimensions.iter().zip(&variable.shape) {
        let role = match (own, layout.role(dimension)) {
            (Some([y, _]), _) if y == dimension => Some(Role::Y),
            (Some([_, x]), _) if x == dimension => Some(Role::X),
            (_, role) => role,
        };
        let role = match role {
            Some(role) => role,
            None if length == 1 => Role::Single,
            None => {
                let found = coordinate_of(catalogue, dimension, false);
                let found = match found {
                    Some((coordinate, Kind::Vertical)) => Some(coordinate),
                    // ROMS says nothing of its levels but their name.
                    _ if terrain::follows(layout) => catalogue.variable(dimension),
                    _ => None,
                };
                let Some(coordinate) = found else {
                    return Err(CfError::Dimension {
                        variable: variable.name.clone(),
                        dimension: dimension.clone(),
                        why: format!(
                            "is none of `{}`: the vertical velocity is to lie on the same columns and rows, or be left out with `vertical = \"fixed\"`",
                            u.name
                        ),
                    });
                };
                level = Some(coordinate);
                Role::Level
            }
        };
        if role == Role::Level && level.is_none() {
            level = layout.level.and_then(|(_, _, coordinate)| coordinate);
        }
        roles.push(role);
    }
    let Some(level) = level else {
        return Err(CfError::NoLevels { variable: variable.name.clone() });
    };
    if let Some(what) = not_a_depth(level).filter(|_| !terrain::follows(layout)) {
        let dimension = level.name.clone();
        return Err(CfError::NoDepths { variable: variable.name.clone(), dimension, what });
    }
    let packing = Packing::of(variable, Some(VelocityKind::Current))?;
    let component = Component { variable: variable.name.clone(), roles, packing, found_by };
    Ok(Upward { component, levels: along(level, layout, read, notes)? })
}

fn find(catalogue: &Catalogue) -> Option<(&Variable, FoundBy)> {
    let fields = || {
        let is_field = |v: &&Variable| v.stored != StoredType::Other && v.dimensions.len() > 2;
        catalogue.variables.iter().filter(is_field)
    };
    let standard = STANDARD_NAMES.iter().find_map(|name| {
        fields().find(|v| v.attributes.text("standard_name").map(str::trim) == Some(*name))
    });
    let named = || NAMES.iter().find_map(|name| fields().find(|v| v.name.to_lowercase() == *name));
    standard
        .map(|variable| (variable, FoundBy::StandardName))
        .or_else(|| named().map(|variable| (variable, FoundBy::Name)))
}
