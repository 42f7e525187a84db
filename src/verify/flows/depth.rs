//! Motion in three dimensions: between levels, through the surface, and out below.

use std::f64::consts::{FRAC_PI_4, PI};

use super::plane;
use crate::engine::{Particle, Status};
use crate::grid::{Grid, Levels};
use crate::time::Span;
use crate::verify::VerifyError;
use crate::verify::arithmetic::Arithmetic;
use crate::verify::experiment::{Experiment, position, release, sample_levels, setup, snapshots};
use crate::verify::suite::{Case, CaseResult, Miss, converging};

/// Velocity east, north and upward (m/s) at x, y and depth (m).
type Velocity = fn([f64; 2], f64) -> [f64; 3];

/// Where particles start: x, y and depth.
type Place = [f64; 3];

/// A flow on a plane with levels, and where its particles go.
struct Dive {
    grid: Grid,
    velocity: Velocity,
    releases: Vec<Place>,
    duration: f64,
    step: f64,
    /// The greatest speed in any direction.
    speed: f64,
}

impl Dive {
    fn experiment(&self) -> Result<Experiment, VerifyError> {
        let places: Vec<_> = self.releases.iter().map(|&[x, y, _]| [x, y]).collect();
        let mut particles = release(&self.grid, &places)?;
        for (particle, &[.., depth]) in particles.iter_mut().zip(&self.releases) {
            particle.depth = depth;
        }
        let (grid, velocity) = (self.grid.clone(), self.velocity);
        Ok(Experiment {
            particles,
            snapshots: snapshots(self.duration, 1),
            field: Box::new(move |_| sample_levels(&grid, |x, y, depth| velocity([x, y], depth))),
            step: Span::from_seconds(self.step),
            lifetimes: None,
        })
    }

    /// The rounding of the whole run.
    fn rounding(&self) -> f64 {
        let steps = (self.duration / self.step).ceil() as u64;
        let cell_m = self.grid.x().width(0);
        Arithmetic { cell_m, speed: self.speed, step_s: self.step, steps }.accumulated()
    }

    /// A case whose particles all end, active, where `exact` says, but for rounding and `more` metres.
    fn case(
        self,
        name: &'static str,
        what: &'static str,
        more: f64,
        exact: impl Fn(Place) -> Place,
    ) -> Result<Case, VerifyError> {
        let tolerance = self.rounding() + more;
        let ends: Vec<Place> = self.releases.iter().map(|&at| exact(at)).collect();
        let grid = self.grid.clone();
        Ok(Case {
            name,
            experiments: vec![(setup(self.grid.clone()), self.experiment()?)],
            judge: Box::new(move |outcomes| {
                let errors = outcomes[0].iter().zip(&ends).map(|(particle, &end)| Miss {
                    error: distance(&grid, particle, end),
                    tolerance,
                });
                vec![CaseResult::new(name, what, "m", errors)]
            }),
        })
    }
}

/// How far an active particle is from a place; NaN for any other.
fn distance(grid: &Grid, particle: &Particle, [x, y, depth]: Place) -> f64 {
    match particle.status() {
        Status::Active => {
            grid.distance(position(grid, particle), [x, y]).hypot(particle.depth - depth)
        }
        _ => f64::NAN,
    }
}

/// A plane of 64 km with levels at these depths.
fn sea(depths: impl IntoIterator<Item = f64>) -> Result<Grid, VerifyError> {
    Ok(plane([SIDE, SIDE], [16, 16])?.with_levels(Levels::new(depths.into_iter().collect())?))
}

const SIDE: f64 = 65_536.0;
const CENTRE: f64 = SIDE / 2.0;

/// Radians a second: one turn in an hour.
const TURN: f64 = 2.0 * PI / 3600.0;
/// Of the helix and of the sheared flow, m/s upward.
const RISE: f64 = 0.005;

/// Rotation about a vertical axis and a steady rise.
fn helix() -> Result<Case, VerifyError> {
    let dive = Dive {
        grid: sea([0.0, 10.0, 25.0, 30.0, 60.0])?,
        velocity: |[x, y], _| [-TURN * (y - CENTRE), TURN * (x - CENTRE), RISE],
        releases: vec![[CENTRE + 2000.0, CENTRE, 50.0], [CENTRE, CENTRE - 3000.0, 29.0]],
        duration: 3600.0,
        step: 15.0,
        speed: 3000.0 * TURN,
    };
    // A step turns by a 240th of a circle: RK4 is off by its fifth power over 120 each time.
    let truncation = 240.0 * 3000.0 * (TURN * 15.0).powi(5) / 120.0;
    let what = "one turn in an hour while rising by 18 m through uneven levels, distance from the \
                start 18 m higher; tolerance: truncation, rounding";
    dive.case("helix", what, truncation, |[x, y, depth]| [x, y, depth - RISE * 3600.0])
}

/// A current that grows with depth by so many m/s a metre.
const SHEAR: f64 = 1.0 / 128.0;

/// u = z: linear between levels, so that only rounding is left.
fn shear() -> Result<Case, VerifyError> {
    let dive = Dive {
        grid: sea([0.0, 1.0, 3.0, 4.5, 17.0, 40.0, 80.0])?,
        velocity: |_, depth| [SHEAR * depth, 0.0, RISE],
        releases: vec![[1000.0, 1000.0, 64.0], [1000.0, 30_000.0, 40.0], [1000.0, 5.0, 20.0]],
        duration: 3600.0,
        step: 60.0,
        speed: SHEAR * 64.0,
    };
    let what = "a current that grows with depth, while rising by 18 m through uneven levels, \
                distance from the closed form; tolerance: rounding";
    dive.case("shear in depth", what, 0.0, |[x, y, depth]| {
        let time = 3600.0;
        [x + SHEAR * time * (depth - RISE * time / 2.0), y, depth - RISE * time]
    })
}

