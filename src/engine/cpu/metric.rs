//! How far a degree of longitude is. Twin: `shaders/metric.wgsl`

use crate::grid::Grid;

/// Latitudes of the rows, in radians.
pub(super) struct Metric {
    south: Vec<f64>,
}

impl Metric {
    pub fn new(grid: &Grid) -> Self {
        Self { south: grid.y().nodes().iter().map(|latitude| latitude.to_radians()).collect() }
    }

    pub fn latitude(&self, row: i32, offset: f64) -> f64 {
        let row = row as usize;
        self.south[row] + offset * (self.south[row + 1] - self.south[row])
    }

    #[inline]
    pub fn cosine_of_latitude(&self, row: i32, offset: f64) -> f64 {
        self.latitude(row, offset).cos()
    }
}
