//! Which two variables are the velocity.

use super::{CfError, Choice, FoundBy};
use crate::forcing::{Catalogue, StoredType, Variable};

/// Two variables that are one velocity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub u: &'a Variable,
    pub v: &'a Variable,
    pub found_by: FoundBy,
    /// Along the grid's own axes rather than east and north, as far as the standard names say.
    pub grid_relative: bool,
}

/// Standard names of eastward and northward components, the preferred first: currents before wind
/// before Stokes drift, the whole current before its parts.
const EASTWARD: [[&str; 2]; 11] = [
    ["eastward_sea_water_velocity", "northward_sea_water_velocity"],
    ["surface_eastward_sea_water_velocity", "surface_northward_sea_water_velocity"],
    [
        "eastward_sea_water_velocity_assuming_no_tide",
        "northward_sea_water_velocity_assuming_no_tide",
    ],
    [
        "surface_geostrophic_eastward_sea_water_velocity",
        "surface_geostrophic_northward_sea_water_velocity",
    ],
    ["geostrophic_eastward_sea_water_velocity", "geostrophic_northward_sea_water_velocity"],
    [
        "surface_geostrophic_eastward_sea_water_velocity_assuming_sea_level_for_geoid",
        "surface_geostrophic_northward_sea_water_velocity_assuming_sea_level_for_geoid",
    ],
    [
        "surface_geostrophic_eastward_sea_water_velocity_assuming_mean_sea_level_for_geoid",
        "surface_geostrophic_northward_sea_water_velocity_assuming_mean_sea_level_for_geoid",
    ],
    ["barotropic_eastward_sea_water_velocity", "barotropic_northward_sea_water_velocity"],
    ["eastward_wind", "northward_wind"],
    [
        "sea_surface_wave_stokes_drift_eastward_velocity",
        "sea_surface_wave_stokes_drift_northward_velocity",
    ],
    ["eastward_water_velocity", "northward_water_velocity"],
];

/// Standard names of components along the grid's x and y. Some are old or unofficial and in use.
const GRID_RELATIVE: [[&str; 2]; 11] = [
    ["sea_water_x_velocity", "sea_water_y_velocity"],
    ["x_sea_water_velocity", "y_sea_water_velocity"],
    ["sea_water_x_velocity_at_u_location", "sea_water_y_velocity_at_v_location"],
    ["surface_sea_water_x_velocity", "surface_sea_water_y_velocity"],
    ["sea_water_surface_x_velocity", "sea_water_surface_y_velocity"],
    ["barotropic_sea_water_x_velocity", "barotropic_sea_water_y_velocity"],
    ["ocean_barotropic_x_velocity", "ocean_barotropic_y_velocity"],
    ["x_wind", "y_wind"],
    ["sea_surface_wave_stokes_drift_x_velocity", "sea_surface_wave_stokes_drift_y_velocity"],
    ["sea_water_x_velocity_assuming_no_tide", "sea_water_y_velocity_assuming_no_tide"],
    ["x_water_velocity", "y_water_velocity"],
];

/// Well-known names in lower case, the preferred first.
const NAMES: [[&str; 2]; 22] = [
    ["uo", "vo"],
    ["water_u", "water_v"],
    ["u", "v"],
    ["u_sur", "v_sur"],
    ["uvel", "vvel"],
    ["u_velocity", "v_velocity"],
    ["uogrd", "vogrd"],
    ["ugos", "vgos"],
    ["ubar", "vbar"],
    ["vozocrtx", "vomecrty"],
    ["u10", "v10"],
    ["10u", "10v"],
    ["uas", "vas"],
    ["u_10m", "v_10m"],
    ["u10m", "v10m"],
    ["ugrd10m", "vgrd10m"],
    ["air_u", "air_v"],
    ["u_wind", "v_wind"],
    ["uwnd", "vwnd"],
    ["wind_u", "wind_v"],
    ["ust", "vst"],
    ["vsdx", "vsdy"],
];

/// The velocity pair of a dataset, and what people should know of the choice.
///
/// # Errors
/// [`CfError::UnknownVariable`], [`CfError::OneComponent`], [`CfError::NotAPair`] and
/// [`CfError::NoVelocity`].
pub(super) fn find<'a>(
    catalogue: &'a Catalogue,
    choice: &Choice,
) -> Result<(Pair<'a>, Vec<String>), CfError> {
    match (&choice.u, &choice.v) {
        (Some(u), Some(v)) => named(catalogue, u, v).map(|pair| (pair, Vec::new())),
        (Some(given), None) | (None, Some(given)) => {
            Err(CfError::OneComponent { given: given.clone() })
        }
        (None, None) => search(catalogue),
    }
}

/// The variable that the scenario names.
pub(super) fn variable<'a>(
    catalogue: &'a Catalogue,
    wanted: &str,
) -> Result<&'a Variable, CfError> {
    catalogue.variable(wanted).ok_or_else(|| {
        let nearest = catalogue
            .variables
            .iter()
            .map(|v| {
                (strsim::jaro_winkler(&v.name.to_lowercase(), &wanted.to_lowercase()), &v.name)
            })
            .filter(|&(likeness, _)| likeness > 0.6)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| name.clone());
        CfError::UnknownVariable { wanted: wanted.to_owned(), nearest }
    })
}

