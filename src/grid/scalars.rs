//! A scalar at the points of a grid, and its value between them.

use super::{Grid, Location, MISSING, Region};

/// The values of a scalar at one time over a region of a grid's data, one level after the other.
///
/// Between points it is bilinear, on triangles linear. Points without a value are left out and the
/// others count for more, so that next to land it is what the water around has: it has no value only
/// where none of the points around has one, or the whole weight lies on those that have none.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalars {
    region: Region,
    /// Values of a level: of the region, then at the south and the north pole where the grid adds
    /// them; of triangles at the three corners of each.
    size: usize,
    values: Vec<f32>,
}

impl Scalars {
    /// Lays out `values` of a region, rows from the south and each from the west, one level after the
    /// other; [`MISSING`] where there is none.
    ///
    /// # Panics
    /// If the last level is incomplete, or a part of a mesh is given.
    pub fn new(grid: &Grid, region: Region, values: Vec<f32>) -> Self {
        assert!(values.len().is_multiple_of(region.nodes()), "all levels are complete");
        let levels = values.len() / region.nodes();
        let values = match grid.triangles() {
            Some(triangles) => {
                assert_eq!(region.nodes(), triangles.point_count(), "meshes are read whole");
                let levels = values.chunks_exact(region.nodes());
                levels.flat_map(|level| triangles.scalars_at_corners(level)).collect()
            }
            None if grid.added_poles() == [false; 2] => values,
            None => {
                let levels = values.chunks_exact(region.nodes());
                levels.flat_map(|level| [level, &poles(grid, &region, level)].concat()).collect()
            }
        };
        Self { region, size: values.len() / levels.max(1), values }
    }

    /// The region.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Values of one level of a whole grid.
    pub fn most_of_level(grid: &Grid) -> usize {
        match grid.triangles() {
            Some(triangles) => 3 * triangles.count(),
            None => Region::whole(grid).nodes() + 2,
        }
    }

    /// The value at a location within the region, between levels of which each counts for so much; NaN
    /// where there is none.
    ///
    /// # Panics
    /// If the location lies outside the region, or there is no such level.
    pub fn at(&self, grid: &Grid, at: Location, levels: [(usize, f64); 2]) -> f64 {
        let around = self.around(grid, at);
        let (mut sum, mut whole) = (0.0, 0.0);
        for (level, of_level) in levels {
            for (point, of_point) in around {
                let (value, weight) = (self.values[level * self.size + point], of_level * of_point);
                if value != MISSING && weight > 0.0 {
                    sum += weight * f64::from(value);
                    whole += weight;
                }
            }
        }
        sum / whole
    }

    /// The points around a location, by their places in a level, and how much each counts.
    fn around(&self, grid: &Grid, at: Location) -> [(usize, f64); 4] {
        let [a, b] = at.offset;
        if grid.triangles().is_some() {
            let first = 3 * at.cell[0] as usize;
            return [(first, 1.0 - a - b), (first + 1, a), (first + 2, b), (first, 0.0)];
        }
        let [columns, rows] = grid.data_shape();
        let south = usize::from(grid.added_poles()[0]);
        let Region { columns: of_region, rows: rows_of_region } = &self.region;
        let point = |i: usize, j: usize| {
            if j < south {
                return self.region.nodes();
            }
            if j - south == rows {
                return self.region.nodes() + 1;
            }
            // The column after the last is the first, and a row after the seam one before it.
            let [i, j] = match grid.fold() {
                Some(fold) if fold.row_before(j).is_some() => fold.node([i, j]),
                _ => [if i == columns { 0 } else { i }, j],
            };
            (j - south - rows_of_region.start) * of_region.len() + i - of_region.start
        };
        let [i, j] = at.cell.map(|index| index as usize);
        [
            (point(i, j), (1.0 - a) * (1.0 - b)),
            (point(i + 1, j), a * (1.0 - b)),
            (point(i, j + 1), (1.0 - a) * b),
            (point(i + 1, j + 1), a * b),
        ]
    }
}

