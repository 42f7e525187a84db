//! One axis of a rectilinear grid: ascending node positions, evenly spaced or not.

use std::sync::Arc;

/// What keeps numbers from being an axis.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AxisError {
    /// Fewer than two nodes: there is no cell between them.
    #[error("an axis needs at least two nodes, this one has {0}")]
    TooShort(usize),
    /// Two neighbours are not in ascending order, or a value is not finite.
    #[error("node {index} ({value}) does not lie beyond the one before it ({previous})")]
    NotAscending {
        /// Index of the second of the two.
        index: usize,
        /// The node before.
        previous: f64,
        /// The node itself.
        value: f64,
    },
    /// Longitudes that cover more than a circle.
    #[error("the longitudes cover {0} degrees, more than a circle")]
    MoreThanACircle(f64),
    /// Positions that do not cover the period after which they were said to repeat.
    #[error(
        "the nodes cover {covered} of a period of {period}: the last must lie one period after the \
         first, or one cell before that"
    )]
    Period {
        /// From the first node to the last.
        covered: f64,
        /// What was said.
        period: f64,
    },
    /// A latitude beyond a pole.
    #[error("latitude {0} lies beyond the pole")]
    BeyondPole(f64),
}

/// Ascending positions of nodes, in degrees or metres.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Shared, for grids are handed about.
    nodes: Arc<[f64]>,
    /// The spacing where all cells have the same width.
    spacing: Option<f64>,
}

/// Spacings that differ by less than this part of themselves count as equal.
const EVEN: f64 = 1e-3;

/// How far rounding may put a coordinate from its place: half the distance of two f32 near 360, for
/// models compute theirs around the whole circle, and store them as f32.
const ROUNDING: f64 = 360.0 * f32::EPSILON as f64;

impl Axis {
    /// An axis over `nodes`.
    ///
    /// Where the nodes deviate from even spacing by no more than rounding (what f32 coordinates
    /// explain, and less than a thousandth of a cell), they are replaced by evenly spaced ones
    /// between the same ends.
    ///
    /// # Errors
    /// [`AxisError::TooShort`] and [`AxisError::NotAscending`].
    pub fn new(nodes: Vec<f64>) -> Result<Self, AxisError> {
        if nodes.len() < 2 {
            return Err(AxisError::TooShort(nodes.len()));
        }
        for (index, pair) in nodes.windows(2).enumerate() {
            let (previous, value) = (pair[0], pair[1]);
            if !(previous.is_finite() && value.is_finite() && value > previous) {
                return Err(AxisError::NotAscending { index: index + 1, previous, value });
            }
        }
        let last = nodes.len() - 1;
        let spacing = (nodes[last] - nodes[0]) / last as f64;
        let even = |index: usize| nodes[0] + spacing * index as f64;
        let largest = nodes[0].abs().max(nodes[last].abs());
        let rounding = ROUNDING.max(f64::from(f32::EPSILON) * largest).min(EVEN * spacing);
        let is_even =
            nodes.iter().enumerate().all(|(index, &node)| (node - even(index)).abs() <= rounding);
        if is_even {
            let nodes =
                (0..=last).map(|index| if index == last { nodes[last] } else { even(index) });
            Ok(Self { nodes: nodes.collect(), spacing: Some(spacing) })
        } else {
            Ok(Self { nodes: nodes.into(), spacing: None })
        }
    }

    /// Node positions, ascending.
    pub fn nodes(&self) -> &[f64] {
        &self.nodes
    }

    /// Number of nodes.
    #[expect(clippy::len_without_is_empty, reason = "an axis has two nodes at least")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The common width of all cells, where they have one.
    pub fn spacing(&self) -> Option<f64> {
        self.spacing
    }

    /// The width of cell `index`, which spans nodes `index` and `index + 1`.
    pub fn width(&self, index: usize) -> f64 {
        self.spacing.unwrap_or_else(|| self.nodes[index + 1] - self.nodes[index])
    }

    /// The least width of any cell.
    pub fn narrowest(&self) -> f64 {
        (0..self.nodes.len() - 1).map(|cell| self.width(cell)).fold(f64::INFINITY, f64::min)
    }

