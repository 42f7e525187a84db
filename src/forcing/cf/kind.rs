//! What a coordinate variable is a coordinate of.

use super::units::{self, Degrees};
use crate::forcing::{Catalogue, StoredType, Variable};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Longitude,
    Latitude,
    /// x of a plane or a map projection, or an index along it.
    PlaneX,
    PlaneY,
    /// Longitude of a rotated pole.
    RotatedLongitude,
    RotatedLatitude,
    Vertical,
    Time,
    /// Known not to be an axis of a velocity field: reference times, forecast periods, members.
    Other,
    Unknown,
}

impl Kind {
    /// Judges by standard name, then units, then axis attributes, then the variable's own name.
    pub(super) fn of(variable: &Variable) -> Self {
        if variable.stored == StoredType::Other {
            return Self::Other;
        }
        let text = |name: &str| variable.attributes.text(name).map(|t| t.trim().to_lowercase());
        let name = variable.name.to_lowercase();
        text("standard_name")
            .and_then(|standard_name| by_standard_name(&standard_name))
            .or_else(|| (name.starts_with("rlon")).then_some(Self::RotatedLongitude))
            .or_else(|| (name.starts_with("rlat")).then_some(Self::RotatedLatitude))
            .or_else(|| is_beside_time(&name).then_some(Self::Other))
            .or_else(|| by_units(&text("units")?))
            .or_else(|| by_name(&name))
            .or_else(|| {
                let axis = ["axis", "cartesian_axis", "_CoordinateAxisType"];
                axis.iter().find_map(|attribute| by_axis(&text(attribute)?))
            })
            .or_else(|| text("positive").map(|_| Self::Vertical))
            .unwrap_or(Self::Unknown)
    }
}

fn by_standard_name(name: &str) -> Option<Kind> {
    Some(match name {
        "longitude" => Kind::Longitude,
        "latitude" => Kind::Latitude,
        "grid_longitude" => Kind::RotatedLongitude,
        "grid_latitude" => Kind::RotatedLatitude,
        "projection_x_coordinate" | "projection_x_angular_coordinate" | "x_grid_index" => {
            Kind::PlaneX
        }
        "projection_y_coordinate" | "projection_y_angular_coordinate" | "y_grid_index" => {
            Kind::PlaneY
        }
        "time" => Kind::Time,
        "forecast_reference_time" | "forecast_period" | "realization" => Kind::Other,
        "depth" | "height" | "altitude" | "air_pressure" | "sea_water_pressure"
        | "model_level_number" => Kind::Vertical,
        _ if name.starts_with("height_above") || name.starts_with("depth_below") => Kind::Vertical,
        _ if is_terrain_following(name) => Kind::Vertical,
        _ => return None,
    })
}

/// Whether a standard name is one of the dimensionless vertical coordinates of CF Appendix D.
pub(super) fn is_terrain_following(standard_name: &str) -> bool {
    ["ocean_s_", "ocean_sigma", "ocean_double_sigma", "atmosphere_sigma", "atmosphere_hybrid"]
        .iter()
        .any(|start| standard_name.starts_with(start))
}

fn by_units(units: &str) -> Option<Kind> {
    if units.contains(" since ") {
        return Some(Kind::Time);
    }
    match units::degrees(units)? {
        Degrees::East => Some(Kind::Longitude),
        Degrees::North => Some(Kind::Latitude),
        Degrees::Plain => None,
    }
}

fn by_axis(axis: &str) -> Option<Kind> {
    Some(match axis {
        "x" | "geox" => Kind::PlaneX,
        "y" | "geoy" => Kind::PlaneY,
        "z" | "height" | "geoz" | "pressure" => Kind::Vertical,
        "t" | "time" => Kind::Time,
        "lon" => Kind::Longitude,
        "lat" => Kind::Latitude,
        "runtime" | "ensemble" => Kind::Other,
        _ => return None,
    })
}

fn by_name(name: &str) -> Option<Kind> {
    if is_longitude_name(name) {
        return Some(Kind::Longitude);
    }
    if is_latitude_name(name) {
        return Some(Kind::Latitude);
    }
    Some(match name {
        "x" | "xc" | "x_m" => Kind::PlaneX,
        "y" | "yc" | "y_m" => Kind::PlaneY,
        "time" | "valid_time" | "time_counter" | "ocean_time" | "t" | "mt" => Kind::Time,
        "depth" | "deptht" | "depthu" | "depthv" | "depthw" | "lev" | "level" | "levels" | "z"
        | "height" | "altitude" | "pressure_level" | "plev" | "isobaric" | "st_ocean" | "layer"
        | "s_rho" | "sigma" | "siglay" | "sc_r" | "model_level" => Kind::Vertical,
        _ => return None,
    })
}

