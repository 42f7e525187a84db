//! What is measured of which workload, with how many particles.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BenchError, Workload};

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Particles moved through fields that the device holds: no files.
    Kernel,
    /// A whole run: files in, 6-hourly Zarr out.
    EndToEnd,
    /// A whole run of 1000 particles without output, so that reading is all.
    Loading,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kernel, Self::EndToEnd, Self::Loading];

    /// The name, such as `end-to-end`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::EndToEnd => "end-to-end",
            Self::Loading => "loading",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Particles of [`Measure::Loading`]: too few to take time.
pub const LOADING_PARTICLES: u64 = 1000;

/// Particles where nothing else is asked for.
const PARTICLES: u64 = 100_000;

/// Particles of a quick bench.
const QUICK_PARTICLES: u64 = 10_000;

/// One thing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Work {
    /// On what.
    pub workload: Workload,
    /// What of it.
    pub measure: Measure,
    /// With how many particles.
    pub particles: u64,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let particles = crate::report::human::count(self.particles);
        write!(f, "{}, {}, {particles} particles", self.workload, self.measure)
    }
}

/// What a user asks for; what is left out is chosen.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Workloads; where none is named, W1 and W3, in a quick bench W1.
    pub workloads: Vec<Workload>,
    /// Measures; where none is named, those that each workload is made for.
    pub measures: Vec<Measure>,
    /// Numbers of particles; [`Measure::Loading`] has its own.
    pub particles: Vec<u64>,
    /// Whether it is to be over in seconds.
    pub quick: bool,
}

impl Selection {
    /// The workloads that were named, or those that are chosen.
    pub fn workloads(&self) -> &[Workload] {
        match &*self.workloads {
            [] if self.quick => &[Workload::W1],
            [] => &[Workload::W1, Workload::W3],
            named => named,
        }
    }

    /// All that is to be measured, workload by workload.
    ///
    /// # Errors
    /// [`BenchError::NothingToDo`] where a number of particles is 0.
    pub fn work(&self) -> Result<Vec<Work>, BenchError> {
        if self.particles.contains(&0) {
            return Err(BenchError::NothingToDo("0 particles take no time: ask for 1 or more"));
        }
        let particles = match &*self.particles {
            [] if self.quick => &[QUICK_PARTICLES][..],
            [] => &[PARTICLES],
            asked => asked,
        };
        let mut work = Vec::new();
        for &workload in self.workloads() {
            let measures = match &*self.measures {
                [] => workload.measures(),
                asked => asked,
            };
            for &measure in measures {
                let particles = match measure {
                    Measure::Loading => &[LOADING_PARTICLES],
                    _ => particles,
                };
                let with = |&particles| Work { workload, measure, particles };
                work.extend(particles.iter().map(with));
            }
        }
        // Asked for twice is asked for.
        let mut distinct = Vec::new();
        work.into_iter().for_each(|one| {
            if !distinct.contains(&one) {
                distinct.push(one);
            }
        });
        Ok(distinct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(selection: &Selection) -> Vec<String> {
        selection.work().unwrap().iter().map(Work::to_string).collect()
    }

    #[test]
    fn what_is_left_out_is_chosen() {
        assert_eq!(
            named(&Selection::default()),
            [
                "W1, kernel, 100,000 particles",
                "W1, end-to-end, 100,000 particles",
                "W3, loading, 1,000 particles"
            ]
        );
        assert_eq!(
            named(&Selection { quick: true, ..Selection::default() }),
            ["W1, kernel, 10,000 particles", "W1, end-to-end, 10,000 particles"]
        );
    }

    #[test]
    fn what_is_asked_for_is_measured_once() {
        let selection = Selection {
            workloads: vec![Workload::W3, Workload::W3],
            measures: vec![Measure::Kernel, Measure::Loading],
            particles: vec![10, 20],
            quick: true,
        };
        assert_eq!(
            named(&selection),
            [
                "W3, kernel, 10 particles",
                "W3, kernel, 20 particles",
                "W3, loading, 1,000 particles"
            ]
        );
    }

    #[test]
    fn no_particles_are_refused() {
        let selection = Selection { particles: vec![10, 0], ..Selection::default() };
        assert!(matches!(selection.work(), Err(BenchError::NothingToDo(_))));
    }
}
