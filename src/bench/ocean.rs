//! The velocities of the workloads: moving Gaussian eddies and a mean flow; where there are levels, they
//! fade and turn with depth, and a small vertical velocity moves between the uppermost and the lowest.

use std::f64::consts::{PI, TAU};

use rayon::prelude::*;

use super::Workload;
use super::random::Random;

/// How the eddies of a workload are drawn.
pub(super) struct Eddies {
    pub seed: u32,
    pub count: usize,
    /// Degrees east between which their middles start.
    pub longitudes: [f64; 2],
    /// Degrees north between which their middles start.
    pub latitudes: [f64; 2],
    /// Radii in degrees.
    pub radii: [f64; 2],
}

struct Eddy {
    /// The middle at the start, in degrees.
    middle: [f64; 2],
    radius: f64,
    /// Before scaling; positive turns anticlockwise.
    speed: f64,
    /// Degrees a day.
    motion: [f64; 2],
}

/// An eddy at one moment, and the nodes that feel it.
struct Seen {
    middle: [f64; 2],
    radius: f64,
    speed: f64,
    pulse: f64,
    columns: [usize; 2],
    rows: [usize; 2],
}

/// The velocities of a [`Workload`] at any time.
pub struct Ocean {
    longitudes: Vec<f64>,
    latitudes: Vec<f64>,
    eddies: Vec<Eddy>,
    /// What velocities are multiplied by, for each row.
    scale: Vec<f64>,
    depths: &'static [f64],
}

/// What is called `u`, `v` and `w`, and where it points.
pub(super) const COMPONENTS: [(&str, &str); 3] =
    [("u", "eastward"), ("v", "northward"), ("w", "upward")];

const SECONDS_IN_A_DAY: f64 = 86_400.0;

/// Radii from its middle beyond which an eddy is left out.
const REACH: f64 = 5.0;

impl Eddies {
    /// In the order in which the numbers are drawn.
    fn draw(&self) -> Vec<Eddy> {
        let mut random = Random::new(self.seed);
        let mut uniform = |[from, to]: [f64; 2]| random.uniform(from, to, self.count);
        let (x, y, radius) =
            (uniform(self.longitudes), uniform(self.latitudes), uniform(self.radii));
        let turns = random.signs(self.count);
        let mut uniform = |from, to| random.uniform(from, to, self.count);
        let (speed, east, north) = (uniform(0.4, 1.0), uniform(-0.12, 0.02), uniform(-0.03, 0.03));
        (0..self.count)
            .map(|i| Eddy {
                middle: [x[i], y[i]],
                radius: radius[i],
                speed: turns[i] * speed[i],
                motion: [east[i], north[i]],
            })
            .collect()
    }
}

impl Ocean {
    pub(super) fn new(workload: Workload) -> Self {
        let definition = workload.definition();
        let latitudes = workload.latitudes();
        let mut ocean = Self {
            longitudes: workload.longitudes(),
            scale: vec![1.0; latitudes.len()],
            latitudes,
            eddies: definition.eddies.draw(),
            depths: workload.depths(),
        };
        let highest = definition.scaled_at.iter().map(|&days| ocean.highest_speed(days));
        let scale = definition.speed / highest.fold(0.0, f64::max);
        let fade = |latitude: f64| ((80.0 - latitude.abs()) / 20.0).clamp(0.0, 1.0);
        ocean.scale = ocean
            .latitudes
            .iter()
            .map(|&latitude| if definition.fades { scale * fade(latitude) } else { scale })
            .collect();
        ocean
    }

