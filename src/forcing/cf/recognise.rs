//! Datasets that are recognised and not served: each is refused with one sentence that says what
//! it is. To read a staggered, rotated or unstructured grid as a plain one is the worst that this
//! room could do, so every sign of one counts.

use std::collections::BTreeSet;

use super::kind::{Kind, along, is_latitude_name, is_longitude_name, named_coordinates};
use super::mapping::{self, Axes, Mapping};
use super::velocity::Pair;
use super::{CfError, Choice, MeshChoice};
use crate::forcing::{Catalogue, Variable};

/// A kind of dataset that is not served.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unserved {
    /// Velocities on triangles or scattered points.
    #[error(
        "`{variable}` lies on an unstructured mesh ({sign}), and the corners of its faces are not told: give the file that has them (`nv` of FVCOM, or a UGRID mesh topology) as `grid`"
    )]
    Unstructured {
        /// A variable on it.
        variable: String,
        /// What shows it.
        sign: String,
    },
    /// u and v on different points of a cell, or both off the tracer points.
    #[error(
        "`{variable}` lies on a staggered Arakawa {arrangement} grid ({sign}), and the corners or centres of its cells are not told: give the file that has them (`lon_psi` or `lon_rho` of ROMS and CROCO, `glamf` or `glamt` of NEMO, `XG` and `YG` of MITgcm) as `grid`; other staggered grids are to be regridded first"
    )]
    Staggered {
        /// A variable on it.
        variable: String,
        /// `B` or `C`.
        arrangement: char,
        /// What shows it.
        sign: String,
    },
    /// Longitude and latitude are arrays of two dimensions that cannot be had.
    #[error(
        "`{variable}` lies on a curvilinear grid ({sign}): give the file that has them as `grid`; where its own axes are true longitude and latitude, name them as `lon` and `lat`"
    )]
    Curvilinear {
        /// A variable on it.
        variable: String,
        /// What shows it.
        sign: String,
    },
    /// A grid on a rotated pole that is not told in full.
    #[error(
        "`{variable}` lies on a rotated-pole grid ({sign}), whose axes do not point east and north: complete its `grid_mapping` and give its axes the standard names grid_longitude and grid_latitude, or add the longitude and latitude of each node; where they are true longitude and latitude, remove its `grid_mapping`"
    )]
    RotatedPole {
        /// A variable on it.
        variable: String,
        /// What shows it.
        sign: String,
    },
    /// A grid on a map projection that is not told in full, or not known.
    #[error(
        "`{variable}` lies on a map projection ({sign}), whose axes do not point east and north: complete its `grid_mapping` and give its axes the standard names projection_x_coordinate and projection_y_coordinate, or add the longitude and latitude of each node; where its axes are true longitude and latitude, remove its `grid_mapping`"
    )]
    Projected {
        /// A variable on it.
        variable: String,
        /// What shows it.
        sign: String,
    },
    /// Axes of a plane with nothing to tell their scale or place.
    #[error(
        "`{variable}` lies on the axes `{x}` and `{y}`, which are not said to be longitude and latitude; if they are, name them as `lon` and `lat` and set `mesh = \"sphere\"`, and for a plane in metres set `mesh = \"flat\"`"
    )]
    Plane {
        /// A variable on it.
        variable: String,
        /// The first axis.
        x: String,
        /// The second axis.
        y: String,
    },
    /// Levels that lie at no fixed depth.
    #[error(
        "`{variable}` has {count} levels along `{dimension}`, which {what}: none lies at a fixed depth; set `level` to the number of one (the first is 0)"
    )]
    Levels {
        /// The variable.
        variable: String,
        /// Its dimension.
        dimension: String,
        /// The number of levels.
        count: u64,
        /// What the levels are.
        what: &'static str,
    },
    /// Time along two dimensions.
    #[error(
        "`{variable}` has time along two dimensions, `{first}` and `{second}` (forecasts by start and lead time); make one time axis of them first"
    )]
    TwoTimes {
        /// The variable.
        variable: String,
        /// The one dimension.
        first: String,
        /// The other dimension.
        second: String,
    },
}