fn named<'a>(catalogue: &'a Catalogue, u: &str, v: &str) -> Result<Pair<'a>, CfError> {
    let (u, v) = (variable(catalogue, u)?, variable(catalogue, v)?);
    let not_a_pair =
        |why: &str| CfError::NotAPair { u: u.name.clone(), v: v.name.clone(), why: why.to_owned() };
    if u.name == v.name {
        return Err(not_a_pair("they are one variable"));
    }
    for variable in [u, v] {
        if variable.stored == StoredType::Other {
            return Err(not_a_pair(&format!("`{}` holds no numbers", variable.name)));
        }
    }
    let (of_u, of_v) = (family(u, 0), family(v, 1));
    if family(u, 1).is_some() || family(v, 0).is_some() {
        return Err(not_a_pair("their standard names say that `u` and `v` are exchanged"));
    }
    if disagree(u, v) {
        return Err(not_a_pair("their standard names are of different velocities"));
    }
    let grid_relative = of_u.or(of_v).is_some_and(|(relative, _)| relative);
    Ok(Pair { u, v, found_by: FoundBy::Scenario, grid_relative })
}

fn search(catalogue: &Catalogue) -> Result<(Pair<'_>, Vec<String>), CfError> {
    let mut pairs = by_standard_name(catalogue, &EASTWARD, false);
    pairs.extend(by_standard_name(catalogue, &GRID_RELATIVE, true));
    for pair in by_name(catalogue) {
        if !pairs.iter().any(|known| known.u.name == pair.u.name || known.v.name == pair.v.name) {
            pairs.push(pair);
        }
    }
    let Some(&first) = pairs.first() else {
        return Err(no_velocity(catalogue));
    };
    let mut notes = Vec::new();
    if pairs.len() > 1 {
        let others: Vec<_> =
            pairs[1..].iter().map(|p| format!("{} and {}", p.u.name, p.v.name)).collect();
        notes.push(format!(
            "took {} and {} for the velocity; there are also {}, which `u` and `v` can name",
            first.u.name,
            first.v.name,
            others.join(", ")
        ));
    }
    Ok((first, notes))
}

fn by_standard_name<'a>(
    catalogue: &'a Catalogue,
    families: &[[&str; 2]],
    grid_relative: bool,
) -> Vec<Pair<'a>> {
    let having = |standard_name: &str| -> Vec<&'a Variable> {
        let is = |v: &&Variable| {
            v.attributes.text("standard_name").map(str::trim) == Some(standard_name)
        };
        gridded(catalogue).filter(is).collect()
    };
    let mut pairs = Vec::new();
    for [u_name, v_name] in families {
        let candidates = having(v_name);
        for u in having(u_name) {
            // Where a file has several velocities of one kind, like names belong together.
            let partner = candidates
                .iter()
                .min_by_key(|v| (dimensions_differ(u, v), strsim::levenshtein(&u.name, &v.name)));
            if let Some(v) = partner {
                pairs.push(Pair { u, v, found_by: FoundBy::StandardName, grid_relative });
            }
        }
    }
    pairs
}

fn by_name(catalogue: &Catalogue) -> impl Iterator<Item = Pair<'_>> {
    let called = |name: &str| gridded(catalogue).find(|v| v.name.to_lowercase() == name);
    NAMES.iter().filter_map(move |[u, v]| {
        let (u, v) = (called(u)?, called(v)?);
        let grid_relative = family(u, 0).or(family(v, 1)).is_some_and(|(relative, _)| relative);
        (!disagree(u, v)).then_some(Pair { u, v, found_by: FoundBy::Name, grid_relative })
    })
}

/// Which family of velocities a standard name is of, as the first or second component, and whether
/// that is one of the grid's own axes.
fn family(variable: &Variable, component: usize) -> Option<(bool, usize)> {
    let name = variable.attributes.text("standard_name")?.trim();
    let position =
        |families: &[[&str; 2]]| families.iter().position(|pair| pair[component] == name);
    position(&EASTWARD).map(|i| (false, i)).or(position(&GRID_RELATIVE).map(|i| (true, i)))
}

/// Whether standard names say that two variables are of different velocities.
fn disagree(u: &Variable, v: &Variable) -> bool {
    let (of_u, of_v) = (family(u, 0), family(v, 1));
    of_u.is_some() && of_v.is_some() && of_u != of_v
}

fn dimensions_differ(u: &Variable, v: &Variable) -> bool {
    let sorted = |variable: &Variable| {
        let mut dimensions = variable.dimensions.clone();
        dimensions.sort();
        dimensions
    };
    sorted(u) != sorted(v)
}

/// Variables that can be fields: numbers over at least one dimension of several points.
fn gridded(catalogue: &Catalogue) -> impl Iterator<Item = &Variable> {
    catalogue.variables.iter().filter(|v| {
        v.stored != StoredType::Other && !v.dimensions.is_empty() && !is_own_coordinate(v)
    })
}

fn is_own_coordinate(variable: &Variable) -> bool {
    variable.dimensions.len() == 1 && variable.dimensions[0] == variable.name
}

fn no_velocity(catalogue: &Catalogue) -> CfError {
    let half = gridded(catalogue).find_map(|variable| {
        let standard_name = variable.attributes.text("standard_name").unwrap_or_default();
        let name = variable.name.to_lowercase();
        EASTWARD.iter().chain(&GRID_RELATIVE).find_map(|pair| partner(pair, standard_name)).or_else(
            || NAMES.iter().find_map(|pair| partner(pair, &name)),
        ).map(|partner| {
            format!(
                "`{}` is one component and its partner `{partner}` is not here (is it in another file? give both files)",
                variable.name
            )
        })
    });
    CfError::NoVelocity {
        found: half.unwrap_or_else(|| {
            "no variable has a velocity's standard name or a well-known name".to_owned()
        }),
        candidates: gridded(catalogue)
            .filter(|v| v.dimensions.len() >= 2)
            .map(|v| v.name.clone())
            .collect(),
    }
}

fn partner<'a>(pair: &[&'a str; 2], name: &str) -> Option<&'a str> {
    match name {
        _ if name == pair[0] => Some(pair[1]),
        _ if name == pair[1] => Some(pair[0]),
        _ => None,
    }
}