/// The values at the south and the north pole: the mean of the row next to it, where that is there.
fn poles(grid: &Grid, region: &Region, level: &[f32]) -> [f32; 2] {
    let [_, rows] = grid.data_shape();
    let mean = |row: usize| {
        let Some(row) = region.rows.contains(&row).then(|| row - region.rows.start) else {
            return MISSING;
        };
        let width = region.columns.len();
        let known = level[row * width..(row + 1) * width].iter().filter(|&&value| value != MISSING);
        let (sum, count) = known.fold((0.0, 0), |(sum, n), &value| (sum + f64::from(value), n + 1));
        if count == 0 { MISSING } else { (sum / f64::from(count)) as f32 }
    };
    [mean(0), mean(rows - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Axis, EARTH_RADIUS, Extent, Mesh, Points, Triangles};

    const LEVEL: [(usize, f64); 2] = [(0, 1.0), (0, 0.0)];

    fn axis(from: f64, step: f64, count: usize) -> Axis {
        Axis::new((0..count).map(|k| from + step * k as f64).collect()).unwrap()
    }

    fn globe() -> Grid {
        let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
        Grid::new(mesh, axis(0.0, 10.0, 36), axis(-85.0, 10.0, 18)).unwrap()
    }

    fn on(grid: &Grid, region: Region, of: impl Fn([f64; 2]) -> f32) -> Scalars {
        let nodes = region.rows.clone().flat_map(|j| region.columns.clone().map(move |i| [i, j]));
        let values = nodes.map(|node| of(grid.node(node))).collect();
        Scalars::new(grid, region, values)
    }

    fn value(scalars: &Scalars, grid: &Grid, x: f64, y: f64) -> f64 {
        scalars.at(grid, grid.locate(x, y).expect("it is inside"), LEVEL)
    }

    #[test]
    fn a_region_gives_what_the_whole_gives() {
        let grid = globe();
        let of = |[x, y]: [f64; 2]| (0.3 * x - 0.2 * y) as f32;
        let whole = on(&grid, Region::whole(&grid), of);
        for (x, y) in [(12.5, 3.0), (355.0, -40.0), (0.0, 84.0), (181.0, 88.0), (3.0, -89.0)] {
            let extent = Extent::around(&grid, grid.locate(x, y)).unwrap();
            let part = on(&grid, Region::of(&grid, &extent), of);
            let (part, whole) = (value(&part, &grid, x, y), value(&whole, &grid, x, y));
            assert_eq!(part.to_bits(), whole.to_bits(), "{x} {y}");
            if y.abs() < 85.0 && x < 350.0 {
                assert!((whole - (0.3 * x - 0.2 * y)).abs() < 1e-5, "{x} {y}: {whole}");
            }
        }
        // Across the seam between 350° (105) and 0° (0), and at the pole the mean of the row.
        assert!((value(&whole, &grid, 355.0, 5.0) - (52.5 - 1.0)).abs() < 1e-5);
        assert!((value(&whole, &grid, 77.0, 90.0) - (0.3 * 175.0 - 17.0)).abs() < 1e-5);
    }

    #[test]
    fn points_without_a_value_are_left_out() {
        let grid = Grid::new(Mesh::Flat, axis(0.0, 1.0, 3), axis(0.0, 1.0, 2)).unwrap();
        let whole = Region::whole(&grid);
        let values = vec![1.0, 2.0, MISSING, 3.0, MISSING, MISSING];
        let scalars = Scalars::new(&grid, whole, values);
        let expected = (0.5625 * 1.0 + 0.1875 * 2.0 + 0.1875 * 3.0) / 0.9375;
        assert!((value(&scalars, &grid, 0.25, 0.25) - expected).abs() < 1e-15);
        assert_eq!(value(&scalars, &grid, 1.5, 0.5), 2.0);
        let east = Location { cell: [1, 0], offset: [1.0, 0.25] };
        assert!(scalars.at(&grid, east, LEVEL).is_nan(), "all lies on points that have none");
    }

    #[test]
    fn levels_count_as_they_are_told_and_rock_below_does_not() {
        let grid = Grid::new(Mesh::Flat, axis(0.0, 1.0, 2), axis(0.0, 1.0, 2)).unwrap();
        let values = [[1.0_f32; 4], [5.0; 4], [MISSING; 4]].concat();
        let scalars = Scalars::new(&grid, Region::whole(&grid), values);
        let at = grid.locate(0.3, 0.6).unwrap();
        assert_eq!(scalars.at(&grid, at, [(0, 0.75), (1, 0.25)]), 2.0);
        assert_eq!(scalars.at(&grid, at, [(1, 0.75), (2, 0.25)]), 5.0);
        assert!(scalars.at(&grid, at, [(2, 1.0), (2, 0.0)]).is_nan());
    }

    #[test]
    fn triangles_have_it_at_their_nodes_or_faces() {
        let nodes: Vec<[f64; 2]> =
            (0..16).map(|k| [f64::from(k % 4), f64::from(k / 4) * 1.5]).collect();
        let faces: Vec<u32> = (0..9_u32)
            .flat_map(|k| {
                let sw = k / 3 * 4 + k % 3;
                [sw, sw + 1, sw + 5, sw, sw + 5, sw + 4]
            })
            .collect();
        for points in [Points::Nodes, Points::Faces] {
            let mesh = Triangles::new(Mesh::Flat, nodes.clone(), &faces, 3, points).unwrap();
            let grid = Grid::of_triangles(Mesh::Flat, mesh);
            let of = |[x, y]: [f64; 2]| (2.0 * x - y) as f32;
            let scalars = on(&grid, Region::whole(&grid), of);
            // Means of faces are exact inside of the mesh.
            let found = value(&scalars, &grid, 1.4, 2.2);
            assert!((found - 0.6).abs() < 1e-6, "{points:?}: {found}");
        }
    }
}
