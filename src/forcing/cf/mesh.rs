//! Whether the horizontal axes are those of a sphere or of a plane.

use super::families::Along;
use super::kind::Kind;
use super::layout::Layout;
use super::mapping::{self, Axes, Mapping};
use super::units::{self, Degrees};
use super::velocity::Pair;
use super::{CfError, Choice, MeshChoice, Unserved};
use crate::forcing::{Catalogue, Variable};
use crate::grid::Mesh;

/// What the horizontal coordinates mean, given what the scenario says of them.
///
/// # Errors
/// Where the scenario and the dataset contradict each other, and [`Unserved::Projected`] or
/// [`Unserved::Plane`] where nobody says that x and y are a plane's.
pub(super) fn of(
    catalogue: &Catalogue,
    pair: &Pair<'_>,
    layout: &Layout<'_>,
    choice: &Choice,
    notes: &mut Vec<String>,
) -> Result<Mesh, CfError> {
    let Layout { x, y, .. } = *layout;
    let sphere = Mesh::Sphere { radius: choice.radius };
    let projected =
        |sign| CfError::from(Unserved::Projected { variable: pair.u.name.clone(), sign });
    match (choice.mesh, layout.geographic) {
        (MeshChoice::Auto | MeshChoice::Sphere, true) => {
            refuse_lost_rotation(catalogue, pair, layout)?;
            Ok(sphere)
        }
        (MeshChoice::Flat, true) => Err(CfError::Coordinate {
            variable: x.name.clone(),
            why: "is a longitude: a flat mesh needs x and y in metres; leave `mesh` out".to_owned(),
        }),
        (MeshChoice::Flat, false) => {
            if let Some(sign) = sign_of_a_map(catalogue, pair, layout) {
                if pair.along != Along::Grid {
                    return Err(projected(format!(
                        "{sign} and its components are not said to follow the grid's axes"
                    )));
                }
                notes.push(format!(
                    "took a map for flat ground ({sign}): its scale differs from true metres by a few percent, and positions are written in its x and y"
                ));
            }
            Ok(Mesh::Flat)
        }
        // Whoever names both and says that they are a sphere's knows what they are.
        (MeshChoice::Sphere, false)
            if choice.x.is_some() && choice.y.is_some() && !is_rotated(x) && !is_rotated(y) =>
        {
            Ok(sphere)
        }
        (_, false) => {
            let metric = |variable: &Variable| {
                variable.attributes.text("units").and_then(units::length).is_some()
            };
            if choice.mesh == MeshChoice::Auto && metric(x) && metric(y) {
                let sign = sign_of_a_map(catalogue, pair, layout);
                if let Some(sign) = sign.or_else(|| sign_of_the_earth(catalogue, pair)) {
                    return Err(projected(sign));
                }
                notes.push(format!(
                    "took `{}` and `{}` for a plane in metres: nothing in the dataset speaks of the Earth",
                    x.name, y.name
                ));
                return Ok(Mesh::Flat);
            }
            Err(Unserved::Plane {
                variable: pair.u.name.clone(),
                x: x.name.clone(),
                y: y.name.clone(),
            }
            .into())
        }
    }
}

fn is_rotated(axis: &Variable) -> bool {
    matches!(Kind::of(axis), Kind::RotatedLongitude | Kind::RotatedLatitude)
}

/// What shows that x and y are those of a map, lost though the map itself may be.
fn sign_of_a_map(catalogue: &Catalogue, pair: &Pair<'_>, layout: &Layout<'_>) -> Option<String> {
    let of_axis = |axis: &Variable| {
        let name = axis.attributes.text("standard_name")?.trim();
        name.starts_with("projection_").then(|| format!("its axis `{}` is a {name}", axis.name))
    };
    mapping::of_pair(catalogue, pair)
        .map(|mapping| mapping.sign)
        .or_else(|| of_axis(layout.x))
        .or_else(|| of_axis(layout.y))
}

/// What else in a dataset on axes of metres speaks of the Earth, whose ground is not flat.
fn sign_of_the_earth(catalogue: &Catalogue, pair: &Pair<'_>) -> Option<String> {
    if pair.along == Along::Earth {
        return Some(
            "its axes are in metres and its components point east and north; set `mesh = \"flat\"` if that is a plane"
                .to_owned(),
        );
    }
    let of_variable = |variable: &Variable| {
        let earthly = matches!(Kind::of(variable), Kind::Longitude | Kind::Latitude)
            || variable.attributes.text("grid_mapping").is_some()
            || mapping::declared(&variable.attributes).is_some();
        earthly.then(|| {
            format!(
                "its axes are in metres and `{}` tells where on the Earth they lie",
                variable.name
            )
        })
    };
    catalogue.variables.iter().find_map(of_variable).or_else(|| {
        let (_, name) = mapping::declared(&catalogue.attributes)?;
        Some(format!("its axes are in metres and the dataset's attributes name {name}"))
    })
}

/// Refuses longitudes that may be those of a rotated pole: the grid mapping cannot be read, the
/// components follow the grid, and nothing says that the axes are true longitude and latitude.
fn refuse_lost_rotation(
    catalogue: &Catalogue,
    pair: &Pair<'_>,
    layout: &Layout<'_>,
) -> Result<(), CfError> {
    let is_true = |axis: &Variable| {
        let directed = axis.attributes.text("units").and_then(units::degrees);
        matches!(directed, Some(Degrees::East | Degrees::North))
            || matches!(axis.attributes.text("standard_name"), Some("longitude" | "latitude"))
    };
    match mapping::of_pair(catalogue, pair) {
        Some(Mapping { axes: Axes::Unknown, sign })
            if pair.along == Along::Grid && !(is_true(layout.x) && is_true(layout.y)) =>
        {
            Err(Unserved::RotatedPole {
                variable: pair.u.name.clone(),
                sign: format!(
                    "{sign}, its components follow the grid's axes, and `{}` and `{}` are not said to be true longitude and latitude",
                    layout.x.name, layout.y.name
                ),
            }
            .into())
        }
        _ => Ok(()),
    }
}
