//! The workloads by name: grids, snapshots, steps and releases, all of them formulas.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ocean::{Eddies, Ocean};
use super::random::Random;
use super::{BenchError, Measure};
use crate::grid::{Axis, EARTH_RADIUS, Grid, Levels, Mesh};
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
    /// 256 × 256 nodes of 0.1° on 20 levels, daily for ten days, steps of ten minutes, up and down as
    /// well: motion in three dimensions.
    W2,
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
    /// The highest speed in m/s that some snapshots have, at the surface.
    pub speed: f64,
    /// The days of those snapshots.
    pub scaled_at: &'static [f64],
    /// Whether velocities fade out towards the poles.
    pub fades: bool,
    release_seed: u32,
    /// Western and eastern, then southern and northern end of the release, in degrees.
    release: [[f64; 2]; 2],
    /// Levels, where there are several.
    depths: &'static [f64],
    /// Least and greatest depth of the release in metres.
    release_depths: [f64; 2],
    pub measures: &'static [Measure],
    /// Particles that [`super::data::write`] makes releases of.
    pub releases: &'static [u64],
}

/// Where particles start: degrees east, degrees north, and metres of depth where there are levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Starts {
    /// Longitudes.
    pub x: Vec<f64>,
    /// Latitudes.
    pub y: Vec<f64>,
    /// Depths, positive down.
    pub depth: Option<Vec<f64>>,
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
    speed: 1.0,
    scaled_at: &[0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5],
    fades: false,
    release_seed: 7,
    release: [
        [-60.0 + 0.05 * 128.0, -60.0 + 0.05 * 383.0],
        [20.0 + 0.05 * 128.0, 20.0 + 0.05 * 383.0],
    ],
    depths: &[],
    release_depths: [0.0; 2],
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

const W2: Definition = Definition {
    name: "W2",
    longitudes: Nodes { first: -40.0, spacing: 0.1, count: 256 },
    latitudes: Nodes { first: 10.0, spacing: 0.1, count: 256 },
    interval_hours: 24,
    snapshots: 12,
    days: 10,
    step_seconds: 600,
    eddies: Eddies {
        seed: 20_240_602,
        count: 60,
        longitudes: [-40.0 - 1.0, -40.0 + 0.1 * 255.0 + 1.0],
        latitudes: [10.0 - 1.0, 10.0 + 0.1 * 255.0 + 1.0],
        radii: [0.5, 1.4],
    },
    speed: 0.6,
    scaled_at: &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
    fades: false,
    release_seed: 8,
    release: [[-40.0 + 0.1 * 64.0, -40.0 + 0.1 * 191.0], [10.0 + 0.1 * 64.0, 10.0 + 0.1 * 191.0]],
    depths: &[
        0.5, 2.0, 5.0, 9.0, 14.0, 20.0, 28.0, 38.0, 50.0, 65.0, 85.0, 110.0, 140.0, 180.0, 230.0,
        300.0, 400.0, 550.0, 750.0, 1000.0,
    ],
    release_depths: [5.0, 300.0],
    measures: &[Measure::Kernel, Measure::EndToEnd],
    releases: &[100_000],
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
    speed: 1.0,
    scaled_at: &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
    fades: true,
    release_seed: 9,
    release: [[100.0, 260.0], [-40.0, 40.0]],
    depths: &[],
    release_depths: [0.0; 2],
    measures: &[Measure::Loading],
    releases: &[1_000, 100_000],
};

impl Workload {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::W1, Self::W1Hourly, Self::W2, Self::W3];

    pub(super) fn definition(self) -> &'static Definition {
        match self {
            Self::W1 => &W1,
            Self::W1Hourly => &W1_HOURLY,
            Self::W2 => &W2,
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
        let grid = Grid::new(mesh, axis(self.longitudes()), axis(self.latitudes()));
        let grid = grid.expect("within the poles");
        match self.depths() {
            [] => grid,
            depths => grid.with_levels(Levels::new(depths.to_vec()).expect("depths ascend")),
        }
    }

    /// Depths of the levels in metres; none where there is one level at no particular depth.
    pub fn depths(self) -> &'static [f64] {
        self.definition().depths
    }

    /// Eastward, northward and, where there are levels, upward.
    pub fn components(self) -> usize {
        if self.depths().is_empty() { 2 } else { 3 }
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

    /// Bytes of the velocities of a snapshot, decoded.
    pub fn snapshot_bytes(self) -> u64 {
        let nodes = self.definition().longitudes.count * self.definition().latitudes.count;
        (nodes * self.depths().len().max(1) * self.components() * size_of::<f32>()) as u64
    }

    /// Bytes of the velocities that a run reads, decoded.
    pub fn bytes_read(self) -> u64 {
        (self.windows() as u64 + 1) * self.snapshot_bytes()
    }

    /// Where so many particles start.
    pub fn release(self, particles: usize) -> Starts {
        let Definition { release, release_depths, depths, .. } = self.definition();
        let mut random = Random::new(self.definition().release_seed);
        let mut uniform = |[from, to]: [f64; 2]| random.uniform(from, to, particles);
        let [x, y] = release.map(&mut uniform);
        let depth = (!depths.is_empty()).then(|| uniform(*release_depths));
        Starts { x, y, depth }
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
        assert!("W4".parse::<Workload>().unwrap_err().to_string().contains("W1, W1h, W2 and W3"));
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
        let Starts { x, y, depth } = Workload::W1.release(10_000);
        assert_eq!([x[0], y[0]], [-45.630_032_800_790_495, 33.096_964_964_151_525]);
        assert_eq!([x[9999], y[9999]], [-44.247_156_357_402_766, 34.693_302_240_727_135]);
        assert_eq!(depth, None);
        let Starts { x, y, depth } = Workload::W2.release(100_000);
        let depth = depth.unwrap();
        let first = [-29.447_452_087_109_38, 19.225_509_930_195_688, 287.618_748_501_405_2];
        assert_eq!([x[0], y[0], depth[0]], first);
        let last = [-22.814_376_493_295_39, 29.035_224_797_515_152, 40.825_575_204_809_61];
        assert_eq!([x[99_999], y[99_999], depth[99_999]], last);
        let Starts { x, y, .. } = Workload::W3.release(1000);
        assert_eq!([x[1], y[1]], [145.890_753_454_008_86, -34.860_484_477_120_714]);
    }
}
