//! Where a grid has water, as one field on it says, and which cells of another grid lie in it.

use rayon::prelude::*;

use super::{Field, Grid, Location, MISSING, nearest_corner};

/// Which corners of its cells have a velocity.
#[derive(Clone, Debug, PartialEq)]
pub struct Water {
    /// One bit a corner, for each cell: see [`Grid::cell_number`].
    corners: Vec<u8>,
    /// The bits of a cell that is water all over.
    all: u8,
}

/// How far outside of the rim is next to it, as a part of a cell.
const BEYOND: f64 = 1e-6;

/// A cell's side is looked at in so many places at most.
const MOST_PLACES: f64 = 256.0;

impl Water {
    /// As a field on the grid has it, which has one level.
    ///
    /// # Panics
    /// If the grid has levels.
    pub fn of(grid: &Grid, field: &Field) -> Self {
        assert!(grid.levels().is_none(), "water is known on one level");
        let nodes = field.nodes();
        let is_water = |index: usize| nodes[index][0] != MISSING;
        let bits = |indices: &[usize]| {
            indices.iter().enumerate().map(|(bit, &index)| u8::from(is_water(index)) << bit).sum()
        };
        let [columns, rows] = grid.cells();
        let corners = (0..columns * rows).map(|cell| {
            if grid.triangles().is_some() {
                return bits(&[0, 1, 2].map(|corner| 3 * cell + corner));
            }
            if grid.has_faces() {
                return bits(&[2 * cell; 4]);
            }
            let first = cell / columns * grid.columns() + cell % columns;
            let above = first + grid.columns();
            bits(&[first, first + 1, above, above + 1])
        });
        let all = if grid.triangles().is_some() { 0b111 } else { 0b1111 };
        Self { corners: corners.collect(), all }
    }

    /// Whether the corner next to a place has a velocity.
    pub fn has(&self, grid: &Grid, at: Location) -> bool {
        let corner = match grid.triangles() {
            Some(_) => nearest_corner(at.offset),
            None => usize::from(at.offset[0] >= 0.5) + 2 * usize::from(at.offset[1] >= 0.5),
        };
        self.corners[grid.cell_number(at.cell)] >> corner & 1 == 1
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> u64 {
        self.corners.len() as u64
    }

    /// Of each cell of `other`, whether it lies wholly within the water of `grid`: all its corners lie
    /// in the grid, and neither a cell with land nor the grid's rim reaches into it by more than a
    /// quarter of a cell.
    pub fn holds_cells_of(&self, grid: &Grid, other: &Grid) -> Vec<bool> {
        let [columns, rows] = other.cells();
        let mut touched = vec![false; columns * rows];
        for place in self.on_land(grid, other).chain(rim(grid, other)) {
            if let Some(at) = other.locate(place[0], place[1]) {
                touched[other.cell_number(at.cell)] = true;
            }
        }
        let corners: &[[f64; 2]] = match other.triangles() {
            Some(_) => &[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]],
            None => &[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
        };
        let is_inside = |number: usize| {
            let cell = [(number % columns) as i32, (number / columns) as i32];
            corners.iter().all(|&offset| {
                let [x, y] = other.position(Location { cell, offset });
                grid.locate(x, y).is_some()
            })
        };
        let holds = touched.par_iter().enumerate();
        holds.map(|(number, &touched)| !touched && is_inside(number)).collect()
    }

    /// Places in all cells that have land at a corner.
    fn on_land(&self, grid: &Grid, other: &Grid) -> impl Iterator<Item = [f64; 2]> {
        let columns = grid.cells()[0];
        let cells = self.corners.iter().enumerate().filter(|&(_, &corners)| corners != self.all);
        cells.flat_map(move |(number, _)| {
            let cell = [(number % columns) as i32, (number / columns) as i32];
            let ends = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
                .map(|offset| grid.position(Location { cell, offset }));
            let places = places(other, ends[0], ends[1]).max(places(other, ends[0], ends[2]));
            let along = move |k: usize| (k as f64 + 0.5) / places as f64;
            let is_triangle = grid.triangles().is_some();
            let lattice = (0..places).flat_map(move |j| (0..places).map(move |i| [i, j]));
            lattice.filter_map(move |[i, j]| {
                let offset = [along(i), along(j)];
                let is_in = !is_triangle || offset[0] + offset[1] <= 1.0;
                is_in.then(|| grid.position(Location { cell, offset }))
            })
        })
    }
}

/// Places just outside of a grid, all along its rim.
fn rim(grid: &Grid, other: &Grid) -> impl Iterator<Item = [f64; 2]> {
    outer_sides(grid).into_iter().flat_map(move |(cell, [from, to])| {
        let position = move |offset: [f64; 2]| grid.position(Location { cell, offset });
        let places = places(other, position(from), position(to));
        (0..places).map(move |k| {
            let part = (k as f64 + 0.5) / places as f64;
            position([0, 1].map(|d| from[d] + part * (to[d] - from[d])))
        })
    })
}

/// The cells of the rim and the ends of their outer sides, moved outward by [`BEYOND`].
fn outer_sides(grid: &Grid) -> Vec<([i32; 2], [[f64; 2]; 2])> {
    if let Some(triangles) = grid.triangles() {
        let [near, far] = [-BEYOND, 1.0 + BEYOND];
        // Across from the first corner, the second and the third.
        let across =
            [[[far, 0.0], [0.0, far]], [[near, 0.0], [near, 1.0]], [[0.0, near], [1.0, near]]];
        let sides = triangles.sides().iter().enumerate().flat_map(|(triangle, sides)| {
            let open = sides.iter().zip(across).filter(|(side, _)| side.next < 0);
            open.map(move |(_, ends)| ([triangle as i32, 0], ends))
        });
        return sides.collect();
    }
    let [columns, rows] = grid.cells().map(|count| count as i32);
    let [south, north] = grid.has_pole().map(|has_pole| !has_pole);
    let mut sides = Vec::new();
    for row in (0..rows).filter(|_| !grid.is_periodic()) {
        sides.push(([0, row], [[-BEYOND, 0.0], [-BEYOND, 1.0]]));
        sides.push(([columns - 1, row], [[1.0 + BEYOND, 0.0], [1.0 + BEYOND, 1.0]]));
    }
    for column in 0..columns {
        sides.extend(south.then_some(([column, 0], [[0.0, -BEYOND], [1.0, -BEYOND]])));
        let beyond = [[0.0, 1.0 + BEYOND], [1.0, 1.0 + BEYOND]];
        sides.extend(north.then_some(([column, rows - 1], beyond)));
    }
    sides
}

/// In how many places along a way to look so that a cell of `other` that it leads through is met: two
/// at least.
fn places(other: &Grid, from: [f64; 2], to: [f64; 2]) -> usize {
    let cells = other.distance(from, to) / other.finest();
    (4.0 * cells).ceil().clamp(2.0, MOST_PLACES) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Axis, EARTH_RADIUS, Mesh};

