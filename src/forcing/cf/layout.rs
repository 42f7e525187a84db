//! Which dimension of a velocity is what.

use super::kind::{Kind, coordinate_of};
use super::places::Places;
use super::velocity::{self, Pair};
use super::{CfError, Choice, MeshChoice, Role, Unserved};
use crate::forcing::{Catalogue, Variable};

/// The dimensions of a velocity and their coordinate variables.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    /// The coordinates: along one dimension each, or both along both.
    pub x: &'a Variable,
    pub y: &'a Variable,
    /// Whether x and y are longitude and latitude, not a plane's.
    pub geographic: bool,
    /// The time dimension's coordinate variable.
    pub time: Option<&'a Variable>,
    /// The level dimension, with its coordinate variable where it has one.
    pub level: Option<(&'a str, u64, Option<&'a Variable>)>,
    /// The dimension of the nodes of an unstructured mesh.
    pub nodes: Option<&'a str>,
    /// Those of u and of v, which differ on staggered grids.
    x_dimensions: [&'a str; 2],
    y_dimensions: [&'a str; 2],
    time_dimension: Option<&'a str>,
}

impl<'a> Layout<'a> {
    /// Finds the dimensions of `pair.u`; `pair.v` is known to have the same, but for those that
    /// `places` tells.
    ///
    /// # Errors
    /// [`CfError::NoAxis`] without both horizontal axes, [`CfError::Dimension`] for one dimension too
    /// many, and [`Unserved::TwoTimes`].
    pub fn of(
        catalogue: &'a Catalogue,
        pair: &Pair<'a>,
        choice: &Choice,
        places: Option<&Places<'a>>,
    ) -> Result<Self, CfError> {
        let u = pair.u;
        let flat = choice.mesh == MeshChoice::Flat;
        let (mut x, mut y) = match places {
            Some(places) => {
                let [x, y] = places.coordinates();
                (Some(x), Some(y))
            }
            None => (
                chosen(catalogue, u, choice.x.as_deref())?,
                chosen(catalogue, u, choice.y.as_deref())?,
            ),
        };
        let v_dimensions = places.and_then(Places::of_v);
        let time = choice.time.as_deref();
        let mut time = match time.map(|name| velocity::variable(catalogue, name)).transpose()? {
            // A scalar has no dimension and is looked at later.
            Some(scalar) if scalar.dimensions.is_empty() => None,
            _ => chosen(catalogue, u, time)?,
        };
        let mut geographic = [false; 2];
        if let Some((_, variable)) = x {
            geographic[0] = v_dimensions.is_some() || Kind::of(variable) == Kind::Longitude;
        }
        if let Some((_, variable)) = y {
            geographic[1] = v_dimensions.is_some() || Kind::of(variable) == Kind::Latitude;
        }
        let mut level = None;
        for (dimension, &length) in u.dimensions.iter().zip(&u.shape) {
            let is = |slot: &Option<(&str, &Variable)>| slot.is_some_and(|(d, _)| d == dimension);
            if is(&x) || is(&y) || is(&time) {
                continue;
            }
            let found = coordinate_of(catalogue, dimension, flat);
            let too_many = |what: &str| CfError::Dimension {
                variable: u.name.clone(),
                dimension: dimension.clone(),
                why: format!("is a second {what} axis; drogue needs one of each"),
            };
            match found {
                Some((variable, kind @ (Kind::Longitude | Kind::PlaneX))) if x.is_none() => {
                    x = Some((dimension.as_str(), variable));
                    geographic[0] = kind == Kind::Longitude;
                }
                Some((variable, kind @ (Kind::Latitude | Kind::PlaneY))) if y.is_none() => {
                    y = Some((dimension.as_str(), variable));
                    geographic[1] = kind == Kind::Latitude;
                }
                Some((variable, Kind::Time)) if time.is_none() => {
                    time = Some((dimension.as_str(), variable));
                }
                Some((variable, Kind::Vertical)) if level.is_none() => {
                    level = Some((dimension.as_str(), length, Some(variable)));
                }
                None if level.is_none() && names_levels(dimension) => {
                    let own = terrain_following(catalogue, dimension);
                    level = Some((dimension.as_str(), length, own));
                }
                _ if length == 1 => {}
                Some((_, Kind::Time)) => return Err(too_many("time")),
                Some((_, Kind::Vertical)) => return Err(too_many("vertical")),
                Some((_, Kind::Longitude | Kind::PlaneX)) => return Err(too_many("x")),
                Some((_, Kind::Latitude | Kind::PlaneY)) => return Err(too_many("y")),
                found => return Err(unknown(catalogue, u, dimension, length, found)),
            }
        }
        let no_axis = |key| CfError::NoAxis {
            variable: u.name.clone(),
            dimensions: u.dimensions.join(", "),
            key,
        };
        let (x_dimension, x) = x.ok_or_else(|| no_axis("x"))?;
        let (y_dimension, y) = y.ok_or_else(|| no_axis("y"))?;
        if geographic[0] != geographic[1] {
            return Err(CfError::Coordinate {
                variable: if geographic[0] { y.name.clone() } else { x.name.clone() },
                why: "is no longitude or latitude while the other axis is one".to_owned(),
            });
        }
        Ok(Self {
            x,
            y,
            geographic: geographic[0],
            time: time.map(|(_, variable)| variable),
            level,
            nodes: match places {
                Some(Places::Unstructured(mesh)) => Some(mesh.nodes()),
                _ => None,
            },
            x_dimensions: [x_dimension, v_dimensions.map_or(x_dimension, |v| v[1])],
            y_dimensions: [y_dimension, v_dimensions.map_or(y_dimension, |v| v[0])],
            time_dimension: time.map(|(dimension, _)| dimension),
        })
    }

    /// The dimension of u along which rows follow each other.
    pub fn y_dimension(&self) -> &'a str {
        self.y_dimensions[0]
    }

    /// The dimension of u along a row.
    pub fn x_dimension(&self) -> &'a str {
        self.x_dimensions[0]
    }

    /// Whether a dimension is that of u's levels, or one of a name of its own and of as many: NEMO has
    /// `depthu` and `depthv`.
    fn is_level(&self, variable: &Variable, dimension: &str) -> bool {
        let Some((level, count, _)) = self.level else { return false };
        let at = variable.dimensions.iter().position(|name| name == dimension);
        level == dimension
            || names_levels(dimension) && at.is_some_and(|at| variable.shape[at] == count)
    }

    /// The role of a dimension of u.
    pub fn role(&self, dimension: &str) -> Option<Role> {
        match dimension {
            d if d == self.x_dimensions[0] => Some(Role::X),
            d if d == self.y_dimensions[0] => Some(Role::Y),
            d if Some(d) == self.time_dimension => Some(Role::Time),
            d if self.level.is_some_and(|(level, ..)| level == d) => Some(Role::Level),
            _ => None,
        }
    }

    /// The role of each dimension of a variable that is one plane at each time, on points of its own or not:
    /// rows and columns last, or points alone where all lie in a row.
    pub fn roles_of_plane(&self, variable: &Variable, in_a_row: bool) -> Vec<Role> {
        let count = variable.dimensions.len();
        let role = |(at, dimension): (usize, &String)| match count - at {
            1 => Role::X,
            2 if !in_a_row => Role::Y,
            _ if self.role(dimension) == Some(Role::Time) => Role::Time,
            _ => Role::Single,
        };
        variable.dimensions.iter().enumerate().map(role).collect()
    }

    /// The role of each dimension of `variable`. A single level is [`Role::Level`] where its depth is
    /// told, as `has_depth` says.
    pub fn roles(&self, variable: &Variable, has_depth: bool) -> Vec<Role> {
        let role = |dimension: &String| match dimension.as_str() {
            d if self.x_dimensions.contains(&d) => Role::X,
            d if self.y_dimensions.contains(&d) => Role::Y,
            d if Some(d) == self.time_dimension => Role::Time,
            d if has_depth && self.is_level(variable, d) => Role::Level,
            _ => Role::Single,
        };
        variable.dimensions.iter().map(role).collect()
    }
}

