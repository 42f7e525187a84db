//! Where the planes of a component or a scalar lie in its variable, and how they are turned: the uppermost first, south
//! to north and west to east.

use std::ops::Range;
use std::sync::Arc;

use crate::forcing::cf::{
    Component, Horizontal, Interpretation, LandMask, LevelsVariable, Packing, Role,
    ScalarInterpretation,
};
use crate::forcing::{Slab, Variable};
use crate::grid::{Arrangement, MISSING, Region};

/// How one component of a snapshot, or a scalar, is cut from its variable.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) variable: String,
    pub(super) packing: Packing,
    roles: Vec<Role>,
    /// The first level that is taken in the file's order, and how many are.
    level: u64,
    levels: usize,
    columns: usize,
    rows: usize,
    /// Whether all points are those of a mesh, which are read whole.
    in_a_row: bool,
    flipped: Flipped,
    /// Index along x and along y in the file of the first value, and how many fewer values than nodes
    /// there are along them: those that go through faces lie between the nodes.
    first: [usize; 2],
    fewer: [usize; 2],
    /// Which nodes or faces hold no velocity whatever the file has there.
    closed: Option<Closed>,
}

/// Along which dimensions the file's order is not ours.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Flipped {
    x: bool,
    y: bool,
    level: bool,
}

/// Nodes or faces without a velocity, row by row from the south-west; of all levels alike, or of one
/// after the other from the uppermost.
#[derive(Clone, Debug, PartialEq)]
struct Closed {
    /// Points in a row, and in a level.
    width: usize,
    size: usize,
    points: Arc<Vec<bool>>,
}

/// A component of the velocity, or a plane beside it: the height of the surface that levels follow, of a
/// mesh at its nodes, or where water is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    U,
    V,
    W,
    Surface,
    Plane,
}

/// What a variable is laid out along.
pub(super) struct Axes<'a> {
    horizontal: &'a Horizontal,
    /// How many times there are.
    times: usize,
    /// The level that is taken in the file's order, or all of them.
    level: u64,
    levels: Option<&'a LevelsVariable>,
    mask: Option<&'a LandMask>,
    /// Which faces it goes through, if any, where velocities go through faces.
    part: Part,
}

impl<'a> Axes<'a> {
    /// Those of a component of the velocity.
    pub(super) fn of(found: &'a Interpretation, part: Part) -> Self {
        let levels = match part {
            Part::U | Part::V => found.levels.as_ref(),
            Part::W => found.w.as_ref().map(|w| &w.levels),
            Part::Surface | Part::Plane => None,
        };
        Self {
            horizontal: &found.horizontal,
            times: found.time.times.len(),
            level: found.level.as_ref().map_or(0, |level| level.index),
            levels,
            // What is not horizontal counts where there is a horizontal velocity.
            mask: found.mask.as_ref().filter(|_| matches!(part, Part::U | Part::V)),
            part,
        }
    }

    /// Those of a scalar.
    pub(super) fn of_scalar(found: &'a ScalarInterpretation) -> Self {
        Self {
            horizontal: &found.horizontal,
            times: found.time.times.len(),
            level: found.level.as_ref().map_or(0, |level| level.index),
            levels: found.levels.as_ref(),
            mask: found.mask.as_ref(),
            part: Part::Plane,
        }
    }
}

