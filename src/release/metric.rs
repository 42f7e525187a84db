//! What the patterns need to know of the sphere or plane they are laid out on.

use super::ReleaseError;
use crate::grid::Mesh;
use crate::scenario::Spacing;

/// Refuses coordinates that are no place on `mesh`; `place` names them in the message.
pub(super) fn check(
    mesh: Mesh,
    [x, y]: [f64; 2],
    place: impl FnOnce() -> String,
) -> Result<(), ReleaseError> {
    let problem = if !(x.is_finite() && y.is_finite()) {
        "both coordinates must be finite"
    } else if matches!(mesh, Mesh::Sphere { .. }) && y.abs() > 90.0 {
        "the latitude lies beyond the pole"
    } else if matches!(mesh, Mesh::Sphere { .. }) && x.abs() > 720.0 {
        "the longitude is more than two circles away"
    } else {
        return Ok(());
    };
    Err(ReleaseError::Position { place: place(), x, y, problem })
}

/// Metres in a unit of y.
pub(super) fn metres_per_y(mesh: Mesh) -> f64 {
    match mesh {
        Mesh::Sphere { radius } => radius * std::f64::consts::PI / 180.0,
        Mesh::Flat => 1.0,
    }
}

/// Metres in a unit of x, at this y.
pub(super) fn metres_per_x(mesh: Mesh, y: f64) -> f64 {
    match mesh {
        Mesh::Sphere { .. } => metres_per_y(mesh) * y.to_radians().cos().max(0.0),
        Mesh::Flat => 1.0,
    }
}

/// The distance of rows that `spacing` asks for, in units of y.
pub(super) fn row_step(mesh: Mesh, spacing: Spacing) -> f64 {
    match spacing {
        Spacing::Degrees(degrees) => degrees,
        Spacing::Metres(metres) => metres / metres_per_y(mesh),
    }
}

/// The distance of places within the row at this y, in units of x. At a pole it is infinite where
/// the spacing is in metres.
pub(super) fn place_step(mesh: Mesh, spacing: Spacing, y: f64) -> f64 {
    match spacing {
        Spacing::Degrees(degrees) => degrees,
        Spacing::Metres(metres) => metres / metres_per_x(mesh, y),
    }
}
