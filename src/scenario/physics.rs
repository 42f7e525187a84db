//! `[physics]`: how particles move.

use serde::Serialize;

use super::error::Fault;
use super::reader::Table;
use super::sample::{self, Named};
use super::values;
use crate::engine::{Coast, Integrator};
use crate::grid::EARTH_RADIUS;
use crate::time::Span;

/// How particles move.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Physics {
    /// How a step is taken; the default is `rk4`.
    pub integrator: Integrator,
    /// What land does; the default is `strand`.
    pub coast: Coast,
    /// What the coordinates of the forcing mean; the default is `auto`.
    pub mesh: MeshChoice,
    /// Radius of the sphere in metres; the default is the Earth's mean radius.
    pub radius: f64,
    /// After how many metres of x, or degrees of longitude, the domain repeats itself; `None`: never, but
    /// for longitudes that go all the way round.
    pub period: Option<f64>,
    /// How long a particle is followed; `None`: to the end of the run.
    pub max_age: Option<Span>,
}

/// What the coordinates of the forcing mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MeshChoice {
    /// What their units say.
    #[default]
    Auto,
    /// Longitude and latitude in degrees.
    Sphere,
    /// x and y in metres on a plane.
    Flat,
}

/// What a part of a step may be off by in metres, where the scenario does not say.
const TOLERANCE: f64 = 1.0;

impl Default for Physics {
    fn default() -> Self {
        Self {
            integrator: Integrator::default(),
            coast: Coast::default(),
            mesh: MeshChoice::default(),
            radius: EARTH_RADIUS,
            period: None,
            max_age: None,
        }
    }
}

/// How particles move, and the fields that are to be sampled on their way.
pub(super) fn read(mut table: Table<'_>) -> (Physics, Vec<Named>) {
    let integrators = [
        ("euler", Integrator::Euler),
        ("rk2", Integrator::Rk2),
        ("rk4", Integrator::Rk4),
        ("rk45", Integrator::Rk45 { tolerance: TOLERANCE }),
        ("analytic", Integrator::Analytic),
    ];
    let integrator = values::choice(&integrators, &[]);
    let mut integrator = table.optional(&["integrator"], integrator).unwrap_or_default();
    match (&mut integrator, table.optional(&["tolerance"], values::metres)) {
        (Integrator::Rk45 { tolerance }, Some(asked)) => *tolerance = asked,
        (_, Some(_)) => table.fault(Fault {
            message: "`tolerance` has no effect".to_owned(),
            span: table.span(),
            help: Some("add `integrator = \"rk45\"`, or leave it out".to_owned()),
        }),
        (_, None) => {}
    }
    let coasts = [Coast::Strand, Coast::Slip, Coast::PartialSlip, Coast::Bounce];
    let coasts = coasts.map(|coast| (coast.name(), coast));
    let coast = values::choice(&coasts, &[]);
    let mesh = values::choice(
        &[("auto", MeshChoice::Auto), ("sphere", MeshChoice::Sphere), ("flat", MeshChoice::Flat)],
        &[],
    );
    let default = Physics::default();
    let physics = Physics {
        integrator,
        coast: table.optional(&["coast"], coast).unwrap_or_default(),
        mesh: table.optional(&["mesh"], mesh).unwrap_or_default(),
        radius: table.optional(&["radius"], values::metres).unwrap_or(default.radius),
        period: table.optional(&["period"], values::metres),
        max_age: table.optional(&["max_age"], values::duration),
    };
    let samples = table.optional(&["sample"], sample::names).unwrap_or_default();
    table.later(&["diffusion", "windage", "stokes", "leeway", "settling"]);
    table.finish();
    (physics, samples)
}
