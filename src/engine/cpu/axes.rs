//! Where a displacement leads: from cell to cell along the two axes. Twin: `shaders/axes.wgsl`

use super::coast::Closed;
use super::ground::Ground;
use super::particle::Spot;
use crate::engine::Setup;
use crate::grid::{Axis, Fold, Levels, Location, Mesh};

/// One axis as a particle walks along it.
struct Walk {
    /// Number of cells.
    cells: i32,
    /// Whether the last cell is followed by the first.
    periodic: bool,
    /// Whether all cells have the same width.
    even: bool,
    /// Cells in a metre, for each cell.
    per_metre: Vec<f64>,
}

impl Walk {
    fn new(axis: &Axis, metres_per_unit: f64, periodic: bool) -> Self {
        let cells = axis.len() - 1;
        let per_metre = (0..cells).map(|cell| 1.0 / (axis.width(cell) * metres_per_unit)).collect();
        Self { cells: cells as i32, periodic, even: axis.spacing().is_some(), per_metre }
    }

    /// The cell and the offset in it `metres` on from `offset`. Outside of the axis, the cell is
    /// negative or `cells` at least.
    #[inline(always)]
    fn walk(&self, cell: i32, offset: f64, metres: f64) -> (i32, f64) {
        let t = offset + metres * self.per_metre[cell as usize];
        if (0.0..1.0).contains(&t) { (cell, t) } else { self.leave(cell, t) }
    }

    /// Where `t` widths of `cell` from its beginning lead, which is not within it.
    #[cold]
    fn leave(&self, cell: i32, mut t: f64) -> (i32, f64) {
        if self.even {
            let whole = t.floor();
            return (self.wrap(cell + whole as i32), t - whole);
        }
        let mut i = cell;
        while t >= 1.0 && i < self.cells {
            let next = self.wrap(i + 1);
            t = (t - 1.0) * (self.nearest_per_metre(next) / self.nearest_per_metre(i));
            i = next;
        }
        while t < 0.0 && i >= 0 {
            let next = self.wrap(i - 1);
            t = t * (self.nearest_per_metre(next) / self.nearest_per_metre(i)) + 1.0;
            i = next;
        }
        (i, t)
    }

    fn wrap(&self, cell: i32) -> i32 {
        match cell {
            _ if !self.periodic => cell,
            _ if cell < 0 => cell + self.cells,
            _ if cell >= self.cells => cell - self.cells,
            _ => cell,
        }
    }

    fn nearest_per_metre(&self, cell: i32) -> f64 {
        self.per_metre[cell.clamp(0, self.cells - 1) as usize]
    }

    /// The place held at the end of the axis where it lies beyond.
    #[inline(always)]
    fn hold(&self, (cell, offset): (i32, f64)) -> (i32, f64) {
        if cell < 0 {
            (0, 0.0)
        } else if cell >= self.cells {
            (self.cells - 1, 1.0)
        } else {
            (cell, offset)
        }
    }
}

/// The grid as particles walk over it.
pub(super) struct Axes {
    x: Walk,
    y: Walk,
    /// Nodes in a row of a field, rows in a level, and levels.
    pub columns: usize,
    pub rows: usize,
    pub levels: usize,
    pub form: Form,
    /// Whether the lowest level is the floor of the sea.
    pub floor: bool,
    /// The seam of a tripolar grid.
    fold: Option<Fold>,
    /// What keeps particles from land, if anything does.
    pub closed: Option<Closed>,
}

/// Where the velocities of a field lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// At the nodes of cells with four.
    Nodes,
    /// On their faces.
    Faces,
    /// At the corners of triangles.
    Corners,
}

