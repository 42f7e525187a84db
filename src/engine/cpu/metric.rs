//! How far a degree of longitude is. Twin: `shaders/metric.wgsl`

use crate::grid::Grid;

/// Where the rows are, in radians.
pub(super) struct Metric {
    rows: Vec<Row>,
}

struct Row {
    south: f64,
    height: f64,
}

impl Metric {
    pub fn new(grid: &Grid) -> Self {
        let rows = grid.y().nodes().windows(2).map(|sides| Row {
            south: sides[0].to_radians(),
            height: (sides[1] - sides[0]).to_radians(),
        });
        Self { rows: rows.collect() }
    }

    #[inline(always)]
    pub fn latitude(&self, row: i32, offset: f64) -> f64 {
        let row = &self.rows[row as usize];
        row.south + offset * row.height
    }

    #[inline(always)]
    pub fn cosine_of_latitude(&self, row: i32, offset: f64) -> f64 {
        self.latitude(row, offset).cos()
    }
}