/// The coordinate variable that the scenario names, and the dimension of `u` that it runs along.
fn chosen<'a>(
    catalogue: &'a Catalogue,
    u: &'a Variable,
    name: Option<&str>,
) -> Result<Option<(&'a str, &'a Variable)>, CfError> {
    let Some(name) = name else { return Ok(None) };
    let variable = velocity::variable(catalogue, name)?;
    match variable.dimensions.as_slice() {
        [dimension] if u.dimensions.contains(dimension) => Ok(Some((dimension, variable))),
        [first, second, ..] if Kind::of(variable) == Kind::Time => Err(Unserved::TwoTimes {
            variable: u.name.clone(),
            first: first.clone(),
            second: second.clone(),
        }
        .into()),
        [_, _, ..] => Err(Unserved::Curvilinear {
            variable: u.name.clone(),
            sign: format!("`{name}` is an array of two dimensions that has no like"),
        }
        .into()),
        _ => Err(CfError::Coordinate {
            variable: name.to_owned(),
            why: format!("does not run along a dimension of `{}`", u.name),
        }),
    }
}

/// The levels of a dimension whose s or sigma is another at each point, which FVCOM has.
fn terrain_following<'a>(catalogue: &'a Catalogue, dimension: &str) -> Option<&'a Variable> {
    let own = catalogue.variable(dimension)?;
    let is_first = own.dimensions.first().is_some_and(|first| first == dimension);
    (is_first && Kind::of(own) == Kind::Vertical).then_some(own)
}

fn names_levels(dimension: &str) -> bool {
    let name = dimension.to_lowercase();
    ["depth", "lev", "z", "s_rho", "sig", "layer", "height", "k", "plev", "nschism_vgrid"]
        .iter()
        .any(|start| name == *start || (start.len() > 2 && name.starts_with(start)))
}

fn unknown(
    catalogue: &Catalogue,
    u: &Variable,
    dimension: &str,
    length: u64,
    found: Option<(&Variable, Kind)>,
) -> CfError {
    let two_times = catalogue.variables.iter().find(|variable| {
        variable.dimensions.len() == 2
            && Kind::of(variable) == Kind::Time
            && variable.dimensions.iter().all(|d| u.dimensions.contains(d))
    });
    if let Some(time) = two_times {
        return Unserved::TwoTimes {
            variable: u.name.clone(),
            first: time.dimensions[0].clone(),
            second: time.dimensions[1].clone(),
        }
        .into();
    }
    if let Err(unreadable) = velocity::readable(catalogue, dimension) {
        return unreadable;
    }
    let why = match found {
        Some((variable, _)) => format!(
            "its {length} points are those of `{}`, which is no longitude, latitude, time or depth; extract one of them first",
            variable.name
        ),
        None => format!("has {length} points and no coordinate variable to say what they are"),
    };
    CfError::Dimension { variable: u.name.clone(), dimension: dimension.to_owned(), why }
}