    fn grid(mesh: Mesh, west: f64, step: f64, count: usize) -> Grid {
        let axis = || Axis::new((0..=count).map(|k| west + step * k as f64).collect()).unwrap();
        Grid::new(mesh, axis(), axis()).unwrap()
    }

    /// The water of a grid with land at these nodes.
    fn water(grid: &Grid, land: &[[usize; 2]]) -> Water {
        let [columns, rows] = grid.data_shape();
        let mut u = vec![0.0; columns * rows];
        for [i, j] in land {
            u[j * columns + i] = MISSING;
        }
        Water::of(grid, &Field::new(grid, &u, &vec![0.0; u.len()]))
    }

    fn held(fine: &Grid, land: &[[usize; 2]], coarse: &Grid) -> Vec<[usize; 2]> {
        let columns = coarse.cells()[0];
        let held = water(fine, land).holds_cells_of(fine, coarse);
        let numbers = held.iter().enumerate().filter(|&(_, &holds)| holds);
        numbers.map(|(number, _)| [number % columns, number / columns]).collect()
    }

    #[test]
    fn cells_are_held_that_lie_in_water_all_over() {
        for mesh in [Mesh::Flat, Mesh::Sphere { radius: EARTH_RADIUS }] {
            let coarse = grid(mesh, -10.0, 1.0, 20);
            // From -2.5 to 2.5: the cells that it cuts in two are not held.
            let fine = grid(mesh, -2.5, 0.25, 20);
            let all: Vec<_> = (8..12).flat_map(|j| (8..12).map(move |i| [i, j])).collect();
            assert_eq!(held(&fine, &[], &coarse), all);
            // Ends that meet are those of cells that lie within, on all four sides.
            let fine = grid(mesh, -2.0, 0.25, 16);
            assert_eq!(held(&fine, &[], &coarse), all);
            // An islet at 0.25, 0.5, in the midst of one cell; and one on the side of two cells.
            let without = |cells: &[[usize; 2]]| -> Vec<_> {
                all.iter().copied().filter(|cell| !cells.contains(cell)).collect()
            };
            assert_eq!(held(&fine, &[[9, 10]], &coarse), without(&[[10, 10]]));
            assert_eq!(held(&fine, &[[8, 10]], &coarse), without(&[[9, 10], [10, 10]]));
            // Coarser than the other: cells are held all the same.
            let fine = grid(mesh, -5.0, 2.5, 4);
            let found = held(&fine, &[[0, 0]], &coarse);
            assert_eq!(found.len(), 100 - 9, "of ten by ten those that the corner cell reaches");
        }
    }

    #[test]
    fn a_place_is_in_water_where_its_nearest_corner_is() {
        let fine = grid(Mesh::Flat, 0.0, 1.0, 4);
        let water = water(&fine, &[[2, 2]]);
        for ([x, y], wet) in [([1.4, 1.9], true), ([1.6, 1.9], false), ([2.4, 2.6], true)] {
            assert_eq!(water.has(&fine, fine.locate(x, y).unwrap()), wet, "{x}, {y}");
        }
    }
}
