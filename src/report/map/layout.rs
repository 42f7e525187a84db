//! Where the parts of a map lie on the canvas.

use super::extent::Extent;
use super::view::View;

/// The canvas is this many times as wide and high as the finished picture, in pixels.
pub const OVERSAMPLING: u32 = 2;

/// Lengths below are of a picture of this width.
const NOMINAL_WIDTH: f64 = 1600.0;
const LEFT: f64 = 92.0;
const TOP: f64 = 100.0;
const BOTTOM: f64 = 64.0;
const RIGHT: f64 = 318.0;

/// The scale of everything, and the panel's view.
#[derive(Clone, Debug)]
pub struct Layout {
    scale: f64,
    /// Width and height of the canvas in pixels.
    pub canvas: (u32, u32),
    pub view: View,
}

impl Layout {
    /// For a picture of `width` pixels.
    pub fn new(width: u32, extent: Extent, sphere: bool) -> Self {
        let scale = f64::from(width * OVERSAMPLING) / NOMINAL_WIDTH;
        let panel_width = (NOMINAL_WIDTH - LEFT - RIGHT) * scale;
        let panel_height = panel_width / extent.shape(sphere);
        let height = (panel_height + (TOP + BOTTOM) * scale).round() as u32;
        let pixels = |length: f64| (length * scale).round() as i32;
        Self {
            scale,
            canvas: (width * OVERSAMPLING, height.next_multiple_of(OVERSAMPLING)),
            view: View {
                extent,
                sphere,
                origin: (pixels(LEFT), pixels(TOP)),
                size: (panel_width.round() as u32, panel_height.round() as u32),
            },
        }
    }

    /// A nominal length in pixels of the canvas.
    pub fn pixels(&self, nominal: f64) -> i32 {
        (nominal * self.scale).round() as i32
    }

    /// The width of a line, at least a pixel of the canvas.
    pub fn stroke(&self, nominal: f64) -> u32 {
        self.pixels(nominal).max(1) as u32
    }

    /// The left side of the legend.
    pub fn legend_left(&self) -> i32 {
        self.view.right() + self.pixels(28.0)
    }
}