/// Refuses a velocity whose components do not share the points of one grid of rows and columns.
pub(super) fn refuse_pair(catalogue: &Catalogue, pair: &Pair<'_>) -> Result<(), CfError> {
    let Pair { u, v, .. } = *pair;
    for variable in [u, v] {
        unstructured(catalogue, variable)?;
        staggered(catalogue, variable)?;
    }
    apart(catalogue, u, v)
}

/// Refuses a scalar on the points of a mesh whose faces are not told.
pub(super) fn refuse_scalar(catalogue: &Catalogue, variable: &Variable) -> Result<(), CfError> {
    Ok(unstructured(catalogue, variable)?)
}

/// Refuses a velocity whose axes do not point east and north, where nothing tells the places of its
/// nodes.
pub(super) fn refuse_turned(
    catalogue: &Catalogue,
    pair: &Pair<'_>,
    choice: &Choice,
) -> Result<(), CfError> {
    for variable in [pair.u, pair.v] {
        rotated(catalogue, variable)?;
        if choice.mesh == MeshChoice::Flat {
            continue;
        }
        projected(catalogue, variable)?;
        // Whoever names the axes says that they are true.
        if choice.x.is_none() || choice.y.is_none() {
            curvilinear(catalogue, variable)?;
        }
    }
    Ok(())
}

/// Refuses a dataset without a velocity pair where any of its variables shows what it is.
pub(super) fn refuse_any(catalogue: &Catalogue) -> Result<(), CfError> {
    let mut fields = catalogue.variables.iter().filter(|variable| variable.dimensions.len() >= 2);
    Ok(fields.try_for_each(|variable| unstructured(catalogue, variable))?)
}

type Check = Result<(), Unserved>;

fn unstructured(catalogue: &Catalogue, variable: &Variable) -> Check {
    let refuse =
        |sign: String| Err(Unserved::Unstructured { variable: variable.name.clone(), sign });
    if let Some(mesh) = variable.attributes.text("mesh") {
        return refuse(format!("its mesh is `{mesh}`"));
    }
    for (dimension, &length) in variable.dimensions.iter().zip(&variable.shape) {
        let name = dimension.to_lowercase();
        let known =
            ["nele", "node", "nodes", "nmesh2d_face", "nmesh2d_node", "ncells", "ncol", "nedges"];
        if known.contains(&name.as_str()) {
            return refuse(format!("its dimension `{dimension}` counts the points of a mesh"));
        }
        let kinds: Vec<_> = along(catalogue, dimension).map(Kind::of).collect();
        if length > 1 && kinds.contains(&Kind::Longitude) && kinds.contains(&Kind::Latitude) {
            return refuse(format!("longitude and latitude both run along `{dimension}`"));
        }
    }
    Ok(())
}

/// Dimensions of the staggered points of well-known models, in lower case.
const STAGGERED: [(char, &[&str], &str); 4] = [
    (
        'C',
        &["xi_u", "eta_u", "xi_v", "eta_v", "xi_psi", "eta_psi", "x_u", "y_u", "x_v", "y_v"],
        "of ROMS and CROCO",
    ),
    ('C', &["xq", "yq", "xh", "yh"], "of MOM6"),
    ('C', &["xg", "yg", "i_g", "j_g"], "of MITgcm"),
    ('C', &["west_east_stag", "south_north_stag"], "of WRF"),
];

