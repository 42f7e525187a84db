//! One time step: Euler, the midpoint rule, the classical Runge–Kutta method, or one that is divided as
//! adaptive.rs says. The velocity and the metric are evaluated anew at every stage.
//! Twin: `shaders/integrate.wgsl`

use super::adaptive::{LEADING, PROGRESS, Tolerance, combined};
use super::axes::Axes;
use super::ground::Ground;
use super::metric::Metric;
use super::particle::Spot;
use super::polar::Polar;
use super::triangles::Triangles;
use super::velocity::Cell;
use crate::engine::{Handover, Integrator, Setup};
use crate::grid::{Field, Mesh};

/// What stays the same for a whole run.
pub(super) struct Physics {
    pub axes: Axes,
    /// `None` where cells are no triangles.
    pub triangles: Option<Triangles>,
    /// `None` on a plane.
    pub metric: Option<Metric>,
    /// `None` where the grid reaches no pole.
    pub polar: Option<Polar>,
    pub integrator: Integrator,
    /// `None` where steps are not divided.
    pub tolerance: Option<Tolerance>,
    /// Where other forcings take over.
    pub handover: Option<Handover>,
}

impl Physics {
    pub fn new(setup: &Setup) -> Self {
        let grid = &setup.grid;
        Self {
            axes: Axes::new(setup),
            triangles: Triangles::new(setup),
            metric: matches!(grid.axes_mesh(), Mesh::Sphere { .. }).then(|| Metric::new(grid)),
            polar: Polar::new(grid),
            integrator: setup.integrator,
            tolerance: Tolerance::new(setup),
            handover: setup.handover.clone(),
        }
    }
}

/// The place from which a step starts.
pub(super) struct Start {
    spot: Spot,
    /// Of the row it is in: 0 away from the poles.
    pub pole: f64,
    /// Distance in metres to that pole.
    distance: f64,
}

/// Velocities between two snapshots, with the cell of the latest evaluation at hand.
pub(super) struct Flow<'a, C, G> {
    pub physics: &'a Physics,
    pub ground: &'a G,
    fields: [&'a Field; 2],
    pub cell: C,
}

impl<'a, C: Cell, G: Ground> Flow<'a, C, G> {
    pub fn new(physics: &'a Physics, ground: &'a G, fields: [&'a Field; 2]) -> Self {
        Self { physics, ground, fields, cell: C::NOWHERE }
    }

    /// Brings the cell in which a spot lies at a fraction of the time between the snapshots.
    #[inline(always)]
    pub fn enter(&mut self, spot: Spot, fraction: f64) {
        self.cell.enter(&self.physics.axes, self.fields, spot, fraction);
    }

    pub fn start(&self, spot: Spot) -> Start {
        match (&self.physics.polar, &self.physics.metric) {
            (Some(polar), Some(metric)) if polar.pole(spot.cell[1]) != 0.0 => Start {
                spot,
                pole: polar.pole(spot.cell[1]),
                distance: polar.distance(metric, spot),
            },
            _ => Start { spot, pole: 0.0, distance: 0.0 },
        }
    }

    /// A displacement as metres along the equator and along the meridian, or along x and y; and
    /// downward.
    #[inline(always)]
    pub fn arc(&self, start: &Start, d: [f64; 3]) -> [f64; 3] {
        match &self.physics.polar {
            Some(polar) if start.pole != 0.0 => {
                let [x, y] = polar.arc(start.pole, start.distance, [d[0], d[1]]);
                [x, y, d[2]]
            }
            _ => d,
        }
    }

    /// The rate of change of the displacement `d`, which leads to `spot`, in the cell at hand.
    #[inline(always)]
    fn rate_at(&self, start: &Start, d: [f64; 3], spot: Spot, fraction: f64) -> [f64; 3] {
        let [u, v, w] = self.cell.velocity(spot, fraction);
        match (&self.physics.metric, &self.physics.polar) {
            (_, Some(polar)) if start.pole != 0.0 => {
                let [x, y] = polar.rate(start.pole, start.distance, [d[0], d[1]], [u, v]);
                [x, y, w]
            }
            (Some(metric), _) => {
                let cosine = metric.cosine_of_latitude(spot.cell[1], spot.offset[1]);
                [u / cosine, v, w]
            }
            (None, _) => [u, v, w],
        }
    }

    /// The same for any displacement.
    #[inline(always)]
    fn rate(&mut self, start: &Start, d: [f64; 3], fraction: f64) -> [f64; 3] {
        let metres = self.arc(start, d);
        let mut spot = self.ground.walk(start.spot, metres);
        self.enter(spot, fraction);
        if G::CLOSED && self.cell.is_all_land() {
            // Next to a coast rounding may lead beyond: the stage stays in the cell of the start.
            spot = self.ground.within(start.spot, metres);
            self.enter(spot, fraction);
        }
        self.rate_at(start, d, spot, fraction)
    }

    /// The displacement over `seconds`, while time goes from one fraction of the interval between
    /// the snapshots to another. The cell of the start must be at hand.
    pub fn displacement(&mut self, start: &Start, seconds: f64, fractions: [f64; 2]) -> [f64; 3] {
        let k1 = self.rate_at(start, [0.0; 3], start.spot, fractions[0]);
        if self.physics.integrator == Integrator::Euler {
            return scaled(k1, seconds);
        }
        let middle = 0.5 * (fractions[0] + fractions[1]);
        let k2 = self.rate(start, scaled(k1, 0.5 * seconds), middle);
        if self.physics.integrator == Integrator::Rk2 {
            return scaled(k2, seconds);
        }
        let k3 = self.rate(start, scaled(k2, 0.5 * seconds), middle);
        let k4 = self.rate(start, scaled(k3, seconds), fractions[1]);
        [0, 1, 2].map(|c| (k1[c] + 2.0 * (k2[c] + k3[c]) + k4[c]) * (seconds / 6.0))
    }

    /// The rates at all stages of a part of a step, as for [`Flow::displacement`].
    pub fn rates(&mut self, start: &Start, seconds: f64, [begin, end]: [f64; 2]) -> [[f64; 3]; 6] {
        let mut rates = [[0.0; 3]; 6];
        rates[0] = self.rate_at(start, [0.0; 3], start.spot, begin);
        for (stage, weights) in (1..).zip(&LEADING) {
            let d = scaled(combined(&rates, weights), seconds);
            rates[stage] = self.rate(start, d, begin + PROGRESS[stage] * (end - begin));
        }
        rates
    }
}

pub(super) fn scaled(k: [f64; 3], factor: f64) -> [f64; 3] {
    k.map(|k| k * factor)
}
