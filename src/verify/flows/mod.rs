//! Flows with known answers, one a file.

mod analytic;
mod behaviour;
mod bickley;
mod convergence;
mod curvilinear;
mod depth;
mod double_gyre;
mod eddies;
mod peninsula;
mod radial;
mod solid_body;
mod stommel;
mod triangular;
mod uniform;

use super::VerifyError;
use super::suite::Case;
use crate::grid::{Axis, AxisError, Field, Grid, MISSING, Mesh};

/// A velocity that a formula gives everywhere and always.
pub(super) trait Flow: Send + Sync {
    /// Eastward and northward velocity (m/s), `seconds` after the start, at longitude and latitude
    /// or x and y.
    fn velocity(&self, seconds: f64, at: [f64; 2]) -> [f64; 2];

    /// Whether there is land.
    fn is_land(&self, _at: [f64; 2]) -> bool {
        false
    }
}

/// The flow at the nodes of a grid, in f32 as engines take it.
pub(super) fn sample(grid: &Grid, flow: &dyn Flow, seconds: f64) -> Field {
    crate::verify::sample(grid, |x, y| match flow.is_land([x, y]) {
        true => [f64::from(MISSING); 2],
        false => flow.velocity(seconds, [x, y]),
    })
}

/// So many equal cells between two ends.
pub(super) fn even(from: f64, to: f64, cells: usize) -> Result<Axis, AxisError> {
    let node = |index| from + (to - from) * index as f64 / cells as f64;
    Axis::new((0..=cells).map(node).collect())
}

/// A rectangle of the plane from the origin, with so many equal cells.
pub(super) fn plane(size: [f64; 2], cells: [usize; 2]) -> Result<Grid, AxisError> {
    Grid::new(Mesh::Flat, even(0.0, size[0], cells[0])?, even(0.0, size[1], cells[1])?)
}

/// All cases of the suite.
pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    let mut cases = Vec::new();
    cases.extend(eddies::cases()?);
    cases.push(peninsula::case()?);
    cases.push(stommel::case()?);
    cases.push(radial::case()?);
    cases.extend(uniform::cases()?);
    cases.push(double_gyre::case()?);
    cases.push(bickley::case()?);
    cases.extend(solid_body::cases()?);
    cases.extend(curvilinear::cases()?);
    cases.extend(triangular::cases()?);
    cases.extend(depth::cases()?);
    cases.extend(convergence::cases()?);
    cases.extend(analytic::cases()?);
    cases.extend(behaviour::cases()?);
    Ok(cases)
}