    /// Eastward, northward and, where there are levels, upward velocity in m/s at all nodes, level by
    /// level from the surface, row by row from the south-west, so many seconds after the first
    /// snapshot.
    pub fn velocities(&self, seconds: f64) -> Vec<Vec<f32>> {
        let days = seconds / SECONDS_IN_A_DAY;
        let rows: Vec<[Vec<f64>; 2]> = self.rows(days).collect();
        let [u, v] = [0, 1].map(|component| {
            rows.iter().flat_map(|row| row[component].iter().copied()).collect::<Vec<f64>>()
        });
        let rounded = |values: &mut dyn Iterator<Item = f64>| -> Vec<f32> {
            values.map(|value| value as f32).collect()
        };
        let &[top, .., bottom] = self.depths else {
            return vec![rounded(&mut u.into_iter()), rounded(&mut v.into_iter())];
        };
        let rise = self.rise(days);
        let mut volume = vec![Vec::new(); 3];
        for &depth in self.depths {
            let fade = (-depth / 300.0).exp();
            let (sin, cos) = (0.8 * depth / 1000.0).sin_cos();
            let pairs = || u.iter().zip(&v);
            volume[0].extend(rounded(&mut pairs().map(|(u, v)| fade * (u * cos + v * sin))));
            volume[1].extend(rounded(&mut pairs().map(|(u, v)| fade * (-u * sin + v * cos))));
            let part = 2e-4 * (PI * (depth - top) / (bottom - top)).sin();
            volume[2].extend(rounded(&mut rise.iter().map(|rise| part * rise)));
        }
        volume
    }

    /// The pattern of the vertical velocity, between -1 and 1.
    fn rise(&self, days: f64) -> Vec<f64> {
        let in_time = (TAU * days / 6.0).cos();
        let rows = self.latitudes.iter().map(|latitude| (latitude * 30.0).to_radians().cos());
        rows.flat_map(|row| {
            let columns = self.longitudes.iter();
            columns.map(move |longitude| (longitude * 30.0).to_radians().sin() * row * in_time)
        })
        .collect()
    }

    fn highest_speed(&self, days: f64) -> f64 {
        let of_row =
            |[u, v]: [Vec<f64>; 2]| u.iter().zip(&v).map(|(u, v)| u.hypot(*v)).fold(0.0, f64::max);
        self.rows(days).map(of_row).reduce(|| 0.0, f64::max)
    }

    /// The rows from the south. The terms of a node are added in the order of the eddies, whatever
    /// the number of threads.
    fn rows(&self, days: f64) -> impl IndexedParallelIterator<Item = [Vec<f64>; 2]> {
        let eddies: Vec<Seen> = self.eddies.iter().map(|eddy| self.see(eddy, days)).collect();
        let meridional: Vec<f64> = self
            .longitudes
            .iter()
            .map(|longitude| 0.05 * (longitude * 6.0).to_radians().cos() * (TAU * days / 5.0).sin())
            .collect();
        (0..self.latitudes.len()).into_par_iter().map(move |row| {
            let latitude = self.latitudes[row];
            let (mut u, mut v) = (vec![0.0; meridional.len()], vec![0.0; meridional.len()]);
            for eddy in eddies.iter().filter(|eddy| (eddy.rows[0]..eddy.rows[1]).contains(&row)) {
                let dy = (latitude - eddy.middle[1]) / eddy.radius;
                for column in eddy.columns[0]..eddy.columns[1] {
                    let dx = (self.longitudes[column] - eddy.middle[0]) / eddy.radius;
                    let speed = eddy.speed * (0.5 - 0.5 * (dx * dx + dy * dy)).exp() * eddy.pulse;
                    u[column] += -dy * speed;
                    v[column] += dx * speed;
                }
            }
            let zonal =
                0.12 + 0.08 * (latitude * 8.0).to_radians().sin() * (TAU * days / 7.0).cos();
            let scale = self.scale[row];
            u.iter_mut().for_each(|u| *u = (*u + zonal) * scale);
            v.iter_mut().zip(&meridional).for_each(|(v, flow)| *v = (*v + flow) * scale);
            [u, v]
        })
    }