/// Names of what forecasts have beside their time; some have units of time like time itself.
fn is_beside_time(name: &str) -> bool {
    matches!(
        name,
        "forecast_reference_time"
            | "forecast_period"
            | "reftime"
            | "time_run"
            | "step"
            | "number"
            | "member"
            | "ensemble"
            | "realization"
    )
}

/// Names that models give to longitudes of any of their points, in lower case.
pub(super) fn is_longitude_name(name: &str) -> bool {
    matches!(
        name,
        "lon" | "longitude" | "lons" | "long" | "lonc" | "tlon" | "ulon" | "tlong" | "ulong"
    ) || ["lon_", "longitude_", "nav_lon", "glam", "geolon", "xlong", "t_lon", "u_lon"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// Names that models give to latitudes of any of their points, in lower case.
pub(super) fn is_latitude_name(name: &str) -> bool {
    matches!(name, "lat" | "latitude" | "lats" | "latc" | "tlat" | "ulat")
        || ["lat_", "latitude_", "nav_lat", "gphi", "geolat", "xlat", "t_lat", "u_lat"]
            .iter()
            .any(|start| name.starts_with(start))
}

/// The names in a variable's `coordinates` attribute.
pub(super) fn named_coordinates(variable: &Variable) -> impl Iterator<Item = &str> {
    variable.attributes.text("coordinates").unwrap_or_default().split_whitespace()
}

/// Names of the dimensions with more than one point.
pub(super) fn wide(variable: &Variable) -> impl Iterator<Item = &str> {
    let of_shape = variable.dimensions.iter().zip(&variable.shape);
    of_shape.filter(|&(_, &length)| length > 1).map(|(name, _)| name.as_str())
}

/// The last two dimensions, along y and along x.
pub(super) fn last_two(variable: &Variable) -> Option<[&str; 2]> {
    match variable.dimensions.as_slice() {
        [.., y, x] => Some([y, x]),
        _ => None,
    }
}

/// The variables that have `dimension` and no other, and so can be coordinates along it.
pub(super) fn along<'a>(
    catalogue: &'a Catalogue,
    dimension: &'a str,
) -> impl Iterator<Item = &'a Variable> {
    catalogue
        .variables
        .iter()
        .filter(move |v| v.dimensions.len() == 1 && v.dimensions[0] == dimension)
}

/// The coordinate variable of `dimension`: the one of its own name where that says what it is,
/// otherwise the auxiliary one that says most.
///
/// A file on a map projection may give longitudes along its x: `prefer_plane` tells which of the
/// two is wanted.
pub(super) fn coordinate_of<'a>(
    catalogue: &'a Catalogue,
    dimension: &'a str,
    prefer_plane: bool,
) -> Option<(&'a Variable, Kind)> {
    along(catalogue, dimension).map(|variable| (variable, Kind::of(variable))).min_by_key(
        |&(variable, kind)| {
            let own = variable.name == dimension;
            let rank = match kind {
                Kind::Unknown | Kind::Other => 9,
                Kind::PlaneX | Kind::PlaneY if prefer_plane => 0,
                Kind::PlaneX | Kind::PlaneY => 5,
                _ if own => 1,
                Kind::Longitude | Kind::Latitude => 2,
                Kind::RotatedLongitude | Kind::RotatedLatitude => 2,
                Kind::Vertical => 3,
                Kind::Time => 4,
            };
            (rank, !own)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forcing::cf::fixture::variable;

    #[test]
    fn evidence_is_weighed_in_order() {
        for (name, attributes, kind) in [
            ("lon", &[][..], Kind::Longitude),
            ("x", &[("standard_name", "longitude")], Kind::Longitude),
            ("x", &[("units", "degrees E")], Kind::Longitude),
            (
                "lon",
                &[("standard_name", "grid_longitude"), ("units", "degrees")],
                Kind::RotatedLongitude,
            ),
            ("rlon", &[("units", "degrees_east")], Kind::RotatedLongitude),
            ("valid_time", &[], Kind::Time),
            ("juld", &[("units", "days since 1950-01-01")], Kind::Time),
            ("forecast_reference_time", &[("units", "hours since 1900-01-01")], Kind::Other),
            (
                "run",
                &[
                    ("standard_name", "forecast_reference_time"),
                    ("units", "hours since 1900-01-01"),
                ],
                Kind::Other,
            ),
            ("z", &[("axis", "Z")], Kind::Vertical),
            ("xi", &[("axis", "X"), ("units", "1")], Kind::PlaneX),
            ("longwave_flux", &[], Kind::Unknown),
        ] {
            assert_eq!(
                Kind::of(&variable(name, &[(name, 3)], attributes)),
                kind,
                "{name} {attributes:?}"
            );
        }
    }
}
