//! Where things are, in pixels.

use super::{Figure, Panel};

/// Room for the names of the lanes.
pub(super) const GUTTER: f64 = 150.0;
/// What the longest time takes.
pub(super) const PLOT: f64 = 1000.0;
/// Right of the plot, for the last tick's text.
pub(super) const MARGIN: f64 = 30.0;
/// A lane with its gap.
pub(super) const LANE: f64 = 18.0;
/// A bar of work.
pub(super) const BAR: f64 = 14.0;
/// A bar of waiting, in the middle of its lane.
pub(super) const WAIT: f64 = 6.0;
/// A line of what is said above the legend.
pub(super) const SAYING: f64 = 20.0;
/// Above the first line of it.
pub(super) const TOP: f64 = 10.0;
/// Above the first panel.
pub(super) const LEGEND: f64 = 34.0;
/// Above the lanes of a panel that has a title.
pub(super) const TITLE: f64 = 26.0;
/// Below the lanes of a panel.
pub(super) const AXIS: f64 = 30.0;
/// Below the last panel, for each line of remarks.
pub(super) const REMARK: f64 = 18.0;

/// Where a panel is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The top of its first lane.
    pub lanes: f64,
    /// The bottom of its last lane.
    pub axis: f64,
}

impl Place {
    /// The top of a lane.
    pub fn lane(&self, lane: usize) -> f64 {
        self.lanes + LANE * lane as f64
    }
}

/// The top of the legend: what is said is above it.
pub(super) fn legend_top(figure: &Figure) -> f64 {
    match figure.sayings.len() {
        0 => 0.0,
        lines => TOP + SAYING * lines as f64,
    }
}

/// The places of all panels, and the height of the whole.
pub(super) fn places(figure: &Figure) -> (Vec<Place>, f64) {
    let mut y = legend_top(figure) + LEGEND;
    let place = |panel: &Panel| {
        let lanes = y + if panel.title.is_empty() { 0.0 } else { TITLE };
        let axis = lanes + LANE * panel.lanes.len() as f64;
        y = axis + AXIS;
        Place { lanes, axis }
    };
    let places = figure.panels.iter().map(place).collect();
    let remarks = figure.panels.iter().filter(|panel| panel.let_go > 0).count();
    (places, y + REMARK * remarks as f64)
}