    fn see(&self, eddy: &Eddy, days: f64) -> Seen {
        let middle = [0, 1].map(|axis| eddy.middle[axis] + eddy.motion[axis] * days);
        let reached = |nodes: &[f64], middle: f64| {
            [middle - REACH * eddy.radius, middle + REACH * eddy.radius]
                .map(|end| nodes.partition_point(|&node| node < end))
        };
        Seen {
            middle,
            radius: eddy.radius,
            speed: eddy.speed,
            pulse: 1.0 + 0.15 * (TAU * days / 3.0 + eddy.middle[0]).sin(),
            columns: reached(&self.longitudes, middle[0]),
            rows: reached(&self.latitudes, middle[1]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Velocities by snapshot, row and column, of the files that the workloads' definition in Python
    /// (numpy 2.4.6) writes.
    type Known = [([usize; 3], [f32; 2])];

    const W1: &Known = &[
        ([0, 0, 0], [0.041_339_54, -0.009_188_757]),
        ([0, 255, 300], [0.019_267_306, 2.299_024_5e-5]),
        ([7, 100, 411], [0.050_108_552, -0.001_755_140_6]),
        ([21, 511, 511], [-0.156_152_43, 0.228_498_2]),
    ];

    /// u, v and w by snapshot, level, row and column.
    const W2: &[([usize; 4], [f32; 3])] = &[
        ([0, 0, 0, 0], [0.048_019_115, -0.000_457_114_98, 0.0]),
        ([0, 7, 128, 100], [0.138_911_59, 0.009_890_8, -1.165_093_4e-20]),
        ([5, 15, 200, 31], [0.011_655_205, -0.023_479_864, 3.669_922_4e-5]),
        ([11, 19, 255, 255], [0.001_149_161_4, -0.001_152_695_9, -1.142_611e-20]),
        ([3, 10, 60, 222], [-0.008_964_173, 0.006_738_125_3, -2.743_723_1e-6]),
    ];

    const W3: &Known = &[
        ([0, 360, 0], [0.058_041_5, -0.013_131_202]),
        ([30, 500, 700], [-0.194_927_1, 0.122_247]),
        ([61, 200, 1400], [0.094_928_83, -0.018_558_87]),
        ([61, 60, 3], [0.007_038_313, 0.003_182_017]),
    ];

    /// The greatest difference in m/s.
    fn difference(workload: Workload, known: &Known) -> f32 {
        let ocean = workload.ocean();
        let columns = workload.longitudes().len();
        let of = |&([snapshot, row, column], expected): &([usize; 3], [f32; 2])| {
            let seconds = snapshot as f64 * workload.interval().seconds();
            let velocities = ocean.velocities(seconds);
            let at = |component: usize| velocities[component][row * columns + column];
            (at(0) - expected[0]).abs().max((at(1) - expected[1]).abs())
        };
        known.iter().map(of).fold(0.0, f32::max)
    }

    #[test]
    fn velocities_are_those_of_the_definition() {
        // Half a unit in the last place of a velocity below 1/4 m/s, and what is printed of it.
        const TOLERANCE: f32 = 2e-8;
        assert!(difference(Workload::W1, W1) < TOLERANCE);
        assert!(difference(Workload::W3, W3) < TOLERANCE);
        let (ocean, columns) = (Workload::W2.ocean(), Workload::W2.longitudes().len());
        let nodes = columns * Workload::W2.latitudes().len();
        for ([snapshot, level, row, column], known) in W2 {
            let seconds = *snapshot as f64 * Workload::W2.interval().seconds();
            let velocities = ocean.velocities(seconds);
            for (component, known) in velocities.iter().zip(known) {
                let found = component[level * nodes + row * columns + column];
                assert!((found - known).abs() < TOLERANCE, "{found} {known}");
            }
        }
        // Hourly snapshots are the same ocean more often: the seventh is the first six hours on.
        let hourly = W1.iter().map(|&([k, j, i], known)| ([6 * k, j, i], known));
        assert!(difference(Workload::W1Hourly, &hourly.collect::<Vec<_>>()) < TOLERANCE);
        // The check sees an hour.
        assert!(difference(Workload::W1Hourly, W1) > 1e-4);
    }

    #[test]
    fn the_fastest_of_the_snapshots_that_set_the_scale_is_one_metre_a_second() {
        let ocean = Workload::W1.ocean();
        let days = Workload::W1.definition().scaled_at.iter();
        let fastest = days.map(|&days| ocean.highest_speed(days)).fold(0.0, f64::max);
        assert!((fastest - 1.0).abs() < 1e-12, "{fastest} m/s");
    }
}