impl Axes {
    pub fn new(setup: &Setup) -> Self {
        let grid = &setup.grid;
        let metres_per_unit = match grid.axes_mesh() {
            Mesh::Sphere { radius } => radius * 1.0_f64.to_radians(),
            Mesh::Flat => 1.0,
        };
        // Nobody walks along the numbers of triangles.
        let x = if grid.triangles().is_some() { grid.y() } else { grid.x() };
        Self {
            x: Walk::new(x, metres_per_unit, grid.is_periodic()),
            y: Walk::new(grid.y(), metres_per_unit, false),
            columns: grid.columns(),
            rows: grid.rows(),
            levels: grid.level_count(),
            form: match grid.triangles() {
                Some(_) => Form::Corners,
                None if grid.has_faces() => Form::Faces,
                None => Form::Nodes,
            },
            floor: grid.levels().is_some_and(Levels::reach_the_floor),
            fold: grid.fold().copied(),
            closed: Closed::new(setup),
        }
    }

    /// The node of a level at the south-western corner of a cell.
    pub fn corner_of(&self, at: [i32; 2], level: i32) -> usize {
        (level as usize * self.rows + at[1] as usize) * self.columns + at[0] as usize
    }

    /// A spot that rounding has put beyond a pole, set back on it.
    pub fn hold_at_pole(&self, mut spot: Spot) -> Spot {
        (spot.cell[1], spot.offset[1]) = self.y.hold((spot.cell[1], spot.offset[1]));
        spot
    }
}

/// The largest offset that the shader's integers have.
pub(super) const NEXT_TO_THE_SIDE: f64 = 1.0 - 1.0 / (1_u64 << 30) as f64;

impl Ground for Axes {
    #[inline(always)]
    fn settle(&self, from: Spot, metres: [f64; 3]) -> Spot {
        let (i, a) = self.x.walk(from.cell[0], from.offset[0], metres[0]);
        let (j, b) = self.y.walk(from.cell[1], from.offset[1], metres[1]);
        Spot { cell: [i, j], offset: [a, b], depth: from.depth + metres[2] }
    }

    #[inline(always)]
    fn held(&self, spot: Spot) -> Spot {
        let (i, a) = self.x.hold((spot.cell[0], spot.offset[0]));
        let (j, b) = self.y.hold((spot.cell[1], spot.offset[1]));
        Spot { cell: [i, j], offset: [a, b], ..spot }
    }

    fn within(&self, from: Spot, metres: [f64; 3]) -> Spot {
        let [i, j] = from.cell.map(|cell| cell as usize);
        let a = from.offset[0] + metres[0] * self.x.per_metre[i];
        let b = from.offset[1] + metres[1] * self.y.per_metre[j];
        let offset = [a.clamp(0.0, 1.0), b.clamp(0.0, 1.0)];
        Spot { cell: from.cell, offset, depth: from.depth + metres[2] }
    }

    fn held_in(
        &self,
        before: Spot,
        moved: Spot,
        metres: [f64; 3],
        kept: [bool; 2],
        bounce: bool,
    ) -> Spot {
        let offset = [0, 1].map(|d| match kept[d] && moved.cell[d] != before.cell[d] {
            false => moved.offset[d],
            true if bounce => (1.0 - moved.offset[d]).clamp(0.0, NEXT_TO_THE_SIDE),
            true if metres[d] > 0.0 => NEXT_TO_THE_SIDE,
            true => 0.0,
        });
        let cell = [0, 1].map(|d| if kept[d] { before.cell[d] } else { moved.cell[d] });
        Spot { cell, offset, depth: before.depth }
    }

    fn is_inside(&self, cell: [i32; 2]) -> bool {
        (0..self.x.cells).contains(&cell[0]) && (0..self.y.cells).contains(&cell[1])
    }

    #[inline(always)]
    fn folded(&self, spot: Spot) -> Spot {
        let Some(fold) = &self.fold else { return spot };
        let Location { cell, offset } =
            fold.folded(Location { cell: spot.cell, offset: spot.offset });
        Spot { cell, offset, ..spot }
    }

    /// South-west, south-east, north-west, north-east.
    fn nearest_corner(&self, offset: [f64; 2]) -> usize {
        usize::from(offset[0] >= 0.5) + 2 * usize::from(offset[1] >= 0.5)
    }
}
