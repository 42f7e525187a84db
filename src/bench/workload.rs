//! The workloads by name: grids, snapshots, steps and releases, all of them formulas.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ocean::{Eddies, Ocean};
use super::random::Random;
use super::{BenchError, Measure};
use crate::grid::{Axis, EARTH_RADIUS, Grid, Mesh};
use crate::time::Span;

/// Work that tools can be held against each other by: eddies that move in a mean flow, without
/// land.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Workload {
    /// 512 × 512 nodes of 0.05°, six-hourly for five days, steps of ten minutes: the kernel.
    W1,
    /// [`Workload::W1`] with hourly snapshots: kernel and loading together.
    #[serde(rename = "W1h")]
    W1Hourly,
    /// 1440 × 720 nodes of 0.25° around the globe, daily for sixty days, steps of an hour: loading
    /// and decoding.
    W3,
}

/// What tells one workload from another.
pub(super) struct Definition {
    pub name: &'static str,
    longitudes: Nodes,
    latitudes: Nodes,
    interval_hours: i64,
    pub snapshots: usize,
    days: i64,
    step_seconds: i64,
    pub eddies: Eddies,
    /// Days of the snapshots whose highest speed becomes 1 m/s.
    pub scaled_at: &'static [f64],
    /// Whether velocities fade out towards the poles.
    pub fades: bool,
    release_seed: u32,
    /// Western and eastern, then southern and northern end of the release, in degrees.
    release: [[f64; 2]; 2],
    pub measures: &'static [Measure],
    /// Particles that [`super::data::write`] makes releases of.
    pub releases: &'static [u64],
}

struct Nodes {
    first: f64,
    spacing: f64,
    count: usize,
}

const W1: Definition = Definition {
    name: "W1",
    longitudes: Nodes { first: -60.0, spacing: 0.05, count: 512 },
    latitudes: Nodes { first: 20.0, spacing: 0.05, count: 512 },
    interval_hours: 6,
    snapshots: 22,
    days: 5,
    step_seconds: 600,
    eddies: Eddies {
        seed: 20_240_601,
        count: 60,
        longitudes: [-60.0 - 1.0, -60.0 + 0.05 * 511.0 + 1.0],
        latitudes: [20.0 - 1.0, 20.0 + 0.05 * 511.0 + 1.0],
        radii: [0.4, 1.2],
    },
    scaled_at: &[0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5],
    fades: false,
    release_seed: 7,
    release: [
        [-60.0 + 0.05 * 128.0, -60.0 + 0.05 * 383.0],
        [20.0 + 0.05 * 128.0, 20.0 + 0.05 * 383.0],
    ],
    measures: &[Measure::Kernel, Measure::EndToEnd],
    releases: &[10_000, 100_000, 1_000_000],
};

const W1_HOURLY: Definition = Definition {
    name: "W1h",
    interval_hours: 1,
    snapshots: 127,
    measures: &[Measure::EndToEnd],
    ..W1
};

const W3: Definition = Definition {
    name: "W3",
    longitudes: Nodes { first: 0.125, spacing: 0.25, count: 1440 },
    latitudes: Nodes { first: -89.875, spacing: 0.25, count: 720 },
    interval_hours: 24,
    snapshots: 62,
    days: 60,
    step_seconds: 3600,
    eddies: Eddies {
        seed: 20_240_603,
        count: 900,
        longitudes: [0.0, 360.0],
        latitudes: [-65.0, 65.0],
        radii: [0.8, 2.5],
    },
    scaled_at: &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
    fades: true,
    release_seed: 9,
    release: [[100.0, 260.0], [-40.0, 40.0]],
    measures: &[Measure::Loading],
    releases: &[1_000, 100_000],
};