fn staggered(catalogue: &Catalogue, variable: &Variable) -> Check {
    let refuse = |arrangement, sign: String| {
        Err(Unserved::Staggered { variable: variable.name.clone(), arrangement, sign })
    };
    let text = |name: &str| variable.attributes.text(name).unwrap_or_default();
    for dimension in &variable.dimensions {
        let name = dimension.to_lowercase();
        for (arrangement, names, model) in STAGGERED {
            if names.contains(&name.as_str()) {
                return refuse(arrangement, format!("its dimension `{dimension}` is one {model}"));
            }
        }
        if let Some(coordinate) = catalogue.variable(dimension)
            && coordinate.attributes.number("c_grid_axis_shift").is_some_and(|shift| shift != 0.0)
        {
            return refuse('C', format!("`{dimension}` has a c_grid_axis_shift"));
        }
    }
    if text("standard_name").ends_with("_at_u_location")
        || text("standard_name").ends_with("_at_v_location")
    {
        return refuse('C', format!("its standard name is {}", text("standard_name")));
    }
    if text("location").starts_with("edge") {
        return refuse('C', format!("SGRID puts it at {}", text("location")));
    }
    if matches!(text("stagger").trim(), "X" | "Y") {
        return refuse('C', format!("its stagger is {}", text("stagger").trim()));
    }
    let is_nemo = named_coordinates(variable).any(|name| name.starts_with("nav_l"));
    let stem = variable.name.to_lowercase();
    if is_nemo && ["vozocrtx", "vomecrty", "sozocrtx", "somecrty"].contains(&stem.as_str()) {
        return refuse('C', format!("`{}` is a component on NEMO's own points", variable.name));
    }
    Ok(())
}

/// Refuses components that do not share their points.
fn apart(catalogue: &Catalogue, u: &Variable, v: &Variable) -> Result<(), CfError> {
    let refuse = |what: &str, of_u: &BTreeSet<&str>, of_v: &BTreeSet<&str>| {
        let listed = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
        Err(Unserved::Staggered {
            variable: u.name.clone(),
            arrangement: 'C',
            sign: format!(
                "{what} of `{}` are {}, those of `{}` are {}",
                u.name,
                listed(of_u),
                v.name,
                listed(of_v)
            ),
        }
        .into())
    };
    let dimensions = |variable: &Variable| -> Vec<(String, u64)> {
        let mut all: Vec<_> =
            variable.dimensions.iter().cloned().zip(variable.shape.iter().copied()).collect();
        all.sort();
        all
    };
    if dimensions(u) != dimensions(v) {
        differing_dimensions(catalogue, u, v)?;
        let names = |variable: &'_ Variable| -> Vec<String> {
            let pairs = variable.dimensions.iter().zip(&variable.shape);
            pairs.map(|(name, length)| format!("{name} = {length}")).collect()
        };
        let (of_u, of_v) = (names(u), names(v));
        return refuse(
            "the dimensions",
            &of_u.iter().map(String::as_str).collect(),
            &of_v.iter().map(String::as_str).collect(),
        );
    }
    let (of_u, of_v) = (horizontal_coordinates(catalogue, u), horizontal_coordinates(catalogue, v));
    if !of_u.is_empty() && !of_v.is_empty() && of_u != of_v {
        return refuse("the coordinates", &of_u, &of_v);
    }
    Ok(())
}

