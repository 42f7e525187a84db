//! The made-up currents.
//!
//! The velocities are differences of a streamfunction between neighbouring nodes, so the flow has
//! no divergence on its own grid, and the streamfunction vanishes towards every coast, so the flow
//! runs along it. A weak drift to the east is added that ignores the coast: it puts a few particles
//! ashore.

use super::coast;

/// Nodes from west to east.
pub const COLUMNS: usize = 201;
/// Nodes from south to north.
pub const ROWS: usize = 141;
/// Hours between snapshots: short enough to resolve the tide.
pub const INTERVAL_HOURS: usize = 3;

/// The number written for land, before unpacking.
pub const FILL: i16 = -32767;
/// Velocity in m/s of one packed unit.
pub const SCALE: f64 = 0.001;

const NODES_PER_DEGREE: f64 = 10.0;
const MIDDLE: [f64; 2] = [-10.0, 47.0];
const KM_PER_DEGREE: f64 = crate::grid::EARTH_RADIUS / 1000.0 * std::f64::consts::PI / 180.0;
/// Where the coast's influence fades, in km.
const SHELF: f64 = 45.0;
/// The drift to the east in m/s.
const DRIFT: f64 = 0.02;

/// An eddy: where its middle is at the start (km), how it moves (km/day), its radius (km) and the
/// speed at that radius (m/s, positive anticlockwise).
struct Eddy {
    middle: [f64; 2],
    motion: [f64; 2],
    radius: f64,
    speed: f64,
}

#[rustfmt::skip]
const EDDIES: [Eddy; 9] = [
    Eddy { middle: [-560.0,  420.0], motion: [-3.0, -1.0], radius: 70.0, speed:  0.38 },
    Eddy { middle: [-130.0,  380.0], motion: [-4.0,  0.0], radius: 60.0, speed: -0.40 },
    Eddy { middle: [ 180.0,  290.0], motion: [-4.0, -2.0], radius: 65.0, speed:  0.36 },
    Eddy { middle: [-480.0,  -10.0], motion: [-4.0,  1.0], radius: 75.0, speed: -0.42 },
    Eddy { middle: [-110.0,   80.0], motion: [-5.0,  1.5], radius: 68.0, speed:  0.44 },
    Eddy { middle: [-430.0, -260.0], motion: [-3.5, -1.0], radius: 62.0, speed:  0.40 },
    Eddy { middle: [ -60.0, -230.0], motion: [-4.5,  0.5], radius: 72.0, speed: -0.40 },
    Eddy { middle: [ 170.0, -420.0], motion: [-5.0,  1.0], radius: 66.0, speed:  0.38 },
    Eddy { middle: [-560.0, -560.0], motion: [-2.5,  1.0], radius: 70.0, speed: -0.36 },
];

/// Longitude of a column in degrees east.
pub fn longitude(column: f64) -> f64 {
    MIDDLE[0] + (column - (COLUMNS - 1) as f64 / 2.0) / NODES_PER_DEGREE
}

/// Latitude of a row in degrees north.
pub fn latitude(row: f64) -> f64 {
    MIDDLE[1] + (row - (ROWS - 1) as f64 / 2.0) / NODES_PER_DEGREE
}

/// Which nodes are land, row by row from the south.
pub fn land() -> Vec<bool> {
    nodes(0).map(|(column, row)| offshore(column, row) <= 0.0).collect()
}

/// The packed eastward and northward velocities `hours` after the start, row by row from the south.
pub fn velocities(hours: f64, land: &[bool]) -> [Vec<i16>; 2] {
    // A frame of one node around the grid, so that differences exist on its edge.
    let psi: Vec<f64> = nodes(1).map(|(column, row)| streamfunction(column, row, hours)).collect();
    let at = |column: usize, row: usize| psi[row * (COLUMNS + 2) + column];
    let across = 2.0 / NODES_PER_DEGREE * KM_PER_DEGREE * 1000.0;
    let mut packed = [Vec::with_capacity(land.len()), Vec::with_capacity(land.len())];
    for row in 0..ROWS {
        let cos = latitude(row as f64).to_radians().cos();
        for column in 0..COLUMNS {
            let (u, v) = if land[row * COLUMNS + column] {
                (FILL, FILL)
            } else {
                let north_south = at(column + 1, row + 2) - at(column + 1, row);
                let east_west = at(column + 2, row + 1) - at(column, row + 1);
                (pack(DRIFT - north_south / across), pack(east_west / (across * cos)))
            };
            packed[0].push(u);
            packed[1].push(v);
        }
    }
    packed
}

/// Rounded to the nearest unit; speeds of the demo are far from the ends of the type.
fn pack(speed: f64) -> i16 {
    (speed / SCALE).round() as i16
}

/// Columns and rows of the grid with a frame of `frame` nodes around it.
fn nodes(frame: i32) -> impl Iterator<Item = (f64, f64)> {
    (-frame..ROWS as i32 + frame).flat_map(move |row| {
        (-frame..COLUMNS as i32 + frame).map(move |column| (f64::from(column), f64::from(row)))
    })
}