impl Workload {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::W1, Self::W1Hourly, Self::W3];

    pub(super) fn definition(self) -> &'static Definition {
        match self {
            Self::W1 => &W1,
            Self::W1Hourly => &W1_HOURLY,
            Self::W3 => &W3,
        }
    }

    /// The name, such as `W1`.
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// What it is measured by where nothing else is asked for.
    pub fn measures(self) -> &'static [Measure] {
        self.definition().measures
    }

    /// Longitudes of the nodes in degrees east, ascending.
    pub fn longitudes(self) -> Vec<f64> {
        self.definition().longitudes.all()
    }

    /// Latitudes of the nodes in degrees north, ascending.
    pub fn latitudes(self) -> Vec<f64> {
        self.definition().latitudes.all()
    }

    /// The grid of the fields.
    pub fn grid(self) -> Grid {
        let axis = |nodes| Axis::new(nodes).expect("nodes ascend");
        let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
        Grid::new(mesh, axis(self.longitudes()), axis(self.latitudes())).expect("within the poles")
    }

    /// Number of snapshots. The first is at 2020-01-01, where the particles start.
    pub fn snapshots(self) -> usize {
        self.definition().snapshots
    }

    /// Time from one snapshot to the next.
    pub fn interval(self) -> Span {
        Span(self.definition().interval_hours * 3_600_000_000)
    }

    /// The time step.
    pub fn step(self) -> Span {
        Span(self.definition().step_seconds * 1_000_000)
    }

    /// How long the particles are followed.
    pub fn duration(self) -> Span {
        Span(self.definition().days * 86_400_000_000)
    }

    /// Intervals between snapshots that the particles are followed through.
    pub fn windows(self) -> usize {
        (self.duration().0 / self.interval().0) as usize
    }

    /// Bytes of the velocities that a run reads, decoded.
    pub fn bytes_read(self) -> u64 {
        let nodes = self.definition().longitudes.count * self.definition().latitudes.count;
        (self.windows() as u64 + 1) * (nodes * size_of::<[f32; 2]>()) as u64
    }

    /// Where particles start: longitude and latitude in degrees.
    pub fn release(self, particles: usize) -> [Vec<f64>; 2] {
        let mut random = Random::new(self.definition().release_seed);
        self.definition().release.map(|[from, to]| random.uniform(from, to, particles))
    }

    /// The velocities.
    pub fn ocean(self) -> Ocean {
        Ocean::new(self)
    }
}

impl Nodes {
    fn all(&self) -> Vec<f64> {
        (0..self.count).map(|index| self.first + self.spacing * index as f64).collect()
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Workload {
    type Err = BenchError;

    /// The workload of this name, in any case.
    fn from_str(name: &str) -> Result<Self, BenchError> {
        let named = |workload: &Self| workload.name().eq_ignore_ascii_case(name);
        match Self::ALL.into_iter().find(named) {
            Some(workload) => Ok(workload),
            None if name.eq_ignore_ascii_case("W2") => Err(BenchError::ThreeDimensional),
            None => Err(BenchError::UnknownWorkload { name: name.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_are_found_by_name_and_those_that_are_not_there_are_refused() {
        for workload in Workload::ALL {
            assert_eq!(workload.name().to_lowercase().parse::<Workload>().unwrap(), workload);
        }
        assert!("w2".parse::<Workload>().unwrap_err().to_string().contains("three dimensions"));
        assert!("W4".parse::<Workload>().unwrap_err().to_string().contains("W1, W1h and W3"));
    }

    #[test]
    fn the_snapshots_cover_the_run() {
        for workload in Workload::ALL {
            assert_eq!(workload.duration().0 % workload.interval().0, 0);
            assert!(workload.windows() < workload.snapshots(), "{workload}");
        }
    }

    #[test]
    fn releases_are_those_of_numpy() {
        // `r = default_rng(7); r.uniform(lon[128], lon[383], 10000); r.uniform(lat[128], …)`, as
        // numpy 2.4.6 prints them; W3 likewise.
        let [x, y] = Workload::W1.release(10_000);
        assert_eq!([x[0], y[0]], [-45.630_032_800_790_495, 33.096_964_964_151_525]);
        assert_eq!([x[9999], y[9999]], [-44.247_156_357_402_766, 34.693_302_240_727_135]);
        let [x, y] = Workload::W3.release(1000);
        assert_eq!([x[1], y[1]], [145.890_753_454_008_86, -34.860_484_477_120_714]);
    }
}
