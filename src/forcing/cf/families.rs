//! The names that velocities go by: CF's standard names, and those that models commonly use.

use serde::Serialize;

use crate::forcing::Variable;

/// What a velocity is the velocity of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VelocityKind {
    /// `[forcing.current]`: of the water.
    #[default]
    Current,
    /// `[forcing.wind]`: of the air; the particles are parcels of air.
    Wind,
    /// `[forcing.stokes]`: the drift due to waves.
    Stokes,
}

impl VelocityKind {
    /// As the scenario has it: `current`, `wind` or `stokes`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Wind => "wind",
            Self::Stokes => "stokes",
        }
    }

    /// In a sentence.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Wind => "wind",
            Self::Stokes => "Stokes drift",
        }
    }
}

/// Where the components of a velocity point, as far as standard names say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Along {
    /// Eastward and northward.
    Earth,
    /// Along the grid's own x and y.
    Grid,
    /// Nothing says.
    Unsaid,
}

type Pairs = &'static [[&'static str; 2]];

/// Standard names of the two components, the preferred first: the whole current before its parts.
/// Some are old or unofficial and in use.
pub(super) const STANDARD_NAMES: [(VelocityKind, Along, Pairs); 6] = [
    (
        VelocityKind::Current,
        Along::Earth,
        &[
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
            ["eastward_water_velocity", "northward_water_velocity"],
        ],
    ),
    (
        VelocityKind::Current,
        Along::Grid,
        &[
            ["sea_water_x_velocity", "sea_water_y_velocity"],
            ["x_sea_water_velocity", "y_sea_water_velocity"],
            ["sea_water_x_velocity_at_u_location", "sea_water_y_velocity_at_v_location"],
            ["surface_sea_water_x_velocity", "surface_sea_water_y_velocity"],
            ["sea_water_surface_x_velocity", "sea_water_surface_y_velocity"],
            ["barotropic_sea_water_x_velocity", "barotropic_sea_water_y_velocity"],
            ["ocean_barotropic_x_velocity", "ocean_barotropic_y_velocity"],
            ["sea_water_x_velocity_assuming_no_tide", "sea_water_y_velocity_assuming_no_tide"],
            ["x_water_velocity", "y_water_velocity"],
        ],
    ),
    (VelocityKind::Wind, Along::Earth, &[["eastward_wind", "northward_wind"]]),
    (VelocityKind::Wind, Along::Grid, &[["x_wind", "y_wind"]]),
    (
        VelocityKind::Stokes,
        Along::Earth,
        &[[
            "sea_surface_wave_stokes_drift_eastward_velocity",
            "sea_surface_wave_stokes_drift_northward_velocity",
        ]],
    ),
    (
        VelocityKind::Stokes,
        Along::Grid,
        &[["sea_surface_wave_stokes_drift_x_velocity", "sea_surface_wave_stokes_drift_y_velocity"]],
    ),
];

/// Well-known names of variables in lower case, the preferred first. Some are used for currents
/// and wind alike and say nothing of the kind.
pub(super) const NAMES: [(Option<VelocityKind>, Pairs); 4] = [
    (
        Some(VelocityKind::Current),
        &[
            ["uo", "vo"],
            ["water_u", "water_v"],
            ["u_sur", "v_sur"],
            ["uvel", "vvel"],
            ["uogrd", "vogrd"],
            ["ugos", "vgos"],
            ["vozocrtx", "vomecrty"],
            ["horizontalvelx", "horizontalvely"],
            ["depthaveragevelx", "depthaveragevely"],
            ["u-vel", "v-vel"],
        ],
    ),
    (None, &[["u", "v"], ["u_velocity", "v_velocity"], ["ubar", "vbar"]]),
    (
        Some(VelocityKind::Wind),
        &[
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
            ["uwind_speed", "vwind_speed"],
        ],
    ),
    (Some(VelocityKind::Stokes), &[["ust", "vst"], ["vsdx", "vsdy"]]),
];

/// What a standard name says of the velocity that it is a component of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub kind: VelocityKind,
    pub along: Along,
    names: [&'static str; 2],
}

/// The family of `variable` as the first or the second component of a velocity.
pub(super) fn family(variable: &Variable, component: usize) -> Option<Family> {
    let name = variable.attributes.text("standard_name")?.trim();
    STANDARD_NAMES.iter().find_map(|&(kind, along, pairs)| {
        let names = *pairs.iter().find(|names| names[component] == name)?;
        Some(Family { kind, along, names })
    })
}

/// Whether standard names say that two variables are of different velocities.
pub(super) fn disagree(u: &Variable, v: &Variable) -> bool {
    let (of_u, of_v) = (family(u, 0), family(v, 1));
    of_u.is_some() && of_v.is_some() && of_u != of_v
}

/// The name of the other component of a velocity, for a standard name or a variable's name.
pub(super) fn partner_of(
    standard_name: &str,
    name: &str,
) -> Option<(Option<VelocityKind>, &'static str)> {
    let other = |pairs: Pairs, name: &str| {
        pairs.iter().find_map(|&[u, v]| match name {
            _ if name == u => Some(v),
            _ if name == v => Some(u),
            _ => None,
        })
    };
    let standard = STANDARD_NAMES
        .iter()
        .find_map(|&(kind, _, pairs)| Some((Some(kind), other(pairs, standard_name)?)));
    standard.or_else(|| NAMES.iter().find_map(|&(kind, pairs)| Some((kind, other(pairs, name)?))))
}