impl Layout {
    /// Checks a variable's shape against the axes.
    ///
    /// # Errors
    /// The shape that the axes ask for.
    pub(super) fn new(
        variable: &Variable,
        component: &Component,
        axes: &Axes<'_>,
    ) -> Result<Self, Vec<u64>> {
        let &Axes { horizontal, times, level, levels: all_levels, mask, part } = axes;
        let [columns, rows] = match (horizontal, part) {
            (Horizontal::Triangles(mesh), Part::Surface) => [mesh.nodes.len(), 1],
            _ => horizontal.shape(),
        };
        let [x, y] = horizontal.axes().map_or([false; 2], |axes| axes.map(|axis| axis.flipped));
        let flipped = Flipped { x, y, level: all_levels.is_some_and(|levels| levels.flipped) };
        let faces = match horizontal {
            Horizontal::Nodes(nodes) if nodes.arrangement == Arrangement::Faces => Some(nodes),
            Horizontal::Nodes(_) | Horizontal::Axes { .. } | Horizontal::Triangles(_) => None,
        };
        // Those that go through no face lie in the middle of cells.
        let (number, between) = match part {
            Part::U => (0, [0, 1]),
            Part::V => (1, [1, 0]),
            Part::W | Part::Surface | Part::Plane => (2, [1, 1]),
        };
        let first = faces.map_or([0; 2], |nodes| nodes.first[number]);
        let fewer = faces.map_or([0; 2], |_| between);
        // Faces at the rim of a grid belong to no cell that has all of them.
        let spare = u64::from(faces.is_some());
        let wanted = |length: u64, along: usize, nodes: usize| {
            let least = (nodes - fewer[along] + first[along]) as u64;
            length.clamp(least, least + spare)
        };
        let roles = component.roles.clone();
        let expected: Vec<u64> = (roles.iter().zip(&variable.shape))
            .map(|(role, &length)| match role {
                Role::X => wanted(length, 0, columns),
                Role::Y => wanted(length, 1, rows),
                Role::Time => times as u64,
                Role::Level => all_levels.map_or(length, |levels| levels.depths.len() as u64),
                Role::Single => 1,
            })
            .collect();
        let at = |wanted: Role| roles.iter().position(|&role| role == wanted);
        // All points of a mesh lie along one dimension.
        let in_a_row = matches!(horizontal, Horizontal::Triangles(_));
        let has_rows = at(Role::Y).is_some() || in_a_row;
        if expected != variable.shape || at(Role::X).is_none() || !has_rows {
            return Err(expected);
        }
        let size = [columns - fewer[0], rows - fewer[1]];
        let closed = mask.map(|mask| match faces {
            Some(nodes) => closed_faces(mask, nodes.first[2], size, part == Part::V, flipped),
            None => closed_nodes(mask, size, flipped),
        });
        Ok(Self {
            variable: component.variable.clone(),
            packing: component.packing.clone(),
            level,
            levels: all_levels.map_or(1, |levels| levels.depths.len()),
            columns,
            rows,
            in_a_row,
            flipped,
            first,
            fewer,
            closed,
            roles,
        })
    }

    /// Takes the other's word for what is closed where it is the same.
    pub(super) fn share(&mut self, other: &Self) {
        if self.closed == other.closed {
            self.closed.clone_from(&other.closed);
        }
    }

    /// The block that holds the whole plane.
    pub(super) fn whole(&self, time: u64) -> Slab {
        self.slab(time, &self.all())
    }

    fn all(&self) -> Region {
        Region { columns: 0..self.columns, rows: 0..self.rows }
    }

    /// What of its own points a region of the velocity's asks for.
    fn own(&self, region: &Region) -> Region {
        if self.in_a_row { self.all() } else { region.clone() }
    }

    /// The block that holds a region of the plane at an index along time.
    pub(super) fn slab(&self, time: u64, region: &Region) -> Slab {
        let region = self.own(region);
        let within = |range: &Range<usize>, length: usize, flipped: bool, along: usize| {
            let start = if flipped { length - range.end } else { range.start };
            ((start + self.first[along]) as u64, (range.len() - self.fewer[along]) as u64)
        };
        let along = self.roles.iter().map(|role| match role {
            Role::Time => (time, 1),
            Role::Level => (self.level, self.levels as u64),
            Role::Single => (0, 1),
            Role::X => within(&region.columns, self.columns, self.flipped.x, 0),
            Role::Y => within(&region.rows, self.rows, self.flipped.y, 1),
        });
        let (start, count) = along.unzip();
        Slab { start, count }
    }

