//! Fields of many levels.

use super::{Field, Grid, MISSING, Region};

/// What a snapshot holds on all levels, each a plane over a region, from the uppermost.
#[derive(Clone, Copy, Debug)]
pub struct Layers<'a> {
    /// Eastward, or along the rows, in m/s, on each level of the data.
    pub u: &'a [f32],
    /// Northward, or along the columns.
    pub v: &'a [f32],
    /// Upward, at the nodes, or in the middle of cells where `u` and `v` go through faces: on each level of
    /// the data, or on each of the grid's where those follow the floor. `None` where nothing moves up or
    /// down; [`MISSING`] counts as that.
    pub w: Option<&'a [f32]>,
    /// Height of the surface in metres at the same points, of triangles always at the nodes, where levels
    /// follow it; at rest where it is `None` or [`MISSING`].
    pub surface: Option<&'a [f32]>,
}

impl Field {
    /// Lays out a snapshot of many levels.
    ///
    /// # Panics
    /// If `grid` has no levels, the planes are not as many or not of the shape of `region`, or velocities
    /// go through faces and the region is a part.
    pub fn of_levels(grid: &Grid, region: &Region, layers: Layers<'_>) -> Self {
        let levels = grid.levels().expect("the grid has levels");
        if let Some(triangles) = grid.triangles() {
            return super::columns::of_triangles(triangles, levels, layers);
        }
        let Layers { u, v, .. } = layers;
        let [of_u, of_v] = [u, v].map(|planes| {
            assert!(planes.len().is_multiple_of(levels.data_levels()), "the data have all levels");
            planes.len() / levels.data_levels()
        });
        let points = Points::of(grid, region);
        let depths = levels.depths(points.of_data(), layers.surface);
        let mut nodes = Vec::with_capacity(grid.field_pairs());
        let (mut fastest, mut fastest_down) = (0.0_f32, 0.0_f32);
        for (number, source) in levels.sources().enumerate() {
            let level = source.level;
            let plane = Self::within(
                grid,
                region,
                &u[level * of_u..(level + 1) * of_u],
                &v[level * of_v..(level + 1) * of_v],
            );
            fastest = fastest.max(plane.fastest);
            let rising = layers.w.zip(levels.upward(number, source));
            let rising = rising.map(|(w, at)| &w[at * points.count()..(at + 1) * points.count()]);
            let is_wet = |point: usize| !grid.has_faces() || plane.nodes[2 * point][0] != MISSING;
            let down = rising
                .map(|w| points.at_nodes(w, is_wet, |w| if w == MISSING { 0.0 } else { -w }, 0.0));
            let depth = match levels.fixed() {
                Some(fixed) => vec![fixed[number] as f32; grid.columns() * grid.rows()],
                // The same points for all levels, which would cross each other otherwise.
                None => points.at_nodes(&depths[number], |_| true, |depth| depth, number as f32),
            };
            for (node, &depth) in depth.iter().enumerate() {
                let down = down.as_ref().map_or(0.0, |down| down[node]);
                fastest_down = fastest_down.max(down.abs());
                match points {
                    Points::Nodes { .. } => nodes.push(plane.nodes[node]),
                    Points::Centres { .. } => {
                        nodes.extend(points.cell_of(node).map_or([[MISSING; 2]; 2], |cell| {
                            [plane.nodes[2 * cell], plane.nodes[2 * cell + 1]]
                        }))
                    }
                }
                nodes.push([down, depth]);
            }
        }
        Self { nodes, fastest, fastest_down }
    }
}

/// Where values lie that go through no face.
enum Points<'a> {
    /// At the nodes of a region.
    Nodes { grid: &'a Grid, region: &'a Region },
    /// In the middle of all cells.
    Centres { grid: &'a Grid },
}

impl<'a> Points<'a> {
    fn of(grid: &'a Grid, region: &'a Region) -> Self {
        match grid.has_faces() {
            false => Self::Nodes { grid, region },
            true => {
                assert_eq!(*region, Region::whole(grid), "levels of faces are read whole");
                Self::Centres { grid }
            }
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Nodes { region, .. } => region.nodes(),
            Self::Centres { grid } => (grid.columns() - 1) * (grid.rows() - 1),
        }
    }

