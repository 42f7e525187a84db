//! Vertical velocities from horizontal ones.

use super::{Grid, MISSING, Mesh};

/// Upward velocity in m/s from what flows together at each node: nothing moves at the lowest node of a
/// column that has a velocity, and above it water rises by what flows in below.
///
/// `u` and `v` in m/s over all of the data's levels, from the uppermost, rows and columns; a node on
/// land counts as standing water. Differences are central, one-sided at the edges, and the integral is
/// the trapezoidal rule: of second order in the spacings. Where there is no velocity, the result is
/// [`MISSING`].
///
/// # Panics
/// If the grid has no levels at fixed depths or is curvilinear, or the data do not have its shape.
pub fn upward(grid: &Grid, u: &[f32], v: &[f32]) -> Vec<f32> {
    let levels = grid.levels().expect("the grid has levels");
    assert!(grid.curvilinear().is_none(), "the grid has axes");
    let fixed = levels.fixed().expect("levels lie at fixed depths");
    let of_data = levels.sources().zip(fixed).filter(|(source, _)| !source.is_added);
    let depths: Vec<f64> = of_data.map(|(_, &depth)| depth).collect();
    let [columns, rows] = grid.data_shape();
    let nodes = columns * rows;
    assert!(u.len() == nodes * depths.len() && v.len() == u.len(), "the data have all levels");
    let differences = Differences::of(grid);
    let mut w = vec![MISSING; u.len()];
    // What flows together at the level below, and the velocity that it has come to there.
    let mut below: Vec<Option<[f64; 2]>> = vec![None; nodes];
    for level in (0..depths.len()).rev() {
        let plane = level * nodes..(level + 1) * nodes;
        let (u, v) = (&u[plane.clone()], &v[plane.clone()]);
        for node in 0..nodes {
            if u[node] == MISSING || v[node] == MISSING {
                // Rock above water is no floor to rise from.
                below[node] = None;
                continue;
            }
            let inflow = -differences.divergence(u, v, [node % columns, node / columns]);
            let rise = below[node].map_or(0.0, |[inflow_below, rise]| {
                rise + 0.5 * (inflow + inflow_below) * (depths[level + 1] - depths[level])
            });
            below[node] = Some([inflow, rise]);
            w[plane.start + node] = rise as f32;
        }
    }
    w
}

/// How velocities change along the axes.
struct Differences<'a> {
    x: &'a [f64],
    /// Latitudes or y of the data's rows.
    y: &'a [f64],
    /// Metres in a unit of the axes.
    metres: f64,
    /// Cosines of the latitudes, 1 on a plane.
    cosines: Vec<f64>,
    /// Columns of a period, and how long it is, where the first follows the last.
    around: Option<(usize, f64)>,
}

impl<'a> Differences<'a> {
    fn of(grid: &'a Grid) -> Self {
        let [columns, rows] = grid.data_shape();
        let first_row = usize::from(grid.added_poles()[0]);
        let y = &grid.y().nodes()[first_row..first_row + rows];
        let (metres, cosines) = match grid.mesh() {
            Mesh::Flat => (1.0, vec![1.0; rows]),
            Mesh::Sphere { radius } => {
                (radius * 1.0_f64.to_radians(), y.iter().map(|y| y.to_radians().cos()).collect())
            }
        };
        let around = grid.period().map(|period| (grid.columns() - 1, period));
        Self { x: &grid.x().nodes()[..columns], y, metres, cosines, around }
    }