    /// Turns a region of the planes from the file's order into rows from the south, each from the
    /// west, of the uppermost level first. What a mask closes holds [`MISSING`].
    pub(super) fn turn(&self, values: Vec<f32>, region: &Region) -> Vec<f32> {
        let region = self.own(region);
        let columns = region.columns.len() - self.fewer[0];
        let rows = region.rows.len() - self.fewer[1];
        let mut values = self.in_order(values, columns, rows);
        if let Some(Closed { width, size, points }) = &self.closed {
            for (level, plane) in values.chunks_exact_mut(columns * rows).enumerate() {
                let of_level = if points.len() > *size { &points[level * size..] } else { points };
                for (row, j) in plane.chunks_exact_mut(columns).zip(region.rows.clone()) {
                    for (value, i) in row.iter_mut().zip(region.columns.clone()) {
                        if of_level[j * width + i] {
                            *value = MISSING;
                        }
                    }
                }
            }
        }
        values
    }

    fn in_order(&self, values: Vec<f32>, columns: usize, rows: usize) -> Vec<f32> {
        let Flipped { x, y, level } = self.flipped;
        let counts = |role: &Role| match role {
            Role::X => columns,
            Role::Y => rows,
            Role::Level => self.levels,
            Role::Time | Role::Single => 1,
        };
        // How far apart in the file neighbours along each dimension lie.
        let step_along = |wanted: Role| {
            let place = self.roles.iter().position(|&role| role == wanted);
            place.map_or(0, |place| self.roles[place + 1..].iter().map(counts).product::<usize>())
        };
        let (step_x, step_y, step_level) =
            (step_along(Role::X), step_along(Role::Y), step_along(Role::Level));
        let is_ours = step_x == 1 && (step_y == columns || rows == 1);
        if is_ours && (self.levels == 1 || step_level == columns * rows) && !(x || y || level) {
            return values;
        }
        let mut in_order = Vec::with_capacity(values.len());
        for k in 0..self.levels {
            for j in 0..rows {
                let row = step_level * turned(k, self.levels, level) + step_y * turned(j, rows, y);
                in_order.extend((0..columns).map(|i| values[row + step_x * turned(i, columns, x)]));
            }
        }
        in_order
    }
}

/// An index in the file's order for one of ours, or the other way round.
fn turned(index: usize, count: usize, flipped: bool) -> usize {
    if flipped { count - 1 - index } else { index }
}

/// Which nodes are land by a mask in the file's order.
fn closed_nodes(mask: &LandMask, [columns, rows]: [usize; 2], flipped: Flipped) -> Closed {
    let size = mask.columns * mask.rows;
    let levels = mask.land.len() / size.max(1);
    let nodes = (0..levels).flat_map(|k| {
        let level = turned(k, levels, flipped.level && levels > 1);
        (0..rows * columns).map(move |node| (level, node % columns, node / columns))
    });
    let land = nodes.map(|(level, i, j)| {
        let (i, j) = (turned(i, columns, flipped.x), turned(j, rows, flipped.y));
        mask.land.get(level * size + j * mask.columns + i).is_some_and(|&land| land)
    });
    Closed { width: columns, size: columns * rows, points: Arc::new(land.collect()) }
}

/// Whether each face has land on a side, of so many along x and along y: those between rows where
/// `of_v`, those between columns otherwise. The mask's point at `first` is the first cell's centre.
fn closed_faces(
    mask: &LandMask,
    first: [usize; 2],
    [width, height]: [usize; 2],
    of_v: bool,
    flipped: Flipped,
) -> Closed {
    let plane = mask.columns * mask.rows;
    let levels = mask.land.len() / plane.max(1);
    let is_land = |level: usize, x: usize, y: usize| {
        let inside = x < mask.columns;
        let point = level * plane + y * mask.columns + x;
        inside && mask.land.get(point).is_some_and(|&land| land)
    };
    let faces = (0..levels).flat_map(|k| {
        let level = turned(k, levels, flipped.level && levels > 1);
        (0..width * height)
            .map(move |face| (level, face % width + first[0], face / width + first[1]))
    });
    // The first cell lies beyond the first face.
    let before = |level: usize, x: usize, y: usize| {
        if of_v { is_land(level, x, y - 1) } else { is_land(level, x - 1, y) }
    };
    let closed = faces.map(|(level, x, y)| before(level, x, y) || is_land(level, x, y)).collect();
    Closed { width, size: width * height, points: Arc::new(closed) }
}
