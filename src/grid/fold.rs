//! The seam of a tripolar grid: beyond its last row the rows before it follow, turned by half a circle
//! (Murray 1996, J. Comput. Phys. 126, 251).

use super::lattice::{Lattice, SAME};
use super::sphere;
use super::{Location, MISSING};

/// Rows of cells beyond the seam. A step begins before it, and where it ends it is turned; its stages
/// need what they meet beyond.
const BEYOND: usize = 32;

/// In how many columns it is looked at whether rows are one, and the part of them that must fit: next to the
/// poles of the grid some do not.
const LOOKED_AT: usize = 64;
const FITTING: f64 = 0.75;

/// A velocity in columns and rows that were turned by half a circle.
pub(super) fn turned(velocity: [f32; 2]) -> [f32; 2] {
    velocity.map(|part| if part == MISSING { MISSING } else { -part })
}

/// How rows go on beyond the last: a node is that whose column and row, added to its own, make these sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Of columns, up to whole circles, and of rows.
    pub sums: [i32; 2],
    /// Columns of a circle.
    pub period: i32,
}

impl Fold {
    /// What the nodes of a grid tell that closes on itself: its last row is an earlier one, or itself, the
    /// other way round; or it is followed by itself, the other way round.
    pub(super) fn of(lattice: &Lattice) -> Option<Self> {
        let (period, last) = (lattice.columns - 1, lattice.rows() - 1);
        let node = |i: usize, j: usize| lattice.nodes[j * lattice.columns + i];
        let step = period.div_ceil(LOOKED_AT);
        // Whether so many rows after the last there is that so many rows before it, with columns that make
        // this sum.
        let fits = |sum: usize, after: usize, before: usize| {
            let (mut fitting, mut known) = (0_usize, 0_usize);
            for i in (0..period).step_by(step) {
                let (here, below) = (node(i, last), node(i, last - 1));
                let ahead = [0, 1, 2].map(|d| here[d] + after as f64 * (here[d] - below[d]));
                let height = sphere::distance(here, below);
                let apart =
                    sphere::distance(ahead, node((sum + period - i) % period, last - before));
                // At a pole all nodes of a row are one.
                let is_row = sphere::distance(here, node(i + 1, last)) > SAME * height;
                if is_row && apart.is_finite() {
                    known += 1;
                    let most = if after == 0 { SAME } else { 0.5 };
                    fitting += usize::from(apart <= most * height);
                }
            }
            known > 0 && fitting as f64 >= FITTING * known as f64
        };
        [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)].into_iter().find_map(|(after, before)| {
            let sum =
                (0..period).filter(|_| before < last).find(|&sum| fits(sum, after, before))?;
            let rows = 2 * last + after - before;
            Some(Self { sums: [sum, rows].map(|sum| sum as i32), period: period as i32 })
        })
    }

    /// The first row of nodes that is another one.
    pub(super) fn first_row(&self) -> usize {
        self.sums[1] as usize / 2 + 1
    }

    /// The first row of cells that is beyond the seam.
    pub fn first_cells(&self) -> i32 {
        (self.sums[1] + 1) / 2
    }

    /// The node that a node beyond the seam is.
    pub(super) fn node(&self, [i, j]: [usize; 2]) -> [usize; 2] {
        let i = (self.sums[0] - i as i32).rem_euclid(self.period);
        [i as usize, (self.sums[1] - j as i32) as usize]
    }

    /// The cell that a cell beyond the seam is.
    pub(super) fn cell(&self, [i, j]: [usize; 2]) -> [usize; 2] {
        self.node([i + 1, j + 1])
    }

    /// For a row of nodes beyond the seam, a row before which there is nothing that it shows.
    pub(super) fn row_before(&self, row: usize) -> Option<usize> {
        (row >= self.first_row()).then(|| (self.sums[1] - row as i32).max(0) as usize)
    }

    /// Gives nodes beyond the seam the values of those that they are, `turned`.
    pub(super) fn fill<T: Copy>(&self, values: &mut [T], columns: usize, turned: impl Fn(T) -> T) {
        for index in self.first_row() * columns..values.len() {
            let [i, j] = self.node([index % columns, index / columns]);
            values[index] = turned(values[j * columns + i]);
        }
    }

    /// The same for cells, through whose western and eastern, southern and northern faces these go.
    pub(super) fn fill_cells(&self, faces: &mut [[f32; 2]]) {
        let columns = self.period as usize;
        for index in self.first_cells() as usize * columns..faces.len() / 2 {
            let [i, j] = self.cell([index % columns, index / columns]);
            for axis in 0..2 {
                let [first, second] = faces[2 * (j * columns + i) + axis];
                faces[2 * index + axis] = turned([second, first]);
            }
        }
    }

    /// Where a place is that may lie beyond the seam.
    pub fn folded(&self, at: Location) -> Location {
        if at.cell[1] < self.first_cells() {
            return at;
        }
        let turned = |d: usize| match at.offset[d] {
            0.0 => (self.sums[d] - at.cell[d], 0.0),
            offset => (self.sums[d] - at.cell[d] - 1, 1.0 - offset),
        };
        let ((i, a), (j, b)) = (turned(0), turned(1));
        Location { cell: [i.rem_euclid(self.period), j], offset: [a, b] }
    }

    /// All rows, those beyond the seam as the ones that they are.
    pub(super) fn unfolded(&self, lattice: Lattice) -> Lattice {
        let beyond = (self.first_cells() as usize + BEYOND).min(self.sums[1] as usize);
        let rows = lattice.rows().max(beyond + 1);
        let Lattice { columns, mut nodes } = lattice;
        nodes.resize(rows * columns, [f64::NAN; 3]);
        self.fill(&mut nodes, columns, |node| node);
        Lattice { columns, nodes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Arrangement, Curvilinear, EARTH_RADIUS, Field, Grid, Pointing, Region};

    /// Ellipses around two poles at 60° N, at 90° W and 90° E: `row` of them from the line between those
    /// poles, and `column` from the first pole.
    fn place(row: f64, column: f64) -> [f64; 2] {
        let (s, t) = (0.1 * row, std::f64::consts::TAU / 48.0 * column);
        let half = 2.0 * (std::f64::consts::PI / 12.0).tan();
        let [x, y] = [s.sinh() * t.sin(), s.cosh() * t.cos()].map(|part| half * part);
        sphere::position([x, y, 1.0 - (x * x + y * y) / 4.0])
    }

    /// A grid whose last row lies so many rows before the line.
    fn grid(last: f64, first_column: f64, arrangement: Arrangement) -> Curvilinear {
        let rows = (0..12).map(|j| last + 11.0 - f64::from(j));
        let nodes =
            rows.flat_map(|row| (0..48).map(move |i| place(row, first_column + f64::from(i))));
        let (longitudes, latitudes): (Vec<_>, Vec<_>) = nodes.map(|[x, y]| (x, y)).unzip();
        // Through faces a first column has to be there again.
        let again = |all: Vec<f64>| -> Vec<f64> {
            all.chunks_exact(48).flat_map(|row| [row, &row[..1]].concat()).collect()
        };
        Curvilinear::new(&again(longitudes), &again(latitudes), 49, arrangement, EARTH_RADIUS)
            .unwrap()
    }

    const EARTHLY: Arrangement = Arrangement::Nodes(Pointing::Earth);

    #[test]
    fn a_seam_is_found_however_many_rows_are_repeated() {
        for (last, sum) in [(0.5, 23), (0.0, 22), (-0.5, 21), (-1.0, 20), (-1.5, 19)] {
            for first_column in [0.5, 7.5, 13.0] {
                let grid = grid(last, first_column, EARTHLY);
                let fold = *grid.fold().unwrap_or_else(|| panic!("{last}, {first_column}"));
                let columns = (-2.0 * first_column).rem_euclid(48.0) as i32;
                assert_eq!(fold, Fold { sums: [columns, sum], period: 48 });
                assert_eq!(grid.data_shape(), [49, 12]);
            }
        }
        assert_eq!(grid(3.0, 0.5, EARTHLY).fold(), None, "there is a hole");
    }

    #[test]
    fn longitudes_that_meet_at_a_pole_are_no_seam() {
        for last in [90.0, 89.9, 89.75, 89.0] {
            let nodes = (0..20).flat_map(|j| (0..=72).map(move |i| [i, j]));
            let (x, y): (Vec<_>, Vec<_>) =
                nodes.map(|[i, j]| (5.0 * f64::from(i), last - 0.5 * f64::from(19 - j))).unzip();
            let grid = Curvilinear::new(&x, &y, 73, EARTHLY, EARTH_RADIUS).unwrap();
            assert!(grid.is_periodic());
            assert_eq!(grid.fold(), None, "{last}");
        }
    }

    #[test]
    fn beyond_the_seam_is_what_lies_there() {
        for last in [0.5, 0.0, -0.5, -1.0] {
            let curvilinear = grid(last, 3.5, EARTHLY);
            let fold = *curvilinear.fold().unwrap();
            let grid = Grid::of_nodes(EARTH_RADIUS, curvilinear);
            for cell in [[3, fold.first_cells()], [17, fold.first_cells() + 4]] {
                let beyond = Location { cell, offset: [0.25, 0.75] };
                let before = fold.folded(beyond);
                assert!(before.cell[1] < fold.first_cells());
                let apart = grid.distance(grid.position(beyond), grid.position(before));
                assert!(apart < 1e-6, "{apart}");
                let [x, y] = grid.position(before);
                let found = grid.locate(x, y).unwrap();
                assert_eq!(found.cell, before.cell, "{last}");
            }
        }
    }

    #[test]
    fn velocities_are_turned_with_the_rows() {
        let curvilinear = grid(-0.5, 0.5, EARTHLY);
        let fold = *curvilinear.fold().unwrap();
        let grid = Grid::of_nodes(EARTH_RADIUS, curvilinear);
        let mut u = vec![0.3; 49 * 12];
        u[49 * 9 + 4] = MISSING;
        // What files have in rows that they repeat is not always worth reading.
        u[49 * 11..].fill(7.0);
        let field = Field::new(&grid, &u, &vec![0.2; 49 * 12]);
        let nodes = |i: usize, j: usize| field.nodes()[j * 49 + i];
        for j in fold.first_row()..grid.rows() {
            for i in 0..49 {
                let [a, b] = fold.node([i, j]);
                assert_eq!(nodes(i, j), turned(nodes(a, b)));
            }
        }
        assert!(field.nodes().contains(&[MISSING; 2]));
    }

    #[test]
    fn regions_at_the_seam_have_both_of_its_sides() {
        let curvilinear = grid(0.5, 0.5, EARTHLY);
        let grid = Grid::of_nodes(EARTH_RADIUS, curvilinear);
        let region = |cell: [i32; 2]| {
            let extent = crate::grid::Extent::around(&grid, [Location { cell, offset: [0.5; 2] }]);
            Region::of(&grid, &extent.unwrap())
        };
        assert_eq!(region([5, 9]), Region { columns: 5..7, rows: 9..11 });
        assert_eq!(region([5, 11]), Region { columns: 0..49, rows: 11..12 });
        assert_eq!(region([5, 14]), Region { columns: 0..49, rows: 8..12 });
    }

    #[test]
    fn what_goes_through_faces_goes_on_through_those_beyond() {
        let curvilinear = grid(-1.0, 0.0, Arrangement::Faces);
        let fold = *curvilinear.fold().unwrap();
        let grid = Grid::of_nodes(EARTH_RADIUS, curvilinear);
        let some = |count: usize| (0..count).map(|k| (k as f32).sin()).collect::<Vec<_>>();
        let field = Field::new(&grid, &some(49 * 11), &some(48 * 12));
        let cell = |i: usize, j: usize| &field.nodes()[2 * (48 * j + i)..][..2];
        for j in fold.first_cells() as usize..grid.rows() - 1 {
            for i in 0..48 {
                let [a, b] = fold.cell([i, j]);
                let ([we, sn], [we_of, sn_of]) =
                    ([cell(i, j)[0], cell(i, j)[1]], [cell(a, b)[0], cell(a, b)[1]]);
                assert_eq!(we, [-we_of[1], -we_of[0]]);
                assert_eq!(sn, [-sn_of[1], -sn_of[0]]);
            }
        }
    }
}
