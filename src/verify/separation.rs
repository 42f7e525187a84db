//! How far apart two sets of trajectories are.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::VerifyError;
use super::experiment::position;
use crate::engine::{Particle, Status};
use crate::grid::Grid;

/// A particle as it was seen: where, and in which state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// Longitude in degrees east, or x in metres.
    pub x: f64,
    /// Latitude in degrees north, or y in metres.
    pub y: f64,
    /// Metres, positive down; 0 where all particles stay at one depth.
    pub depth: f64,
    /// Whether it moves, and if not, why not.
    pub status: Status,
}

impl Sighting {
    fn at(&self) -> [f64; 2] {
        [self.x, self.y]
    }
}

/// What is seen of an engine's particles.
pub fn sightings(grid: &Grid, particles: &[Particle]) -> Vec<Sighting> {
    let sighting = |particle: &Particle| {
        let [x, y] = position(grid, particle);
        Sighting { x, y, depth: particle.depth, status: particle.status() }
    };
    particles.iter().map(sighting).collect()
}

/// Quantiles of the distances between pairs of particles, in metres. Each is one of the distances:
/// the smallest that no less than that part of all does not exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Half of the distances are no larger.
    pub median: f64,
    /// 90 % are no larger.
    pub p90: f64,
    /// 99 % are no larger.
    pub p99: f64,
    /// 99.9 % are no larger.
    pub p99_9: f64,
    /// The largest.
    pub max: f64,
}

impl Quantiles {
    fn of(mut distances: Vec<f64>) -> Self {
        // Positive NaNs sort last: they show as the maximum and pass no comparison.
        distances.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let rank = (part * distances.len() as f64).ceil() as usize;
            distances.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { median: at(0.5), p90: at(0.9), p99: at(0.99), p99_9: at(0.999), max: at(1.0) }
    }

    /// Name and value of each, from the median to the maximum.
    pub fn named(&self) -> [(&'static str, f64); 5] {
        [
            ("median", self.median),
            ("90 %", self.p90),
            ("99 %", self.p99),
            ("99.9 %", self.p99_9),
            ("max", self.max),
        ]
    }
}

/// The pair of particles that is furthest apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Farthest {
    /// Index of the particle in both sets.
    pub particle: usize,
    /// Distance in metres.
    pub metres: f64,
    /// Longitude and latitude, or x and y, in the first set.
    pub reference: [f64; 2],
    /// The same in the second set.
    pub other: [f64; 2],
}

/// How far two runs of the same particles are apart.
///
/// Distances are measured where both runs have the same status: a particle that stranded in one run
/// alone is as far away as the other has drifted since, which says nothing of precision. Such
/// particles are counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Separations {
    /// Particles in each set.
    pub count: usize,
    /// Particles whose status differs.
    pub differing_status: usize,
    /// Distances in metres of those whose status does not differ.
    pub metres: Quantiles,
    /// The largest of them; `None` where the status of all particles differs.
    pub farthest: Option<Farthest>,
}

impl Separations {
    /// Compares two runs of the same particles, in the same order.
    ///
    /// # Errors
    /// [`VerifyError::CountsDiffer`] and [`VerifyError::Nothing`].
    pub fn between(
        grid: &Grid,
        reference: &[Sighting],
        other: &[Sighting],
    ) -> Result<Self, VerifyError> {
        if reference.len() != other.len() {
            return Err(VerifyError::CountsDiffer {
                reference: reference.len(),
                other: other.len(),
            });
        }
        if reference.is_empty() {
            return Err(VerifyError::Nothing);
        }
        let pairs: Vec<Farthest> = reference
            .iter()
            .zip(other)
            .enumerate()
            .filter(|(_, (a, b))| a.status == b.status)
            .map(|(particle, (a, b))| Farthest {
                particle,
                metres: grid.distance(a.at(), b.at()).hypot(a.depth - b.depth),
                reference: a.at(),
                other: b.at(),
            })
            .collect();
        Ok(Self {
            count: reference.len(),
            differing_status: reference.len() - pairs.len(),
            metres: Quantiles::of(pairs.iter().map(|pair| pair.metres).collect()),
            farthest: pairs.into_iter().max_by(|a, b| a.metres.total_cmp(&b.metres)),
        })
    }
}

impl fmt::Display for Separations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} particles", self.count)?;
        for (name, metres) in self.metres.named() {
            write!(f, ", {name} {metres:.3e} m")?;
        }
        if let Some(Farthest { particle, reference, other, .. }) = self.farthest {
            write!(
                f,
                " (particle {particle}: {:.6} {:.6} and {:.6} {:.6})",
                reference[0], reference[1], other[0], other[1]
            )?;
        }
        write!(f, ", {} with differing status", self.differing_status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::flows::plane;

    fn line(count: usize) -> Vec<Sighting> {
        (0..count)
            .map(|index| Sighting { x: index as f64, y: 0.0, depth: 0.0, status: Status::Active })
            .collect()
    }

    #[test]
    fn quantiles_are_ranks_of_the_distances() {
        let grid = plane([1e4, 1e4], [2, 2]).unwrap();
        let reference = line(1000);
        let mut other = reference.clone();
        for (index, sighting) in other.iter_mut().enumerate() {
            sighting.y = (index + 1) as f64;
        }
        let separations = Separations::between(&grid, &reference, &other).unwrap();
        let expected =
            Quantiles { median: 500.0, p90: 900.0, p99: 990.0, p99_9: 999.0, max: 1000.0 };
        assert_eq!(separations.metres, expected);
        let farthest = separations.farthest.unwrap();
        assert_eq!((farthest.particle, farthest.other), (999, [999.0, 1000.0]));
    }

    #[test]
    fn depths_count() {
        let grid = plane([1e4, 1e4], [2, 2]).unwrap();
        let mut other = line(1);
        [other[0].y, other[0].depth] = [3.0, 4.0];
        assert_eq!(Separations::between(&grid, &line(1), &other).unwrap().metres.max, 5.0);
    }

    #[test]
    fn differing_status_is_counted_and_its_distance_is_not() {
        let grid = plane([1e4, 1e4], [2, 2]).unwrap();
        let reference = line(3);
        let mut other = reference.clone();
        other[1] = Sighting { x: 9000.0, status: Status::Stranded, ..other[1] };
        let separations = Separations::between(&grid, &reference, &other).unwrap();
        assert_eq!((separations.differing_status, separations.metres.max), (1, 0.0));
        assert!(separations.to_string().ends_with("1 with differing status"));
    }

    #[test]
    fn a_nan_is_the_maximum() {
        let grid = plane([1e4, 1e4], [2, 2]).unwrap();
        let mut other = line(3);
        other[0].x = f64::NAN;
        assert!(Separations::between(&grid, &line(3), &other).unwrap().metres.max.is_nan());
    }

    #[test]
    fn sets_that_cannot_be_compared_are_refused() {
        let grid = plane([1.0, 1.0], [1, 1]).unwrap();
        let counts = Separations::between(&grid, &line(3), &line(2));
        assert!(matches!(counts, Err(VerifyError::CountsDiffer { reference: 3, other: 2 })));
        assert!(matches!(Separations::between(&grid, &[], &[]), Err(VerifyError::Nothing)));
    }
}