/// km east and north of the middle of the sea.
fn plane(column: f64, row: f64) -> [f64; 2] {
    [
        (longitude(column) - MIDDLE[0]) * KM_PER_DEGREE * MIDDLE[1].to_radians().cos(),
        (latitude(row) - MIDDLE[1]) * KM_PER_DEGREE,
    ]
}

fn offshore(column: f64, row: f64) -> f64 {
    let [x, y] = plane(column, row);
    coast::offshore(x, y)
}

/// In m²/s: the flow goes along its contours, with the higher values on its right.
fn streamfunction(column: f64, row: f64, hours: f64) -> f64 {
    let [x, y] = plane(column, row);
    let shelf = (coast::offshore(x, y).max(0.0) / SHELF).tanh();
    let days = hours / 24.0;
    let coastal = -9_000.0 * shelf;
    shelf * (coastal + jet(x, y, days) + eddies(x, y, days) + tide(x, y, hours))
}

/// A jet from the west that meanders, its meanders moving east, and widens towards the coast.
fn jet(x: f64, y: f64, days: f64) -> f64 {
    let axis = 60.0 + 70.0 * ((x - 9.0 * days) / 130.0).sin();
    let strength = 0.5 * (1.0 - ((x - 100.0) / 200.0).tanh());
    -14_000.0 * strength * ((y - axis) / 55.0).tanh()
}

fn eddies(x: f64, y: f64, days: f64) -> f64 {
    EDDIES
        .iter()
        .map(|eddy| {
            let (east, north) = (
                x - eddy.middle[0] - eddy.motion[0] * days,
                y - eddy.middle[1] - eddy.motion[1] * days,
            );
            let r2 = (east * east + north * north) / (eddy.radius * eddy.radius);
            // The amplitude that gives a Gaussian eddy its speed at its radius.
            -eddy.speed * eddy.radius * 1000.0 * (0.5 - 0.5 * r2).exp()
        })
        .sum()
}

/// The M2 tide as a wave that goes north-east.
fn tide(x: f64, y: f64, hours: f64) -> f64 {
    const PERIOD_HOURS: f64 = 12.420_601_2;
    let phase = (x + 1.4 * y) / 160.0 - std::f64::consts::TAU * hours / PERIOD_HOURS;
    7_000.0 * phase.sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The divergence at a node in 1/s from its neighbours; none beside land or the edge.
    fn divergence([u, v]: &[Vec<i16>; 2], column: usize, row: usize) -> Option<f64> {
        let at = |field: &[i16], column: usize, row: usize| {
            let packed = field[row * COLUMNS + column];
            (packed != FILL).then(|| f64::from(packed) * SCALE)
        };
        let cos = |row: usize| latitude(row as f64).to_radians().cos();
        let across = 2.0 / NODES_PER_DEGREE * KM_PER_DEGREE * 1000.0;
        let east_west = at(u, column + 1, row)? - at(u, column - 1, row)?;
        let north_south =
            at(v, column, row + 1)? * cos(row + 1) - at(v, column, row - 1)? * cos(row - 1);
        Some((east_west + north_south) / (across * cos(row)))
    }

    fn largest_divergence(field: &[Vec<i16>; 2]) -> f64 {
        let mut largest = 0.0f64;
        for row in 1..ROWS - 1 {
            for column in 1..COLUMNS - 1 {
                largest = largest.max(divergence(field, column, row).unwrap_or(0.0).abs());
            }
        }
        largest
    }

    #[test]
    fn the_flow_has_no_divergence_but_for_the_rounding_of_packing() {
        let land = land();
        let mut field = velocities(31.0, &land);
        // Four roundings of half a unit, over two cells of about 7.2 km at the narrowest.
        let tolerance = 4.0 * 0.5 * SCALE / 13_000.0;
        assert!(largest_divergence(&field) < tolerance);
        // The check sees one velocity that is wrong by 1 cm/s.
        field[0][40 * COLUMNS + 40] += 10;
        assert!(largest_divergence(&field) > tolerance);
    }

    #[test]
    fn the_flow_moves_and_keeps_below_the_speed_of_real_currents() {
        let land = land();
        let speeds = |hours| {
            let [u, v] = velocities(hours, &land);
            let speed = |(&u, &v): (&i16, &i16)| f64::from(u).hypot(f64::from(v)) * SCALE;
            let sea = |(u, _): &(&i16, &i16)| **u != FILL;
            u.iter().zip(&v).filter(sea).map(speed).collect::<Vec<_>>()
        };
        let start = speeds(0.0);
        let fastest = start.iter().copied().fold(0.0, f64::max);
        let mean = start.iter().sum::<f64>() / start.len() as f64;
        assert!((0.6..1.5).contains(&fastest), "{fastest} m/s");
        assert!((0.1..0.4).contains(&mean), "{mean} m/s");
        assert_ne!(start, speeds(6.0));
    }
}