/// Refuses components with different dimensions where these are no sign of staggered points: those
/// come in pairs of horizontal axes, one longer than the other by a point at most.
fn differing_dimensions(catalogue: &Catalogue, u: &Variable, v: &Variable) -> Result<(), CfError> {
    let dimension = |variable: &Variable, dimension: &str, why: String| CfError::Dimension {
        variable: variable.name.clone(),
        dimension: dimension.to_owned(),
        why,
    };
    for variable in [u, v] {
        for (index, (name, &length)) in variable.dimensions.iter().zip(&variable.shape).enumerate()
        {
            if *name == Variable::own_dimension(&variable.name, index) {
                let why = "has no name in the store, so that its axis cannot be told: add \
                           `_ARRAY_DIMENSIONS` (Zarr v2) or `dimension_names` (v3) to the array";
                return Err(dimension(variable, name, why.to_owned()));
            }
            if length == 0 {
                return Err(dimension(variable, name, "has no points".to_owned()));
            }
        }
    }
    let not_a_pair =
        |why: String| Err(CfError::NotAPair { u: u.name.clone(), v: v.name.clone(), why });
    let all = |variable: &Variable| variable.dimensions.join(", ");
    let of_one = |one: &Variable, other: &Variable| -> Vec<(String, u64)> {
        let pairs = one.dimensions.iter().cloned().zip(one.shape.iter().copied());
        pairs.filter(|(name, _)| !other.dimensions.contains(name)).collect()
    };
    let (of_u, of_v) = (of_one(u, v), of_one(v, u));
    for (name, &length) in u.dimensions.iter().zip(&u.shape) {
        let other = v.dimensions.iter().position(|other| other == name).map(|at| v.shape[at]);
        if let Some(other) = other.filter(|&other| other != length) {
            return not_a_pair(format!(
                "`{name}` has {length} points in one and {other} in the other"
            ));
        }
    }
    let is_horizontal = |(name, _): &(String, u64)| {
        let kinds: Vec<_> = along(catalogue, name).map(Kind::of).collect();
        !kinds.iter().any(|kind| matches!(kind, Kind::Time | Kind::Vertical | Kind::Other))
    };
    let staggered = of_u.len() == of_v.len()
        && of_u.iter().chain(&of_v).all(is_horizontal)
        && of_u.iter().zip(&of_v).all(|((_, a), (_, b))| a.abs_diff(*b) <= 1);
    if staggered {
        return Ok(());
    }
    not_a_pair(format!("the dimensions of one are {}, those of the other {}", all(u), all(v)))
}

/// Longitudes and latitudes among the names in the `coordinates` attribute, present or not.
fn horizontal_coordinates<'a>(catalogue: &Catalogue, variable: &'a Variable) -> BTreeSet<&'a str> {
    named_coordinates(variable)
        .filter(|name| match catalogue.variable(name) {
            Some(coordinate) => matches!(
                Kind::of(coordinate),
                Kind::Longitude | Kind::Latitude | Kind::RotatedLongitude | Kind::RotatedLatitude
            ),
            None => {
                let name = name.to_lowercase();
                is_longitude_name(&name) || is_latitude_name(&name)
            }
        })
        .collect()
}

fn rotated(catalogue: &Catalogue, variable: &Variable) -> Check {
    let refuse =
        |sign: String| Err(Unserved::RotatedPole { variable: variable.name.clone(), sign });
    if let Some(Mapping { axes: Axes::Rotated, sign }) = mapping::of(catalogue, variable) {
        return refuse(sign);
    }
    for dimension in &variable.dimensions {
        for coordinate in along(catalogue, dimension) {
            if matches!(Kind::of(coordinate), Kind::RotatedLongitude | Kind::RotatedLatitude) {
                return refuse(format!(
                    "its axis `{}` counts from a rotated pole",
                    coordinate.name
                ));
            }
        }
    }
    Ok(())
}

fn projected(catalogue: &Catalogue, variable: &Variable) -> Check {
    match mapping::of(catalogue, variable) {
        Some(Mapping { axes: Axes::Projected, sign }) => {
            Err(Unserved::Projected { variable: variable.name.clone(), sign })
        }
        _ => Ok(()),
    }
}

fn curvilinear(catalogue: &Catalogue, variable: &Variable) -> Check {
    let refuse =
        |sign: String| Err(Unserved::Curvilinear { variable: variable.name.clone(), sign });
    // A file may name the 2-D coordinates of its grid and leave them in another file, while its own
    // axes are only nominal.
    let absent = named_coordinates(variable).find(|name| {
        let lower = name.to_lowercase();
        let plain = ["lon", "lat", "longitude", "latitude"].contains(&lower.as_str());
        catalogue.variable(name).is_none()
            && !plain
            && (is_longitude_name(&lower) || is_latitude_name(&lower))
    });
    match absent {
        Some(name) => refuse(format!("its coordinates `{name}` are not in the dataset")),
        None => Ok(()),
    }
}
