//! The reference on data that differ by as little as rounding does.
//!
//! A device that rounds computes the exact answer to a slightly different question (Higham 2002,
//! *Accuracy and Stability of Numerical Algorithms*, § 1.5, backward error). How far that moves a
//! trajectory is found by asking the reference the different question: it needs no assumption on
//! how the flow turns, stretches and folds what each step adds, however chaotic it is.

use std::sync::Arc;

use super::arithmetic::UNIT as ULP;
use crate::engine::{Alteration, Altered, Done, Engine, EngineError, Particle, Status};
use crate::grid::{Field, MISSING};

/// Roundings of a step that are the same in each: of the metric along a row, of the step's length
/// and of the weights of its stages. Eight, each spread evenly over one unit roundoff to either
/// side: √(8/3) is a standard deviation of their sum.
const LASTING: f64 = 2.0;

/// Roundings that differ from cell to cell and moment to moment: of the stored velocity, the offset
/// in the cell (by which velocities of opposite corners differ by 2 at most), the coefficients of
/// the bilinear form and their sum, and the interpolation in time. Twenty-four: √(24/3), and as a
/// particle sees the mean of four corners of different signs, half as much again.
const PASSING: f64 = 4.0;

/// Steps whose rounding of the position, 2⁻³¹ of a cell each, comes to one ULP if all have the
/// same sign, as they have in a steady drift.
const STEPS_IN_ULP: f64 = 128.0;

/// How data differ from what they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perturbation {
    /// How far particles are moved, in f32 ULPs of their offset.
    offset: f64,
    /// Whether velocities are changed.
    velocities: bool,
    /// Whether particles are moved only as long as they wait for their release.
    waiting: bool,
}

impl Perturbation {
    /// Particles are one f32 ULP away from where they were released, along both axes.
    pub const ONE_ULP: Self = Self { offset: 1.0, velocities: false, waiting: false };

    /// What the rounding of a run of so many steps comes to: velocities change by 2 unit roundoffs
    /// of f32 everywhere and by 4 more up or down from node to node, and particles are moved by
    /// what the rounding of their positions adds up to, one f32 ULP at least.
    ///
    /// These are sizes of one standard deviation, counted along `shaders/`.
    pub fn rounding(steps: u64) -> Self {
        let offset = (steps as f64 / STEPS_IN_ULP).max(1.0);
        Self { offset, velocities: true, waiting: false }
    }

    /// The same of a run, in which particles may be given to an engine again and again: they are moved
    /// where they are released, not on their way.
    #[must_use]
    pub fn of_release(self) -> Self {
        Self { waiting: true, ..self }
    }

    /// The particles, each moved towards the middle of its cell and towards the surface.
    pub fn particles(&self, particles: &[Particle]) -> Vec<Particle> {
        let distance = (self.offset * ULP).min(0.5);
        let moved = |offset: f64| if offset < 0.5 { offset + distance } else { offset - distance };
        let at = |particle: &Particle| match self.waiting && particle.status() != Status::Pending {
            true => *particle,
            false => Particle {
                offset: particle.offset.map(moved),
                depth: particle.depth * (1.0 - distance),
                ..*particle
            },
        };
        particles.iter().map(at).collect()
    }

    /// The field with its velocities changed. Signs are spread evenly over the nodes, those of u
    /// and v independently, and stay the same from one snapshot to the next.
    fn field(&self, mut field: Field) -> Field {
        if !self.velocities {
            return field;
        }
        for (index, node) in field.nodes_mut().iter_mut().enumerate() {
            if node[0] == MISSING {
                continue;
            }
            // Knuth's multiplicative hash.
            let hash = (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            for (part, sign) in node.iter_mut().zip([hash >> 63, hash >> 62 & 1]) {
                let roundoffs = LASTING + if sign == 1 { PASSING } else { -PASSING };
                *part = (f64::from(*part) * (1.0 + roundoffs * ULP)) as f32;
            }
        }
        field
    }
}

/// An engine whose data are perturbed on their way in.
pub type Perturbed<E> = Altered<E, Perturbation>;

impl<E: Engine> Alteration<E> for Perturbation {
    fn upload(&self, engine: &Arc<E>, field: Field, done: Done<E::Field>) {
        engine.upload(self.field(field), done);
    }

    fn load(&self, engine: &Arc<E>, particles: &[Particle]) -> Result<E::Block, EngineError> {
        engine.load(&self.particles(particles))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Axis, Grid, Mesh};

    #[test]
    fn a_perturbation_stays_in_its_cell() {
        let particle = |a, b| Particle {
            offset: [a, b],
            depth: 0.0,
            cell: [3, 4],
            status: 1,
            finished_step: 0,
        };
        let moved =
            Perturbation::ONE_ULP.particles(&[particle(0.0, 0.999_999_99), particle(0.5, 0.49)]);
        for (moved, offset) in moved.iter().zip([[0.0, 0.999_999_99], [0.5, 0.49]]) {
            assert_eq!(moved.cell, [3, 4]);
            for axis in [0, 1] {
                assert!((0.0..1.0).contains(&moved.offset[axis]));
                assert!(((moved.offset[axis] - offset[axis]).abs() - ULP).abs() < 1e-15);
            }
        }
        let far = Perturbation::rounding(u64::from(u32::MAX)).particles(&[particle(0.1, 0.9)]);
        assert!(far[0].offset.iter().all(|offset| (0.0..1.0).contains(offset)));
    }

    #[test]
    fn velocities_change_by_a_few_roundoffs_and_land_stays_land() {
        let axis = || Axis::new((0..32).map(f64::from).collect()).unwrap();
        let grid = Grid::new(Mesh::Flat, axis(), axis()).unwrap();
        let mut u = vec![1.0; 1024];
        u[5] = MISSING;
        let field = Field::new(&grid, &u, &vec![-0.3; 1024]);
        let changed = Perturbation::rounding(10).field(field.clone());
        assert_eq!(changed.nodes()[5], [MISSING; 2]);
        let (mut up, mut down) = ([0; 2], [0; 2]);
        for (node, was) in changed.nodes().iter().zip(field.nodes()) {
            for axis in [0, 1] {
                let roundoffs = (f64::from(node[axis]) / f64::from(was[axis]) - 1.0) / ULP;
                if node[0] != MISSING {
                    assert!((-3.5..=7.5).contains(&roundoffs), "{roundoffs}");
                    up[axis] += u32::from(roundoffs > 4.0);
                    down[axis] += u32::from(roundoffs < 0.0);
                }
            }
        }
        assert!(up.iter().chain(&down).all(|count| (450..=573).contains(count)), "{up:?} {down:?}");
        assert_eq!(Perturbation::ONE_ULP.field(field.clone()), field);
    }
}