    /// The cell that holds `position` and the fraction of its width; `None` outside. The last node
    /// belongs to the last cell, and so does what lies beyond it by no more than f32 coordinates
    /// leave open: 1.9 is on an axis that ends at 1.899_999_976.
    pub fn locate(&self, position: f64) -> Option<(i32, f64)> {
        let last = self.nodes.len() - 1;
        let (first_node, last_node) = (self.nodes[0], self.nodes[last]);
        let slack = 0.5 * f64::from(f32::EPSILON) * first_node.abs().max(last_node.abs());
        if !(position >= first_node - slack && position <= last_node + slack) {
            return None;
        }
        let position = position.clamp(first_node, last_node);
        let cell = match self.spacing {
            Some(spacing) => (((position - self.nodes[0]) / spacing) as usize).min(last - 1),
            None => self.nodes.partition_point(|&node| node <= position).clamp(1, last) - 1,
        };
        let offset = (position - self.nodes[cell]) / self.width(cell);
        // Offsets lie below 1, or a particle on the last node would be outside after a step of rest.
        Some((cell as i32, offset.clamp(0.0, 1.0 - f64::EPSILON / 2.0)))
    }

    /// The position at a fraction of a cell's width.
    pub fn position(&self, cell: i32, offset: f64) -> f64 {
        let cell = (cell.max(0) as usize).min(self.nodes.len() - 2);
        self.nodes[cell] + offset * self.width(cell)
    }

    /// `position` shifted by whole periods to the first value not west of this axis's first node.
    pub(super) fn wrap(&self, position: f64, period: f64) -> f64 {
        let west = self.nodes[0];
        let wrapped = west + (position - west).rem_euclid(period);
        // rem_euclid may round up to a whole period just west of the first node.
        if wrapped >= west + period { west } else { wrapped }
    }

    /// From the first node to the last.
    pub(super) fn covered(&self) -> f64 {
        self.nodes[self.nodes.len() - 1] - self.nodes[0]
    }

    /// Whether positions go on all through a period, and if so the axis with its first node repeated a
    /// period later, and whether that was added here.
    pub(super) fn close(self, period: f64) -> Result<(bool, bool, Self), AxisError> {
        let gap = period - self.covered();
        let last = self.nodes.len() - 1;
        let widest = (0..last).map(|index| self.width(index)).fold(0.0, f64::max);
        if gap < -EVEN * widest {
            return Err(AxisError::MoreThanACircle(self.covered()));
        }
        if gap.abs() <= EVEN * widest {
            // The data repeat the first node themselves.
            return Ok((true, false, self));
        }
        if gap > widest * (1.0 + EVEN) {
            return Ok((false, false, self));
        }
        let mut nodes = self.nodes.to_vec();
        nodes.push(nodes[0] + period);
        Ok((true, true, Self::new(nodes)?))
    }

    /// Latitudes carried on to the poles where they end within one spacing of them.
    pub(super) fn reach_poles(self) -> Result<([bool; 2], Self), AxisError> {
        let axis = self.within_poles()?;
        let last = axis.nodes.len() - 1;
        let reaches = |gap: f64, width: f64| gap > 0.0 && gap <= width * (1.0 + EVEN);
        let south = reaches(axis.nodes[0] + 90.0, axis.width(0));
        let north = reaches(90.0 - axis.nodes[last], axis.width(last - 1));
        let mut nodes = axis.nodes.to_vec();
        if south {
            nodes.insert(0, -90.0);
        }
        if north {
            nodes.push(90.0);
        }
        Ok(([south, north], Self::new(nodes)?))
    }

    /// Latitudes, none beyond a pole; those that rounding put there are set on it.
    pub(super) fn within_poles(self) -> Result<Self, AxisError> {
        let mut nodes = self.nodes.to_vec();
        for node in &mut nodes {
            if node.abs() > 90.0 + 1e-4 {
                return Err(AxisError::BeyondPole(*node));
            }
            if (node.abs() - 90.0).abs() < 1e-4 {
                *node = 90.0_f64.copysign(*node);
            }
        }
        Ok(Self { nodes: nodes.into(), ..self })
    }
}