/// Depth in which the current of Ekman's spiral falls to an e-th, in metres.
const EKMAN: f64 = 64.0;

/// How far below a level particles are.
const BELOW: f64 = 8.0 / 3.0;

/// Ekman 1905, northern hemisphere, wind northward: current to the right of it, turning with depth.
fn ekman(depth: f64) -> [f64; 2] {
    let phase = FRAC_PI_4 - depth / EKMAN;
    [phase.cos(), phase.sin()].map(|part| (-depth / EKMAN).exp() * part)
}

/// Particles that keep their depths in Ekman's spiral: what interpolation between levels costs falls to
/// a quarter with half their distance.
fn spiral() -> Result<Case, VerifyError> {
    let name = "Ekman's spiral";
    let dive = |levels: usize| -> Result<_, VerifyError> {
        let depth = move |level: usize| 256.0 * level as f64 / levels as f64;
        // A third of the way between two levels of the one grid, two thirds of those of the other.
        let depths = (0..8).map(|layer| 32.0 * f64::from(layer) + BELOW);
        Ok(Dive {
            grid: sea((0..=levels).map(depth))?,
            velocity: |_, depth| {
                let [u, v] = ekman(depth);
                [u, v, 0.0]
            },
            releases: depths.map(|depth| [CENTRE, CENTRE, depth]).collect(),
            duration: 7200.0,
            step: 600.0,
            speed: 1.0,
        })
    };
    let (coarse, fine) = (dive(32)?, dive(64)?);
    let time = coarse.duration;
    let exact: Vec<Place> = coarse
        .releases
        .iter()
        .map(|&[x, y, depth]| {
            let [u, v] = ekman(depth);
            [x + u * time, y + v * time, depth]
        })
        .collect();
    // Second derivative of the current: 2 / EKMAN² times its size.
    let (spacing, rounding) = (8.0_f64, coarse.rounding());
    let bends: Vec<f64> = exact
        .iter()
        .map(|&[.., depth]| {
            spacing.powi(2) / 4.0 / EKMAN.powi(2) * (-(depth - BELOW) / EKMAN).exp()
        })
        .collect();
    let grids = [coarse.grid.clone(), fine.grid.clone()];
    Ok(Case {
        name,
        experiments: vec![
            (setup(coarse.grid.clone()), coarse.experiment()?),
            (setup(fine.grid.clone()), fine.experiment()?),
        ],
        judge: Box::new(move |outcomes| {
            let what = "2 hours at fixed depths down to 228 m, distance from the closed form; \
                        tolerance: interpolation between levels 8 m apart, rounding";
            let both = [0, 1].map(|run| {
                let ends = outcomes[run].iter().zip(&exact).zip(&bends);
                let miss = |((particle, &end), bend): ((&Particle, &Place), &f64)| Miss {
                    error: distance(&grids[run], particle, end),
                    tolerance: bend * time + rounding,
                };
                ends.map(miss).collect()
            });
            converging(name, what, "distance of levels", [2.0, 0.15], both)
        }),
    })
}

/// Up through the surface, where particles stay and drift on; down through the lowest level, where they
/// leave.
fn ends() -> Result<Vec<Case>, VerifyError> {
    let (time, current) = (3600.0, 0.25);
    let up = Dive {
        grid: sea([0.0, 8.0, 32.0])?,
        velocity: |_, _| [0.25, 0.0, 0.0078125],
        releases: vec![[1000.0, 1000.0, 20.0], [5000.0, 1000.0, 0.0]],
        duration: time,
        step: 600.0,
        speed: 0.25,
    };
    let what = "water that rises by 28 m carries particles to the surface, where they stay and \
                drift on; tolerance: rounding";
    let up = up.case("the surface", what, 0.0, |[x, y, _]| [x + current * time, y, 0.0])?;
    let name = "the lowest level";
    let down = Dive {
        grid: sea([0.0, 8.0, 32.0])?,
        velocity: |_, _| [0.25, 0.0, -0.0078125],
        releases: vec![[1000.0, 1000.0, 10.0], [1000.0, 1000.0, 1.0]],
        duration: time,
        step: 600.0,
        speed: 0.25,
    };
    let down = Case {
        name,
        experiments: vec![(setup(down.grid.clone()), down.experiment()?)],
        judge: Box::new(move |outcomes| {
            let right = [Status::LeftDomain, Status::Active];
            let wrong = outcomes[0].iter().zip(right).filter(|(at, right)| at.status() != *right);
            let what = "of two particles that sink by 28 m towards a lowest level at 32 m, the \
                        one that gets there leaves";
            let miss = Miss { error: wrong.count() as f64, tolerance: 0.0 };
            vec![CaseResult::new(name, what, "particles", [miss])]
        }),
    };
    Ok(vec![up, down])
}

pub(super) fn cases() -> Result<Vec<Case>, VerifyError> {
    let mut cases = vec![helix()?, shear()?, spiral()?];
    cases.extend(ends()?);
    Ok(cases)
}