    /// Their numbers among all points of the data.
    fn of_data(&self) -> impl Iterator<Item = usize> {
        let (columns, rows, width) = match self {
            Self::Nodes { grid, region } => {
                (region.columns.clone(), region.rows.clone(), grid.data_shape()[0])
            }
            Self::Centres { grid } => {
                (0..grid.columns() - 1, 0..grid.rows() - 1, grid.columns() - 1)
            }
        };
        rows.flat_map(move |row| columns.clone().map(move |column| row * width + column))
    }

    /// The cell that a node is the south-western corner of.
    fn cell_of(&self, node: usize) -> Option<usize> {
        let (Self::Nodes { grid, .. } | Self::Centres { grid }) = self;
        let (column, row) = (node % grid.columns(), node / grid.columns());
        let is_first = column + 1 < grid.columns() && row + 1 < grid.rows();
        is_first.then(|| row * (grid.columns() - 1) + column)
    }

    /// Values at all nodes of the grid, those that are not known `otherwise`. At a node between cells it
    /// is the mean of those in the middle of the ones that are wet, of all where none is.
    fn at_nodes(
        &self,
        values: &[f32],
        is_wet: impl Fn(usize) -> bool,
        value: impl Fn(f32) -> f32,
        otherwise: f32,
    ) -> Vec<f32> {
        match self {
            Self::Nodes { grid, region } => spread(grid, region, values, value, otherwise),
            Self::Centres { grid } => {
                let (columns, rows) = (grid.columns(), grid.rows());
                let nodes = (0..rows).flat_map(|row| (0..columns).map(move |column| [column, row]));
                let mean = |all: bool, around: [Option<usize>; 4]| {
                    let known = around.into_iter().flatten().filter(|&cell| all || is_wet(cell));
                    let (sum, count) = known.fold((0.0, 0), |(sum, count), cell| {
                        (sum + value(values[cell]), count + 1)
                    });
                    (count > 0).then(|| sum / count as f32)
                };
                nodes
                    .map(|node| {
                        let around = cells_around(grid, node);
                        mean(false, around).or_else(|| mean(true, around)).unwrap_or(otherwise)
                    })
                    .collect()
            }
        }
    }
}

/// The cells that touch a node, over the seam of a grid that closes on itself too.
fn cells_around(grid: &Grid, [column, row]: [usize; 2]) -> [Option<usize>; 4] {
    let [width, height] = [grid.columns() - 1, grid.rows() - 1];
    let before = match (column, grid.is_periodic()) {
        (0, true) => Some(width - 1),
        (column, _) => column.checked_sub(1),
    };
    let after = match (column == width, grid.is_periodic()) {
        (true, true) => Some(0),
        (is_last, _) => (!is_last).then_some(column),
    };
    let (below, above) = (row.checked_sub(1), (row < height).then_some(row));
    [(below, before), (below, after), (above, before), (above, after)]
        .map(|(row, column)| Some(row? * width + column?))
}

/// Values over a region at all nodes of the grid. At a pole it is the mean of the row next to it, and beyond
/// the seam of a tripolar grid what is there.
fn spread(
    grid: &Grid,
    region: &Region,
    values: &[f32],
    value: impl Fn(f32) -> f32,
    otherwise: f32,
) -> Vec<f32> {
    let (width, height) = (grid.columns(), grid.rows());
    let [data_columns, _] = grid.data_shape();
    let [south, north] = grid.added_poles();
    let mut found = vec![otherwise; width * height];
    for (row, values) in values.chunks_exact(region.columns.len()).enumerate() {
        let first = (usize::from(south) + region.rows.start + row) * width;
        for (column, &here) in region.columns.clone().zip(values) {
            found[first + column] = value(here);
        }
        found.copy_within(first..first + width - data_columns, first + data_columns);
    }
    let mut at_pole = |pole: usize, neighbour: usize| {
        let mean =
            found[neighbour * width..][..data_columns].iter().sum::<f32>() / data_columns as f32;
        found[pole * width..][..width].fill(mean);
    };
    if south {
        at_pole(0, 1);
    }
    if north {
        at_pole(height - 1, height - 2);
    }
    if let Some(fold) = grid.fold() {
        fold.fill(&mut found, width, |value| value);
    }
    found
}