    /// What flows apart at a node, per second.
    fn divergence(&self, u: &[f32], v: &[f32], [i, j]: [usize; 2]) -> f64 {
        let cosine = self.cosines[j];
        // At a pole no direction is the east.
        if cosine < 1e-9 {
            return 0.0;
        }
        let columns = self.x.len();
        let standing = |value: f32| if value == MISSING { 0.0 } else { f64::from(value) };
        let eastward = |i: usize| standing(u[j * columns + i]);
        let northward = |j: usize| standing(v[j * columns + i]) * self.cosines[j];
        let (west, east, apart) = match self.around {
            Some((count, period)) if i == 0 || i + 1 >= count => {
                let (west, east) = ((i + count - 1) % count, (i + 1) % count);
                (west, east, period - (self.x[west] - self.x[east]))
            }
            _ => {
                let (west, east) = (i.saturating_sub(1), (i + 1).min(columns - 1));
                (west, east, self.x[east] - self.x[west])
            }
        };
        let (south, north) = (j.saturating_sub(1), (j + 1).min(self.y.len() - 1));
        let along_x = (eastward(east) - eastward(west)) / apart;
        let along_y = (northward(north) - northward(south)) / (self.y[north] - self.y[south]);
        (along_x + along_y) / (cosine * self.metres)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Axis, EARTH_RADIUS, Levels};

    fn with_levels(mesh: Mesh, x: Vec<f64>, y: Vec<f64>) -> Grid {
        let grid = Grid::new(mesh, Axis::new(x).unwrap(), Axis::new(y).unwrap()).unwrap();
        grid.with_levels(Levels::new(vec![0.0, 10.0, 30.0, 60.0]).unwrap())
    }

    fn sampled(grid: &Grid, of: impl Fn(f64, f64) -> f64) -> Vec<f32> {
        let [columns, rows] = grid.data_shape();
        let nodes = (0..4 * rows).flat_map(|row| (0..columns).map(move |i| [i, row % rows]));
        nodes.map(|node| grid.node(node)).map(|[x, y]| of(x, y) as f32).collect()
    }

    #[test]
    fn water_that_flows_together_rises() {
        let axis = || (0..6).map(|k| 100.0 * f64::from(k)).collect::<Vec<_>>();
        let grid = with_levels(Mesh::Flat, axis(), axis());
        let (u, v) = (sampled(&grid, |x, _| -2e-4 * x), sampled(&grid, |_, y| 1e-4 * y));
        let w = upward(&grid, &u, &v);
        // 10⁻⁴ a second flow together, over 60, 50, 30 and 0 m of water below.
        for (plane, height) in w.chunks_exact(36).zip([60.0, 50.0, 30.0, 0.0]) {
            assert!(plane.iter().all(|w| (w - 1e-4 * height).abs() < 1e-8), "{plane:?}");
        }
        let mut rock = u.clone();
        rock[3 * 36 + 14] = MISSING;
        let w = upward(&grid, &rock, &v);
        assert_eq!(w[3 * 36 + 14], MISSING);
        assert_eq!(w[2 * 36 + 14], 0.0, "the floor is a level higher there");
    }

    #[test]
    fn rotation_of_the_globe_raises_nothing_and_a_seam_is_no_edge() {
        let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
        let x: Vec<f64> = (0..36).map(|i| 10.0 * f64::from(i)).collect();
        let y = |j: i32| -87.5 + 5.0 * f64::from(j);
        let grid = with_levels(mesh, x, (0..36).map(y).collect());
        assert!(grid.is_periodic());
        // About an axis in the plane of the equator.
        let u = sampled(&grid, |x, y| y.to_radians().sin() * x.to_radians().cos());
        let v = sampled(&grid, |x, _| -x.to_radians().sin());
        let w = upward(&grid, &u, &v);
        let most = |w: &[f32]| w.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
        // Central differences over 20° are off by a fiftieth of u / R.
        assert!(most(&w) < 60.0 / 6.371e6 * 0.1, "{}", most(&w));
        let eastward = sampled(&grid, |x, _| (x.to_radians()).sin());
        let still = vec![0.0; v.len()];
        let w = upward(&grid, &eastward, &still);
        let row = &w[18 * 36..19 * 36];
        let right = |i: usize| -60.0 * (10.0 * i as f64).to_radians().cos() / 6.371e6;
        for (i, &w) in row.iter().enumerate() {
            assert!((f64::from(w) - right(i)).abs() < 1e-7, "{i}: {w} {}", right(i));
        }
    }
}
